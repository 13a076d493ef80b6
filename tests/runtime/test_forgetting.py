"""Rows that nobody needs any more go: what is old, in bounded batches, by one replica at a time; the rest stays."""

import uuid
from typing import Any

import asyncpg
import pytest
from louyu_messaging.main import FORGET_AFTER_DAYS
from louyu_notify.main import keeps
from louyu_notify.settings import NotifySettings
from louyu_runtime import forgetting
from louyu_runtime.database import Database
from louyu_runtime.forgetting import Forgetting, Keep

from tests.platform.fixtures import Clock

COMMUNITY = "6f9619ff-8b86-4011-b42d-00c04fc964ff"


async def put(database_url: str, schema: str, table: str, **values: Any) -> None:
    """Write a row as the service's worker, who sees every community; times are SQL."""
    row = {"community_id": f"'{COMMUNITY}'", **values}
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"SELECT set_config('role', 'louyu_{schema}_worker', false)")
        await connection.execute(
            f"INSERT INTO {schema}.{table} ({', '.join(row)}) VALUES ({', '.join(map(str, row.values()))})"
        )
    finally:
        await connection.close()


async def count(database: Database, table: str, where: str = "true") -> int:
    async with database.transaction(COMMUNITY) as tx:
        return int(await tx.value(f"SELECT count(*) FROM {table} WHERE {where}"))


def new() -> str:
    return f"'{uuid.uuid4()}'"


async def put_delivery(database_url: str, **values: Any) -> None:
    ended = {
        "delivery_id": new(),
        "recipient_kind": "'person'",
        "recipient_id": new(),
        "channel": "'sms'",
        "purpose": "'answer'",
        "urgency": "'normal'",
        "text": "'好了'",
        "state": "'delivered'",
        "due_at": "now()",
        "created_at": "now()",
        "ended_at": "now()",
    }
    await put(database_url, "notify", "delivery", **ended | values)


async def test_deliveries_lose_their_words_first_and_go_later(
    database_url: str, notify_database: Database, clock: Clock
) -> None:
    await put_delivery(database_url)
    await put_delivery(database_url, state="'waiting'", ended_at="NULL")
    work = Forgetting(notify_database, keeps(NotifySettings()))
    await work.forget_once()
    assert await count(notify_database, "delivery", "text IS NOT NULL") == 2
    await clock.move(days=31)
    await work.forget_once()
    assert await count(notify_database, "delivery", "text IS NULL") == 1
    assert await count(notify_database, "delivery") == 2
    await clock.move(days=150)
    gone = await work.forget_once()
    assert gone["delivery"] == 1
    assert await count(notify_database, "delivery", "state = 'waiting' AND text IS NOT NULL") == 1


async def test_an_announcement_that_counts_keeps_its_deliveries(
    database_url: str, notify_database: Database, clock: Clock
) -> None:
    announcement = new()
    await put(
        database_url,
        "notify",
        "announcement",
        announcement_id=announcement,
        title="'停水'",
        text="'明天'",
        urgency="'ordinary'",
        group_ids="'{}'",
        channels="'{}'",
        source="''",
        published_at="now()",
        valid_until="now() + interval '300 days'",
        published_by="''",
        published_by_id=new(),
    )
    await put_delivery(database_url, announcement_id=announcement, text="NULL")
    work = Forgetting(notify_database, keeps(NotifySettings()))
    await clock.move(days=200)
    await work.forget_once()
    assert await count(notify_database, "delivery") == 1
    await clock.move(days=101)
    await work.forget_once()
    assert await count(notify_database, "delivery") == 0
    assert await count(notify_database, "announcement") == 1
    await clock.move(days=365)
    await work.forget_once()
    assert await count(notify_database, "announcement") == 0


