"""The plan of an emergency: head, property staff and liaison at once, at any hour; then the secretary with all of them.

Made by routing itself without asking a plugin: nothing that could be slow or broken stands between an emergency and
those who can help.
"""

from datetime import timedelta

from louyu_sdk import Directory, Plan, ResponderById, Role, RoleInGroup, Step, WhatThen
from louyu_sdk.plan import Whom

FIRST_WINDOW = timedelta(minutes=5)
AGAIN_AFTER = timedelta(minutes=15)
MOST_RESPONDERS = 7


def emergency_plan(responder_type: str, building_keys: tuple[str, ...], directory: Directory) -> Plan:
    """Return who is asked, for a question that concerns this responder type in these buildings.

    The community's own windows hold where they are shorter.
    """
    types = dict.fromkeys(("property", responder_type))
    serving = [one for key in types for one in directory.responders_for(key, building_keys)]
    staff = tuple(ResponderById(one.id) for one in serving[:MOST_RESPONDERS])
    at_once: tuple[Whom, ...] = (RoleInGroup(Role.BUILDING_HEAD), *staff, RoleInGroup(Role.LIAISON))
    return Plan(
        steps=(
            Step(whom=at_once, how_long=min(FIRST_WINDOW, directory.times.building_head), rests_at_night=False),
            Step(
                whom=(RoleInGroup(Role.SECRETARY), *at_once),
                how_long=min(AGAIN_AFTER, directory.times.secretary),
                what_then=WhatThen.REPEAT,
                rests_at_night=False,
            ),
        ),
        promise=timedelta(hours=1),
    )
