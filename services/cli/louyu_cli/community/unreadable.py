"""What is wrong with a text that is no YAML: the parser's words, and what its author is likely to have to mend."""

from __future__ import annotations

import yaml

# Each: what the parser says, what then helps, and whether the fault begins where the parser began to read.
_MENDS = (
    ("'\\t'", "indent with spaces, not with tabs", False),
    ("could not find expected ':'", "write `field: value`, with a space after the colon", True),
    ("mapping values are not allowed", "put a text that has a colon into quotes, or correct the indentation", False),
    ("unexpected end of stream", "the quote that begins here is not closed", True),
    ("expected <block end>", "indent this line as the lines of the same part", False),
    ("expected ',' or", "close the bracket, or put the missing comma", False),
    ("document start", "give each community a file of its own, without `---` between", False),
    ("undefined alias", "put a text that begins with * into quotes", False),
    ("cannot start any token", "put a text that begins with such a sign into quotes", False),
)


def unreadable(text: str, error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Return the line (from 1) of the fault, what the parser says of it, and the mend."""
    said = error.problem or error.context or "it cannot be read"
    mark = error.problem_mark or error.context_mark
    mend = ""
    for words, help_, begins_before in _MENDS:
        if words in said or words in (error.context or ""):
            mend = help_
            mark = error.context_mark if begins_before and error.context_mark else mark
            break
    line = mark.line if mark else 0
    written = text.split("\n")[line] if line < text.count("\n") + 1 else ""
    wide = next((sign for sign in "：，［］｛｝“”" if sign in written), "")
    if wide:
        mend = f"the sign {wide} is a full-width one; write it as on an English keyboard"
    return line + 1, f"{said}; {mend}" if mend else said
