"""A community as an import defines it: its name, its nights, and its lobby screens."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from louyu_runtime.database import Transaction
from louyu_runtime.database_errors import constraint_of
from louyu_runtime.ids import named_id
from sqlalchemy.exc import IntegrityError

from louyu_notify import screens
from louyu_notify.errors import FieldsFaulty, InvalidField
from louyu_notify.screen import Screen
from louyu_notify.store import communities
from louyu_notify.store import screens as screen_store
from louyu_notify.store.communities import CommunityRow

MOST_SCREENS = 2000
_CODE = re.compile(r"[A-Za-z0-9_-]{6,64}")
_CODE_BYTES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenDefinition:
    """A screen as defined. An empty code is drawn at random and then kept."""

    key: str
    group_key: str
    group_name: str
    place: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How many objects were created, changed, or stood already as defined."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed_keys: tuple[str, ...] = ()


async def apply(
    tx: Transaction,
    wanted: CommunityRow,
    definitions: Sequence[ScreenDefinition],
    on_change: screens.OnChange,
    *,
    is_pruning: bool = False,
) -> Applied:
    """Create or update the community and its screens. Screens that are not named stay, unless pruned.

    Raises InvalidField and FieldsFaulty.
    """
    _check(definitions)
    standing = await communities.find(tx)
    applied = _counted(standing is None, standing != wanted)
    if standing != wanted:
        await communities.save(tx, wanted)
    known = {screen.key: screen for screen in await screen_store.all_of(tx)}
    for number, definition in enumerate(definitions):
        before = known.get(definition.key)
        after = _defined(tx, definition, before)
        applied = _sum(applied, _counted(before is None, before != after))
        if before == after:
            continue
        try:
            async with tx.connection.begin_nested():
                await screen_store.save(tx, after)
        except IntegrityError as error:
            if constraint_of(error) != "screen_code_is_unique":
                raise
            raise InvalidField(f"screens[{number}].code", "is the code of another screen; take another one") from None
        if before is not None:
            await screens.changed(tx, after.screen_id, on_change)
    if not is_pruning:
        return applied
    gone = sorted(known.keys() - {definition.key for definition in definitions})
    for key in gone:
        await screens.changed(tx, known[key].screen_id, on_change)  # whoever watches it learns that it is no more
        await screen_store.remove(tx, known[key].screen_id)
    return replace(applied, removed_keys=tuple(gone))


def _defined(tx: Transaction, definition: ScreenDefinition, before: Screen | None) -> Screen:
    code = definition.code or (before.code if before else secrets.token_urlsafe(_CODE_BYTES))
    standing = before or Screen(
        screen_id=named_id(tx.community_id, "screen", definition.key),
        community_id=tx.community_id,
        key=definition.key,
        group_id="",
        group_name="",
        place="",
        code="",
    )
    return replace(
        standing,
        group_id=named_id(tx.community_id, "group", definition.group_key),
        group_name=definition.group_name,
        place=definition.place,
        code=code,
    )


def _check(definitions: Sequence[ScreenDefinition]) -> None:
    if len(definitions) > MOST_SCREENS:
        raise InvalidField("screens", f"holds {len(definitions)} screens; at most {MOST_SCREENS} are taken at once")
    faults: list[tuple[str, str]] = []
    keys: set[str] = set()
    codes: set[str] = set()
    for number, definition in enumerate(definitions):
        field = f"screens[{number}]"
        if not 1 <= len(definition.key) <= 64:
            faults.append((f"{field}.key", "must have 1 to 64 characters"))
        elif definition.key in keys:
            faults.append((f"{field}.key", "is used by two screens of the definition"))
        if not definition.group_key:
            faults.append((f"{field}.group_key", "is missing: name the group whose matters the screen shows"))
        if max(len(definition.place), len(definition.group_name)) > 60:
            faults.append((f"{field}.place", "and group_name may have 60 characters at most"))
        if definition.code and not _CODE.fullmatch(definition.code):
            faults.append((f"{field}.code", "must have 6 to 64 of A-Z, a-z, 0-9, - and _"))
        elif definition.code and definition.code in codes:
            faults.append((f"{field}.code", "is used by two screens of the definition"))
        keys.add(definition.key)
        codes.add(definition.code)
    if faults:
        raise FieldsFaulty(faults)


def _counted(is_new: bool, differs: bool) -> Applied:
    if is_new:
        return Applied(created=1)
    return Applied(changed=1) if differs else Applied(unchanged=1)


def _sum(one: Applied, other: Applied) -> Applied:
    return Applied(
        created=one.created + other.created,
        changed=one.changed + other.changed,
        unchanged=one.unchanged + other.unchanged,
    )
