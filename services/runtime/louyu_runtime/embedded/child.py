"""What the supervisor has to know of a program to keep it running."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from louyu_runtime.embedded.account import Account


async def _at_once() -> bool:
    return True


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Child:
    """A program to run as a child process, for as long as the supervisor runs."""

    name: str
    """Names it on the console and its file under `logs/`."""
    command: tuple[str, ...]
    """Absolute path of the program, then its arguments. Seen by everybody on the machine: no secrets here."""
    env: Mapping[str, str] | None = None
    """Its whole environment; None means the supervisor's own."""
    cwd: Path | None = None
    account: Account | None = None
    """Another account to run as; only root can."""
    ready: Callable[[], Awaitable[bool]] = _at_once
    """Says whether it serves; asked again and again until it does, so it must answer within a second or two."""
    ready_within_seconds: float = 60.0
    """How long the first start may take. A later restart may take any time: killing a database for its slow
    recovery would only make it begin again."""
    clear_leftovers: Callable[[], object] = _nothing
    """Ends what an earlier run may have left behind. Called in a worker thread before every start and after the end."""
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when the supervisor dies without being able to stop it."""
