"""How the residents and role holders of a community are called: looked up only where a text may hold such a name."""

from louyu_runtime.database import Transaction
from louyu_runtime.known_names import KnownNames


async def in_text(tx: Transaction, *texts: str) -> KnownNames:
    """Return those names of the community that one of these texts holds."""
    text = "\n".join(texts)
    residents = await tx.rows(
        "SELECT DISTINCT name FROM household_member WHERE name <> '' AND position(name IN :text) > 0", text=text
    )
    role_holders = await tx.rows("SELECT DISTINCT name FROM role_holder WHERE position(name IN :text) > 0", text=text)
    return KnownNames(frozenset(row.name for row in residents), frozenset(row.name for row in role_holders))
