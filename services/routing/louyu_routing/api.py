"""gRPC in, domain out: RoutingService. Every method checks its request, finds its question by `rights`, and answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message as ProtobufMessage
from louyu.routing.v1 import plan_pb2, routing_service_pb2_grpc
from louyu.routing.v1 import routing_service_pb2 as pb
from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import NotFound
from louyu_runtime.idempotency import once
from louyu_runtime.identity import Principal, current_principal
from louyu_runtime.paging import encode_token
from louyu_sdk.host import PluginHost

from louyu_routing import applying, life, requests, views, wire
from louyu_routing.classifying import Classifying
from louyu_routing.emergency import Emergencies
from louyu_routing.errors import EntryNotFound
from louyu_routing.question import Question, Said
from louyu_routing.reading import read
from louyu_routing.rights import Caller, may_see_group, question_to_change, visible_question
from louyu_routing.store import directory, listing, messages
from louyu_routing.store import timeline as timeline_store
from louyu_routing.timers import Timers
from louyu_routing.understanding import open_for_itself
from louyu_routing.undo import undo_guess
from louyu_routing.watching import Watchers

Context = grpc.aio.ServicerContext[Any, Any]
Act = Callable[[Transaction, Question, Caller], Awaitable[Question]]
ResponseT = TypeVar("ResponseT", bound=ProtobufMessage)

LONGEST_WAIT_SECONDS = 1.0
POLL_SECONDS = 0.15
HEARTBEAT_SECONDS = 20.0


@dataclass(frozen=True)
class RoutingApi(routing_service_pb2_grpc.RoutingServiceServicer):
    """Serves RoutingService."""

    database: Database
    plugins: PluginHost
    classifying: Classifying
    emergencies: Emergencies
    timers: Timers
    watchers: Watchers

    async def ApplyCommunity(self, request: pb.ApplyCommunityRequest, context: Context) -> pb.ApplyCommunityResponse:
        community_id = requests.community(request.community_id)
        chase = requests.chase(request.chase)
        wanted = [requests.responder(one) for one in request.responders]
        async with self.database.transaction(community_id) as tx:
            applied = await applying.apply(
                tx,
                self.plugins,
                chase,
                wanted,
                is_dry_run=request.is_dry_run,
                keeps_unnamed=request.keeps_unnamed,
            )
        return pb.ApplyCommunityResponse(
            created_count=applied.created,
            changed_count=applied.changed,
            unchanged_count=applied.unchanged,
            removed_keys=applied.removed_keys,
        )

    async def ListQuestions(self, request: pb.ListQuestionsRequest, context: Context) -> pb.ListQuestionsResponse:
        wanted = requests.wanted(request, current_principal())
        after, size = requests.list_position(request)
        async with self.database.transaction(requests.community(request.community_id)) as tx:
            found = await listing.page(tx, wanted, after, size + 1)
            shown = await views.of_questions(tx, found[:size])
        token = ""
        if len(found) > size:
            rank, opened, question_id = listing.position_of(found[size - 1])
            token = encode_token("ListQuestions", [rank, opened.isoformat(), question_id])
        return pb.ListQuestionsResponse(
            questions=[wire.question_to_wire(view, self._type_names) for view in shown], next_page_token=token
        )

    async def GetQuestion(self, request: pb.GetQuestionRequest, context: Context) -> pb.GetQuestionResponse:
        async with self.database.transaction(requests.community(request.community_id)) as tx:
            question = await visible_question(tx, current_principal(), request.question)
            view = views.as_seen_by(current_principal(), await views.of_question(tx, question))
        return pb.GetQuestionResponse(question=wire.question_to_wire(view, self._type_names))

    async def ListMessageOutcomes(
        self, request: pb.ListMessageOutcomesRequest, context: Context
    ) -> pb.ListMessageOutcomesResponse:
        group_id = _visible_group(current_principal(), request.group_id)
        first, last = requests.positions(request)
        async with self.database.transaction(requests.community(request.community_id)) as tx:
            found = await views.of_outcomes(tx, group_id, first, last)
        return pb.ListMessageOutcomesResponse(outcomes=[wire.outcome_to_wire(view) for view in found])

    async def GetMessageOutcome(
        self, request: pb.GetMessageOutcomeRequest, context: Context
    ) -> pb.GetMessageOutcomeResponse:
        group_id = _visible_group(current_principal(), request.group_id)
        community_id = requests.community(request.community_id)
        loop = asyncio.get_running_loop()
        wait = min(max(requests.wait(request).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)
        until = loop.time() + wait
        with self.watchers.waiting(community_id) as news:
            while True:
                news.clear()
                answer, is_final = await self._message_outcome(community_id, group_id, request.seq)
                left = until - loop.time()
                if is_final or left <= 0:
                    return answer
                # other replicas may have understood it, so news of this one is not all there is
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, POLL_SECONDS)):
                        await news.wait()

    async def AcknowledgeQuestion(
        self, request: pb.AcknowledgeQuestionRequest, context: Context
    ) -> pb.AcknowledgeQuestionResponse:
        said = Said(text=requests.words("text", request.text, required=False))
        promised = requests.promise(request)

        async def act(tx: Transaction, question: Question, caller: Caller) -> Question:
            caller.require_asked_or_role()
            return await life.acknowledge(tx, question, caller.by, said, promised_within=promised)

        return await self._change("AcknowledgeQuestion", request, pb.AcknowledgeQuestionResponse, act)

    async def AnswerQuestion(self, request: pb.AnswerQuestionRequest, context: Context) -> pb.AnswerQuestionResponse:
        said = Said(text=requests.words("text", request.text, required=True))

        async def act(tx: Transaction, question: Question, caller: Caller) -> Question:
            caller.require_not_asker()
            return await life.answer(tx, question, caller.by, said)

        return await self._change("AnswerQuestion", request, pb.AnswerQuestionResponse, act)

    async def AskBack(self, request: pb.AskBackRequest, context: Context) -> pb.AskBackResponse:
        said = Said(text=requests.words("text", request.text, required=True))

        async def act(tx: Transaction, question: Question, caller: Caller) -> Question:
            caller.require_asked_or_role()
            return await life.ask_back(tx, question, caller.by, said)

        return await self._change("AskBack", request, pb.AskBackResponse, act)

    async def ResolveQuestion(self, request: pb.ResolveQuestionRequest, context: Context) -> pb.ResolveQuestionResponse:
        said = Said(text=requests.words("text", request.text, required=False))

        async def act(tx: Transaction, question: Question, caller: Caller) -> Question:
            caller.require_asker_or_leader()
            return await life.resolve(tx, question, caller.by, said)

        return await self._change("ResolveQuestion", request, pb.ResolveQuestionResponse, act)

    async def ReopenQuestion(self, request: pb.ReopenQuestionRequest, context: Context) -> pb.ReopenQuestionResponse:
        said = Said(text=requests.words("text", request.text, required=False))

        async def act(tx: Transaction, question: Question, caller: Caller) -> Question:
            caller.require_asker_or_leader()
            return await life.reopen(tx, question, caller.by, said)

        return await self._change("ReopenQuestion", request, pb.ReopenQuestionResponse, act)

    async def CloseQuestion(self, request: pb.CloseQuestionRequest, context: Context) -> pb.CloseQuestionResponse:
        reason = Said(text=requests.words("reason", request.reason, required=True))

        async def act(tx: Transaction, question: Question, caller: Caller) -> Question:
            caller.require_leader()
            return await life.close(tx, question, caller.by, reason)

        return await self._change("CloseQuestion", request, pb.CloseQuestionResponse, act)

    async def UndoGuess(self, request: pb.UndoGuessRequest, context: Context) -> pb.UndoGuessResponse:
        entry_id = requests.identifier("entry_id", request.entry_id)
        classifier = await self.classifying.classifier()

        async def act(tx: Transaction, question: Question, caller: Caller) -> Question:
            entry = await timeline_store.get(tx, question.question_id, entry_id)
            if entry is None:
                raise EntryNotFound
            caller.require_undoing(entry)
            restored = await undo_guess(tx, question, entry, caller.by)
            message = await messages.of_entry(tx, entry)
            if message is not None:
                await open_for_itself(tx, message, classifier, self.emergencies)
            return restored

        return await self._change("UndoGuess", request, pb.UndoGuessResponse, act)

    async def WatchQuestions(
        self, request: pb.WatchQuestionsRequest, context: Context
    ) -> AsyncIterator[pb.WatchQuestionsResponse]:
        principal = current_principal()
        community_id = requests.community(request.community_id)
        wanted_group = _visible_group(principal, request.group_id) if request.group_id else ""
        sees_all = principal.is_service or principal.is_operator
        with self.watchers.following(community_id) as watcher:
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        hint = await watcher.queue.get()
                except TimeoutError:
                    yield pb.WatchQuestionsResponse()
                    continue
                groups = hint.group_ids & {wanted_group} if wanted_group else hint.group_ids
                if not hint.question_id:
                    yield pb.WatchQuestionsResponse()
                elif groups and (sees_all or groups & principal.group_ids):
                    yield pb.WatchQuestionsResponse(question_id=hint.question_id, group_id=min(groups))

    async def Classify(self, request: pb.ClassifyRequest, context: Context) -> pb.ClassifyResponse:
        texts = requests.texts(request)
        classifier = await self.classifying.classifier()
        found = []
        for text, via in texts:
            reading = read(classifier, text, via)
            found.append(wire.reading_to_wire(reading, self.emergencies.of(text) if reading.is_emergency else None))
            await asyncio.sleep(0)  # a hundred texts must not hold up the others' calls
        return pb.ClassifyResponse(classifications=found)

    async def ListResponders(self, request: pb.ListRespondersRequest, context: Context) -> pb.ListRespondersResponse:
        async with self.database.transaction(requests.community(request.community_id)) as tx:
            found = await directory.responders(tx)
        return pb.ListRespondersResponse(
            responders=[
                plan_pb2.ResponderDefinition(key=one.key, type=one.type, name=one.name, building_keys=one.building_keys)
                for one in found
            ]
        )

    async def ListPlugins(self, request: pb.ListPluginsRequest, context: Context) -> pb.ListPluginsResponse:
        return pb.ListPluginsResponse(plugins=[wire.plugin_to_wire(state) for state in self.plugins.states("routing")])

    @property
    def _type_names(self) -> dict[str, str]:
        return {one.key: one.name_zh for one in self.plugins.responder_types}

    async def _change(self, method: str, request: Any, response_class: type[ResponseT], act: Act) -> ResponseT:
        """Do one change of a question, once for its idempotency key, in one transaction."""
        principal = current_principal()
        community_id = requests.community(request.community_id)
        expected = getattr(request, "expected_version", 0)

        async def work(tx: Transaction) -> ResponseT:
            async def effect() -> ResponseT:
                question, caller = await question_to_change(tx, principal, request.question_id, expected)
                changed = await act(tx, question, caller)
                view = views.as_seen_by(principal, await views.of_question(tx, changed))
                return response_class(question=wire.question_to_wire(view, self._type_names))

            answer = await once(tx, principal.id, method, request.idempotency_key, request, response_class, effect)
            tx.after_commit.append(self.timers.wake)
            tx.after_commit.append(lambda: self.watchers.changed_in(community_id))
            return answer

        return await self.database.in_transaction(community_id, work)

    async def _message_outcome(
        self, community_id: str, group_id: str, seq: int
    ) -> tuple[pb.GetMessageOutcomeResponse, bool]:
        """Return what is known of a message now, and whether more is to be expected in a moment."""
        async with self.database.transaction(community_id) as tx:
            is_understood = bool(await messages.outcomes(tx, group_id, seq, seq))
            found = await views.of_outcomes(tx, group_id, seq, seq)
            candidates = [] if found else await views.candidates_of(tx, group_id, seq)
        outcome = wire.outcome_to_wire(found[0]) if found else wire.undecided_to_wire(seq, candidates)
        answer = pb.GetMessageOutcomeResponse(is_understood=is_understood, outcome=outcome)
        return answer, is_understood and all(view.is_planned for view in found)


def _visible_group(principal: Principal, group_id: str) -> str:
    found = requests.identifier("group_id", group_id)
    if not may_see_group(principal, found):
        raise NotFound("there is no such group, or you may not see it", reason="GROUP_NOT_FOUND")
    return found
