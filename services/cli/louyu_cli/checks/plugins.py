"""The plugins of a running service: those that it leaves out, for another check would not notice that they are missing."""

from __future__ import annotations

from collections.abc import Iterable

from louyu.notify.v1 import notify_service_pb2
from louyu.routing.v1 import plan_pb2, routing_service_pb2
from louyu_runtime.errors import RemoteError

from louyu_cli.checks.finding import Finding
from louyu_cli.installation import CommandSettings, Services

REQUESTS = {
    "routing": routing_service_pb2.ListPluginsRequest(),
    "notify": notify_service_pb2.ListPluginsRequest(),
}


async def check_plugins(service: str, found: CommandSettings) -> list[Finding]:
    """Look at the plugins of a service; nothing when it does not answer, which its own check tells."""
    try:
        async with Services(found) as services:
            answer = await getattr(services, service).call("ListPlugins", REQUESTS[service], timeout=3)
    except (RemoteError, ValueError):
        return []
    return [judge(service, answer.plugins)]


def judge(service: str, plugins: Iterable[plan_pb2.PluginState]) -> Finding:
    """Say which plugins are in use, or which are not and why."""
    name = f"plugins of {service}"
    listed = list(plugins)
    left_out = [plugin for plugin in listed if plugin.state in ("failed", "resting")]
    if not left_out:
        used = ", ".join(plugin.name for plugin in listed if plugin.state == "running")
        return Finding(name, f"in use: {used}" if used else "none")
    faults = "; ".join(f"{plugin.name} {plugin.state}: {plugin.fault}" for plugin in left_out)
    return Finding(name, faults, "mend, uninstall or switch off (LOUYU_PLUGINS_DISABLED), and start it again")
