"""The contract's checks find what would go wrong in production, and say what to mend."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from louyu_sdk import (
    Acknowledge,
    Capability,
    Match,
    Plan,
    PluginSettings,
    Question,
    Reason,
    ResponderType,
    Role,
    RoleInGroup,
    SettingsSection,
    Step,
    WhatThen,
)
from louyu_sdk.errors import ContractBroken
from louyu_sdk.testing import CHECKS, plugins_at

from tests.sdk.conftest import plugin_of

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
        "rests_at_night is False; only",
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
    assert any(fault in one for one in found), found


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
