"""What becomes of a push to an Official Account: handed to messaging, answered in one line.

Messaging decides what it was (unknown sender, joining, choosing a group, a message for the group) and knows repeats. For
a posted message the reply waits a moment for routing, to name the question's number; without it the message stands in
the group all the same, and the reply says only that.
"""

import time
from collections.abc import Callable

from google.protobuf.duration_pb2 import Duration
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.routing.v1 import question_pb2
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import RemoteError

from louyu_gateway.services import Services
from louyu_gateway.wechat import message as kinds
from louyu_gateway.wechat.callback import Inbound
from louyu_gateway.wechat.http import Receive
from louyu_gateway.wire import timestamp

CHANNEL = "wechat_official_account"
REPLY_WITHIN_SECONDS = 0.85
MOST_WAIT_SECONDS = 0.7
_DANGER = "有危险请马上拨打 119（火警、被困、燃气）、120（急救）或 110（报警）！这里还没有人收到您的话。"
_NOT_POSTED = "这种消息还发不到群里，请用文字、语音或照片告诉我们。"


def receiver(services: Services, public_url: str) -> Receive:
    """Return what the callback's routes call for each push."""

    async def receive(account: str, inbound: Inbound) -> str | None:
        begun_at = time.monotonic()
        request = request_of(account, inbound)
        if request is None:
            return _NOT_POSTED if isinstance(inbound.push, kinds.Message) else None
        ask = services.calls(None, seconds=2.2)
        answer: messaging.ReceiveFromChannelResponse = await ask.messaging(request)
        if answer.WhichOneof("outcome") != "posted":
            line = line_about(answer, f"{public_url}/app/oauth/{account}")
            is_danger = line is not None and await _is_emergency(services, request.message.text)
            return f"{_DANGER}\n{line}" if is_danger else line
        left = min(MOST_WAIT_SECONDS, REPLY_WITHIN_SECONDS - (time.monotonic() - begun_at))
        return line_about_posted(answer.posted, await _outcome(services, answer.posted, left))

    return receive


async def _is_emergency(services: Services, text: str) -> bool:
    """Whether somebody whose words reach no group speaks of danger; False when routing cannot say."""
    if not text:
        return False
    try:
        answer: routing.ClassifyResponse = await services.calls(None, seconds=0.5).routing(
            routing.ClassifyRequest(texts=[routing.TextToClassify(text=text[:2000], via="text")])
        )
    except RemoteError:
        return False
    return answer.classifications[0].urgency == "emergency"


async def _outcome(
    services: Services, posted: messaging.Posted, wait_seconds: float
) -> question_pb2.MessageOutcome | None:
    if wait_seconds < 0.05:
        return None
    wait = Duration()
    wait.FromMilliseconds(int(wait_seconds * 1000))
    try:
        answer: routing.GetMessageOutcomeResponse = await services.calls(None, seconds=wait_seconds + 0.1).routing(
            routing.GetMessageOutcomeRequest(
                community_id=posted.community_id, group_id=posted.group_id, seq=posted.seq, wait=wait
            )
        )
    except RemoteError:
        return None
    return answer.outcome if answer.HasField("outcome") else None


def request_of(account: str, inbound: Inbound) -> messaging.ReceiveFromChannelRequest | None:
    """Return messaging's request for a push; None for what concerns neither groups nor members."""
    push = inbound.push
    request = messaging.ReceiveFromChannelRequest(
        address=message_pb2.ChannelAddress(channel=CHANNEL, account=account, address=push.openid),
        callback_key=inbound.idempotency_key,
        sent_at=timestamp(push.created_at),
    )
    if isinstance(push, kinds.TextMessage):
        request.message.CopyFrom(message_pb2.ChannelMessage(text=push.content, via=message_pb2.VIA_TEXT))
    elif isinstance(push, kinds.VoiceMessage):
        request.message.CopyFrom(message_pb2.ChannelMessage(via=message_pb2.VIA_VOICE, media_ids=[push.media_id]))
    elif isinstance(push, kinds.ImageMessage):
        request.message.CopyFrom(message_pb2.ChannelMessage(via=message_pb2.VIA_PHOTO, media_ids=[push.media_id]))
    elif isinstance(push, kinds.Subscribed):
        request.arrival.CopyFrom(message_pb2.ChannelArrival(join_code=push.scene or ""))
    elif isinstance(push, kinds.Scanned):
        request.arrival.CopyFrom(message_pb2.ChannelArrival(join_code=push.scene))
    elif isinstance(push, kinds.Unsubscribed):
        request.departure.CopyFrom(message_pb2.ChannelDeparture())
    else:
        return None
    return request


