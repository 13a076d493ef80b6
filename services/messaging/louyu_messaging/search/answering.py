"""Answering a search: in which groups the caller may look, and the page that they are given."""

from __future__ import annotations

from zlib import crc32

from louyu.messaging.v1 import conversation_service_pb2 as pb
from louyu_runtime.database import Transaction
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.identity import Principal
from louyu_runtime.paging import decode_token, encode_token

from louyu_messaging import access, wire
from louyu_messaging.reading import ReadMessage, as_shown
from louyu_messaging.search.searching import Hit, search
from louyu_messaging.search.words import words_of
from louyu_messaging.store import messages

METHOD = "SearchMessages"
PAGE_SIZE, LARGEST_PAGE_SIZE = 20, 100
MOST_GROUPS = 500
"""As many as a community can have."""


async def answer_search(
    tx: Transaction, principal: Principal, request: pb.SearchMessagesRequest
) -> pb.SearchMessagesResponse:
    """Return what the caller finds. Raises InvalidArgument, GroupNotFound."""
    if not 0 <= request.page_size <= LARGEST_PAGE_SIZE:
        raise InvalidArgument(f"page_size must be 1 to {LARGEST_PAGE_SIZE}", field="page_size")
    words = words_of(request.query)
    is_steward = await _groups(tx, principal, request.group_id)
    group_ids = sorted(is_steward)
    # the positions in a token belong to these groups in this order, and to this query
    stamp = crc32("/".join([request.query, *group_ids]).encode())
    befores = _befores(request.page_token, group_ids, stamp)
    hits, rest = await search(tx, words, befores, request.page_size or PAGE_SIZE)
    read = await _read(tx, hits, is_steward)
    token = encode_token(METHOD, [stamp, *(rest.get(each, 0) for each in group_ids)]) if any(rest.values()) else ""
    return pb.SearchMessagesResponse(
        hits=[_hit(hit, read[hit.group_id, hit.seq]) for hit in hits if (hit.group_id, hit.seq) in read],
        next_page_token=token,
    )


async def _groups(tx: Transaction, principal: Principal, group_id: str) -> dict[str, bool]:
    """Return the groups in which is searched, each with whether the caller looks after it."""
    if group_id:
        group, is_steward = await access.reading_for(tx, principal, wire.uuid_of(group_id, "group_id"))
        return {group.id: is_steward}
    return await access.readings_for(tx, principal, MOST_GROUPS)


def _befores(token: str, group_ids: list[str], stamp: int) -> dict[str, int | None]:
    position = decode_token(METHOD, token)
    if position is None:
        return dict.fromkeys(group_ids)
    numbers = [part for part in position if isinstance(part, int)]
    if len(numbers) != len(position) or len(numbers) != len(group_ids) + 1 or numbers[0] != stamp:
        raise InvalidArgument("page_token belongs to another search; begin without it", field="page_token")
    return dict(zip(group_ids, numbers[1:], strict=True))


async def _read(tx: Transaction, hits: list[Hit], is_steward: dict[str, bool]) -> dict[tuple[str, int], ReadMessage]:
    """Return the messages of hits as the caller reads them, without reactions: how many there are is said in the group."""
    found = await messages.at_places(tx, [(hit.group_id, hit.seq) for hit in hits])
    return {
        (group_id, message.seq): ReadMessage(as_shown(message, by_steward=is_steward[group_id]))
        for group_id, message in found
    }


def _hit(hit: Hit, read: ReadMessage) -> pb.MessageHit:
    return pb.MessageHit(
        group_id=hit.group_id,
        message=wire.message_to_proto(read),
        snippet=[pb.SnippetPart(text=part.text, is_hit=part.is_hit) for part in hit.snippet],
    )
