"""Writes docs/operators/settings.md from the settings classes: `python -m tests.docs.settings_page`."""

from louyu_gateway.settings import GatewaySettings
from louyu_messaging.settings import MessagingSettings
from louyu_notify.settings import NotifySettings
from louyu_routing.settings import RoutingSettings
from louyu_runtime.settings import DEFAULT_ADMIN_PORTS, DEFAULT_PORTS, ROLES, CommonSettings, setting_names
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from tests.docs.pages import OPERATORS

PAGE = OPERATORS / "settings.md"
CLASSES: tuple[type[CommonSettings], ...] = (MessagingSettings, RoutingSettings, NotifySettings, GatewaySettings)

HEAD = """\
# Settings

Services and commands are configured by environment variables, read once at the start. All faults are reported together,
naming the variable and the mend; a name that begins with `LOUYU_` and is not known stops the start, with the nearest that is.

- `LOUYU_NAME` holds for every service, `LOUYU_<SERVICE>_NAME` (`LOUYU_ROUTING_DATABASE_URL`) for one, and is stronger.
- Any setting may be given as `<NAME>_FILE` instead: the path of a file that holds the value. Use it for secrets.
- Values of secrets (marked 🔒) are never shown in errors or logs.
- Times and sizes are whole numbers in the unit that the text names.
"""


def page() -> str:
    """Return the page as the code has it now."""
    parts = [HEAD, "## Every service\n", _table(CommonSettings, list(CommonSettings.model_fields))]
    ports = [f"| {role} | {DEFAULT_PORTS[role]} | {DEFAULT_ADMIN_PORTS[role]} |" for role in ROLES]
    parts += [
        "The roles' own ports:\n",
        "| role | serves | probes and metrics |\n| --- | --- | --- |\n" + "\n".join(ports) + "\n",
    ]
    for settings_class in CLASSES:
        own = [field for field in settings_class.model_fields if field not in CommonSettings.model_fields]
        if own:
            parts += [f"## Only {settings_class.role}\n", _table(settings_class, own)]
    parts += [
        "## Only commands\n",
        "| setting | default | |\n| --- | --- | --- |\n"
        "| `LOUYU_DATA_DIR` | `.louyu` | The data folder of `louyu up`, by which other commands find the installation. |\n"
        "| `LOUYU_MIGRATE_DATABASE_URL` 🔒 | | By which `louyu migrate` connects, as owner of the schemas. Without it: "
        "the service's own URL. |\n"
        "| `LOUYU_GATEWAY_ADDR` | | Where `louyu doctor` reaches the gateway, host:port or http://host:port, when it cannot "
        "by `LOUYU_PUBLIC_URL`. |\n",
        "## Not settings of ours\n",
        "OpenTelemetry's own variables, such as `OTEL_RESOURCE_ATTRIBUTES`, are read by its library where "
        "`LOUYU_OTEL_ENDPOINT` is set.\n",
    ]
    return "\n".join(parts)


def _table(settings_class: type[CommonSettings], fields: list[str]) -> str:
    names = setting_names(settings_class)
    lines = ["| setting | default | |", "| --- | --- | --- |"]
    for field in fields:
        info = settings_class.model_fields[field]
        lock = " 🔒" if isinstance(info.default, SecretStr) else ""
        lines.append(f"| `{names[field][-1]}`{lock} | {_default(info)} | {info.description}{_bounds(info)} |")
    return "\n".join(lines) + "\n"


def _default(info: FieldInfo) -> str:
    value = info.default.get_secret_value() if isinstance(info.default, SecretStr) else info.default
    if info.default_factory is not None or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _bounds(info: FieldInfo) -> str:
    limits = [
        f"{getattr(one, 'ge', getattr(one, 'le', None))}"
        for one in info.metadata
        if hasattr(one, "ge") or hasattr(one, "le")
    ]
    text = str(info.description)
    return f" {limits[0]} to {limits[1]}." if len(limits) == 2 and f"{limits[0]} to {limits[1]}" not in text else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
