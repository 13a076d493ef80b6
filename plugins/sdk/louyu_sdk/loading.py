"""Loading: which plugins are installed, which of them can be used, and what is wrong with the others.

A plugin that cannot be used is left out and listed as a fault; it never stops louyu or another plugin. Only a fault of
a built-in plugin raises, for that is a fault of louyu itself.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from types import MappingProxyType
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pluggy

from louyu_sdk import hookspecs
from louyu_sdk.errors import ContractBroken
from louyu_sdk.importing import import_plugin
from louyu_sdk.markers import CONTRACT, PROJECT

ENTRY_POINT_GROUP = "louyu.plugins"
BUILT_IN = "built in"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPlugin:
    """A plugin that is in use."""

    name: str
    """Name of its entry point."""
    version: str
    """Of its distribution; of the SDK for built-in ones."""
    hooks: tuple[str, ...]
    """Hooks that it implements, in alphabetical order."""
    source: str = BUILT_IN
    """The distribution that it comes from, and its folder where it is installed in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginFault:
    """Why an installed plugin is left out."""

    name: str
    version: str
    source: str
    """As `InstalledPlugin.source`."""
    error: str
    """One line for the operator."""
    since: datetime
    """When this process noticed; aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPlugins:
    """What loading came to."""

    manager: pluggy.PluginManager
    plugins: tuple[InstalledPlugin, ...]
    """In the order of their names, built-in ones first."""
    faults: tuple[PluginFault, ...]
    switched_off: tuple[str, ...]
    """Installed, but named in LOUYU_PLUGINS_DISABLED."""


NOTHING: Mapping[str, object] = MappingProxyType({})


def installed_entry_points() -> tuple[EntryPoint, ...]:
    """Return the entry points of all installed plugins, by name, then by distribution."""
    return tuple(sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda one: (one.name, _distribution(one))))


def load_plugins(
    found: Iterable[EntryPoint], *, switched_off: Collection[str] = (), built_in: Mapping[str, object] = NOTHING
) -> LoadedPlugins:
    """Import and register plugins.

    Args:
        found: usually `installed_entry_points()`; of two with one name the first is used, the other is a fault.
        switched_off: names that are not even imported. Built-in plugins cannot be switched off.
        built_in: plugins of the calling service, by name; modules or objects with hook implementations.
    Raises ContractBroken for a built-in plugin that breaks the contract.
    """
    manager = _new_manager()
    plugins: list[InstalledPlugin] = []
    faults: list[PluginFault] = []
    off: list[str] = []
    for name, plugin in built_in.items():
        plugins.append(_register(manager, name, _version_of("louyu-sdk"), plugin))
    for entry_point in found:
        its_version = entry_point.dist.version if entry_point.dist else "?"
        if entry_point.name in switched_off:
            off.append(entry_point.name)
            continue
        try:
            plugins.append(_load(manager, entry_point, its_version))
        # An import may raise anything, SystemExit too; whatever it is, the others must be loaded.
        except (Exception, SystemExit) as error:
            text = " ".join(f"{type(error).__name__}: {error}".split())
            faults.append(
                PluginFault(
                    name=entry_point.name,
                    version=its_version,
                    source=_source(entry_point),
                    error=text,
                    since=datetime.now(UTC),
                )
            )
    manager.check_pending()
    return LoadedPlugins(manager=manager, plugins=tuple(plugins), faults=tuple(faults), switched_off=tuple(off))


def _load(manager: pluggy.PluginManager, entry_point: EntryPoint, version: str) -> InstalledPlugin:
    if manager.has_plugin(entry_point.name):
        raise ContractBroken(
            f"another plugin is already named {entry_point.name}; uninstall one, or rename its entry point"
            f" (this one is of {_distribution(entry_point)})"
        )
    plugin = import_plugin(entry_point)
    contract = getattr(plugin, "louyu_contract", None)
    if contract is None:
        raise ContractBroken(
            f"{entry_point.value} does not say its contract; write `louyu_contract = {CONTRACT}` in it"
        )
    if contract != CONTRACT:
        raise ContractBroken(
            f"written for contract {contract} of the plugin SDK, this louyu speaks {CONTRACT};"
            f" install a version of {_distribution(entry_point)} made for it"
        )
    return _register(manager, entry_point.name, version, plugin, _source(entry_point))


def _register(
    manager: pluggy.PluginManager, name: str, version: str, plugin: object, source: str = BUILT_IN
) -> InstalledPlugin:
    """Register the plugin once it has proved itself on a manager of its own; a failed register leaves traces."""
    rehearsal = _new_manager()
    rehearsal.register(plugin, name=name)
    rehearsal.check_pending()
    hooks = tuple(sorted(caller.name for caller in rehearsal.get_hookcallers(plugin) or ()))
    for hook in hooks:
        for implementation in getattr(rehearsal.hook, hook).get_hookimpls():
            if implementation.wrapper or implementation.hookwrapper:
                raise ContractBroken(f"{hook} is a wrapper; a plugin may not stand between louyu and other plugins")
    unmarked = [
        attribute
        for attribute in dir(plugin)
        if attribute.startswith("louyu_") and attribute not in hooks and callable(getattr(plugin, attribute))
    ]
    if unmarked:
        raise ContractBroken(f"{unmarked[0]} looks like a hook but has no @hookimpl; mark or rename it")
    if not hooks:
        raise ContractBroken("implements no hook")
    manager.register(plugin, name=name)
    return InstalledPlugin(name=name, version=version, hooks=hooks, source=source)


def _new_manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _source(entry_point: EntryPoint) -> str:
    """Return where a plugin comes from: its distribution, and the folder of one that is installed in place (PEP 610)."""
    if entry_point.dist is None:
        return "an unknown distribution"
    try:
        found = json.loads(entry_point.dist.read_text("direct_url.json") or "{}")
        if found.get("dir_info", {}).get("editable"):
            return f"{entry_point.dist.name}, in place at {url2pathname(urlsplit(found['url']).path)}"
    except (ValueError, AttributeError, KeyError, TypeError):
        pass  # written by an installer that does it differently; the name is enough
    return entry_point.dist.name


def _distribution(entry_point: EntryPoint) -> str:
    return f"{entry_point.dist.name} {entry_point.dist.version}" if entry_point.dist else "an unknown distribution"


def _version_of(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "?"
