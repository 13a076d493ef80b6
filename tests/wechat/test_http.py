"""The routes over real HTTP: uvicorn on the loopback address, the double of the platform as the other side."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
import uvicorn
from fastapi import FastAPI
from louyu_gateway.wechat.callback import Inbound
from louyu_gateway.wechat.http import wechat_router
from louyu_gateway.wechat.message import TextMessage
from yarl import URL

from tests.fakes.wechat_push import Mode, PushRequest, check_address, deliver, push_request
from tests.wechat.accounts import FORMER_KEY, KEY, NOW, TEXT, TOKEN, account, config, pushed


class Receiver:
    """Stands where the gateway hands pushes on: remembers them by key and answers what it is told to."""

    def __init__(self) -> None:
        self.answer: str | None = None
        self.failures = 0
        self.waits = 0
        self.received: list[tuple[str, Inbound]] = []

    async def __call__(self, account_name: str, inbound: Inbound) -> str | None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("messaging is away")
        if self.waits:
            self.waits -= 1
            await asyncio.Event().wait()
        self.received.append((account_name, inbound))
        return self.answer


@asynccontextmanager
async def served(receiver: Receiver, mode: Mode = "safe", *, former_key: str | None = None) -> AsyncIterator[str]:
    """Serve the routes for one account; gives its callback address."""
    application = FastAPI()
    accounts = {"youyou": account(mode, former_key=former_key)}
    application.include_router(
        wechat_router(accounts, receiver, now=lambda: NOW, receive_limit_seconds=0.2, body_limit_seconds=0.2)
    )
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, access_log=False, lifespan="off"))
    socket = server.config.bind_socket()
    socket.listen()
    serving = asyncio.create_task(server.serve([socket]))
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/wechat/youyou"
    finally:
        server.should_exit = True
        await serving


async def post(url: str, request: PushRequest) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, params=request.params, data=request.body.encode()) as answer,
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer.status, await answer.text()


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_the_console_can_verify_the_address(mode: Mode) -> None:
    async with served(Receiver(), mode) as url:
        assert await check_address(config(mode, url=url), NOW.timestamp())
        assert not await check_address(replace(config(mode, url=url), token="Wrong"), NOW.timestamp())


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_a_push_is_handed_on_and_answered_in_its_mode(mode: Mode) -> None:
    receiver = Receiver()
    receiver.answer = "已收到，问题 #17 ]]> 😀"
    async with served(receiver, mode) as url:
        delivery = await deliver(config(mode, url=url), pushed(mode))
    assert (delivery.statuses, delivery.reply) == ([200], receiver.answer)
    name, inbound = receiver.received[0]
    assert name == "youyou"
    assert isinstance(inbound.push, TextMessage)
    assert inbound.push.content == TEXT["Content"]


@pytest.mark.parametrize("answer", [None, ""])
async def test_nothing_to_say_is_said_with_success(answer: str | None) -> None:
    receiver = Receiver()
    receiver.answer = answer
    async with served(receiver) as url:
        assert await post(url, pushed()) == (200, "success")


async def test_a_push_with_the_former_key_is_answered_with_it() -> None:
    receiver = Receiver()
    receiver.answer = "好"
    async with served(receiver, former_key=FORMER_KEY) as url:
        delivery = await deliver(config(key=FORMER_KEY, url=url), pushed(key=FORMER_KEY))
    assert delivery.reply == "好"


async def test_a_failure_makes_the_platform_repeat_until_the_push_is_received() -> None:
    receiver = Receiver()
    receiver.failures, receiver.waits = 1, 1
    async with served(receiver) as url:
        delivery = await deliver(config(url=url), pushed())
    assert delivery.statuses == [503, 503, 200]
    assert len(receiver.received) == 1


async def test_a_repeat_is_handed_on_with_the_same_key() -> None:
    receiver = Receiver()
    async with served(receiver) as url:
        assert (await post(url, pushed()), await post(url, pushed())) == ((200, "success"), (200, "success"))
    assert len({inbound.idempotency_key for _, inbound in receiver.received}) == 1


PUSHED = pushed()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (PushRequest(PUSHED.params | {"signature": "0" * 40}, PUSHED.body), 403),
        (PushRequest(PUSHED.params | {"msg_signature": ""}, PUSHED.body), 403),
        (push_request(config(), TEXT, NOW.timestamp() - 601), 403),
        (pushed("plain"), 403),
        (pushed(key=FORMER_KEY), 403),
        (PushRequest({}, PUSHED.body), 400),
        (PushRequest(PUSHED.params, "<xml/>"), 400),
        (PushRequest(PUSHED.params, "<!DOCTYPE xml []><xml/>"), 400),
        (PushRequest(PUSHED.params, ""), 400),
        (pushed(fields=TEXT | {"MsgId": "x"}), 400),
        (PushRequest(PUSHED.params, "x" * (64 * 1024 + 1)), 413),
    ],
)
async def test_what_is_not_handed_on_gets_an_empty_answer(request_: PushRequest, status: int) -> None:
    receiver = Receiver()
    async with served(receiver) as url:
        assert await post(url, request_) == (status, "")
        assert await post(url, pushed()) == (200, "success")
    assert len(receiver.received) == 1


async def test_an_endless_body_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 16 * 1024
            yield b"x" * 16 * 1024

    async with served(Receiver()) as url, aiohttp.ClientSession() as session:
        try:
            async with session.post(url, params=pushed().params, data=endless()) as answer:
                assert answer.status == 413
        except aiohttp.ClientConnectionError:
            pass  # the server may close the connection before its answer is read
    assert sent < 64 * 1024 * 1024


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async with served(Receiver()) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", URL(url).port)
        writer.write(b"POST /wechat/youyou HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx")
        assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()
        await writer.wait_closed()


async def test_another_account_and_another_method_are_not_found() -> None:
    async with served(Receiver()) as url, aiohttp.ClientSession() as session:
        assert (await post(url.replace("youyou", "other"), pushed()))[0] == 404
        async with session.get(url.replace("youyou", "other")) as answer:
            assert answer.status == 404
        async with session.put(url, data=b"") as answer:
            assert answer.status == 405


async def test_logs_hold_no_person_no_words_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    receiver = Receiver()
    receiver.failures = 3
    with caplog.at_level(logging.DEBUG, logger="louyu_gateway"):
        async with served(receiver) as url:
            await deliver(config(url=url), pushed())
            await post(url, pushed("plain"))
            await post(url, pushed(fields=TEXT | {"MsgId": "x"}))
    records = [record for record in caplog.records if record.name.startswith("louyu_gateway")]
    assert [record.levelname for record in records] == ["ERROR"] * 3 + ["WARNING"] * 2
    logged = "".join(str(record.__dict__) for record in records)
    assert "youyou" in logged
    for secret in (TEXT["FromUserName"], "暖气", TOKEN, KEY):
        assert secret not in logged
