"""What an Official Account answers in one line, and what is handed on at all."""

from datetime import UTC, datetime

import pytest
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.routing.v1 import question_pb2
from louyu_gateway.account_lines import line_about, line_about_own_questions, line_about_posted
from louyu_gateway.official_account import request_of
from louyu_gateway.wechat import message as kinds
from louyu_gateway.wechat.callback import Inbound
from louyu_runtime.channels_file import PushMode

POSTED = messaging.Posted(group_name="28号楼", seq=7)
AT = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)


def inbound(push: kinds.Message | kinds.Event) -> Inbound:
    return Inbound(push, "wechat:1", PushMode.SAFE, None)


def test_an_emergency_names_whom_to_call_before_all_else() -> None:
    outcome = question_pb2.MessageOutcome(
        what="opened", question_number=3, emergency_numbers=["119"], asked_name="楼长"
    )
    assert line_about_posted(POSTED, outcome).startswith("【紧急】有危险请先拨打 119！")
    outcome.emergency_advice = "人先出来，马上打 119。"
    assert line_about_posted(POSTED, outcome).startswith("【紧急】人先出来，马上打 119。\n已发到28号楼，记为 #3")


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (None, "已发到28号楼。"),
        (
            question_pb2.MessageOutcome(what="opened", question_number=17, asked_name="邻居"),
            "已发到28号楼，记为 #17，先请邻居答复。",
        ),
        (
            question_pb2.MessageOutcome(what="asked_again", question_number=17, answer="十五号供暖"),
            "已发到28号楼（#17）。这件事已有答复：十五号供暖",
        ),
        (question_pb2.MessageOutcome(what="resolved", question_number=17), "已发到28号楼，#17 记为办结。"),
        (
            question_pb2.MessageOutcome(
                what="undecided",
                candidates=[
                    question_pb2.OutcomeCandidate(number=12, text="楼道灯坏了"),
                    question_pb2.OutcomeCandidate(number=15, text="地下室水管漏水了，已经漏到配电间门口了"),
                ],
            ),
            "已发到28号楼。您说的是哪一件？回复号码就行：12 楼道灯坏了，15 地下室水管漏水了，已经漏到配电…",
        ),
        (
            question_pb2.MessageOutcome(
                what="belongs",
                question_number=12,
                is_guess=True,
                question_state=question_pb2.QUESTION_STATE_ACKNOWLEDGED,
            ),
            "已发到28号楼，#12 记为您接单。",
        ),
    ],
)
def test_the_line_names_group_and_question(outcome: question_pb2.MessageOutcome | None, line: str) -> None:
    assert line_about_posted(POSTED, outcome) == line


def test_somebody_unknown_is_told_how_to_join() -> None:
    answer = messaging.ReceiveFromChannelResponse(unknown_sender=messaging.UnknownSender())
    assert "扫描楼门口的二维码" in (line_about(answer, "http://louyu.example") or "")


def test_asking_for_the_flat_names_group_purpose_and_version_of_the_text() -> None:
    asked = messaging.FlatAsked(group_name="28号楼", consent_version="2026-11b")
    line = line_about(messaging.ReceiveFromChannelResponse(flat_asked=asked), "") or ""
    assert "28号楼" in line
    assert "2026-11b" in line
    assert "随时可以回复“退出”" in line


def test_nothing_to_say_is_no_reply() -> None:
    answer = messaging.ReceiveFromChannelResponse(nothing_to_say=messaging.NothingToSay())
    assert line_about(answer, "") is None


def test_where_somebody_is_goes_nowhere() -> None:
    place = kinds.LocationReported(
        account_id="gh_1", openid="o1", created_at=AT, event="LOCATION", event_key="", latitude=39.9, longitude=116.4
    )
    assert request_of("district", inbound(place)) is None


def test_a_voice_message_is_handed_on_with_its_recording() -> None:
    voice = kinds.VoiceMessage(
        account_id="gh_1", openid="o1", created_at=AT, message_id="5", media_id="m1", audio_format="amr"
    )
    request = request_of("district", inbound(voice))
    assert request is not None
    assert list(request.message.media_ids) == ["m1"]
    assert request.address.account == "district"


def test_own_questions_are_listed_with_their_state() -> None:
    def question(number: int, state: question_pb2.QuestionState.ValueType, who: str = "") -> question_pb2.Question:
        step = question_pb2.NextStep(who_name=who) if who else None
        return question_pb2.Question(number=number, text=f"第{number}件事", state=state, next_step=step)

    lines = line_about_own_questions(
        [
            question(1, question_pb2.QUESTION_STATE_ASSIGNED, "楼长"),
            question(2, question_pb2.QUESTION_STATE_ACKNOWLEDGED, "赵师傅"),
            question(3, question_pb2.QUESTION_STATE_ASKED_BACK),
            question(4, question_pb2.QUESTION_STATE_ANSWERED),
            question(5, question_pb2.QUESTION_STATE_OPEN, "物业"),
            *(question(number, question_pb2.QUESTION_STATE_OPEN) for number in (6, 7)),
        ],
        "http://louyu.example",
    ).splitlines()

    assert lines[0] == "您问过、还没办结的有 7 件："
    assert lines[1:3] == ["#1 第1件事 —— 等楼长答复", "#2 第2件事 —— 赵师傅已接单"]
    assert "等您补充" in lines[3]
    assert "已解决" in lines[4]
    assert lines[5] == "#5 第5件事 —— 已记下，先请物业答复"
    assert lines[-2:] == ["……还有 2 件", "详情：http://louyu.example"]
    assert "办结了" in line_about_own_questions([], "")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            messaging.ReceiveFromChannelResponse(
                role_held=messaging.RoleHeld(group_name="28号楼", roles=["building_head"], successors=["王书记"])
            ),
            "您是28号楼的楼长，大家还要找您。请先联系王书记办好交接，再退出。",
        ),
        (
            messaging.ReceiveFromChannelResponse(left=messaging.Left(group_name="28号楼", is_last=False)),
            "您已退出28号楼。您还在别的群里，后面的话发到那里。",
        ),
        (
            messaging.ReceiveFromChannelResponse(
                flat_named=messaging.FlatNamed(group_name="28号楼", own_flat="2-301", named_flat="2-301", is_own=True)
            ),
            "您在28号楼登记的就是 2-301。这句话没有发到群里；要是在回答别人，请回复“发”，全楼都会看到。",
        ),
        (
            messaging.ReceiveFromChannelResponse(
                group_asked=messaging.GroupAsked(group_names=["3号楼", "28号楼"], is_only_choice=True)
            ),
            "您在几个群里，选哪一个？请回复数字：1 3号楼，2 28号楼。我们会记住您的选择。",
        ),
        (
            messaging.ReceiveFromChannelResponse(group_chosen=messaging.GroupChosen(group_name="28号楼")),
            "好的，后面的话发到28号楼。要换别的群，回复“切换”。",
        ),
    ],
)
def test_words_for_the_account_are_answered_in_a_line(
    outcome: messaging.ReceiveFromChannelResponse, words: str
) -> None:
    assert line_about(outcome, "") == words


def test_a_menu_entry_is_a_word_and_no_other_tap_is_posted() -> None:
    def tap(key: str) -> kinds.MenuClicked:
        return kinds.MenuClicked(account_id="gh_1", openid="o1", created_at=AT, event="CLICK", event_key=key)

    request = request_of("district", inbound(tap("我的")))
    assert request is not None
    assert request.message.text == "我的"
    assert request_of("district", inbound(tap("V1001_TODAY"))) is None
