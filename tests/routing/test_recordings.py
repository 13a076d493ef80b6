"""Recordings: without words they are nothing yet; with them they are understood as a text would have been, once."""

from tests.routing.conftest import Neighbourhood


async def test_a_recording_opens_its_question_when_its_words_are_known_and_only_once(
    neighbourhood: Neighbourhood,
) -> None:
    seq = await neighbourhood.speak("wang")
    assert await neighbourhood.count() == 0

    await neighbourhood.put_into_words("wang", seq, "我家暖气一点也不热，请物业来看看")
    await neighbourhood.put_into_words("wang", seq, "我家暖气一点也不热，请物业来看看")

    assert await neighbourhood.count() == 1
    question = (await neighbourhood.newest()).question
    assert (question.message_seq, question.via, question.text) == (seq, "voice", "我家暖气一点也不热，请物业来看看")


async def test_silence_of_the_one_who_is_asked_is_no_answer_but_their_words_are(neighbourhood: Neighbourhood) -> None:
    asked, question = await neighbourhood.ask("wang", "三单元的灯坏了，请物业来修")
    seq = await neighbourhood.speak("plumber", reply_to=asked)
    assert (await neighbourhood.newest()).question.state.value in ("open", "assigned")

    await neighbourhood.put_into_words("plumber", seq, "马上来修", reply_to=asked)

    assert (await neighbourhood.view(question.question_id)).question.state.value == "acknowledged"


async def test_words_that_come_before_the_recording_are_understood_once(neighbourhood: Neighbourhood) -> None:
    seq = 1
    await neighbourhood.put_into_words("wang", seq, "我家暖气一点也不热，请物业来看看")
    await neighbourhood.post("wang", "", seq=seq)

    assert await neighbourhood.count() == 1
