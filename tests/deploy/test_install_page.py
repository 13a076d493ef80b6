"""docs/operators/install.md says what the chart takes: its values, the keys of its Secret, the names of its Services."""

import json
import os
import shlex
import subprocess
import sys
import sysconfig
import venv
from functools import reduce
from pathlib import Path

import pytest
from helm_python import HelmRenderError
from louyu_cli.secrets import make_keys
from louyu_runtime.channels_file import read_channels_file

from tests.deploy import install_page
from tests.deploy.cert_manager import MANIFEST, Certificate, Issuer
from tests.deploy.chart import ROLES, ROOT, merged, named, pods, render
from tests.deploy.test_chart_values import DEFAULTS

NAMESPACE = "louyu"


def test_values_of_the_page_render() -> None:
    assert named(render(install_page.values(), namespace=NAMESPACE), "Ingress", "louyu-gateway")


def test_page_makes_exactly_the_keys_that_the_chart_mounts() -> None:
    needed = {
        given["key"] for given in DEFAULTS["secrets"].values() if isinstance(given, dict) and given.get("enabled", True)
    }
    assert set(install_page.addresses()) | set(make_keys()) == needed


def test_page_names_the_certificate_of_every_role() -> None:
    names = install_page.values()["tls"]["secretNames"]
    assert names == {role: install_page.certificate()["secretName"].replace("messaging", role) for role in ROLES}


def test_the_page_makes_a_ca_and_an_issuer_for_the_certificates() -> None:
    found = [MANIFEST.validate_python(manifest) for manifest in install_page.manifests()]
    issuers = {one.metadata.name: one for one in found if isinstance(one, Issuer)}
    certificates = [one for one in found if isinstance(one, Certificate)]
    assert {one.metadata.namespace for one in found} == {NAMESPACE}
    assert {one.spec.issuerRef.name for one in certificates} == issuers.keys(), "each is used, none is missing"
    [authority] = [one for one in certificates if one.spec.isCA]
    assert issuers[authority.spec.issuerRef.name].spec.selfSigned is not None
    for one in certificates:
        if one is not authority:
            signing = issuers[one.spec.issuerRef.name].spec.ca
            assert signing is not None
            assert signing.secretName == authority.spec.secretName
            assert {"server auth", "client auth"} <= set(one.spec.usages)


def test_the_ingress_of_the_page_has_a_certificate_for_the_public_host() -> None:
    for values in (install_page.values(), whole_values()):
        spec = named(render(values, namespace=NAMESPACE), "Ingress", "louyu-gateway")["spec"]
        assert spec["tls"] == [{"hosts": ["louyu.example.org"], "secretName": "louyu-example-org-tls"}]
    annotations = named(render(whole_values(), namespace=NAMESPACE), "Ingress", "louyu-gateway")["metadata"][
        "annotations"
    ]
    assert annotations["cert-manager.io/cluster-issuer"] == "letsencrypt"


def whole_values() -> dict[str, object]:
    """Return the page's values with every further piece laid over them."""
    return reduce(merged, install_page.further_values(), install_page.values())


def test_with_wechat_the_policy_lets_out_and_the_secrets_lie_beside_the_file(tmp_path: Path) -> None:
    objects = render(whole_values(), namespace=NAMESPACE)
    secret, keys = install_page.channels_secret()
    for workload, pod in pods(objects):
        if workload not in ("louyu-gateway", "louyu-notify", "louyu-doctor"):
            continue
        [projected] = [volume["projected"] for volume in pod["spec"]["volumes"] if volume["name"] == "secrets"]
        [given] = [one["secret"] for one in projected["sources"] if one["secret"]["name"] == secret]
        assert {item["key"] for item in given["items"]} == keys
        paths = {item["key"]: tmp_path / workload / item["path"] for item in given["items"]}
        (tmp_path / workload).mkdir()
        for path in paths.values():
            path.write_text("a" * 43 if "aes" in path.name else "abc")
        channels = paths["channels"]
        assert channels.name == "channels-file"
        channels.write_text(install_page.channels_file())
        assert [account.name for account in read_channels_file(channels, {}).accounts] == ["yangli"]
    for role in ("gateway", "notify"):
        egress = named(objects, "NetworkPolicy", f"louyu-{role}")["spec"]["egress"]
        outward = [rule for rule in egress if rule["ports"] == [{"protocol": "TCP", "port": 443}]]
        assert [rule["to"] for rule in outward] == [[{"ipBlock": {"cidr": "0.0.0.0/0"}}]]


