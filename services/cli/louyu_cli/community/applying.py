"""Applying an import file: every service checks all of it first, then each is changed."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from louyu.messaging.v1 import messaging_service_pb2
from louyu.notify.v1 import notify_service_pb2
from louyu.routing.v1 import routing_service_pb2
from louyu_runtime import ids
from louyu_runtime.errors import RemoteError
from louyu_runtime.rpc.client import LARGE_MESSAGE_LIMIT

from louyu_cli.community.translating import Definitions
from louyu_cli.errors import CommandError
from louyu_cli.installation import Services

SECONDS = 90.0
PAUSE_SECONDS = 0.5
FEW = 5
SMALL_SHARE = 0.2


@dataclass(frozen=True)
class Change:
    """What becomes of one object: "removed", "kept", "changed" or "created"."""

    kind: str
    key: str
    name: str
    what: str
    note: str


@dataclass(frozen=True)
class Outcome:
    """What an import does, or did. Of very many changes only the first are told one by one."""

    community_id: str
    created: int
    changed: int
    unchanged: int
    removed: int
    changes: Sequence[Change]

    def is_much_removed(self, found: Definitions) -> bool:
        """Whether more of any kind goes than a file loses in a day: perhaps it is the wrong file."""
        gone = Counter(change.kind for change in self.changes if change.what == "removed")
        stays = {
            "building": len(found.community.buildings),
            "household": sum(len(building.flats) for building in found.community.buildings),
            "group": len(found.community.groups),
            "person": len(found.community.people),
            "responder": len(found.responders),
            "screen": len(found.screens),
        }
        return sum(gone.values()) < self.removed or any(
            number > FEW and number > (number + stays[kind]) * SMALL_SHARE for kind, number in gone.items()
        )


async def preview(services: Services, found: Definitions, *, is_pruning: bool = False) -> Outcome:
    """Return what applying the file would do. Raises CommandError with every fault that the services name."""
    return await _ask_all(services, found, is_dry_run=True, is_pruning=is_pruning)


async def apply(
    services: Services, found: Definitions, *, is_pruning: bool = False, removing: int | None = None
) -> Outcome:
    """Bring a community to what its file defines. Raises CommandError with every fault that the services name.

    Nothing is changed when any service refuses the definition, nor when much would be removed and `removing` does not
    say so. Repeating an import that was interrupted completes it.
    """
    planned = await preview(services, found, is_pruning=is_pruning)
    if removing is not None and removing != planned.removed:
        raise CommandError(
            f"{found.source.file}: {planned.removed} would be removed, not {removing}; nothing was changed. "
            "Look again with --check --prune"
        )
    if planned.is_much_removed(found) and removing is None:
        raise CommandError(
            f"{found.source.file}: {planned.removed} would be removed, and {planned.changed + planned.unchanged} stay; "
            f"nothing was changed. Look with --check --prune; if it is right, add --removing {planned.removed}"
        )
    return await _ask_all(services, found, is_dry_run=False, is_pruning=is_pruning)


async def _ask_all(services: Services, found: Definitions, *, is_dry_run: bool, is_pruning: bool) -> Outcome:
    community_id = ids.community_id(found.key)
    to_messaging = messaging_service_pb2.ApplyCommunityRequest(
        community=found.community, is_dry_run=is_dry_run, is_pruning=is_pruning
    )
    if to_messaging.ByteSize() > LARGE_MESSAGE_LIMIT:
        raise CommandError(
            f"{found.source.file}: its definition is larger than {LARGE_MESSAGE_LIMIT // 2**20} MiB; "
            "divide it into several files of the same community, and import them without --prune"
        )
    faults = _Faults(found)
    in_messaging = await faults.of(_in_turn(services, to_messaging))
    to_routing = routing_service_pb2.ApplyCommunityRequest(
        community_id=community_id,
        chase=found.chase,
        responders=found.responders,
        is_dry_run=is_dry_run,
        keeps_unnamed=not is_pruning,
    )
    in_routing = await faults.of(services.routing.call("ApplyCommunity", to_routing, timeout=SECONDS))
    to_notify = notify_service_pb2.ApplyCommunityRequest(
        community_id=community_id,
        screens=found.screens,
        community_name=found.name,
        quiet_from=found.chase.quiet_from,
        quiet_until=found.chase.quiet_until,
        time_zone=found.chase.time_zone,
        is_dry_run=is_dry_run,
        is_pruning=is_pruning,
    )
    in_notify = await faults.of(services.notify.call("ApplyCommunity", to_notify, timeout=SECONDS))
    faults.tell()
    gone = [
        *(Change("responder", key, "", "removed", "") for key in in_routing.removed_keys),
        *(Change("screen", key, "", "removed", "") for key in in_notify.removed_keys),
    ]
    answers = (in_messaging, in_routing, in_notify)
    return Outcome(
        community_id=community_id,
        created=sum(answer.created_count for answer in answers),
        # routing counts among the changed what it removes
        changed=sum(answer.changed_count for answer in answers) - len(in_routing.removed_keys),
        unchanged=sum(answer.unchanged_count for answer in answers),
        removed=in_messaging.removed_count + len(gone),
        changes=[*gone, *(Change(one.kind, one.key, one.name, one.what, one.note) for one in in_messaging.changes)],
    )


async def _in_turn(services: Services, request: messaging_service_pb2.ApplyCommunityRequest) -> Any:
    """Apply to messaging; again while another import of the community is at work, or somebody joins in between."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SECONDS
    while True:
        try:
            return await services.messaging.call("ApplyCommunity", request, timeout=SECONDS)
        except RemoteError as error:
            if error.code is not grpc.StatusCode.ABORTED or loop.time() > until:
                raise
        await asyncio.sleep(PAUSE_SECONDS)


class _Faults:
    """The faults that services find in one file, told together, each with its line."""

    def __init__(self, found: Definitions) -> None:
        self._source = found.source
        self._told: list[str] = []

    async def of(self, asked: Awaitable[Any]) -> Any:
        """Return the answer, or None when the service refuses the file. Raises RemoteError for what is no fault of it."""
        try:
            return await asked
        except RemoteError as error:
            if error.code is not grpc.StatusCode.INVALID_ARGUMENT or not error.violations:
                raise
            self._told += [self._source.remote_fault(field, words) for field, words in error.violations]
            number = re.search(r"has (\d+) faults", error.message)
            if number is not None and int(number[1]) > len(error.violations):
                self._told.append(f"{self._source.file}: and {int(number[1]) - len(error.violations)} more faults")
            return None

    def tell(self) -> None:
        """Raise CommandError when any service has found a fault."""
        if self._told:
            raise CommandError("\n".join(dict.fromkeys(self._told)))
