"""Linking: somebody who joined on the page shows the account that it is they who write there, and the two become one.

The page gives a code to whoever is signed in; who sends it to the account has proven both. Naming a flat or a name proves
nothing and links nothing. Who was known at the account until now is from then on the person of the page: groups, read
positions, what was decided about where they live, and questions go along. Role holders are not merged away: a role was
given to one person, and goes by `appointing`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from louyu_runtime.database import Transaction, append_event
from louyu_runtime.sealing import Sealer

from louyu_messaging import consent
from louyu_messaging.errors import LinkCodeUnknown, LinkedRoleHeld, MessageFaulty, PersonNotFound
from louyu_messaging.events import merged_payload
from louyu_messaging.places import ChannelAddress
from louyu_messaging.store import appointing, audit
from louyu_messaging.store import joining as joining_store
from louyu_messaging.store import leaving as leaving_store
from louyu_messaging.store import linking as store
from louyu_messaging.telling import tell_availability, tell_group, tell_household

LIFE = timedelta(minutes=15)
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without those that are taken for one another: 0 and O, 1, I and L."""
LENGTH = 8
"""Forty bits: of the codes that work at one moment none is found by trying."""

_SAID = re.compile(rf"(?:绑定|连接)[ :]*([{LETTERS}]{{4}})[ -]?([{LETTERS}]{{4}})")


@dataclass(frozen=True)
class LinkCode:
    """What the person sends to the account, and until when it works."""

    code: str
    expires_at: datetime


@dataclass(frozen=True)
class Linked:
    """Who writes from the address from now on."""

    name: str
    flat: str


def code_in(text: str) -> str | None:
    """Return the code of words that are nothing but "绑定" with a code; None for a message."""
    if len(text) > 40 or not ("绑定" in text or "连接" in text):  # nearly every message, at no cost
        return None
    match = _SAID.fullmatch(unicodedata.normalize("NFKC", text).strip(" \t\r\n\"'“”‘’「」。.").upper())
    return None if match is None else match[1] + match[2]


def check_not_told(text: str) -> None:
    """Raise MessageFaulty for the words with a code in a group: whichever neighbour sent them on would be taken for the person."""
    if code_in(text) is not None:
        raise MessageFaulty(
            "LINK_CODE_TOLD",
            "message.text",
            "these words are for the account: in the group a neighbour could use them",
            "这句话是给公众号的，不能发到群里，请在公众号里发。",
        )


def hidden(code: str, sealer: Sealer) -> bytes:
    """Return the code as it is kept and found."""
    return sealer.lookup(f"link\n{code}")


async def create_code(tx: Transaction, person_id: str, sealer: Sealer, choose: Callable[[str], str]) -> LinkCode:
    """Give a member a code; the one before works no more. Raises PersonNotFound for who is in no group."""
    if not await leaving_store.is_in_a_group(tx, person_id):
        raise PersonNotFound
    code = "".join(choose(LETTERS) for _ in range(LENGTH))
    expires_at = tx.now + LIFE
    await store.save_code(tx, person_id, hidden(code, sealer), expires_at)
    return LinkCode(code, expires_at)


async def link(
    tx: Transaction, code: bytes, address: ChannelAddress, sealer: Sealer, new_id: Callable[[], str]
) -> Linked:
    """Let an address be that of the person with the code. Raises LinkCodeUnknown, LinkedRoleHeld."""
    lookup = sealer.lookup(address.address)
    person_id = await store.person_of_code(tx, code)
    known = await joining_store.person(tx, person_id) if person_id else None
    if person_id is None or known is None or known.has_left:
        raise LinkCodeUnknown
    former = await joining_store.person_at(tx, address.channel, address.account, lookup)
    if former is not None and former.id != person_id:
        groups = await _merge(tx, former, known, address.channel, new_id)
    else:
        groups = []
        await joining_store.save_address(
            tx, address.channel, address.account, lookup, sealer.seal(address.address), person_id
        )
    await store.forget_code(tx, code)
    detail: dict[str, str | int | list[str]] = {"channel": address.channel, "was": former.id if former else ""}
    await audit.record(tx, person_id, "link_address", f"person/{person_id}", detail)
    homes = {each.household_id for each in (former, known) if each is not None} - {""}
    for household_id in sorted(homes):
        await tell_household(tx, household_id)
    for group_id in groups:
        await tell_group(tx, group_id)
    return Linked(known.name, known.flat)


async def _merge(
    tx: Transaction,
    former: joining_store.KnownPerson,
    person: joining_store.KnownPerson,
    way: str,
    new_id: Callable[[], str],
) -> list[str]:
    """Let the former be the person; return the groups that changed."""
    groups = sorted(await store.groups_of(tx, (former.id, person.id)))
    await appointing.lock_groups(tx, groups)
    if await store.holds_role(tx, former.id):
        raise LinkedRoleHeld
    await store.hand_over(tx, former.id, person.id)
    version = await leaving_store.forget_person(tx, former.id) or consent.CURRENT_VERSION
    if await leaving_store.forget_standing(tx, former.id):
        await tell_availability(tx)
    await store.point_to(tx, former.id, person.id)
    for who, is_withdrawal in ((person.id, False), (former.id, True)):
        await joining_store.record_consent(
            tx, new_id(), who, consent.PURPOSE_JOINING, version, way, is_withdrawal=is_withdrawal
        )
    append_event(tx, merged_payload(former.id, person.id), subject=f"person/{former.id}")
    return groups
