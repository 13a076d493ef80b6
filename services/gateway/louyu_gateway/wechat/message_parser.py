"""From the platform's XML to a value of `message.py`.

Unknown kinds and unknown elements are no faults, for the platform adds some without notice; a missing or ill-formed
element of a known kind raises CallbackMalformed with the element's name. Source: as `message.py`.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypedDict

from louyu_gateway.wechat import message as kinds
from louyu_gateway.wechat.errors import CallbackMalformed
from louyu_gateway.wechat.xml_elements import Elements

_LAST_SECOND = 253402300799  # the end of the year 9999, the last a datetime holds


class _PushFields(TypedDict):
    account_id: str
    openid: str
    created_at: datetime


class _MessageFields(_PushFields):
    message_id: str


class _EventFields(_PushFields):
    event: str
    event_key: str


def parse_push(document: bytes) -> kinds.Message | kinds.Event:
    """Return the message or event that a plain or decrypted document holds; raises CallbackMalformed."""
    return push_from_elements(Elements.parse(document))


def push_from_elements(xml: Elements) -> kinds.Message | kinds.Event:
    """Return the message or event that the elements describe; raises CallbackMalformed."""
    message_type = xml.required("MsgType").lower()
    common = _PushFields(
        account_id=_identifier(xml, "ToUserName"),
        openid=_identifier(xml, "FromUserName"),
        created_at=datetime.fromtimestamp(_whole(xml, "CreateTime", most=_LAST_SECOND), UTC),
    )
    if message_type == "event":
        event = xml.required("Event")
        read_event = _EVENTS.get(event.lower(), _other_event)
        return read_event(xml, _EventFields(**common, event=event, event_key=xml.optional("EventKey")))
    fields = _MessageFields(**common, message_id=_message_id(xml))
    read_message = _MESSAGES.get(message_type)
    if read_message is None:
        return kinds.OtherMessage(**fields, message_type=message_type)
    return read_message(xml, fields)


def _text(xml: Elements, common: _MessageFields) -> kinds.Message:
    return kinds.TextMessage(**common, content=xml.text("Content"), menu_id=xml.optional("bizmsgmenuid"))


def _image(xml: Elements, common: _MessageFields) -> kinds.Message:
    return kinds.ImageMessage(**common, media_id=xml.required("MediaId"), picture_url=xml.optional("PicUrl"))


def _voice(xml: Elements, common: _MessageFields) -> kinds.Message:
    return kinds.VoiceMessage(
        **common,
        media_id=xml.required("MediaId"),
        audio_format=xml.required("Format").lower(),
        recognition=xml.optional("Recognition"),
    )


def _video(xml: Elements, common: _MessageFields) -> kinds.Message:
    return kinds.VideoMessage(
        **common,
        media_id=xml.required("MediaId"),
        thumbnail_media_id=xml.optional("ThumbMediaId"),
        is_short=xml.required("MsgType").lower() == "shortvideo",
    )


def _location(xml: Elements, common: _MessageFields) -> kinds.Message:
    return kinds.LocationMessage(
        **common,
        latitude=_degrees(xml, "Location_X", most=90),
        longitude=_degrees(xml, "Location_Y", most=180),
        label=xml.optional("Label"),
    )


def _link(xml: Elements, common: _MessageFields) -> kinds.Message:
    return kinds.LinkMessage(
        **common, title=xml.optional("Title"), description=xml.optional("Description"), url=xml.required("Url")
    )


def _subscribe(_: Elements, common: _EventFields) -> kinds.Event:
    key = common["event_key"]
    scene = key.removeprefix("qrscene_") if key.startswith("qrscene_") else None
    return kinds.Subscribed(**common, scene=scene or None)


def _unsubscribe(_: Elements, common: _EventFields) -> kinds.Event:
    return kinds.Unsubscribed(**common)


def _scan(xml: Elements, common: _EventFields) -> kinds.Event:
    return kinds.Scanned(**common, scene=xml.required("EventKey"))


def _click(xml: Elements, common: _EventFields) -> kinds.Event:
    xml.required("EventKey")
    return kinds.MenuClicked(**common)


def _view(_: Elements, common: _EventFields) -> kinds.Event:
    return kinds.MenuViewed(**common)


def _location_report(xml: Elements, common: _EventFields) -> kinds.Event:
    return kinds.LocationReported(
        **common, latitude=_degrees(xml, "Latitude", most=90), longitude=_degrees(xml, "Longitude", most=180)
    )


def _template_finished(xml: Elements, common: _EventFields) -> kinds.Event:
    status = re.sub(r":\s+", ":", xml.required("Status"))  # "failed:user block" but "failed: system failed"
    return kinds.TemplateSendFinished(**common, message_id=_number(xml, "MsgID"), status=status)


def _subscriptions_chosen(xml: Elements, common: _EventFields) -> kinds.Event:
    choices = tuple(
        kinds.SubscriptionChoice(entry.required("TemplateId"), entry.required("SubscribeStatusString") == "accept")
        for entry in _entries(xml, "SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent")
    )
    return kinds.SubscriptionsChosen(**common, choices=choices)


def _subscriptions_sent(xml: Elements, common: _EventFields) -> kinds.Event:
    results = tuple(
        kinds.SubscriptionSendResult(
            entry.required("TemplateId"),
            _number(entry, "MsgID"),
            _whole(entry, "ErrorCode", most=2**31 - 1),
            entry.optional("ErrorStatus"),
        )
        for entry in _entries(xml, "SubscribeMsgSentEvent")
    )
    return kinds.SubscriptionsSent(**common, results=results)


def _other_event(xml: Elements, common: _EventFields) -> kinds.Event:
    return kinds.OtherEvent(**common, message_id=xml.optional("MsgID"))


_MESSAGES: dict[str, Callable[[Elements, _MessageFields], kinds.Message]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
}
_EVENTS: dict[str, Callable[[Elements, _EventFields], kinds.Event]] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "scan": _scan,
    "click": _click,
    "view": _view,
    "location": _location_report,
    "templatesendjobfinish": _template_finished,
    "subscribe_msg_popup_event": _subscriptions_chosen,
    "subscribe_msg_change_event": _subscriptions_chosen,
    "subscribe_msg_sent_event": _subscriptions_sent,
}


def _entries(xml: Elements, *containers: str) -> list[Elements]:
    """Return the repeated `List` elements; the platform's sample puts changes into the container of choices."""
    found = next((inner for inner in map(xml.below, containers) if inner is not None), None)
    entries = list(found.each("List")) if found else []
    if not entries:
        raise CallbackMalformed(f"element {containers[0]}/List is missing")
    return entries


def _identifier(xml: Elements, name: str) -> str:
    text = xml.required(name)
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) is None:
        raise CallbackMalformed(f"element {name} is not an id")
    return text


def _message_id(xml: Elements) -> str:
    """Return the message's number; the platform's samples of voice messages spell it both ways."""
    return _number(xml, "MsgId" if xml.has("MsgId") else "MsgID")


def _number(xml: Elements, name: str) -> str:
    """Return a 64-bit number as text, for it may exceed what other systems hold in a number."""
    text = xml.required(name)
    if re.fullmatch(r"[0-9]{1,20}", text) is None:
        raise CallbackMalformed(f"element {name} is not a number")
    return text


def _whole(xml: Elements, name: str, *, most: int) -> int:
    number = int(_number(xml, name))
    if number > most:
        raise CallbackMalformed(f"element {name} is too large")
    return number


def _degrees(xml: Elements, name: str, *, most: float) -> float:
    try:
        degrees = float(xml.required(name))
    except ValueError:
        degrees = math.nan
    if not -most <= degrees <= most:
        raise CallbackMalformed(f"element {name} is not a number of degrees")
    return degrees
