"""`louyu replay FILE.jsonl`: post a log of messages into a running platform.

Each line is {"at", "building", "sender", "text", "via", "media"}; `sender` is the key or the name of a member of the
building's group. All lines are read and checked before the first is posted. A line's place in the file is its
idempotency key, so that a replay that was interrupted can be repeated.
"""

from __future__ import annotations

import argparse
import asyncio
import codecs
import hashlib
import json
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from louyu.messaging.v1 import message_pb2, messaging_service_pb2
from louyu_runtime import ids

from louyu_cli import patience
from louyu_cli.errors import WRONG_USAGE, CommandError
from louyu_cli.installation import Services
from louyu_cli.log_posting import LogPosting, Said

VIA = {"text": message_pb2.VIA_TEXT, "voice": message_pb2.VIA_VOICE, "photo": message_pb2.VIA_PHOTO}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.jsonl")
    parser.add_argument("--community", required=True, help="key or UUID of the community")
    parser.add_argument("--speed", type=float, help="times as fast as it was said; as fast as possible when left out")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


@dataclass(frozen=True)
class Line:
    """A line of the log."""

    number: int
    at: datetime | None
    building: str
    sender: str
    text: str
    via: str


def read_log(path: Path, *, needs_times: bool) -> list[Line]:
    """Return the lines of a log. Raises CommandError naming file, line, field and mend for all that are wrong."""
    faults: list[str] = []
    lines: list[Line] = []
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from error
    # By the line feed alone: a text may hold what Python takes for a line's end as well.
    for number, encoded in enumerate(content.removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        if encoded.strip():
            try:
                lines.append(_read_line(number, encoded.decode(), needs_times=needs_times))
            except UnicodeDecodeError:
                faults.append(f"{path}:{number}: not UTF-8; save the file as UTF-8")
            except ValueError as error:
                faults.append(f"{path}:{number}: {error}")
    _refuse(faults)
    if not lines:
        raise CommandError(f"{path}: holds no messages")
    return lines


def _refuse(faults: list[str]) -> None:
    """Raise CommandError telling these faults, the first 20 in words."""
    if faults:
        more = f"\nand {len(faults) - 20} more" if len(faults) > 20 else ""
        raise CommandError("\n".join(faults[:20]) + more)


def _read_line(number: int, text: str, *, needs_times: bool) -> Line:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}; write one object a line") from error
    except RecursionError as error:
        raise ValueError("nested too deeply; write one flat object a line") from error
    if not isinstance(found, dict):
        raise ValueError('must be an object such as {"building": "28", "sender": "…", "text": "…"}')
    unknown = found.keys() - {"at", "building", "sender", "text", "via", "media"}
    if unknown:
        raise ValueError(f"unknown field {sorted(unknown)[0]!r}; remove it")
    for field in ("building", "sender", "text"):
        given = found.get(field)
        if isinstance(given, bool) or not isinstance(given, str | int) or not str(given).strip():
            raise ValueError(f"{field}: missing; give it as text")
        if not _can_be_written(str(given)):
            raise ValueError(f"{field}: holds half of a character; write it whole")
    via = found.get("via", "text")
    if not isinstance(via, str) or via not in VIA:
        raise ValueError(f"via: must be one of {', '.join(VIA)}, not {via!r}")
    if found.get("media"):
        raise ValueError("media: photos and recordings cannot be replayed; leave it out")
    if len(str(found["text"])) > 2000:
        raise ValueError("text: longer than 2,000 characters; divide it")
    at = None
    if found.get("at") is not None:
        try:
            at = datetime.fromisoformat(str(found["at"]))
        except ValueError as error:
            raise ValueError("at: must be a time such as 2026-01-15T18:00:00+08:00") from error
        if at.tzinfo is None:
            raise ValueError("at: needs a time zone, such as +08:00 at its end")
    elif needs_times:
        raise ValueError("at: missing; --speed needs a time in every line")
    return Line(number, at, str(found["building"]), str(found["sender"]), str(found["text"]), via)


