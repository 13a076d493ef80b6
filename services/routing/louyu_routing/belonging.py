"""Belonging: to which question a message belongs, and whether that was said or guessed.

Said: the message quotes one that belongs to a question, or names it as in "#17". Guessed, and only where it can mean one
question alone:
- somebody who asked says that it is settled or still not, gives thanks, or replies to what was asked back;
- somebody who asked writes again within ten minutes about the same thing, in words that both have, or in words that name
  nothing at all; an emergency only in words that both have;
- somebody whom the question waits for speaks next in that group, and not of what is surely mere talk;
- anybody else in the group tells something that shares a matter with the question; never of an emergency, which nobody's
  chance words may silence, and not where they only tell that the thing is broken.
A wrong guess can be undone; where two questions would fit, none is guessed, and the clock goes on: whoever is asked both
is asked which (`undecided`).
"""

from dataclasses import dataclass
from datetime import timedelta

from louyu_runtime.database import Transaction
from louyu_sdk import Intent

from louyu_routing.phrases import (
    Speech,
    named_number,
    names_no_matter,
    says_only_how_it_stands,
    share_a_matter,
    speech_of_asker,
    speech_of_other,
    tells_of_a_fault,
    tells_of_an_end,
)
from louyu_routing.question import By, Question
from louyu_routing.reading import Reading
from louyu_routing.states import ACKNOWLEDGED, ANSWERED, ASKED_BACK, ENDED
from louyu_routing.store import messages, questions
from louyu_routing.store.messages import Message

FOLLOW_UP = timedelta(minutes=10)
"""How long after somebody's last words of a question their next ones of the same kind are taken for the same matter."""

REMEMBERED = timedelta(days=7)
"""How long after its end a question can still be meant by "still not mended"."""

