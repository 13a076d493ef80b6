"""Rules that every object of the chart keeps, under every preset."""

import re
from typing import Any

import kubernetes_validate
import pytest

from tests.deploy.chart import (
    CHART,
    PRESETS,
    ROLES,
    Object,
    annotation,
    container_of,
    merged,
    named,
    of_kind,
    pods,
    preset,
    render,
    render_text,
    rendered,
    selects,
)

KUBERNETES_VERSIONS = ("1.28", "1.37")
# Given by the operator, as the values say; everything else that a pod refers to must be in the render.
GIVEN_SECRETS = re.compile(r"louyu(-[a-z]+)?(-tls)?|mirror")
LABELS = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
}

every_preset = pytest.mark.parametrize("name", PRESETS)


@every_preset
@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
def test_objects_are_valid_for_oldest_and_newest_kubernetes(name: str, version: str) -> None:
    for found in rendered(name):
        if found["kind"] != "ServiceMonitor":  # not of Kubernetes itself
            kubernetes_validate.validate(found, version, strict=True)


def test_service_monitor_has_the_form_that_the_prometheus_operator_takes() -> None:
    [monitor] = of_kind(rendered("district"), "ServiceMonitor")
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert set(monitor["spec"]) == {"selector", "targetLabels", "endpoints"}
    [endpoint] = monitor["spec"]["endpoints"]
    scraped = [
        service["metadata"]["name"]
        for service in of_kind(rendered("district"), "Service")
        if selects(monitor["spec"]["selector"], service["metadata"]["labels"])
        and endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    ]
    assert sorted(scraped) == [f"louyu-{role}" for role in ROLES]


@every_preset
def test_pods_are_restricted(name: str) -> None:
    seen = 0
    for _, pod in pods(rendered(name)):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["serviceAccountName"] != "default"
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(spec)
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == 10001
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert "privileged" not in context
            seen += 1
    assert seen == len(ROLES) + 2, "the roles, the migration, the test"


@every_preset
def test_containers_have_requests_and_a_memory_limit_but_no_processor_limit(name: str) -> None:
    for _, pod in pods(rendered(name)):
        [container] = pod["spec"]["containers"]
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"memory"}


@every_preset
def test_only_tmp_is_writable_and_secrets_are_files(name: str) -> None:
    for _, pod in pods(rendered(name)):
        [container] = pod["spec"]["containers"]
        mounts = container["volumeMounts"]
        assert [mount["mountPath"] for mount in mounts if not mount.get("readOnly")] == ["/tmp"]
        assert {volume["name"] for volume in pod["spec"]["volumes"]} == {mount["name"] for mount in mounts}
        assert "secretKeyRef" not in str(container)
        assert "secretRef" not in str(container)


