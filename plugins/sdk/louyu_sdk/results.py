"""Results: what each hook may return, checked at run time, since plugins need not be type-checked.

Each function returns the result in its frozen form, or raises ContractBroken saying what to write instead.
"""

import inspect
from collections.abc import Collection, Sequence
from typing import TypeVar

from louyu_sdk.action import ACTIONS, Action
from louyu_sdk.bounds import require_key
from louyu_sdk.channel import Channel, ChannelCapabilities, ChannelWithReceipts
from louyu_sdk.directory import Directory
from louyu_sdk.errors import ContractBroken
from louyu_sdk.match import Match
from louyu_sdk.media import Transcript
from louyu_sdk.message import Classification
from louyu_sdk.plan import Plan, ResponderById
from louyu_sdk.responder_type import ResponderType
from louyu_sdk.settings import SettingsSection

MOST_ACTIONS = 10

T = TypeVar("T")


def checked_responder_types(result: object) -> tuple[ResponderType, ...]:
    """Check what `louyu_responder_types` returned."""
    types = _sequence("louyu_responder_types", result, ResponderType)
    _unique("louyu_responder_types", [one.key for one in types])
    return types


def checked_settings(result: object, own_types: Collection[str]) -> tuple[SettingsSection, ...]:
    """Check what `louyu_settings` returned; every field of a model must have a default."""
    sections = _sequence("louyu_settings", result, SettingsSection)
    _unique("louyu_settings", [section.responder_type for section in sections])
    for section in sections:
        if section.responder_type not in own_types:
            raise ContractBroken(f"louyu_settings names {section.responder_type}, which is not a type of this plugin")
        for name, field in section.model.model_fields.items():
            if field.is_required():
                raise ContractBroken(f"louyu_settings: {section.model.__name__}.{name} has no default; give it one")
    return sections


def checked_channels(result: object) -> tuple[Channel, ...]:
    """Check what `louyu_channels` returned."""
    if result is None:
        return ()
    if not isinstance(result, Sequence) or isinstance(result, str):
        raise ContractBroken(f"louyu_channels returned {type(result).__name__}; return a list of channels")
    for channel in result:
        if not isinstance(channel, Channel) or not isinstance(channel.capabilities, ChannelCapabilities):
            raise ContractBroken(f"louyu_channels returned a {type(channel).__name__}, which is not a Channel")
        require_key("Channel.key", channel.key)
        if not inspect.iscoroutinefunction(channel.send):
            raise ContractBroken(f"louyu_channels: {channel.key}.send must be `async def`")
        if channel.capabilities.receipts and not isinstance(channel, ChannelWithReceipts):
            raise ContractBroken(f"louyu_channels: {channel.key} says it has receipts, but has no method `receipts`")
    _unique("louyu_channels", [(channel.key, channel.account) for channel in result])
    return tuple(result)


def checked_transcript(result: object) -> Transcript | None:
    """Check what `louyu_transcribe` returned."""
    return _optional("louyu_transcribe", result, Transcript)


def checked_classification(result: object) -> Classification | None:
    """Check what `louyu_classify` returned."""
    return _optional("louyu_classify", result, Classification)


def checked_match(result: object, own_types: Sequence[ResponderType]) -> Match | None:
    """Check what `louyu_match` returned: one of the plugin's own types, and one of that type's kinds."""
    match = _optional("louyu_match", result, Match)
    if match is None:
        return None
    kinds = {one.key: {kind.key for kind in one.kinds} for one in own_types}
    if match.responder_type not in kinds:
        raise ContractBroken(f"louyu_match returned type {match.responder_type}, which is not one of this plugin")
    if match.kind is not None and match.kind not in kinds[match.responder_type]:
        raise ContractBroken(f"louyu_match returned kind {match.kind}, which {match.responder_type} does not have")
    return match


def checked_plan(result: object, directory: Directory) -> Plan | None:
    """Check what `louyu_plan` returned: every responder it names is in the directory."""
    plan = _optional("louyu_plan", result, Plan)
    if plan is None:
        return None
    known = {responder.id for responder in directory.responders}
    asked = [whom for step in plan.steps for whom in step.whom]
    asked += [whom for supervision in plan.supervision for whom in supervision.whom]
    if any(isinstance(whom, ResponderById) and whom.responder_id not in known for whom in asked):
        raise ContractBroken("louyu_plan asks a responder that is not in the directory")
    return plan


def checked_actions(result: object) -> tuple[Action, ...]:
    """Check what `louyu_question_changed` returned."""
    actions: tuple[Action, ...] = _sequence("louyu_question_changed", result, ACTIONS)
    if len(actions) > MOST_ACTIONS:
        raise ContractBroken(f"louyu_question_changed returned {len(actions)} actions; at most {MOST_ACTIONS} are done")
    return actions


def _optional(hook: str, result: object, wanted: type[T]) -> T | None:
    if result is not None and not isinstance(result, wanted):
        raise ContractBroken(f"{hook} returned {type(result).__name__}; return a {wanted.__name__} or None")
    return result


def _sequence(hook: str, result: object, wanted: type[T] | tuple[type[T], ...]) -> tuple[T, ...]:
    if result is None:
        return ()
    names = wanted.__name__ if isinstance(wanted, type) else " or ".join(one.__name__ for one in wanted)
    if not isinstance(result, list | tuple):
        raise ContractBroken(f"{hook} returned {type(result).__name__}; return a list of {names}")
    for item in result:
        if not isinstance(item, wanted):
            raise ContractBroken(f"{hook} returned a {type(item).__name__} in its list; {names} is allowed")
    return tuple(result)


def _unique(hook: str, keys: Sequence[object]) -> None:
    for position, key in enumerate(keys):
        if key in keys[:position]:
            raise ContractBroken(f"{hook} returned {key!r} twice")
