"""Flats as people write them."""

import pytest
from louyu_messaging.errors import FlatNotUnderstood
from louyu_messaging.flats import KnownBuilding, canonical_flat, match_flat

TOWER = KnownBuilding("b28", "28", "28号楼", frozenset({"1-101", "3-501", "3-502", "12-1101", "2-301", "1-301"}))
LOW = KnownBuilding("b3", "3", "3号楼", frozenset({"101", "501"}))
LOW_TOO = KnownBuilding("b5", "5", "5号楼", frozenset({"101", "103"}))
UNKNOWN = KnownBuilding("b9", "9", "九号院", frozenset())


@pytest.mark.parametrize(
    "words",
    [
        "3-501",
        "3单元501",
        "3单元501室",
        "501",
        "501室",
        "28楼3单元501",
        "28号楼3单元501室",
        "28-3-501",
        "28#3-501",
        "二十八号楼三单元501",
        "三单元五零一",
        "三单元五〇一",
        "２８号楼３单元５０１",
        "3 单元 501",
        "3—501",
        "3门501",
        "03单元501",
        "3单元5层501",
        "3单元5层1号",
        "我住3单元501",
        "我是3单元501的业主",
        "我家是3-501，谢谢！",
    ],
)
def test_many_ways_to_write_one_flat(words: str) -> None:
    assert match_flat(words, [TOWER]) == (TOWER, "3-501")


@pytest.mark.parametrize(
    ("words", "flat"),
    [("103", "5/103"), ("3-501", "3/501"), ("5楼501", "3/501"), ("5号楼101", "5/101"), ("3-101", "3/101")],
)
def test_buildings_without_units_that_share_a_group(words: str, flat: str) -> None:
    building, found = match_flat(words, [LOW, LOW_TOO])

    assert f"{building.key}/{found}" == flat


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("暖气不热", "FLAT_UNREADABLE"),
        ("", "FLAT_UNREADABLE"),
        ("1", "FLAT_UNREADABLE"),
        ("1" * 3000, "FLAT_UNREADABLE"),
        ("3单元501" + "的" * 40, "FLAT_UNREADABLE"),
        ("的" * 100_000 + "x", "FLAT_UNREADABLE"),
        ("3单元999", "FLAT_UNKNOWN"),
        ("29号楼3单元501", "FLAT_UNKNOWN"),
        ("301", "FLAT_AMBIGUOUS"),
    ],
)
def test_what_leads_to_no_household(words: str, reason: str) -> None:
    with pytest.raises(FlatNotUnderstood) as refused:
        match_flat(words, [TOWER])

    assert refused.value.reason == reason


def test_one_number_in_two_buildings_asks_for_the_building() -> None:
    with pytest.raises(FlatNotUnderstood) as refused:
        match_flat("101", [LOW, LOW_TOO])

    assert refused.value.reason == "FLAT_AMBIGUOUS"


def test_a_building_whose_flats_are_not_known_takes_any() -> None:
    assert match_flat("九号院2单元301", [UNKNOWN]) == (UNKNOWN, "2-301")
    assert match_flat("2-301", [UNKNOWN]) == (UNKNOWN, "2-301")


@pytest.mark.parametrize(
    ("words", "flat"), [("3-501", "3-501"), ("3单元501", "3-501"), ("a-1203", "A-1203"), ("层", None)]
)
def test_the_canonical_form_of_an_import_file(words: str, flat: str | None) -> None:
    assert canonical_flat(words) == flat
