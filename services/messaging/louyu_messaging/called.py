"""What somebody is called in their group: the name given together with the flat, or one that tells nothing of the flat.

Neighbours read the name beside every message, and were promised not to read the flat there. Pure functions.
"""

from __future__ import annotations

import re

from louyu_runtime.known_names import COMPOUND_SURNAMES, SURNAMES

LONGEST_NAME = 20
_LONGEST_BOTH = 60

_ADDRESS = "先生|女士|小姐|太太|大爷|大妈|大叔|大姐|大哥|大娘|阿姨|叔叔|伯伯|爷爷|奶奶|老师|师傅|医生|姐|哥|叔|姨|婶|伯|爷|奶|妈|爸"
_NAME = (
    rf"[\u4e00-\u9fff]{{1,4}}(?:{_ADDRESS})|[老小]?(?:{'|'.join(COMPOUND_SURNAMES)}|[{SURNAMES}])[\u4e00-\u9fff]{{0,2}}"
)
_FLAT_AND_NAME = re.compile(
    rf"(?P<flat>.*[0-9０-９A-Za-z一二三四五六七八九十室房户号])[\s,，、。:：]*(?:我?(?:是|姓|叫)我?)?(?P<name>{_NAME})[\s。.!！~]*"
)


def flat_and_name(words: str) -> tuple[str, str]:
    """Return what "3-502 王阿姨" names: the flat's words and the name; the words as they are, and "", without a name."""
    match = _FLAT_AND_NAME.fullmatch(words.strip()) if len(words) <= _LONGEST_BOTH else None
    return (match["flat"], match["name"]) if match is not None else (words, "")


def name_of_unnamed(group_name: str) -> str:
    """Return what somebody is called who gave no name: "28号楼邻居"."""
    name = f"{group_name}邻居"
    return name if len(name) <= LONGEST_NAME else "邻居"