def test_a_file_of_the_channels_that_the_chart_mounts_itself_is_refused() -> None:
    with pytest.raises(HelmRenderError, match=r"secrets\.channels\.files names signing-key"):
        render(merged(whole_values(), {"secrets": {"channels": {"files": ["signing-key"]}}}))


def test_the_build_file_with_plugins_is_what_hadolint_takes(tmp_path: Path) -> None:
    build_file = tmp_path / "Containerfile"
    build_file.write_text(install_page.plugin_containerfile())
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    found = subprocess.run([hadolint, "--no-color", build_file], capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("", 0)


def test_the_build_file_with_plugins_stands_on_what_the_image_has() -> None:
    image = (ROOT / "deploy" / "image" / "Containerfile").read_text(encoding="utf-8").split("\nFROM ")[-1]
    lines = install_page.plugin_containerfile().splitlines()
    values = install_page.values()["image"]
    assert lines[0].startswith(f"FROM {values['registry']}/louyu:")
    assert "COPY constraints.txt /opt/louyu/constraints.txt" in image
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 0:0", "USER 10001:10001"]
    assert users[-1] in image


def test_the_build_file_with_plugins_installs_a_plugin_that_louyu_then_loads(tmp_path: Path) -> None:
    """As the build does it: louyu in an environment without pip, and the base image's own pip from outside."""
    environment, wheels = tmp_path / "opt", tmp_path / "wheels"
    venv.create(environment, with_pip=False)
    [site] = environment.glob("lib/python*/site-packages")
    (site / "louyu.pth").write_text("import site; site.addsitedir(" + repr(sysconfig.get_path("purelib")) + ")\n")
    _make_wheel(tmp_path / "plugin", wheels)
    [run] = [line for line in install_page.plugin_containerfile().splitlines() if "pip" in line]
    command = run.removeprefix("RUN ")
    for shown, here in (
        ("/usr/local/bin/python", sys.executable),
        ("/opt/louyu/constraints.txt", str(ROOT / "constraints.txt")),
        ("/opt/louyu", str(environment)),
        ("/wheels/", f"{wheels}/"),
    ):
        assert shown in command
        command = command.replace(shown, here)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOUYU_")}
    done = subprocess.run(
        ["sh", "-c", command], env=clean | {"PIP_NO_INDEX": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    last = install_page.plugin_containerfile().splitlines()[-1]
    _, *arguments = json.loads(last.removeprefix("RUN "))
    listed = subprocess.run(
        [environment / "bin" / "python", "-m", "louyu_cli.main", *arguments, "--json"],
        env=clean,
        capture_output=True,
        text=True,
        check=True,
    )
    states = {row["name"]: row["state"] for row in json.loads(listed.stdout)}
    assert states["noticeboard"] == "installed"
    assert states["property"] == "installed"


def _make_wheel(folder: Path, wheels: Path) -> None:
    folder.mkdir()
    (folder / "louyu_noticeboard.py").write_text(
        "from louyu_sdk import hookimpl\n\nlouyu_contract = 1\n\n\n"
        "@hookimpl\ndef louyu_responder_types():\n    return []\n"
    )
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
        '[project]\nname = "louyu-noticeboard"\nversion = "1.0"\n\n'
        '[project.entry-points."louyu.plugins"]\nnoticeboard = "louyu_noticeboard"\n\n'
        '[tool.hatch.build.targets.wheel]\nonly-include = ["louyu_noticeboard.py"]\n'
    )
    command = f"{shlex.quote(sys.executable)} -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir"
    subprocess.run([*shlex.split(command), wheels, folder], check=True)
