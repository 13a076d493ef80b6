"""The service as others meet it: events in by Valkey, RPCs over gRPC, with identities and rights."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from louyu.events.v1 import messaging_events_pb2
from louyu.routing.v1 import plan_pb2, question_pb2, routing_service_pb2_grpc
from louyu.routing.v1 import routing_service_pb2 as pb
from louyu_routing import main
from louyu_routing.classification import Classifier
from louyu_routing.classifying import Classifying
from louyu_routing.emergency import built_in_emergencies
from louyu_routing.permissions import PERMISSIONS
from louyu_routing.settings import RoutingSettings
from louyu_runtime.database import Database, append_event
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.errors import RemoteError
from louyu_runtime.events.relay import Relay
from louyu_runtime.events.streams import connect_redis
from louyu_runtime.host import Host
from louyu_runtime.identity import Principal, TokenSigner, service_principal
from louyu_runtime.ids import community_id, named_id
from louyu_runtime.paging import encode_token
from louyu_runtime.rpc.client import Client

from tests.embedded.waiting import until
from tests.platform.fixtures import Clock, Databases
from tests.routing.conftest import NOON

COMMUNITY = community_id("service-tests")
GROUP = named_id(COMMUNITY, "group", "28")
STATES = question_pb2.QuestionState


def person(key: str) -> str:
    return named_id(COMMUNITY, "person", key)


def somebody(key: str, *roles: str, group: str = GROUP, community: str = COMMUNITY) -> Principal:
    """Return a person of the group with these roles."""
    return Principal(
        kind="person",
        id=person(key),
        community_id=community,
        name=key,
        roles=frozenset(roles or {"resident"}),
        group_ids=frozenset({group}),
    )


OPERATOR = Principal(kind="person", id=person("operator"), name="运维", roles=frozenset({"operator"}))


@dataclass
class Installation:
    """A routing service that is running, messaging's outbox before it, and a client."""

    client: Client[routing_service_pb2_grpc.RoutingServiceStub]
    messaging: Database
    relay: Relay

    async def call(self, method: str, request: Message, principal: Principal) -> Any:
        """Call routing as somebody."""
        return await self.client.call(method, request, principal=principal, timeout=5.0)

    async def tell(self, *events: Message) -> None:
        """Publish facts of messaging."""
        async with self.messaging.transaction(COMMUNITY) as tx:
            for event in events:
                append_event(tx, event, subject=f"group/{GROUP}")
        while await self.relay.publish_once():
            pass

    async def post(self, seq: int, sender: str, text: str, reply_to: int = 0) -> question_pb2.MessageOutcome:
        """Post a message in the group and return what became of it."""
        now = Timestamp()
        now.GetCurrentTime()
        await self.tell(
            messaging_events_pb2.MessagePosted(
                group_id=GROUP,
                message_id=str(uuid.uuid4()),
                seq=seq,
                sender_id=person(sender),
                sender_name=sender,
                text=text,
                via="text",
                reply_to_seq=reply_to,
                posted_at=now,
            )
        )
        return await self.outcome(seq)

    async def outcome(self, seq: int) -> question_pb2.MessageOutcome:
        """Wait until a message has been understood, and a question that it opened has been given to somebody."""
        request = pb.GetMessageOutcomeRequest(community_id=COMMUNITY, group_id=GROUP, seq=seq, wait=Duration(seconds=1))
        async with asyncio.timeout(20):
            while True:
                answer = await self.call("GetMessageOutcome", request, service_principal("gateway"))
                outcome: question_pb2.MessageOutcome = answer.outcome
                if answer.is_understood and (outcome.what != "opened" or outcome.asked_name):
                    return outcome


def directory_event() -> messaging_events_pb2.GroupDirectoryChanged:
    """Return the directory of the group."""
    return messaging_events_pb2.GroupDirectoryChanged(
        group_id=GROUP,
        version=1,
        name="28号楼",
        buildings=[messaging_events_pb2.GroupBuilding(key="28", name="28号楼")],
        role_holders=[
            messaging_events_pb2.RoleHolder(person_id=person("head"), role="building_head", name="head"),
            messaging_events_pb2.RoleHolder(person_id=person("secretary"), role="secretary", name="secretary"),
        ],
    )


