"""A busy evening on which services and both databases die: the short form of `./dev bench chaos`."""

import os
from pathlib import Path
from random import Random

import asyncpg
import pytest

from tests.chaos.killing import DATABASES, kill_during_replay
from tests.platform.installation import installation
from tests.platform.ledger import ledger_faults

SEED = int(os.environ.get("CHAOS_SEED", "28"))
DAMAGE = {
    "its last number is not that of its last message": "UPDATE messaging.groups SET last_seq = last_seq + 1",
    "was not heard": "DELETE FROM routing.heard_message",
    "has no clock": "DELETE FROM routing.question_clock",
    "has not consumed": "DELETE FROM notify.consumed_event",
    "has 0 messages": "DELETE FROM messaging.idempotency_key",
}


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_when_services_and_databases_are_killed(tmp_path: Path) -> None:
    random = Random(SEED)
    victims = [*random.sample(("messaging", "routing", "notify"), 2), *DATABASES]
    random.shuffle(victims)
    print(f"CHAOS_SEED={SEED}: kills {', '.join(victims)}")
    async with installation() as louyu:
        await louyu.clock.set_local_time("2026-01-15 18:00")
        outcome = await kill_during_replay(louyu, tmp_path, seed=SEED, victims=victims, messages=1000, seconds=12.0)
        assert outcome.faults == []
        # the check itself is worth nothing unless it sees what is missing
        connection = await asyncpg.connect(louyu.owner_url)
        for statement in DAMAGE.values():
            await connection.execute(statement)
        await connection.close()
        faults = await ledger_faults(louyu.owner_url)
    assert [words for words in DAMAGE if not any(words in fault for fault in faults)] == []
