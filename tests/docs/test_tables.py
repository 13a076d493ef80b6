"""Tables of the pages hold what the code holds."""

import argparse
import importlib
import re
import types
from pathlib import Path
from typing import get_args

import pytest
from louyu_cli.community import definition
from louyu_cli.main import _MODULES, COMMANDS
from louyu_cli.secrets import make_keys
from louyu_gateway.application import application
from louyu_gateway.main import make_gateway
from louyu_gateway.settings import GatewaySettings
from louyu_routing import chase
from louyu_runtime.channels_file import Channels, WeChatOfficialAccount
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from starlette.routing import Match

from tests.docs import metrics_page, permissions_page, settings_page
from tests.docs.pages import OPERATORS, ROOT, rows, section

API = ROOT / "docs" / "integrators" / "api.md"
IMPORT = OPERATORS / "import-file.md"

PARTS: dict[str, tuple[type[BaseModel], ...]] = {
    "The community": (definition.CommunityFile,),
    "chase": (definition.Chase,),
    "buildings": (definition.Building, definition.FlatRule),
    "groups": (definition.Group,),
    "people": (definition.Person, definition.RoleIn, definition.WeChat, definition.Former),
    "residents": (definition.Residents, definition.Resident),
    "responders": (definition.Responder,),
    "screens": (definition.Screen,),
}


def as_documented(models: tuple[type[BaseModel], ...]) -> list[tuple[str, bool]]:
    return [(name, field.is_required()) for model in models for name, field in model.model_fields.items()]


@pytest.mark.parametrize(
    "module", [settings_page, metrics_page, permissions_page], ids=lambda module: str(module.__name__)
)
def test_a_generated_page_is_as_the_code_is_now(module: types.ModuleType) -> None:
    written: Path = module.PAGE
    assert written.read_text(encoding="utf-8") == module.page(), f"run: python -m {module.__name__}"


def test_every_setting_is_explained() -> None:
    for settings_class in settings_page.CLASSES:
        assert all(field.description for field in settings_class.model_fields.values())


@pytest.mark.parametrize("heading", PARTS)
def test_the_page_of_the_import_file_has_every_field(heading: str) -> None:
    told = [(name, state == "required") for name, state, _ in rows(section(IMPORT, heading))]
    assert told == as_documented(PARTS[heading])


def test_the_page_of_the_import_file_covers_every_part() -> None:
    parts = {part for part in vars(definition).values() if isinstance(part, type) and issubclass(part, definition.Part)}
    assert {model for models in PARTS.values() for model in models} == parts - {definition.Part}


def test_the_times_of_the_chase_are_the_codes_defaults() -> None:
    for name, default, text in rows(section(IMPORT, "chase")):
        if name.endswith("_window"):
            assert definition.read_duration(default) == getattr(chase, name.upper())
            assert text.rstrip().endswith(("1s to 24h", "1s to 7d", "1s to 30d"))


def test_the_page_of_the_channels_file_has_every_field_with_its_default() -> None:
    told = {name: state for name, state, _ in rows(section(OPERATORS / "channels-file.md", "wechat_official_account"))}
    assert told == {name: _state(field) for name, field in WeChatOfficialAccount.model_fields.items()}


def _state(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return f"`{field.default}`" if field.default is not None else ""


def options(name: str) -> set[str]:
    """Return the options of a command, those of its subcommands too, without help and JSON."""
    parser = argparse.ArgumentParser()
    importlib.import_module(f"louyu_cli.{_MODULES.get(name, name)}").add_arguments(parser)
    parsers = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            parsers += action.choices.values()
    return {word for one in parsers for action in one._actions for word in action.option_strings} - {"-h", "--help"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_commands_has_every_option(name: str) -> None:
    text = section(OPERATORS / "commands.md", f"louyu {name}")
    assert all(f"`{option}`" in text for option in options(name))
    assert {row[0] for row in rows(text)} <= options(name) | {"--json"}


def signing_gateway() -> GatewaySettings:
    return GatewaySettings(signing_key=SecretStr(make_keys()["signing-key"]))


async def test_the_page_of_the_api_has_every_request() -> None:
    app = application(make_gateway(signing_gateway(), Channels()), lambda: [])
    served = {f"{method.upper()} {path}" for path, item in app.openapi()["paths"].items() for method in item}
    told = {row[0] for row in rows(section(API, "/api/v1"))}
    assert told == served


async def test_every_address_on_the_page_is_served() -> None:
    app = application(make_gateway(signing_gateway(), Channels()), lambda: [])
    text = section(API, "Addresses for people and providers")
    for address in re.findall(r"`(/[^`]*)`", "".join(line.split("|")[1] for line in text.splitlines() if "|" in line)):
        scope = {"type": "http", "method": "GET", "path": re.sub(r"{.*?}", "something", address)}
        assert any(route.matches(scope)[0] is Match.FULL for route in app.router.routes), address


def test_the_roles_on_the_page_are_those_of_the_file() -> None:
    text = section(IMPORT, "people")
    assert all(f"`{role}`" in text for role in get_args(definition.Role))
