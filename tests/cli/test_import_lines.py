"""What services find wrong in a file is told with the line of the file, whichever field of a call they name."""

from pathlib import Path

import pytest
from louyu_cli.community.applying import Change, Outcome
from louyu_cli.community.reading import read_community
from louyu_messaging.definition_check import DefinitionCheck
from louyu_messaging.wire import definition_of

FILE = """\
community: small
name: 小区
buildings:
  - {key: "1", flats: [1-101, 1-102]}
groups:
  - key: "1"
    buildings: ["1"]
    join_code: ABCDEF
people:
  - key: li
    name: 李
    building: "1"
    flat: 1-101
    wechat:
      account: beili
      openid: oLI
    roles:
      - {role: building_head, groups: all}
      - role: staff
        responder: wuye
        groups:
          - "1"
responders:
  - {key: wuye, type: property, name: 物业, settings: {react_high_minutes: "5"}}
residents:
  - building: "1"
    people:
      1-101: 王
      1-102:
        - 张
        - {name: 赵, was: 钱}
screens:
  - {key: a, group: "1", code: ABCDEF}
chase:
  time_zone: Asia/Shanghai
"""


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("community.name", "2: name"),
        ("community_name", "2: name"),
        ("community.buildings[0].flats[1]", "4: buildings[0].flats[1]"),
        ("community.groups[0].building_keys[0]", "7: groups[0].buildings[0]"),
        ("community.groups[0].join_code", "8: groups[0].join_code"),
        ("community.people[0].name", "11: people[0].name"),
        ("community.people[0].building_key", "12: people[0].building"),
        ("community.people[0].addresses[0].address", "15: people[0].wechat"),
        ("community.people[0].memberships[0].group_key", "18: people[0].roles[0].groups"),
        ("community.people[0].memberships[1].group_key", "22: people[0].roles[1].groups[0]"),
        ("community.people[0].memberships[1].responder_key", "20: people[0].roles[1].responder"),
        ("community.people[1].name", "28: residents[0].people.1-101"),
        ("community.people[2].flat", "30: residents[0].people.1-102[0]"),
        ("community.people[3].name", "31: residents[0].people.1-102[1]"),
        ("responders[0].type", "24: responders[0].type"),
        ("responders[0].settings.react_high_minutes", "24: responders[0].settings.react_high_minutes"),
        ("screens[0].group_key", "33: screens[0].group"),
        ("time_zone", "35: chase.time_zone"),
        ("chase.time_zone", "35: chase.time_zone"),
    ],
)
def test_a_field_of_a_call_has_its_line(tmp_path: Path, field: str, told: str) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(FILE, encoding="utf-8")
    source = read_community(path).source
    assert source.remote_fault(field, f"{field} is wrong") == f"{path}:{told}: is wrong"


@pytest.mark.parametrize(
    ("kind", "number", "is_much"), [("household", 5, False), ("household", 6, True), ("person", 5, False)]
)
def test_much_is_removed_only_when_the_number_is_said(tmp_path: Path, kind: str, number: int, is_much: bool) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(FILE, encoding="utf-8")
    changes = [Change(kind, str(each), "", "removed", "") for each in range(number)]
    outcome = Outcome("", created=0, changed=0, unchanged=2_000, removed=number, changes=changes)
    assert outcome.is_much_removed(read_community(path)) is is_much


def test_faults_that_messaging_finds_speak_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(FILE, encoding="utf-8")
    found = read_community(path)
    found.community.people.add(key="li", name="李", building_key="9", flat="1-101")
    faults = DefinitionCheck(definition_of(found.community), known_flats={}, known_groups=()).run()
    told = [found.source.remote_fault(*fault) for fault in faults]
    assert any(line.endswith("'li' is already the key of people[0] (line 10)") for line in told), told
