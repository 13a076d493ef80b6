"""Database processes that outlived the one who started them.

A server is known by its program and by the folder it works in: process ids in files go stale and are given to others.
Whoever calls this holds the data folder's lock, so any server found on it belongs to nobody.
"""

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil


def end_leftovers(
    folder: Path,
    program: str,
    *,
    asked_with: signal.Signals,
    is_leader: Callable[[int], bool],
    patience_seconds: float = 10.0,
) -> int:
    """End all processes of `program` that work in `folder`, and return how many there were.

    Those for which `is_leader(pid)` are asked to shut down cleanly first and have `patience_seconds` for it; what is
    left then is killed. Blocks until all are gone.
    """
    found = _processes_in(folder, program)
    leaders = [process for process in found if is_leader(process.pid)]
    for leader in leaders:
        _send(leader, asked_with)
    if leaders:
        psutil.wait_procs(leaders, timeout=patience_seconds)
    remaining = _processes_in(folder, program)
    for process in remaining:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(remaining, timeout=5)
    return len(found)


def _processes_in(folder: Path, program: str) -> list[psutil.Process]:
    here = os.path.realpath(folder)
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] != program:
            continue
        try:
            if process.cwd() == here:
                found.append(process)
        except psutil.Error:
            continue  # gone meanwhile, or another account's
    return found


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error):  # it is gone, or just going
        process.send_signal(number)
