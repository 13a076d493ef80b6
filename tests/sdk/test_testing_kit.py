"""The contract's checks find what would go wrong in production, and say what to mend."""

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from louyu_sdk import (
    Acknowledge,
    Answer,
    Capability,
    ChainTimes,
    ChangeKind,
    Channel,
    Delivery,
    Directory,
    ErrorClass,
    Example,
    Match,
    Outcome,
    Plan,
    PluginSettings,
    Question,
    QuestionChange,
    Reason,
    Refuse,
    ResponderById,
    ResponderType,
    Role,
    RoleInGroup,
    SettingsSection,
    Step,
    WhatThen,
    closing_chain,
)
from louyu_sdk.channel import SendError, SendResult
from louyu_sdk.errors import ContractBroken, InvalidField
from louyu_sdk.testing import CHECKS, check_channel, plugins_at
from pydantic import field_validator

from tests.sdk.conftest import plugin_of
from tests.sdk.lobby import Lobby

SQUAD = ResponderType(
    key="squad",
    name_zh="小分队",
    name_en="Squad",
    capabilities=frozenset({Capability.ANSWER}),
    promise=timedelta(days=1),
)
MATCH = Match(responder_type="squad", score=0.5, reasons=(Reason(text="提到小广告"),))


WAKING = Plan(
    steps=(
        Step(
            whom=(RoleInGroup(Role.SECRETARY),),
            how_long=timedelta(hours=1),
            what_then=WhatThen.REPEAT,
            rests_at_night=False,
        ),
    ),
    promise=timedelta(days=1),
)


class Loose(PluginSettings, extra="ignore"):
    days: int = 3


class Wanting(PluginSettings, validate_default=True):
    days: int = "three"  # type: ignore[assignment]


class Nested(PluginSettings):
    days: tuple[int, ...] = (1, 2)


def squad(**hooks: object) -> SimpleNamespace:
    return plugin_of(**{"louyu_responder_types": lambda: [SQUAD], **hooks})


def gossip(question: Question) -> Match:
    return dataclasses.replace(MATCH, reasons=(Reason(text=f"{question.asker.name}又来了"),))


def rewrite(question: Question) -> None:
    object.__setattr__(question, "text", "改了")


def ever_new() -> list[ResponderType]:
    ever_new.calls += 1  # type: ignore[attr-defined]
    return [dataclasses.replace(SQUAD, key=f"squad_{ever_new.calls}")]  # type: ignore[attr-defined]


ever_new.calls = 0  # type: ignore[attr-defined]

OURS = Example(text="墙上又贴满了小广告，谁来清", concerns="squad", classified_for="property")
NOT_OURS = Example(text="电梯停在八层", concerns=None)
LATER_PROMISE = timedelta(days=1)


class Unbounded(PluginSettings):
    react_hours: float = 24


def plan_of(*steps: Step) -> Plan:
    return Plan(steps=(*steps, *closing_chain(ChainTimes())), promise=LATER_PROMISE)


def ask(directory: Directory, how_long: timedelta = timedelta(hours=1)) -> Step:
    (mine, *_) = directory.responders_for("squad", ["28"])
    return Step(whom=(ResponderById(mine.id),), how_long=how_long)


def match_leaflets(question: Question) -> Match | None:
    return MATCH if "小广告" in question.text else None


def plan_squad(question: Question, directory: Directory) -> Plan | None:
    return plan_of(ask(directory)) if directory.responders_for("squad", question.building_keys) else None


def examined(**hooks: object) -> SimpleNamespace:
    """Return a plugin with examples that keeps the contract, but for the hooks given."""
    made = squad(**{"louyu_match": match_leaflets, "louyu_plan": plan_squad, **hooks})
    made.louyu_examples = (OURS, NOT_OURS)
    return made


def with_examples(*examples: object, **hooks: object) -> SimpleNamespace:
    made = examined(**hooks)
    made.louyu_examples = examples
    return made


def plan_everybody(directory: Directory) -> Plan | None:
    found = directory.responders_for("squad", ["28"])
    whom = tuple(ResponderById(one.id) for one in found)
    return plan_of(Step(whom=whom, how_long=timedelta(hours=1))) if whom else None


def plan_first(directory: Directory) -> Plan | None:
    found = directory.responders
    return plan_of(Step(whom=(ResponderById(found[0].id),), how_long=timedelta(hours=1))) if found else None


def plan_without_chain(directory: Directory) -> Plan | None:
    return (
        Plan(steps=(dataclasses.replace(ask(directory), what_then=WhatThen.REPEAT),), promise=LATER_PROMISE)
        if directory.responders_for("squad", ["28"])
        else None
    )


