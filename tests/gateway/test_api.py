"""/api/v1: what it gives, what it refuses, and how it says so."""

from typing import Any

import aiohttp
import pytest
from louyu_cli import token as tokens
from louyu_runtime.identity import Principal
from louyu_runtime.ids import new_id

from tests.embedded.waiting import until
from tests.gateway.conftest import COMMUNITY, COMMUNITY_ID, GROUP, HEAD, OTHER_GROUP, SECRETARY, Edge

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
MESSAGES = f"/api/v1/groups/{GROUP}/messages"


async def post_question(edge: Edge, http: aiohttp.ClientSession, text: str, *, asker: str = HEAD) -> dict[str, object]:
    """Post a text and return the question that it opens."""
    head = edge.bearer(asker, *(("building_head",) if asker == HEAD else ()), "resident")
    async with http.post(MESSAGES, headers=head, json={"text": text}) as answer:
        assert answer.status == 201, await answer.text()
        seq = (await answer.json())["seq"]
    found: dict[str, object] = {}

    async def is_opened() -> bool:
        async with http.get(f"{MESSAGES}?after_seq={seq - 1}&limit=1", headers=head) as listed:
            [message] = (await listed.json())["messages"]
        found.update(message["question"] or {})
        return message["question"] is not None

    await until(is_opened)
    return found


@pytest.mark.parametrize("community", [COMMUNITY, COMMUNITY_ID])
async def test_groups_are_listed_by_key_and_by_uuid(edge: Edge, http: aiohttp.ClientSession, community: str) -> None:
    async with http.get(f"/api/v1/groups?community={community}", headers=edge.bearer(HEAD, "building_head")) as answer:
        groups = (await answer.json())["groups"]
    mine = next(group for group in groups if group["id"] == GROUP)
    assert mine["community"] == COMMUNITY_ID
    assert mine["join_code"] == "LOU28QUN"
    assert [building["name"] for building in mine["buildings"]] == ["28号楼"]
    assert set(mine) == {"id", "community", "name", "buildings", "join_code", "last_seq", "read_seq"}


