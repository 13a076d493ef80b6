"""What `louyu plugins list` makes of what is installed here and what the services say."""

from google.protobuf.timestamp_pb2 import Timestamp
from louyu.routing.v1.plan_pb2 import PluginState
from louyu_cli.plugin_list import PluginList, Row, as_text, merge


def installed(name: str = "squad", *hooks: str) -> Row:
    return {
        "name": name,
        "version": "1.2.0",
        "source": f"louyu-{name}",
        "hooks": list(hooks or ("louyu_match",)),
        "state": "installed",
        "fault": "",
        "services": None,
    }


def said(name: str = "squad", state: str = "running", source: str = "", **more: object) -> PluginState:
    return PluginState(name=name, version="1.2.0", state=state, source=source or f"louyu-{name}", **more)  # type: ignore[arg-type]


def test_the_state_is_the_worst_that_a_service_says() -> None:
    (row,) = merge([installed()], {"routing": [said()], "notify": [said(state="resting", fault="left out")]})
    assert (row["state"], row["fault"]) == ("resting", "left out")
    assert {service: state["state"] for service, state in row["services"].items()} == {
        "routing": "running",
        "notify": "resting",
    }


def test_a_plugin_installed_since_the_start_is_told_to_be_not_loaded() -> None:
    (row,) = merge([installed()], {"routing": [], "notify": []})
    assert row["state"] == "not loaded"
    assert row["fault"] == "routing and notify started without it; start the services again"


def test_a_plugin_whose_service_did_not_answer_stays_installed() -> None:
    (row,) = merge([installed("bell", "louyu_channels")], {"routing": []})
    assert row["state"] == "installed"


def test_a_plugin_that_only_the_services_know_is_listed_with_its_source() -> None:
    (row,) = merge([], {"routing": [said(source="louyu-squad")]})
    assert (row["name"], row["source"], row["state"]) == ("squad", "louyu-squad", "running")


def test_two_plugins_of_one_name_are_both_listed_with_what_is_said_of_each() -> None:
    other = {**installed(), "source": "louyu-beta", "state": "failed", "fault": "already named squad"}
    here = {**installed(), "source": "louyu-alpha, in place at /plugins/alpha"}
    told = [said(source="louyu-alpha"), said(source="louyu-beta", state="failed", fault="already named squad")]
    rows = merge([here, other], {"routing": told})
    assert [(row["source"], row["state"], row["fault"]) for row in rows] == [
        ("louyu-alpha, in place at /plugins/alpha", "running", ""),
        ("louyu-beta", "failed", "already named squad"),
    ]


def test_a_plugin_switched_off_on_one_side_only_is_one_row() -> None:
    (row,) = merge([installed()], {"routing": [PluginState(name="squad", state="disabled")]})
    assert (row["source"], row["state"]) == ("louyu-squad", "disabled")
    off_here = {**installed(), "source": "", "hooks": [], "state": "disabled"}
    (row,) = merge([off_here], {"routing": [said()]})
    assert (row["source"], row["state"]) == ("louyu-squad", "running")


def test_failed_calls_are_counted_with_the_last_of_them() -> None:
    at = Timestamp(seconds=1_768_000_000)
    failing = said(failure_count=7, last_failure="louyu_match raised: KeyError in f (a.py:3)", last_failed_at=at)
    text = as_text(PluginList(merge([installed()], {"routing": [failing]})))
    assert (
        "    routing  running, 7 failed calls, the last at 2026-01-09T23:06:40Z:"
        " louyu_match raised: KeyError in f (a.py:3)" in text.splitlines()
    )


def test_what_must_be_said_of_the_services_ends_the_list() -> None:
    assert as_text(PluginList([], ["routing does not answer"])).splitlines() == [
        "no plugins are installed",
        "routing does not answer",
    ]
