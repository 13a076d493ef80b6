"""Kills processes of an installation while a log is replayed into it, and says what is wrong once it rests again."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.conversation import Conversation, converse
from tests.chaos.rest import at_rest
from tests.platform.demo import demo_community
from tests.platform.installation import Installation, write_json_lines
from tests.platform.ledger import ledger_faults, replay_faults

SERVICES = ("messaging", "routing", "notify", "gateway")
DATABASES = ("postgres", "valkey-server")
BACK_WITHIN_SECONDS = 60.0


@dataclass
class Outcome:
    """What happened. `faults` is empty when all is well."""

    kills: list[str] = field(default_factory=list)
    seconds_to_rest: float = 0.0
    faults: list[str] = field(default_factory=list)


async def kill_during_replay(
    louyu: Installation, folder: Path, *, seed: int, victims: Sequence[str], messages: int, seconds: float
) -> Outcome:
    """Replay so many messages in about so many seconds, kill the victims one after the other meanwhile, and check."""
    random = Random(seed)
    conversation = converse(seed, messages=messages, seconds=seconds)
    log = folder / f"conversation-{seed}.jsonl"
    write_json_lines(log, conversation.lines)
    outcome = Outcome()
    replaying = asyncio.create_task(
        louyu.louyu("replay", str(log), "--community", demo_community().key, "--speed", "1", "--json")
    )
    for victim in victims:
        await asyncio.sleep(random.uniform(0.5, 1.5) * seconds / (len(victims) + 1))
        await _kill(louyu, victim)
        outcome.kills.append(victim)
    code, out, err = await replaying
    ended_at = time.monotonic()
    if code != 0 or json.loads(out)["posted"] != messages:
        outcome.faults.append(f"the replay ended with {code}: {out}{err}")
    outcome.faults += await at_rest(louyu)
    outcome.seconds_to_rest = time.monotonic() - ended_at
    outcome.faults += await replay_faults(louyu.owner_url, log.read_bytes(), messages)
    outcome.faults += await ledger_faults(louyu.owner_url)
    outcome.faults += _told(louyu, conversation)
    return outcome


async def _kill(louyu: Installation, victim: str) -> None:
    """Kill a process; one that is just being started again is waited for."""
    async with asyncio.timeout(BACK_WITHIN_SECONDS):
        while True:
            with suppress(LookupError, ProcessLookupError):
                os.kill(louyu.pid_of(victim), signal.SIGKILL)
                return
            await asyncio.sleep(0.05)


def _told(louyu: Installation, conversation: Conversation) -> list[str]:
    """Return a fault for each planted value that a log or the console shows; the value itself is not repeated."""
    printed = "".join(louyu.output) + louyu.logs()
    return [
        f"planted value {number} stands in a log"
        for number, value in enumerate(conversation.planted)
        if value in printed
    ]
