"""The table of who may do what says what the services let pass: every call, every role, in both directions."""

import pytest
from louyu_gateway.pages.permission_table import AREAS, JUDGED_INSIDE, ROLES, Deed
from louyu_messaging.role_rights import GRANTED_BY

from tests.docs.permissions_page import TABLES, _roles

DEEDS = [deed for area in AREAS for deed in area.deeds]
CALLS = [f"{name}.{method}" for name, table in TABLES.items() for method, rule in table.items() if rule.roles]


def rule_of(call: str) -> frozenset[str]:
    name, method = call.split(".")
    return _roles(TABLES[name][method])


@pytest.mark.parametrize("call", CALLS)
def test_each_call_of_persons_stands_in_the_table_with_all_of_its_roles(call: str) -> None:
    told = frozenset(role for deed in DEEDS if call in deed.calls for role in deed.roles)

    assert told <= rule_of(call)
    assert (told < rule_of(call)) == (call in JUDGED_INSIDE)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: str(deed.what))
def test_each_deed_is_done_by_calls_that_let_its_roles_pass(deed: Deed) -> None:
    assert deed.calls
    assert deed.roles <= set(ROLES)
    assert all(deed.roles <= rule_of(call) for call in deed.calls)


def test_the_deeds_of_granting_are_the_table_of_role_rights() -> None:
    told = {
        right: {
            role for deed in DEEDS for role in deed.roles if "membership.GrantRole" in deed.calls and name in deed.what
        }
        for name, right in (
            ("书记、包楼居干、工作人员", "liaison"),
            ("：楼长、和谐促进员", "building_head"),
            ("：副楼长", "second"),
        )
    }

    assert told == {
        right: {role for role, given in GRANTED_BY.items() if right in given}
        for right in ("liaison", "building_head", "second")
    }
