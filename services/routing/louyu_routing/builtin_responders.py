"""The built-in responder types: neighbours, building head, committee. A plugin like any other, without a private door.

Its plan is the community's own chain: neighbours, building head, liaison, secretary until a human closes the question.
What concerns the building head begins with the building head.
"""

from datetime import timedelta

from louyu_sdk import (
    Capability,
    Directory,
    Match,
    Neighbours,
    Plan,
    Question,
    Reason,
    ResponderType,
    Step,
    closing_chain,
    hookimpl,
)

louyu_contract = 1

NAME = "builtin"

PROMISE = timedelta(hours=24)

_ALL = frozenset({Capability.ANSWER, Capability.ACKNOWLEDGE, Capability.ASK_BACK})

TYPES = (
    ResponderType(
        key="neighbours",
        name_zh="邻居",
        name_en="Neighbours",
        capabilities=frozenset({Capability.ANSWER}),
        promise=PROMISE,
    ),
    ResponderType(key="building_head", name_zh="楼长", name_en="Building head", capabilities=_ALL, promise=PROMISE),
    ResponderType(
        key="committee", name_zh="居委会", name_en="Residents' committee", capabilities=_ALL, promise=PROMISE
    ),
)
_NAMES = {one.key: one.name_zh for one in TYPES}


@hookimpl
def louyu_responder_types() -> list[ResponderType]:
    """Supply the three types that every community has."""
    return list(TYPES)


@hookimpl
def louyu_match(question: Question) -> Match | None:
    """Follow the classification: these types have no words of their own."""
    concerned = question.classification.responder_type
    if concerned not in _NAMES:
        return None
    reason = Reason(text=f"这类事情由{_NAMES[concerned]}回应", evidence=question.classification.because)
    return Match(responder_type=concerned, score=question.classification.confidence, reasons=(reason,))


@hookimpl
def louyu_plan(match: Match, directory: Directory) -> Plan:
    """Make the community's own chain."""
    chain = closing_chain(directory.times)
    if match.responder_type == "building_head":
        return Plan(steps=chain, promise=PROMISE)
    first = Step(whom=(Neighbours(),), how_long=directory.times.neighbours)
    return Plan(steps=(first, *chain), promise=PROMISE)
