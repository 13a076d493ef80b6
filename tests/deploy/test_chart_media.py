"""Where the chart keeps photos and recordings: in a claim that messaging alone mounts, or in a store that it alone reaches."""

from typing import Any

import pytest

from tests.deploy.chart import ROLES, container_of, merged, named, preset, render, rendered


def test_a_claim_is_mounted_in_messaging_alone() -> None:
    objects = render(merged(preset("small"), {"media": {"existingClaim": "photos"}}))

    for role in ROLES:
        spec = named(objects, "Deployment", f"louyu-{role}")["spec"]["template"]["spec"]
        claims = [volume for volume in spec["volumes"] if "persistentVolumeClaim" in volume]
        mounts = [mount["mountPath"] for mount in container_of(objects, role)["volumeMounts"]]
        settings = named(objects, "ConfigMap", f"louyu-{role}")["data"]
        if role == "messaging":
            assert [volume["persistentVolumeClaim"]["claimName"] for volume in claims] == ["photos"]
            assert settings["LOUYU_MEDIA_URL"] == "file:///var/lib/louyu/media"
            assert "/var/lib/louyu/media" in mounts
        else:
            assert claims == []
            assert "LOUYU_MEDIA_URL" not in settings


def test_the_store_is_reached_by_messaging_alone() -> None:
    for role in ROLES:
        policy = named(rendered("hardened"), "NetworkPolicy", f"louyu-{role}")
        ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
        assert (9000 in ports) == (role == "messaging")


def test_doctor_tries_the_store_with_its_keys() -> None:
    objects = rendered("hardened")
    [container] = named(objects, "Pod", "louyu-doctor")["spec"]["containers"]
    settings = {each["name"]: each["value"] for each in container["env"]}
    policy = named(objects, "NetworkPolicy", "louyu-doctor")

    assert settings["LOUYU_MEDIA_URL"] == named(objects, "ConfigMap", "louyu-messaging")["data"]["LOUYU_MEDIA_URL"]
    assert {"LOUYU_MEDIA_ACCESS_KEY_FILE", "LOUYU_MEDIA_SECRET_KEY_FILE"} <= settings.keys()
    assert 9000 in [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"media": {"url": "s3://louyu?endpoint=https://s3.example.org"}}, "media.url names a store that needs keys"),
        (
            {"media": {"url": "s3://louyu?endpoint=https://s3.example.org", "existingClaim": "photos"}},
            "media.url and media.existingClaim are both given",
        ),
    ],
)
def test_what_cannot_be_is_named_with_its_mend(change: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception, match=said):
        render(merged(preset("small"), change))