async def put_question(database_url: str, number: int, *, ended: bool) -> str:
    question = new()
    await put(
        database_url,
        "routing",
        "question",
        question_id=question,
        number=number,
        state="'resolved'" if ended else "'open'",
        kind="'question'",
        responder_type="'neighbours'",
        urgency="'normal'",
        urgency_rank=2,
        text="'门禁坏了'",
        via="'text'",
        group_id=new(),
        message_seq=number,
        reasons="'{}'",
        confidence=1,
        opened_at="now()",
        ended_at="now()" if ended else "NULL",
        answer="'修好了'",
    )
    of = {"question_id": question}
    await put(database_url, "routing", "timeline_entry", **of, entry_id=new(), at="now()", what="'opened'")
    asked = {"person_id": new(), "name": "'王阿姨'", "group_id": new(), "message_seq": number}
    await put(database_url, "routing", "asker", **of, **asked, asked_at="now()", last_said_at="now()")
    heard = {"group_id": new(), "seq": number, "via": "'text'", "posted_at": "now()"}
    await put(database_url, "routing", "heard_message", **of, **heard)
    return question


async def test_a_long_ended_question_keeps_question_and_answer_and_loses_course_and_names(
    database_url: str, routing_database: Database, clock: Clock
) -> None:
    ended = await put_question(database_url, 1, ended=True)
    live = await put_question(database_url, 2, ended=False)
    work = Forgetting(routing_database, [Keep("heard_message", 90), Keep("ended_question", 365)])
    await clock.move(days=91)
    gone = await work.forget_once()
    assert (gone["heard_message"], gone["ended_question"]) == (1, 0)
    await clock.move(days=275)
    assert (await work.forget_once())["ended_question"] == 1
    assert (await work.forget_once())["ended_question"] == 0
    for table, where in (("timeline_entry", "true"), ("asker", "name <> ''"), ("heard_message", "true")):
        assert await count(routing_database, table, f"question_id = {ended} AND {where}") == 0, table
        assert await count(routing_database, table, f"question_id = {live} AND {where}") == 1, table
    assert await count(routing_database, "question", f"question_id = {ended} AND answer = '修好了'") == 1


async def test_what_was_begun_at_the_door_and_repeats_go(
    database_url: str, messaging_database: Database, clock: Clock
) -> None:
    door = {"channel": "'x'", "account": "'a'", "lookup": "'l'", "asked_at": "now()"}
    await put(
        database_url,
        "messaging",
        "pending_join",
        **door,
        group_id=new(),
        join_code="'c'",
        consent_version="'1'",
    )
    await put(database_url, "messaging", "channel_receipt", callback="'c'", outcome="'{}'", created_at="now()")
    key = {"caller": "'c'", "method": "'m'", "key": "'k'", "request_hash": "''", "response": "''"}
    await put(database_url, "messaging", "idempotency_key", **key)
    work = Forgetting(
        messaging_database, [Keep("pending_join", FORGET_AFTER_DAYS), Keep("channel_receipt", FORGET_AFTER_DAYS)]
    )
    assert sum((await work.forget_once()).values()) == 0
    await clock.move(days=FORGET_AFTER_DAYS + 1)
    assert sum((await work.forget_once()).values()) == 3


async def test_it_goes_in_batches_and_tells_when_a_round_was_not_enough(
    database_url: str, notify_database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 3)
    monkeypatch.setattr(forgetting, "BATCHES_A_ROUND", 2)
    monkeypatch.setattr(forgetting, "PAUSE_SECONDS", 0)
    for _ in range(8):
        await put(database_url, "notify", "consumed_event", event_id=new())
    await clock.move(days=10)
    work = Forgetting(notify_database, [])
    behind = forgetting.BEHIND.labels("consumed_event")
    assert (await work.forget_once())["consumed_event"] == 6
    assert behind._value.get() == 1
    assert (await work.forget_once())["consumed_event"] == 2
    assert behind._value.get() == 0


async def test_one_replica_at_a_time(database_url: str, notify_database: Database, clock: Clock) -> None:
    await put(database_url, "notify", "consumed_event", event_id=new())
    await clock.move(days=10)
    work = Forgetting(notify_database, [])
    async with notify_database.transaction() as other:
        await other.execute("SELECT pg_advisory_xact_lock(hashtext('notify.forgetting'))")
        assert sum((await work.forget_once()).values()) == 0
    assert (await work.forget_once())["consumed_event"] == 1
