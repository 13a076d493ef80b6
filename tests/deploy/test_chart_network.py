"""Who may speak with whom: nobody, but for what the roles need."""

import pytest

from tests.deploy.chart import (
    PRESETS,
    ROLES,
    Object,
    container_of,
    merged,
    named,
    of_kind,
    pods,
    preset,
    render,
    rendered,
    selects,
)

every_preset = pytest.mark.parametrize("name", PRESETS)


def ports(rules: list[Object]) -> set[int]:
    return {port["port"] for rule in rules for port in rule["ports"]}


def reaches(objects: tuple[Object, ...] | list[Object], caller: str, called: str, port: int) -> bool:
    """Whether the policies of both sides let pods of `caller` open `port` of pods of `called`."""
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(objects)}

    def allowed(direction: str, of: str, peer: str) -> bool:
        key = "to" if direction == "egress" else "from"
        return any(
            port in [entry["port"] for entry in rule["ports"]]
            and (
                key not in rule
                or any("podSelector" in given and selects(given["podSelector"], labels[peer]) for given in rule[key])
            )
            for policy in of_kind(objects, "NetworkPolicy")
            if selects(policy["spec"]["podSelector"], labels[of])
            for rule in policy["spec"].get(direction, [])
        )

    return allowed("egress", caller, called) and allowed("ingress", called, caller)


@every_preset
def test_every_pod_is_denied_both_directions_and_then_allowed_its_own(name: str) -> None:
    policies = of_kind(rendered(name), "NetworkPolicy")
    deny = named(rendered(name), "NetworkPolicy", "louyu-default-deny")
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(deny["spec"])
    for workload, pod in pods(rendered(name)):
        labels = pod["metadata"]["labels"]
        assert selects(deny["spec"]["podSelector"], labels)
        own = [policy for policy in policies if policy is not deny and selects(policy["spec"]["podSelector"], labels)]
        assert len(own) == 1, workload
        assert own[0]["spec"]["policyTypes"] == ["Ingress", "Egress"]


@every_preset
def test_allowed_ports_are_ports_of_the_pods(name: str) -> None:
    for role in ROLES:
        real = {port["containerPort"] for port in container_of(rendered(name), role)["ports"]}
        policy = named(rendered(name), "NetworkPolicy", f"louyu-{role}")
        assert ports(policy["spec"]["ingress"]) <= real


@every_preset
def test_roles_reach_exactly_the_roles_whose_address_they_are_given(name: str) -> None:
    objects = rendered(name)
    for caller in ROLES:
        settings = named(objects, "ConfigMap", f"louyu-{caller}")["data"]
        for called, port in (("messaging", 7001), ("routing", 7002), ("notify", 7003)):
            if caller != called:
                given = f"LOUYU_{called.upper()}_ADDR" in settings
                assert reaches(objects, f"louyu-{caller}", f"louyu-{called}", port) is given, (caller, called)


@every_preset
def test_doctor_reaches_every_service_and_the_migration_none(name: str) -> None:
    objects = rendered(name)
    migration = next(workload for workload, _ in pods(objects) if workload.startswith("louyu-migrate"))
    for called, port in (("messaging", 7001), ("routing", 7002), ("notify", 7003), ("gateway", 8080)):
        assert reaches(objects, "louyu-doctor", f"louyu-{called}", port)
        assert not reaches(objects, migration, f"louyu-{called}", port)


@every_preset
def test_doctor_is_told_where_the_gateway_is_inside_the_cluster(name: str) -> None:
    [container] = named(rendered(name), "Pod", "louyu-doctor")["spec"]["containers"]
    given = {one["name"]: one["value"] for one in container["env"]}
    port = named(rendered(name), "Service", "louyu-gateway")["spec"]["ports"][0]["port"]
    namespace = named(rendered(name), "Service", "louyu-gateway")["metadata"]["namespace"]
    assert given["LOUYU_GATEWAY_ADDR"] == f"http://louyu-gateway.{namespace}.svc:{port}"


def test_stores_are_reached_where_the_values_say_by_those_who_have_their_address() -> None:
    for role in ROLES:
        settings = named(rendered("hardened"), "ConfigMap", f"louyu-{role}")["data"]
        egress = named(rendered("hardened"), "NetworkPolicy", f"louyu-{role}")["spec"]["egress"]
        assert (6432 in ports(egress)) is ("LOUYU_DATABASE_URL_FILE" in settings)
        assert (6379 in ports(egress)) is ("LOUYU_REDIS_URL_FILE" in settings)
        assert all(rule.get("to") for rule in egress if 53 not in ports([rule])), "narrowed to named peers"


def test_only_roles_with_channels_reach_providers() -> None:
    outward = []
    for role in ROLES:
        for rule in named(rendered("district"), "NetworkPolicy", f"louyu-{role}")["spec"]["egress"]:
            if ports([rule]) == {443}:
                outward.append(role)
                assert rule["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
        given = "LOUYU_CHANNELS_FILE" in named(rendered("district"), "ConfigMap", f"louyu-{role}")["data"]
        assert given is (role in outward)


def test_switch_removes_every_policy() -> None:
    assert of_kind(render(merged(preset("district"), {"networkPolicy": {"enabled": False}})), "NetworkPolicy") == []