_TELLS_SOMETHING = frozenset({Intent.CHAT, Intent.RESOLVED, Intent.QUESTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """A question to which a message belongs."""

    question_id: str
    is_asker: bool
    is_guess: bool


async def find(tx: Transaction, message: Message, by: By, reading: Reading) -> Belonging | None:
    """Return the question to which the message belongs; None: to none that is known."""
    own = await _own(tx, message)
    said = await _said(tx, message)
    if said is not None:
        is_asker = await questions.is_asker(tx, said, message.sender_id or "")
        return Belonging(question_id=said, is_asker=is_asker, is_guess=False)
    mine = _own_matter(message, reading, own, await _last_words(tx, message, own))
    if mine is not None:
        return Belonging(question_id=mine.question_id, is_asker=True, is_guess=True)
    others = await _of_others(tx, message, own)
    answered = _others_matter(message, by, reading, others)
    return None if answered is None else Belonging(question_id=answered.question_id, is_asker=False, is_guess=True)


async def may_be_meant(tx: Transaction, message: Message, by: By, reading: Reading) -> list[Question]:
    """Return the questions to which words that do something, and belong to none alone, could do it; the latest first.

    The sender's own, where they say that it is settled or still not; those of others that wait for the sender, where they
    promise, ask back or report an end.
    """
    if reading.needs_somebody:
        return []
    own = await _own(tx, message)
    live = [one for one in own if one.state not in ENDED]
    speech = speech_of_asker(message.text, reads_as_settled=reading.is_settled)
    if len(live) > 1 and speech in {Speech.SETTLED, Speech.STILL_NOT} and says_only_how_it_stands(message.text):
        return live
    told = speech_of_other(message.text)
    if told in {Speech.PROMISE, Speech.ASK_BACK} or (told is Speech.STATEMENT and tells_of_an_end(message.text)):
        return _waiting_for(by, await _of_others(tx, message, own))
    return []


async def _of_others(tx: Transaction, message: Message, own: list[Question]) -> list[Question]:
    unanswered = await questions.unanswered_in_group(tx, message.group_id, before_seq=message.seq)
    return [one for one in unanswered if one.question_id not in {mine.question_id for mine in own}]


def _waiting_for(by: By, others: list[Question]) -> list[Question]:
    return [one for one in others if by.person_id in one.waiting_for and one.state is not ASKED_BACK]


async def _own(tx: Transaction, message: Message) -> list[Question]:
    since = message.posted_at - REMEMBERED
    asked = await questions.asked_by(tx, message.sender_id or "", message.group_id, since=since)
    return [question for question in asked if question.message_seq < message.seq]


async def _said(tx: Transaction, message: Message) -> str | None:
    """Return the question that the message quotes or names, in its own group."""
    if message.reply_to_seq:
        quoted = await messages.question_of(tx, message.group_id, message.reply_to_seq)
        if quoted is not None:
            return quoted
    number = named_number(message.text)
    return None if number is None else await questions.id_of_number(tx, number, message.group_id)


async def _last_words(tx: Transaction, message: Message, own: list[Question]) -> dict[str, timedelta]:
    """Return how long ago the sender last wrote of each of their own questions."""
    askers = await questions.askers_of(tx, [question.question_id for question in own])
    return {
        question_id: abs(message.posted_at - asker.last_said_at)
        for question_id, found in askers.items()
        for asker in found
        if asker.person_id == message.sender_id
    }


def _own_matter(
    message: Message, reading: Reading, own: list[Question], since: dict[str, timedelta]
) -> Question | None:
    live = [question for question in own if question.state not in ENDED]
    speech = speech_of_asker(message.text, reads_as_settled=reading.is_settled)
    if speech is Speech.STILL_NOT:
        ended_or_answered = [one for one in own if one.state in ENDED or one.state is ANSWERED]
        # who reports "电梯又停了" does not speak of the lamp that they asked about, even if that was all they ever asked
        is_of_its_own = reading.needs_somebody and not says_only_how_it_stands(message.text)
        fitting = _sharing if is_of_its_own else _only
        return fitting(message, ended_or_answered) or fitting(message, live)
    if speech is Speech.SETTLED and not reading.is_emergency:
        return _only(message, live)
    if speech is Speech.THANKS:
        return _only(message, [one for one in live if one.state is ANSWERED])
    lately = [one for one in live if since[one.question_id] <= FOLLOW_UP]
    if reading.is_emergency:
        return next((one for one in lately if one.is_emergency and share_a_matter(one.text, message.text)), None)
    asked_back = [one for one in live if one.state is ASKED_BACK]
    if asked_back and (not reading.needs_somebody or reading.responder == asked_back[0].responder_type):
        return _only(message, asked_back)
    if not reading.needs_somebody:
        return None
    if names_no_matter(message.text):
        return lately[-1] if lately else None
    return next(
        (one for one in lately if one.responder_type == reading.responder and share_a_matter(one.text, message.text)),
        None,
    )


def _others_matter(message: Message, by: By, reading: Reading, others: list[Question]) -> Question | None:
    speech = speech_of_other(message.text)
    if reading.is_emergency:
        return None
    waited_for = _waiting_for(by, others)
    if speech in {Speech.PROMISE, Speech.ASK_BACK} or (speech is Speech.STATEMENT and _informs(reading)):
        fitting = _only(message, waited_for)
        if fitting is not None:
            return fitting
    if by.role != "resident" and speech is Speech.PROMISE:
        return _sharing(message, others)
    if speech is Speech.STATEMENT and reading.intent in _TELLS_SOMETHING and not tells_of_a_fault(message.text):
        return _sharing(message, [one for one in others if by.role != "resident" or _may_be_answered_by_chance(one)])
    return None


def _may_be_answered_by_chance(question: Question) -> bool:
    """Whether a resident's words that only share a matter may be the answer."""
    return question.state is not ACKNOWLEDGED and not question.is_emergency


def _informs(reading: Reading) -> bool:
    """Whether a statement of somebody who is asked may be the answer: neither mere talk nor a matter of its own."""
    return reading.intent in _TELLS_SOMETHING and not reading.is_mere_chat


def _sharing(message: Message, candidates: list[Question]) -> Question | None:
    sharing = [one for one in candidates if share_a_matter(one.text, message.text)]
    return sharing[0] if len(sharing) == 1 else None


def _only(message: Message, candidates: list[Question]) -> Question | None:
    """Return the only candidate, or of several the only one that shares a matter with the message."""
    return candidates[0] if len(candidates) == 1 else _sharing(message, candidates)
