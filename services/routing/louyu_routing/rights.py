"""Rights: which questions a caller may see, and who may do what to one. The only way from a request to a question.

A person sees the questions of their groups, those they asked, and those that they are or were asked to answer; a foreign
question and a missing one look the same. Roles are those that the person holds in the question's groups now, by routing's
own copy, and those of whom they stand in for while that person is away.
"""

from dataclasses import dataclass

from louyu_runtime.database import Transaction
from louyu_runtime.identity import Principal
from louyu_runtime.ids import is_uuid
from louyu_runtime.permissions import LEADERS

from louyu_routing.asking import availability_now
from louyu_routing.directory import OPERATOR, ROLE_NAMES, strongest_role
from louyu_routing.errors import AskerCannotAnswer, ChangedMeanwhile, NotEntitled, QuestionNotFound
from louyu_routing.question import By, Entry, Question
from louyu_routing.store import directory, questions, steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What a caller is to one question."""

    by: By
    is_asker: bool
    is_asked: bool
    roles: frozenset[str]
    is_operator: bool

    def require_asked_or_role(self) -> None:
        """Allow those who are asked, and those who hold a role in the question's group."""
        if not (self.is_operator or self.is_asked or self.roles):
            raise NotEntitled("those who are asked, and those who hold a role in the question's group,")

    def require_not_asker(self) -> None:
        """Allow everybody but those who asked."""
        if self.is_asker and not self.roles and not self.is_operator:
            raise AskerCannotAnswer

    def require_asker_or_leader(self) -> None:
        """Allow those who asked, and building head, liaison and secretary."""
        if not (self.is_operator or self.is_asker or self.roles & LEADERS):
            raise NotEntitled("those who asked, building head, liaison and secretary")

    def require_leader(self) -> None:
        """Allow building head, liaison and secretary."""
        if not (self.is_operator or self.roles & LEADERS):
            raise NotEntitled("building head, liaison and secretary")

    def require_undoing(self, entry: Entry) -> None:
        """Allow those who asked, whose words were guessed at, and those who hold a role in the question's group."""
        if not (self.is_operator or self.is_asker or self.roles or entry.by.person_id == self.by.person_id):
            raise NotEntitled("those who asked, whose words these were, and those who hold a role in the group")


async def visible_question(tx: Transaction, principal: Principal, id_or_number: str) -> Question:
    """Return a question that the caller may see. Raises QuestionNotFound."""
    question_id: str | None = id_or_number
    if id_or_number.isascii() and id_or_number.isdigit() and len(id_or_number) <= 18:
        question_id = await questions.id_of_number(tx, int(id_or_number))
    elif not is_uuid(id_or_number):
        raise QuestionNotFound
    question = None if question_id is None else await questions.get(tx, question_id)
    if question is None or not await _sees(tx, principal, question):
        raise QuestionNotFound
    return question


async def question_to_change(
    tx: Transaction, principal: Principal, question_id: str, expected_version: int
) -> tuple[Question, Caller]:
    """Lock a question that the caller may see. Raises QuestionNotFound and ChangedMeanwhile."""
    question = await questions.lock(tx, question_id) if is_uuid(question_id) else None
    if question is None or not await _sees(tx, principal, question):
        raise QuestionNotFound
    if expected_version and expected_version != question.version:
        raise ChangedMeanwhile(question.version)
    return question, await _caller(tx, principal, question)


def may_see_group(principal: Principal, group_id: str) -> bool:
    """Say whether the caller may see what was said in a group."""
    return principal.is_service or principal.is_operator or group_id in principal.group_ids


async def _sees(tx: Transaction, principal: Principal, question: Question) -> bool:
    if principal.is_service or principal.is_operator or principal.id in question.waiting_for:
        return True
    if await steps.was_asked(tx, question.question_id, principal.id):
        return True
    askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
    return any(asker.group_id in principal.group_ids or asker.person_id == principal.id for asker in askers)


async def _caller(tx: Transaction, principal: Principal, question: Question) -> Caller:
    if not is_uuid(principal.id):
        by = By(name=principal.name or ROLE_NAMES[OPERATOR], role=OPERATOR)
        return Caller(by=by, is_asker=False, is_asked=False, roles=frozenset(), is_operator=principal.is_operator)
    askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
    groups = [question.group_id, *(asker.group_id for asker in askers)]
    stood_in_for = (await availability_now(tx)).stood_in_for(principal.id)
    roles = await directory.roles_of(tx, [principal.id, *stood_in_for], groups)
    name = principal.name or (await directory.names_of(tx, [principal.id])).get(principal.id, "")
    if principal.is_operator and not roles:
        by = By(person_id=principal.id, name=name or ROLE_NAMES[OPERATOR], role=OPERATOR)
    else:
        role = strongest_role(roles)
        by = By(person_id=principal.id, name=name or ROLE_NAMES[role], role=role)
    return Caller(
        by=by,
        is_asker=any(asker.person_id == principal.id for asker in askers),
        is_asked=principal.id in question.waiting_for,
        roles=roles,
        is_operator=principal.is_operator,
    )
