"""What messaging says of groups and households: copied, so that audiences are counted and reached without asking.

When the directory changes, ledgers of announcements that still count are looked at again: somebody may have moved in or
joined.
"""

from typing import Any

from louyu.events.v1 import messaging_events_pb2 as events
from louyu_runtime.database import Transaction
from louyu_runtime.events.consumer import Handle
from louyu_runtime.events.streams import Event

from louyu_notify.store import announcements, directory
from louyu_notify.store.directory import Building, Group, Household, HouseholdMember
from louyu_notify.wakes import Wakes

LEDGERS = "ledgers"
"""The name under which the ledger worker is woken."""


class DirectoryEvents:
    """Handles messaging's events, each inside the transaction that notes it as consumed."""

    def __init__(self, wakes: Wakes) -> None:
        self._wakes = wakes

    def handlers(self) -> dict[str, tuple[type[Any], Handle]]:
        """Return the handler of each event by its name."""
        return {
            "GroupDirectoryChanged": (events.GroupDirectoryChanged, self.group_changed),
            "HouseholdChanged": (events.HouseholdChanged, self.household_changed),
        }

    async def group_changed(self, tx: Transaction, event: Event[events.GroupDirectoryChanged]) -> None:
        """A group is so now."""
        payload = event.payload
        group = Group(
            group_id=payload.group_id,
            version=payload.version,
            name=payload.name,
            buildings=tuple(Building(building_id=one.building_id, name=one.name) for one in payload.buildings),
            role_holder_names=tuple(one.name for one in payload.role_holders if one.name),
        )
        if await directory.replace_group(tx, group):
            await self._look_again(tx)

    async def household_changed(self, tx: Transaction, event: Event[events.HouseholdChanged]) -> None:
        """A household is so now."""
        payload = event.payload
        household = Household(
            household_id=payload.household_id,
            version=payload.version,
            building_id=payload.building_id,
            building_key=payload.building_key,
            flat=payload.flat,
            is_removed=payload.is_removed,
            members=tuple(
                HouseholdMember(
                    person_id=one.person_id,
                    channels=tuple(one.channels),
                    group_ids=tuple(one.group_ids),
                    name=one.name,
                )
                for one in payload.members
            ),
        )
        if await directory.replace_household(tx, household):
            await self._look_again(tx)

    async def _look_again(self, tx: Transaction) -> None:
        await announcements.look_again(tx)
        tx.after_commit.append(lambda: self._wakes.wake(LEDGERS))
