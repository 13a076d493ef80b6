"""Substitutes and the duty roster: who answers while somebody is away, and what happens when nobody is on duty."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from louyu.events.v1 import membership_events_pb2 as events
from louyu_routing import rights
from louyu_routing.availability import Availability, AwayTime, DutyTime
from louyu_routing.directory import for_plugins
from louyu_routing.listening import Listener
from louyu_routing.store import communities
from louyu_routing.store.availability import at
from louyu_runtime.events.streams import Event
from louyu_runtime.identity import Principal

from tests.routing.conftest import COMMUNITY, ROLES, Neighbourhood, person

SHANGHAI = ZoneInfo("Asia/Shanghai")
QUESTION = "迁户口去哪个派出所？"
LIFT = "电梯困人了！快来人！"


def away(key: str, substitute: str = "", *, begins: str = "2026-01-15 00:00", days: float = 7) -> AwayTime:
    starts_at = datetime.strptime(begins, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).astimezone(UTC)
    return AwayTime(
        person_id=person(key),
        name=ROLES[key][1],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=days),
        substitute_id=person(substitute) if substitute else "",
        substitute_name=ROLES[substitute][1] if substitute else "",
    )


def duty(key: str, begins: int, ends: int, *, weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)) -> DutyTime:
    role = ROLES[key][0]
    return DutyTime(
        person_id=person(key),
        role="" if role == "staff" else role,
        responder_key="property" if role == "staff" else "",
        weekdays=weekdays,
        from_time=time(begins),
        until_time=time(ends),
    )


async def waiting_for(place: Neighbourhood) -> list[str]:
    ids = {person(key): key for key in ROLES}
    return [ids[each] for each in (await place.newest()).question.waiting_for]


async def notes(place: Neighbourhood) -> list[str]:
    return [entry.said.text for entry in (await place.newest()).timeline if entry.what == "noted"]


async def test_the_substitute_is_asked_while_the_absence_lasts_and_no_longer(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head", "liaison", days=1)])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["liaison"]
    assert (await neighbourhood.newest()).question.state == "assigned"
    assert await notes(neighbourhood) == ["王楼长外出，由李居干代班。"]

    await neighbourhood.clock.move(days=1)
    await neighbourhood.ask("other", "居住证在哪里办？")
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["head"]


async def test_an_absence_entered_beforehand_begins_by_the_databases_clock(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head", "liaison", begins="2026-01-16 00:00")])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["head"]


async def test_a_substitute_who_is_away_has_a_substitute_too(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head", "liaison"), away("liaison", "secretary")])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["secretary"]
    assert await notes(neighbourhood) == ["王楼长外出，由张书记代班。"]


async def test_with_no_substitute_there_the_second_manager_is_asked(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.appoint("head", "second", "liaison", "secretary")
    await neighbourhood.tell_availability([away("head", "liaison"), away("liaison")])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["second"]


async def test_the_second_manager_is_not_bothered_while_the_head_is_there(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.appoint("second", "head", "liaison", "secretary")
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["head"]


async def test_with_nobody_there_for_the_head_the_next_is_asked_and_it_is_noted(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head")])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await neighbourhood.asked() == ["neighbours", "liaison"]
    assert await notes(neighbourhood) == ["楼长外出，没有人代班，跳过这一步。"]


async def test_substitutes_who_stand_in_for_each_other_are_nobody(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head", "liaison"), away("liaison", "head")])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await neighbourhood.asked() == ["neighbours", "secretary"]


async def test_with_everybody_away_the_last_step_still_asks_somebody(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head"), away("liaison"), away("secretary")])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["secretary"]
    assert (await notes(neighbourhood))[-1] == "书记外出，没有人代班，改由书记处理。"


async def test_whoever_is_on_duty_is_asked(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.appoint("head", "liaison", "secretary", "plumber", "apprentice")
    await neighbourhood.tell_availability(duty=[duty("plumber", 20, 8), duty("apprentice", 8, 20)])
    await neighbourhood.ask("asker", "3单元楼道灯坏了，麻烦物业来修一下")
    await neighbourhood.later(minutes=5)
    assert (await neighbourhood.asked())[-1] == "property"
    assert await waiting_for(neighbourhood) == ["apprentice"]


async def test_nobody_on_duty_goes_on_to_the_next_step_with_a_note(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability(duty=[duty("liaison", 8, 12)])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    await neighbourhood.later(minutes=30)
    assert await neighbourhood.asked() == ["neighbours", "building_head", "secretary"]
    assert await notes(neighbourhood) == ["包楼居干现在无人值班，跳过这一步。"]


async def test_the_last_step_asks_those_off_duty_rather_than_nobody(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.appoint("secretary")
    await neighbourhood.tell_availability(duty=[duty("secretary", 8, 9)])
    await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["secretary"]
    assert (await notes(neighbourhood))[-1] == "书记现在无人值班，这是最后一步，仍请书记回应。"


async def test_on_duty_but_away_is_replaced_by_the_substitute(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.appoint("head", "liaison", "secretary", "plumber", "apprentice")
    await neighbourhood.tell_availability([away("apprentice", "plumber")], [duty("apprentice", 8, 20)])
    await neighbourhood.ask("asker", "3单元楼道灯坏了，麻烦物业来修一下")
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["plumber"]


async def test_a_roster_of_those_who_no_longer_hold_the_role_is_none(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability(duty=[duty("apprentice", 8, 9)])
    await neighbourhood.ask("asker", "3单元楼道灯坏了，麻烦物业来修一下")
    await neighbourhood.later(minutes=5)
    assert await waiting_for(neighbourhood) == ["plumber"]


async def test_an_emergency_reaches_those_off_duty_and_away_as_well(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head"), away("liaison", "secretary")], [duty("plumber", 8, 9)])
    await neighbourhood.ask("asker", LIFT)
    assert await waiting_for(neighbourhood) == ["head", "plumber", "secretary"]


async def test_plugins_see_who_is_away(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head", "liaison")])
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        seen = await for_plugins(tx, neighbourhood.group_id, await communities.chase(tx))
    assert {holder.name: holder.available for holder in seen.role_holders}["王楼长"] is False


async def test_the_substitute_has_the_rights_of_whom_they_stand_in_for(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.tell_availability([away("head", "plumber", days=1)])
    _, question = await neighbourhood.ask("asker", QUESTION)
    await neighbourhood.later(minutes=5)
    plumber = Principal("person", person("plumber"), COMMUNITY, "赵师傅", frozenset({"staff"}))

    async def may_close() -> bool:
        async with neighbourhood.database.transaction(COMMUNITY) as tx:
            _, caller = await rights.question_to_change(tx, plumber, question.question_id, 0)
        return "building_head" in caller.roles

    assert await may_close()
    await neighbourhood.later(days=1)
    assert not await may_close(), "who was asked still sees it, and that is all"


async def test_the_newest_word_of_messaging_counts(neighbourhood: Neighbourhood) -> None:
    listener = Listener(None, None, None, None)  # type: ignore[arg-type]  # none of them is needed to take over a roster
    handled_class, handle = listener.handlers["AvailabilityChanged"]
    assert handled_class is events.AvailabilityChanged

    async def hear(version: int, *names: str) -> None:
        payload = events.AvailabilityChanged(version=version)
        for name in names:
            told = payload.away_times.add(person_id=person(name), name=name)
            told.starts_at.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))
            told.ends_at.FromDatetime(datetime(2026, 2, 1, tzinfo=UTC))
        payload.duty_times.add(
            person_id=person("plumber"),
            responder_key="property",
            date="2026-01-15",
            from_time="08:00",
            until_time="08:00",
        )
        async with neighbourhood.database.transaction(COMMUNITY) as tx:
            await handle(tx, Event("1", "AvailabilityChanged", COMMUNITY, "", tx.now, "", payload))

    await hear(2, "head")
    await hear(1, "liaison")
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        there = await at(tx, tx.now, SHANGHAI)
    assert (there.is_away(person("head")), there.is_away(person("liaison"))) == (True, False)
    assert there.on_duty(responder_key="property", among=[person("plumber")]) == (person("plumber"),)


@pytest.mark.parametrize(
    ("begins", "ends", "at_time", "covers"),
    [
        (8, 20, "2026-01-15 08:00", True),  # a Thursday
        (8, 20, "2026-01-15 20:00", False),
        (8, 20, "2026-01-17 12:00", False),  # a Saturday
        (20, 8, "2026-01-16 23:00", True),
        (20, 8, "2026-01-17 07:59", True),  # Friday's night ends on Saturday
        (20, 8, "2026-01-17 23:00", False),
        (20, 8, "2026-01-19 07:00", False),  # Sunday's night is nobody's
        (8, 8, "2026-01-17 07:00", True),
        (8, 8, "2026-01-17 08:00", False),
    ],
)
def test_times_of_duty_follow_the_communitys_clock(begins: int, ends: int, at_time: str, covers: bool) -> None:
    now = datetime.strptime(at_time, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
    there = Availability((), [duty("plumber", begins, ends)], now.astimezone(UTC), SHANGHAI)

    found = there.on_duty(responder_key="property", among=[person("plumber")])

    assert found == ((person("plumber"),) if covers else ())


def test_a_single_day_of_duty() -> None:
    single = DutyTime(person_id="a", role="liaison", on_date=date(2026, 2, 17), from_time=time(18), until_time=time(6))

    assert single.covers(date(2026, 2, 17), time(18))
    assert single.covers(date(2026, 2, 18), time(5, 59))
    assert not single.covers(date(2026, 2, 17), time(5))
