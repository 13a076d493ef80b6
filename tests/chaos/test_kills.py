"""A busy evening on which everything dies once: the short form of `./dev bench chaos`."""

import os
from pathlib import Path
from random import Random

import pytest

from tests.chaos.killing import DATABASES, SERVICES, kill_during_replay
from tests.platform.installation import installation

SEED = int(os.environ.get("CHAOS_SEED", "28"))


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_when_processes_and_databases_are_killed(tmp_path: Path) -> None:
    victims = [*SERVICES, *DATABASES]
    Random(SEED).shuffle(victims)
    print(f"seed {SEED}: {', '.join(victims)}")
    async with installation() as louyu:
        await louyu.clock.set_local_time("2026-01-15 18:00")
        outcome = await kill_during_replay(louyu, tmp_path, seed=SEED, victims=victims, messages=1000, seconds=20.0)
    assert outcome.faults == []
