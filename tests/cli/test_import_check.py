"""`louyu import --check`: every fault of a file is told with file, line, field and mend, without a platform."""

from pathlib import Path

import pytest

from tests.cli.conftest import Louyu

GOOD = """\
community: small
name: 小区
buildings:
  - {key: "1", flats: [1-101, 1-102]}
groups:
  - {key: "1", buildings: ["1"]}
people:
  - key: li
    name: 李
    building: "1"
    flat: 1-101
    roles: [{role: building_head, groups: all}]
responders:
  - {key: wuye, type: property, name: 物业}
screens:
  - {key: a, group: "1"}
"""

# Each: what is replaced in the good file, by what, and the line that must be said.
FAULTS = {
    "a missing field": ("community: small\n", "", "1: community: is missing; add it"),
    "an unknown field": ("screens:", "screnes:", "16: screnes: is not known here; remove it or correct its spelling"),
    "an unknown field within": ("flat: 1-101\n", "flatt: 1-101\n", "11: people[0].flatt: is not known here"),
    "a key given twice": ("name: 小区\n", "name: 小区\nname: 大区\n", "3: 'name' is given twice; keep one"),
    "YAML that is none": ('["1"]}', '["1"}', "6: not readable as YAML"),
    "two documents": ("screens:", "---\nscreens:", "15: not readable as YAML: but found another document"),
    "an alias": ("name: 物业", "name: *name", "not readable as YAML: found undefined alias"),
    "an anchor used again": (
        "small\nname: 小区",
        "&a small\nname: *a",
        "1: what has an anchor (&name) is used again by *name; write it out",
    ),
    "a tag": ("name: 小区", "name: !!python/name:os.system 小区", "2: the tag tag:yaml.org,2002:python/name:os.system"),
    "a key that is a list": ("name: 小区", "? [a, b]\n: 小区", "2: a key must be a plain word"),
    "a control character": ("小区", "小\x07区", "2: holds a control character; remove it"),
    "a list where fields belong": ('- {key: a, group: "1"}', "- a", "16: screens[0]: must hold named fields"),
    "fields where a list belongs": ("[1-101, 1-102]", "1-101", "4: buildings[0].flats: must be a list"),
    "a text where a list belongs": ('buildings: ["1"]}', "buildings: one}", "6: groups[0].buildings: must be a list"),
    "an ill-formed key": ("key: wuye", "key: Wu Ye", "14: responders[0].key: must be 1 to 64 of a-z"),
    "an ill-formed flat": ("1-102]", '"1 102"]', "4: buildings[0].flats[1]: must be a flat such as 3-501"),
    "a rule out of bounds": (
        "[1-101, 1-102]",
        "{units: 0, floors: 2, per_floor: 2}",
        "4: buildings[0].flats.units: must be greater than or equal to 1",
    ),
    "a rule that is not whole": ("[1-101, 1-102]", "{units: 1}", "4: buildings[0].flats.floors: is missing; add it"),
    "a name over two lines": (
        "name: 李",
        'name: "李\\n四"',
        "9: people[0].name: must have 1 to 40 characters on one line",
    ),
    "an unknown role": ("building_head", "king", "12: people[0].roles[0].role: must be 'resident', 'building_head'"),
    "groups that are neither a list nor all": (
        "groups: all",
        "groups: some",
        "12: people[0].roles[0].groups: must be 'all'",
    ),
    "staff without responder": ("building_head", "staff", "12: people[0].roles[0]: staff work for a responder"),
    "a responder for others than staff": (
        "groups: all",
        "groups: all, responder: wuye",
        "12: people[0].roles[0].responder: is for the role staff only",
    ),
    "a second manager who is no building head": (
        "building_head, groups: all",
        "liaison, groups: all, second: true",
        "12: people[0].roles[0].second: is for the role building_head only",
    ),
    "an unknown kind of member": (
        "    flat: 1-101\n",
        "    flat: 1-101\n    kind: king\n",
        "people[0].kind: must be 'owner'",
    ),
    "an owner without flat": (
        '    building: "1"\n    flat: 1-101\n',
        "    kind: owner\n",
        "10: people[0].kind: owner is for those with a flat",
    ),
    "reading forbidden where nobody is confirmed": (
        "name: 小区",
        "name: 小区\ndoubted_may_not_read: true",
        "3: doubted_may_not_read: needs `confirm_residency: true`",
    ),
    "an unknown responder": (
        "building_head, groups: all",
        "staff, groups: all, responder: others",
        "12: people[0].roles[0].responder: there is no responder 'others' in this file",
    ),
    "an unknown building": (
        'buildings: ["1"]',
        'buildings: ["2"]',
        "6: groups[0].buildings[0]: there is no building '2'",
    ),
    "an unknown group": ('group: "1"', 'group: "9"', "16: screens[0].group: there is no group '9' in this file"),
    "a flat that is not in the building": (
        "flat: 1-101",
        "flat: 1-999",
        "11: people[0].flat: building '1' has no flat '1-999'",
    ),
    "a flat without building": ('    building: "1"\n', "", "10: people[0].flat: needs a building"),
    "a building without flat": ("    flat: 1-101\n", "", "10: people[0].building: needs a flat"),
    "a flat listed twice": ("1-102]", "1-101]", "4: buildings[0].flats[1]: is listed twice"),
    "two of one key": (
        '- {key: a, group: "1"}',
        '- {key: a, group: "1"}\n  - {key: a, group: "1"}',
        "17: screens[1].key: is used twice",
    ),
    "one join code for two groups": (
        '- {key: "1", buildings: ["1"]}\npeople',
        '- {key: "1", buildings: ["1"], join_code: ABCDEF}\n  - {key: "2", buildings: ["1"], join_code: ABCDEF}\npeople',
        "7: groups[1].join_code: is used twice among groups",
    ),
    "a short join code": (
        'buildings: ["1"]}',
        'buildings: ["1"], join_code: A}',
        "6: groups[0].join_code: must be 6 to 32",
    ),
    "messages kept for too short": (
        "name: 小区",
        "name: 小区\nkeep_messages_days: 7",
        "3: keep_messages_days: must be 30 to 3650 days, or 0 to keep them until somebody removes them",
    ),
    "a span without unit": (
        "name: 小区",
        "name: 小区\nchase: {neighbour_window: 5}",
        "3: chase.neighbour_window: must be a span",
    ),
    "a span that is too long": (
        "name: 小区",
        "name: 小区\nchase: {neighbour_window: 2d}",
        "3: chase.neighbour_window: must be 1s to 24h",
    ),
    "a time that is none": (
        "name: 小区",
        "name: 小区\nchase: {quiet_from: 25:00}",
        "3: chase.quiet_from: must be a time of day",
    ),
    "an unknown time zone": (
        "name: 小区",
        "name: 小区\nchase: {time_zone: Mars/Base}",
        "3: chase.time_zone: must be a time zone",
    ),
    "a resident of no flat": (
        "responders:",
        'residents:\n  - building: "1"\n    people: {1-999: 王}\nresponders:',
        "15: residents[0].people.1-999: building '1' has no flat '1-999'",
    ),
    "an address of two people": (
        "    roles: [{role: building_head, groups: all}]\n",
        "    wechat: {account: a, openid: o}\n  - {key: wang, name: 王, wechat: {account: a, openid: o}}\n",
        "13: people[1].wechat: is used twice among people",
    ),
}


