"""The check with which every failure test ends: nothing lost, nothing twice, everything going on.

For a database that has come to rest, read as the owner of the schemas, who is a member of every service's worker and so
sees the rows of all communities.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable

import asyncpg
from louyu.events.v1 import routing_events_pb2

# Each statement returns a line for everything that is wrong.
_RULES = (
    # messaging: gapless numbers, every key one message
    "SELECT format('group %s: %s messages, numbered %s to %s', group_id, count(*), min(seq), max(seq))"
    " FROM messaging.message GROUP BY community_id, group_id HAVING count(*) <> max(seq) OR min(seq) <> 1",
    "SELECT format('group %s: its last number is not that of its last message', g.group_id) FROM messaging.groups AS g"
    " WHERE g.last_seq <> COALESCE((SELECT max(m.seq) FROM messaging.message AS m"
    "   WHERE (m.community_id, m.group_id) = (g.community_id, g.group_id)), 0)",
    "SELECT format('message %s stands %s times', message_id, count(*)) FROM messaging.message"
    " GROUP BY community_id, message_id HAVING count(*) > 1",
    "SELECT format('message %s has %s events', m.message_id, count(o.event_id)) FROM messaging.message AS m"
    " LEFT JOIN messaging.outbox AS o ON (o.community_id, o.event_id) = (m.community_id, m.message_id)"
    "   AND o.type = 'MessagePosted' GROUP BY m.message_id HAVING count(o.event_id) <> 1",
    # routing: each message heard once, each question from one message that says so
    "SELECT format('message %s of group %s was not heard, or is none', COALESCE(m.seq, h.seq),"
    "   COALESCE(m.group_id, h.group_id)) FROM messaging.message AS m FULL JOIN routing.heard_message AS h"
    "   ON (m.community_id, m.group_id, m.seq) = (h.community_id, h.group_id, h.seq)"
    " WHERE m.seq IS NULL OR h.seq IS NULL",
    "SELECT format('question %s: the message that opened it does not know it', q.number) FROM routing.question AS q"
    " WHERE NOT EXISTS (SELECT FROM routing.heard_message AS h WHERE h.question_id = q.question_id"
    "   AND (h.community_id, h.group_id, h.seq) = (q.community_id, q.group_id, q.message_seq))",
    "SELECT format('community %s: %s questions, but the last number is %s', c.community_id, count(q.number),"
    "   c.last_number) FROM routing.community AS c LEFT JOIN routing.question AS q USING (community_id)"
    " GROUP BY c.community_id, c.last_number HAVING count(q.number) <> c.last_number",
    # routing: a live question has one next step, an ended one none
    "SELECT format('question %s is %s, but has no clock', q.number, q.state) FROM routing.question AS q"
    " LEFT JOIN routing.question_clock AS c USING (community_id, question_id)"
    " WHERE q.ended_at IS NULL AND c.question_id IS NULL",
    "SELECT format('question %s is %s, but a clock runs', q.number, q.state) FROM routing.question AS q"
    " JOIN routing.question_clock AS c USING (community_id, question_id) WHERE q.ended_at IS NOT NULL",
    "SELECT format('question %s: its clock waits for a step that is not the current one', q.number)"
    " FROM routing.question AS q JOIN routing.question_clock AS c USING (community_id, question_id)"
    " WHERE c.kind = 'step' AND NOT EXISTS (SELECT FROM routing.question_step AS s"
    "   WHERE s.community_id = c.community_id AND s.step_id = c.step_id AND s.state = 'current')",
    "SELECT format('question %s: %s steps are current', q.number, count(*)) FROM routing.question AS q"
    " JOIN routing.question_step AS s USING (community_id, question_id) WHERE s.state = 'current'"
    " GROUP BY q.number, q.ended_at HAVING count(*) > 1 OR q.ended_at IS NOT NULL",
    "SELECT format('question %s: its clock was due at %s', q.number, c.due_at) FROM routing.question AS q"
    " JOIN routing.question_clock AS c USING (community_id, question_id)"
    " WHERE c.due_at < routing.clock_now() - interval '1 minute'",
    # notify: every delivery in a known state; the platform said in a group what it delivered there, once
    "SELECT format('delivery %s (%s, %s) is %s', delivery_id, channel, purpose, state) FROM notify.delivery"
    " WHERE state = 'sending' OR (state = 'waiting' AND due_at < notify.clock_now() - interval '1 minute')"
    "   OR (channel IN ('group', 'lobby_display') AND state IN ('failed', 'unknown'))",
    "SELECT format('question %s is an emergency, but its group was not told', q.number) FROM routing.question AS q"
    " WHERE q.urgency = 'emergency' AND NOT EXISTS (SELECT FROM notify.delivery AS d WHERE d.purpose = 'emergency'"
    "   AND (d.community_id, d.question_id, d.recipient_id) = (q.community_id, q.question_id, q.group_id))",
    # a question that was opened again is chased with the same words once more, in its next generation
    "SELECT format('question %s: the same notice was written %s times for %s', q.number, count(*), d.recipient_id)"
    " FROM notify.delivery AS d JOIN routing.question AS q USING (community_id, question_id)"
    " WHERE d.purpose IN ('step', 'outcome') AND d.state NOT IN ('skipped', 'cancelled')"
    " GROUP BY q.community_id, q.question_id, d.purpose, d.recipient_id, d.channel, d.text"
    " HAVING count(*) > q.generation",
    "SELECT format('delivery %s is %s, but has %s messages', d.delivery_id, d.state, count(k.key))"
    " FROM notify.delivery AS d LEFT JOIN messaging.idempotency_key AS k ON k.community_id = d.community_id"
    "   AND k.method = 'PostMessage' AND k.key = 'delivery/' || d.delivery_id"
    " WHERE d.channel = 'group' GROUP BY d.delivery_id, d.state HAVING count(k.key) <> (d.state = 'delivered')::int",
    "SELECT format('the platform has said %s things for %s deliveries', said.count, delivered.count)"
    " FROM (SELECT count(*) FROM messaging.message WHERE sender_id IS NULL) AS said,"
    "   (SELECT count(*) FROM notify.delivery WHERE channel = 'group' AND state = 'delivered') AS delivered"
    " WHERE said.count <> delivered.count",
)
# What each service takes from whom; every such event must be noted as consumed.
_CONSUMED = {
    ("messaging", "routing"): ("MessagePosted", "GroupDirectoryChanged"),
    ("messaging", "notify"): ("GroupDirectoryChanged", "HouseholdChanged"),
    ("routing", "notify"): (
        "QuestionOpened",
        "StepStarted",
        "QuestionAcknowledged",
        "QuestionAskedBack",
        "QuestionAnswered",
        "QuestionResolved",
        "QuestionReopened",
        "QuestionClosed",
    ),
}


async def ledger_faults(owner_url: str) -> list[str]:
    """Return what is wrong in a database that has come to rest; empty when all is well."""
    connection = await asyncpg.connect(owner_url)
    try:
        faults = [row[0] for rule in _RULES for row in await connection.fetch(rule)]
        for schema in ("messaging", "routing", "notify"):
            waiting = await connection.fetchval(f"SELECT count(*) FROM {schema}.outbox WHERE published_no IS NULL")
            faults += [f"{schema}: {waiting} events are not published"] * bool(waiting)
            parked = await connection.fetch(f"SELECT type, error FROM {schema}.parked_event")
            faults += [f"{schema}: parked {row['type']}: {row['error']}" for row in parked]
        for (source, consumer), types in _CONSUMED.items():
            missed = await connection.fetch(
                f"SELECT type, count(*) FROM {source}.outbox AS o WHERE type = ANY ($1) AND NOT EXISTS (SELECT FROM"
                f" {consumer}.consumed_event AS c WHERE (c.community_id, c.event_id) = (o.community_id, o.event_id))"
                " GROUP BY type",
                types,
            )
            faults += [f"{consumer} has not consumed {row['count']} of {source}'s {row['type']}" for row in missed]
        return faults + await _facts_told_twice(connection)
    finally:
        await connection.close()


async def replay_faults(owner_url: str, log: bytes, messages: int) -> list[str]:
    """Return what is wrong with what `louyu replay` has posted from a log: every line stands in its group, once."""
    prefix = f"replay/{hashlib.sha256(log).hexdigest()[:16]}/"
    connection = await asyncpg.connect(owner_url)
    try:
        # the answer that was remembered: message, group, seq, time
        posted, standing = await connection.fetchrow(
            "SELECT count(*), count(m.message_id) FROM messaging.idempotency_key AS k LEFT JOIN messaging.message AS m"
            "   ON m.community_id = k.community_id"
            "  AND m.group_id = encode(substring(k.response FROM 17 FOR 16), 'hex')::uuid"
            "  AND m.message_id = encode(substring(k.response FROM 1 FOR 16), 'hex')::uuid"
            "  AND int8send(m.seq) = substring(k.response FROM 33 FOR 8) AND m.sender_id::text = k.caller"
            " WHERE k.method = 'PostMessage' AND k.key LIKE $1 || '%'",
            prefix,
        )
        if (posted, standing) == (messages, messages):
            return []
        return [f"of {messages} messages {posted} were accepted and {standing} stand where it was said"]
    finally:
        await connection.close()


async def _facts_told_twice(connection: asyncpg.Connection) -> list[str]:
    """Return a line for each opening and each start of a step that routing has told more than once, or never."""
    rows = await connection.fetch(
        "SELECT type, payload FROM routing.outbox WHERE type IN ('QuestionOpened', 'StepStarted')"
    )
    opened = Counter(
        routing_events_pb2.QuestionOpened.FromString(row["payload"]).question.question_id
        for row in rows
        if row["type"] == "QuestionOpened"
    )
    steps = [routing_events_pb2.StepStarted.FromString(row["payload"]) for row in rows if row["type"] == "StepStarted"]
    started = Counter(f"{step.step_id}, time {step.repeated_times}" for step in steps)
    questions = {str(row[0]) for row in await connection.fetch("SELECT question_id FROM routing.question")}
    return [
        *_more_than_once("the opening of question", opened.items()),
        *_more_than_once("the start of step", started.items()),
        *(f"the opening of question {question} was never told" for question in questions - opened.keys()),
        *(f"question {question} was told, but there is none" for question in opened.keys() - questions),
    ]


def _more_than_once(what: str, counted: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{what} {key} was told {count} times" for key, count in counted if count > 1]
