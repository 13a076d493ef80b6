"""Planning: who is asked about a question for the property company, and how long each has.

Ordinary: neighbours, then the company's staff, then building head, liaison and secretary. High urgency leaves the
neighbours out. In an emergency staff, building head and liaison are alerted at once, at any hour, and again and again,
with the secretary, until somebody takes it on.
"""

from louyu_sdk import (
    Directory,
    Match,
    Neighbours,
    Plan,
    Question,
    Responder,
    ResponderById,
    Role,
    RoleInGroup,
    Step,
    Urgency,
    WhatThen,
    Whom,
    closing_chain,
)

from louyu_property.kinds import Kind
from louyu_property.matching import TYPE
from louyu_property.settings import PropertySettings

URGENT = frozenset({Urgency.EMERGENCY, Urgency.HIGH})


def plan_question(question: Question, match: Match, directory: Directory) -> Plan | None:
    """Return the plan, or None where no property company serves the building."""
    companies = _companies(question, directory)
    if not companies:
        return None
    settings = companies[0].settings_as(PropertySettings)
    staff = tuple(ResponderById(company.id) for company in companies)
    promise = settings.promise(Kind(match.kind) if match.kind else None, question.urgency)
    react = settings.react(question.urgency)
    if question.urgency is Urgency.EMERGENCY:
        alerted: tuple[Whom, ...] = (*staff, RoleInGroup(Role.BUILDING_HEAD), RoleInGroup(Role.LIAISON))
        everyone = (*alerted, RoleInGroup(Role.SECRETARY))
        return Plan(
            steps=(
                Step(whom=alerted, how_long=react, rests_at_night=False),
                Step(whom=everyone, how_long=react, what_then=WhatThen.REPEAT, rests_at_night=False),
            ),
            promise=promise,
        )
    asked_first = (
        () if question.urgency in URGENT else (Step(whom=(Neighbours(),), how_long=directory.times.neighbours),)
    )
    return Plan(
        steps=(*asked_first, Step(whom=staff, how_long=react), *closing_chain(directory.times)),
        promise=promise,
    )


def _companies(question: Question, directory: Directory) -> tuple[Responder, ...]:
    """Return the companies that name one of the question's buildings, or else those that serve all; at most five."""
    serving = directory.responders_for(TYPE, question.building_keys)
    named = tuple(company for company in serving if company.building_keys)
    return (named or serving)[:5]
