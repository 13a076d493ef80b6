"""What others decided about a person's role, flat or duty: told to that person alone, never in a group."""

from typing import Any

from louyu.events.v1 import membership_events_pb2 as events
from louyu_runtime.database import Transaction
from louyu_runtime.events.consumer import Handle
from louyu_runtime.events.streams import Event

from louyu_notify.channel_list import ChannelList
from louyu_notify.delivery import Purpose
from louyu_notify.membership_texts import said_of
from louyu_notify.store import communities
from louyu_notify.telling import Telling
from louyu_notify.wakes import Wakes

OWN_PAGE = frozenset({"residency_confirmed", "residency_doubted", "kind_set"})


class MembershipEvents:
    """Handles messaging's word about one person, inside the transaction that notes it as consumed."""

    def __init__(self, channels: ChannelList, wakes: Wakes, public_url: str) -> None:
        self._channels = channels
        self._wakes = wakes
        self._public_url = public_url.rstrip("/")

    def handlers(self) -> dict[str, tuple[type[Any], Handle]]:
        """Return the handler of each event by its name."""
        return {"MembershipChanged": (events.MembershipChanged, self.changed)}

    async def changed(self, tx: Transaction, event: Event[events.MembershipChanged]) -> None:
        """Tell the person, in the morning if it is night."""
        change = event.payload
        words = said_of(change, (await communities.quiet_hours(tx)).zone)
        if words is None:
            return
        page = "/app/residency" if change.what in OWN_PAGE else "/console/"
        telling = Telling(tx, self._channels, self._wakes, cause=f"event/{event.id}")
        await telling.persons([change.person_id], Purpose.MEMBERSHIP, words, url=self._public_url + page)
