"""Coverage: which households have somebody in the group, and who may know."""

import pytest
from louyu.messaging.v1 import membership_pb2 as proto
from louyu_messaging.coverage import HouseholdSeen, by_building
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal

from tests.messaging.community import GROUP_28, GROUP_SMALL, person
from tests.messaging.membership import HEAD, SECRETARY, STAFF, Membership


async def test_households_without_anybody_are_told_by_building_and_unit(membership: Membership) -> None:
    await membership.messaging.join("beili-28", "2-301", "1", name="陈叔", kind=proto.MEMBER_KIND_ABSENT_OWNER)

    found = (await membership.call("GetCoverage", HEAD, group_id=GROUP_28)).coverage

    assert (found.household_count, found.covered_count, found.absent_owner_count) == (20, 3, 1)
    assert found.unconfirmed_count == 1
    (building,) = found.buildings
    assert building.name == "28号楼"
    first, second = building.units
    assert (first.unit, first.household_count, first.covered_count) == ("1", 10, 2)
    assert list(first.missing_flats)[:3] == ["1-102", "1-202", "1-301"]
    assert (second.covered_count, list(second.absent_owner_flats)) == (1, ["2-301"])
    assert "2-301" not in second.missing_flats


async def test_a_resident_of_the_flat_covers_it_beside_its_absent_owner(membership: Membership) -> None:
    await membership.messaging.join("beili-28", "2-301", "1", name="陈叔", kind=proto.MEMBER_KIND_ABSENT_OWNER)
    await membership.messaging.join("beili-28", "2-301", "2", name="小周", kind=proto.MEMBER_KIND_TENANT)

    found = (await membership.call("GetCoverage", HEAD, group_id=GROUP_28)).coverage

    assert (found.covered_count, found.absent_owner_count) == (4, 0)


async def test_each_sees_the_groups_that_they_look_after(membership: Membership) -> None:
    async def groups(who: Principal) -> list[str]:
        answer = await membership.call("ListCoverage", who)
        return [f"{each.group_name} {each.covered_count}/{each.household_count}" for each in answer.groups]

    assert await groups(SECRETARY) == ["28号楼 3/20", "3号楼、5号楼 1/4"]
    assert await groups(HEAD) == ["28号楼 3/20"]
    for who, group, reason in (
        (HEAD, GROUP_SMALL, "GROUP_NOT_FOUND"),
        (person("zhang", "building_head"), GROUP_28, "NOT_ENTITLED"),
        (STAFF, GROUP_28, "PERMISSION_DENIED"),
        (person("zhang"), GROUP_28, "PERMISSION_DENIED"),
    ):
        with pytest.raises(RemoteError, match=reason):
            await membership.call("GetCoverage", who, group_id=group)


def test_flats_stand_in_the_order_of_a_walk() -> None:
    flats = ["10-101", "2-1001", "2-301", "2-B1", "1-101"]
    (building,) = by_building(HouseholdSeen("b", "2号楼", flat, False, False) for flat in flats)

    assert [unit.missing_flats for unit in building.units] == [("1-101",), ("2-301", "2-1001", "2-B1"), ("10-101",)]
    names = [
        each.name for each in by_building(HouseholdSeen(name, name, "1", True, True) for name in ("12号楼", "2号楼"))
    ]
    assert names == ["2号楼", "12号楼"]
