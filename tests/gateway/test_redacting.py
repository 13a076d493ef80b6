"""Personal data in a question: as written for askers and staff, masked for neighbours."""

from louyu.routing.v1 import question_pb2
from louyu_gateway.redacting import as_neighbours_see, reads_as_written
from louyu_runtime.identity import Principal
from louyu_runtime.known_names import KnownNames

ANSWER = "请打 13800138000 找钱师傅，李小雨家也漏"
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
        assert reads_as_written(viewer, QUESTION)


def test_neighbours_read_it_masked_and_the_original_stays() -> None:
    assert not reads_as_written(person("neighbour", "resident"), QUESTION)
    seen = as_neighbours_see(QUESTION, KnownNames(frozenset({"李小雨", "钱师傅"}), frozenset({"钱师傅"})))
    assert seen.answer == seen.timeline[0].text == "请打 138****8000 找钱师傅，李**家也漏"
    assert "502" not in seen.text
    assert QUESTION.answer == ANSWER
