"""What happens to a question, as routing tells it: who is told what of it, and what need not be said any more.

| event | the asker | the group | others |
| --- | --- | --- | --- |
| opened, an emergency | what to do, unless the reply on their channel said so | what neighbours must know | |
| step started | | who is asked now | those asked, directly |
| acknowledged | who has it, and when louyu asks again | only if it was said elsewhere | |
| asked back | what is needed | the same | |
| reply undecided | | of which question somebody spoke | |
| answered | the answer | unless it stands there already | the lobby screens, if by a role holder |
| resolved | unless they said so themselves | the outcome | the screens say so, if a role holder answered or settled it |
| reopened | | that it goes on | the screens drop it |
| closed | who ended it, and why | the same | the screens drop it |

An opened question that is no emergency is not announced by itself: the first step says its number a moment later. Each
event cancels, in its own transaction, what waits to be said and holds no longer. An event older than what is known of
its question disturbs nobody.

Anybody who reads the code at the door can join and answer, under two names as well: words of residents alone stay in
their group, and reach a screen, which the building is answerable for, once a role holder has said or settled them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from louyu.events.v1 import routing_events_pb2 as events
from louyu_runtime.database import Transaction
from louyu_runtime.events.consumer import Handle
from louyu_runtime.events.streams import Event
from louyu_sdk import Urgency

from louyu_notify import emergency_replies, screens, texts
from louyu_notify.channel_list import ChannelList
from louyu_notify.delivery import Purpose
from louyu_notify.store import communities, deliveries, directory, question_status
from louyu_notify.telling import Telling
from louyu_notify.wakes import Wakes

NEIGHBOURS = "neighbours"
OPERATOR = "operator"
RESIDENT = "resident"

_BEFORE_ANSWER = (Purpose.STEP, Purpose.ACKNOWLEDGED, Purpose.ASKED_BACK)
_SHOWN = frozenset({"answered", "resolved"})


class QuestionEvents:
    """Handles routing's events, each inside the transaction that notes it as consumed."""

    def __init__(
        self, channels: ChannelList, wakes: Wakes, on_screen_change: screens.OnChange, public_url: str
    ) -> None:
        self._channels = channels
        self._wakes = wakes
        self._on_screen_change = on_screen_change
        self._public_url = public_url.rstrip("/")

    def handlers(self) -> dict[str, tuple[type[Any], Handle]]:
        """Return the handler of each event by its name."""
        return {
            "QuestionOpened": (events.QuestionOpened, self.opened),
            "StepStarted": (events.StepStarted, self.step_started),
            "QuestionAcknowledged": (events.QuestionAcknowledged, self.acknowledged),
            "QuestionAskedBack": (events.QuestionAskedBack, self.asked_back),
            "ReplyUndecided": (events.ReplyUndecided, self.reply_undecided),
            "QuestionResumed": (events.QuestionResumed, self.resumed),
            "QuestionAnswered": (events.QuestionAnswered, self.answered),
            "QuestionResolved": (events.QuestionResolved, self.resolved),
            "QuestionReopened": (events.QuestionReopened, self.reopened),
            "QuestionClosed": (events.QuestionClosed, self.closed),
            "GuessUndone": (events.GuessUndone, self.guess_undone),
        }

    async def opened(self, tx: Transaction, event: Event[events.QuestionOpened]) -> None:
        """An emergency: what to do now to the asker, once; what they must know to the neighbours."""
        payload, question = event.payload, event.payload.question
        if not await self._is_news(tx, event) or not payload.is_emergency:
            return
        numbers = list(payload.emergency_numbers)
        await self._telling(tx, event, cause=emergency_replies.cause_of(question.question_id)).persons(
            _askers(question),
            Purpose.EMERGENCY,
            texts.emergency_to_asker(question.number, payload.emergency_advice, numbers),
            is_reply=True,
            after=emergency_replies.REPLY_WITHIN,
        )
        await self._telling(tx, event).groups(
            _groups(question),
            Purpose.EMERGENCY,
            texts.emergency_in_group(question.number, question.text, payload.emergency_notice, numbers),
        )

    async def step_started(self, tx: Transaction, event: Event[events.StepStarted]) -> None:
        """Somebody is asked now: said in the group, and to each of them directly."""
        step, question = event.payload, event.payload.question
        if not await self._is_news(tx, event):
            return
        await deliveries.cancel_waiting(tx, question.question_id, (Purpose.STEP,))
        telling = self._telling(tx, event, cause=f"step/{step.step_id}/{step.repeated_times}")
        due_at = _moment(step.due_at)
        if step.asked == NEIGHBOURS:
            if step.repeated_times == 0:
                return  # the message itself has just been read in the group, and the page shows its card
            said = texts.neighbours_asked(question.number, question.text)
        elif step.asked == OPERATOR:
            said = texts.nobody_on_duty(question.number, question.text)
        else:
            said = texts.role_asked(
                question.number,
                question.text,
                step.asked_name,
                is_first_step=step.position == 1,
                repeated_times=step.repeated_times,
            )
        await telling.groups(_groups(question), Purpose.STEP, said)
        names = await directory.group_names(tx, [question.group_id])
        quiet = await communities.quiet_hours(tx)
        await telling.persons(
            step.person_ids,
            Purpose.STEP,
            texts.please_answer(
                question.number,
                question.text,
                names.get(question.group_id, ""),
                texts.clock_time(due_at, quiet.zone),
                is_emergency=question.urgency == Urgency.EMERGENCY,
                repeated_times=step.repeated_times,
            ),
            url=f"{self._public_url}/console/questions/{question.question_id}",
            ignores_quiet_hours=step.ignores_quiet_hours,
        )

    async def acknowledged(self, tx: Transaction, event: Event[events.QuestionAcknowledged]) -> None:
        """Somebody has taken it on: nobody else need look at it."""
        payload, question = event.payload, event.payload.question
        if not await self._is_news(tx, event):
            return
        await deliveries.cancel_waiting(tx, question.question_id, (Purpose.STEP,))
        telling = self._telling(tx, event)
        quiet = await communities.quiet_hours(tx)
        await telling.persons(
            _askers(question, but=payload.person_id),
            Purpose.ACKNOWLEDGED,
            texts.taken_on(
                question.number, payload.person_name, texts.clock_time(_moment(payload.follow_up_at), quiet.zone)
            ),
            is_reply=True,
        )
        if not payload.message_seq:
            await telling.groups(
                _groups(question),
                Purpose.ACKNOWLEDGED,
                texts.taken_on_in_group(question.number, question.text, payload.person_name),
            )

    async def asked_back(self, tx: Transaction, event: Event[events.QuestionAskedBack]) -> None:
        """Something is needed from the asker."""
        payload, question = event.payload, event.payload.question
        if not await self._is_news(tx, event):
            return
        await deliveries.cancel_waiting(tx, question.question_id, (Purpose.STEP, Purpose.ASKED_BACK))
        telling = self._telling(tx, event)
        await telling.persons(
            _askers(question),
            Purpose.ASKED_BACK,
            texts.asked_back(question.number, payload.person_name, payload.text),
            is_reply=True,
        )
        await telling.groups(
            [question.group_id],
            Purpose.ASKED_BACK,
            texts.asked_back_in_group(question.number, question.text, payload.person_name, payload.text),
        )

    async def reply_undecided(self, tx: Transaction, event: Event[events.ReplyUndecided]) -> None:
        """Somebody's words may mean any of several questions: they are asked which, where they spoke."""
        payload = event.payload
        candidates = [(one.number, one.text) for one in payload.candidates]
        await self._telling(tx, event).groups(
            [payload.group_id], Purpose.ASKED_BACK, texts.which_one(payload.person_name, candidates)
        )

    async def resumed(self, tx: Transaction, event: Event[events.QuestionResumed]) -> None:
        """The asker has replied, or was silent: they need not be asked any more."""
        if await self._is_news(tx, event):
            await deliveries.cancel_waiting(tx, event.payload.question.question_id, (Purpose.ASKED_BACK,))

    async def answered(self, tx: Transaction, event: Event[events.QuestionAnswered]) -> None:
        """There is an answer: for the asker, for every group that asked, and on their screens."""
        payload, question = event.payload, event.payload.question
        if not await self._is_news(tx, event):
            return
        await deliveries.cancel_waiting(tx, question.question_id, (*_BEFORE_ANSWER, Purpose.ANSWER))
        telling = self._telling(tx, event)
        who = texts.by_whom(payload.person_name, payload.person_role)
        await telling.persons(
            _askers(question, but=payload.person_id),
            Purpose.ANSWER,
            texts.answered(question.number, question.text, who, payload.text),
            url=f"{self._public_url}/app/groups/{question.group_id}",
            is_reply=True,
        )
        await telling.groups(
            (group for group in _groups(question) if group != payload.answered_in_group_id),
            Purpose.ANSWER,
            texts.answered_in_group(question.number, question.text, who, payload.text),
        )
        if _answers_for_building(payload.person_role):
            await self._show(tx, telling, event, answer=payload.text, who=who, is_resolved=False)

    async def resolved(self, tx: Transaction, event: Event[events.QuestionResolved]) -> None:
        """It is settled: the outcome is published."""
        payload, question = event.payload, event.payload.question
        if not await self._is_news(tx, event):
            return
        await deliveries.cancel_waiting(tx, question.question_id, _BEFORE_ANSWER)
        telling = self._telling(tx, event)
        await telling.groups(
            _groups(question),
            Purpose.OUTCOME,
            texts.resolved_in_group(
                question.number, question.text, _moment(payload.resolved_at) - _moment(payload.opened_at)
            ),
        )
        await telling.persons(
            _askers(question, but=payload.person_id),
            Purpose.OUTCOME,
            texts.resolved(question.number, question.text, by_silence=not payload.person_id),
        )
        if _answers_for_building(payload.person_role) or _answers_for_building(payload.answered_by_role):
            await self._show(tx, telling, event, answer=payload.answer, who="", is_resolved=True)

    async def reopened(self, tx: Transaction, event: Event[events.QuestionReopened]) -> None:
        """It is not settled after all: what was said of it holds no longer."""
        question = event.payload.question
        if not await self._is_news(tx, event):
            return
        await deliveries.cancel_waiting(tx, question.question_id, (Purpose.ANSWER, Purpose.OUTCOME))
        await screens.withdraw_question(tx, question.question_id, self._on_screen_change)
        await self._telling(tx, event).groups(
            _groups(question), Purpose.OUTCOME, texts.reopened_in_group(question.number, question.text)
        )

    async def closed(self, tx: Transaction, event: Event[events.QuestionClosed]) -> None:
        """It has ended without a solution: said openly."""
        payload, question = event.payload, event.payload.question
        if not await self._is_news(tx, event):
            return
        await deliveries.cancel_waiting(tx, question.question_id, (*_BEFORE_ANSWER, Purpose.ANSWER))
        await screens.withdraw_question(tx, question.question_id, self._on_screen_change)
        telling = self._telling(tx, event)
        said = texts.closed(question.number, question.text, payload.person_name, payload.reason)
        await telling.groups(_groups(question), Purpose.OUTCOME, said)
        await telling.persons(_askers(question, but=payload.person_id), Purpose.OUTCOME, said)

    async def guess_undone(self, tx: Transaction, event: Event[events.GuessUndone]) -> None:
        """What was guessed is taken back: an answer that was none disappears."""
        question = event.payload.question
        if await self._is_news(tx, event) and question.state not in _SHOWN:
            await deliveries.cancel_waiting(tx, question.question_id, (Purpose.ANSWER, Purpose.OUTCOME))
            await screens.withdraw_question(tx, question.question_id, self._on_screen_change)

    async def _show(
        self, tx: Transaction, telling: Telling, event: Event[Any], *, answer: str, who: str, is_resolved: bool
    ) -> None:
        question: events.QuestionFacts = event.payload.question
        quiet = await communities.quiet_hours(tx)
        await telling.screens(
            _groups(question),
            texts.screen_title(question.text),
            texts.screen_answer(answer, is_resolved=is_resolved),
            texts.screen_source(who, event.occurred_at, quiet.zone),
        )

    async def _is_news(self, tx: Transaction, event: Event[Any]) -> bool:
        """Whether nothing later is known of the question. Locks it until the end of the transaction."""
        question: events.QuestionFacts = event.payload.question
        return await question_status.advance(tx, question.question_id, question.state, event.occurred_at)

    def _telling(self, tx: Transaction, event: Event[Any], *, cause: str | None = None) -> Telling:
        question: events.QuestionFacts = event.payload.question
        return Telling(
            tx,
            self._channels,
            self._wakes,
            cause=cause or f"event/{event.id}",
            question_id=question.question_id,
            question_number=question.number,
            urgency=Urgency(question.urgency) if question.urgency in _URGENCIES else Urgency.NORMAL,
        )


_URGENCIES = frozenset(Urgency)


def _answers_for_building(role: str) -> bool:
    """Whether somebody of this role answers for what is shown in public; "" is nobody, or somebody whom we do not know."""
    return role not in ("", RESIDENT)


def _askers(question: events.QuestionFacts, *, but: str = "") -> list[str]:
    return [asker.person_id for asker in question.askers if asker.person_id != but]


def _groups(question: events.QuestionFacts) -> Iterable[str]:
    """Return the group of the question, then those of its other askers, each once."""
    return dict.fromkeys([question.group_id, *(asker.group_id for asker in question.askers if asker.group_id)])


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
