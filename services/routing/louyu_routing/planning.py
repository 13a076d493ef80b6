"""Planning: whom a question concerns and who is asked in which order; then the first step begins.

Plugins are asked between two transactions, never inside one. What they say is taken only if nothing has happened to the
question meanwhile. An emergency has the plan of `emergency_plan`; when no plugin has a plan, the built-in one serves.
"""

from dataclasses import replace

from louyu_runtime.database import Database
from louyu_runtime.redaction import without_numbers
from louyu_sdk import (
    Asker,
    Classification,
    Directory,
    Intent,
    Match,
    Neighbours,
    Plan,
    Reason,
    Urgency,
    Via,
)
from louyu_sdk import Question as PluginQuestion
from louyu_sdk.host import PluginHost, PluginMatch

from louyu_routing import builtin_responders, directory
from louyu_routing.emergency_plan import emergency_plan
from louyu_routing.escalation import freeze, go_on
from louyu_routing.question import ClockKind, Question
from louyu_routing.store import clocks, communities, questions
from louyu_routing.store import directory as directory_store
from louyu_routing.store import timeline as timeline_store
from louyu_routing.store.clocks import ClaimedClock

PHOTO_WITHOUT_CAPTION = "[照片]"
UNKNOWN_BUILDING = "?"
"""For a group whose directory has not been heard of yet: plugins expect at least one building."""


async def make_plan(database: Database, plugins: PluginHost, claimed: ClaimedClock) -> None:
    """Make and freeze the plan of a question whose clock is the planner's, and begin its first step."""
    async with database.transaction(claimed.community_id) as tx:
        question = await questions.get(tx, claimed.question_id)
        if question is None:
            return
        askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
        chase = await communities.chase(tx)
        known = await directory.for_plugins(tx, question.group_id, chase)
        buildings = await directory_store.building_keys(tx, question.group_id)
    seen = as_plugins_see(question, askers[0].person_id, askers[0].name, len(askers), buildings)
    match, plan = await _ask(plugins, seen, known)
    async with database.transaction(claimed.community_id) as tx:
        locked = await questions.lock(tx, claimed.question_id)
        clock = (await clocks.of(tx, [claimed.question_id])).get(claimed.question_id)
        if locked is None or clock is None or clock.turn != claimed.turn or clock.kind is not ClockKind.PLAN:
            return  # somebody has acted, or another worker was faster
        planned = replace(
            locked,
            plugin="" if match is None or match.plugin == builtin_responders.NAME else match.plugin,
            responder_type=locked.responder_type if match is None else match.match.responder_type,
            match_reasons=() if match is None else match.match.reasons,
            work_kind=None if match is None else match.match.kind,
            promise=plan.promise,
        )
        await freeze(tx, planned, plan)
        if planned.plugin and planned.generation == 1:
            await timeline_store.tell_opening(tx, planned.question_id, planned.plugin)
        await go_on(tx, planned)


async def _ask(plugins: PluginHost, seen: PluginQuestion, known: Directory) -> tuple[PluginMatch | None, Plan]:
    concerned = seen.classification.responder_type or "committee"
    if seen.urgency is Urgency.EMERGENCY:
        return None, emergency_plan(concerned, seen.building_keys, known)
    matches = await plugins.match(seen)
    if matches:
        plan = await plugins.plan(matches[0], seen, known)
        if plan is not None:
            return matches[0], _without_neighbours(plan) if seen.times_reopened else plan
    fallback = Match(responder_type="committee", score=0.0, reasons=(Reason(text="没有插件给出方案，按社区流程处理"),))
    plan = builtin_responders.louyu_plan(match=fallback, directory=known)
    return None, _without_neighbours(plan) if seen.times_reopened else plan


def _without_neighbours(plan: Plan) -> Plan:
    """Leave out the neighbours, who had their turn before the question came back; a plan of nothing else stays."""
    others = tuple(step for step in plan.steps if not all(isinstance(one, Neighbours) for one in step.whom))
    return replace(plan, steps=others) if others else plan


def as_plugins_see(
    question: Question,
    asker_id: str,
    asker_name: str,
    asker_count: int,
    buildings: tuple[str, ...],
    responder_ids: tuple[str, ...] = (),
) -> PluginQuestion:
    """Return the question as a plugin may see it: numbers of persons are masked, whoever wrote them."""
    text = without_numbers(question.text).strip() or PHOTO_WITHOUT_CAPTION
    return PluginQuestion(
        id=question.question_id,
        number=question.number,
        community_id=question.community_id,
        group_id=question.group_id,
        building_keys=buildings or (UNKNOWN_BUILDING,),
        text=text,
        via=Via(question.via),
        asker=Asker(person_id=asker_id, name=without_numbers(asker_name)[:64] or "居民"),
        classification=Classification(
            intent=Intent(question.kind),
            responder_type=question.responder_type or None,
            urgency=question.urgency,
            confidence=question.confidence,
            because=tuple(word for word in (reason.strip("“”") for reason in question.reasons) if word in text),
        ),
        state=question.state,
        opened_at=question.opened_at,
        kind=question.work_kind,
        responder_ids=responder_ids,
        asset=question.asset or None,
        asker_count=asker_count,
        times_reopened=question.generation - 1,
    )
