"""Replies: what a message does to the question that it belongs to. Called under the question's lock.

Every change is noted with the message's own words, as a guess where the link was guessed. Words that change nothing are
noted too, so that the timeline tells the whole conversation. A question that has ended is changed by its asker alone.
"""

from louyu_runtime.database import Transaction

from louyu_routing import life
from louyu_routing.opening import add_asker
from louyu_routing.phrases import Speech, speech_of_asker, speech_of_other
from louyu_routing.question import By, Question
from louyu_routing.reading import NEEDS_SOMEBODY, Reading
from louyu_routing.states import ACKNOWLEDGED, ANSWERED, ASKED_BACK, ENDED, Change, allows
from louyu_routing.store.messages import Message
from louyu_routing.timeline import note


async def from_asker(
    tx: Transaction, question: Question, message: Message, by: By, reading: Reading, *, is_guess: bool
) -> Question:
    """Apply the words of somebody who asked the question."""
    said = message.said(is_guess=is_guess)
    speech = speech_of_asker(message.text, reads_as_settled=reading.is_settled)
    await add_asker(tx, question, message, by)
    if speech is Speech.STILL_NOT and allows(question.state, Change.REOPEN):
        return await life.reopen(tx, question, by, said)
    if speech is Speech.SETTLED and allows(question.state, Change.RESOLVE):
        return await life.resolve(tx, question, by, said)
    if speech is Speech.THANKS and question.state is ANSWERED:
        return await life.resolve(tx, question, by, said)
    if question.state is ASKED_BACK:
        return await life.resume(tx, question, by, said)
    await note(tx, question, "asked_again", by=by, said=said)
    return question


async def from_other(
    tx: Transaction, question: Question, message: Message, by: By, reading: Reading, *, is_guess: bool
) -> Question:
    """Apply the words of somebody who did not ask the question."""
    said = message.said(is_guess=is_guess)
    speech = speech_of_other(message.text)
    is_responder = by.role != "resident" or by.person_id in question.waiting_for
    if question.state not in ENDED:
        if speech is Speech.ME_TOO or (not is_responder and reading.intent in NEEDS_SOMEBODY and _asks(speech)):
            await add_asker(tx, question, message, by)
            await note(tx, question, "asked_again", by=by, said=said)
            return question
        if speech is Speech.PROMISE and is_responder and _may_promise(question, by):
            return await life.acknowledge(tx, question, by, said)
        if speech is Speech.ASK_BACK and is_responder and allows(question.state, Change.ASK_BACK):
            return await life.ask_back(tx, question, by, said)
        if speech is Speech.STATEMENT and (question.state is not ANSWERED or is_responder):
            return await life.answer(tx, question, by, said)
    await note(tx, question, "noted", by=by, said=said, linked_as="belongs")
    return question


def _asks(speech: Speech) -> bool:
    return speech in {Speech.QUESTION, Speech.ASK_BACK}


def _may_promise(question: Question, by: By) -> bool:
    """Whether a promise is news: a second one by the same person is not."""
    if question.state is ACKNOWLEDGED and question.acknowledged_by_id == by.person_id:
        return False
    return allows(question.state, Change.ACKNOWLEDGE)
