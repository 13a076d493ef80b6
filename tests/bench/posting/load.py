"""A program that puts load on gRPC servers, in a process of its own, as callers would.

It reads orders from standard input, one line of JSON each ({"target", "groups", "at_once", "seconds"}), and answers each
with a line ({"count", "seconds", "p50_ms", "p99_ms"}). Its argument is a file with the targets and the senders.
"""

import asyncio
import json
import statistics
import sys
import time
from itertools import count, cycle
from pathlib import Path
from typing import Any

import grpc
import uvloop
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_runtime.rpc.client import CHANNEL_OPTIONS

# With ids, sender and key a request of 300 bytes: half a dozen lines on a phone.
TEXT = "家里暖气从昨天晚上开始就不热了，摸着是凉的，老人孩子都冻着，麻烦看看是不是又气堵了，28号楼，多谢大家。"
_numbers = count(1)


class Load:
    """Calls targets from many callers at once, each waiting for its answer before it calls again."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._community_id = plan["community_id"]
        self._senders: dict[str, list[dict[str, str]]] = plan["senders"]
        self._run_id = plan["run_id"]
        self._calls = {}
        for name, (address, path) in plan["targets"].items():
            channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
            self._calls[name] = channel.unary_unary(
                path, request_serializer=pb.PostMessageRequest.SerializeToString, response_deserializer=bytes
            )

    async def run(self, target: str, groups: list[str], at_once: int, seconds: float) -> dict[str, float]:
        """Put load on a target for a time, and return what it took."""
        latencies: list[float] = []
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as callers:
            for caller in range(at_once):
                turns = groups[caller % len(groups) :] + groups[: caller % len(groups)]
                callers.create_task(self._call_until(begun + seconds, self._calls[target], turns, caller, latencies))
        elapsed = time.perf_counter() - begun
        cuts = statistics.quantiles(latencies, n=100)
        return {
            "count": len(latencies),
            "seconds": elapsed,
            "p50_ms": cuts[49] * 1000,
            "p99_ms": cuts[98] * 1000,
        }

    async def _call_until(self, end: float, call: Any, groups: list[str], caller: int, latencies: list[float]) -> None:
        members = {group: cycle(senders[caller % len(senders) :] + senders) for group, senders in self._senders.items()}
        for group in cycle(groups):
            sender = next(members[group])
            request = pb.PostMessageRequest(
                community_id=self._community_id,
                group_id=group,
                message=message_pb2.NewMessage(
                    text=TEXT, sender_id=sender["id"], idempotency_key=f"{self._run_id}/{next(_numbers)}"
                ),
            )
            begun = time.perf_counter()
            await call(request, metadata=(("authorization", sender["bearer"]),), timeout=10)
            ended = time.perf_counter()
            latencies.append(ended - begun)
            if ended > end:
                return


async def main(plan: dict[str, Any]) -> None:
    """Follow orders until standard input ends."""
    load = Load(plan)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await load.run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(json.loads(Path(sys.argv[1]).read_text())))
