"""Known names of residents are hidden, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from louyu_runtime.known_names import KnownNames, hide_names
from louyu_runtime.redaction import redact

NAMES = KnownNames(
    residents=frozenset(
        {
            "张伟",
            "李小雨",
            "王建",
            "欧阳小红",
            "高兴",
            "安全",
            "王府",
            "张阿姨",
            "小王",
            "热心邻居",
            "孙楼长",
            "Wang Lihua",
            "买买提·艾力",
        }
    ),
    role_holders=frozenset({"王建国", "孙楼长"}),
)


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("请张伟到居委会领取", "请张*到居委会领取"),
        ("感谢李小雨和欧阳小红", "感谢李**和欧阳**"),
        ("业主张伟、李小雨", "业主张*、李**"),
        ("contact Wang Lihua today", "contact W*** ***** today"),
        ("买买提·艾力家漏水", "买买提***家漏水"),
        ("王建国书记和王建都到了", "王建国书记和王*都到了"),
    ],
)
def test_residents_are_hidden_but_for_the_surname(text: str, published: str) -> None:
    assert redact(text, NAMES).text == published


@pytest.mark.parametrize(
    "text",
    [
        "孙楼长通知大家",
        "王建国书记值班",
        "大家都很高兴，注意安全",
        "王府井大街停水",
        "主张伟大复兴",
        "张阿姨、小王，热心邻居",
        "陈小雨也来了",
        "3号楼王建军",
    ],
)
def test_role_holders_places_words_and_ways_of_address_stay(text: str) -> None:
    assert hide_names(text, NAMES) == (text, 0)


def test_names_are_counted_with_the_others() -> None:
    assert redact("李小雨，张伟先生，业主：李明", NAMES).masked == {"姓名": 3}


@given(st.text(alphabet="张伟李小雨王建国欧阳红，。的请找 Wang", max_size=40))
def test_again_changes_nothing_and_no_text_grows(text: str) -> None:
    once = redact(text, NAMES).text
    assert len(once) == len(text)
    assert redact(once, NAMES).text == once
    assert "李小雨" not in once
