"""Words for the account: what a member writes to it alone is understood, and what merely contains such a word is a message.

Compared is the whole message, without spaces, quotation marks and a full stop at its ends. Pure functions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from louyu_messaging.called import flat_and_name
from louyu_messaging.door_state import GroupChoice
from louyu_messaging.flats import read_flat

LONGEST = 60


class Word(StrEnum):
    """What is wanted of the account."""

    HELP = "help"
    OWN_QUESTIONS = "own_questions"
    SWITCH = "switch"
    LEAVE = "leave"


_WORDS = {
    Word.HELP: ("帮助", "菜单", "说明", "使用说明", "怎么用", "help", "?"),
    Word.OWN_QUESTIONS: ("我的", "我的问题", "我的诉求", "我的提问"),
    Word.SWITCH: ("切换", "切换群", "切换群聊", "换群", "换个群"),
    Word.LEAVE: ("退出", "退群", "退出群", "退出群聊", "退出本群", "我要退群", "我要退出"),
}
_BY_WORDS = {words: word for word, several in _WORDS.items() for words in several}
_SWITCH_TO = re.compile(r"(?:切换|换)(?:群)?(?:到|至|成)?[ :]*(.+)")
_A_BUILDING = re.compile(r"[0-9a-z一二三四五六七八九十甲乙丙丁东西南北]{1,4}(?:号楼|号院|楼|栋|幢|座)")

LEAVE_CONFIRMED = frozenset({"确认退出", "确认", "确定", "确定退出", "是", "是的", "对", "退出", "y", "yes"})
MOVE_CONFIRMED = frozenset({"改", "改登记", "修改", "更改", "是", "是的", "对", "确认", "确定"})
POST_CONFIRMED = frozenset({"发", "发送", "发出", "发到群里", "发群里", "发吧"})
DECLINED = frozenset(
    {
        "不",
        "不是",
        "不退",
        "不退出",
        "不退了",
        "不改",
        "不发",
        "不用",
        "不用了",
        "不了",
        "取消",
        "算了",
        "否",
        "no",
        "没事",
    }
)


def plain(text: str) -> str:
    """Return the words without what may stand around them."""
    return unicodedata.normalize("NFKC", text).strip(" \t\r\n\"'“”‘’「」『』。.!~").lower()


def word_of(text: str) -> Word | None:
    """Return what is wanted of the account; None for a message."""
    if len(text) > LONGEST:
        return None
    return _BY_WORDS.get(plain(text)) or _BY_WORDS.get(unicodedata.normalize("NFKC", text).strip())


def switched_to(text: str, groups: Sequence[GroupChoice]) -> GroupChoice | None:
    """Return the group that "切换 28号楼" or, of several groups, "28号楼" names in full; None for a message."""
    if len(text) > LONGEST:
        return None
    words = plain(text)
    match = _SWITCH_TO.fullmatch(words)
    wanted = {match[1].strip()} if match is not None else set()
    if len(groups) > 1:
        wanted.add(words)
    return next((group for group in groups if plain(group.name) in wanted), None)


def switches_elsewhere(text: str) -> bool:
    """Whether the message wants the words sent to some building's group, whether or not the member is in it."""
    match = _SWITCH_TO.fullmatch(plain(text)) if len(text) <= LONGEST else None
    return match is not None and _A_BUILDING.fullmatch(match[1].strip()) is not None


def addressed_to(text: str, groups: Sequence[GroupChoice]) -> GroupChoice | None:
    """Return the group, of several, whose name with a colon begins the message: "28号楼：明天停水"."""
    if len(groups) < 2:
        return None
    words = unicodedata.normalize("NFKC", text).lstrip(" @")
    named = [group for group in groups if words.startswith(f"{unicodedata.normalize('NFKC', group.name)}:")]
    return max(named, key=lambda group: len(group.name), default=None)


def names_a_flat(text: str) -> bool:
    """Whether the message is nothing but a flat, or one and a name: "3单元501", "501室", "3-501 王阿姨".

    A flat counts with its building or unit, or as a room.
    """
    flat, _ = flat_and_name(text)
    return any(
        len(reading.room) >= 3 and (reading.unit or reading.building or re.search(r"[室房]", flat))
        for reading in read_flat(flat)
    )


def is_for_account(text: str, groups: Sequence[GroupChoice]) -> bool:
    """Whether the message may be meant for the account rather than for a group: worth a closer look."""
    return (
        word_of(text) is not None
        or switched_to(text, groups) is not None
        or switches_elsewhere(text)
        or addressed_to(text, groups) is not None
        or names_a_flat(text)
    )
