"""Emergencies: numbers at once, and head, property and liaison together at any hour."""

import pytest
from louyu_routing.emergency import emergency_numbers
from louyu_sdk import QuestionState

from tests.routing.conftest import Neighbourhood, person

LIFT = "3单元电梯又停了，困着人呢"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("厨房着火了快来人", ("119",)),
        ("楼道里有煤气味", ("119",)),
        (LIFT, ("119",)),
        ("有人拿刀在砍人", ("110", "120")),
        ("王奶奶晕倒在楼道了", ("120",)),
        ("有人要跳楼", ("119", "110", "120")),
        ("出大事了快来", ("119", "110", "120")),
    ],
)
def test_numbers_fit_the_kind_of_emergency(text: str, numbers: tuple[str, ...]) -> None:
    assert emergency_numbers(text) == numbers


async def test_asker_is_told_the_number_with_the_opening(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("asker", LIFT)
    (opened,) = await neighbourhood.events("QuestionOpened")
    assert opened.is_emergency  # type: ignore[attr-defined]
    assert list(opened.emergency_numbers) == ["119"]  # type: ignore[attr-defined]


async def test_head_property_and_liaison_are_asked_at_once_in_the_night(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.clock.set_local_time("2026-01-16 03:00")
    _, question = await neighbourhood.ask("asker", LIFT)
    assert question.state is QuestionState.ASSIGNED
    assert set(question.waiting_for) == {person("head"), person("plumber"), person("liaison")}
    (started,) = await neighbourhood.events("StepStarted")
    assert started.ignores_quiet_hours  # type: ignore[attr-defined]
    assert started.asked_name == "楼长、光熙物业、包楼居干"  # type: ignore[attr-defined]


async def test_a_second_emergency_of_the_same_person_is_a_question_of_its_own(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("asker", LIFT)
    await neighbourhood.post("asker", "我爸摔倒了起不来，头流血了")
    await neighbourhood.post("asker", "厨房着火了快来人")
    assert await neighbourhood.count() == 3
    assert len(await neighbourhood.events("QuestionOpened")) == 3


async def test_more_words_about_the_same_emergency_belong_to_it(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("asker", LIFT)
    await neighbourhood.post("asker", "电梯里还困着人，快来")
    assert await neighbourhood.count() == 1


async def test_asking_back_in_an_emergency_rests_the_clock_for_minutes_only(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", LIFT)
    await neighbourhood.post("head", "您在几层？", reply_to=seq)
    await neighbourhood.later(minutes=5, seconds=1)
    assert (await neighbourhood.newest()).question.state is QuestionState.ASSIGNED


async def test_secretary_follows_at_night_and_all_are_asked_again(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.clock.set_local_time("2026-01-16 03:00")
    await neighbourhood.ask("asker", LIFT)
    await neighbourhood.later(minutes=5)
    await neighbourhood.later(minutes=15)
    assert await neighbourhood.asked() == ["building_head", "secretary", "secretary"]
    assert person("secretary") in (await neighbourhood.newest()).question.waiting_for


async def test_emergency_quoted_to_an_ordinary_question_is_one_of_its_own(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.post("asker", "厨房着火了快来人", reply_to=seq)
    await neighbourhood.tick()
    assert (await neighbourhood.newest()).question.number == 2
    assert (await neighbourhood.newest()).question.is_emergency


async def test_promise_in_an_emergency_stops_the_alarms(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", LIFT)
    await neighbourhood.post("plumber", "马上到，已经联系维保", reply_to=seq)
    await neighbourhood.later(minutes=30)
    assert await neighbourhood.asked() == ["building_head"]
