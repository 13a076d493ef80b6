"""Which plugins are used, and what is said of those that are not."""

import threading
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import EntryPoint

import pytest
from louyu_sdk import importing
from louyu_sdk.errors import ContractBroken
from louyu_sdk.loading import load_plugins

from tests.sdk.conftest import Install, plugin_of

Found = Callable[[], list[EntryPoint]]

GOOD = """
    from louyu_sdk import hookimpl

    louyu_contract = 1

    @hookimpl
    def louyu_match(question):
        return None
"""


def test_an_installed_plugin_is_listed_with_version_and_hooks(install: Install, found: Found) -> None:
    install("squad", GOOD)
    loaded = load_plugins(found())
    assert [(one.name, one.version, one.hooks) for one in loaded.plugins] == [("squad", "1.2.0", ("louyu_match",))]
    assert loaded.faults == ()


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("raise RuntimeError('no database')", "RuntimeError: no database"),
        ("import no_such_module_anywhere", "No module named 'no_such_module_anywhere'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def broken(:", "SyntaxError"),
        (GOOD.replace("louyu_contract = 1", "louyu_contract = 9"), "written for contract 9"),
        (GOOD.replace("louyu_contract = 1", ""), "write `louyu_contract = 1`"),
        (GOOD.replace("louyu_match", "louyu_mach"), "unknown hook 'louyu_mach'"),
        (GOOD.replace("(question)", "(question, mood)"), "mood"),
        (GOOD.replace("@hookimpl", ""), "louyu_match looks like a hook but has no @hookimpl"),
        (GOOD.replace("@hookimpl", "@hookimpl(hookwrapper=True)").replace("return None", "yield"), "is a wrapper"),
        ("louyu_contract = 1", "implements no hook"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_a_fault_and_stops_no_other(
    install: Install, found: Found, source: str, fault: str
) -> None:
    install("broken", source)
    install("squad", GOOD)
    loaded = load_plugins(found())
    assert [one.name for one in loaded.plugins] == ["squad"]
    (listed,) = loaded.faults
    assert (listed.name, listed.version) == ("broken", "1.2.0")
    assert fault in listed.error
    assert "\n" not in listed.error
    assert listed.since.tzinfo is not None


def test_a_plugin_that_hangs_at_import_is_a_fault_and_stops_no_other(
    install: Install, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "IMPORT_TIME_LIMIT", timedelta(milliseconds=50))
    never = threading.Event()
    monkeypatch.setattr(threading, "never_for_this_test", never, raising=False)
    install("hanging", "import threading\nthreading.never_for_this_test.wait()")
    install("squad", GOOD)
    try:
        loaded = load_plugins(found())
    finally:
        never.set()
    assert [one.name for one in loaded.plugins] == ["squad"]
    (listed,) = loaded.faults
    assert listed.name == "hanging"
    assert "the import of hanging_module did not end within 0.05 s" in listed.error


def test_of_two_plugins_with_one_name_the_first_is_used(install: Install, found: Found) -> None:
    install("squad", GOOD, distribution="alpha")
    install("squad", GOOD, distribution="beta")
    loaded = load_plugins(found())
    assert len(loaded.plugins) == 1
    assert "another plugin is already named squad" in loaded.faults[0].error
    assert "beta 1.2.0" in loaded.faults[0].error


def test_a_plugin_switched_off_is_not_even_imported(install: Install, found: Found) -> None:
    install("broken", "raise RuntimeError")
    loaded = load_plugins(found(), switched_off=["broken"])
    assert (loaded.plugins, loaded.faults, loaded.switched_off) == ((), (), ("broken",))


def test_built_in_plugins_go_through_the_same_door() -> None:
    loaded = load_plugins((), built_in={"neighbours": plugin_of(louyu_match=lambda question: None)})
    assert [one.name for one in loaded.plugins] == ["neighbours"]


def test_a_faulty_built_in_plugin_stops_the_start() -> None:
    with pytest.raises(ContractBroken, match="implements no hook"):
        load_plugins((), built_in={"neighbours": plugin_of()})
