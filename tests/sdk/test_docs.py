"""The pages about plugins say what the code says, and their examples keep the contract."""

import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import FunctionType, ModuleType

import louyu_property.plugin
import louyu_property.settings
import pytest
from louyu_sdk import hookspecs
from louyu_sdk.plugin_state import CALLED_BY
from louyu_sdk.testing import CHECKS, ContractCheck
from louyu_sdk.time_limits import HOOK_TIME_LIMITS, SEND_TIME_LIMIT

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "plugins"
HOOKS: dict[str, FunctionType] = {
    name: function for name, function in vars(hookspecs).items() if name.startswith("louyu_")
}


def sections() -> Iterator[tuple[str, str]]:
    """Yield heading and text of each hook's section."""
    for page in ("start.md", "message.md", "question.md"):
        for section in (PAGES / page).read_text(encoding="utf-8").split("\n## ")[1:]:
            heading, _, text = section.partition("\n")
            yield heading.strip("`"), text


SECTIONS = {heading.partition("(")[0]: (heading, text) for heading, text in sections()}


def in_words(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{round(seconds * 1_000)} milliseconds"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"


def documented(hook: str) -> str:
    """Return the docstring of the hook as one line."""
    return " ".join((inspect.getdoc(HOOKS[hook]) or "").split())


def row(hook: str, name: str) -> str:
    found = re.search(rf"^\| {name} \| (.*) \|$", SECTIONS[hook][1], re.MULTILINE)
    assert found, f"{hook}: no row {name}"
    return found[1]


def test_every_hook_has_a_section_and_a_time_limit() -> None:
    assert list(SECTIONS) == list(HOOKS)
    assert set(HOOKS) == set(HOOK_TIME_LIMITS)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_heading_is_the_signature(hook: str) -> None:
    # From the source: `inspect.signature` spells out aliases such as Action.
    assert f"def {SECTIONS[hook][0]}:" in inspect.getsource(HOOKS[hook])


@pytest.mark.parametrize("hook", HOOKS)
def test_the_section_begins_like_the_docstring(hook: str) -> None:
    first_line = (inspect.getdoc(HOOKS[hook]) or "").partition("\n")[0]
    assert SECTIONS[hook][1].strip().startswith(first_line)


@pytest.mark.parametrize("hook", HOOKS)
def test_time_limits_are_the_same_in_code_docstring_and_pages(hook: str) -> None:
    limit = in_words(HOOK_TIME_LIMITS[hook])
    assert f"time limit {limit}" in documented(hook)
    assert row(hook, "time limit").startswith(limit)
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| \[`{hook}`\].* \| {limit} \|$", index, re.MULTILINE)


def test_the_time_limit_of_channels_is_documented() -> None:
    assert f"have {in_words(SEND_TIME_LIMIT)} for a batch" in (PAGES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_hooks_not_called_yet_say_so_everywhere(hook: str) -> None:
    not_called = "Not called yet" in documented(hook)
    assert ("not called yet" in row(hook, "called by")) == not_called
    assert f"Since {row(hook, 'since')}." in documented(hook)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_service_that_calls_a_hook_is_named(hook: str) -> None:
    assert row(hook, "called by").startswith(CALLED_BY.get(hook, "not called yet"))


@pytest.mark.parametrize("hook", HOOKS)
def test_the_plugin_that_uses_a_hook_is_named(hook: str) -> None:
    assert ("`property`" in row(hook, "used by")) == hasattr(louyu_property.plugin, hook)


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_example_keeps_the_contract(hook: str, check: ContractCheck) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", SECTIONS[hook][1], re.DOTALL)
    module = ModuleType(f"example_of_{hook}")
    module.__dict__["louyu_contract"] = 1
    exec(compile(source, f"docs/plugins example of {hook}", "exec"), module.__dict__)
    check(module)


def test_the_property_plugins_page_lists_its_settings_with_their_defaults() -> None:
    page = (ROOT / "plugins" / "property" / "README.md").read_text(encoding="utf-8")
    listed = {name: float(default) for name, default in re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE)}
    assert listed == louyu_property.settings.PropertySettings().model_dump()


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