@asynccontextmanager
async def running(settings: RoutingSettings, classifier: Classifier) -> AsyncIterator[None]:
    """Serve routing in this process for as long as the block lasts."""
    async with Host(settings) as host:
        closing = await main.wire(host, Classifying(lambda: classifier), built_in_emergencies())
        task = asyncio.create_task(host.serve())
        try:
            yield
        finally:
            host.stop()
            await task
            closing()


@pytest.fixture
async def installation(
    databases: Databases,
    database_url: str,
    redis_url: str,
    signer: TokenSigner,
    messaging_database: Database,
    clock: Clock,
    classifier: Classifier,
) -> AsyncIterator[Installation]:
    """Routing, served on a free port at noon, with the community set up and the group's directory known."""
    await clock.set_local_time(NOON)
    port = free_port()
    settings = RoutingSettings.model_validate(
        {
            "database_url": database_url,
            "redis_url": redis_url,
            "listen": f"127.0.0.1:{port}",
            "admin_listen": f"127.0.0.1:{free_port()}",
            "signing_key": databases.signing_key,
            "event_partitions": 2,
            "instance": "test",
        }
    )
    redis = connect_redis(redis_url)
    client = Client(
        routing_service_pb2_grpc.RoutingServiceStub,
        "routing",
        f"127.0.0.1:{port}",
        signer,
        service_principal("gateway"),
    )
    async with running(settings, classifier):
        place = Installation(client, messaging_database, Relay(messaging_database, redis, 2, {}, ["routing"]))
        applied = pb.ApplyCommunityRequest(community_id=COMMUNITY, chase=plan_pb2.ChaseDefinition())
        await until(partial(_answers, place, applied))
        await place.tell(directory_event())
        yield place
    await client.close()
    await redis.aclose()


async def _answers(place: Installation, request: pb.ApplyCommunityRequest) -> bool:
    try:
        await place.call("ApplyCommunity", request, OPERATOR)
    except RemoteError as error:
        if error.code is grpc.StatusCode.UNAVAILABLE:
            return False
        raise
    return True


async def refused(call: Awaitable[Any]) -> RemoteError:
    """Return the error with which a call is refused."""
    with pytest.raises(RemoteError) as caught:
        await call
    return caught.value


async def test_message_becomes_a_question_that_is_answered_and_settled(installation: Installation) -> None:
    opened = await installation.post(1, "asker", "迁户口去哪个派出所？")
    assert (opened.what, opened.question_number, opened.asked_name) == ("opened", 1, "邻居们")
    answer = pb.AnswerQuestionRequest(
        community_id=COMMUNITY, question_id=opened.question_id, text="去左家庄派出所", idempotency_key="a"
    )
    answered = await installation.call("AnswerQuestion", answer, somebody("neighbour"))
    assert answered.question.state == STATES.QUESTION_STATE_ANSWERED
    assert answered.question.next_step.who == "asker"
    again = await installation.call("AnswerQuestion", answer, somebody("neighbour"))
    assert again == answered
    resolve = pb.ResolveQuestionRequest(community_id=COMMUNITY, question_id=opened.question_id, idempotency_key="r")
    resolved = await installation.call("ResolveQuestion", resolve, somebody("asker"))
    assert resolved.question.state == STATES.QUESTION_STATE_RESOLVED
    assert not resolved.question.HasField("next_step")
    found = await installation.call(
        "GetQuestion", pb.GetQuestionRequest(community_id=COMMUNITY, question="1"), somebody("neighbour")
    )
    assert [entry.what for entry in found.question.timeline] == ["opened", "step_started", "answered", "resolved"]


