"""Every text of the pages has its English, and the reader gets the language that they chose or prefer."""

import re
from pathlib import Path

import pytest
from louyu_gateway.pages import words
from louyu_gateway.pages.console_residents import SHOWN
from louyu_gateway.pages.join import CONSENT_LINES
from louyu_gateway.pages.permission_table import AREAS
from louyu_gateway.pages.texts import choose_language, english

PACKAGE = Path(words.__file__).parent.parent
CHINESE = re.compile("[\u4e00-\u9fff]")


def texts_in_use() -> set[str]:
    found = set(CONSENT_LINES) | {words.SECOND, *SHOWN.values()} | permission_texts()
    for template in (PACKAGE / "templates").rglob("*.html"):
        found |= {match[1] for match in re.findall(r"""\b_\(\s*(["'])(.+?)\1""", template.read_text("utf-8"))}
    for module in PACKAGE.rglob("*.py"):
        found |= set(re.findall(r"""\btexts\(\s*"([^"]+)"\s*[,)]""", module.read_text("utf-8")))
    for table in (
        words.ROLES,
        words.KINDS,
        words.RESPONDERS,
        words.OUTCOMES,
        words.CHANNELS,
        words.VISITS,
        words.URGENCIES,
        words.MEMBER_KINDS,
        words.WEEKDAYS,
    ):
        found |= set(table.values())
    for toned in (words.STATES, words.WHAT, words.REACH, words.PLUGIN_STATES, words.RESIDENCIES):
        found |= {label for label, _ in toned.values()}
    return {text for text in found if CHINESE.search(text)}


def permission_texts() -> set[str]:
    found = set()
    for area in AREAS:
        found |= {area.name, *(deed.what for deed in area.deeds), *(deed.within for deed in area.deeds)}
    return found


def test_every_text_has_its_english() -> None:
    assert texts_in_use() - english().keys() == set()


def test_translations_name_the_same_values() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert {chinese for chinese, text in english().items() if names(chinese) != names(text)} == set()


@pytest.mark.parametrize(
    ("cookie", "accepts", "language"),
    [
        (None, "", "zh"),
        (None, "fr", "zh"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "en-GB,en;q=0.9,zh;q=0.3", "en"),
        ("zh", "en", "zh"),
        ("en", "zh-CN", "en"),
        ("xx", "en;q=oops,zh", "zh"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_preferred_one(cookie: str | None, accepts: str, language: str) -> None:
    assert choose_language(cookie, accepts) == language
