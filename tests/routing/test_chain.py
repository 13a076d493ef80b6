"""The chain of an unanswered question: who is asked when, what stops it, and what happens when nobody can be asked."""

from datetime import timedelta

from louyu_routing.chase import Chase
from louyu_sdk import QuestionState

from tests.routing.conftest import Neighbourhood, person

HEATING = "小区供暖几号开始？"


async def test_unanswered_question_visits_neighbours_head_liaison_and_secretary_in_time(
    neighbourhood: Neighbourhood,
) -> None:
    _, question = await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    assert (question.number, question.state) == (1, QuestionState.OPEN)
    assert await neighbourhood.asked() == ["neighbours"]
    await neighbourhood.later(minutes=4, seconds=59)
    assert await neighbourhood.asked() == ["neighbours"]
    await neighbourhood.later(seconds=1)
    assert await neighbourhood.asked() == ["neighbours", "building_head"]
    view = await neighbourhood.newest()
    assert view.question.state is QuestionState.ASSIGNED
    assert view.question.waiting_for == (person("head"),)
    assert view.next_step is not None and view.next_step.who_name == "楼长"
    await neighbourhood.later(minutes=30)
    await neighbourhood.later(hours=2)
    assert await neighbourhood.asked() == ["neighbours", "building_head", "liaison", "secretary"]


async def test_secretary_is_asked_again_until_a_named_human_closes(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.set_up(Chase(secretary_window=timedelta(hours=1)))
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    for minutes in (5, 30, 120, 60, 60):
        await neighbourhood.later(minutes=minutes)
    events = await neighbourhood.events("StepStarted")
    assert [(e.asked, e.repeated_times) for e in events][-3:] == [  # type: ignore[attr-defined]
        ("secretary", 0),
        ("secretary", 1),
        ("secretary", 2),
    ]
    view = await neighbourhood.newest()
    assert view.next_step is not None and view.next_step.is_overdue


async def test_role_that_nobody_holds_is_skipped_with_a_note(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.appoint("liaison", "secretary")
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.later(minutes=5)
    assert await neighbourhood.asked() == ["neighbours", "liaison"]
    view = await neighbourhood.newest()
    assert "楼长无人担任，跳过这一步。" in [entry.said.text for entry in view.timeline]
    assert [step.state for step in view.plan] == ["lapsed", "skipped", "current", "waiting"]


async def test_with_nobody_in_the_community_the_operator_is_asked_and_it_is_shown(
    neighbourhood: Neighbourhood,
) -> None:
    await neighbourhood.appoint()
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.later(minutes=5)
    assert await neighbourhood.asked() == ["neighbours", "operator"]
    view = await neighbourhood.newest()
    assert view.next_step is not None and view.next_step.who_name == "平台值守人员"
    assert any("书记无人担任" in entry.said.text for entry in view.timeline)


async def test_new_building_head_is_asked_and_not_the_one_of_the_opening(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.appoint("liaison", "secretary")
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.appoint("head", "liaison", "secretary")
    await neighbourhood.later(minutes=5)
    assert (await neighbourhood.newest()).question.waiting_for == (person("head"),)


async def test_edited_times_touch_later_questions_only(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.set_up(Chase(building_head_window=timedelta(minutes=1)))
    await neighbourhood.later(minutes=5)
    await neighbourhood.later(minutes=2)
    assert (await neighbourhood.asked())[-1] == "building_head"


async def test_steps_overdue_after_an_outage_fold_into_the_latest(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.clock.move(hours=1)
    await neighbourhood.tick()
    assert await neighbourhood.asked() == ["neighbours", "liaison"]
    view = await neighbourhood.newest()
    assert [step.state for step in view.plan] == ["lapsed", "lapsed", "current", "waiting"]


async def test_lower_version_of_a_directory_is_ignored(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.appoint("head", version=10)
    await neighbourhood.appoint("secretary", version=9)
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.later(minutes=5)
    assert (await neighbourhood.asked())[-1] == "building_head"
