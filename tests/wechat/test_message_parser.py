"""Reading the platform's XML: every kind, in any order, and documents that mean harm."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from louyu_gateway.wechat import message as kinds
from louyu_gateway.wechat.errors import CallbackError, CallbackMalformed, CallbackTooLarge
from louyu_gateway.wechat.message_parser import parse_push

from tests.fakes.wechat_push import document
from tests.wechat.accounts import TEXT

COMMON = {"ToUserName": "gh_1", "FromUserName": "oResident1", "CreateTime": "1795140001"}
WHO = {"account_id": "gh_1", "openid": "oResident1", "created_at": datetime.fromtimestamp(1795140001, UTC)}


def parse(**fields: str) -> kinds.Message | kinds.Event:
    return parse_push(document(COMMON | fields).encode())


def parse_message(**fields: str) -> kinds.Message | kinds.Event:
    return parse(MsgId="9223372036854775807", **fields)


def parse_event(**fields: str) -> kinds.Message | kinds.Event:
    return parse(MsgType="event", **fields)


def of(kind: type[kinds.Message], **fields: object) -> kinds.Message:
    return kind(**WHO, message_id="9223372036854775807", **fields)  # type: ignore[arg-type]  # each test names the right ones


def event(kind: type[kinds.Event], name: str, key: str = "", **fields: object) -> kinds.Event:
    return kind(**WHO, event=name, event_key=key, **fields)  # type: ignore[arg-type]  # as above


def test_text_keeps_every_character() -> None:
    content = " 1\n2 😀 <b>&amp; "
    assert parse_message(MsgType="text", Content=content) == of(kinds.TextMessage, content=content)


def test_a_tap_on_a_menu_message_names_its_entry() -> None:
    tapped = parse_message(MsgType="text", Content="28号楼", bizmsgmenuid="101")
    assert tapped == of(kinds.TextMessage, content="28号楼", menu_id="101")


def test_every_kind_of_message() -> None:
    assert parse_message(MsgType="image", PicUrl="http://a/b", MediaId="m") == of(
        kinds.ImageMessage, media_id="m", picture_url="http://a/b"
    )
    assert parse_message(MsgType="voice", MediaId="m", Format="AMR", Recognition="") == of(
        kinds.VoiceMessage, media_id="m", audio_format="amr"
    )
    for name, is_short in (("video", False), ("shortvideo", True)):
        assert parse_message(MsgType=name, MediaId="m", ThumbMediaId="t") == of(
            kinds.VideoMessage, media_id="m", thumbnail_media_id="t", is_short=is_short
        )
    assert parse_message(MsgType="location", Location_X="31.25", Location_Y="-121.5", Scale="20", Label="北门") == of(
        kinds.LocationMessage, latitude=31.25, longitude=-121.5, label="北门"
    )
    assert parse_message(MsgType="link", Title="t", Description="d", Url="http://a") == of(
        kinds.LinkMessage, title="t", description="d", url="http://a"
    )
    assert parse_message(MsgType="file", FileKey="k") == of(kinds.OtherMessage, message_type="file")


def test_a_message_number_in_the_other_spelling() -> None:
    voice = parse(MsgType="voice", MediaId="m", Format="amr", MsgID="7")
    assert isinstance(voice, kinds.VoiceMessage)
    assert voice.message_id == "7"
    both = parse(MsgType="voice", MediaId="m", Format="amr", MsgID="7", MsgId="8")
    assert isinstance(both, kinds.VoiceMessage)
    assert both.message_id == "8"


@pytest.mark.parametrize(
    ("key", "scene"), [("qrscene_abc", "abc"), ("qrscene_qrscene_abc", "qrscene_abc"), ("qrscene_", None), ("", None)]
)
def test_following_by_a_code_removes_exactly_one_prefix(key: str, scene: str | None) -> None:
    assert parse_event(Event="subscribe", EventKey=key, Ticket="T") == event(
        kinds.Subscribed, "subscribe", key, scene=scene
    )


def test_every_kind_of_event() -> None:
    assert parse_event(Event="subscribe") == event(kinds.Subscribed, "subscribe", scene=None)
    assert parse_event(Event="unsubscribe", EventKey="") == event(kinds.Unsubscribed, "unsubscribe")
    assert parse_event(Event="SCAN", EventKey="abc", Ticket="T") == event(kinds.Scanned, "SCAN", "abc", scene="abc")
    assert parse_event(Event="CLICK", EventKey="ask") == event(kinds.MenuClicked, "CLICK", "ask")
    assert parse_event(Event="VIEW", EventKey="http://a", MenuId="1") == event(kinds.MenuViewed, "VIEW", "http://a")
    assert parse_event(Event="LOCATION", Latitude="31", Longitude="121.5", Precision="40.0") == event(
        kinds.LocationReported, "LOCATION", latitude=31.0, longitude=121.5
    )
    assert parse_event(Event="scancode_push", EventKey="k", ScanCodeInfo="<ScanType>qr</ScanType>") == event(
        kinds.OtherEvent, "scancode_push", "k"
    )
    finished = parse_event(Event="MASSSENDJOBFINISH", MsgID="5", Status="sendsuccess")
    assert finished == event(kinds.OtherEvent, "MASSSENDJOBFINISH", message_id="5")
    assert isinstance(finished, kinds.OtherEvent)
    assert finished.job_ids == ("5",)


@pytest.mark.parametrize(
    ("status", "normalised"),
    [
        ("success", "success"),
        ("failed:user block", "failed:user block"),
        ("failed: system failed", "failed:system failed"),
    ],
)
def test_the_result_of_a_template_message(status: str, normalised: str) -> None:
    result = parse_event(Event="TEMPLATESENDJOBFINISH", MsgID="2400000000000000001", Status=status)
    expected = event(
        kinds.TemplateSendFinished, "TEMPLATESENDJOBFINISH", message_id="2400000000000000001", status=normalised
    )
    assert result == expected


@pytest.mark.parametrize(
    ("name", "container"),
    [
        ("subscribe_msg_popup_event", "SubscribeMsgPopupEvent"),
        ("subscribe_msg_change_event", "SubscribeMsgPopupEvent"),
        ("subscribe_msg_change_event", "SubscribeMsgChangeEvent"),
    ],
)
def test_choices_about_notifications(name: str, container: str) -> None:
    one = "<List><TemplateId>a</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List>"
    two = "<List><TemplateId><![CDATA[b]]></TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List>"
    accepted, refused = kinds.SubscriptionChoice("a", True), kinds.SubscriptionChoice("b", False)
    assert parse_event(Event=name, **{container: one}) == event(kinds.SubscriptionsChosen, name, choices=(accepted,))
    assert parse_event(Event=name, **{container: one + two}) == event(
        kinds.SubscriptionsChosen, name, choices=(accepted, refused)
    )


def test_results_of_notifications() -> None:
    outcome = "<ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus>"
    entry = f"<List><TemplateId>a</TemplateId><MsgID>9</MsgID>{outcome}</List>"
    sent = parse_event(Event="subscribe_msg_sent_event", SubscribeMsgSentEvent=entry)
    expected = kinds.SubscriptionSendResult("a", "9", 0, "success")
    assert sent == event(kinds.SubscriptionsSent, "subscribe_msg_sent_event", results=(expected,))
    assert isinstance(sent, kinds.SubscriptionsSent)
    assert sent.job_ids == ("9",)


@given(st.permutations(list(TEXT)), st.lists(st.booleans(), min_size=6, max_size=6))
@settings(deadline=None)
def test_order_and_cdata_do_not_matter(order: list[str], in_cdata: list[bool]) -> None:
    fields = TEXT | {"Content": "暖气 不热"}
    parts = [
        f"<{k}><![CDATA[{fields[k]}]]></{k}>" if cdata else f"<{k}>{fields[k]}</{k}>"
        for k, cdata in zip(order, in_cdata, strict=True)
    ]
    text = parse_push(("<xml>\n " + "<Unknown><Deep>1</Deep></Unknown>".join(parts) + "\n</xml>").encode())
    assert isinstance(text, kinds.TextMessage)
    assert (text.openid, text.content, text.message_id) == (TEXT["FromUserName"], "暖气 不热", TEXT["MsgId"])


@pytest.mark.parametrize("missing", ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId"])
def test_a_missing_element_is_named(missing: str) -> None:
    fields = {name: value for name, value in TEXT.items() if name != missing}
    with pytest.raises(CallbackMalformed, match="element (MsgID|" + missing + ") is missing"):
        parse_push(document(fields).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CreateTime", "soon"),
        ("CreateTime", "-1"),
        ("CreateTime", "99999999999999999999"),
        ("CreateTime", "253402300800"),
        ("CreateTime", "１７９５１４０００１"),
        ("MsgId", "1.5"),
        ("MsgId", "1" * 21),
        ("FromUserName", ""),
        ("FromUserName", "o x"),
        ("FromUserName", "o" * 65),
        ("FromUserName", "<b>o</b>"),
        ("Content", "<b>o</b>"),
        ("MsgType", " "),
    ],
)
def test_an_ill_formed_element_is_named_and_its_value_is_not(name: str, value: str) -> None:
    with pytest.raises(CallbackMalformed, match=f"element {name} ") as caught:
        parse_push(document(TEXT | {name: value}).encode())
    assert value.strip() == "" or value not in str(caught.value)


@pytest.mark.parametrize("value", ["nan", "inf", "91", "-90.01", "", "north"])
def test_a_place_off_the_earth_is_malformed(value: str) -> None:
    with pytest.raises(CallbackMalformed, match="Location_X"):
        parse_message(MsgType="location", Location_X=value, Location_Y="0", Label="")


def test_an_element_given_twice_is_malformed() -> None:
    with pytest.raises(CallbackMalformed, match="FromUserName stands more than once"):
        parse_push(document(TEXT).replace("</xml>", "<FromUserName>oSomebodyElse</FromUserName></xml>").encode())


BOMB = '<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)
)
PARTS = document(TEXT).removeprefix("<xml>").removesuffix("</xml>")


@pytest.mark.parametrize(
    "body",
    [
        BOMB + "]><xml><Content>&j;</Content>" + PARTS + "</xml>",
        '<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/hostname">]><xml><Label>&f;</Label>' + PARTS + "</xml>",
        '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml>' + PARTS + "</xml>",
        "<!DOCTYPE xml><xml>" + PARTS + "</xml>",
        "<xml><Label>&unknown;</Label>" + PARTS + "</xml>",
        "<html>" + PARTS + "</html>",
        "<xml>" + PARTS,
        "<xml>" + PARTS + "</xml><xml/>",
        "",
        "success",
        "\x00",
        '{"ToUserName":"gh_1"}',
        "<xml>" + "<a>" * 9000 + "</a>" * 9000 + "</xml>",
    ],
)
def test_a_harmful_or_broken_document_is_malformed(body: str) -> None:
    with pytest.raises(CallbackMalformed):
        parse_push(body.encode())


def test_json_is_refused_with_the_mend() -> None:
    with pytest.raises(CallbackMalformed, match="choose the push format XML"):
        parse_push(b'{"ToUserName":"gh_1"}')


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "utf-7"])
def test_another_encoding_is_malformed_or_taken_for_utf_8_whatever_the_prolog_says(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?>' + document(TEXT)
    text = parse_push(body.encode())
    assert isinstance(text, kinds.TextMessage)
    assert text.content == TEXT["Content"]
    if encoding != "utf-7":
        with pytest.raises(CallbackMalformed, match="not UTF-8"):
            parse_push(body.encode(encoding))


def test_more_than_64_kib_is_too_large_and_64_kib_are_not() -> None:
    room = 64 * 1024 - len(document(TEXT | {"Content": ""}).encode())
    fitting = parse_push(document(TEXT | {"Content": "x" * room}).encode())
    assert isinstance(fitting, kinds.TextMessage)
    assert len(fitting.content) == room
    with pytest.raises(CallbackTooLarge):
        parse_push(document(TEXT | {"Content": "x" * (room + 1)}).encode())


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(deadline=None)
def test_any_bytes_are_read_or_raise_a_callback_error(body: bytes) -> None:
    for candidate in (body, b"<xml>" + body + b"</xml>", document(TEXT).encode()[:-6] + body + b"</xml>"):
        try:
            parse_push(candidate)
        except CallbackError:
            continue


def test_a_value_shows_neither_person_nor_words() -> None:
    text = parse_push(document(TEXT).encode())
    assert isinstance(text, kinds.TextMessage)
    for secret in (TEXT["FromUserName"], "暖气"):
        assert secret not in repr(text)
    assert replace(text, content="x") != text
