"""Messages as the conversation shows them, each with the question that it opened or what else it did to one."""

from datetime import datetime

from louyu.messaging.v1 import message_pb2
from louyu.routing.v1 import question_pb2
from louyu_runtime.identity import Principal

from louyu_gateway.pages import words
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import MessageView, QuestionView
from louyu_gateway.wire import moment, via_word


def message_views(
    messages: list[message_pb2.Message],
    outcomes: dict[int, question_pb2.MessageOutcome],
    questions: dict[str, QuestionView],
    viewer: Principal,
    now: datetime,
    texts: Texts,
) -> list[MessageView]:
    """Return the messages in their order. A quoted message that is not on this page is shown by its number only."""
    by_seq = {message.seq: message for message in messages}
    return [_view(message, by_seq, outcomes.get(message.seq), questions, viewer, now, texts) for message in messages]


def _view(
    message: message_pb2.Message,
    by_seq: dict[int, message_pb2.Message],
    outcome: question_pb2.MessageOutcome | None,
    questions: dict[str, QuestionView],
    viewer: Principal,
    now: datetime,
    texts: Texts,
) -> MessageView:
    sender = texts("楼宇助手") if message.is_platform else message.sender_name
    role = leading_role_text(message, texts)
    card = questions.get(outcome.question_id) if outcome is not None and outcome.what == "opened" else None
    note = ""
    if outcome is not None and card is None and outcome.what in words.OUTCOMES:
        note = texts(words.OUTCOMES[outcome.what], number=outcome.question_number)
    quoted = by_seq.get(message.reply_to_seq)
    return MessageView(
        seq=message.seq,
        id=message.id,
        sender=sender,
        initial=sender[:1] or "·",
        role=role,
        own=bool(message.sender_id) and message.sender_id == viewer.id,
        platform=message.is_platform,
        text=message.text,
        via=via_word(message.via),
        at=moment(message, "posted_at") or now,
        quoted=f"{quoted.sender_name}：{quoted.text[:60]}" if quoted is not None else "",
        question=card,
        note=note,
        note_question_id=outcome.question_id if outcome is not None else "",
    )


def leading_role_text(message: message_pb2.Message, texts: Texts) -> str:
    """Return the badge beside the sender's name, empty for a resident and for the platform."""
    role = words.leading_role(list(message.sender_roles))
    return texts(words.ROLES[role]) if role else ""
