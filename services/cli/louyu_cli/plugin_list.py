"""The list of plugins: what is installed here, beside what the running services say of it.

What is installed and what runs may differ: a plugin installed since the start is not in use yet, and a command may run
on another machine than the services.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from louyu.notify.v1 import notify_service_pb2
from louyu.routing.v1 import plan_pb2, routing_service_pb2
from louyu_runtime.errors import LouyuError, RemoteError
from louyu_runtime.settings import SettingsError
from louyu_sdk.loading import installed_entry_points, load_plugins
from louyu_sdk.plugin_state import CALLED_BY

from louyu_cli.errors import CommandError
from louyu_cli.installation import Services

Row = dict[str, Any]

NOT_LOADED = "not loaded"
_WORST_FIRST = ("failed", "resting", NOT_LOADED, "running", "installed", "disabled")
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class PluginList:
    """Rows by name, and what must be said of the services: empty when each has answered."""

    rows: list[Row]
    remarks: list[str] = field(default_factory=list)


def list_plugins() -> PluginList:
    """Return the installed plugins with what routing and notify say of them, where they run."""
    installed = list(_installed())
    try:
        answers, remarks = asyncio.run(_ask_services())
    except (CommandError, SettingsError, LouyuError) as error:
        reason = str(error).splitlines()[0]
        return PluginList(
            _in_order(installed), [f"no platform is running here ({reason}); only what is installed is shown"]
        )
    return PluginList(merge(installed, answers), remarks)


def merge(installed: Iterable[Row], answers: Mapping[str, Iterable[plan_pb2.PluginState]]) -> list[Row]:
    """Return the rows of what is installed with what each service that answered says, and of what only services know."""
    rows = list(installed)
    for service, plugins in answers.items():
        for plugin in plugins:
            row = next((row for row in rows if _is_same(row, plugin)), None)
            if row is None:
                row = _row(plugin.name, plugin.version, plugin.source, plugin.hooks, "")
                rows.append(row)
            row["source"] = row["source"] or plugin.source
            row["services"] = {**(row["services"] or {}), service: _state(plugin)}
    if answers:
        for row in rows:
            _judge(row, answers.keys())
    return _in_order(rows)


def _is_same(row: Row, plugin: plan_pb2.PluginState) -> bool:
    """Whether they are one plugin: two of one name may be installed, each from a distribution of its own.

    Of one that is switched off nobody knows the distribution, since it is not even imported.
    """
    here, there = (source.partition(", in place")[0] for source in (row["source"], plugin.source))
    return row["name"] == plugin.name and (here == there or not here or not there)


def as_text(found: PluginList) -> str:
    """Return the list as a person reads it."""
    lines: list[str] = []
    for row in found.rows:
        lines.append(f"{row['name']:<20}{row['version']:<10}{row['state']:<12}{row['source']}".rstrip())
        if row["hooks"]:
            lines.append(f"    hooks    {', '.join(row['hooks'])}")
        if row["fault"]:
            lines.append(f"    fault    {row['fault']}")
        for service, state in (row["services"] or {}).items():
            lines.append(f"    {service:<9}{state['state']}, {_failures(state)}")
            if state["fault"] and state["fault"] != row["fault"]:
                lines.append(f"             {state['fault']}")
    if not found.rows:
        lines.append("no plugins are installed")
    return "\n".join([*lines, *found.remarks])


def _installed() -> Iterable[Row]:
    switched_off = [name.strip() for name in os.environ.get("LOUYU_PLUGINS_DISABLED", "").split(",") if name.strip()]
    loaded = load_plugins(installed_entry_points(), switched_off=switched_off)
    for one in loaded.plugins:
        yield _row(one.name, one.version, one.source, one.hooks, "", "installed")
    for fault in loaded.faults:
        yield _row(fault.name, fault.version, fault.source, (), fault.error, "failed")
    for name in loaded.switched_off:
        yield _row(name, "", "", (), "", "disabled")


async def _ask_services() -> tuple[dict[str, list[plan_pb2.PluginState]], list[str]]:
    """Return the plugins as each service knows them, and a remark for each service that did not answer."""
    answers: dict[str, list[plan_pb2.PluginState]] = {}
    remarks: list[str] = []
    async with Services() as services:
        for service, client, request in (
            ("routing", services.routing, routing_service_pb2.ListPluginsRequest()),
            ("notify", services.notify, notify_service_pb2.ListPluginsRequest()),
        ):
            try:
                answer: Any = await client.call("ListPlugins", request, timeout=_PATIENCE_SECONDS)
                answers[service] = list(answer.plugins)
            except RemoteError as error:
                remarks.append(f"{service} does not answer ({error.message}); `louyu doctor` tries every connection")
    return answers, remarks


def _row(name: str, version: str, source: str, hooks: Iterable[str], fault: str, state: str = "") -> Row:
    return {
        "name": name,
        "version": version,
        "source": source,
        "hooks": list(hooks),
        "state": state,
        "fault": fault,
        "services": None,
    }


def _state(plugin: plan_pb2.PluginState) -> Row:
    return {
        "state": plugin.state,
        "fault": plugin.fault,
        "failures": plugin.failure_count,
        "last_failure": plugin.last_failure,
        "last_failed_at": plugin.last_failed_at.ToJsonString() if plugin.HasField("last_failed_at") else None,
        "since": plugin.since.ToJsonString() if plugin.HasField("since") else None,
    }


def _judge(row: Row, asked: Iterable[str]) -> None:
    """Let the row's state be the worst that a service says; a plugin that none knows was installed since the start."""
    told = row["services"]
    if told is None:
        row["services"] = {}
        if row["state"] == "installed" and {CALLED_BY.get(hook) for hook in row["hooks"]} & set(asked):
            row["state"] = NOT_LOADED
            row["fault"] = f"{' and '.join(asked)} started without it; start the services again"
        return
    row["state"] = min((state["state"] for state in told.values()), key=_WORST_FIRST.index)
    row["fault"] = next((state["fault"] for state in told.values() if state["fault"]), row["fault"])


def _failures(state: Row) -> str:
    if not state["failures"]:
        return "no failed calls"
    calls = "1 failed call" if state["failures"] == 1 else f"{state['failures']} failed calls"
    return f"{calls}, the last at {state['last_failed_at']}: {state['last_failure']}"


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["name"], row["source"]))