async def test_question_goes_on_by_ask_back_acknowledgement_closing_and_reopening(installation: Installation) -> None:
    opened = await installation.post(1, "asker", "迁户口去哪个派出所？")
    head, asker = somebody("head", "building_head"), somebody("asker")

    def of(key: str) -> dict[str, str]:
        return {"community_id": COMMUNITY, "question_id": opened.question_id, "idempotency_key": key}

    asked = await installation.call("AskBack", pb.AskBackRequest(**of("1"), text="您家几口人？"), head)  # type: ignore[arg-type]
    assert asked.question.state == STATES.QUESTION_STATE_ASKED_BACK
    assert (await installation.post(2, "asker", "三口人")).what == "resumed"
    promise = pb.AcknowledgeQuestionRequest(**of("2"), promised_within=Duration(seconds=3600))  # type: ignore[arg-type]
    taken = await installation.call("AcknowledgeQuestion", promise, head)
    assert taken.question.state == STATES.QUESTION_STATE_ACKNOWLEDGED
    closed = await installation.call("CloseQuestion", pb.CloseQuestionRequest(**of("3"), reason="无法办理"), head)  # type: ignore[arg-type]
    assert closed.question.state == STATES.QUESTION_STATE_CLOSED
    reopened = await installation.call("ReopenQuestion", pb.ReopenQuestionRequest(**of("4"), text="还需要"), asker)  # type: ignore[arg-type]
    assert reopened.question.state == STATES.QUESTION_STATE_OPEN
    assert reopened.question.HasField("next_step")


async def test_two_emergencies_are_advised_and_the_head_is_asked_which_is_meant(installation: Installation) -> None:
    fire = await installation.post(1, "asker", "厨房着火了快来人")
    lift = await installation.post(2, "other", "3单元电梯又停了，困着人呢")
    assert "不坐电梯" in fire.emergency_advice
    assert "留在轿厢" in lift.emergency_advice

    undecided = await installation.post(3, "head", "马上到")
    assert (undecided.what, undecided.question_id) == ("undecided", "")
    assert [(one.number, one.text) for one in undecided.candidates] == [
        (lift.question_number, "3单元电梯又停了，困着人呢"),
        (fire.question_number, "厨房着火了快来人"),
    ]
    decided = await installation.post(4, "head", str(fire.question_number))
    assert (decided.what, decided.question_state) == ("belongs", STATES.QUESTION_STATE_ACKNOWLEDGED)
    assert decided.question_id == fire.question_id
    assert (await installation.outcome(3)).what == "acknowledged"

    mine = pb.ListQuestionsRequest(community_id=COMMUNITY, asked_by_person_id=person("asker"))
    (found,) = (await installation.call("ListQuestions", mine, service_principal("gateway"))).questions
    assert (found.id, found.emergency_advice) == (fire.question_id, fire.emergency_advice)
    texts = pb.ClassifyRequest(texts=[pb.TextToClassify(text="厨房着火了快来人", via="text")])
    (reading,) = (await installation.call("Classify", texts, service_principal("gateway"))).classifications
    assert (reading.emergency_advice, list(reading.emergency_numbers)) == (fire.emergency_advice, ["119"])


async def test_guess_is_taken_back_by_a_call_and_the_message_is_free_again(installation: Installation) -> None:
    opened = await installation.post(1, "asker", "迁户口去哪个派出所？")
    guessed = await installation.post(2, "neighbour", "派出所对面新开了一家超市")
    assert (guessed.what, guessed.is_guess) == ("answered", True)
    get = pb.GetQuestionRequest(community_id=COMMUNITY, question=opened.question_id)
    entry = (await installation.call("GetQuestion", get, somebody("asker"))).question.timeline[-1]
    assert entry.can_undo
    undo = pb.UndoGuessRequest(
        community_id=COMMUNITY, question_id=opened.question_id, entry_id=entry.id, idempotency_key="u"
    )
    undone = await installation.call("UndoGuess", undo, somebody("asker"))
    assert undone.question.state == STATES.QUESTION_STATE_OPEN
    outcomes = pb.ListMessageOutcomesRequest(community_id=COMMUNITY, group_id=GROUP, first_seq=1, last_seq=9)
    found = await installation.call("ListMessageOutcomes", outcomes, somebody("asker"))
    assert [one.seq for one in found.outcomes] == [1]


