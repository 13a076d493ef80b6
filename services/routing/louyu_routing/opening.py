"""Opening: a message becomes a question, with its number, its asker, and the planner's clock, which begins at once."""

from louyu_runtime.database import Transaction
from louyu_runtime.ids import new_id
from louyu_runtime.telemetry import current_traceparent
from louyu_sdk import QuestionState, Urgency

from louyu_routing import facts
from louyu_routing.emergency import Emergencies
from louyu_routing.question import Asker, By, Clock, ClockKind, Question
from louyu_routing.reading import Reading
from louyu_routing.store import clocks, questions
from louyu_routing.store.messages import Message
from louyu_routing.timeline import note


async def open_question(
    tx: Transaction, message: Message, reading: Reading, asker: By, emergencies: Emergencies
) -> Question:
    """Open a question for a message that was read as needing somebody."""
    if asker.person_id is None or reading.responder is None:
        raise AssertionError("a question has an asker, and concerns a responder type")
    emergency = emergencies.of(message.text) if reading.urgency is Urgency.EMERGENCY else None
    question = Question(
        community_id=tx.community_id,
        question_id=new_id(),
        number=await questions.next_number(tx),
        state=QuestionState.OPEN,
        kind=reading.intent.value,
        responder_type=reading.responder,
        urgency=reading.urgency,
        text=message.text,
        via=message.via,
        group_id=message.group_id,
        message_seq=message.seq,
        opened_at=message.posted_at,
        reasons=reading.reasons,
        confidence=reading.confidence,
        traceparent=current_traceparent(),
        emergency_numbers=emergency.numbers if emergency else (),
        emergency_advice=emergency.advice if emergency else "",
    )
    await questions.insert(tx, question)
    await add_asker(tx, question, message, asker)
    await clocks.wind(tx, question, Clock(kind=ClockKind.PLAN, due_at=tx.now))
    await note(tx, question, "opened", by=asker, said=message.said())
    await facts.opened(tx, question, emergency.notice if emergency else "")
    return question


async def add_asker(tx: Transaction, question: Question, message: Message, asker: By) -> bool:
    """Add the sender of a message to those who asked; False if they are one already."""
    if asker.person_id is None:
        raise AssertionError("an asker is a person")
    return await questions.add_asker(
        tx,
        question,
        Asker(
            person_id=asker.person_id,
            name=asker.name,
            group_id=message.group_id,
            message_seq=message.seq,
            asked_at=message.posted_at,
            last_said_at=message.posted_at,
        ),
    )