_REFUSALS = {
    "TEXT_TOO_LONG": "这段话太长了，请分成几段发，每段不超过 2000 字。",
    "MESSAGE_UNREADABLE": "这条消息里有看不懂的字符，请重新输入再发一次。",
    "TOO_MANY_WAITING": "您先回复数字选一个群，前面的话才能发出去。",
    "NOT_MEMBER": "您已经不在这个群里了，请重新扫楼门口的二维码加入。",
}


_FLAT_PROBLEMS = {
    "FLAT_UNREADABLE": "没看懂门牌号，请只回复门牌号，比如 3-502 或 3单元502。",
    "FLAT_UNKNOWN": "楼里没有找到这个门牌号，请核对后再回复一次，比如 3-502。",
    "FLAT_AMBIGUOUS": "有好几户都是这个号，请连单元一起回复，比如 3-502 或 3单元502。",
}


def line_about(answer: messaging.ReceiveFromChannelResponse, login_address: str) -> str | None:
    """Return the line for what was not a message for a group; None when there is nothing to say."""
    outcome = answer.WhichOneof("outcome")
    lines: dict[str, Callable[[], str]] = {
        "unknown_sender": lambda: _to_unknown(answer.unknown_sender),
        "flat_asked": lambda: _asking_for_flat(answer.flat_asked),
        "joined": lambda: _to_member(answer.joined, login_address),
        "group_asked": lambda: _asking_for_group(answer.group_asked),
        "refused": lambda: _REFUSALS.get(answer.refused.reason, "这条消息没能发到群里，请换个说法再试一次。"),
    }
    return lines[outcome]() if outcome in lines else None


def _to_unknown(unknown: messaging.UnknownSender) -> str:
    if unknown.is_code_invalid:
        return "这个二维码已经失效，请向楼长要新的二维码再扫一次。"
    return "我们还不认识您。请扫描楼门口的二维码，按提示回复门牌号，就能加入本楼的群。"


def _asking_for_flat(asked: messaging.FlatAsked) -> str:
    if asked.problem in _FLAT_PROBLEMS:
        return _FLAT_PROBLEMS[asked.problem]
    return (
        f"欢迎来到{asked.group_name}！请回复您的门牌号，比如 3-502。"
        "门牌号只有楼长和居委会看得到；我们只用它送达答复和通知，不给别人，您随时可以退出并删除。"
        f"回复即表示同意（文本版本 {asked.consent_version}）。"
    )


def _to_member(joined: messaging.Joined, login_address: str) -> str:
    if joined.was_member:
        return f"您已经是{joined.group_name}的成员。有事直接在这里说；看群里的话：{login_address}"
    return (
        f"好的，{joined.flat}，您已加入{joined.group_name}。有事直接在这里说，一定有人答复；看群里的话：{login_address}"
    )


def _asking_for_group(asked: messaging.GroupAsked) -> str:
    choices = "，".join(f"{number} {name}" for number, name in enumerate(asked.group_names, 1))
    return f"您在几个群里，这句话发到哪个群？请回复数字：{choices}。我们会记住您的选择。"


_AFTER_POSTING = {
    "answered": "已发到{group}，记为对 {number} 的答复，谢谢您。",
    "acknowledged": "已发到{group}，{number} 记为您接单。",
    "resolved": "已发到{group}，{number} 记为办结。",
    "reopened": "已发到{group}，{number} 重新开始问。",
    "belongs": "已发到{group}（{number}）。",
}


def line_about_posted(posted: messaging.Posted, outcome: question_pb2.MessageOutcome | None) -> str:
    """Return the line about a message that stands in the group; an emergency names whom to call before all else."""
    group = posted.group_name
    if outcome is None:
        return f"已发到{group}。"
    number = f"#{outcome.question_number}"
    if outcome.emergency_numbers:
        calls = "、".join(outcome.emergency_numbers)
        return f"有危险请先拨打 {calls}！已发到{group}，记为 {number}，正在通知楼长、物业和居委会。"
    if outcome.what in _AFTER_POSTING:
        return _AFTER_POSTING[outcome.what].format(group=group, number=number)
    if outcome.answer:
        return f"已发到{group}（{number}）。这件事已有答复：{outcome.answer}"
    asked = f"先请{outcome.asked_name}答复" if outcome.asked_name else "会一直问到有人答复"
    return f"已发到{group}，记为 {number}，{asked}。"
