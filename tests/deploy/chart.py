"""Renders the chart as Helm does, in this process, and looks things up in what came out.

Rendering is offline and pure: the same values give the same objects. An object is a mapping as Kubernetes takes it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "louyu"
PRESETS = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
ROLES = ("gateway", "messaging", "notify", "routing")

Object = dict[str, Any]


def preset(name: str) -> Object:
    """Return the values of one file in ci/."""
    values: Object = yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text(encoding="utf-8"))
    return values


def merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> Object:
    """Return `values` with `changes` laid over them, as Helm lays one values file over another."""
    result = dict(values)
    for key, change in changes.items():
        below = result.get(key)
        result[key] = merged(below, change) if isinstance(change, dict) and isinstance(below, dict) else change
    return result


def render_text(values: Mapping[str, Any], *, release: str = "louyu", namespace: str = "block") -> dict[str, str]:
    """Return the rendered text of each template."""
    with Chart.load(CHART) as chart:
        files: dict[str, str] = chart.render(dict(values), name=release, namespace=namespace)
    return files


def render(values: Mapping[str, Any], *, release: str = "louyu", namespace: str = "block") -> list[Object]:
    """Return the objects that an install with these values makes, hooks and tests included."""
    files = render_text(values, release=release, namespace=namespace)
    return [
        document
        for name, text in sorted(files.items())
        if name.endswith(".yaml")
        for document in yaml.safe_load_all(text)
        if document
    ]


@cache
def rendered(name: str) -> tuple[Object, ...]:
    """Return the objects of one preset; not to be changed, since they are shared."""
    return tuple(render(preset(name)))


def of_kind(objects: tuple[Object, ...] | list[Object], *kinds: str) -> list[Object]:
    return [found for found in objects if found["kind"] in kinds]


def named(objects: tuple[Object, ...] | list[Object], kind: str, name: str) -> Object:
    return next(found for found in of_kind(objects, kind) if found["metadata"]["name"] == name)


def container_of(objects: tuple[Object, ...] | list[Object], role: str) -> Object:
    """Return the one container of a role's pods."""
    [container] = named(objects, "Deployment", f"louyu-{role}")["spec"]["template"]["spec"]["containers"]
    found: Object = container
    return found


def pods(objects: tuple[Object, ...] | list[Object]) -> Iterator[tuple[str, Object]]:
    """Yield the name and the pod template (metadata, spec) of everything that runs."""
    for found in objects:
        if found["kind"] in {"Deployment", "Job"}:
            yield found["metadata"]["name"], found["spec"]["template"]
        elif found["kind"] == "Pod":
            yield found["metadata"]["name"], found


def annotation(found: Object, name: str) -> str:
    return str(found["metadata"].get("annotations", {}).get(name, ""))


def is_hook(found: Object) -> bool:
    return bool(annotation(found, "helm.sh/hook"))


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector (matchLabels, matchExpressions with In) chooses something with these labels."""
    wanted = selector.get("matchLabels", {}).items()
    if any(labels.get(key) != value for key, value in wanted):
        return False
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In", expression
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return True
