"""What the double of the WeChat platform knows of one account: its people, what they do, and what may be sent to them.

Rules and numbers: platform documents "客服消息介绍", "接收事件推送".
"""

import asyncio
import itertools
import secrets
from dataclasses import dataclass, replace

from tests.fakes.wechat_credentials import Clock, Logins, PlatformError, Quotas, Tokens
from tests.fakes.wechat_push import CallbackConfig, Delivery, Mode, deliver, push_request

ALLOWANCES = {"message": (5, 48 * 3600), "menu": (3, 60), "follow": (3, 60), "scan": (3, 60)}
"""By what the person did: customer-service messages allowed, and for how many seconds."""


@dataclass
class Allowance:
    """What is left of the customer-service messages that one action granted."""

    left: int
    ends_at: float


class Person:
    """One openid of the account."""

    def __init__(self, openid: str) -> None:
        self.openid = openid
        self.follows = False
        self.allowances: dict[str, Allowance] = {}
        self.received: list[dict[str, object]] = []
        self._arrival = asyncio.Condition()

    async def receive(self, message: dict[str, object]) -> None:
        """Show the person a customer-service message."""
        async with self._arrival:
            self.received.append(message)
            self._arrival.notify_all()

    async def wait_for(self, count: int, *, limit_seconds: float = 10) -> list[dict[str, object]]:
        """Return all messages received as soon as there are `count`; raises TimeoutError."""
        async with asyncio.timeout(limit_seconds), self._arrival:
            await self._arrival.wait_for(lambda: len(self.received) >= count)
        return self.received

    def spend_allowance(self, now: float) -> None:
        """Take one message from what ends first; raises PlatformError if there is nothing to take."""
        running = [a for a in self.allowances.values() if a.ends_at > now] if self.follows else []
        if not running:
            raise PlatformError(45015, "response out of time limit or subscription is canceled")
        usable = sorted((a for a in running if a.left), key=lambda a: a.ends_at)
        if not usable:
            raise PlatformError(45047, "out of response count limit")
        usable[0].left -= 1


class Account:
    """One Official Account at the platform, and what its people do."""

    def __init__(self, callback: CallbackConfig, app_secret: str, clock: Clock) -> None:
        self.callback = callback
        self.app_secret = app_secret
        self.original_id = "gh_0123456789ab"
        self.answer_limit_seconds = 5.0
        self.quotas = Quotas(clock)
        self.tokens = Tokens(clock, self.quotas)
        self.logins = Logins(clock)
        self.scenes: dict[str, str] = {}  # by ticket
        self.media: dict[str, tuple[bytes, float]] = {}  # by media id: the file, and when it was sent
        self.deliveries: list[Delivery] = []
        self._clock = clock
        self._people: dict[str, Person] = {}
        self._numbers = itertools.count(24_000_000_000_000_001)

    def known_person(self, openid: str) -> "Person | None":
        """Return the person if the account knows them."""
        return self._people.get(openid)

    def person(self, openid: str) -> Person:
        """Return the person, who exists from now on."""
        return self._people.setdefault(openid, Person(openid))

    async def follow(self, openid: str, *, scene: str = "") -> Delivery:
        """Somebody follows, by a QR code with a scene or without."""
        person = self.person(openid)
        person.follows = True
        self._allow(person, "follow")
        if scene:
            self._allow(person, "scan")
        ticket = {"Ticket": self._ticket(scene)} if scene else {}
        return await self.push(openid, self._event("subscribe", f"qrscene_{scene}" if scene else "") | ticket)

    async def scan(self, openid: str, scene: str) -> Delivery:
        """Somebody scans a QR code: a SCAN event if they follow already, else they follow by it."""
        person = self.person(openid)
        if not person.follows:
            return await self.follow(openid, scene=scene)
        self._allow(person, "scan")
        return await self.push(openid, self._event("SCAN", scene) | {"Ticket": self._ticket(scene)})

    async def unfollow(self, openid: str) -> Delivery:
        """Somebody stops following; nothing can be sent to them any more."""
        person = self.person(openid)
        person.follows = False
        person.allowances.clear()
        return await self.push(openid, self._event("unsubscribe", ""))

    async def say(self, openid: str, text: str) -> Delivery:
        """Somebody writes."""
        return await self.send(openid, {"MsgType": "text", "Content": text})

    async def send(self, openid: str, fields: dict[str, str]) -> Delivery:
        """Somebody sends a message of any kind; number and time are added."""
        self._allow(self.person(openid), "message")
        return await self.push(openid, fields | {"MsgId": str(next(self._numbers))})

    async def show(self, openid: str, photo: bytes) -> Delivery:
        """Somebody sends a photo."""
        media_id = self._keep(photo)
        return await self.send(openid, {"MsgType": "image", "MediaId": media_id, "PicUrl": "http://127.0.0.1/picture"})

    async def speak(self, openid: str, recording: bytes, *, recognition: str = "") -> Delivery:
        """Somebody speaks."""
        fields = {"MsgType": "voice", "MediaId": self._keep(recording), "Format": "amr"}
        return await self.send(openid, fields | ({"Recognition": recognition} if recognition else {}))

    def _keep(self, file: bytes) -> str:
        media_id = secrets.token_urlsafe(48)
        self.media[media_id] = (file, self._clock())
        return media_id

    async def tap(self, openid: str, key: str) -> Delivery:
        """Somebody taps a menu entry."""
        self._allow(self.person(openid), "menu")
        return await self.push(openid, self._event("CLICK", key))

    async def push(
        self, openid: str, fields: dict[str, str], *, mode: Mode | None = None, encoding_aes_key: str | None = None
    ) -> Delivery:
        """Deliver any push, in the account's mode and key or in others."""
        common = {"ToUserName": self.original_id, "FromUserName": openid, "CreateTime": str(int(self._clock()))}
        callback = replace(
            self.callback,
            mode=mode or self.callback.mode,
            encoding_aes_key=encoding_aes_key or self.callback.encoding_aes_key,
        )
        request = push_request(callback, common | fields, self._clock())
        delivery = await deliver(callback, request, answer_limit_seconds=self.answer_limit_seconds)
        self.deliveries.append(delivery)
        return delivery

    async def deliver_again(self, delivery: Delivery) -> Delivery:
        """Deliver the same push once more, as the platform does when an answer is lost on its way."""
        return await deliver(self.callback, delivery.request, answer_limit_seconds=self.answer_limit_seconds)

    def _event(self, name: str, key: str) -> dict[str, str]:
        return {"MsgType": "event", "Event": name, "EventKey": key}

    def _allow(self, person: Person, action: str) -> None:
        count, seconds = ALLOWANCES[action]
        person.allowances[action] = Allowance(count, self._clock() + seconds)

    def _ticket(self, scene: str) -> str:
        return next(
            (ticket for ticket, known in self.scenes.items() if known == scene), "gQ" + secrets.token_urlsafe(40)
        )
