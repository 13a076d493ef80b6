"""The chart speaks the language of the code: every role accepts exactly the settings that its pods are given."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest
from louyu_runtime.settings import DEFAULT_ADMIN_PORTS, DEFAULT_PORTS, CommonSettings, load_settings

from tests.deploy.chart import PRESETS, ROLES, Object, container_of, merged, named, preset, render, rendered

every_preset = pytest.mark.parametrize("name", PRESETS)
every_role = pytest.mark.parametrize("role", ROLES)


def settings_class(role: str) -> type[CommonSettings]:
    """Return the settings class of a service."""
    classes = [
        found
        for _, found in inspect.getmembers(import_module(f"louyu_{role}.settings"), inspect.isclass)
        if issubclass(found, CommonSettings) and found.role == role
    ]
    [found] = classes
    return found


def environment(objects: tuple[Object, ...] | list[Object], role: str, folder: Path) -> dict[str, str]:
    """Return what a pod's process would see, with the mounted files laid out under `folder`.

    Only files that the pod mounts are made, so a path that nothing mounts is a file that is not there.
    """
    spec = named(objects, "Deployment", f"louyu-{role}")["spec"]["template"]["spec"]
    mounted = {
        mount["name"]: folder / mount["mountPath"].lstrip("/") for mount in spec["containers"][0]["volumeMounts"]
    }
    for volume in spec["volumes"]:
        target = mounted[volume["name"]]
        target.mkdir(parents=True, exist_ok=True)
        for source in volume.get("projected", {}).get("sources", []):
            for item in source["secret"]["items"]:
                (target / item["path"]).write_text(EXAMPLES.get(item["path"], "x"), encoding="utf-8")
        if "secret" in volume:
            for file in ("tls.crt", "tls.key", "ca.crt"):
                (target / file).write_text("x", encoding="utf-8")
    settings: dict[str, str] = named(objects, "ConfigMap", f"louyu-{role}")["data"]
    return {name: value.replace("/run/", f"{folder}/run/", 1) for name, value in settings.items()}


EXAMPLES = {
    "database-url": "postgresql://routing:secret@db.example.org:5432/louyu",
    "redis-url": "redis://:secret@valkey.example.org:6379/0",
}


@every_preset
@every_role
def test_role_starts_with_the_settings_of_its_pod(name: str, role: str, tmp_path: Path) -> None:
    settings = load_settings(settings_class(role), environment(rendered(name), role, tmp_path))
    container = container_of(rendered(name), role)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert settings.listen == f"0.0.0.0:{ports.get('grpc') or ports.get('http')}"
    assert settings.admin_listen == f"0.0.0.0:{ports['admin']}"
    assert container["args"] == ["serve", role]


@every_role
def test_ports_are_the_defaults_of_the_code(role: str) -> None:
    [main, admin] = [port["containerPort"] for port in container_of(rendered("district"), role)["ports"]]
    assert (main, admin) == (DEFAULT_PORTS[role], DEFAULT_ADMIN_PORTS[role])


def test_addresses_lead_to_headless_services() -> None:
    for role in ROLES:
        for name, value in named(rendered("district"), "ConfigMap", f"louyu-{role}")["data"].items():
            if name.endswith("_ADDR"):
                host, port = value.removeprefix("dns:///").rsplit(":", 1)
                service, namespace, _ = host.split(".")
                found = named(rendered("district"), "Service", service)
                assert found["spec"]["clusterIP"] == "None"
                assert namespace == found["metadata"]["namespace"]
                assert found["spec"]["ports"][0]["port"] == int(port)


def test_settings_that_the_code_does_not_know_do_not_pass(tmp_path: Path) -> None:
    values = merged(preset("small"), {"settings": {"LOUYU_MISSPELT": "1"}})
    with pytest.raises(Exception, match="LOUYU_MISSPELT: no such setting"):
        load_settings(settings_class("routing"), environment(render(values), "routing", tmp_path))
