"""How the residents of a community are called, so that their names can be hidden from their neighbours.

Asked of messaging, and kept for a moment, so that a page costs no call of its own; who joins by a page here is known at
once, who joins elsewhere when the moment is over.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.known_names import KnownNames

from louyu_gateway.services import Services

FRESH_SECONDS = 20.0
MOST_KEPT = 200
"""Communities; of a thousand residents each, some megabytes."""


class Names:
    """The names of each community."""

    def __init__(self, services: Services, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic
        self._kept: OrderedDict[str, tuple[KnownNames, float]] = OrderedDict()

    async def of(self, community_id: str) -> KnownNames:
        """Return the names of a community. Raises RemoteError."""
        kept = self._kept.get(community_id)
        if kept is not None and kept[1] > self._monotonic():
            return kept[0]
        answer: messaging.ListNamesResponse = await self._services.calls(None).messaging(
            messaging.ListNamesRequest(community_id=community_id)
        )
        names = KnownNames(frozenset(answer.residents), frozenset(answer.role_holders))
        self._kept[community_id] = (names, self._monotonic() + FRESH_SECONDS)
        self._kept.move_to_end(community_id)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return names

    def forget(self, community_id: str) -> None:
        """Ask messaging anew the next time, as after somebody has joined."""
        self._kept.pop(community_id, None)
