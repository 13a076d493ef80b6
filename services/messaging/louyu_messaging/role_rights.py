"""Role rights: which role gives and takes which, in a group. The one table of it; the page of permissions shows it too."""

from louyu_messaging.roles import BUILDING_HEAD, STAFF

SECOND = "second"
"""A building head beside the head: the role building_head, held as the second manager."""

GRANTABLE = (BUILDING_HEAD, SECOND, "liaison", "secretary", "harmony_promoter", STAFF)

GRANTED_BY: dict[str, tuple[str, ...]] = {
    # of any group of the community
    "operator": GRANTABLE,
    "secretary": GRANTABLE,
    # of the group itself
    "liaison": (BUILDING_HEAD, SECOND, "harmony_promoter"),
    BUILDING_HEAD: (SECOND,),
    # a second manager chooses no other
    SECOND: (),
}
