"""Message changes: what a reaction to a message, or its being taken back, does to the question that it belongs to.

A tap is no guess: "me too" on the message that opened a question makes one more asker, and the asker's "thanks" for an
answer settles it. Recalled words are erased here too; a question that nobody has touched yet goes with them, and one on
which somebody works already goes on.
"""

from dataclasses import dataclass, replace

from louyu_runtime.database import Transaction
from louyu_sdk import QuestionState

from louyu_routing import life
from louyu_routing.directory import strongest_role
from louyu_routing.question import Asker, By, Question, Said
from louyu_routing.states import ANSWERED, ENDED
from louyu_routing.store import directory as directory_store
from louyu_routing.store import messages, questions
from louyu_routing.store import timeline as timeline_store
from louyu_routing.timeline import note
from louyu_routing.undo import can_undo, undo_guess

RECALLED_TEXT = "（提问人撤回了这条消息）"
ASKS = frozenset({"opened", "asked_again"})
UNTOUCHED = frozenset({"opened", "step_started", "step_skipped", "asked_again"})
"""Entries of a timeline that say that nobody has done anything about the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChange:
    """What happened to a message of a group, and by whom."""

    group_id: str
    seq: int
    what: str
    person_id: str
    name: str


async def apply_change(tx: Transaction, change: MessageChange) -> None:
    """Let the question of a changed message, if it has one, follow."""
    link = await messages.link_of(tx, change.group_id, change.seq)
    if link is None or link.question_id is None:
        return
    question = await questions.lock(tx, link.question_id)
    if question is None:
        return
    roles = await directory_store.roles_of(tx, [change.person_id], [change.group_id])
    by = By(person_id=change.person_id, name=change.name, role=strongest_role(roles))
    match change.what:
        case "me_too" if link.what in ASKS:
            await _join(tx, question, change, by)
        case "me_too_withdrawn" if link.what in ASKS:
            await questions.remove_asker(tx, question, change.person_id, change.group_id, change.seq)
        case "thanks" if link.what == "answered":
            if question.state is ANSWERED and await questions.is_asker(tx, question.question_id, change.person_id):
                await life.resolve(tx, question, by, Said(text="谢谢"))
        case "recalled":
            await _recall(tx, question, change, by, is_opening=link.what == "opened")


async def _join(tx: Transaction, question: Question, change: MessageChange, by: By) -> None:
    """One more has the same question, and will get the same answer."""
    if question.state in ENDED or await questions.is_asker(tx, question.question_id, change.person_id):
        return
    asker = Asker(
        person_id=change.person_id,
        name=change.name,
        group_id=change.group_id,
        message_seq=change.seq,
        asked_at=tx.now,
        last_said_at=tx.now,
    )
    await questions.add_asker(tx, question, asker)
    await note(tx, question, "asked_again", by=by, said=Said(text="同问"))


async def _recall(tx: Transaction, question: Question, change: MessageChange, by: By, *, is_opening: bool) -> None:
    """Erase the words, and take back what they did as far as nobody has built on it."""
    timeline = await timeline_store.of(tx, question.question_id)
    askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
    entry = next((one for one in timeline if (one.said.group_id, one.said.seq) == (change.group_id, change.seq)), None)
    if is_opening:
        question = await questions.save(tx, replace(question, text=RECALLED_TEXT))
        only_own = [asker.person_id for asker in askers] == [change.person_id]
        if question.state not in ENDED and only_own and all(one.what in UNTOUCHED for one in timeline):
            await life.close(tx, question, by, Said(text="提问人撤回了消息。"))
        else:
            await note(tx, question, "noted", by=by, said=Said(text=RECALLED_TEXT))
    elif entry is not None and can_undo(entry, timeline):
        await undo_guess(tx, question, entry, by)
    elif entry is not None and entry.what == "answered" and question.state is QuestionState.ANSWERED:
        question = await questions.save(tx, replace(question, answer="（答复人撤回了这条消息）"))
        await note(tx, question, "noted", by=by, said=Said(text="撤回了这条答复。"))
    await timeline_store.erase_words(tx, question.question_id, change.group_id, change.seq)
