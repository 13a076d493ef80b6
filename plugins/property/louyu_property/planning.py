"""Planning: who is asked about a question for the property company, and how long each has.

Neighbours, then the company's staff, then building head, liaison and secretary; high urgency leaves the neighbours out.
Emergencies are routing's: it alerts staff, building head and liaison at once, without waiting for a plugin.
"""

from louyu_sdk import (
    Directory,
    Match,
    Neighbours,
    Plan,
    Question,
    Responder,
    ResponderById,
    Step,
    Urgency,
    closing_chain,
)

from louyu_property.kinds import Kind
from louyu_property.matching import TYPE
from louyu_property.settings import PropertySettings


def plan_question(question: Question, match: Match, directory: Directory) -> Plan | None:
    """Return the plan, or None in an emergency and where no property company serves the building."""
    companies = _companies(question, directory)
    if not companies or question.urgency is Urgency.EMERGENCY:
        return None
    settings = companies[0].settings_as(PropertySettings)
    neighbours = Step(whom=(Neighbours(),), how_long=directory.times.neighbours)
    staff = Step(
        whom=tuple(ResponderById(company.id) for company in companies),
        how_long=settings.react(question.urgency),
    )
    asked_first = (staff,) if question.urgency is Urgency.HIGH else (neighbours, staff)
    return Plan(
        steps=(*asked_first, *closing_chain(directory.times)),
        promise=settings.promise(Kind(match.kind) if match.kind else None, question.urgency),
    )


def _companies(question: Question, directory: Directory) -> tuple[Responder, ...]:
    """Return the companies that name one of the question's buildings, or else those that serve all; at most ten."""
    serving = directory.responders_for(TYPE, question.building_keys)
    named = tuple(company for company in serving if company.building_keys)
    return (named or serving)[:10]
