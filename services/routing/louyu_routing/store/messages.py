"""What became of each message that routing has heard. A message is one row, however often its event comes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from louyu_runtime.database import Transaction

from louyu_routing.question import Entry, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as its event told it."""

    group_id: str
    seq: int
    sender_id: str | None
    """None for the platform."""
    sender_name: str
    text: str
    via: str
    reply_to_seq: int
    """0 when it quotes nothing."""
    posted_at: datetime
    question_id: str | None = None
    """The question that the platform's own words speak of."""

    def said(self, *, is_guess: bool = False) -> Said:
        """Return its words as those that go with a change."""
        return Said(text=self.text, group_id=self.group_id, seq=self.seq, is_guess=is_guess)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOutcome:
    """What became of a message; `what` is None when it has to do with no question."""

    seq: int
    what: str | None
    question_id: str | None
    is_guess: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of a message that is heard for the first time."""

    quotes_unheard: bool
    """It quotes a message that has not been heard yet."""
    is_quoted_already: bool
    """Replies to it have been heard before it."""


async def hear(tx: Transaction, message: Message) -> Heard | None:
    """Note that the message was heard; None if it was before."""
    row = await tx.row(
        "INSERT INTO heard_message AS new (community_id, group_id, seq, sender_id, reply_to_seq, via, posted_at,"
        "   question_id, early_text, early_sender_name)"
        " SELECT CAST(:community AS uuid), CAST(:group AS uuid), CAST(:seq AS bigint), CAST(:sender AS uuid),"
        "   CAST(:reply AS bigint), :via, CAST(:posted AS timestamptz), CAST(:question AS uuid),"
        "   CASE WHEN quoted_is_unheard THEN :text END, CASE WHEN quoted_is_unheard THEN :name END"
        " FROM (SELECT CAST(:early AS boolean) AND NOT EXISTS (SELECT FROM heard_message"
        "   WHERE group_id = CAST(:group AS uuid) AND seq = CAST(:reply AS bigint)) AS quoted_is_unheard) AS known"
        " ON CONFLICT DO NOTHING RETURNING new.early_text IS NOT NULL AS quotes_unheard, EXISTS (SELECT"
        "   FROM heard_message AS early WHERE early.group_id = new.group_id AND early.reply_to_seq = new.seq"
        "   AND early.early_text IS NOT NULL) AS is_quoted_already",
        community=tx.community_id,
        group=message.group_id,
        seq=message.seq,
        sender=message.sender_id,
        reply=message.reply_to_seq,
        via=message.via,
        posted=message.posted_at,
        question=message.question_id,
        early=message.reply_to_seq > 0 and message.sender_id is not None,
        text=message.text,
        name=message.sender_name,
    )
    return None if row is None else Heard(quotes_unheard=row.quotes_unheard, is_quoted_already=row.is_quoted_already)


async def early_replies_to(tx: Transaction, group_id: str, seq: int) -> list[Message]:
    """Return the replies that came before this message and belong to no question yet, and keep their words no longer."""
    rows = await tx.rows(
        "WITH early AS (SELECT * FROM heard_message WHERE group_id = CAST(:group AS uuid) AND reply_to_seq = :seq"
        "   AND early_text IS NOT NULL)"
        ", forgotten AS (UPDATE heard_message AS h SET early_text = NULL, early_sender_name = NULL FROM early"
        "   WHERE h.group_id = early.group_id AND h.seq = early.seq AND h.community_id = early.community_id)"
        " SELECT seq, sender_id, early_sender_name, early_text, via, posted_at FROM early WHERE question_id IS NULL"
        " ORDER BY seq",
        group=group_id,
        seq=seq,
    )
    return [
        Message(
            group_id=group_id,
            seq=row.seq,
            sender_id=str(row.sender_id),
            sender_name=row.early_sender_name,
            text=row.early_text,
            via=row.via,
            reply_to_seq=seq,
            posted_at=row.posted_at,
        )
        for row in rows
    ]


async def link(tx: Transaction, said: Said, what: str, question_id: str) -> None:
    """Note to which question a message belongs, and as what."""
    await tx.execute(
        "UPDATE heard_message SET what = :what, question_id = CAST(:question AS uuid), is_guess = :guess"
        " WHERE group_id = CAST(:group AS uuid) AND seq = :seq",
        {
            "what": what,
            "question": question_id,
            "guess": said.is_guess,
            "group": said.group_id,
            "seq": said.seq,
        },
    )


async def unlink(tx: Transaction, said: Said) -> None:
    """Note that a message belongs to no question after all."""
    await tx.execute(
        "UPDATE heard_message SET what = NULL, question_id = NULL, is_guess = false"
        " WHERE group_id = CAST(:group AS uuid) AND seq = :seq",
        {"group": said.group_id, "seq": said.seq},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """To which question a message belongs, and as what."""

    what: str | None
    question_id: str | None


async def link_of(tx: Transaction, group_id: str, seq: int) -> Link | None:
    """Return what became of the message at this position; None if it has not been heard."""
    row = await tx.row(
        "SELECT what, question_id FROM heard_message WHERE group_id = CAST(:group AS uuid) AND seq = :seq",
        group=group_id,
        seq=seq,
    )
    if row is None:
        return None
    return Link(what=row.what, question_id=None if row.question_id is None else str(row.question_id))


async def question_of(tx: Transaction, group_id: str, seq: int) -> str | None:
    """Return the question to which the message at this position belongs."""
    found = await tx.value(
        "SELECT question_id FROM heard_message WHERE group_id = CAST(:group AS uuid) AND seq = :seq",
        group=group_id,
        seq=seq,
    )
    return None if found is None else str(found)


async def of_entry(tx: Transaction, entry: Entry) -> Message | None:
    """Return the message that a timeline entry came from; None if it came from none."""
    row = await tx.row(
        "SELECT reply_to_seq, via, posted_at FROM heard_message WHERE group_id = CAST(:group AS uuid) AND seq = :seq",
        group=entry.said.group_id,
        seq=entry.said.seq,
    )
    if row is None or entry.said.group_id is None:
        return None
    return Message(
        group_id=entry.said.group_id,
        seq=entry.said.seq,
        sender_id=entry.by.person_id,
        sender_name=entry.by.name,
        text=entry.said.text,
        via=row.via,
        reply_to_seq=row.reply_to_seq,
        posted_at=row.posted_at,
    )


async def outcomes(tx: Transaction, group_id: str, first_seq: int, last_seq: int) -> list[MessageOutcome]:
    """Return what became of the group's messages from one position to another; unheard ones are missing."""
    rows = await tx.rows(
        "SELECT seq, what, question_id, is_guess FROM heard_message WHERE group_id = CAST(:group AS uuid)"
        " AND seq BETWEEN :first AND :last ORDER BY seq",
        group=group_id,
        first=first_seq,
        last=last_seq,
    )
    return [_outcome_of(row) for row in rows]


def _outcome_of(row: Any) -> MessageOutcome:
    return MessageOutcome(
        seq=row.seq,
        what=row.what,
        question_id=None if row.question_id is None else str(row.question_id),
        is_guess=row.is_guess,
    )
