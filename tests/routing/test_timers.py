"""Timers: leases, late holders, failing rows, concurrent actions; always exactly one next step."""

import asyncio
from contextlib import suppress

from louyu_routing import life
from louyu_routing.errors import NotInThisState
from louyu_routing.question import By, Question, Said
from louyu_routing.store import clocks, questions
from louyu_routing.store.clocks import LEASE
from louyu_runtime.database import Transaction
from louyu_sdk import QuestionState

from tests.routing.conftest import COMMUNITY, Neighbourhood, person


async def test_clock_of_a_worker_that_died_is_handled_by_another(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("asker", "迁户口去哪个派出所？")
    async with neighbourhood.database.transaction() as tx:
        assert len(await clocks.claim(tx, 100)) == 1
    assert await neighbourhood.tick() == 0
    assert await neighbourhood.asked() == []
    await neighbourhood.later(seconds=LEASE.total_seconds())
    assert await neighbourhood.asked() == ["neighbours"]


async def test_late_holder_of_a_clock_changes_nothing(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.clock.move(minutes=5)
    async with neighbourhood.database.transaction() as tx:
        (claimed,) = await clocks.claim(tx, 100)
    await neighbourhood.later(seconds=LEASE.total_seconds())
    assert await neighbourhood.asked() == ["neighbours", "building_head"]
    await neighbourhood.clock.move(hours=1)
    await neighbourhood.timers.handle(claimed)
    assert await neighbourhood.asked() == ["neighbours", "building_head"]


async def test_plan_that_comes_after_an_answer_is_not_begun(neighbourhood: Neighbourhood) -> None:
    seq = await neighbourhood.post("asker", "迁户口去哪个派出所？")
    async with neighbourhood.database.transaction() as tx:
        (claimed,) = await clocks.claim(tx, 100)
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", reply_to=seq)
    await neighbourhood.timers.handle(claimed)
    assert await neighbourhood.asked() == []
    assert (await neighbourhood.newest()).question.state is QuestionState.ANSWERED


async def test_question_taken_on_before_it_was_planned_gets_its_plan_when_nothing_follows(
    neighbourhood: Neighbourhood,
) -> None:
    seq = await neighbourhood.post("asker", "迁户口去哪个派出所？")
    await neighbourhood.post("head", "我去问问，稍等", reply_to=seq)
    await neighbourhood.tick()
    await neighbourhood.later(hours=24)
    assert await neighbourhood.asked() == ["neighbours"]


async def test_two_workers_handle_each_clock_once(neighbourhood: Neighbourhood) -> None:
    for number in range(12):
        await neighbourhood.post(f"asker{number}", "迁户口去哪个派出所？")
    handled = await asyncio.gather(*(neighbourhood.timers.run_due() for _ in range(4)))
    assert sum(handled) == 12
    assert await neighbourhood.asked() == ["neighbours"] * 12


async def test_sixty_four_concurrent_actions_leave_one_next_step(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    question_id = (await neighbourhood.newest()).question.question_id
    await neighbourhood.clock.move(minutes=5)
    head = By(person_id=person("head"), name="王楼长", role="building_head")
    acts = [
        lambda tx, question: life.acknowledge(tx, question, head, Said(text="马上")),
        lambda tx, question: life.ask_back(tx, question, head, Said(text="您家几层？")),
        lambda tx, question: life.answer(tx, question, head, Said(text="去派出所")),
        lambda tx, question: life.reopen(tx, question, head, Said(text="还没好")),
    ]

    async def act(number: int) -> None:
        async def work(tx: Transaction) -> Question:
            locked = await questions.lock(tx, question_id)
            assert locked is not None
            return await acts[number % len(acts)](tx, locked)

        if number % 8 == 7:
            await neighbourhood.tick()
            return
        with suppress(NotInThisState):
            await neighbourhood.database.in_transaction(COMMUNITY, work)

    room = asyncio.Semaphore(16)

    async def bounded(number: int) -> None:
        async with room:
            await act(number)

    await asyncio.gather(*(bounded(number) for number in range(64)))
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM question_clock") == 1
        assert int(await tx.value("SELECT count(*) FROM question_step WHERE state = 'current'")) <= 1
    assert (await neighbourhood.audit()).without_clock_count == 0


async def test_auditor_finds_a_question_without_a_clock(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        await tx.execute("CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM question_clock")
        await tx.execute("DELETE FROM question_clock")
        found = (await tx.rows("SELECT * FROM audit_clocks('1 minute')"))[0]
        assert (found.live_count, found.without_clock_count) == (1, 1)
        await tx.execute("INSERT INTO question_clock SELECT * FROM kept")


async def test_overdue_clocks_are_counted(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.clock.move(minutes=8)
    found = await neighbourhood.audit()
    assert found.overdue_count == 1
    assert 170 < found.oldest_overdue_seconds < 190
