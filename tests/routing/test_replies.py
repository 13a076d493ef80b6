"""What later messages do to a question: answers, promises, thanks, "still not", and what belongs to nothing."""

import pytest
from louyu.events.v1.routing_events_pb2 import QuestionResolved
from louyu_sdk import QuestionState

from tests.routing.conftest import Neighbourhood, person

REGISTRATION = "迁户口去哪个派出所？"


async def state(neighbourhood: Neighbourhood) -> QuestionState:
    return (await neighbourhood.newest()).question.state


async def test_quoted_answer_of_a_neighbour_stops_the_clock(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", reply_to=seq)
    view = await neighbourhood.newest()
    assert view.question.state is QuestionState.ANSWERED
    assert (view.question.answer, view.question.answered_by) == ("香河园派出所，带身份证和房本", "neighbour")
    assert not view.timeline[-1].said.is_guess
    await neighbourhood.later(hours=8)
    assert await neighbourhood.asked() == ["neighbours"]


async def test_answer_that_quotes_the_platforms_notice_belongs_to_its_question(neighbourhood: Neighbourhood) -> None:
    _, question = await neighbourhood.ask("asker", REGISTRATION)
    notice = await neighbourhood.post("", "请邻居们看看 #1", about=question.question_id)
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", reply_to=notice)
    assert await state(neighbourhood) is QuestionState.ANSWERED


async def test_answer_that_names_the_number_belongs_to_its_question(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "#1 去香河园派出所就行")
    assert await state(neighbourhood) is QuestionState.ANSWERED


async def test_promise_of_the_assigned_head_acknowledges_and_cancels_what_is_pending(
    neighbourhood: Neighbourhood,
) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.later(minutes=5)
    await neighbourhood.post("head", "我去问问，稍等")
    view = await neighbourhood.newest()
    assert view.question.state is QuestionState.ACKNOWLEDGED
    assert view.timeline[-1].said.is_guess
    await neighbourhood.later(hours=3)
    assert await neighbourhood.asked() == ["neighbours", "building_head"]


async def test_acknowledged_question_returns_to_the_chain_when_nothing_follows(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.later(minutes=5)
    await neighbourhood.post("head", "我去问问，稍等")
    await neighbourhood.later(hours=24)
    assert await neighbourhood.asked() == ["neighbours", "building_head", "liaison"]
    assert (await neighbourhood.newest()).question.waiting_for == (person("liaison"), person("head"))


async def test_informing_words_of_the_assigned_liaison_are_the_answer(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.later(minutes=5)
    await neighbourhood.later(minutes=30)
    await neighbourhood.post("liaison", "在左家庄那边，身份证和房本都要带上")
    view = await neighbourhood.newest()
    assert view.question.state is QuestionState.ANSWERED
    assert view.timeline[-1].said.is_guess


async def test_with_two_questions_waiting_for_the_same_person_nothing_is_guessed(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.ask("other", "老年证在哪儿办？")
    await neighbourhood.later(minutes=5)
    await neighbourhood.post("head", "稍等，我去问问")
    assert await state(neighbourhood) is QuestionState.ASSIGNED


async def test_talk_of_neighbours_about_other_things_is_no_answer(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "今天太阳真好，晒被子去了")
    assert await state(neighbourhood) is QuestionState.OPEN


async def test_neighbours_words_on_the_same_matter_are_guessed_to_answer(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "去香河园派出所就可以了")
    view = await neighbourhood.newest()
    assert view.question.state is QuestionState.ANSWERED
    assert view.timeline[-1].said.is_guess


@pytest.mark.parametrize("words", ["电梯坏了", "咱们电梯又停了", "二单元电梯也打不开"])
async def test_a_neighbour_who_has_the_same_trouble_answers_nothing(neighbourhood: Neighbourhood, words: str) -> None:
    _, question = await neighbourhood.ask("asker", "电梯坏了，老人下不了楼")
    await neighbourhood.post("neighbour", words)
    assert (await neighbourhood.view(question.question_id)).question.state is question.state
    assert question.state is not QuestionState.ANSWERED


@pytest.mark.parametrize("thanks", ["谢谢大家！", "谢谢李居干，辛苦了", "好的明白了，多谢"])
async def test_thanks_of_the_asker_resolves_an_answered_question(neighbourhood: Neighbourhood, thanks: str) -> None:
    seq, _ = await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", reply_to=seq)
    await neighbourhood.post("asker", thanks)
    assert await state(neighbourhood) is QuestionState.RESOLVED


async def test_thanks_for_a_promise_does_not_resolve(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.post("plumber", "马上修", reply_to=seq)
    await neighbourhood.post("asker", "谢谢师傅")
    assert await state(neighbourhood) is QuestionState.ACKNOWLEDGED


async def test_thanks_of_somebody_else_does_not_resolve(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", reply_to=seq)
    await neighbourhood.post("other", "谢谢！")
    assert await state(neighbourhood) is QuestionState.ANSWERED


async def test_silence_after_an_answer_resolves(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", reply_to=seq)
    await neighbourhood.later(days=2, hours=23)
    assert await state(neighbourhood) is QuestionState.ANSWERED
    await neighbourhood.later(hours=1)
    assert await state(neighbourhood) is QuestionState.RESOLVED
    (resolved,) = await neighbourhood.events("QuestionResolved")
    assert isinstance(resolved, QuestionResolved)
    assert (resolved.person_id, resolved.person_role, resolved.answered_by_role) == ("", "", "resident")


async def test_the_event_tells_which_roles_answered_and_settled(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.post("plumber", "修好了，换了新灯泡", reply_to=seq)
    await neighbourhood.post("asker", "谢谢师傅")
    (resolved,) = await neighbourhood.events("QuestionResolved")
    assert isinstance(resolved, QuestionResolved)
    assert (resolved.person_role, resolved.answered_by_role) == ("resident", "staff")


@pytest.mark.parametrize("words", ["还是不行啊", "又坏了", "还没修好呢"])
async def test_still_not_mended_reopens_and_the_chase_begins_anew(neighbourhood: Neighbourhood, words: str) -> None:
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.post("plumber", "修好了，换了新灯泡", reply_to=seq)
    assert await state(neighbourhood) is QuestionState.ANSWERED
    before = len(await neighbourhood.asked())
    await neighbourhood.post("asker", words)
    await neighbourhood.tick()
    view = await neighbourhood.newest()
    assert view.question.state in {QuestionState.OPEN, QuestionState.ASSIGNED}
    assert view.question.generation == 2
    assert len(await neighbourhood.asked()) == before + 1
    assert await neighbourhood.count() == 1


@pytest.mark.parametrize("words", ["电梯又停在七层了，物业快来看看", "水管又漏了，谁来修修"])
async def test_again_about_another_thing_is_a_question_of_its_own(neighbourhood: Neighbourhood, words: str) -> None:
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.post("plumber", "修好了，换了新灯泡", reply_to=seq)
    await neighbourhood.ask("asker", words)
    assert await neighbourhood.count() == 2
    assert await state(neighbourhood) in {QuestionState.OPEN, QuestionState.ASSIGNED}


async def test_again_about_the_same_thing_reopens_it(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.post("plumber", "修好了，换了新灯泡", reply_to=seq)
    await neighbourhood.ask("asker", "楼道灯又坏了，快来修吧")
    assert await neighbourhood.count() == 1
    assert (await neighbourhood.newest()).question.generation == 2


async def test_second_answer_does_not_reopen_a_closed_question(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", reply_to=seq)
    await neighbourhood.post("asker", "谢谢！")
    await neighbourhood.post("other", "香河园派出所下午五点关门", reply_to=seq)
    view = await neighbourhood.newest()
    assert view.question.state is QuestionState.RESOLVED
    assert view.question.answer == "香河园派出所，带身份证和房本"
    assert len(await neighbourhood.events("QuestionAnswered")) == 1


async def test_liaison_corrects_a_neighbours_answer(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("neighbour", "香河园派出所，带身份证和房本", reply_to=seq)
    await neighbourhood.post("liaison", "应该去左家庄派出所办理", reply_to=seq)
    assert (await neighbourhood.newest()).question.answer == "应该去左家庄派出所办理"


async def test_ask_back_rests_the_clock_until_the_asker_writes(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.later(minutes=5)
    await neighbourhood.later(minutes=10)
    await neighbourhood.post("head", "您家户口现在在哪个区？")
    assert await state(neighbourhood) is QuestionState.ASKED_BACK
    await neighbourhood.later(hours=5)
    assert await neighbourhood.asked() == ["neighbours", "building_head"]
    await neighbourhood.post("asker", "在海淀区")
    assert await state(neighbourhood) is QuestionState.ASSIGNED
    await neighbourhood.later(minutes=19)
    assert await neighbourhood.asked() == ["neighbours", "building_head"]
    await neighbourhood.later(minutes=1)
    assert (await neighbourhood.asked())[-1] == "liaison"


async def test_silence_after_an_ask_back_lets_the_clock_run_again(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.later(minutes=5)
    await neighbourhood.post("head", "您家户口现在在哪个区？")
    await neighbourhood.later(days=5)
    assert await state(neighbourhood) is QuestionState.ASSIGNED


async def test_askers_follow_up_does_not_open_a_second_question(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.clock.move(minutes=2)
    await neighbourhood.post("asker", "三单元五层的楼道灯，一点都不亮了，物业来修修")
    assert await neighbourhood.count() == 1
    assert (await neighbourhood.newest()).timeline[-1].what == "asked_again"


async def test_another_matter_of_the_same_asker_is_a_question_of_its_own(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.ask("asker", REGISTRATION)
    assert await neighbourhood.count() == 2


async def test_another_thing_of_the_same_responder_is_a_question_of_its_own(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.ask("asker", "单元门锁坏了，谁都能进来，物业修修")
    assert await neighbourhood.count() == 2


async def test_words_that_name_nothing_belong_to_what_was_just_asked(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.post("asker", "请问")
    assert await neighbourhood.count() == 1


async def test_neighbours_are_not_asked_again_when_their_answer_was_no_good(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", REGISTRATION)
    await neighbourhood.post("liaison", "去左家庄派出所就行", reply_to=seq)
    await neighbourhood.post("asker", "还是不行啊")
    await neighbourhood.tick()
    assert await neighbourhood.asked() == ["neighbours", "building_head"]


async def test_me_too_in_a_quote_makes_one_question_with_two_askers(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "暖气什么时候来啊")
    await neighbourhood.post("neighbour", "同问，我家也想知道", reply_to=seq)
    assert [asker.name for asker in (await neighbourhood.newest()).askers] == ["asker", "neighbour"]
    assert await neighbourhood.count() == 1


async def test_platforms_own_words_open_nothing(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("", "厨房着火了快来人")
    assert await neighbourhood.count() == 0


@pytest.mark.parametrize("text", ["今天天气真好", "谢谢大家", "哈哈哈哈"])
async def test_chat_opens_nothing(neighbourhood: Neighbourhood, text: str) -> None:
    await neighbourhood.post("asker", text)
    assert await neighbourhood.count() == 0
