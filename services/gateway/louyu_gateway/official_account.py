"""What becomes of a push to an Official Account: handed to messaging, answered in a few words.

Messaging decides what it was (unknown sender, joining, choosing a group, a word for the account, a message for the group)
and knows repeats. For a posted message the reply waits a moment for routing, to name the question's number; without it
the message stands in the group all the same, and the reply says only that. An emergency's asker is told what to do in
this reply, which notify is told, so that it does not say the same once more.
"""

import asyncio
import logging
import time

from google.protobuf.duration_pb2 import Duration
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu.routing.v1 import question_pb2
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import RemoteError

from louyu_gateway.account_lines import (
    NOT_POSTED,
    danger,
    line_about,
    line_about_own_questions,
    line_about_posted,
)
from louyu_gateway.services import Services
from louyu_gateway.wechat import message as kinds
from louyu_gateway.wechat.callback import Inbound
from louyu_gateway.wechat.http import Receive
from louyu_gateway.wire import timestamp

logger = logging.getLogger(__name__)

CHANNEL = "wechat_official_account"
REPLY_WITHIN_SECONDS = 0.85
MOST_WAIT_SECONDS = 0.7
RECORD_SECONDS = 2.0
RECORD_WAIT_SECONDS = 0.3
"""The reply of an emergency waits no longer for its own record, which then goes on without it."""
MENU_WORDS = frozenset({"帮助", "我的", "切换", "退出"})
"""Keys of menu entries that are understood: a tap on one is as if the word had been written."""


def receiver(services: Services, public_url: str) -> Receive:
    """Return what the callback's routes call for each push."""
    recording: set[asyncio.Task[None]] = set()

    async def receive(account: str, inbound: Inbound) -> str | None:
        begun_at = time.monotonic()
        request = request_of(account, inbound)
        if request is None:
            return NOT_POSTED if isinstance(inbound.push, kinds.Message) else None
        login_address = f"{public_url}/app/oauth/{account}"
        ask = services.calls(None, seconds=2.2)
        answer: messaging.ReceiveFromChannelResponse = await ask.messaging(request)
        match answer.WhichOneof("outcome"):
            case "posted":
                left = min(MOST_WAIT_SECONDS, REPLY_WITHIN_SECONDS - (time.monotonic() - begun_at))
                outcome = await _outcome(services, answer.posted, left)
                if outcome is not None and outcome.emergency_numbers:
                    task = asyncio.create_task(_record_reply(services, answer.posted, outcome.question_id))
                    recording.add(task)  # or it could be collected before it is done
                    task.add_done_callback(recording.discard)
                    await asyncio.wait({task}, timeout=RECORD_WAIT_SECONDS)
                return line_about_posted(answer.posted, outcome)
            case "own_questions_asked":
                return await _own_questions(services, answer.own_questions_asked, login_address)
            case _:
                line = line_about(answer, login_address)
                advice = await _emergency_advice(services, request.message.text) if line is not None else None
                return line if advice is None or line is None else danger(advice, line)

    return receive


async def _emergency_advice(services: Services, text: str) -> str | None:
    """Return what somebody is told who speaks of danger in words that reach no group; None for anything else.

    None as well when routing cannot say.
    """
    if not text:
        return None
    try:
        answer: routing.ClassifyResponse = await services.calls(None, seconds=0.5).routing(
            routing.ClassifyRequest(texts=[routing.TextToClassify(text=text[:2000], via="text")])
        )
    except RemoteError:
        return None
    found = answer.classifications[0]
    return found.emergency_advice if found.urgency == "emergency" else None


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


async def _record_reply(services: Services, posted: messaging.Posted, question_id: str) -> None:
    """Tell notify that the asker has been told; without it they are told once more, which does no harm."""
    try:
        await services.calls(None, seconds=RECORD_SECONDS).notify(
            notify.RecordReplyRequest(
                community_id=posted.community_id, question_id=question_id, person_id=posted.person_id
            )
        )
    except RemoteError as error:
        logger.warning("a reply in an emergency is not recorded", extra={"reason": error.reason})


async def _own_questions(services: Services, asked: messaging.OwnQuestionsAsked, login_address: str) -> str:
    """Return the lines about the sender's own open questions, in all communities."""
    ask = services.calls(None, seconds=1.5)
    try:
        found: list[routing.ListQuestionsResponse] = await asyncio.gather(
            *(
                ask.routing(
                    routing.ListQuestionsRequest(
                        community_id=person.community_id, asked_by_person_id=person.person_id, page_size=20
                    )
                )
                for person in asked.persons
            )
        )
    except RemoteError:
        return f"现在查不到，请稍后再试，或者打开页面看：{login_address}"
    return line_about_own_questions([one for answer in found for one in answer.questions], login_address)


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
        request.message.CopyFrom(
            message_pb2.ChannelMessage(
                text=push.recognition[:2000], via=message_pb2.VIA_VOICE, media_ids=[push.media_id]
            )
        )
    elif isinstance(push, kinds.ImageMessage):
        request.message.CopyFrom(message_pb2.ChannelMessage(via=message_pb2.VIA_PHOTO, media_ids=[push.media_id]))
    elif isinstance(push, kinds.MenuClicked) and push.event_key in MENU_WORDS:
        request.message.CopyFrom(message_pb2.ChannelMessage(text=push.event_key, via=message_pb2.VIA_TEXT))
    elif isinstance(push, kinds.Subscribed):
        request.arrival.CopyFrom(message_pb2.ChannelArrival(join_code=push.scene or ""))
    elif isinstance(push, kinds.Scanned):
        request.arrival.CopyFrom(message_pb2.ChannelArrival(join_code=push.scene))
    elif isinstance(push, kinds.Unsubscribed):
        request.departure.CopyFrom(message_pb2.ChannelDeparture())
    else:
        return None
    return request
