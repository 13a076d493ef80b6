"""The test kit: examples of what louyu hands to plugins, and the checks that every plugin must pass.

With pytest, one test runs them all, each under its own name:

    from louyu_sdk.testing import ContractCheck
    from my_package import plugin

    def test_keeps_the_contract(contract_check: ContractCheck) -> None:
        contract_check(plugin)
"""

from louyu_sdk.testing.channels import check_channel, example_delivery
from louyu_sdk.testing.contract import CHECKS, ContractCheck
from louyu_sdk.testing.examples import example_change, example_directory, example_question
from louyu_sdk.testing.source import plugins_at

__all__ = [
    "CHECKS",
    "ContractCheck",
    "check_channel",
    "example_change",
    "example_delivery",
    "example_directory",
    "example_question",
    "plugins_at",
]
