"""The order of hooks: what a hook needs exists before it runs, and no hook waits for what comes after it."""

import pytest
from louyu_cli.role_settings import refuse_unknown_settings
from louyu_runtime.settings import SettingsError

from tests.deploy.chart import (
    PRESETS,
    Object,
    annotation,
    is_hook,
    merged,
    named,
    of_kind,
    preset,
    render,
    rendered,
    selects,
)

every_preset = pytest.mark.parametrize("name", PRESETS)


def weight(found: Object) -> int:
    return int(annotation(found, "helm.sh/hook-weight"))


def events(found: Object) -> set[str]:
    return set(annotation(found, "helm.sh/hook").split(","))


@every_preset
def test_hooks_carry_weight_and_delete_policy_and_come_before_or_on_request(name: str) -> None:
    for found in filter(is_hook, rendered(name)):
        assert annotation(found, "helm.sh/hook-weight").lstrip("-").isdigit()
        assert "before-hook-creation" in annotation(found, "helm.sh/hook-delete-policy")
        # A hook after the install would wait for roles that wait for its migration.
        assert events(found) in ({"pre-install", "pre-upgrade"}, {"test"})


@every_preset
def test_what_a_hook_needs_of_the_release_exists_before_it(name: str) -> None:
    objects = rendered(name)
    for found in filter(is_hook, of_kind(objects, "Job", "Pod")):
        pod = found["spec"].get("template", found)
        account = named(objects, "ServiceAccount", pod["spec"]["serviceAccountName"])
        policies = [
            policy
            for policy in of_kind(objects, "NetworkPolicy")
            if selects(policy["spec"]["podSelector"], pod["metadata"]["labels"]) and "egress" in policy["spec"]
        ]
        assert policies
        for needed in [account, *policies]:
            assert events(needed) == events(found)
            assert weight(needed) < weight(found)
        # Settings come as plain values: a ConfigMap of the release would be made only after the hook.
        assert "envFrom" not in pod["spec"]["containers"][0]


def test_migration_is_a_hook_with_a_deadline() -> None:
    job = named(rendered("district"), "Job", "louyu-migrate")
    assert events(job) == {"pre-install", "pre-upgrade"}
    assert job["spec"]["activeDeadlineSeconds"] == 600
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate"]


def test_migration_refuses_a_setting_that_no_role_reads_before_any_is_replaced() -> None:
    misspelt = {
        "settings": {"LOUYU_LOG_LEVLE": "INFO"},
        "roles": {"gateway": {"settings": {"LOUYU_GATEWAY_HOURS": "8"}}},
    }

    def given(changes: Object) -> dict[str, str]:
        job = named(render(merged(preset("district"), changes)), "Job", "louyu-migrate")
        return {one["name"]: one["value"] for one in job["spec"]["template"]["spec"]["containers"][0]["env"]}

    refuse_unknown_settings(given({}))
    with pytest.raises(SettingsError) as refused:
        refuse_unknown_settings(given(misspelt))
    assert [fault.partition(":")[0] for fault in refused.value.faults] == ["LOUYU_GATEWAY_HOURS", "LOUYU_LOG_LEVLE"]


def test_migration_without_hooks_is_a_job_of_its_own_for_every_image() -> None:
    first, second = (
        render(merged(preset("hardened"), {"image": {"digest": "", "tag": tag}})) for tag in ("1.0.0", "1.0.1")
    )
    [job] = of_kind(first, "Job")
    [next_job] = of_kind(second, "Job")
    assert not is_hook(job)
    assert job["metadata"]["name"] != next_job["metadata"]["name"]
    assert job == of_kind(render(merged(preset("hardened"), {"image": {"digest": "", "tag": "1.0.0"}})), "Job")[0]
    assert [found for found in first if is_hook(found) and "test" not in events(found)] == []


@every_preset
def test_helm_test_runs_doctor(name: str) -> None:
    pod = named(rendered(name), "Pod", "louyu-doctor")
    assert events(pod) == {"test"}
    assert pod["spec"]["containers"][0]["args"] == ["doctor"]
    assert pod["spec"]["restartPolicy"] == "Never"
