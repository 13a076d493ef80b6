"""What an Official Account answers in one line, and what is handed on at all."""

from datetime import UTC, datetime

import pytest
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.routing.v1 import question_pb2
from louyu_gateway.official_account import line_about, line_about_posted, request_of
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
    assert line_about_posted(POSTED, outcome).startswith("有危险请先拨打 119！")


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
    ],
)
def test_the_line_names_group_and_question(outcome: question_pb2.MessageOutcome | None, line: str) -> None:
    assert line_about_posted(POSTED, outcome) == line


def test_somebody_unknown_is_told_how_to_join() -> None:
    answer = messaging.ReceiveFromChannelResponse(unknown_sender=messaging.UnknownSender())
    assert "扫描楼门口的二维码" in (line_about(answer, "http://louyu.example") or "")


def test_asking_for_the_flat_names_group_purpose_and_version_of_the_text() -> None:
    asked = messaging.FlatAsked(group_name="28号楼", consent_version="2026-11")
    line = line_about(messaging.ReceiveFromChannelResponse(flat_asked=asked), "") or ""
    assert "28号楼" in line
    assert "2026-11" in line
    assert "随时可以退出" in line


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
