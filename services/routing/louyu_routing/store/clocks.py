"""Clocks: one row for each live question, wound, stopped and claimed. Winding and stopping need the question's lock."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from louyu_runtime.database import Transaction
from louyu_sdk import QuestionState

from louyu_routing.question import URGENCY_RANK, Clock, ClockKind, Question

LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedClock:
    """A clock that has run out and is this worker's to handle, until its lease ends."""

    community_id: str
    question_id: str
    turn: int
    kind: ClockKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAudit:
    """What the auditor found over all communities."""

    live_count: int
    without_clock_count: int
    overdue_count: int
    oldest_overdue_seconds: float


async def wind(tx: Transaction, question: Question, clock: Clock) -> None:
    """Make this the question's only clock; whatever it waited for before is cancelled."""
    await tx.execute(
        "INSERT INTO question_clock (community_id, question_id, turn, kind, due_at, urgency_rank, step_id,"
        "   resume_kind, resume_state, resume_after)"
        " VALUES (CAST(:community AS uuid), CAST(:question AS uuid), nextval('clock_turn'), :kind, :due, :rank,"
        "   CAST(:step AS uuid), :resume_kind, :resume_state, :resume_after)"
        " ON CONFLICT (community_id, question_id) DO UPDATE SET turn = excluded.turn, kind = excluded.kind,"
        "   due_at = excluded.due_at, urgency_rank = excluded.urgency_rank, step_id = excluded.step_id,"
        "   resume_kind = excluded.resume_kind, resume_state = excluded.resume_state,"
        "   resume_after = excluded.resume_after, leased_until = NULL",
        {
            "community": tx.community_id,
            "question": question.question_id,
            "kind": clock.kind.value,
            "due": clock.due_at,
            "rank": URGENCY_RANK[question.urgency],
            "step": clock.step_id,
            "resume_kind": clock.resume_kind.value if clock.resume_kind else None,
            "resume_state": clock.resume_state.value if clock.resume_state else None,
            "resume_after": clock.resume_after,
        },
    )


async def stop(tx: Transaction, question: Question) -> None:
    """End the clock of a question that has ended."""
    await tx.execute("DELETE FROM question_clock WHERE question_id = CAST(:id AS uuid)", {"id": question.question_id})


async def of(tx: Transaction, question_ids: list[str]) -> dict[str, Clock]:
    """Return the live clocks of these questions, by question."""
    rows = await tx.rows(
        "SELECT * FROM question_clock WHERE question_id = ANY (CAST(:ids AS uuid[]))", ids=question_ids
    )
    return {str(row.question_id): _clock_of(row) for row in rows}


async def claim(tx: Transaction, at_most: int) -> list[ClaimedClock]:
    """Claim clocks of any community that have run out: emergencies first, then the longest overdue."""
    rows = await tx.rows("SELECT * FROM claim_due_clocks(:at_most, :lease)", at_most=at_most, lease=LEASE)
    return [
        ClaimedClock(
            community_id=str(row.claimed_community_id),
            question_id=str(row.claimed_question_id),
            turn=row.claimed_turn,
            kind=ClockKind(row.claimed_kind),
        )
        for row in rows
    ]


async def seconds_to_next(tx: Transaction) -> float | None:
    """Return how long until the next clock of any community runs out; None when there is none."""
    found = await tx.value("SELECT seconds_to_next_clock()")
    return None if found is None else float(found)


async def audit(tx: Transaction, late: timedelta) -> ClockAudit:
    """Count live questions of all communities without a clock, and clocks that ran out longer ago than `late`."""
    row = (await tx.rows("SELECT * FROM audit_clocks(:late)", late=late))[0]
    return ClockAudit(
        live_count=row.live_count,
        without_clock_count=row.without_clock_count,
        overdue_count=row.overdue_count,
        oldest_overdue_seconds=row.oldest_overdue_seconds,
    )


def _clock_of(row: Any) -> Clock:
    return Clock(
        kind=ClockKind(row.kind),
        due_at=row.due_at,
        step_id=None if row.step_id is None else str(row.step_id),
        resume_kind=None if row.resume_kind is None else ClockKind(row.resume_kind),
        resume_state=None if row.resume_state is None else QuestionState(row.resume_state),
        resume_after=row.resume_after,
        turn=row.turn,
    )
