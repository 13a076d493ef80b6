"""What a benchmark says: rows of a case, a value and its unit, shown as a table or written as JSON."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One figure. `ratio` is this value divided by that of the row of the same run whose case is `against`."""

    bench: str
    case: str
    value: float
    unit: str
    ratio: float | None = None
    against: str | None = None


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table for a person."""
    cells = [("bench", "case", "value", "unit", "ratio", "against")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        cells.append((row.bench, row.case, _figure(row.value), row.unit, ratio, row.against or ""))
    widths = [max(_width(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = []
    for line in cells:
        padded = [
            _pad(text, width, column in (2, 4)) for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def write_json(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows for a program."""
    path.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _pad(text: str, width: int, is_number: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if is_number else text + space