async def test_expected_version_that_is_old_is_aborted(installation: Installation) -> None:
    opened = await installation.post(1, "asker", "迁户口去哪个派出所？")
    request = pb.AnswerQuestionRequest(
        community_id=COMMUNITY,
        question_id=opened.question_id,
        text="去派出所",
        idempotency_key="a",
        expected_version=99,
    )
    error = await refused(installation.call("AnswerQuestion", request, somebody("neighbour")))
    assert (error.code, error.reason) == (grpc.StatusCode.ABORTED, "CHANGED_MEANWHILE")


async def test_lists_hold_what_the_caller_may_see_in_pages(installation: Installation) -> None:
    for seq, sender in enumerate(["a", "b", "c"], start=1):
        await installation.post(seq, sender, "迁户口去哪个派出所？")
    await installation.post(4, "d", "厨房着火了快来人")
    first = await installation.call(
        "ListQuestions", pb.ListQuestionsRequest(community_id=COMMUNITY, page_size=3), somebody("a")
    )
    assert [one.number for one in first.questions] == [4, 1, 2]
    second = pb.ListQuestionsRequest(community_id=COMMUNITY, page_size=3, page_token=first.next_page_token)
    rest = await installation.call("ListQuestions", second, somebody("a"))
    assert ([one.number for one in rest.questions], rest.next_page_token) == ([3], "")
    stranger = somebody("x", group=named_id(COMMUNITY, "group", "3"))
    nothing = await installation.call("ListQuestions", pb.ListQuestionsRequest(community_id=COMMUNITY), stranger)
    assert not nothing.questions
    waiting = pb.ListQuestionsRequest(community_id=COMMUNITY, waiting_for_person_id=person("head"))
    found = await installation.call("ListQuestions", waiting, somebody("head", "building_head"))
    assert [one.number for one in found.questions] == [4]


async def test_watchers_get_a_hint_when_a_question_of_theirs_changes(installation: Installation) -> None:
    hints: list[pb.WatchQuestionsResponse] = []

    async def watch() -> None:
        request = pb.WatchQuestionsRequest(community_id=COMMUNITY, group_id=GROUP)
        async for hint in installation.client.stream("WatchQuestions", request, principal=somebody("asker")):
            hints.append(hint)

    watching = asyncio.create_task(watch())
    try:
        opened = await installation.post(1, "asker", "迁户口去哪个派出所？")
        await until(lambda: any(hint.question_id == opened.question_id for hint in hints))
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_texts_are_classified_as_messages_are(installation: Installation) -> None:
    request = pb.ClassifyRequest(texts=[pb.TextToClassify(text="厨房着火了快来人"), pb.TextToClassify(text="哈哈")])
    found = await installation.call("Classify", request, somebody("head", "building_head"))
    assert [one.intent for one in found.classifications] == ["report", "chat"]
    assert found.classifications[0].urgency == "emergency"


async def test_operators_see_the_plugins(installation: Installation) -> None:
    found = await installation.call("ListPlugins", pb.ListPluginsRequest(), OPERATOR)
    assert {"builtin", "property"} <= {one.name for one in found.plugins if one.state == "running"}


