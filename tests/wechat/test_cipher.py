"""The platform's message encryption, against the published vector and against hostile cipher texts."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from louyu_gateway.wechat.cipher import CipherError, MessageCipher, decrypt_with_any

from tests.fakes import wechat_push
from tests.wechat.accounts import APP_ID, FORMER_KEY, KEY

CIPHER = MessageCipher.from_encoding_aes_key(APP_ID, KEY)
VECTOR = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def test_published_vector() -> None:
    assert CIPHER.encrypt("我是中文abcd123", b"aaaabbbbccccdddd") == VECTOR
    assert CIPHER.decrypt(VECTOR) == "我是中文abcd123"


@given(texts, st.binary(min_size=16, max_size=16))
@settings(deadline=None)
def test_what_is_encrypted_opens_again(text: str, random: bytes) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(text, random)) == text
    assert wechat_push.decrypt(KEY, APP_ID, CIPHER.encrypt(text, random)) == text
    assert CIPHER.decrypt(wechat_push.encrypt(KEY, APP_ID, text, random)) == text


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode()))
@settings(deadline=None)
def test_any_cipher_text_opens_or_raises_the_one_error(encrypted: str) -> None:
    with pytest.raises(CipherError):
        CIPHER.decrypt(encrypted)


@given(st.binary(min_size=16, max_size=128))
@settings(deadline=None)
def test_any_plain_text_inside_opens_or_raises_the_one_error(plain: bytes) -> None:
    with pytest.raises(CipherError):
        CIPHER.decrypt(wechat_push.encrypt_raw(KEY, plain[: len(plain) // 16 * 16]))


def _plain(*, length: int | None = None, app_id: str = APP_ID, message: bytes = b"<xml/>", padding: bytes = b"") -> str:
    head = b"r" * 16 + (len(message) if length is None else length).to_bytes(4, "big")
    plain = head + message + app_id.encode()
    n = 32 - len(plain) % 32
    return wechat_push.encrypt_raw(KEY, plain + (padding or bytes([n]) * n))


def test_a_wrong_part_does_not_open() -> None:
    assert CIPHER.decrypt(_plain()) == "<xml/>"
    n = 32 - (26 + len(APP_ID)) % 32
    wrong = {
        "another app id": _plain(app_id="wxb11529c136998cb7"),
        "app id with more behind it": _plain(app_id=APP_ID + "x"),
        "no app id": _plain(app_id=""),
        "length beyond the end": _plain(length=7 + len(APP_ID)),
        "length with the highest bit": _plain(length=2**32 - 1),
        "length too small": _plain(length=5),
        "padding of zeros": _plain(padding=bytes(n)),
        "padding over 32, consistent": _plain(padding=bytes([n + 32]) * (n + 32)),
        "base64 with a foreign sign": _plain()[:8] + "!" + _plain()[8:],
        "padding bytes that differ": _plain(padding=b"\x00" + bytes([n]) * (n - 1)),
        "message that is not UTF-8": _plain(message=b"\xff\xfe"),
        "padding that eats the head": wechat_push.encrypt_raw(KEY, bytes([32]) * 32),
        "empty": "",
        "not base64": "*" * 64,
        "letters outside ASCII": "密" * 64,
        "half a block": base64.b64encode(b"x" * 24).decode(),
        "another key": wechat_push.encrypt(FORMER_KEY, APP_ID, "<xml/>"),
    }
    for name, encrypted in wrong.items():
        with pytest.raises(CipherError):
            pytest.fail(f"{name} opened: {CIPHER.decrypt(encrypted)!r}")


def test_a_whole_block_of_padding_opens() -> None:
    message = "x" * (64 - 20 - len(APP_ID))
    assert CIPHER.decrypt(CIPHER.encrypt(message, bytes(16))) == message
    assert len(base64.b64decode(CIPHER.encrypt(message, bytes(16)))) == 96


def test_the_random_bytes_need_not_be_text() -> None:
    assert CIPHER.decrypt(CIPHER.encrypt("好", bytes(range(240, 256)))) == "好"


def test_the_last_character_of_a_key_may_carry_superfluous_bits() -> None:
    # The last character holds 6 bits of which 2 are dropped, so these four are one key.
    keys = [KEY[:-1] + last for last in "EFGH"]
    ciphers = {MessageCipher.from_encoding_aes_key(APP_ID, key).encrypt("a", bytes(16)) for key in keys}
    assert len(ciphers) == 1


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "A", KEY[:-1] + "=", KEY[:-1] + "-", KEY + "\n"])
def test_what_is_not_43_letters_or_digits_is_no_key_and_is_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="43 letters or digits") as caught:
        MessageCipher.from_encoding_aes_key(APP_ID, key)
    assert not key or key not in str(caught.value)


def test_the_former_key_still_opens_and_is_named() -> None:
    former = MessageCipher.from_encoding_aes_key(APP_ID, FORMER_KEY)
    assert decrypt_with_any((CIPHER, former), former.encrypt("旧", bytes(16))) == ("旧", former)
    assert decrypt_with_any((CIPHER, former), CIPHER.encrypt("新", bytes(16))) == ("新", CIPHER)
    with pytest.raises(CipherError):
        decrypt_with_any((CIPHER,), former.encrypt("旧", bytes(16)))


def test_a_cipher_does_not_show_its_key() -> None:
    assert repr(CIPHER) == f"MessageCipher(app_id='{APP_ID}')"