def _can_be_written(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def run(arguments: argparse.Namespace) -> int:
    """Replay and tell how many were posted."""
    if arguments.speed is not None and not arguments.speed > 0:  # so that "nan" is refused too
        raise CommandError("--speed must be above 0", exit_code=WRONG_USAGE)
    lines = read_log(arguments.file, needs_times=arguments.speed is not None)
    started = time.monotonic()
    posted, refused = asyncio.run(_replay(arguments, lines))
    seconds = time.monotonic() - started
    if arguments.json:
        print(json.dumps({"posted": posted, "refused": len(refused), "seconds": round(seconds, 3)}))
    else:
        for line in refused[:20]:
            print(line)
        print(f"{posted} messages posted in {seconds:.1f} s, {len(refused)} refused")
    return 1 if refused else 0


async def _replay(arguments: argparse.Namespace, lines: list[Line]) -> tuple[int, list[str]]:
    community_id = ids.community_id_of(arguments.community)
    async with Services() as services:
        groups = await _groups_by_building(services, community_id)
        if not groups:
            raise CommandError(f"there is no community {arguments.community!r} with a group; correct --community")
        faults = [
            f"{arguments.file}:{line.number}: building: {line.building!r} has no group in this community; correct its key"
            for line in lines
            if line.building not in groups
        ]
        senders = {group: await _senders(services, community_id, group) for group in set(groups.values())}
        sender_ids: dict[int, str] = {}
        for line in lines:
            if line.building not in groups:
                continue
            members = senders[groups[line.building]]
            found = members.get(line.sender) or members.get(ids.named_id(community_id, "person", line.sender))
            if found is None:
                faults.append(
                    f"{arguments.file}:{line.number}: sender: {line.sender!r} is no member of the group of building "
                    f"{line.building}; give the key, name or UUID of one"
                )
                continue
            sender_ids[line.number] = found
        _refuse(faults)
        digest = hashlib.sha256(arguments.file.read_bytes()).hexdigest()[:16]
        said = [
            Said(
                line.number,
                line.at,
                messaging_service_pb2.GroupMessage(
                    group_id=groups[line.building],
                    message=message_pb2.NewMessage(
                        text=line.text,
                        via=VIA[line.via],
                        sender_id=sender_ids[line.number],
                        idempotency_key=f"replay/{digest}/{line.number}",
                    ),
                ),
            )
            for line in lines
        ]
        posting = LogPosting(services.messaging, community_id)
        if arguments.speed is None:
            await posting.post_at_once(said)
        else:
            await posting.post_at_speed(said, arguments.speed)
        refused = [f"{arguments.file}:{number}: {reason}" for number, reason in sorted(posting.refused)]
        return posting.posted, refused


async def _groups_by_building(services: Services, community_id: str) -> dict[str, str]:
    found: dict[str, str] = {}
    token = ""
    while True:
        answer = await patience.ask(
            services.messaging,
            "ListGroups",
            messaging_service_pb2.ListGroupsRequest(community_id=community_id, page_size=500, page_token=token),
        )
        for group in answer.groups:
            for building in group.buildings:
                found[building.key] = group.id
        token = answer.next_page_token
        if not token:
            return found


async def _senders(services: Services, community_id: str, group_id: str) -> dict[str, str]:
    """Return the ids of a group's members by name and by id."""
    found: dict[str, str] = {}
    token = ""
    while True:
        answer = await patience.ask(
            services.messaging,
            "ListMembers",
            messaging_service_pb2.ListMembersRequest(
                community_id=community_id, group_id=group_id, page_size=500, page_token=token
            ),
        )
        for member in answer.members:
            found.setdefault(member.name, member.person_id)
            found[member.person_id] = member.person_id
        token = answer.next_page_token
        if not token:
            return found
