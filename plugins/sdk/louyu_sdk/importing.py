"""Importing: one plugin's module, with a time limit, so that one that hangs does not keep a service from starting."""

import threading
from concurrent.futures import Future
from importlib.metadata import EntryPoint

from louyu_sdk.errors import ContractBroken
from louyu_sdk.time_limits import IMPORT_TIME_LIMIT


def import_plugin(entry_point: EntryPoint) -> object:
    """Import what the entry point names, on a thread of its own, and return it.

    Raises what the import raises, which may be anything, and ContractBroken when the time limit has passed. The thread
    cannot be ended from outside; it stays until the process ends.
    """
    imported: Future[object] = Future()

    def run() -> None:
        try:
            imported.set_result(entry_point.load())
        except BaseException as error:  # SystemExit too belongs to the caller, not to this thread
            imported.set_exception(error)

    threading.Thread(target=run, name=f"louyu-import-{entry_point.name}", daemon=True).start()
    limit = IMPORT_TIME_LIMIT.total_seconds()
    try:
        return imported.result(limit)
    except TimeoutError:
        if imported.done():
            raise  # the import's own
        raise ContractBroken(
            f"the import of {entry_point.value} did not end within {limit:g} s; a module only defines, what takes time"
            " belongs into a hook"
        ) from None
