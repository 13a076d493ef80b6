"""Rights: which announcements somebody may see, and to whom somebody may speak. Who may call at all: `permissions`.

Liaison and secretary act for the whole community; building heads and harmony promoters for the groups that they lead.
Residents see what was announced to everybody or to a group of theirs.
"""

from collections.abc import Sequence

from louyu_runtime.identity import Principal
from louyu_runtime.permissions import LEADERS, OFFICE

from louyu_notify.announcement import Announcement
from louyu_notify.errors import AnnouncementNotFound, GroupNotFound, InvalidField


def speaks_for_community(principal: Principal) -> bool:
    """Whether the principal acts for every group of the community."""
    return principal.is_operator or bool(principal.roles & OFFICE)


def check_audience(principal: Principal, group_ids: Sequence[str]) -> None:
    """Raise unless the principal may announce something to these groups; none means the whole community."""
    if speaks_for_community(principal):
        return
    if not group_ids:
        raise InvalidField(
            "announcement.group_ids",
            "is empty, which is the whole community: name the groups that you lead",
            resident_text="请选择要通知的楼；给全社区发通知要请社区工作人员来发。",
        )
    if not set(group_ids) <= principal.led_group_ids:
        raise GroupNotFound("announcement.group_ids")


def visible_groups(principal: Principal) -> list[str] | None:
    """Return the groups whose announcements the principal sees beside those for everybody; None: all of them."""
    return None if speaks_for_community(principal) else sorted(principal.group_ids | principal.led_group_ids)


def check_visible(principal: Principal, announcement: Announcement) -> None:
    """Raise AnnouncementNotFound unless the principal may see the announcement."""
    groups = visible_groups(principal)
    if groups is not None and announcement.group_ids and not set(groups) & set(announcement.group_ids):
        raise AnnouncementNotFound


def looked_after_groups(principal: Principal) -> list[str] | None:
    """Return the groups whose households the principal looks after; None: all of them."""
    return None if speaks_for_community(principal) else sorted(principal.led_group_ids)


def sees_codes(principal: Principal) -> bool:
    """Whether the principal may know the codes of screens."""
    return principal.is_operator or bool(principal.roles & LEADERS)
