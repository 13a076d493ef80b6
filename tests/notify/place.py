"""The place of these tests: a community with two groups, three buildings, and the people in them; all invented."""

from louyu.events.v1 import messaging_events_pb2 as messaging_events
from louyu.events.v1 import routing_events_pb2 as routing_events
from louyu_runtime.identity import Principal
from louyu_runtime.ids import community_id, named_id

COMMUNITY = community_id("test-community")
OTHER_COMMUNITY = community_id("other-community")
GROUP_28 = named_id(COMMUNITY, "group", "28")
GROUP_30 = named_id(COMMUNITY, "group", "30-31")
GROUP_NAMES = {GROUP_28: "28号楼", GROUP_30: "30、31号楼"}
BUILDINGS = {GROUP_28: ("28",), GROUP_30: ("30", "31")}
QUESTION = named_id(COMMUNITY, "question", "17")


def person(key: str) -> str:
    """Return a person's id."""
    return named_id(COMMUNITY, "person", key)


def building(key: str) -> str:
    """Return a building's id."""
    return named_id(COMMUNITY, "building", key)


def household(key: str) -> str:
    """Return a household's id; the key is building and flat, "28/3-501"."""
    return named_id(COMMUNITY, "household", key)


def group_changed(group: str, version: int = 1) -> messaging_events.GroupDirectoryChanged:
    """A group's directory."""
    return messaging_events.GroupDirectoryChanged(
        group_id=group,
        version=version,
        name=GROUP_NAMES[group],
        buildings=[
            messaging_events.GroupBuilding(building_id=building(key), key=key, name=f"{key}号楼")
            for key in BUILDINGS[group]
        ],
    )


def household_changed(
    key: str, *members: messaging_events.HouseholdMember, version: int = 1
) -> messaging_events.HouseholdChanged:
    """A household's directory."""
    building_key, flat = key.split("/")
    return messaging_events.HouseholdChanged(
        household_id=household(key),
        version=version,
        building_id=building(building_key),
        building_key=building_key,
        flat=flat,
        members=members,
    )


def member(key: str, *channels: str, group: str = GROUP_28) -> messaging_events.HouseholdMember:
    """Somebody of a household."""
    return messaging_events.HouseholdMember(person_id=person(key), channels=channels, group_ids=[group])


def facts(
    *askers: str,
    state: str = "open",
    urgency: str = "normal",
    text: str = "暖气不热怎么办",
    groups: tuple[str, ...] = (),
) -> routing_events.QuestionFacts:
    """The question, asked by these persons in these groups (building 28's by default)."""
    where = groups or (GROUP_28,) * len(askers)
    return routing_events.QuestionFacts(
        question_id=QUESTION,
        number=17,
        state=state,
        kind="report",
        responder_type="property",
        urgency=urgency,
        group_id=GROUP_28,
        message_seq=1,
        text=text,
        askers=[
            routing_events.Asker(person_id=person(asker), group_id=group, message_seq=1)
            for asker, group in zip(askers, where, strict=True)
        ],
    )


def secretary() -> Principal:
    """The community's secretary."""
    return _principal("wang", "王书记", "secretary", led=frozenset({GROUP_28, GROUP_30}))


def building_head(group: str = GROUP_28) -> Principal:
    """The head of a group's buildings, by default of building 28."""
    return _principal("li", "李阿姨", "building_head", led=frozenset({group}))


def resident(group: str = GROUP_30) -> Principal:
    """A resident."""
    return _principal("zhao", "小赵", "resident", groups=frozenset({group}))


def _principal(
    key: str, name: str, role: str, *, led: frozenset[str] = frozenset(), groups: frozenset[str] = frozenset()
) -> Principal:
    return Principal(
        kind="person",
        id=person(key),
        community_id=COMMUNITY,
        name=name,
        roles=frozenset({role}),
        group_ids=led | groups,
        led_group_ids=led,
    )
