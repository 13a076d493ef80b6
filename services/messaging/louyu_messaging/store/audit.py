"""The audit trail: who saw or changed what. Rows are added in the transaction of the deed and never changed."""

import json
from collections.abc import Mapping

from louyu_runtime.database import Transaction
from louyu_runtime.ids import new_id


async def record(
    tx: Transaction, actor: str, action: str, about: str, detail: Mapping[str, str | int | list[str]] | None = None
) -> None:
    """Add an entry: `actor` is a person's id or "service:<name>", `about` for example "group/<uuid>"."""
    await tx.execute(
        "INSERT INTO audit (community_id, audit_id, recorded_at, actor, action, object, detail)"
        " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), :now, :actor, :action, :object, CAST(:detail AS jsonb))",
        {
            "community": tx.community_id,
            "id": new_id(),
            "now": tx.now,
            "actor": actor,
            "action": action,
            "object": about,
            "detail": json.dumps(detail or {}, ensure_ascii=False),
        },
    )
