"""Reactions to messages, and messages taken back: what they do to questions."""

import pytest
from louyu_routing.message_changes import RECALLED_TEXT, MessageChange, apply_change
from louyu_sdk import QuestionState

from tests.routing.conftest import COMMUNITY, ROLES, Neighbourhood, person


async def change(neighbourhood: Neighbourhood, what: str, seq: int, who: str) -> None:
    name = ROLES[who][1] if who in ROLES else who
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        told = MessageChange(group_id=neighbourhood.group_id, seq=seq, what=what, person_id=person(who), name=name)
        await apply_change(tx, told)


async def askers(neighbourhood: Neighbourhood) -> list[str]:
    return [asker.name for asker in (await neighbourhood.newest()).askers]


async def test_me_too_makes_one_more_asker_and_can_be_taken_back(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "迁户口去哪个派出所？")

    await change(neighbourhood, "me_too", seq, "neighbour")
    await change(neighbourhood, "me_too", seq, "neighbour")
    joined = await askers(neighbourhood)
    await change(neighbourhood, "me_too_withdrawn", seq, "neighbour")

    assert joined == ["asker", "neighbour"]
    assert await askers(neighbourhood) == ["asker"]


async def test_me_too_does_not_revive_what_has_ended(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.post("head", "去左家庄派出所。", reply_to=seq)
    await neighbourhood.later(days=3)
    assert (await neighbourhood.newest()).question.state is QuestionState.RESOLVED

    await change(neighbourhood, "me_too", seq, "neighbour")

    assert await askers(neighbourhood) == ["asker"]


@pytest.mark.parametrize(("who", "state"), [("asker", QuestionState.RESOLVED), ("neighbour", QuestionState.ANSWERED)])
async def test_thanks_for_an_answer_settle_the_question_if_the_asker_gives_them(
    neighbourhood: Neighbourhood, who: str, state: QuestionState
) -> None:
    seq, _ = await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    answer = await neighbourhood.post("head", "去左家庄派出所。", reply_to=seq)

    await change(neighbourhood, "thanks", answer, who)

    assert (await neighbourhood.newest()).question.state is state


async def test_a_question_goes_with_the_words_that_opened_it(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "迁户口去哪个派出所？")

    await change(neighbourhood, "recalled", seq, "asker")

    view = await neighbourhood.newest()
    assert (view.question.state, view.question.text) == (QuestionState.CLOSED, RECALLED_TEXT)
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM timeline_entry WHERE text LIKE '%派出所%'") == 0


async def test_a_question_on_which_somebody_works_goes_on_without_its_words(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，什么时候修？")
    await neighbourhood.post("plumber", "马上修", reply_to=seq)

    await change(neighbourhood, "recalled", seq, "asker")

    view = await neighbourhood.newest()
    assert (view.question.state, view.question.text) == (QuestionState.ACKNOWLEDGED, RECALLED_TEXT)


async def test_a_question_that_others_have_too_goes_on(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await change(neighbourhood, "me_too", seq, "neighbour")

    await change(neighbourhood, "recalled", seq, "asker")

    assert (await neighbourhood.newest()).question.state not in (QuestionState.CLOSED, QuestionState.RESOLVED)


async def test_a_guessed_answer_that_is_taken_back_was_none(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.later(minutes=5)
    seq = await neighbourhood.post("head", "派出所对面新开了一家超市")
    assert (await neighbourhood.newest()).question.state is QuestionState.ANSWERED

    await change(neighbourhood, "recalled", seq, "head")

    view = await neighbourhood.newest()
    assert (view.question.state, view.question.answer) == (QuestionState.ASSIGNED, "")


async def test_a_quoted_answer_that_is_taken_back_is_no_longer_shown(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    answer = await neighbourhood.post("head", "去左家庄派出所。", reply_to=seq)

    await change(neighbourhood, "recalled", answer, "head")

    assert "左家庄" not in (await neighbourhood.newest()).question.answer


async def test_a_message_that_has_to_do_with_no_question_changes_nothing(neighbourhood: Neighbourhood) -> None:
    seq = await neighbourhood.post("neighbour", "今天天气真好")

    for what in ("me_too", "thanks", "recalled"):
        await change(neighbourhood, what, seq, "asker")

    assert await neighbourhood.count() == 0
