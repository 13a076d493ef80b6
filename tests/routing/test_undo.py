"""Guesses: shown as such, and taken back with one tap."""

import pytest
from louyu_routing.errors import CannotUndo
from louyu_routing.question import By
from louyu_routing.store import questions
from louyu_routing.store import timeline as timeline_store
from louyu_routing.undo import can_undo, undo_guess
from louyu_sdk import QuestionState

from tests.routing.conftest import COMMUNITY, Neighbourhood, person

HEAD = By(person_id=person("head"), name="王楼长", role="building_head")


async def take_back(neighbourhood: Neighbourhood) -> None:
    """Take back the newest guess of the newest question."""
    view = await neighbourhood.newest()
    entry = next(one for one in reversed(view.timeline) if one.said.is_guess)
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        question = await questions.lock(tx, view.question.question_id)
        assert question is not None
        found = await timeline_store.get(tx, question.question_id, entry.entry_id)
        assert found is not None
        await undo_guess(tx, question, found, HEAD)


async def assigned(neighbourhood: Neighbourhood) -> None:
    """Open a question and let the head be asked."""
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.later(minutes=5)


async def test_taking_back_a_guessed_answer_lets_the_same_clock_run_on(neighbourhood: Neighbourhood) -> None:
    await assigned(neighbourhood)
    before = await neighbourhood.newest()
    seq = await neighbourhood.post("head", "派出所对面新开了一家超市")
    assert (await neighbourhood.newest()).question.state is QuestionState.ANSWERED
    await take_back(neighbourhood)
    after = await neighbourhood.newest()
    assert after.question.state is QuestionState.ASSIGNED
    assert after.question.answer == ""
    assert after.next_step == before.next_step
    assert [step.state for step in after.plan] == [step.state for step in before.plan]
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT question_id FROM heard_message WHERE seq = :seq", seq=seq) is None
    await neighbourhood.later(minutes=30)
    assert (await neighbourhood.asked())[-1] == "liaison"


async def test_what_only_the_clock_did_since_is_taken_back_too(neighbourhood: Neighbourhood) -> None:
    await assigned(neighbourhood)
    await neighbourhood.post("head", "派出所对面新开了一家超市")
    await neighbourhood.later(days=3)
    assert (await neighbourhood.newest()).question.state is QuestionState.RESOLVED
    await take_back(neighbourhood)
    await neighbourhood.tick()
    assert (await neighbourhood.newest()).question.state is QuestionState.ASSIGNED


async def test_taking_back_a_guessed_reopening_restores_the_end(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.post("plumber", "修好了，换了新灯泡", reply_to=seq)
    await neighbourhood.post("asker", "谢谢", reply_to=seq)
    await neighbourhood.post("asker", "又停了")
    await neighbourhood.tick()
    assert (await neighbourhood.newest()).question.generation == 2
    await take_back(neighbourhood)
    view = await neighbourhood.newest()
    assert (view.question.state, view.question.generation) == (QuestionState.RESOLVED, 1)
    assert view.next_step is None


async def test_guess_cannot_be_taken_back_twice(neighbourhood: Neighbourhood) -> None:
    await assigned(neighbourhood)
    await neighbourhood.post("head", "派出所对面新开了一家超市")
    await take_back(neighbourhood)
    with pytest.raises(CannotUndo):
        await take_back(neighbourhood)


async def test_guess_cannot_be_taken_back_after_a_person_has_acted_on_it(neighbourhood: Neighbourhood) -> None:
    await assigned(neighbourhood)
    await neighbourhood.post("head", "派出所对面新开了一家超市")
    await neighbourhood.post("asker", "谢谢王楼长")
    view = await neighbourhood.newest()
    guesses = [entry for entry in view.timeline if entry.said.is_guess]
    assert [can_undo(entry, list(view.timeline)) for entry in guesses] == [False, True]


async def test_state_after_taking_back_is_told(neighbourhood: Neighbourhood) -> None:
    await assigned(neighbourhood)
    seq = await neighbourhood.post("head", "派出所对面新开了一家超市")
    await take_back(neighbourhood)
    (told,) = await neighbourhood.events("GuessUndone")
    assert (told.question.state, told.what, told.message_seq) == ("assigned", "answered", seq)  # type: ignore[attr-defined]
