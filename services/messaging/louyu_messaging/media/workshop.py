"""The workshop: processes in which files from outside are decoded, bounded in time and memory.

A decoder that crashes, spins or grows takes its process with it and nothing else: the file counts as damaged, and the
next one gets a fresh process. Processes start with the first file, so that an installation without media has none.
"""

import asyncio
import logging
import multiprocessing
import resource
import sys
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool

from louyu_runtime.errors import ResourceExhausted, Unavailable
from pebble import ProcessExpired, ProcessPool
from prometheus_client import Counter, Histogram

from louyu_messaging.media.media import Made, Unusable

logger = logging.getLogger(__name__)

SECONDS = 20.0
LOOK_SECONDS = 0.5
MEMORY_BYTES = 768 * 1024 * 1024
FILES_A_PROCESS = 200
MOST_WAITING = 32

MADE_SECONDS = Histogram(
    "louyu_media_making_seconds",
    "Time to make a file into a photo or recording, waiting included.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
REFUSED = Counter("louyu_media_refused", "Files that were no usable photo or recording, by reason.", ["reason"])


def _make(path: str) -> Made:
    from louyu_messaging.media.making import make

    return make(path)


def _bound(memory_bytes: int) -> None:
    """Bound the process that runs this, once its libraries are loaded."""
    from louyu_messaging.media import making  # noqa: F401 - loads the decoders

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere the limit does not hold for memory that is mapped
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


class Workshop:
    """Makes files into photos and recordings. Run `run` in the background: its end ends the processes."""

    def __init__(
        self,
        processes: int,
        *,
        seconds: float = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        work: Callable[[str], Made] = _make,
    ) -> None:
        self._processes = processes
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._work = work
        self._pool: ProcessPool | None = None
        self._waiting = 0

    async def run(self) -> None:
        """Wait to be cancelled, then end the processes."""
        try:
            await asyncio.Event().wait()
        finally:
            self.close()

    def close(self) -> None:
        """End the processes."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it open
            pool.join()

    async def make(self, path: str) -> Made:
        """Make the file at this path. Raises Unusable; ResourceExhausted or Unavailable when the same may be tried again."""
        if self._waiting >= MOST_WAITING:
            raise ResourceExhausted(
                "too many photos and recordings at once: send the same once more", retry_after_seconds=5.0
            )
        self._waiting += 1
        try:
            with MADE_SECONDS.time():
                return await self._made(path)
        except Unusable as unusable:
            REFUSED.labels(unusable.reason).inc()
            raise
        finally:
            self._waiting -= 1

    async def _made(self, path: str) -> Made:
        try:
            return await self._made_by(self._sound_pool(), path)
        except BrokenProcessPool:
            # A process was lost that had no file, killed by the kernel for memory, say: no file is to blame.
            logger.warning("the processes for photos and recordings are begun anew")
        try:
            return await self._made_by(self._sound_pool(), path)
        except BrokenProcessPool as error:
            raise Unavailable("photos and recordings cannot be decoded now", reason="MEDIA_PROCESSES_AWAY") from error

    def _sound_pool(self) -> ProcessPool:
        if self._pool is not None and not self._pool.active:
            self.close()
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._processes,
                max_tasks=FILES_A_PROCESS,
                initializer=_bound,
                initargs=[self._memory_bytes],
                context=multiprocessing.get_context("spawn"),  # a fork would copy gRPC's threads in mid-step
            )
        return self._pool

    async def _made_by(self, pool: ProcessPool, path: str) -> Made:
        future = asyncio.wrap_future(pool.schedule(self._work, args=[path], timeout=self._seconds))
        try:
            while not (await asyncio.wait([future], timeout=LOOK_SECONDS))[0]:
                if (
                    not pool.active
                ):  # a file that came in the moment when the pool broke would be waited for without end
                    raise BrokenProcessPool("a process was lost that had no file")
            made: Made = future.result()
        except (TimeoutError, FutureTimeoutError) as error:
            logger.warning("a file took too long to decode", extra={"seconds": self._seconds})
            raise Unusable("MEDIA_BROKEN") from error
        except MemoryError as error:
            raise Unusable("MEDIA_TOO_LARGE") from error
        except ProcessExpired as error:
            logger.warning("a decoder ended its process", extra={"exit_code": error.exitcode})
            raise Unusable("MEDIA_BROKEN") from error
        finally:
            future.cancel()  # whoever gave up waiting wants no work done
        return made
