"""Understanding: what becomes of each message that is posted in a group. In the transaction of its event.

A message belongs to a question that is known, or opens a new one, or has to do with none. The platform's own words open
nothing, but whoever quotes them means the question that they speak of. Seen twice, a message does nothing the second
time; a reply that comes before what it quotes is applied when that is heard.
"""

from louyu_runtime.database import Transaction

from louyu_routing import belonging, replies, undecided
from louyu_routing.belonging import Belonging
from louyu_routing.directory import strongest_role
from louyu_routing.emergency import Emergencies
from louyu_routing.opening import open_question
from louyu_routing.phrases import Speech, speech_of_other
from louyu_routing.question import By
from louyu_routing.reading import Reading, TextClassifier, read
from louyu_routing.store import directory as directory_store
from louyu_routing.store import messages, questions
from louyu_routing.store.messages import Message

_TELLS = frozenset({Speech.STATEMENT, Speech.PROMISE})


async def understand(tx: Transaction, message: Message, classifier: TextClassifier, emergencies: Emergencies) -> None:
    """Decide what becomes of a message, once."""
    heard = await messages.hear(tx, message)
    if heard is None:
        return
    if message.sender_id is not None and not _waits_for_words(message):
        await _decide(tx, message, classifier, emergencies, quotes_unheard=heard.quotes_unheard)
    if heard.is_quoted_already:
        for early in await messages.early_replies_to(tx, message.group_id, message.seq):
            await _decide(tx, early, classifier, emergencies, quotes_unheard=False)


async def understand_words(
    tx: Transaction, message: Message, classifier: TextClassifier, emergencies: Emergencies
) -> None:
    """Decide what becomes of a recording that was heard without words and has them now; once, as for any message."""
    if await messages.hear(tx, message) is None and await messages.question_of(tx, message.group_id, message.seq):
        return
    if message.sender_id is not None:
        await _decide(tx, message, classifier, emergencies, quotes_unheard=False)


def _waits_for_words(message: Message) -> bool:
    """Whether it is a recording of which nobody knows yet what it says: silence is no answer and no question."""
    return message.via == "voice" and not message.text.strip()


async def _decide(
    tx: Transaction, message: Message, classifier: TextClassifier, emergencies: Emergencies, *, quotes_unheard: bool
) -> None:
    by = await _sender(tx, message)
    reading = read(classifier, message.text, message.via)
    if not reading.is_emergency and await undecided.decide(tx, message, by, classifier):
        return
    found = await belonging.find(tx, message, by, reading)
    if found is not None and await _reply(tx, message, by, reading, found):
        await undecided.move_on(tx, message)
        return
    if quotes_unheard and not reading.is_emergency and speech_of_other(message.text) in _TELLS:
        return  # decided when the message that it quotes is heard
    if reading.needs_somebody:
        await open_question(tx, message, reading, by, emergencies)
        return
    if found is None:
        meant = await belonging.may_be_meant(tx, message, by, reading)
        if len(meant) > 1:
            await undecided.ask_which(tx, message, by, meant)


async def open_for_itself(
    tx: Transaction, message: Message, classifier: TextClassifier, emergencies: Emergencies
) -> bool:
    """Let a message that was wrongly taken for a part of another question be one of its own; False if it is none."""
    reading = read(classifier, message.text, message.via)
    if reading.needs_somebody:
        await open_question(tx, message, reading, await _sender(tx, message), emergencies)
    return reading.needs_somebody


async def _reply(tx: Transaction, message: Message, by: By, reading: Reading, found: Belonging) -> bool:
    """Apply the message to its question; False if it must be a question of its own all the same."""
    question = await questions.lock(tx, found.question_id)
    if question is None:
        return False
    if reading.is_emergency and not question.is_emergency:
        return False  # whatever it quotes: nothing may stand between an emergency and those who can help
    if found.is_asker:
        await replies.from_asker(tx, question, message, by, reading, is_guess=found.is_guess)
        return True
    if reading.needs_somebody and by.role != "resident" and speech_of_other(message.text) is Speech.QUESTION:
        return False  # somebody who answers for a living asks a question of their own
    await replies.from_other(tx, question, message, by, reading, is_guess=found.is_guess)
    return True


async def _sender(tx: Transaction, message: Message) -> By:
    roles = await directory_store.roles_of(tx, [message.sender_id] if message.sender_id else [], [message.group_id])
    return By(person_id=message.sender_id, name=message.sender_name, role=strongest_role(roles))
