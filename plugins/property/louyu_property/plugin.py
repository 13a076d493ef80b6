"""The plugin: hooks of louyu, each handed on to the module of its name."""

from collections.abc import Sequence

from louyu_sdk import (
    Action,
    Capability,
    ChangeKind,
    Directory,
    Match,
    Note,
    Plan,
    Question,
    QuestionChange,
    ResponderType,
    SettingsSection,
    Urgency,
    WorkKind,
    hookimpl,
)

from louyu_property.examples import EXAMPLES
from louyu_property.kinds import FIELDS
from louyu_property.matching import TYPE, match_question
from louyu_property.planning import plan_question
from louyu_property.settings import PropertySettings

louyu_contract = 1
louyu_examples = EXAMPLES


@hookimpl
def louyu_responder_types() -> Sequence[ResponderType]:
    """Supply the type `property`."""
    proposed = PropertySettings()
    return [
        ResponderType(
            key=TYPE,
            name_zh="物业",
            name_en="Property management",
            capabilities=frozenset({Capability.ANSWER, Capability.ACKNOWLEDGE, Capability.ASK_BACK, Capability.REFUSE}),
            promise=proposed.promise(None, Urgency.NORMAL),
            kinds=tuple(
                WorkKind(
                    key=kind,
                    name_zh=field.name_zh,
                    name_en=field.name_en,
                    promise=proposed.promise(kind, Urgency.NORMAL),
                )
                for kind, field in FIELDS.items()
            ),
        )
    ]


@hookimpl
def louyu_settings() -> Sequence[SettingsSection]:
    """Supply the model of a property company's settings."""
    return [SettingsSection(responder_type=TYPE, model=PropertySettings)]


@hookimpl
def louyu_match(question: Question) -> Match | None:
    """Match repairs, light, water, heating in the flat, doors, cleaning, clutter, fire equipment and dangers."""
    return match_question(question)


@hookimpl
def louyu_plan(question: Question, match: Match, directory: Directory) -> Plan | None:
    """Ask the company that serves the building, then the community's chain."""
    return plan_question(question, match, directory)


@hookimpl
def louyu_question_changed(question: Question, change: QuestionChange) -> Sequence[Action]:
    """Tell staff that a repair did not last, since whoever comes next should know."""
    if change.kind is not ChangeKind.REOPENED:
        return []
    return [Note(text=f"第 {max(question.times_reopened, 1)} 次重提：上次处理没有解决，请到现场查明原因再回复")]