@every_preset
def test_roles_have_three_probes_and_liveness_asks_for_no_dependency(name: str) -> None:
    for role in ROLES:
        container = container_of(rendered(name), role)
        paths = {kind: container[kind]["httpGet"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert paths["startupProbe"] == paths["livenessProbe"] == {"path": "/livez", "port": "admin"}
        assert paths["readinessProbe"] == {"path": "/readyz", "port": "admin"}


@every_preset
def test_grace_is_longer_than_the_process_takes_to_drain(name: str) -> None:
    for deployment in of_kind(rendered(name), "Deployment"):
        endpoints_gone, calls_ended, telemetry_flushed = 5, 15, 3
        grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace >= endpoints_gone + calls_ended + telemetry_flushed + 15
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


@every_preset
def test_selector_chooses_the_pods_of_exactly_one_workload(name: str) -> None:
    labels = {workload: pod["metadata"]["labels"] for workload, pod in pods(rendered(name))}
    for found in of_kind(rendered(name), "Service", "PodDisruptionBudget", "Deployment"):
        selector = found["spec"]["selector"]
        chosen = [
            workload
            for workload, given in labels.items()
            if selects(selector if "matchLabels" in selector else {"matchLabels": selector}, given)
        ]
        component = found["metadata"]["labels"]["app.kubernetes.io/component"]
        assert chosen == [f"louyu-{component}"]


@every_preset
def test_disruption_budget_stands_where_there_is_more_than_one_replica(name: str) -> None:
    replicated = [
        found["metadata"]["name"] for found in of_kind(rendered(name), "Deployment") if found["spec"]["replicas"] > 1
    ]
    budgets = of_kind(rendered(name), "PodDisruptionBudget")
    assert sorted(found["metadata"]["name"] for found in budgets) == sorted(replicated)
    for budget in budgets:
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@every_preset
def test_service_ports_exist_in_the_pods_and_headless_services_serve_grpc(name: str) -> None:
    for service in of_kind(rendered(name), "Service"):
        component = service["metadata"]["labels"]["app.kubernetes.io/component"]
        container = container_of(rendered(name), component)
        offered = {port["name"]: port["containerPort"] for port in container["ports"]}
        for port in service["spec"]["ports"]:
            assert offered[port["targetPort"]] == port["port"]
    headless = [
        found["metadata"]["name"]
        for found in of_kind(rendered(name), "Service")
        if found["spec"].get("clusterIP") == "None"
    ]
    assert headless == ["louyu-messaging-grpc", "louyu-notify-grpc", "louyu-routing-grpc"]


@every_preset
def test_pods_spread_over_zones_and_hosts(name: str) -> None:
    for deployment in of_kind(rendered(name), "Deployment"):
        spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert [constraint["topologyKey"] for constraint in spread] == [
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        ]
        for constraint in spread:
            assert constraint["labelSelector"] == deployment["spec"]["selector"]


@every_preset
def test_everything_that_a_pod_refers_to_is_rendered_or_given(name: str) -> None:
    made = {(found["kind"], found["metadata"]["name"]) for found in rendered(name)}
    for _, pod in pods(rendered(name)):
        spec = pod["spec"]
        assert ("ServiceAccount", spec["serviceAccountName"]) in made
        for source in spec["containers"][0].get("envFrom", []):
            assert ("ConfigMap", source["configMapRef"]["name"]) in made
        secrets = re.findall(r"'(?:secretName|secret)': (?:'|\{'name': ')([^']+)'", str(spec["volumes"]))
        assert secrets
        for secret in [*secrets, *(pull["name"] for pull in spec.get("imagePullSecrets", []))]:
            assert GIVEN_SECRETS.fullmatch(secret), secret


@every_preset
def test_objects_have_labels_a_namespace_and_short_names(name: str) -> None:
    names = [(found["kind"], found["metadata"]["name"]) for found in rendered(name)]
    assert len(names) == len(set(names))
    for found in rendered(name):
        assert set(found["metadata"]["labels"]) >= LABELS
        assert found["metadata"]["namespace"] == "block"
        assert len(found["metadata"]["name"]) <= 63
    for _, pod in pods(rendered(name)):
        assert set(pod["metadata"]["labels"]) >= LABELS


def test_long_release_name_gives_valid_and_distinct_names() -> None:
    release = "a-release-name-with-the-most-letters-that-helm-takes1"
    names = [(found["kind"], found["metadata"]["name"]) for found in render(preset("district"), release=release)]
    assert len(names) == len(set(names))
    assert max(len(name) for _, name in names) <= 63


@every_preset
def test_two_renders_are_equal(name: str) -> None:
    assert render_text(preset(name)) == render_text(preset(name))


def test_templates_ask_neither_chance_nor_time_nor_cluster() -> None:
    for template in (CHART / "templates").iterdir():
        forbidden = r"\b(rand[A-Z]\w+|now|lookup|genCA|gen\w+Cert|genPrivateKey|uuidv4|htpasswd|derivePassword)\b"
        without_comments = re.sub(r"\{\{-?/\*.*?\*/-?\}\}", "", template.read_text(), flags=re.DOTALL)
        actions = re.findall(r"\{\{.*?\}\}", without_comments)
        assert [action for action in actions if re.search(forbidden, re.sub(r'"[^"]*"', "", action))] == []


def test_two_releases_in_one_namespace_do_not_collide() -> None:
    first, second = (render(preset("district"), release=release) for release in ("louyu-a", "louyu-b"))
    names = [{(found["kind"], found["metadata"]["name"]) for found in objects} for objects in (first, second)]
    assert names[0] & names[1] == set()
    for service in of_kind(first, "Service"):
        for _, pod in pods(second):
            assert not selects({"matchLabels": service["spec"]["selector"]}, pod["metadata"]["labels"])


@pytest.mark.parametrize("role", ROLES)
def test_changed_setting_rolls_the_pods_of_its_role_alone(role: str) -> None:
    before = rendered("district")
    change: dict[str, Any] = {"roles": {role: {"settings": {"LOUYU_LOG_LEVEL": "DEBUG"}}}}
    after = render(merged(preset("district"), change))

    def checksums(objects: tuple[Object, ...] | list[Object]) -> dict[str, str]:
        return {
            found["metadata"]["name"]: annotation(found["spec"]["template"], "checksum/settings")
            for found in of_kind(objects, "Deployment")
        }

    changed = [name for name, value in checksums(after).items() if value != checksums(before)[name]]
    assert changed == [f"louyu-{role}"]


def test_ingress_leads_the_public_host_to_the_gateway() -> None:
    [ingress] = of_kind(rendered("district"), "Ingress")
    [rule] = ingress["spec"]["rules"]
    assert rule["host"] == "louyu.example.org"
    backend = rule["http"]["paths"][0]["backend"]["service"]
    service = named(rendered("district"), "Service", backend["name"])
    assert backend["port"]["name"] in [port["name"] for port in service["spec"]["ports"]]
    assert of_kind(rendered("small"), "Ingress") == []
