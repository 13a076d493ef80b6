"""Personal data in a question: as written for askers and staff, masked for neighbours."""

from louyu.routing.v1 import question_pb2
from louyu_gateway.redacting import as_seen_by
from louyu_runtime.identity import Principal

ANSWER = "请打 13800138000 找钱师傅"
QUESTION = question_pb2.Question(
    text="3单元502漏水",
    answer=ANSWER,
    askers=[question_pb2.QuestionAsker(person_id="asker")],
    timeline=[question_pb2.TimelineEntry(what="answered", text=ANSWER)],
)


def person(name: str, *roles: str) -> Principal:
    return Principal("person", name, "community", name, frozenset(roles))


def test_askers_and_staff_read_it_as_it_was_written() -> None:
    for viewer in (person("asker", "resident"), person("head", "resident", "building_head"), person("ops", "operator")):
        assert as_seen_by(viewer, QUESTION) == QUESTION


def test_neighbours_read_it_masked_and_the_original_stays() -> None:
    seen = as_seen_by(person("neighbour", "resident"), QUESTION)
    assert seen.answer == seen.timeline[0].text == "请打 138****8000 找钱师傅"
    assert "502" not in seen.text
    assert QUESTION.answer == ANSWER
