"""Which values the chart takes, and how it refuses the others."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from helm_python import HelmRenderError, HelmValuesError, lint

from tests.deploy.chart import CHART, PRESETS, merged, of_kind, preset, render, rendered

DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
# These hold names of the operator's own choosing.
FREE_MAPS = {"settings", "annotations", "labels", "matchLabels"}


def mappings(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every mapping whose keys the chart decides."""
    if path and path[-1] in FREE_MAPS:
        return
    yield path
    for key, value in values.items():
        if isinstance(value, dict):
            yield from mappings(value, (*path, key))


def leaves(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the dotted name of everything that the README has a row for: values, references to secrets, resources."""
    for key, value in values.items():
        if isinstance(value, dict) and key not in FREE_MAPS | {"resources"} and "key" not in value:
            yield from leaves(value, (*path, key))
        else:
            yield ".".join((*path, key))


@pytest.mark.parametrize("path", list(mappings(DEFAULTS)), ids=".".join)
def test_unknown_key_is_refused_at_every_depth(path: tuple[str, ...]) -> None:
    change: dict[str, Any] = {"misspelt": True}
    for key in reversed(path):
        change = {key: change}
    with pytest.raises(HelmValuesError, match="'misspelt' not allowed"):
        render(merged(preset("district"), change))


def test_unknown_key_of_a_network_peer_is_refused() -> None:
    with pytest.raises(HelmValuesError, match="not allowed"):
        render(merged(preset("small"), {"networkPolicy": {"databaseTo": [{"ipBlock": {"cdir": "10.0.0.0/8"}}]}}))


@pytest.mark.parametrize(
    "change",
    [
        {"publicUrl": "louyu.example.org"},
        {"publicUrl": "https://louyu.example.org/"},
        {"image": {"tag": "latest"}},
        {"image": {"digest": "sha256:short"}},
        {"roles": {"messaging": {"replicas": 0}}},
        {"roles": {"gateway": {"resources": {"limits": {"cpu": "1"}}}}},
        {"migrate": {"mode": "post"}},
        {"settings": {"LOG_LEVEL": "DEBUG"}},
        {"settings": {"LOUYU_EVENT_PARTITIONS": 8}},
        {"networkPolicy": {"providerCidrs": ["api.example.org"]}},
    ],
    ids=str,
)
def test_ill_formed_value_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(HelmValuesError):
        render(merged(preset("district"), change))


def test_every_value_has_a_description() -> None:
    def undescribed(schema: dict[str, Any], path: str) -> Iterator[str]:
        for name, below in schema.get("properties", {}).items():
            if "description" not in below:
                yield f"{path}{name}"
            yield from undescribed(below, f"{path}{name}.")

    assert list(undescribed(SCHEMA, "")) == []


def test_default_values_are_refused_with_all_faults_and_their_mends() -> None:
    with pytest.raises(HelmRenderError) as refusal:
        render({})
    said = str(refusal.value)
    assert "1. publicUrl is missing" in said
    assert "--set publicUrl=" in said
    keys = {secret: given for secret, given in DEFAULTS["secrets"].items() if secret != "secretName"}
    for secret, given in keys.items():
        assert (f'{secret} (key "{given["key"]}")' in said) is given.get("enabled", True)
    assert "--set secrets.secretName=" in said
    assert "3. No certificate is named for gateway, messaging, notify, routing" in said
    assert "--set tls.secretNames.gateway=" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"networkPolicy": {"providerCidrs": []}}, "networkPolicy.providerCidrs"),
        ({"networkPolicy": {"metricsFrom": []}}, "networkPolicy.metricsFrom"),
        ({"settings": {"LOUYU_OTEL_ENDPOINT": "http://otel:4317"}}, "networkPolicy.telemetryTo"),
        ({"settings": {"LOUYU_LISTEN": "0.0.0.0:1"}}, "settings.LOUYU_LISTEN is set by the chart itself"),
        ({"settings": {"LOUYU_SIGNING_KEY": "secret"}}, "settings.LOUYU_SIGNING_KEY is set by the chart itself"),
        (
            {"roles": {"notify": {"settings": {"LOUYU_REDIS_URL_FILE": "/x"}}}},
            "roles.notify.settings.LOUYU_REDIS_URL_FILE is set by the chart itself",
        ),
        ({"secrets": {"secretName": ""}}, "No Secret is named for channels"),
        ({"tls": {"secretNames": {"notify": ""}}}, "No certificate is named for notify."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_contradiction_between_values_is_named_with_its_mend(change: dict[str, Any], said: str) -> None:
    with pytest.raises(HelmRenderError) as refusal:
        render(merged(preset("district"), change))
    assert said in str(refusal.value)
    assert "2. " not in str(refusal.value), "one fault, told once"


@pytest.mark.parametrize("name", PRESETS)
def test_preset_passes_strict_lint(name: str) -> None:
    report = lint(CHART, preset(name), strict=True, kube_version="v1.34.0")
    worse_than_information = [message for message in report["messages"] if message["severity"] > 1]
    assert (worse_than_information, report["errors"]) == ([], [])


def test_readme_lists_exactly_the_values() -> None:
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    table = readme.partition("\n## Values\n")[2]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    listed = {cells[1].strip().strip("`"): cells[2].strip() for cells in rows}
    expected = {name: f"`{json.dumps(value_of(name))}`" for name in leaves(DEFAULTS)}
    assert listed == expected


def value_of(name: str) -> Any:
    value = DEFAULTS
    for key in name.split("."):
        value = value[key]
    return value


def test_role_settings_win_over_those_for_all() -> None:
    values = merged(
        preset("small"),
        {"settings": {"LOUYU_LOG_LEVEL": "WARNING"}, "roles": {"routing": {"settings": {"LOUYU_LOG_LEVEL": "DEBUG"}}}},
    )
    settings = of_kind(render(values), "ConfigMap")
    levels = {found["metadata"]["name"]: found["data"]["LOUYU_LOG_LEVEL"] for found in settings}
    assert levels == {
        "louyu-gateway": "WARNING",
        "louyu-messaging": "WARNING",
        "louyu-notify": "WARNING",
        "louyu-routing": "DEBUG",
    }


def test_digest_and_registry_decide_the_image_of_every_container() -> None:
    image = "registry.example.org/mirror/louyu@sha256:" + "0123456789abcdef" * 4
    images = set(str(rendered("hardened")).split("'image': '")[1:])
    assert {text.split("'", 1)[0] for text in images} == {image}
