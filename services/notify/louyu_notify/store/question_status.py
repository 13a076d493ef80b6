"""How far each question has come, by the events that were heard of it."""

from datetime import datetime

from louyu_runtime.database import Transaction


async def advance(tx: Transaction, question_id: str, state: str, at: datetime) -> bool:
    """Note a question's state as of `at`; False if something later is known already: the event comes too late.

    Locks the question until the end of the transaction.
    """
    return bool(
        await tx.value(
            "INSERT INTO question_status (community_id, question_id, state, changed_at)"
            " VALUES (CAST(:community AS uuid), CAST(:question AS uuid), :state, :at)"
            " ON CONFLICT (community_id, question_id) DO UPDATE SET state = excluded.state,"
            "   changed_at = excluded.changed_at WHERE question_status.changed_at <= excluded.changed_at RETURNING true",
            community=tx.community_id,
            question=question_id,
            state=state,
            at=at,
        )
    )


async def state_of(tx: Transaction, question_id: str) -> str:
    """Return the question's state, which stays so until the end of the transaction; "" if it is unknown."""
    found = await tx.value(
        "SELECT state FROM question_status WHERE question_id = CAST(:question AS uuid) FOR SHARE", question=question_id
    )
    return str(found or "")