def test_a_good_file_is_good(louyu: Louyu, nowhere: Path) -> None:
    (nowhere / "good.yaml").write_text(GOOD, encoding="utf-8")
    answer = louyu("import", "--check", "good.yaml")
    assert (answer.exit_code, answer.out) == (0, "good.yaml: good\n")


def test_the_demo_community_is_good(louyu: Louyu) -> None:
    import louyu_cli.demo

    (folder,) = louyu_cli.demo.__path__
    answer = louyu("import", "--check", *(str(path) for path in Path(folder).glob("*.yaml")))
    assert answer.exit_code == 0, answer.err


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_file_line_field_and_mend(louyu: Louyu, nowhere: Path, fault: str) -> None:
    before, after, words = FAULTS[fault]
    assert GOOD.count(before) == 1 or before == "1-102]"
    (nowhere / "bad.yaml").write_text(GOOD.replace(before, after, 1), encoding="utf-8")
    answer = louyu("import", "--check", "bad.yaml")
    assert answer.exit_code == 1
    assert any(f"bad.yaml:{words}" in line or words in line for line in answer.lines), answer.err
    assert all(line.startswith(("louyu import: bad.yaml:", "bad.yaml:")) for line in answer.lines), answer.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "bad.yaml:1: the file is empty"),
        (b"- a\n", "bad.yaml:1: must begin with keys such as `community:` and `name:`"),
        (b"community: a\nname: caf\xe9\n", "bad.yaml:2: not UTF-8; save the file as UTF-8"),
        (b"community: a\nname: " + b"[" * 30 + b"]" * 30, "bad.yaml:2: nested too deeply"),
        (b"community: a\nname: " + b"[" * 9000 + b"]" * 9000, "bad.yaml:2: nested too deeply"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "bad.yaml:1: what has an anchor"),
    ],
    ids=["empty", "no mapping", "not UTF-8", "deep", "deeper than any stack", "a bomb of aliases"],
)
def test_a_file_that_is_no_community_at_all(louyu: Louyu, nowhere: Path, content: bytes, words: str) -> None:
    (nowhere / "bad.yaml").write_bytes(content)
    answer = louyu("import", "--check", "bad.yaml")
    assert answer.exit_code == 1
    assert words in answer.err


