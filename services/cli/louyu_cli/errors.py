"""Errors of the command line: one clear line for a person, and the exit code."""

from __future__ import annotations

FAILED = 1
WRONG_USAGE = 2


class CommandError(Exception):
    """Something that the person at the keyboard can mend; its text is all that is shown."""

    def __init__(self, text: str, *, exit_code: int = FAILED) -> None:
        super().__init__(text)
        self.exit_code = exit_code
