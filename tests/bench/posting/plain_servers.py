"""A program that serves what posting is compared with, as bare as it can be: no identity, no checks, no events.

`python -m tests.bench.posting.plain_servers echo` answers each request with itself. `... commits DATABASE_URL` numbers
and inserts each message in a transaction of its own through SQLAlchemy Core. It prints its port when it serves.
"""

import asyncio
import sys
from typing import Any

import grpc
import uvloop
from louyu.messaging.v1 import messaging_service_pb2 as pb
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, insert, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

SERVICE, METHOD = "louyu.bench.Plain", "Post"
PATH = f"/{SERVICE}/{METHOD}"
METADATA = MetaData(schema="bench")
GROUPS = Table("groups", METADATA, Column("group_id", Text, primary_key=True), Column("last_seq", BigInteger))
MESSAGES = Table(
    "message",
    METADATA,
    Column("group_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("sender_id", Text),
    Column("text", Text),
    Column("key", Text),
)


async def echo(request: pb.PostMessageRequest, context: Any) -> pb.PostMessageRequest:
    """Answer a request with itself."""
    return request


class Commits:
    """Posts each message with its own commit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def post(self, request: pb.PostMessageRequest, context: Any) -> pb.PostMessageResponse:
        """Number and insert one message."""
        take = update(GROUPS).where(GROUPS.c.group_id == request.group_id).values(last_seq=GROUPS.c.last_seq + 1)
        async with self._engine.begin() as connection:
            seq = await connection.scalar(take.returning(GROUPS.c.last_seq))
            row = {"group_id": request.group_id, "seq": seq, "text": request.message.text}
            row |= {"sender_id": request.message.sender_id, "key": request.message.idempotency_key}
            await connection.execute(insert(MESSAGES), row)
        return pb.PostMessageResponse(message_id=request.message.idempotency_key, seq=seq or 0)


async def main(what: str, *rest: str) -> None:
    """Serve until killed."""
    work: Any = echo
    if what == "commits":
        url = rest[0].replace("postgresql://", "postgresql+asyncpg://")
        work = Commits(create_async_engine(url, pool_size=32, max_overflow=0)).post
    handler: Any = grpc.unary_unary_rpc_method_handler(
        work,
        request_deserializer=pb.PostMessageRequest.FromString,
        response_serializer=lambda answer: bytes(answer.SerializeToString()),
    )
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*sys.argv[1:]))
