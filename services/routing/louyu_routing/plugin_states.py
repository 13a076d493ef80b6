"""The plugins of this process, with their state, for operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from louyu_sdk.host import PluginHost


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginState:
    """A plugin. `state` is "running", "resting" (its breaker is open), "failed" or "disabled"."""

    name: str
    version: str
    state: str
    hooks: tuple[str, ...] = ()
    fault: str = ""
    since: datetime | None = None


def plugin_states(plugins: PluginHost, switched_off: Sequence[str]) -> list[PluginState]:
    """Return all plugins: those in use, those left out, those switched off."""
    resting = plugins.left_out_for_now
    found = [
        PluginState(
            name=one.name,
            version=one.version,
            hooks=one.hooks,
            state="resting" if one.name in resting else "running",
            fault="its calls failed again and again; it is left out for a minute" if one.name in resting else "",
        )
        for one in plugins.plugins
    ]
    found += [
        PluginState(name=one.name, version=one.version, state="failed", fault=one.error, since=one.since)
        for one in plugins.faults
    ]
    found += [PluginState(name=name, version="", state="disabled") for name in switched_off]
    return found