async def test_a_repeated_idempotency_key_gives_the_first_answer(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = edge.bearer(SECRETARY, "secretary") | {"Idempotency-Key": new_id()}
    answers = []
    for _ in range(2):
        async with http.post(MESSAGES, headers=headers, json={"text": "大家下午好"}) as answer:
            assert answer.status == 201
            answers.append(await answer.json())
    assert answers[0] == answers[1]
    async with http.post(MESSAGES, headers=headers, json={"text": "另一句话"}) as other:
        assert other.status == 422
        assert (await other.json())["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_messages_are_read_in_order_from_a_position(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = edge.bearer(SECRETARY, "secretary")
    for text in ("楼道里一", "楼道里二", "楼道里三"):
        async with http.post(MESSAGES, headers=headers, json={"text": text}) as answer:
            last = (await answer.json())["seq"]
    async with http.get(f"{MESSAGES}?after_seq={last - 2}&limit=1", headers=headers) as answer:
        page = await answer.json()
    [message] = page["messages"]
    assert message["seq"] == last - 1
    assert message["sender"]["name"] == "周书记"
    assert set(message) == {
        "seq",
        "id",
        "sender",
        "text",
        "via",
        "media",
        "attachments",
        "at",
        "reply_to",
        "question",
        "state",
        "reactions",
        "is_pinned",
    }
    assert page["last_seq"] >= last


async def test_a_question_is_taken_on_answered_and_settled(edge: Edge, http: aiohttp.ClientSession) -> None:
    opened = await post_question(edge, http, "请问三单元的灯什么时候修？")
    headers = edge.bearer(SECRETARY, "secretary")
    path = f"/api/v1/questions/{opened['id']}"
    states = []
    for action, body in (
        ("acknowledge", {"promised_within_minutes": 60}),
        ("answer", {"text": "今天下午六点前修好。"}),
        ("resolve", {}),
        ("reopen", {"text": "又灭了"}),
        ("close", {"reason": "x"}),
        ("close", {"text": "电路改造，下月统一换。"}),
    ):
        async with http.post(f"{path}/{action}", headers=headers, json=body) as answer:
            found = await answer.json()
            states.append(found["state"] if answer.status == 200 else (answer.status, found["field"]))
    assert states[:3] == ["acknowledged", "answered", "resolved"]
    assert states[3] in ("open", "assigned")
    assert states[4][0] == 422
    assert states[5] == "closed"
    async with http.get(path, headers=headers) as answer:
        question = await answer.json()
    happened = [entry["what"] for entry in question["timeline"]]
    assert [what for what in happened if what in ("answered", "resolved", "reopened", "closed")] == [
        "answered",
        "resolved",
        "reopened",
        "closed",
    ]
    assert question["next_step"] is None
    async with http.get(f"/api/v1/questions/{question['number']}", headers=headers) as by_number:
        assert (await by_number.json())["id"] == opened["id"]


async def test_questions_are_listed_by_state(edge: Edge, http: aiohttp.ClientSession) -> None:
    opened = await post_question(edge, http, "请问楼下的井盖谁来修？")
    headers = edge.bearer(SECRETARY, "secretary")

    async def listed(query: str) -> set[str]:
        async with http.get(f"/api/v1/questions?community={COMMUNITY}&{query}", headers=headers) as answer:
            assert answer.status == 200
            return {question["id"] for question in (await answer.json())["questions"]}

    assert opened["id"] in await listed(f"state=open&state=assigned&group={GROUP}")
    assert opened["id"] not in await listed("state=resolved")


async def test_an_announcement_has_a_ledger_of_households(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = edge.bearer(SECRETARY, "secretary")
    body = {"title": "明天上午停水", "text": "九点到十二点停水，请存水。", "groups": [GROUP], "urgency": "important"}
    async with http.post("/api/v1/announcements", headers=headers, json=body) as answer:
        assert answer.status == 201, await answer.text()
        made = await answer.json()
    ledger: dict[str, object] = {}

    async def is_complete() -> bool:
        async with http.get(f"/api/v1/announcements/{made['id']}", headers=headers) as one:
            if not (await one.json())["is_ledger_complete"]:
                return False
        async with http.get(f"/api/v1/announcements/{made['id']}/reach", headers=headers) as reach:
            ledger.update(await reach.json())
        return True

    await until(is_complete)
    counts = ledger["counts"]
    assert isinstance(counts, dict)
    assert sum(counts.values()) == 168
    households = ledger["households"]
    assert isinstance(households, list)
    assert len(households) == 168
    assert {household["building"] for household in households} == {"28号楼"}
    assert all(household["state"] != "reached" for household in ledger["not_reached"])  # type: ignore[attr-defined]


async def test_a_preview_masks_what_must_not_be_published(edge: Edge, http: aiohttp.ClientSession) -> None:
    body = {"title": "失物招领", "text": "请联系 13800138000 领取。", "groups": [GROUP]}
    headers = edge.bearer(SECRETARY, "secretary")
    async with http.post("/api/v1/announcements/preview", headers=headers, json=body) as answer:
        preview = await answer.json()
    assert "13800138000" not in preview["text"]
    assert preview["warnings"]
    assert preview["households"] == 168


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "好", "colour": "red"}, "colour"),
        ({"text": "好", "via": "smoke"}, "via"),
        ({"text": "长" * 2001}, "text"),
        ({"text": "好", "reply_to": 0}, "reply_to"),
        ({"text": ""}, "text"),
    ],
)
async def test_a_bad_message_is_refused_naming_its_field(
    edge: Edge, http: aiohttp.ClientSession, body: dict[str, object], field: str
) -> None:
    async with http.post(MESSAGES, headers=edge.bearer(HEAD, "building_head"), json=body) as answer:
        assert answer.status == 422
        fault = await answer.json()
    assert set(fault) == {"code", "field", "message", "mend", "incident"}
    assert fault["field"].endswith(field)
    assert fault["mend"]


