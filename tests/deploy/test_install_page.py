"""docs/operators/install.md says what the chart takes: its values, the keys of its Secret, the names of its Services."""

from louyu_cli.secrets import make_keys

from tests.deploy import install_page
from tests.deploy.chart import ROLES, named, render
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
