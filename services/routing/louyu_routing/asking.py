"""Asking: whom a step asks at the moment when it starts, among those who hold the role then.

Where a duty roster is kept, whoever is on duty is asked, also from another group of the community. Somebody who is away
is replaced by their substitute, a building head else by the second manager. Nobody there is a case of its own, told
apart from a role that nobody holds; how far to go then (to those off duty, to those away) is the caller's choice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from louyu_runtime.database import Transaction
from louyu_sdk import Neighbours, ResponderById, Role, RoleInGroup
from louyu_sdk.plan import Whom

from louyu_routing.availability import Availability, StandIn
from louyu_routing.directory import NEIGHBOURS, OPERATOR, ROLE_NAMES, Asked
from louyu_routing.store import availability as availability_store
from louyu_routing.store import communities
from louyu_routing.store import directory as store
from louyu_routing.store.directory import Holder


class Reach(IntEnum):
    """How far to go to find somebody."""

    THERE = 0
    """Those who are there, and on duty where a roster is kept."""
    OFF_DUTY = 1
    """Those who are there, on duty or not."""
    ANYBODY = 2
    """Those who are away as well."""


class Gap(IntEnum):
    """Why nobody is found; the higher one tells more."""

    VACANT = 0
    AWAY = 1
    OFF_DUTY = 2

    @property
    def words(self) -> str:
        """How it is said of who is meant."""
        return ("无人担任", "外出，没有人代班", "现在无人值班")[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whom a step asks, or why nobody; `notes` say who stands in for whom."""

    asked: Asked | None
    gap: Gap = Gap.VACANT
    notes: tuple[str, ...] = ()


async def availability_now(tx: Transaction) -> Availability:
    """Return who of the community is there now."""
    return await availability_store.at(tx, tx.now, (await communities.chase(tx)).quiet.zone)


async def find(tx: Transaction, group_id: str, whom: Iterable[Whom], reach: Reach = Reach.THERE) -> Finding:
    """Return whom these selectors name now, in the group; each goes no further than it must, and no further than `reach`."""
    there = await availability_now(tx)
    holders = await store.holders_in(tx, group_id)
    responders = {one.responder_id: one for one in await store.responders(tx)}
    staff = await store.holders_of_role(tx, Role.STAFF)
    found: list[tuple[str, str, Sequence[StandIn]]] = []
    gap = Gap.VACANT
    for one in whom:
        match one:
            case Neighbours():
                everybody = Asked(who=NEIGHBOURS, who_name=ROLE_NAMES[NEIGHBOURS], person_ids=(), is_everybody=True)
                return Finding(asked=everybody)
            case RoleInGroup(role):
                own = [holder for holder in holders if holder.role == role]
                everywhere = await store.holders_of_role(tx, role)
                on_duty = there.on_duty(role=role.value, among=[holder.person_id for holder in everywhere])
                persons, own_gap = _choose(there, own, on_duty, reach)
                found.append((role.value, ROLE_NAMES[role], persons))
            case ResponderById(responder_id) if responder_id in responders:
                responder = responders[responder_id]
                own = [holder for holder in staff if holder.responder_key == responder.key]
                on_duty = there.on_duty(responder_key=responder.key, among=[holder.person_id for holder in own])
                persons, own_gap = _choose(there, own, on_duty, reach)
                found.append((responder.type, responder.name, persons))
            case ResponderById():
                continue  # the community's file has dropped it since the plan was frozen
        gap = max(gap, own_gap)
    reached = [(who, name, persons) for who, name, persons in found if persons]
    if not reached:
        return Finding(asked=None, gap=gap)
    everyone = [one for _, _, persons in reached for one in persons]
    return Finding(
        asked=Asked(
            who=reached[0][0],
            who_name="、".join(dict.fromkeys(name for _, name, _ in reached)),
            person_ids=tuple(dict.fromkeys(one.person_id for one in everyone)),
        ),
        notes=tuple(dict.fromkeys(f"{one.for_name}外出，由{one.name}代班。" for one in everyone if one.for_name)),
    )


async def last_resort(tx: Transaction, reach: Reach) -> Asked | None:
    """Return who is asked when a plan's last step finds nobody: a secretary of any group; nobody but for `reach` ANYBODY,
    where it is those who are away, else the operator."""
    there = await availability_now(tx)
    secretaries = await store.holders_of_role(tx, Role.SECRETARY)
    persons = _answering(there, secretaries, reach)
    if persons:
        return Asked(
            who=Role.SECRETARY.value,
            who_name=ROLE_NAMES[Role.SECRETARY],
            person_ids=tuple(dict.fromkeys(one.person_id for one in persons)),
        )
    if reach < Reach.ANYBODY:
        return None
    return Asked(who=OPERATOR, who_name=ROLE_NAMES[OPERATOR], person_ids=())


def _choose(
    there: Availability, own: Sequence[Holder], on_duty: tuple[str, ...] | None, reach: Reach
) -> tuple[Sequence[StandIn], Gap]:
    """Return who is asked of those who hold a role (heads before their seconds), and else why nobody is.

    `on_duty` is None where no roster is kept.
    """
    if on_duty is not None:
        of_group = {holder.person_id for holder in own}
        wanted = [each for each in on_duty if each in of_group] or list(on_duty)
        persons = [one for one in map(there.answering, wanted) if one is not None]
        if persons or reach < Reach.OFF_DUTY:
            return persons, Gap.AWAY if on_duty else Gap.OFF_DUTY
    for tier in ([one for one in own if not one.is_second], [one for one in own if one.is_second]):
        persons = _answering(there, tier, Reach.THERE)
        if persons:
            return persons, Gap.VACANT
    return _answering(there, own, reach), Gap.AWAY if own else Gap.VACANT


def _answering(there: Availability, holders: Sequence[Holder], reach: Reach) -> list[StandIn]:
    """Return who answers for these, or themselves although they are away where nobody else is to be found."""
    found = [one for one in (there.answering(holder.person_id) for holder in holders) if one is not None]
    if not found and reach is Reach.ANYBODY:
        return [StandIn(person_id=holder.person_id) for holder in holders]
    return found
