"""Two persons who turned out to be one: whatever the first asked is the second's."""

from louyu_runtime.database import Transaction

_STATEMENTS = (
    # of a question that both asked the second has their own row already
    "INSERT INTO asker AS a (community_id, question_id, person_id, name, group_id, message_seq, asked_at, last_said_at)"
    " SELECT community_id, question_id, CAST(:person AS uuid), name, group_id, message_seq, asked_at, last_said_at"
    " FROM asker WHERE person_id = CAST(:former AS uuid) ON CONFLICT (community_id, question_id, person_id) DO UPDATE"
    " SET asked_at = least(a.asked_at, excluded.asked_at), last_said_at = greatest(a.last_said_at, excluded.last_said_at)",
    "DELETE FROM asker WHERE person_id = CAST(:former AS uuid)",
    "UPDATE question SET waiting_for = array_replace(waiting_for, CAST(:former AS uuid), CAST(:person AS uuid))"
    " WHERE ended_at IS NULL AND CAST(:former AS uuid) = ANY (waiting_for)",
    "DELETE FROM undecided_reply AS u WHERE person_id = CAST(:former AS uuid) AND EXISTS (SELECT FROM undecided_reply AS o"
    "  WHERE o.group_id = u.group_id AND o.person_id = CAST(:person AS uuid))",
    "UPDATE undecided_reply SET person_id = CAST(:person AS uuid) WHERE person_id = CAST(:former AS uuid)",
)


async def merge(tx: Transaction, former_id: str, person_id: str) -> None:
    """Let the person be who asked what the former asked. Once more does nothing more."""
    for statement in _STATEMENTS:
        await tx.execute(statement, {"former": former_id, "person": person_id})
