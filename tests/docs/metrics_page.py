"""Writes docs/operators/metrics.md from the code: `python -m tests.docs.metrics_page`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import OPERATORS, ROOT

PAGE = OPERATORS / "metrics.md"
KINDS = ("Counter", "Gauge", "Histogram")

HEAD = """\
# Metrics

Every role serves `/metrics` for Prometheus at its admin address (see [settings](settings.md)). Names of counters end in
`_total` there. Labels never hold texts, names, phone numbers or addresses.

What to watch, and what it means:

- `louyu_routing_questions_without_clock` above 0: a question would wait for ever. This must never be.
- `louyu_routing_oldest_overdue_seconds` growing: routing does not keep up, or its database is away.
- `louyu_outbox_oldest_seconds` growing: Redis is away, or publishing fails.
- `louyu_events_parked` growing: events that failed five times wait in the console, under **system**.
- `louyu_forgetting_behind` at 1 for hours: more gets old than is removed ([what is kept](retention.md)).
- `louyu_deliveries` with state `failed` or `unknown`: the console lists them under **not delivered**.
- `louyu_rpc_calls` with code `UNAVAILABLE` or `RESOURCE_EXHAUSTED`: callers are refused.
"""


@dataclass(frozen=True)
class Metric:
    """One metric as the code declares it."""

    area: str
    name: str
    kind: str
    text: str
    labels: tuple[str, ...]


def metrics() -> list[Metric]:
    """Return the metrics of all services, by area and name."""
    places = sorted([*(ROOT / "services").rglob("*.py"), *(ROOT / "plugins" / "sdk" / "louyu_sdk").rglob("*.py")])
    return sorted((found for path in places for found in _in(path)), key=lambda metric: (metric.area, metric.name))


def _in(path: Path) -> Iterator[Metric]:
    area = path.relative_to(ROOT).parts[1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS):
            continue
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and str(first.value).startswith("louyu_"):
            name, text, *labels = (ast.literal_eval(argument) for argument in node.args)
            yield Metric(area, name, node.func.id.lower(), text, tuple(labels[0]) if labels else ())


def page() -> str:
    """Return the page as the code has it now."""
    parts = [HEAD]
    found = metrics()
    for area in dict.fromkeys(metric.area for metric in found):
        title = {"runtime": "Every service", "sdk": "Services with plugins"}.get(area, area.capitalize())
        lines = [f"## {title}\n", "| metric | kind | labels | |", "| --- | --- | --- | --- |"]
        for metric in found:
            if metric.area == area:
                labels = ", ".join(f"`{label}`" for label in metric.labels)
                lines.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.text} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
