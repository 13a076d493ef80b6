"""Passive replies, read back the way the platform reads them."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from louyu_gateway.wechat.reply import fitted, text_reply

from tests.fakes.wechat_push import Mode, shown
from tests.wechat.accounts import NOW, TEXT, callback, config, opened


def plain_reply(text: str) -> dict[str, str]:
    return {e.tag: e.text or "" for e in ElementTree.fromstring(text_reply(opened().push, text, NOW))}


def test_a_reply_goes_back_to_the_person_from_the_account() -> None:
    assert plain_reply("收到，问题 #17") == {
        "ToUserName": TEXT["FromUserName"],
        "FromUserName": TEXT["ToUserName"],
        "CreateTime": str(int(NOW.timestamp())),
        "MsgType": "text",
        "Content": "收到，问题 #17",
    }


@given(
    st.lists(st.sampled_from(["]]>", "]", ">", "<![CDATA[", "<b>", "&amp;", "👨‍👩‍👧", "暖", "\n", " "])).map("".join)
)
@settings(deadline=None)
def test_any_text_arrives_as_it_was(text: str) -> None:
    assert plain_reply(text)["Content"] == text


@given(st.text(st.characters(), max_size=100))
@settings(deadline=None)
def test_any_text_makes_valid_xml(text: str) -> None:
    assert plain_reply(text)["MsgType"] == "text"


def test_characters_that_xml_forbids_are_left_out() -> None:
    assert plain_reply("a\x00\x0b\ud800\ufffeb")["Content"] == "ab"


@pytest.mark.parametrize("unit", ["x", "é", "暖", "😀"])
def test_a_long_text_is_cut_between_characters_within_2048_bytes(unit: str) -> None:
    content = plain_reply(unit * 3000)["Content"]
    assert 2048 - 4 <= len(content.encode()) <= 2048
    assert set(content[:-1]) == {unit}
    assert content[-1] == "…"


@pytest.mark.parametrize("length", [2047, 2048])
def test_a_text_that_fits_is_not_cut(length: int) -> None:
    assert fitted("x" * length) == "x" * length


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_reply_is_protected_as_the_push_was(mode: Mode) -> None:
    answer = callback(mode).answer(opened(mode), "好的 ]]> 😀", NOW, bytes(range(32)))
    assert ("<Encrypt>" in answer) == (mode != "plain")
    assert shown(config(mode), answer) == "好的 ]]> 😀"
