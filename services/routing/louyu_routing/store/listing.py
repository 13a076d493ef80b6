"""Lists of questions: the most urgent first, then the longest waiting, in pages."""

from dataclasses import dataclass
from datetime import datetime

from louyu_runtime.database import Transaction
from louyu_sdk import QuestionState

from louyu_routing.question import URGENCY_RANK, Question
from louyu_routing.states import LIVE
from louyu_routing.store.questions import SELECT, question_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which questions are wanted. Empty fields ask for all."""

    states: frozenset[QuestionState] = LIVE
    group_id: str = ""
    responder_type: str = ""
    waiting_for: str = ""
    asked_by: str = ""
    seen_by: str | None = None
    """Only what this person may see, with `seen_groups`; None for a caller who sees all."""
    seen_groups: tuple[str, ...] = ()


Position = tuple[int, datetime, str]
"""Where a page ended: urgency's rank, time of opening, id."""


async def page(tx: Transaction, wanted: Wanted, after: Position | None, size: int) -> list[Question]:
    """Return up to `size` questions after a position."""
    conditions = ["state = ANY (:states)"]
    values: dict[str, object] = {"states": [state.value for state in wanted.states], "size": size}
    if wanted.states <= LIVE:
        conditions.append("ended_at IS NULL")
    if wanted.group_id:
        conditions.append(_ASKED_IN)
        values["groups"] = [wanted.group_id]
    if wanted.responder_type:
        conditions.append("responder_type = :type")
        values["type"] = wanted.responder_type
    if wanted.waiting_for:
        conditions.append("CAST(:waiting AS uuid) = ANY (waiting_for)")
        values["waiting"] = wanted.waiting_for
    if wanted.asked_by:
        conditions.append(
            "EXISTS (SELECT FROM asker AS b WHERE b.question_id = question.question_id"
            " AND b.person_id = CAST(:asked_by AS uuid))"
        )
        values["asked_by"] = wanted.asked_by
    if wanted.seen_by is not None:
        conditions.append(
            "(CAST(:person AS uuid) = ANY (waiting_for) OR EXISTS (SELECT FROM asker AS s"
            " WHERE s.question_id = question.question_id AND (s.person_id = CAST(:person AS uuid)"
            " OR s.group_id = ANY (CAST(:seen_groups AS uuid[]))))"
            " OR EXISTS (SELECT FROM question_step AS t WHERE t.question_id = question.question_id"
            " AND CAST(:person AS uuid) = ANY (t.person_ids)))"
        )
        values |= {"person": wanted.seen_by, "seen_groups": list(wanted.seen_groups)}
    if after is not None:
        conditions.append("(urgency_rank, opened_at, question_id) > (:rank, :opened, CAST(:id AS uuid))")
        values |= {"rank": after[0], "opened": after[1], "id": after[2]}
    rows = await tx.rows(
        f"{SELECT} WHERE {' AND '.join(conditions)} ORDER BY urgency_rank, opened_at, question_id LIMIT :size",
        **values,
    )
    return [question_of(row) for row in rows]


def position_of(question: Question) -> Position:
    """Return where a page ends with this question."""
    return URGENCY_RANK[question.urgency], question.opened_at, question.question_id


_ASKED_IN = (
    "EXISTS (SELECT FROM asker AS a WHERE a.question_id = question.question_id"
    " AND a.group_id = ANY (CAST(:groups AS uuid[])))"
)
