"""The life of a question under any order of actions, messages and hours: the promises that always hold."""

import asyncio
from typing import Any

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from louyu_routing import builtin_responders, life
from louyu_routing.chase import Chase
from louyu_routing.classification import Classifier
from louyu_routing.errors import CannotUndo, NotInThisState
from louyu_routing.question import By, Said
from louyu_routing.states import ENDED
from louyu_routing.store import questions
from louyu_routing.store import timeline as timeline_store
from louyu_routing.timers import Timers
from louyu_routing.undo import undo_guess
from louyu_routing.watching import Watchers
from louyu_runtime.database import Database
from louyu_sdk.loading import load_plugins

from tests.platform.fixtures import Clock
from tests.routing.conftest import COMMUNITY, NOON, Neighbourhood, person, started

SPEAKERS = ("asker", "neighbour", "head", "liaison", "plumber")
WORDS = (
    "马上修",
    "您家几层？",
    "修好了，换了新灯泡",
    "派出所在左家庄，带身份证",
    "谢谢",
    "还是不行",
    "同问",
    "哈哈哈",
    "三单元五层",
    "迁户口去哪个派出所？",
    "厨房着火了快来人",
)
ACTS = ("acknowledge", "ask_back", "answer", "resolve", "close", "reopen")


class Life(RuleBasedStateMachine):
    """One group; whatever is said, done and however late the worker is, the ledger must balance."""

    database_url: str
    classifier: Classifier
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.last_seq = 0

    def run(self, work: Any) -> Any:
        """Run a coroutine on the loop of the test."""
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        """Start with an empty group at noon."""
        self.place: Neighbourhood = self.run(self._begin())

    async def _begin(self) -> Neighbourhood:
        owner = await asyncpg.connect(self.database_url)
        tables = "question, asker, question_step, question_clock, timeline_entry, heard_message, role_holder"
        await owner.execute("SET search_path = routing")
        await owner.execute(f"TRUNCATE {tables}, group_directory, community, outbox, responder")
        await owner.close()
        database = Database(self.database_url, "routing")
        plugins = await started(load_plugins((), built_in={builtin_responders.NAME: builtin_responders}))
        watchers = Watchers()
        clock = Clock(self.database_url)
        place = Neighbourhood(database, clock, self.classifier, plugins, Timers(database, plugins, watchers), watchers)
        await clock.set_local_time(NOON)
        await place.set_up(Chase(), has_property=False)
        await place.appoint("head", "liaison", "secretary", "plumber")
        return place

    @rule(speaker=st.sampled_from(SPEAKERS), text=st.sampled_from(WORDS), back=st.integers(0, 4))
    def say(self, speaker: str, text: str, back: int) -> None:
        """Somebody says something, quoting one of the last messages or none."""
        self.last_seq += 1
        quoted = self.last_seq - back if back and self.last_seq > back else 0
        self.run(self.place.post(speaker, text, seq=self.last_seq, reply_to=quoted))

    @rule(text=st.sampled_from(WORDS), early=st.sampled_from(WORDS))
    def say_in_the_wrong_order(self, text: str, early: str) -> None:
        """A reply is heard before what it quotes, and the first one twice."""
        first, second = self.last_seq + 1, self.last_seq + 2
        self.last_seq = second
        self.run(self.place.post("neighbour", early, seq=second, reply_to=first))
        self.run(self.place.post("asker", text, seq=first))
        self.run(self.place.post("asker", text, seq=first))

    @rule(act=st.sampled_from(ACTS), pick=st.integers(0, 3))
    def act(self, act: str, pick: int) -> None:
        """The head does something to one of the questions; the state may refuse it."""
        self.run(self._act(act, pick))

    async def _act(self, act: str, pick: int) -> None:
        by = By(person_id=person("head"), name="王楼长", role="building_head")
        async with self.place.database.transaction(COMMUNITY) as tx:
            ids = [row.question_id for row in await tx.rows("SELECT question_id FROM question ORDER BY number DESC")]
            question = await questions.lock(tx, str(ids[pick])) if pick < len(ids) else None
            if question is not None:
                try:
                    await getattr(life, act)(tx, question, by, Said(text="好"))
                except NotInThisState:
                    return

    @rule(pick=st.integers(0, 5))
    def take_back(self, pick: int) -> None:
        """A guess is taken back, if it can be."""
        self.run(self._take_back(pick))

    async def _take_back(self, pick: int) -> None:
        by = By(person_id=person("head"), name="王楼长", role="building_head")
        async with self.place.database.transaction(COMMUNITY) as tx:
            rows = await tx.rows(
                "SELECT question_id, entry_id FROM timeline_entry WHERE is_guess ORDER BY position DESC"
            )
            if pick >= len(rows):
                return
            question = await questions.lock(tx, str(rows[pick].question_id))
            entry = await timeline_store.get(tx, str(rows[pick].question_id), str(rows[pick].entry_id))
            assert question is not None and entry is not None
            try:
                await undo_guess(tx, question, entry, by)
            except CannotUndo:
                return

    @rule(minutes=st.sampled_from([1, 5, 30, 125, 600, 1440, 4400]))
    def time_passes(self, minutes: int) -> None:
        """The clock moves on while the worker is away."""
        self.run(self.place.clock.move(minutes=minutes))

    @rule()
    def worker_runs(self) -> None:
        """The worker handles what has run out."""
        self.run(self.place.tick())

    @invariant()
    def every_live_question_has_one_clock_and_every_ended_one_none(self) -> None:
        """The promise that no question is forgotten."""
        if hasattr(self, "place"):
            self.run(self._check())

    async def _check(self) -> None:
        async with self.place.database.transaction(COMMUNITY) as tx:
            rows = await tx.rows(
                "SELECT q.state, q.ended_at, c.kind, (SELECT count(*) FROM question_step AS s"
                " WHERE s.question_id = q.question_id AND s.state = 'current') AS current"
                " FROM question AS q LEFT JOIN question_clock AS c USING (community_id, question_id)"
            )
            numbers = [row.number for row in await tx.rows("SELECT number FROM question ORDER BY number")]
        for row in rows:
            assert (row.kind is None) == (row.state in ENDED), f"{row.state} with clock {row.kind}"
            assert row.current == (1 if row.kind == "step" else row.current if row.kind == "ask_back" else 0)
        assert numbers == list(range(1, len(numbers) + 1))

    def teardown(self) -> None:
        """Close the connections."""
        if hasattr(self, "place"):
            self.place.plugins.close()
            self.run(self.place.database.close())


def test_promises_hold_whatever_happens(database_url: str, classifier: Classifier) -> None:
    loop = asyncio.new_event_loop()
    try:
        machine = type(
            "LifeOfThisTest", (Life,), {"database_url": database_url, "classifier": classifier, "loop": loop}
        )
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=12,
                stateful_step_count=18,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.close()
