"""Applying an import file: every service checks all of it first, then each is changed."""

from __future__ import annotations

from dataclasses import dataclass

from louyu.messaging.v1 import messaging_service_pb2
from louyu.notify.v1 import notify_service_pb2
from louyu.routing.v1 import routing_service_pb2
from louyu_runtime import ids

from louyu_cli.community.reading import Definitions
from louyu_cli.installation import Services

SECONDS = 60.0


@dataclass(frozen=True)
class Counts:
    """What an import did."""

    community_id: str
    created: int
    changed: int
    unchanged: int


async def apply(services: Services, found: Definitions) -> Counts:
    """Bring a community to what its file defines. Raises RemoteError from the first service that refuses.

    Nothing is changed when any service refuses the definition. Repeating an import that was interrupted completes it.
    """
    community_id = ids.community_id(found.key)
    created = changed = unchanged = 0
    for dry in (True, False):
        answers = [
            await services.messaging.call(
                "ApplyCommunity",
                messaging_service_pb2.ApplyCommunityRequest(community=found.community, is_dry_run=dry),
                timeout=SECONDS,
            ),
            await services.routing.call(
                "ApplyCommunity",
                routing_service_pb2.ApplyCommunityRequest(
                    community_id=community_id, chase=found.chase, responders=found.responders, is_dry_run=dry
                ),
                timeout=SECONDS,
            ),
            await services.notify.call(
                "ApplyCommunity",
                notify_service_pb2.ApplyCommunityRequest(
                    community_id=community_id,
                    screens=found.screens,
                    community_name=found.name,
                    quiet_from=found.chase.quiet_from,
                    quiet_until=found.chase.quiet_until,
                    time_zone=found.chase.time_zone,
                    is_dry_run=dry,
                ),
                timeout=SECONDS,
            ),
        ]
        if not dry:
            created = sum(answer.created_count for answer in answers)
            changed = sum(answer.changed_count for answer in answers)
            unchanged = sum(answer.unchanged_count for answer in answers)
    return Counts(community_id, created, changed, unchanged)
