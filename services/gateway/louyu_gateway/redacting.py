"""Who reads a question as it was written: its askers and the staff. Neighbours see personal data masked, as in the group."""

from louyu.routing.v1 import question_pb2
from louyu_runtime.identity import Principal
from louyu_runtime.permissions import STAFF
from louyu_runtime.redaction import redact


def as_seen_by(viewer: Principal, question: question_pb2.Question) -> question_pb2.Question:
    """Return the question as this viewer may read it."""
    if viewer.is_operator or viewer.roles & STAFF or any(asker.person_id == viewer.id for asker in question.askers):
        return question
    seen = question_pb2.Question()
    seen.CopyFrom(question)
    seen.text, seen.answer = redact(seen.text).text, redact(seen.answer).text
    for entry in seen.timeline:
        entry.text = redact(entry.text).text
    return seen
