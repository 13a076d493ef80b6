"""Searching as tests call it, and groups with a history longer than one can post in a test."""

from typing import Any

import asyncpg
from louyu.messaging.v1 import conversation_service_pb2 as pb
from louyu_messaging.search.indexing import Indexing
from louyu_runtime.identity import Principal

from tests.messaging.community import COMMUNITY, GROUP_28, Messaging, person
from tests.messaging.conversation import Conversation


async def say_much(owner_url: str, texts: list[str], *, group: str = GROUP_28, community: str = COMMUNITY) -> None:
    """Put messages into a group behind those that are there, as posting writes them, a minute apart up to now."""
    connection = await asyncpg.connect(owner_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('role', 'louyu_messaging_worker', true)")
            await connection.execute(
                "INSERT INTO messaging.message SELECT g.community_id, g.group_id, g.last_seq + u.number,"
                " gen_random_uuid(), NULL, '楼宇助手', '{}', u.text, 'text', '{}', 0, '',"
                " messaging.clock_now() - make_interval(mins => cardinality($3::text[]) - u.number::int)"
                "  FROM messaging.groups AS g, unnest($3::text[]) WITH ORDINALITY AS u(text, number)"
                " WHERE g.community_id = $1 AND g.group_id = $2",
                community,
                group,
                texts,
            )
            await connection.execute(
                "UPDATE messaging.groups SET last_seq = last_seq + $3 WHERE community_id = $1 AND group_id = $2",
                community,
                group,
                len(texts),
            )
    finally:
        await connection.close()


async def index(messaging: Messaging) -> int:
    """Index what there is to index; return how many blocks were."""
    return await Indexing(messaging.host.database, pace=0).index_once()


class History:
    """What people find."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    async def answer(
        self,
        query: str,
        *,
        who: str | Principal = "zhang",
        group: str = GROUP_28,
        community: str = COMMUNITY,
        **fields: Any,
    ) -> pb.SearchMessagesResponse:
        request = pb.SearchMessagesRequest(community_id=community, group_id=group, query=query, **fields)
        principal = person(who) if isinstance(who, str) else who
        answer: pb.SearchMessagesResponse = await self._conversation._client.call(
            "SearchMessages", request, principal=principal, timeout=15.0
        )
        return answer

    async def seqs(self, query: str, **fields: Any) -> list[int]:
        return [hit.message.seq for hit in (await self.answer(query, **fields)).hits]
