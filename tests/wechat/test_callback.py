"""The checks of a callback in every mode: what is accepted, what is refused, and that nothing tampered gets through."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from louyu_gateway.wechat.callback import CallbackQuery, Inbound, OfficialAccountCallback
from louyu_gateway.wechat.errors import CallbackError, CallbackMalformed, CallbackRefused
from louyu_gateway.wechat.message import TextMessage
from louyu_runtime.channels_file import PushMode

from tests.fakes.wechat_push import Mode, PushRequest, document, encrypt, push_request, shown, sign
from tests.wechat.accounts import (
    APP_ID,
    FOREIGN_KEY,
    FORMER_KEY,
    KEY,
    NOW,
    TEXT,
    TOKEN,
    account,
    callback,
    config,
    opened,
    pushed,
    query,
)

PUSHED = pushed()
MODES: list[Mode] = ["plain", "compatible", "safe"]


def open_request(request: PushRequest, mode: Mode = "safe", *, former_key: str | None = None) -> Inbound:
    return callback(mode, former_key=former_key).open(query(request.params), request.body.encode(), NOW)


# Address verification


@pytest.mark.parametrize("mode", MODES)
def test_the_echo_is_returned_as_it_came_in_every_mode(mode: Mode) -> None:
    asked = replace(query(pushed("plain").params), echostr="5838479218127813673")
    assert callback(mode).echo(asked, NOW) == "5838479218127813673"


def test_the_published_query_is_echoed_at_its_time() -> None:
    asked = CallbackQuery(
        "f464b24fc39322e44b38aa78f5edd27bd1441696", "1714036504", "1514711492", echostr="4375120948345356249"
    )
    then = NOW.fromtimestamp(1714036504, NOW.tzinfo)
    assert callback().echo(asked, then) == "4375120948345356249"
    with pytest.raises(CallbackRefused, match="clock"):
        callback().echo(asked, NOW)


@pytest.mark.parametrize("echo", ["", "x" * 1025])
def test_no_echo_without_echostr_or_with_an_endless_one(echo: str) -> None:
    with pytest.raises(CallbackMalformed, match="echostr"):
        callback().echo(replace(query(pushed("plain").params), echostr=echo), NOW)


def test_no_echo_with_a_wrong_signature() -> None:
    with pytest.raises(CallbackRefused):
        callback().echo(replace(query(pushed("plain").params), echostr="1", signature="0" * 40), NOW)


# Modes and keys


@pytest.mark.parametrize("mode", MODES)
def test_a_push_in_the_accounts_mode_is_opened(mode: Mode) -> None:
    inbound = opened(mode)
    assert isinstance(inbound.push, TextMessage)
    assert (inbound.push.openid, inbound.push.content) == (TEXT["FromUserName"], TEXT["Content"])
    assert inbound.mode is PushMode(mode)
    assert (inbound.reply_cipher is None) == (mode == "plain")


@pytest.mark.parametrize("account_mode", MODES)
@pytest.mark.parametrize("push_mode", MODES)
def test_what_is_less_safe_than_the_mode_is_refused(account_mode: Mode, push_mode: Mode) -> None:
    request = pushed(push_mode)
    if MODES.index(push_mode) >= MODES.index(account_mode):
        assert open_request(request, account_mode).mode is PushMode(push_mode)
    else:
        with pytest.raises(CallbackRefused, match="the account's mode"):
            open_request(request, account_mode)


def test_only_the_encrypted_copy_counts_in_compatible_mode() -> None:
    request = pushed("compatible")
    for name in ("Content", "FromUserName", "MsgId"):
        request = replace(request, body=request.body.replace(f"<{name}><![CDATA[", f"<{name}><![CDATA[forged"))
    assert open_request(request, "compatible").push == opened("compatible").push


def test_an_encrypted_push_does_not_become_plain_by_dropping_encrypt_type() -> None:
    request = pushed("compatible")
    params = {name: value for name, value in request.params.items() if name not in ("encrypt_type", "msg_signature")}
    with pytest.raises(CallbackRefused):
        open_request(PushRequest(params, request.body.replace("暖气", "forged")), "plain")


def test_a_plain_body_under_an_encrypted_query_is_refused_by_every_mode() -> None:
    request = PushRequest(pushed("safe").params, pushed("plain").body)
    for mode in MODES:
        with pytest.raises(CallbackError):
            open_request(request, mode)


def test_the_former_key_opens_and_the_reply_uses_it() -> None:
    inbound = open_request(pushed(key=FORMER_KEY), former_key=FORMER_KEY)
    answer = callback(former_key=FORMER_KEY).answer(inbound, "好", NOW, bytes(32))
    assert shown(config(key=FORMER_KEY), answer) == "好"
    with pytest.raises(ValueError, match="not encrypted"):
        shown(config(key=KEY), answer)


def test_a_key_that_is_no_longer_the_accounts_does_not_open() -> None:
    with pytest.raises(CallbackRefused, match="no key"):
        open_request(pushed(key=FORMER_KEY))
    with pytest.raises(CallbackRefused, match="no key"):
        open_request(pushed(key=FOREIGN_KEY), former_key=FORMER_KEY)


def test_a_push_for_another_app_id_is_refused() -> None:
    with pytest.raises(CallbackRefused, match="AppID"):
        open_request(push_request(config(app_id="wx0000000000000000"), TEXT, NOW.timestamp()))


def test_a_plain_account_without_keys_refuses_what_is_encrypted() -> None:
    without_keys = OfficialAccountCallback(account("plain", key=None))
    with pytest.raises(CallbackRefused, match="no key"):
        without_keys.open(query(PUSHED.params), PUSHED.body.encode(), NOW)


def test_a_message_hidden_in_an_encrypted_document_type_is_malformed() -> None:
    bomb = '<!DOCTYPE xml [<!ENTITY a "aa">]>' + document(TEXT)
    params, encrypted = pushed().params, encrypt(KEY, APP_ID, bomb)
    params["msg_signature"] = sign(TOKEN, params["timestamp"], params["nonce"], encrypted)
    with pytest.raises(CallbackMalformed, match="document type"):
        open_request(PushRequest(params, document({"ToUserName": "gh_1", "Encrypt": encrypted})))


# Freshness and repeats


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("minutes", [-10, 10])
def test_ten_minutes_off_is_accepted_and_a_second_more_is_refused(mode: Mode, minutes: int) -> None:
    request, door = pushed(mode), callback(mode)
    edge = NOW + timedelta(minutes=minutes)
    door.open(query(request.params), request.body.encode(), edge)
    with pytest.raises(CallbackRefused, match="clock"):
        door.open(query(request.params), request.body.encode(), edge + timedelta(seconds=1 if minutes > 0 else -1))


def test_exchanging_timestamp_and_nonce_does_not_freshen_an_old_query() -> None:
    stale, nonce = "1714036504", str(int(NOW.timestamp()))
    old = CallbackQuery(sign(TOKEN, stale, nonce), stale, nonce, echostr="1")
    with pytest.raises(CallbackRefused):
        callback().echo(old, NOW)
    # The signature allows it; the encrypted message does not come alive, because its key was seen before.
    assert callback().echo(replace(old, timestamp=nonce, nonce=stale), NOW) == "1"


@pytest.mark.parametrize("mode", MODES)
def test_a_repeat_has_the_same_key_whether_its_query_is_fresh_or_not(mode: Mode) -> None:
    request = pushed(mode)
    again = push_request(config(mode), TEXT, NOW.timestamp() + 15)
    keys = {open_request(each, mode).idempotency_key for each in (request, request, again)}
    assert len(keys) == 1
    assert TEXT["FromUserName"] not in keys.pop()


EVENT = {
    "ToUserName": "gh_0123456789ab",
    "FromUserName": "oResident1",
    "CreateTime": str(int(NOW.timestamp())),
    "MsgType": "event",
    "Event": "TEMPLATESENDJOBFINISH",
    "EventKey": "",
    "MsgID": "200",
    "Status": "success",
}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (TEXT, TEXT | {"FromUserName": "oSomebodyElse"}),
        (TEXT, TEXT | {"MsgId": "24000000000000002"}),
        (EVENT, EVENT | {"MsgID": "201"}),
        (EVENT, EVENT | {"FromUserName": "oSomebodyElse"}),
        (EVENT, EVENT | {"CreateTime": str(int(NOW.timestamp()) + 1)}),
        (EVENT | {"Event": "CLICK", "EventKey": "a"}, EVENT | {"Event": "CLICK", "EventKey": "b"}),
        (EVENT | {"Event": "CLICK", "EventKey": "a"}, EVENT | {"Event": "SCAN", "EventKey": "a"}),
    ],
)
def test_pushes_that_differ_where_it_counts_have_different_keys(first: dict[str, str], second: dict[str, str]) -> None:
    assert opened("safe", first).idempotency_key != opened("safe", second).idempotency_key


# Tampering


@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce", "msg_signature"])
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_no_flipped_bit_of_the_query_is_accepted(name: str, data: st.DataObject) -> None:
    asked = query(PUSHED.params)
    value: bytes = getattr(asked, name).encode()
    at = data.draw(st.integers(0, len(value) * 8 - 1))
    flipped = bytes(b ^ (1 << at % 8) if i == at // 8 else b for i, b in enumerate(value))
    with pytest.raises(CallbackError):
        callback().open(replace(asked, **{name: flipped.decode("latin-1")}), PUSHED.body.encode(), NOW)


_START = PUSHED.body.encode().index(b"<Encrypt><![CDATA[") + len(b"<Encrypt><![CDATA[")
_END = PUSHED.body.encode().index(b"]]></Encrypt>")


@given(st.integers(_START * 8, _END * 8 - 1))
@settings(deadline=None, max_examples=300)
def test_no_flipped_bit_of_the_cipher_text_is_accepted(at: int) -> None:
    body = bytes(b ^ (1 << at % 8) if i == at // 8 else b for i, b in enumerate(PUSHED.body.encode()))
    with pytest.raises(CallbackError):
        callback().open(query(PUSHED.params), body, NOW)


@given(st.integers(0, len(PUSHED.body.encode()) * 8 - 1))
@settings(deadline=None, max_examples=300)
def test_a_flipped_bit_anywhere_never_changes_what_is_understood(at: int) -> None:
    body = bytes(b ^ (1 << at % 8) if i == at // 8 else b for i, b in enumerate(PUSHED.body.encode()))
    try:
        inbound = callback().open(query(PUSHED.params), body, NOW)
    except CallbackError:
        return
    assert inbound == callback().open(query(PUSHED.params), PUSHED.body.encode(), NOW)


@given(st.data())
@settings(deadline=None)
def test_any_query_and_any_body_raise_nothing_but_a_callback_error(data: st.DataObject) -> None:
    texts = st.text(max_size=50)
    asked = CallbackQuery(
        *(data.draw(texts | st.just(getattr(query(PUSHED.params), f.name))) for f in fields(CallbackQuery))
    )
    body = data.draw(st.binary(max_size=200) | st.just(PUSHED.body.encode()))
    for attempt in (lambda: callback("plain").open(asked, body, NOW), lambda: callback().echo(asked, NOW)):
        try:
            attempt()
        except CallbackError:
            continue


@pytest.mark.parametrize("name", ["timestamp", "nonce"])
@pytest.mark.parametrize("value", ["", "x" * 65, "1 795", "１７９５１４０００１", "1795140001\n", "-1.5", "<x>"])
def test_an_ill_formed_timestamp_or_nonce_is_refused_even_if_signed(name: str, value: str) -> None:
    params = pushed("plain").params | {name: value}
    params["signature"] = sign(TOKEN, params["timestamp"], params["nonce"])
    with pytest.raises(CallbackMalformed, match="timestamp or nonce"):
        callback("plain").open(query(params), pushed("plain").body.encode(), NOW)


def test_no_error_and_no_repr_shows_a_secret_or_a_person() -> None:
    inbound = opened()
    shown_texts = [repr(inbound), repr(query(pushed().params))]
    for request in (pushed(key=FOREIGN_KEY), pushed("plain"), PushRequest(PUSHED.params, "<xml/>")):
        with pytest.raises(CallbackError) as caught:
            open_request(request)
        shown_texts.append(repr(caught.value))
    for secret in (TOKEN, KEY, TEXT["FromUserName"], "暖气"):
        assert not any(secret in text for text in shown_texts)
