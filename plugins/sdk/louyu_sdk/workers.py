"""Worker threads of one plugin: few, with a bounded queue, and never in the way of the process's end.

`concurrent.futures` would not do: it waits at exit for every thread, so a plugin that sleeps for ever would keep a
service from stopping, and its queue has no bound.
"""

import contextvars
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future

from louyu_sdk.errors import PluginBusy, PluginRaised

THREADS = 4
LONGEST_QUEUE = 64

_Job = tuple[Future[object], contextvars.Context, Callable[[], object]]


class WorkerThreads:
    """Four daemon threads, started with the first job."""

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=LONGEST_QUEUE)
        self._started = False
        self._overdue: set[Future[object]] = set()

    @property
    def all_hang(self) -> bool:
        """Whether every thread is in a call that its caller has given up, so that no other call can begin."""
        return len(self._overdue) >= THREADS

    def give_up(self, call: Future[object]) -> None:
        """Note that nobody waits for this call any more; one that is under way keeps its thread until it returns."""
        if not call.cancel() and not call.done():
            self._overdue.add(call)
            call.add_done_callback(self._overdue.discard)

    def submit(self, call: Callable[[], object]) -> Future[object]:
        """Queue the call and return its future, which fails with PluginRaised. Raises PluginBusy if the queue is full.

        The call sees the context variables of its submitter, so logs and traces stay together.
        """
        future: Future[object] = Future()
        try:
            self._jobs.put_nowait((future, contextvars.copy_context(), call))
        except queue.Full:
            raise PluginBusy(f"{self._plugin}: {LONGEST_QUEUE} calls are waiting already") from None
        if not self._started:
            self._started = True
            for number in range(THREADS):
                threading.Thread(target=self._run, name=f"louyu-{self._plugin}-{number}", daemon=True).start()
        return future

    def close(self) -> None:
        """Let idle threads end; busy ones end with their job or with the process."""
        for _ in range(THREADS):
            try:
                self._jobs.put_nowait(None)
            except queue.Full:
                return

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, context, call = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = context.run(call)
            # Whatever a plugin raises, SystemExit too, must reach the caller as one kind of error and leave the thread.
            except BaseException as error:
                raised = PluginRaised(describe(error))
                raised.__cause__ = error
                future.set_exception(raised)
            else:
                future.set_result(result)


def describe(error: BaseException) -> str:
    """Return the type of an error and where it was raised. Not its text: that may repeat what a resident wrote."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return type(error).__name__
    code = traceback.tb_frame.f_code
    return f"{type(error).__name__} in {code.co_name} ({code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno})"
