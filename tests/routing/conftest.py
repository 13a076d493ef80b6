"""A group with its people, as routing knows them, on real PostgreSQL; the clock is moved, nobody waits."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest
from google.protobuf.message import Message as ProtobufMessage
from louyu.events.v1 import routing_events_pb2
from louyu_routing import builtin_responders, views
from louyu_routing.applying import ResponderWanted, apply
from louyu_routing.availability import AwayTime, DutyTime
from louyu_routing.chase import Chase
from louyu_routing.classification import Classifier
from louyu_routing.emergency import built_in_emergencies
from louyu_routing.question import Question
from louyu_routing.store import availability, clocks, directory, questions
from louyu_routing.store.clocks import ClockAudit
from louyu_routing.store.directory import GroupDirectory, Holder
from louyu_routing.store.messages import Message
from louyu_routing.timers import Timers
from louyu_routing.understanding import understand, understand_words
from louyu_routing.views import QuestionView
from louyu_routing.watching import Watchers
from louyu_runtime.database import Database
from louyu_runtime.ids import community_id, named_id
from louyu_sdk.host import PluginHost
from louyu_sdk.loading import LoadedPlugins, installed_entry_points, load_plugins

from tests.platform.fixtures import Clock

COMMUNITY = community_id("routing-tests")
NOON = "2026-01-15 12:00"
EMERGENCIES = built_in_emergencies()

ROLES = {
    "head": ("building_head", "王楼长"),
    "liaison": ("liaison", "李居干"),
    "secretary": ("secretary", "张书记"),
    "plumber": ("staff", "赵师傅"),
    "second": ("building_head", "钱副楼长"),
    "apprentice": ("staff", "小孙"),
}


def person(key: str) -> str:
    """Return the id of a person of the tests."""
    return named_id(COMMUNITY, "person", key)


@dataclass
class Neighbourhood:
    """The group of building 28, its role holders, and routing's workers for it."""

    database: Database
    clock: Clock
    classifier: Classifier
    plugins: PluginHost
    timers: Timers
    watchers: Watchers
    group_id: str = named_id(COMMUNITY, "group", "28")
    seqs: "count[int]" = field(default_factory=lambda: count(1))
    versions: "count[int]" = field(default_factory=lambda: count(1))

    async def appoint(self, *keys: str, version: int | None = None) -> None:
        """Let these, and nobody else, hold their roles in the group."""
        holders = tuple(
            Holder(
                person_id=person(key),
                role=ROLES[key][0],
                name=ROLES[key][1],
                responder_key="property" if ROLES[key][0] == "staff" else "",
                is_second=key == "second",
            )
            for key in keys
        )
        number = next(self.versions) if version is None else version
        async with self.database.transaction(COMMUNITY) as tx:
            await directory.replace_group(
                tx,
                GroupDirectory(
                    group_id=self.group_id, version=number, name="28号楼", building_keys=("28",), holders=holders
                ),
            )

    async def tell_availability(self, away: Sequence[AwayTime] = (), duty: Sequence[DutyTime] = ()) -> None:
        """Let routing hear who is away and who is on duty, and that nobody else is."""
        async with self.database.transaction(COMMUNITY) as tx:
            await availability.replace(tx, next(self.versions), away, duty)

    async def set_up(self, chase: Chase, *, has_property: bool = True) -> None:
        """Apply a community's file."""
        company = ResponderWanted(key="property", type="property", name="光熙物业", building_keys=(), settings={})
        async with self.database.transaction(COMMUNITY) as tx:
            await apply(tx, self.plugins, chase, [company] if has_property else [], is_dry_run=False)

    async def post(
        self, sender: str, text: str, *, reply_to: int = 0, seq: int | None = None, about: str | None = None
    ) -> int:
        """Let routing hear a message, and return its position; sender "" is the platform."""
        number = next(self.seqs) if seq is None else seq
        async with self.database.transaction(COMMUNITY) as tx:
            message = self._message(sender, text, "text", number, reply_to, tx.now, about)
            await understand(tx, message, self.classifier, EMERGENCIES)
        return number

    async def speak(self, sender: str, *, reply_to: int = 0) -> int:
        """Let routing hear a recording without words, and return its position."""
        number = next(self.seqs)
        async with self.database.transaction(COMMUNITY) as tx:
            message = self._message(sender, "", "voice", number, reply_to, tx.now, None)
            await understand(tx, message, self.classifier, EMERGENCIES)
        return number

    async def put_into_words(self, sender: str, seq: int, words: str, *, reply_to: int = 0) -> None:
        """Let routing hear the words of a recording."""
        async with self.database.transaction(COMMUNITY) as tx:
            message = self._message(sender, words, "voice", seq, reply_to, tx.now, None)
            await understand_words(tx, message, self.classifier, EMERGENCIES)

    def _message(
        self, sender: str, text: str, via: str, seq: int, reply_to: int, posted_at: datetime, about: str | None
    ) -> Message:
        return Message(
            group_id=self.group_id,
            seq=seq,
            sender_id=person(sender) if sender else None,
            sender_name=ROLES[sender][1] if sender in ROLES else sender,
            text=text,
            via=via,
            reply_to_seq=reply_to,
            posted_at=posted_at,
            question_id=about,
        )

    async def tick(self) -> int:
        """Handle every clock that has run out; return how many."""
        return await self.timers.run_due()

    async def later(self, **delta: float) -> None:
        """Move the clock on, and handle what has run out."""
        await self.clock.move(**delta)
        await self.tick()

    async def ask(self, sender: str, text: str) -> tuple[int, Question]:
        """Post a question, let it be planned, and return its position and itself."""
        seq = await self.post(sender, text)
        await self.tick()
        return seq, (await self.newest()).question

    async def newest(self) -> QuestionView:
        """Return the community's newest question."""
        async with self.database.transaction(COMMUNITY) as tx:
            number = await tx.value("SELECT max(number) FROM question")
            question_id = await questions.id_of_number(tx, number)
            assert question_id is not None
        return await self.view(question_id)

    async def view(self, question_id: str) -> QuestionView:
        """Return all that is shown of a question."""
        async with self.database.transaction(COMMUNITY) as tx:
            question = await questions.get(tx, question_id)
            assert question is not None
            return await views.of_question(tx, question)

    async def count(self) -> int:
        """Return how many questions there are."""
        async with self.database.transaction(COMMUNITY) as tx:
            return int(await tx.value("SELECT count(*) FROM question"))

    async def events(self, kind: str) -> list[ProtobufMessage]:
        """Return the events of a kind that stand in the outbox, oldest first."""
        async with self.database.transaction(COMMUNITY) as tx:
            rows = await tx.rows("SELECT payload FROM outbox WHERE type = :type ORDER BY position", type=kind)
        return [getattr(routing_events_pb2, kind).FromString(row.payload) for row in rows]

    async def asked(self) -> list[str]:
        """Return who was asked, in order, as the events tell."""
        return [event.asked for event in await self.events("StepStarted")]  # type: ignore[attr-defined]

    async def audit(self) -> ClockAudit:
        """Return what the auditor finds."""
        async with self.database.transaction() as tx:
            return await clocks.audit(tx, timedelta(minutes=1))


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """The classifier that routing uses."""
    return Classifier.train()


async def started(loaded: LoadedPlugins) -> PluginHost:
    """Return a host of these plugins that has asked them for their types."""
    host = PluginHost(loaded)
    await host.start()
    return host


@pytest.fixture
async def neighbourhood(
    routing_database: Database, clock: Clock, classifier: Classifier
) -> AsyncIterator[Neighbourhood]:
    """Building 28 at noon, with head, liaison and secretary, the installed plugins, and a property company's plumber."""
    await clock.set_local_time(NOON)
    plugins = await started(
        load_plugins(installed_entry_points(), built_in={builtin_responders.NAME: builtin_responders})
    )
    watchers = Watchers()
    timers = Timers(routing_database, plugins, watchers)
    place = Neighbourhood(routing_database, clock, classifier, plugins, timers, watchers)
    await place.set_up(Chase())
    await place.appoint("head", "liaison", "secretary", "plumber")
    yield place
    found = await place.audit()
    assert found.without_clock_count == 0, "a live question was left without a clock"
    plugins.close()
