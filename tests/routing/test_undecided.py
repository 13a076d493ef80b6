"""Words of somebody who is asked several questions: they are asked which, and their next word decides."""

import pytest
from louyu_routing.question import By, Question
from louyu_routing.store import messages, questions, undecided
from louyu_routing.store import timeline as timeline_store
from louyu_routing.undecided import chosen_of
from louyu_routing.undo import undo_guess
from louyu_routing.views import candidates_of
from louyu_sdk import QuestionState

from tests.routing.conftest import COMMUNITY, Neighbourhood, person

LAMP, TAP = "3单元楼道灯坏了，谁来修一下", "地下室水管漏水了，快来修"


async def both_asked(neighbourhood: Neighbourhood) -> tuple[Question, Question]:
    """Let the plumber be asked about a lamp (#1) and a pipe (#2)."""
    await neighbourhood.ask("asker", LAMP)
    await neighbourhood.ask("other", TAP)
    await neighbourhood.later(minutes=5)
    first, second = [await found(neighbourhood, number) for number in (1, 2)]
    assert person("plumber") in first.waiting_for
    assert person("plumber") in second.waiting_for
    return first, second


async def found(neighbourhood: Neighbourhood, number: int) -> Question:
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        question_id = await questions.id_of_number(tx, number)
        assert question_id is not None
        question = await questions.get(tx, question_id)
        assert question is not None
        return question


async def states(neighbourhood: Neighbourhood) -> list[QuestionState]:
    return [(await found(neighbourhood, number)).state for number in (1, 2)]


ASSIGNED, TAKEN = QuestionState.ASSIGNED, QuestionState.ACKNOWLEDGED


async def test_a_promise_for_one_of_two_is_asked_back_once(neighbourhood: Neighbourhood) -> None:
    await both_asked(neighbourhood)
    seq = await neighbourhood.post("plumber", "马上修")
    await neighbourhood.post("plumber", "这就过去")

    assert await states(neighbourhood) == [ASSIGNED, ASSIGNED]
    (asked,) = await neighbourhood.events("ReplyUndecided")
    assert [one.number for one in asked.candidates] == [2, 1]  # type: ignore[attr-defined]
    assert (asked.person_name, asked.message_seq) == ("赵师傅", seq)  # type: ignore[attr-defined]
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        assert [one.number for one in await candidates_of(tx, neighbourhood.group_id, seq + 1)] == [2, 1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("1", [TAKEN, ASSIGNED]),
        ("#2", [ASSIGNED, TAKEN]),
        ("２号", [ASSIGNED, TAKEN]),
        ("第一个", [ASSIGNED, TAKEN]),
        ("水管", [ASSIGNED, TAKEN]),
        ("楼道灯的", [TAKEN, ASSIGNED]),
        ("1和2", [TAKEN, TAKEN]),
        ("两个都修", [TAKEN, TAKEN]),
    ],
)
async def test_the_next_word_decides(neighbourhood: Neighbourhood, words: str, expected: list[QuestionState]) -> None:
    await both_asked(neighbourhood)
    await neighbourhood.post("plumber", "马上修")
    await neighbourhood.post("plumber", words)
    assert await states(neighbourhood) == expected


@pytest.mark.parametrize("words", ["17", "好的", "今天真冷啊大家注意保暖", "30分钟"])
async def test_words_that_choose_nothing_decide_nothing(neighbourhood: Neighbourhood, words: str) -> None:
    await both_asked(neighbourhood)
    await neighbourhood.post("plumber", "马上修")
    await neighbourhood.post("plumber", words)
    assert await states(neighbourhood) == [ASSIGNED, ASSIGNED]
    await neighbourhood.post("plumber", "2")
    assert await states(neighbourhood) == [ASSIGNED, TAKEN]


async def test_a_number_of_somebody_else_or_too_late_decides_nothing(neighbourhood: Neighbourhood) -> None:
    await both_asked(neighbourhood)
    await neighbourhood.post("plumber", "马上修")
    await neighbourhood.post("head", "2")
    assert await states(neighbourhood) == [ASSIGNED, ASSIGNED]
    await neighbourhood.clock.move(minutes=31)
    await neighbourhood.post("plumber", "2")
    assert await states(neighbourhood) == [ASSIGNED, ASSIGNED]


async def test_who_names_the_question_at_once_is_not_bound_by_it(neighbourhood: Neighbourhood) -> None:
    await both_asked(neighbourhood)
    await neighbourhood.post("plumber", "马上修")
    await neighbourhood.post("plumber", "#1 灯泡已经换好了")
    assert await states(neighbourhood) == [QuestionState.ANSWERED, ASSIGNED]
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        assert await undecided.of_person(tx, neighbourhood.group_id, person("plumber")) is None


async def test_what_was_decided_is_shown_and_can_be_taken_back(neighbourhood: Neighbourhood) -> None:
    _, pipe = await both_asked(neighbourhood)
    said = await neighbourhood.post("plumber", "马上修")
    chosen = await neighbourhood.post("plumber", "2")
    entry = (await neighbourhood.view(pipe.question_id)).timeline[-1]
    assert (entry.what, entry.said.text, entry.said.is_guess) == ("acknowledged", "马上修", True)
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        outcomes = await messages.outcomes(tx, neighbourhood.group_id, said, chosen)
        assert [(one.what, one.question_id) for one in outcomes] == [
            ("acknowledged", pipe.question_id),
            ("belongs", pipe.question_id),
        ]
        locked = await questions.lock(tx, pipe.question_id)
        last = await timeline_store.get(tx, pipe.question_id, entry.entry_id)
        assert locked is not None
        assert last is not None
        await undo_guess(tx, locked, last, By(person_id=person("head"), name="王楼长", role="building_head"))
    assert await states(neighbourhood) == [ASSIGNED, ASSIGNED]


async def test_what_is_done_is_asked_about_as_well_and_talk_is_not(neighbourhood: Neighbourhood) -> None:
    await both_asked(neighbourhood)
    await neighbourhood.post("plumber", "今天天气真不错，出来走走")
    assert await neighbourhood.events("ReplyUndecided") == []
    await neighbourhood.post("plumber", "修好了")
    await neighbourhood.post("plumber", "1")
    assert await states(neighbourhood) == [QuestionState.ANSWERED, ASSIGNED]


async def test_a_neighbour_who_is_asked_nothing_is_not_asked_which(neighbourhood: Neighbourhood) -> None:
    await both_asked(neighbourhood)
    await neighbourhood.post("neighbour", "马上修")
    assert await neighbourhood.events("ReplyUndecided") == []


def test_long_words_choose_nothing() -> None:
    assert chosen_of("1" * 2_000, []) == []


@pytest.mark.parametrize(
    ("words", "choice", "expected"),
    [
        ("解决了", "1", [QuestionState.RESOLVED, ASSIGNED]),
        ("已经修好了，谢谢", "水管", [ASSIGNED, QuestionState.RESOLVED]),
        ("都好了", "都", [QuestionState.RESOLVED, QuestionState.RESOLVED]),
    ],
)
async def test_who_asked_several_is_asked_which_is_settled(
    neighbourhood: Neighbourhood, words: str, choice: str, expected: list[QuestionState]
) -> None:
    await neighbourhood.ask("asker", LAMP)
    await neighbourhood.ask("asker", TAP)
    await neighbourhood.later(minutes=5)
    await neighbourhood.post("asker", words)

    (asked,) = await neighbourhood.events("ReplyUndecided")
    assert [one.number for one in asked.candidates] == [2, 1]  # type: ignore[attr-defined]
    await neighbourhood.post("asker", choice)
    assert await states(neighbourhood) == expected
