"""Personal data is masked before anything is published, and what is public stays readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from louyu_runtime.redaction import redact, warnings_of, without_numbers

WORDS = st.text(alphabet="请到楼下停水通知，。！：电话联系的和 ", max_size=12)
GAPS = st.sampled_from(["", " ", "-"])


@st.composite
def mobile_numbers(draw: st.DrawFn) -> str:
    """A mobile number as people write it."""
    gap = draw(GAPS)
    digits = draw(st.sampled_from("3456789")) + draw(st.text(alphabet="0123456789", min_size=9, max_size=9))
    prefix = draw(st.sampled_from(["", "+86", "86"])) if not gap else ""
    return f"{prefix}1{digits[:2]}{gap}{digits[2:6]}{gap}{digits[6:]}"


@st.composite
def flats(draw: st.DrawFn) -> tuple[str, str]:
    """A flat as people write it, and the digits that must not be seen."""
    unit, floor, door = draw(st.integers(1, 9)), draw(st.integers(1, 28)), draw(st.integers(1, 8))
    number = f"{floor}{door:02}"
    return draw(
        st.sampled_from(
            [
                (f"{unit}单元{number}", number),
                (f"{unit}-{number}", number),
                (f"{number}室", number),
                (f"28号楼{unit}单元{number}室", number),
            ]
        )
    )


@given(WORDS, mobile_numbers(), WORDS)
def test_no_mobile_number_survives(before: str, number: str, after: str) -> None:
    published = redact(before + number + after).text
    assert number not in published
    assert "".join(sign for sign in number if sign.isdigit())[-11:] not in published.replace(" ", "").replace("-", "")


@given(WORDS, flats(), WORDS)
def test_no_flat_survives(before: str, flat: tuple[str, str], after: str) -> None:
    written, number = flat
    assert number not in redact(f"{before}，{written}，{after}").text


@given(st.text(alphabet="0123456789-０１２ 室单元王张先生女士：业主号楼aZ@.年月", max_size=60))
def test_redacting_again_changes_nothing_and_no_text_grows(text: str) -> None:
    once = redact(text)
    assert len(once.text) == len(text)
    assert redact(once.text).text == once.text


@given(st.text(alphabet="停水通知请大家注意安全，。！？ \n", max_size=80))
def test_a_text_without_personal_data_stays_as_it_is(text: str) -> None:
    assert redact(text).text == text
    assert warnings_of(redact(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "2026年11月22日 18:00-20:00 停水，11-25 恢复",
        "着火打119，报警110，急救120，热线12345",
        "物业值班电话 010-64281234",
        "客服热线 400-810-1234",
        "请28号楼168户居民到场",
        "每户补贴 1200 元，共 2000 元",
        "3单元1层大厅",
        "费用2025-2026年度",
        "1、2、3、5、6、8、9、12、15、20号楼停水",
        "13、15、18、20、21、2号楼停电",
        "二〇二六年十一月二十五日，一单元三楼",
        "①关好窗 ②收衣服 ③看好孩子",
        "一楼二三四层",
    ],
)
def test_what_is_public_stays_readable(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("身份证110105194912310021", "110105194912310021"),
        ("身份证 11010519491231002X", "11010519491231002X"),
        ("卡号 6222 0202 0011 2233 445", "2233"),
        ("家里电话 64281234", "64281234"),
        ("感谢张伟先生", "伟"),
        ("欧阳小红女士", "小红"),
        ("业主：李明", "李明"),
        ("京A12345 挡了消防通道", "A12345"),
        ("发到 li.ming@example.com", "li.ming"),
        ("１３８１２３４５６７８", "１３８１２３４５６７８"),
        ("28-3-501漏水", "501"),
        ("三单元五〇二漏水", "五〇二"),
        *(
            (text, "0013")
            for text in ("138.0013.8000", "138·0013·8000", "138 - 0013 - 8000", "138（0013）8000", "138，0013，8000")
        ),
        ("1 3 8 0 0 1 3 8 0 0 0", "8 0 0 1 3"),
        ("138\u200b0013\u200b8000", "0013"),
        ("1101051949\u20601231\u2060002X", "1231"),
        ("①③⑧⓪⓪①③⑧⓪⓪⓪", "⓪⓪①③"),
        ("幺三八零零幺三八零零零", "零零幺三"),
        ("٢٨-٣-٥٠١漏水", "٥٠١"),
        ("发到 li．ming＠example．com", "ming"),
    ],
)
def test_personal_data_is_hidden(text: str, hidden: str) -> None:
    assert hidden not in redact(text).text


def test_warnings_say_what_was_hidden_without_showing_it() -> None:
    warnings = warnings_of(redact("找13812345678"), redact("或13912345678，3单元501室"))
    assert len(warnings) == 2
    assert "2 处手机号" in warnings[0]
    assert not any("138" in warning for warning in warnings)


def test_without_numbers_the_door_can_be_found_but_nobody_phoned() -> None:
    text = "3单元502李大爷，电话13800138000，邮箱li@example.org"
    assert without_numbers(text) == "3单元502李大爷，电话138****8000，邮箱**************"
