"""Events that come twice, late, or in another order than they happened."""

from louyu_sdk import QuestionState

from tests.routing.conftest import COMMUNITY, Neighbourhood


async def test_message_heard_twice_opens_one_question(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("asker", "迁户口去哪个派出所？", seq=1)
    await neighbourhood.post("asker", "迁户口去哪个派出所？", seq=1)
    await neighbourhood.tick()
    assert await neighbourhood.count() == 1
    assert len(await neighbourhood.events("QuestionOpened")) == 1


async def test_answer_heard_twice_is_one_answer(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    for _ in range(2):
        await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", seq=9, reply_to=1)
    assert len(await neighbourhood.events("QuestionAnswered")) == 1


async def test_answer_heard_before_the_question_that_it_quotes_counts(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", seq=2, reply_to=1)
    await neighbourhood.post("asker", "迁户口去哪个派出所？", seq=1)
    await neighbourhood.tick()
    view = await neighbourhood.newest()
    assert view.question.state is QuestionState.ANSWERED
    assert view.question.answer == "香河园派出所，带身份证和房本"
    assert await neighbourhood.asked() == []


async def test_words_of_an_early_reply_are_kept_no_longer_than_needed(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("neighbour", "今天真冷", seq=2, reply_to=1)
    await neighbourhood.post("asker", "下雪了大家慢点走", seq=1)
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM heard_message WHERE early_text IS NOT NULL") == 0


async def test_message_from_before_the_question_is_not_its_answer(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("asker", "迁户口去哪个派出所？", seq=5)
    await neighbourhood.tick()
    await neighbourhood.post("neighbour", "香河园派出所今天放假", seq=4)
    assert (await neighbourhood.newest()).question.state is QuestionState.OPEN