def plan_by_settings(directory: Directory) -> Plan | None:
    found = directory.responders_for("squad", ["28"])
    return plan_of(ask(directory, timedelta(hours=found[0].settings_as(Unbounded).react_hours))) if found else None


def plan_needing_a_head(directory: Directory) -> Plan:
    return plan_of(Step(whom=(RoleInGroup(directory.role_holders[0].role),), how_long=timedelta(hours=1)))


def refuse_always(question: Question, change: QuestionChange) -> list[Refuse]:
    if change.kind is not ChangeKind.STEP_STARTED:
        return []
    return [Refuse(responder_id=one, reason="不归我管") for one in question.responder_ids]


def answer_answers(question: Question, change: QuestionChange) -> list[Answer]:
    return [Answer(responder_id=one, text="收到") for one in question.responder_ids]


def answer_by_name(question: Question) -> list[Answer]:
    return [Answer(responder_id=one, text=f"{question.asker.flat}已处理") for one in question.responder_ids]


class Raising(PluginSettings):
    days: int = 3

    @field_validator("days", mode="before")
    @classmethod
    def look_up(cls, value: object) -> int:
        return {3: 3, "3": 3}[value]


FAULTY: dict[str, tuple[SimpleNamespace, str]] = {
    "no contract": (SimpleNamespace(), "does not say `louyu_contract = 1`"),
    "misspelt hook": (squad(louyu_mach=lambda question: None), "unknown hook 'louyu_mach'"),
    "types differ": (squad(louyu_responder_types=ever_new), "returned other types the second time"),
    "raises": (squad(louyu_match=lambda question: 1 / 0), "louyu_match raised: ZeroDivisionError"),
    "wrong type": (squad(louyu_match=lambda question: 0.7), "louyu_match returned float; return a Match or None"),
    "gossips": (squad(louyu_match=gossip), "repeats the asker's name"),
    "changes arguments": (squad(louyu_match=rewrite), "changed its arguments"),
    "wakes people": (
        squad(louyu_match=lambda question: MATCH, louyu_plan=lambda question: WAKING),
        "rests_at_night is False in a step",
    ),
    "acts for another": (
        squad(louyu_question_changed=lambda question: [Acknowledge(responder_id="other")]),
        "acts for a responder that the plan does not name",
    ),
    "loose settings": (
        squad(louyu_settings=lambda: [SettingsSection(responder_type="squad", model=Loose)]),
        "let an unknown name pass",
    ),
    "faulty defaults": (
        squad(louyu_settings=lambda: [SettingsSection(responder_type="squad", model=Wanting)]),
        "cannot be left out: days",
    ),
    "settings not readable from text": (
        squad(louyu_settings=lambda: [SettingsSection(responder_type="squad", model=Nested)]),
        "cannot be given as text: days",
    ),
    "no channel": (squad(louyu_channels=lambda: [object()]), "which is not a Channel"),
    "no examples": (with_examples(), "no example concerns squad"),
    "no counterexample": (with_examples(OURS), "no example says what is not yours"),
    "an example for another's type": (
        with_examples(OURS, NOT_OURS, Example(text="漏水", concerns="property")),
        "concerns property, which is no type of yours",
    ),
    "something else as examples": (with_examples("小广告"), "something else than a tuple of Example"),
    "misses its own": (examined(louyu_match=lambda question: None), "returned None for “墙上又贴满了小广告"),
    "takes everything": (examined(louyu_match=lambda question: MATCH), "it must return None"),
    "too unsure": (
        with_examples(dataclasses.replace(OURS, least_score=0.9), NOT_OURS),
        "a score of 0.5, less than 0.9",
    ),
    "loses to louyu's own": (
        with_examples(dataclasses.replace(OURS, classified_for="committee", confidence=0.6), NOT_OURS),
        "loses to louyu's own committee, which has the classifier's confidence of 0.6",
    ),
    "invents evidence": (
        examined(
            louyu_match=lambda question: (
                match_leaflets(question)
                and dataclasses.replace(MATCH, reasons=(Reason(text="提到电梯", evidence=("电梯",)),))
            )
        ),
        "gives as evidence '电梯', which is not in",
    ),
    "asks all of a large directory": (examined(louyu_plan=plan_everybody), "has 300 items; 1 to 10 are allowed"),
    "asks who serves another building": (examined(louyu_plan=plan_first), "does not serve the question's building"),
    "nobody to hand back to": (examined(louyu_plan=plan_without_chain), "what they hand back comes to nobody"),
    "needs somebody on duty": (examined(louyu_plan=plan_needing_a_head), "louyu_plan raised: IndexError"),
    "never plans": (examined(louyu_plan=lambda: None), "returned None for every example"),
    "an endless plan": (
        examined(
            louyu_plan=lambda directory: plan_of(
                *(Step(whom=(RoleInGroup(Role.LIAISON),), how_long=timedelta(days=300)) for _ in range(2))
            )
        ),
        "more than a year passes",
    ),
    "settings without bounds": (
        examined(
            louyu_settings=lambda: [SettingsSection(responder_type="squad", model=Unbounded)],
            louyu_plan=plan_by_settings,
        ),
        "let react_hours = '0' pass, with which louyu_plan fails",
    ),
    "a validator that raises": (
        examined(louyu_settings=lambda: [SettingsSection(responder_type="squad", model=Raising)]),
        "raises KeyError; a validator must raise ValueError",
    ),
    "refuses without the right": (examined(louyu_question_changed=refuse_always), "does not have Capability.REFUSE"),
    "refuses when others are asked": (
        examined(
            louyu_responder_types=lambda: [
                dataclasses.replace(SQUAD, capabilities=frozenset({Capability.ANSWER, Capability.REFUSE}))
            ],
            louyu_question_changed=refuse_always,
        ),
        "refuses for a responder that is not asked now",
    ),
    "answers its own answers": (examined(louyu_question_changed=answer_answers), "answers its own changes without end"),
    "answers with a flat": (examined(louyu_question_changed=answer_by_name), "repeats the asker's name, flat or id"),
    "guesses": (squad(louyu_classify=lambda message: "report"), "louyu_classify returned str"),
    "mumbles": (squad(louyu_transcribe=lambda recording: "你好"), "louyu_transcribe returned str"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_plugin_is_found(name: str) -> None:
    plugin, fault = FAULTY[name]
    found = []
    for check in CHECKS:
        try:
            check(plugin)
        except ContractBroken as broken:
            found.append(str(broken))
            if fault in str(broken):
                return
    pytest.fail(f"found only {found}")


def test_a_plugin_that_matches_plans_and_acts_as_its_examples_say_passes_all_checks() -> None:
    for check in CHECKS:
        check(examined())


def test_an_example_with_a_phone_number_is_refused() -> None:
    with pytest.raises(InvalidField, match=r"Example\.text: holds what looks like a phone number"):
        Example(text="打我电话 138 0013 8000", concerns=None)


async def lose_one(batch: Sequence[Delivery]) -> list[SendResult]:
    return [SendResult(delivery_id=one.id, outcome=Outcome.DELIVERED) for one in batch[1:]]


async def tell_all(batch: Sequence[Delivery]) -> list[SendResult]:
    errors = [SendError(error_class=ErrorClass.GIVE_UP, code="1", message=f"no: {one.text[:400]}") for one in batch]
    return [
        SendResult(delivery_id=one.id, outcome=Outcome.FAILED, error=error)
        for one, error in zip(batch, errors, strict=True)
    ]


async def give_up(batch: Sequence[Delivery]) -> list[SendResult]:
    raise ConnectionError


@pytest.mark.parametrize(
    ("channel", "fault"),
    [
        (Lobby(lose_one), "gave no result for one of 1 deliveries"),
        (Lobby(tell_all), "repeats the text or the address"),
        (Lobby(give_up), "lobby.send raised: ConnectionError"),
    ],
)
def test_a_channel_that_breaks_the_promise_of_send_is_found(channel: Channel, fault: str) -> None:
    with pytest.raises(ContractBroken, match=fault):
        check_channel(channel)


def test_a_channel_that_sends_everything_passes() -> None:
    check_channel(Lobby())


def test_a_plugin_with_one_hook_passes_all_checks() -> None:
    for check in CHECKS:
        check(squad())


def project(folder: Path, entry_points: str, source: str = "louyu_contract = 1") -> Path:
    (folder / "pyproject.toml").write_text(f'[project]\nname = "x"\n{entry_points}', encoding="utf-8")
    (folder / "plugin_in_a_folder.py").write_text(source, encoding="utf-8")
    return folder


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match=r"has no pyproject\.toml"):
        plugins_at(tmp_path)


def test_a_project_without_a_plugin_is_told_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match="declares no plugin; add"):
        plugins_at(project(tmp_path, ""))


def test_a_plugin_that_cannot_be_imported_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    entry_points = '[project.entry-points."louyu.plugins"]\nx = "plugin_in_a_folder"\n'
    with pytest.raises(ContractBroken, match="x = plugin_in_a_folder cannot be imported: RuntimeError"):
        plugins_at(project(tmp_path, entry_points, "raise RuntimeError"))
