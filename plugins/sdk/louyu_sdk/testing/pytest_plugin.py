"""For pytest: a test with the argument `contract_check` runs once for each check of the contract."""

import pytest

from louyu_sdk.testing.contract import CHECKS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hand each check to the tests that ask for `contract_check`."""
    if "contract_check" in metafunc.fixturenames:
        metafunc.parametrize("contract_check", CHECKS, ids=[check.name for check in CHECKS])