def test_all_faults_of_all_files_are_told_at_once(louyu: Louyu, nowhere: Path) -> None:
    (nowhere / "first.yaml").write_text("community: A B\nnam: x\n", encoding="utf-8")
    (nowhere / "good.yaml").write_text(GOOD, encoding="utf-8")
    answer = louyu("import", "--check", "first.yaml", "good.yaml", "none.yaml")
    assert answer.exit_code == 1
    for words in (
        "first.yaml:1: community:",
        "first.yaml:2: nam:",
        "first.yaml:1: name: is missing",
        "none.yaml: cannot be read",
    ):
        assert words in answer.err


def test_nothing_is_sent_when_a_file_has_a_fault(louyu: Louyu, nowhere: Path) -> None:
    (nowhere / "bad.yaml").write_text("community: A B\n", encoding="utf-8")
    assert "bad.yaml:1: community:" in louyu("import", "bad.yaml").err


MORE_FAULTS = {
    "a responder type that is nearly one": (
        "type: property",
        "type: propertyy",
        "14: responders[0].type: 'propertyy' is provided by no installed plugin; is 'property' meant?",
    ),
    "a setting of a responder": (
        "name: 物业}",
        "name: 物业, settings: {react_high_minutes: soon}}",
        "14: responders[0].settings.react_high_minutes: must be",
    ),
    "a role in Chinese": ("role: building_head", "role: 楼长", "not '楼长'; is 'building_head' meant?"),
    "a field that is nearly one": ("name: 物业}", "name: 物业, setings: {}}", "(is 'settings' meant?)"),
    "a value that is left out": ("name: 李", "name:", "9: people[0].name: is empty; write a value after the colon"),
    "residents that are no flats": (
        "responders:",
        'residents:\n  - building: "1"\n    people: [王]\nresponders:',
        "15: residents[0].people: must hold flats and names, such as {1-101: 王家",
    ),
    "two of one name in one home": (
        "responders:",
        'residents:\n  - building: "1"\n    people: {1-101: 李}\nresponders:',
        "15: residents[0].people.1-101: '李' of this flat stands in people[0] already; keep one of the two",
    ),
    "one flat written in two ways": ("1-102]", "1-101, 01-101]", "4: buildings[0].flats[1]: is listed twice"),
    "a flat with a letter for a digit": ("flat: 1-101", "flat: 1-1O1", "11: people[0].flat: must be a flat such as"),
    "a full-width colon": (
        "name: 小区",
        "name：小区",
        "2: not readable as YAML: could not find expected ':'; the sign ：",
    ),
    "a tab": ("name: 小区", "name: 小区\n\tdistrict: x", "indent with spaces, not with tabs"),
    "a quote that is not closed": (
        "name: 小区",
        "name: '小区",
        "2: not readable as YAML: found unexpected end of stream",
    ),
    "a former home that is none": (
        "flat: 1-101\n",
        "flat: 1-101\n    was: {flat: 9}\n",
        "12: people[0].was.flat: must be a flat",
    ),
}


@pytest.mark.parametrize("fault", MORE_FAULTS)
def test_a_fault_says_the_mend(louyu: Louyu, nowhere: Path, fault: str) -> None:
    before, after, words = MORE_FAULTS[fault]
    assert GOOD.count(before) == 1 or before == "1-102]"
    (nowhere / "bad.yaml").write_text(GOOD.replace(before, after, 1), encoding="utf-8")
    answer = louyu("import", "--check", "bad.yaml")
    assert answer.exit_code == 1
    assert any(words in line for line in answer.lines), answer.err


def test_a_check_says_that_no_platform_was_asked(louyu: Louyu, nowhere: Path) -> None:
    (nowhere / "good.yaml").write_text(GOOD, encoding="utf-8")
    assert "no platform runs here" in louyu("import", "--check", "good.yaml").err


def test_two_files_of_one_community_are_not_pruned(louyu: Louyu, nowhere: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (nowhere / name).write_text(GOOD, encoding="utf-8")
    answer = louyu("import", "--check", "--prune", "one.yaml", "two.yaml")
    assert answer.exit_code == 1
    assert "one.yaml:1: community: several files define 'small'" in answer.err
