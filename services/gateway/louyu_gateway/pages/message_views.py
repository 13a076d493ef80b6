"""Messages as the conversation shows them, each with the question that it opened or what else it did to one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from louyu.messaging.v1 import message_pb2
from louyu.routing.v1 import question_pb2
from louyu_runtime.identity import Principal

from louyu_gateway.pages import words
from louyu_gateway.pages.media_views import media_views_of
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import MessageView, QuestionView, Quote, ReactionView
from louyu_gateway.wire import moment, via_word

_WORDLESS = {message_pb2.VIA_PHOTO: "［照片］", message_pb2.VIA_VOICE: "［语音］"}
QUOTED_SIGNS = 60
AROUND = 30
"""A link to a message that is not on the page opens one on which so many messages follow it."""


def message_views(
    messages: Sequence[message_pb2.Message],
    quoted: Mapping[int, message_pb2.Message],
    outcomes: Mapping[int, question_pb2.MessageOutcome],
    questions: Mapping[str, QuestionView],
    group_id: str,
    viewer: Principal,
    now: datetime,
    texts: Texts,
) -> list[MessageView]:
    """Return the messages in their order; `quoted` are those that they reply to, by position."""

    def view(message: message_pb2.Message) -> MessageView:
        sender = sender_of(message, texts)
        outcome = outcomes.get(message.seq)
        card = questions.get(outcome.question_id) if outcome is not None and outcome.what == "opened" else None
        replied_to = quoted.get(message.reply_to_seq)
        reactions = {each.reaction: ReactionView(each.count, each.is_own) for each in message.reactions}
        own = bool(message.sender_id) and message.sender_id == viewer.id
        return MessageView(
            seq=message.seq,
            id=message.id,
            sender=sender,
            initial=sender[:1] or "·",
            role=leading_role_text(message, texts),
            own=own,
            platform=message.is_platform,
            text=message.text,
            via=via_word(message.via),
            media=media_views_of(message, group_id, texts),
            at=moment(message, "posted_at") or now,
            quoted=quote_of(replied_to, group_id, texts) if replied_to is not None else None,
            quote=quote_of(message, group_id, texts),
            question=card,
            note=note_of(outcome, texts) if outcome is not None and card is None else "",
            note_question_id=outcome.question_id if outcome is not None else "",
            gone="" if message.text or message.media_ids else gone_text(message, texts, own=own),
            hidden=message.state == message_pb2.MESSAGE_STATE_HIDDEN,
            recallable_seconds=message.recallable_for.seconds,
            me_too=reactions.get(message_pb2.REACTION_ME_TOO, ReactionView()),
            thanks=reactions.get(message_pb2.REACTION_THANKS, ReactionView()),
            pinned=message.is_pinned,
        )

    return [view(message) for message in messages]


def gone_text(message: message_pb2.Message, texts: Texts, *, own: bool = False) -> str:
    """Return what stands in the place of words that cannot be read; empty for a message that is shown."""
    match message.state:
        case message_pb2.MESSAGE_STATE_RECALLED:
            return texts("您撤回了一条消息") if own else texts("撤回了一条消息")
        case message_pb2.MESSAGE_STATE_HIDDEN:
            return texts("这条消息已被隐藏")
        case message_pb2.MESSAGE_STATE_REMOVED:
            return texts("这条消息已被删除")
    return ""


def quote_of(message: message_pb2.Message, group_id: str, texts: Texts) -> Quote:
    """Return a message in one short line."""
    line = " ".join(message.text.split()) or gone_text(message, texts) or texts(_WORDLESS.get(message.via, ""))
    return Quote(
        seq=message.seq,
        sender=sender_of(message, texts),
        text=line if len(line) <= QUOTED_SIGNS else f"{line[:QUOTED_SIGNS]}……",
        href=f"/app/groups/{group_id}?before={message.seq + AROUND}#m{message.seq}",
    )


def note_of(outcome: question_pb2.MessageOutcome, texts: Texts) -> str:
    """Return in a word what a message did to a question; empty when it opened one, for then the card says so."""
    if outcome.what not in words.OUTCOMES:
        return ""
    return texts(words.OUTCOMES[outcome.what], number=outcome.question_number)


def leading_role_text(message: message_pb2.Message, texts: Texts) -> str:
    """Return the badge beside the sender's name, empty for a resident and for the platform."""
    role = words.leading_role(list(message.sender_roles))
    return texts(words.ROLES[role]) if role else ""


def sender_of(message: message_pb2.Message, texts: Texts) -> str:
    """Return how the sender of a message is called."""
    return texts("楼宇助手") if message.is_platform else message.sender_name
