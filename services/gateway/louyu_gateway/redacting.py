"""Who reads a question as it was written: its askers and the staff. Neighbours see personal data masked, as in the group."""

from louyu.routing.v1 import question_pb2
from louyu_runtime.identity import Principal
from louyu_runtime.known_names import KnownNames
from louyu_runtime.permissions import STAFF
from louyu_runtime.redaction import redact


def reads_as_written(viewer: Principal, question: question_pb2.Question) -> bool:
    """Whether nothing of the question is hidden from this viewer."""
    return (
        viewer.is_operator
        or bool(viewer.roles & STAFF)
        or any(asker.person_id == viewer.id for asker in question.askers)
    )


def as_neighbours_see(question: question_pb2.Question, names: KnownNames) -> question_pb2.Question:
    """Return the question with personal data masked; `names` are those of its community."""
    seen = question_pb2.Question()
    seen.CopyFrom(question)
    seen.text, seen.answer = redact(seen.text, names).text, redact(seen.answer, names).text
    for entry in seen.timeline:
        entry.text = redact(entry.text, names).text
    return seen