async def test_what_no_database_can_keep_is_refused_naming_the_field(installation: Installation) -> None:
    opened = await installation.post(1, "asker", "迁户口去哪个派出所？")
    place: list[Any] = [0, "2026-01-15T12:00:00+00:00", opened.question_id]
    listed = partial(pb.ListQuestionsRequest, community_id=COMMUNITY)
    endless = Duration(seconds=2**62)
    of_question: dict[str, Any] = {"community_id": COMMUNITY, "question_id": opened.question_id, "idempotency_key": "k"}
    faulty: list[tuple[str, Message, str]] = [
        ("AnswerQuestion", pb.AnswerQuestionRequest(**of_question, text="a\0"), "text"),
        (
            "AcknowledgeQuestion",
            pb.AcknowledgeQuestionRequest(**of_question, promised_within=endless),
            "promised_within",
        ),
        (
            "GetMessageOutcome",
            pb.GetMessageOutcomeRequest(community_id=COMMUNITY, group_id=GROUP, wait=endless),
            "wait",
        ),
        ("ListQuestions", listed(responder_type="property\0"), "responder_type"),
        ("ListQuestions", listed(page_token=encode_token("ListQuestions", [2**40, *place[1:]])), "page_token"),
        ("ListQuestions", listed(page_token=encode_token("ListQuestions", [0, "now", place[2]])), "page_token"),
        ("ListQuestions", listed(page_token=encode_token("ListQuestions", [*place[:2], "no id"])), "page_token"),
        (
            "ListQuestions",
            listed(page_token=encode_token("ListQuestions", [0, "0001-01-01T00:00:00+14:00", place[2]])),
            "page_token",
        ),
    ]
    for method, request, field in faulty:
        error = await refused(installation.call(method, request, somebody("head", "building_head")))
        assert (error.code, error.field) == (grpc.StatusCode.INVALID_ARGUMENT, field)


Request = Callable[[str], Message]


@pytest.mark.parametrize(
    ("method", "request_of", "caller", "code"),
    [
        ("GetQuestion", "get", somebody("x", group=named_id(COMMUNITY, "group", "3")), grpc.StatusCode.NOT_FOUND),
        ("GetQuestion", "get", somebody("x", community=community_id("other")), grpc.StatusCode.NOT_FOUND),
        ("AnswerQuestion", "answer", somebody("asker"), grpc.StatusCode.FAILED_PRECONDITION),
        ("AcknowledgeQuestion", "acknowledge", somebody("neighbour"), grpc.StatusCode.PERMISSION_DENIED),
        ("AskBack", "ask_back", somebody("neighbour"), grpc.StatusCode.PERMISSION_DENIED),
        ("ResolveQuestion", "resolve", somebody("neighbour"), grpc.StatusCode.PERMISSION_DENIED),
        ("ReopenQuestion", "reopen", somebody("neighbour"), grpc.StatusCode.PERMISSION_DENIED),
        ("CloseQuestion", "close", somebody("asker"), grpc.StatusCode.PERMISSION_DENIED),
        # a role that the token claims and the group's directory does not know
        ("CloseQuestion", "close", somebody("neighbour", "secretary"), grpc.StatusCode.PERMISSION_DENIED),
        ("ApplyCommunity", "apply", somebody("secretary", "secretary"), grpc.StatusCode.PERMISSION_DENIED),
        ("ListPlugins", "plugins", somebody("secretary", "secretary"), grpc.StatusCode.PERMISSION_DENIED),
        ("CloseQuestion", "close", service_principal("gateway"), grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_those_who_may_not_are_refused(
    installation: Installation, method: str, request_of: str, caller: Principal, code: grpc.StatusCode
) -> None:
    opened = await installation.post(1, "asker", "迁户口去哪个派出所？")
    of = {"community_id": COMMUNITY, "question_id": opened.question_id, "idempotency_key": "k"}
    requests: dict[str, Message] = {
        "get": pb.GetQuestionRequest(community_id=COMMUNITY, question=opened.question_id),
        "answer": pb.AnswerQuestionRequest(**of, text="去派出所"),  # type: ignore[arg-type]
        "acknowledge": pb.AcknowledgeQuestionRequest(**of),  # type: ignore[arg-type]
        "ask_back": pb.AskBackRequest(**of, text="几口人？"),  # type: ignore[arg-type]
        "resolve": pb.ResolveQuestionRequest(**of),  # type: ignore[arg-type]
        "reopen": pb.ReopenQuestionRequest(**of),  # type: ignore[arg-type]
        "close": pb.CloseQuestionRequest(**of, reason="无法办理"),  # type: ignore[arg-type]
        "apply": pb.ApplyCommunityRequest(community_id=COMMUNITY),
        "plugins": pb.ListPluginsRequest(),
    }
    assert (await refused(installation.call(method, requests[request_of], caller))).code is code


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ApplyCommunityRequest(community_id="x"), "community_id"),
        (
            pb.ApplyCommunityRequest(
                community_id=COMMUNITY, chase=plan_pb2.ChaseDefinition(liaison_window=Duration(seconds=0))
            ),
            "chase.liaison_window",
        ),
        (
            pb.ApplyCommunityRequest(community_id=COMMUNITY, chase=plan_pb2.ChaseDefinition(quiet_from="25:00")),
            "chase.quiet_from",
        ),
        (
            pb.ApplyCommunityRequest(community_id=COMMUNITY, chase=plan_pb2.ChaseDefinition(time_zone="Moon/Base")),
            "chase.time_zone",
        ),
        (
            pb.ApplyCommunityRequest(
                community_id=COMMUNITY,
                responders=[plan_pb2.ResponderDefinition(key="p", type="plumbers", name="管道")],
            ),
            "responders[0].type",
        ),
        (
            pb.ApplyCommunityRequest(
                community_id=COMMUNITY,
                responders=[
                    plan_pb2.ResponderDefinition(
                        key="p", type="property", name="物业", settings={"react_high_minutes": "soon"}
                    )
                ],
            ),
            "responders[0].settings.react_high_minutes",
        ),
    ],
)
async def test_faults_of_a_communitys_file_name_the_field(
    installation: Installation, request_: pb.ApplyCommunityRequest, field: str
) -> None:
    error = await refused(installation.call("ApplyCommunity", request_, OPERATOR))
    assert (error.code, error.field) == (grpc.StatusCode.INVALID_ARGUMENT, field)


