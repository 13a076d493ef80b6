"""The data folder of a running `louyu up`: room for what is still to come, before its disk is full."""

from __future__ import annotations

from pathlib import Path

from louyu_runtime.embedded.data_folder import MINIMUM_FREE_BYTES, refuse_little_space, running_settings
from louyu_runtime.embedded.errors import NotRunning, TooLittleSpace

from louyu_cli.checks.finding import Finding

_NAME = "data folder"


def check_space(folder: Path, *, minimum_free_bytes: int = MINIMUM_FREE_BYTES) -> list[Finding]:
    """Look at the disk of the data folder, if an installation runs on it."""
    try:
        running_settings(folder)
        refuse_little_space(folder, minimum_free_bytes)
    except NotRunning:
        return []  # the stores are elsewhere
    except TooLittleSpace as error:
        return [Finding(_NAME, error.problem, "free space on that disk: when it is full, nothing can be posted")]
    return [Finding(_NAME, "there is room on its disk")]
