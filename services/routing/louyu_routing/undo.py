"""Undo: taking back what louyu guessed of a message. The message belongs to the question no more, and what held before
the guess holds again: state, answer, clock and steps.

A guess can be taken back until a person has done something to the question since; what only the clock did is taken back
with it. A clock that would have run out meanwhile does so at once. Nothing that was said is lost: a message that was
taken for somebody's second word on the same matter becomes a question of its own.
"""

from dataclasses import replace

from louyu_runtime.database import Transaction

from louyu_routing import facts
from louyu_routing.errors import CannotUndo
from louyu_routing.question import By, Entry, Question, Said, StepState
from louyu_routing.states import ENDED
from louyu_routing.store import clocks, messages, questions, steps
from louyu_routing.store import timeline as timeline_store
from louyu_routing.timeline import Before, before_of, note

WITHOUT_EFFECT = frozenset({"noted", "asked_again", "guess_undone"})
"""Entries that changed neither state nor clock."""


def can_undo(entry: Entry, timeline: list[Entry]) -> bool:
    """Say whether this entry of a timeline can be taken back now."""
    if not entry.said.is_guess or entry.undone_at is not None:
        return False
    if entry.before_guess is None:
        return True
    later = timeline[[one.entry_id for one in timeline].index(entry.entry_id) + 1 :]
    return not any(
        one.by.person_id is not None and one.what not in WITHOUT_EFFECT and one.undone_at is None for one in later
    )


async def undo_guess(tx: Transaction, question: Question, entry: Entry, by: By) -> Question:
    """Take back a guess. Raises CannotUndo."""
    if not entry.said.is_guess:
        raise CannotUndo("nothing was guessed there")
    if entry.undone_at is not None:
        raise CannotUndo("it is taken back already")
    if not can_undo(entry, await timeline_store.of(tx, question.question_id)):
        raise CannotUndo("somebody has done more to the question since")
    restored = question
    if entry.before_guess is not None:
        restored = await _restore(tx, question, before_of(entry.before_guess))
    await timeline_store.mark_undone(tx, entry)
    if entry.said.seq:
        await messages.unlink(tx, entry.said)
    await note(tx, restored, "guess_undone", by=by, said=Said(text="撤回了自动识别的结果。"))
    await facts.guess_undone(tx, restored, by, entry.what, entry.said)
    return restored


async def _restore(tx: Transaction, question: Question, before: Before) -> Question:
    await steps.settle(tx, question, current=StepState.CANCELLED, waiting=StepState.CANCELLED)
    restored = replace(
        question,
        state=before.state,
        ended_at=before.ended_at,
        answer=before.answer,
        answered_by=before.answered_by,
        generation=before.generation,
        waiting_for=before.waiting_for,
        acknowledged_by_id=before.acknowledged_by_id,
        acknowledged_by=before.acknowledged_by,
    )
    for step in await steps.of(tx, restored):
        await steps.save(tx, replace(step, state=before.step_states.get(step.step_id, StepState.CANCELLED)))
    if before.clock is not None:
        await clocks.wind(tx, restored, before.clock)
    elif before.state in ENDED:
        await clocks.stop(tx, restored)
    return await questions.save(tx, restored)
