"""The lines of `louyu classify`: one JSON object in, one JSON object out, in the same order.

A bad line is reported with its number, the field and the mend, and has no line in the output; the lines after it are
still classified, so that one run shows every fault. The caller's exit code tells that something was wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, TextIO

from louyu_routing.classification.classifier import Classifier
from louyu_routing.classification.labels import VIAS

_SHAPE: Final = '{"id": "...", "text": "...", "via": "text"}'


class BadLineError(ValueError):
    """A line that cannot be classified; the message names the field and the mend."""


def classify_stream(lines: Iterable[str], out: TextIO, errors: TextIO, classifier: Classifier | None = None) -> int:
    """Classify JSON lines and return the exit code: 0 when every line was good, 1 when any was bad.

    Each line is an object with the strings `id` and `text`, and optionally `via` (text, voice or photo; text when
    absent); other fields are ignored and empty lines are skipped. Each output line has `id`, `intent`, `responder`
    (null when nobody is needed), `urgency` and `confidence`. Without `classifier` the package's own is loaded.
    """
    classifier = classifier or Classifier.load()
    exit_code = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            message_id, text, via = _parse(line)
        except BadLineError as error:
            errors.write(f"line {number}: {error}\n")
            exit_code = 1
            continue
        found = classifier.classify(text, via)
        answer = {
            "id": message_id,
            "intent": found.intent,
            "responder": found.responder,
            "urgency": found.urgency,
            "confidence": round(found.confidence, 4),
        }
        # ASCII, because an id may hold half of a surrogate pair, which no output encoding takes.
        out.write(json.dumps(answer) + "\n")
    return exit_code


def _parse(line: str) -> tuple[str, str, str]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadLineError(f"is not JSON ({error}); write one object a line: {_SHAPE}") from error
    except RecursionError as error:
        raise BadLineError(f"is nested too deeply; write one flat object a line: {_SHAPE}") from error
    if not isinstance(row, dict):
        raise BadLineError(f"is not a JSON object; write one object a line: {_SHAPE}")
    for field in ("id", "text"):
        if field not in row:
            raise BadLineError(f"field {field!r} is missing; add it as a string")
        if not isinstance(row[field], str):
            raise BadLineError(f"field {field!r} is {json.dumps(row[field])[:40]}; make it a string")
    via = row.get("via", "text")
    if via not in VIAS:
        raise BadLineError(f"field 'via' is {json.dumps(via)[:40]}; use one of {', '.join(VIAS)}")
    return row["id"], row["text"], via