async def test_what_is_no_json_is_refused(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = edge.bearer(HEAD, "building_head") | {"Content-Type": "application/json"}
    async with http.post(MESSAGES, headers=headers, data=b'{"text": ') as answer:
        assert answer.status == 422
        assert (await answer.json())["field"] == "body"


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(edge: Edge, http: aiohttp.ClientSession, chunked: bool) -> None:
    headers = edge.bearer(HEAD, "building_head") | {"Content-Type": "application/json"}
    async with http.post(
        MESSAGES, headers=headers, data=b'{"text": "' + b"x" * 300_000, chunked=chunked or None
    ) as answer:
        assert answer.status == 413
        assert (await answer.json())["mend"] == "send less at once"


async def test_nobody_reads_without_a_token_or_with_a_bad_one(edge: Edge, http: aiohttp.ClientSession) -> None:
    expired = edge.sign(edge.principal(HEAD, "building_head"), "gateway", seconds=-60)
    ticket = edge.sign(edge.principal(HEAD, "building_head"), "signin")
    for headers in ({}, {"Authorization": "Bearer x"}, *({"Authorization": f"Bearer {t}"} for t in (expired, ticket))):
        async with http.get("/api/v1/groups", headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_token_that_cannot_be_used_says_why(edge: Edge, http: aiohttp.ClientSession) -> None:
    link = edge.sign(edge.principal(HEAD, "building_head"), *tokens.SIGN_IN_AUDIENCE)
    for token, why in (("abc", "it is no whole token"), (link, "it was made for something else")):
        async with http.get("/api/v1/groups", headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status == 401
            assert why in (await answer.json())["message"]


async def test_a_token_for_nobody_is_refused_with_how_people_are_named(edge: Edge) -> None:
    code, _, err = await edge.louyu.louyu("token", "--role", "resident", "--community", COMMUNITY, "--person", "nobody")
    assert code == 1
    assert f"{COMMUNITY} has no person nobody; write the key of the import file" in err


async def test_a_foreign_group_is_not_found(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"/api/v1/groups/{OTHER_GROUP}", headers=edge.bearer(HEAD, "building_head")) as answer:
        assert answer.status == 404


async def test_ids_that_are_none_are_named(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = edge.bearer(HEAD, "building_head")
    for path, field in (("/api/v1/groups/abc", "group"), ("/api/v1/questions/abc", "question")):
        async with http.get(path, headers=headers) as answer:
            assert (answer.status, (await answer.json())["field"]) == (422, field)


def operator(edge: Edge) -> dict[str, str]:
    """The header of a program with the token that `louyu token --role operator` prints."""
    principal = Principal(kind="person", id="operator", name="operator", roles=frozenset({"operator"}))
    return {"Authorization": f"Bearer {edge.sign(principal, *tokens.AUDIENCE)}"}


async def test_actions_take_the_number_and_no_body_where_nothing_need_be_said(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    opened = await post_question(edge, http, "请问信报箱的锁坏了谁来修？")
    headers = edge.bearer(SECRETARY, "secretary")
    path = f"/api/v1/questions/{opened['number']}"
    states = []
    for action in ("acknowledge", "resolve", "reopen"):
        async with http.post(f"{path}/{action}", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            found = await answer.json()
            states.append((found["id"] == opened["id"], found["state"]))
    assert states[:2] == [(True, "acknowledged"), (True, "resolved")]
    async with http.post("/api/v1/questions/none/resolve", headers=headers) as answer:
        assert (answer.status, (await answer.json())["field"]) == (422, "question")


@pytest.mark.parametrize(
    "path", ["groups", "questions", "announcements", "deliveries", f"groups/{GROUP}", "questions/1"]
)
async def test_a_community_that_does_not_exist_is_not_an_empty_one(
    edge: Edge, http: aiohttp.ClientSession, path: str
) -> None:
    for community in ("guangximen-beili-nan", new_id()):
        async with http.get(f"/api/v1/{path}?community={community}", headers=operator(edge)) as answer:
            assert (answer.status, (await answer.json())["code"]) == (404, "COMMUNITY_NOT_FOUND")


async def test_an_operator_publishes_but_is_nobody_in_a_group(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = operator(edge)
    async with http.post(MESSAGES, headers=edge.bearer(HEAD, "building_head"), json={"text": "楼道扫好了"}) as answer:
        seq = (await answer.json())["seq"]
    group = f"/api/v1/groups/{GROUP}"
    for method, path, body in (
        ("POST", "messages", {"text": "大家好"}),
        ("PUT", f"messages/{seq}/reactions/thanks", None),
        ("DELETE", f"messages/{seq}/reactions/thanks", None),
        ("PUT", f"messages/{seq}/pin", None),
        ("DELETE", f"messages/{seq}/pin", None),
        ("PUT", "read", {"seq": seq}),
    ):
        async with http.request(method, f"{group}/{path}?community={COMMUNITY}", headers=headers, json=body) as answer:
            refused = await answer.json()
            assert (answer.status, refused["code"]) == (403, "NOT_A_PERSON"), (path, refused)
            assert "louyu token" in refused["mend"]
    announcement = {
        "community": COMMUNITY,
        "title": "停水",
        "text": "明早停水",
        "groups": [GROUP],
        "source": "自来水公司",
    }
    async with http.post("/api/v1/announcements", headers=headers, json=announcement) as answer:
        assert answer.status == 201, await answer.text()
        assert (await answer.json())["published_by"] == "自来水公司"
    nowhere = announcement | {"community": "guangximen-beili-nan"}
    async with http.post("/api/v1/announcements/preview", headers=headers, json=nowhere) as answer:
        assert answer.status == 404


async def test_faults_speak_of_what_was_sent(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = edge.bearer(SECRETARY, "secretary")
    told = []
    as_json = headers | {"Content-Type": "application/json"}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "questions?state=opne", {}),
        ("GET", "questions?page=x", {}),
        ("POST", f"groups/{GROUP}/messages", {"json": [1]}),
        ("POST", f"groups/{GROUP}/messages", {"data": b"{", "headers": as_json}),
        ("POST", "announcements", {"json": {"text": "b"}}),
        ("POST", f"groups/{GROUP}/messages", {"json": {"text": "a\0b"}}),
        ("POST", "announcements", {"json": {"title": "a", "text": "b", "channels": ["fax"]}}),
    ]
    for method, path, sent in requests:
        async with http.request(method, f"/api/v1/{path}", **{"headers": headers, **sent}) as answer:
            assert answer.status == 422
            fault = await answer.json()
            told.append((fault["field"], fault["message"]))
    assert [field for field, _ in told] == ["state", "page", "body", "body", "title", "text", "channels"]
    messages = [message for _, message in told]
    assert messages[1] == "page is not one that was given out; begin without it"
    assert messages[2] == "it must be a JSON object, sent with Content-Type: application/json"
    assert messages[3].startswith("it is not JSON: ")
    assert messages[4] == "it is missing"
    assert messages[5].startswith("it holds a sign")
    assert messages[6].startswith("channels names 'fax'")


async def test_a_cookie_alone_cannot_write(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(edge.link(HEAD, "building_head", "resident")) as signed_in:
        assert signed_in.status == 200
    async with http.get("/api/v1/groups") as read:
        assert read.status == 200
    async with http.post(MESSAGES, json={"text": "从别处写来"}) as written:
        assert written.status == 403
        assert (await written.json())["code"] == "FORM_NOT_OURS"


async def test_the_interface_describes_itself(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get("/api/v1/openapi.json") as answer:
        described = await answer.json()
    assert {
        "/api/v1/groups",
        "/api/v1/groups/{group}/messages",
        "/api/v1/questions",
        "/api/v1/questions/{question}",
        "/api/v1/announcements",
        "/api/v1/announcements/{announcement}",
        "/api/v1/announcements/{announcement}/reach",
    } <= described["paths"].keys()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), (path, method)
            assert operation["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/Error")


async def test_probes_answer(edge: Edge, http: aiohttp.ClientSession) -> None:
    for path, words in (("/livez", "alive"), ("/readyz", "ready")):
        async with http.get(path) as answer:
            assert answer.status == 200
            assert words in await answer.text()
