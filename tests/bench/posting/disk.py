"""How long the disk takes to make a block durable: what each commit waits for, whatever it holds."""

import os
import tempfile
import time
from pathlib import Path

BLOCK = 8192
TIMES = 50


def flush_times(folder: Path) -> list[float]:
    """Return the milliseconds of some flushes in a file of this folder."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(BLOCK * TIMES))
        file.flush()
        os.fsync(file.fileno())
        for number in range(TIMES):
            begun = time.perf_counter()
            os.pwrite(file.fileno(), os.urandom(BLOCK), number * BLOCK)
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    return taken
