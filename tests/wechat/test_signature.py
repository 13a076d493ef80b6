"""Signatures of callbacks. Source of the vectors: platform document "消息加解密说明"."""

import pytest
from louyu_gateway.wechat.signature import is_signed, sign


@pytest.mark.parametrize(
    ("timestamp", "nonce", "signature"),
    [
        ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
    ],
)
def test_published_vectors(timestamp: str, nonce: str, signature: str) -> None:
    assert sign("AAAAA", timestamp, nonce) == signature
    assert is_signed(signature, "AAAAA", timestamp, nonce)


def test_strings_are_sorted_as_text_not_as_numbers() -> None:
    assert sign("t", "1795140001", "9") == sign("9", "1795140001", "t")
    assert sign("t", "1795140001", "9") != sign("t", "91795140001", "")


@pytest.mark.parametrize(
    "signature", ["", "F464B24FC39322E44B38AA78F5EDD27BD1441696", "ü", "\ud800", "0" * 40, "0" * 9999]
)
def test_anything_else_is_not_a_signature(signature: str) -> None:
    assert not is_signed(signature, "AAAAA", "1714036504", "1514711492")
