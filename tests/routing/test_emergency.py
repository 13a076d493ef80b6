"""Emergencies: numbers at once, and head, property and liaison together at any hour."""

from pathlib import Path

import pytest
from louyu_routing.emergency import built_in_emergencies, emergencies_of
from louyu_runtime.settings import SettingsError
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
    assert built_in_emergencies().of(text).numbers == numbers


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


@pytest.mark.parametrize("words", ["电梯坏了", "电梯早上还看见师傅在弄", "电梯好像好了"])
async def test_chance_words_of_a_neighbour_do_not_silence_an_emergency(
    neighbourhood: Neighbourhood, words: str
) -> None:
    _, question = await neighbourhood.ask("asker", "电梯一直停在5楼不动，里面有人")
    assert question.is_emergency
    await neighbourhood.post("neighbour", words)
    assert (await neighbourhood.view(question.question_id)).question.state is QuestionState.ASSIGNED


async def test_an_answer_that_quotes_an_emergency_still_counts(neighbourhood: Neighbourhood) -> None:
    seq, question = await neighbourhood.ask("asker", "电梯一直停在5楼不动，里面有人")
    await neighbourhood.post("neighbour", "人已经救出来了", reply_to=seq)
    assert (await neighbourhood.view(question.question_id)).question.state is QuestionState.ANSWERED


async def test_promise_in_an_emergency_stops_the_alarms(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", LIFT)
    await neighbourhood.post("plumber", "马上到，已经联系维保", reply_to=seq)
    await neighbourhood.later(minutes=30)
    assert await neighbourhood.asked() == ["building_head"]


@pytest.mark.parametrize(
    ("text", "kind", "must", "must_not"),
    [
        ("楼道里有煤气味", "gas", ("开关", "开窗", "楼外再打"), ()),
        ("有股煤气味，怕着火", "gas", ("开关",), ()),
        ("煤气罐着火了", "fire", ("不坐电梯",), ()),
        (LIFT, "lift", ("留在轿厢", "警铃", "不要扒门"), ()),
        ("厨房着火了快来人", "fire", ("119", "走楼梯"), ()),
        ("王奶奶晕倒在楼道了", "injury", ("120", "别随意搬动"), ("110",)),
        ("有人拿刀在砍人", "violence", ("110", "锁好门"), ()),
        ("水管爆了，水往电表箱里灌", "flood", ("拉闸", "别碰插座"), ()),
        ("楼上掉下来一块玻璃，差点砸到人", "falling_objects", ("离开楼下",), ()),
        ("出大事了快来", "other", ("119", "120", "110"), ()),
    ],
)
def test_the_advice_fits_the_kind_of_emergency(
    text: str, kind: str, must: tuple[str, ...], must_not: tuple[str, ...]
) -> None:
    said = built_in_emergencies().of(text)
    assert said.kind == kind
    assert [words for words in must if words not in said.advice] == []
    assert [words for words in must_not if words in said.advice] == []
    assert said.notice
    assert said.notice != said.advice


async def test_the_opening_tells_asker_and_neighbours_different_things(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.post("asker", "楼道里有股煤气味")
    (opened,) = await neighbourhood.events("QuestionOpened")
    said = built_in_emergencies().of("楼道里有股煤气味")
    assert opened.emergency_advice == said.advice  # type: ignore[attr-defined]
    assert opened.emergency_notice == said.notice  # type: ignore[attr-defined]
    assert (await neighbourhood.newest()).question.emergency_advice == said.advice


OWN = """
kinds:
  gas:
    any: ['煤气']
    numbers: ['119']
    advice: 打 96777
    notice: 开窗
  other:
    numbers: ['119', '110', '120']
    advice: 打电话
    notice: 小心
"""


def test_operators_bring_words_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "emergencies.yaml"
    file.write_text(OWN, "utf-8")
    assert emergencies_of(str(file)).of("煤气味").advice == "打 96777"
    assert emergencies_of(str(file)).of("着火").kind == "other"


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("advice: 打 96777", "advice: ''", "kind gas: advice must have 1 to 200 characters"),
        ("['119']", "['911']", "kind gas: numbers must be one or more of 119, 110, 120"),
        ("['煤气']", "['(煤气']", "kind gas: any holds a pattern that cannot be read"),
        ("    notice: 开窗", "    notes: 开窗", "kind gas: notes is none of"),
        ("  other:", "  rest:", "the last kind must be `other`"),
        ("kinds:", "kinds: [", "no YAML: see line"),
        ("kinds:", "sorts:", "must begin with `kinds:`"),
    ],
)
def test_a_faulty_file_stops_the_start_and_says_why(tmp_path: Path, before: str, after: str, fault: str) -> None:
    file = tmp_path / "emergencies.yaml"
    file.write_text(OWN.replace(before, after), "utf-8")
    with pytest.raises(SettingsError) as raised:
        emergencies_of(str(file))
    assert fault in str(raised.value)
    assert "LOUYU_ROUTING_EMERGENCIES_FILE" in str(raised.value)


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        emergencies_of(str(tmp_path / "nowhere.yaml"))
