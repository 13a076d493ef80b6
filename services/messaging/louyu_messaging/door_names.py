"""Names at the door: which can be shown in a group, and which would be taken for somebody else's.

Whoever has a building's code may give any name, so a name must not speak for an office, nor look like that of the
platform or of somebody who holds a role. Looking alike goes by letters: width, spaces and points make no other name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from louyu_runtime.errors import InvalidArgument

from louyu_messaging.called import LONGEST_NAME
from louyu_messaging.errors import NameMisleading
from louyu_messaging.message import PLATFORM_NAME
from louyu_messaging.seeing import is_seen, shows_something

OFFICES = (
    "楼长",
    "居委",
    "居干",
    "书记",
    "社区",
    "街道",
    "物业",
    "业委会",
    "网格员",
    "和谐促进员",
    "派出所",
    "民警",
    "客服",
    "管理员",
    "官方",
)
"""In a name these claim an office, which is given by the import file and never at the door."""


def check_name(name: str) -> None:
    """Raise InvalidArgument for a name that cannot be shown in a group."""
    if not all(map(_can_be_read, name)) or (name and not shows_something(name)):
        raise InvalidArgument(
            "name has a character that cannot be shown, such as a joined emoji or a line break: leave it out",
            field="name",
            resident_text="称呼里有显示不出来的符号（比如组合表情），请去掉再试。",
        )
    if len(name) > LONGEST_NAME:
        raise InvalidArgument(
            f"name must be 1 to {LONGEST_NAME} characters on one line, or empty",
            field="name",
            resident_text=f"称呼请用1到{LONGEST_NAME}个字。",
        )


def check_not_misleading(name: str, role_holders: Iterable[str], *, has_office: bool) -> None:
    """Raise NameMisleading for the platform's name or one of these, and for an office claimed by somebody without one."""
    heard = _as_heard(name)
    for taken in role_holders:
        if heard and heard == _as_heard(taken):
            raise NameMisleading(taken)
    for claimed in (PLATFORM_NAME, *(() if has_office else OFFICES)):
        if claimed in heard:
            raise NameMisleading(claimed)


def _can_be_read(sign: str) -> bool:
    """Whether a sign is seen or a space, and is none of the radicals that look like a whole character."""
    return sign == " " or (is_seen(sign) and not "\u2e80" <= sign <= "\u2fdf")


def _as_heard(name: str) -> str:
    """Return letters and digits alone, so that no space, point or width makes another name of the same."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", name) if letter.isalnum()).casefold()
