"""Replies of which nobody knows yet to which question they belong: at most one of each person in a group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from louyu_runtime.database import Transaction

from louyu_routing.store.messages import Message

_HERE = "group_id = CAST(:group AS uuid) AND person_id = CAST(:person AS uuid)"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndecidedReply:
    """A message that may belong to any of these questions, and when its sender was asked which."""

    message: Message
    question_ids: tuple[str, ...]
    asked_at: datetime


async def keep(tx: Transaction, message: Message, question_ids: Sequence[str], *, asked_at: datetime) -> None:
    """Keep a message until its sender has said which question is meant. It replaces an earlier one of theirs.

    Those of the community that nobody decided within a day are forgotten with it.
    """
    await tx.execute(
        "DELETE FROM undecided_reply WHERE asked_at < CAST(:now AS timestamptz) - interval '1 day'", {"now": tx.now}
    )
    await tx.execute(
        "INSERT INTO undecided_reply (community_id, group_id, person_id, seq, sender_name, text, via, posted_at,"
        "   question_ids, asked_at)"
        " VALUES (CAST(:community AS uuid), CAST(:group AS uuid), CAST(:person AS uuid), :seq, :name, :text, :via,"
        "   :posted, CAST(:questions AS uuid[]), :asked)"
        " ON CONFLICT (community_id, group_id, person_id) DO UPDATE SET seq = excluded.seq, text = excluded.text,"
        "   sender_name = excluded.sender_name, via = excluded.via, posted_at = excluded.posted_at,"
        "   question_ids = excluded.question_ids, asked_at = excluded.asked_at",
        {
            "community": tx.community_id,
            "group": message.group_id,
            "person": message.sender_id,
            "seq": message.seq,
            "name": message.sender_name,
            "text": message.text,
            "via": message.via,
            "posted": message.posted_at,
            "questions": list(question_ids),
            "asked": asked_at,
        },
    )


async def of_person(tx: Transaction, group_id: str, person_id: str) -> UndecidedReply | None:
    """Return what this person said last that is not decided; None: nothing."""
    row = await tx.row(f"SELECT * FROM undecided_reply WHERE {_HERE}", group=group_id, person=person_id)
    if row is None:
        return None
    message = Message(
        group_id=group_id,
        seq=row.seq,
        sender_id=person_id,
        sender_name=row.sender_name,
        text=row.text,
        via=row.via,
        reply_to_seq=0,
        posted_at=row.posted_at,
    )
    return UndecidedReply(
        message=message, question_ids=tuple(str(one) for one in row.question_ids), asked_at=row.asked_at
    )


async def question_ids_at(tx: Transaction, group_id: str, seq: int) -> tuple[str, ...]:
    """Return which questions the message at this position may mean; empty when it is decided."""
    found = await tx.value(
        "SELECT question_ids FROM undecided_reply WHERE group_id = CAST(:group AS uuid) AND seq = :seq",
        group=group_id,
        seq=seq,
    )
    return tuple(str(one) for one in found or ())


async def forget(tx: Transaction, group_id: str, person_id: str) -> None:
    """The person's reply waits no longer."""
    await tx.execute(f"DELETE FROM undecided_reply WHERE {_HERE}", {"group": group_id, "person": person_id})
