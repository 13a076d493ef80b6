"""The property plugin keeps louyu's plugin contract."""

from louyu_property import plugin
from louyu_sdk.testing import ContractCheck


def test_keeps_the_contract(contract_check: ContractCheck) -> None:
    contract_check(plugin)