async def test_applying_again_changes_nothing_and_a_dry_run_never_does(installation: Installation) -> None:
    company = plan_pb2.ResponderDefinition(key="wuye", type="property", name="光熙物业")

    async def apply(*responders: plan_pb2.ResponderDefinition, dry: bool = False) -> tuple[int, int, int]:
        request = pb.ApplyCommunityRequest(community_id=COMMUNITY, responders=responders, is_dry_run=dry)
        found = await installation.call("ApplyCommunity", request, OPERATOR)
        return found.created_count, found.changed_count, found.unchanged_count

    assert await apply(company, dry=True) == (1, 0, 1)
    assert await apply(company) == (1, 0, 1)
    assert await apply(company) == (0, 0, 2)
    request = pb.ListRespondersRequest(community_id=COMMUNITY)
    found = await installation.call("ListResponders", request, somebody("wang", "building_head"))
    assert [(one.key, one.type, one.name) for one in found.responders] == [("wuye", "property", "光熙物业")]
    assert await apply() == (0, 1, 1)


async def test_responders_that_are_not_named_can_be_kept(installation: Installation) -> None:
    company = plan_pb2.ResponderDefinition(key="wuye", type="property", name="光熙物业")
    await installation.call(
        "ApplyCommunity", pb.ApplyCommunityRequest(community_id=COMMUNITY, responders=[company]), OPERATOR
    )
    part = pb.ApplyCommunityRequest(community_id=COMMUNITY, keeps_unnamed=True)
    assert not (await installation.call("ApplyCommunity", part, OPERATOR)).removed_keys
    whole = pb.ApplyCommunityRequest(community_id=COMMUNITY)
    assert list((await installation.call("ApplyCommunity", whole, OPERATOR)).removed_keys) == ["wuye"]


async def test_all_faults_of_responders_are_told_at_once_with_the_nearest_type(installation: Installation) -> None:
    wanted = [
        plan_pb2.ResponderDefinition(key="a", type="propertyy", name="物业"),
        plan_pb2.ResponderDefinition(key="a", type="committee", name=""),
    ]
    request = pb.ApplyCommunityRequest(community_id=COMMUNITY, responders=wanted)
    error = await refused(installation.call("ApplyCommunity", request, OPERATOR))
    assert [field for field, _ in error.violations] == ["responders[0].type", "responders[1].key", "responders[1].name"]
    assert "is 'property' meant?" in error.violations[0][1]


def test_every_method_has_a_rule() -> None:
    assert set(PERMISSIONS) == {one.name for one in pb.DESCRIPTOR.services_by_name["RoutingService"].methods}
