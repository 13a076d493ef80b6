"""The timeline of each question: what happened, who did it, and what held before a guess."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from louyu_runtime.database import Transaction

from louyu_routing.question import By, Entry, Said

LEASE = timedelta(seconds=30)


async def add(tx: Transaction, entry: Entry) -> None:
    """Write an entry."""
    await tx.execute(
        "INSERT INTO timeline_entry (community_id, entry_id, question_id, at, what, by_name, by_person_id, text,"
        "   group_id, message_seq, is_guess, staff_only, untold_to, before_guess)"
        " VALUES (CAST(:community AS uuid), CAST(:entry AS uuid), CAST(:question AS uuid), :at, :what, :by_name,"
        "   CAST(:by AS uuid), :text, CAST(:group AS uuid), :seq, :is_guess, :staff_only, :untold_to, :before)",
        {
            "community": tx.community_id,
            "entry": entry.entry_id,
            "question": entry.question_id,
            "at": entry.at,
            "what": entry.what,
            "by_name": entry.by.name,
            "by": entry.by.person_id,
            "text": entry.said.text,
            "group": entry.said.group_id,
            "seq": entry.said.seq,
            "is_guess": entry.said.is_guess,
            "staff_only": entry.staff_only,
            "untold_to": entry.untold_to,
            "before": None if entry.before_guess is None else json.dumps(entry.before_guess),
        },
    )


async def of(tx: Transaction, question_id: str) -> list[Entry]:
    """Return a question's timeline, oldest first."""
    rows = await tx.rows(
        "SELECT * FROM timeline_entry WHERE question_id = CAST(:id AS uuid) ORDER BY position", id=question_id
    )
    return [_entry_of(row) for row in rows]


async def erase_words(tx: Transaction, question_id: str, group_id: str, seq: int) -> None:
    """Take the words of the message at this position out of a question's timeline."""
    await tx.execute(
        "UPDATE timeline_entry SET text = '' WHERE question_id = CAST(:question AS uuid)"
        " AND group_id = CAST(:group AS uuid) AND message_seq = :seq",
        {"question": question_id, "group": group_id, "seq": seq},
    )


async def answerer(tx: Transaction, question_id: str) -> By | None:
    """Return who gave the latest answer that was not taken back, without their role; None if nobody did."""
    row = await tx.row(
        "SELECT * FROM timeline_entry WHERE question_id = CAST(:id AS uuid) AND what = 'answered'"
        " AND undone_at IS NULL ORDER BY position DESC LIMIT 1",
        id=question_id,
    )
    return None if row is None else _entry_of(row).by


async def get(tx: Transaction, question_id: str, entry_id: str) -> Entry | None:
    """Return one entry of a question."""
    row = await tx.row(
        "SELECT * FROM timeline_entry WHERE question_id = CAST(:question AS uuid) AND entry_id = CAST(:entry AS uuid)",
        question=question_id,
        entry=entry_id,
    )
    return None if row is None else _entry_of(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedChange:
    """A change of which a plugin is to be told by this worker, until its lease ends."""

    community_id: str
    question_id: str
    entry_id: str
    plugin: str


async def claim_untold(tx: Transaction, at_most: int) -> list[ClaimedChange]:
    """Claim changes of any community of which plugins were not told yet, of each question the oldest only."""
    rows = await tx.rows("SELECT * FROM claim_untold_changes(:at_most, :lease)", at_most=at_most, lease=LEASE)
    return [
        ClaimedChange(
            community_id=str(row.claimed_community_id),
            question_id=str(row.claimed_question_id),
            entry_id=str(row.claimed_entry_id),
            plugin=row.claimed_plugin,
        )
        for row in rows
    ]


async def mark_told(tx: Transaction, entry_id: str) -> None:
    """Note that the plugin was told of this change."""
    await tx.execute(
        "UPDATE timeline_entry SET untold_to = NULL, telling_until = NULL WHERE entry_id = CAST(:entry AS uuid)",
        {"entry": entry_id},
    )


async def tell_opening(tx: Transaction, question_id: str, plugin: str) -> None:
    """Let the plugin that made a question's first plan be told of its opening, which came before the plan."""
    await tx.execute(
        "UPDATE timeline_entry SET untold_to = :plugin WHERE question_id = CAST(:question AS uuid) AND what = 'opened'",
        {"plugin": plugin, "question": question_id},
    )


async def mark_undone(tx: Transaction, entry: Entry) -> None:
    """Note that a guess was taken back."""
    await tx.execute(
        "UPDATE timeline_entry SET undone_at = :now WHERE entry_id = CAST(:entry AS uuid)",
        {"now": tx.now, "entry": entry.entry_id},
    )


def _entry_of(row: Any) -> Entry:
    return Entry(
        entry_id=str(row.entry_id),
        question_id=str(row.question_id),
        at=row.at,
        what=row.what,
        by=By(person_id=None if row.by_person_id is None else str(row.by_person_id), name=row.by_name),
        said=Said(
            text=row.text,
            group_id=None if row.group_id is None else str(row.group_id),
            seq=row.message_seq,
            is_guess=row.is_guess,
        ),
        staff_only=row.staff_only,
        untold_to=row.untold_to,
        before_guess=None if row.before_guess is None else row.before_guess,
        undone_at=row.undone_at,
    )
