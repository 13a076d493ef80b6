"""`louyu classify`: lines in, lines out, and a bad line told by number, field and mend."""

import json
from io import StringIO

import pytest
from louyu_routing.classification import Classifier, classify_stream


def run(classifier: Classifier, *lines: str) -> tuple[int, list[dict[str, object]], str]:
    out, errors = StringIO(), StringIO()
    exit_code = classify_stream(lines, out, errors, classifier)
    return exit_code, [json.loads(line) for line in out.getvalue().splitlines()], errors.getvalue()


def test_each_line_is_answered_in_order_with_exactly_the_promised_fields(classifier: Classifier) -> None:
    exit_code, answers, errors = run(
        classifier,
        '{"id": "b", "text": "灯坏了，物业来修修", "via": "text"}',
        '{"id": "a", "text": "大家早上好", "via": "voice"}',
    )

    assert (exit_code, errors) == (0, "")
    assert [answer["id"] for answer in answers] == ["b", "a"]
    assert all(list(answer) == ["id", "intent", "responder", "urgency", "confidence"] for answer in answers)
    assert answers[0]["responder"] == "property"
    assert answers[1]["responder"] is None


def test_a_line_without_via_counts_as_text(classifier: Classifier) -> None:
    _, with_via, _ = run(classifier, '{"id": "a", "text": "停水了", "via": "text"}')
    _, without_via, _ = run(classifier, '{"id": "a", "text": "停水了"}')

    assert with_via == without_via


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "line 2: is not JSON"),
        ("[1]", "line 2: is not a JSON object"),
        ("[" * 100_000, "line 2: is"),
        ('{"text": "你好"}', "line 2: field 'id' is missing; add it as a string"),
        ('{"id": "x"}', "line 2: field 'text' is missing; add it as a string"),
        ('{"id": 7, "text": "你好"}', "line 2: field 'id' is 7; make it a string"),
        ('{"id": "x", "text": null}', "line 2: field 'text' is null; make it a string"),
        ('{"id": "x", "text": "你好", "via": "fax"}', "line 2: field 'via' is \"fax\"; use one of text, voice, photo"),
        ('{"id": "x", "text": "你好", "via": []}', "line 2: field 'via' is []; use one of"),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_still_answered(classifier: Classifier, line: str, message: str) -> None:
    good = '{"id": "%s", "text": "你好", "via": "text"}'

    exit_code, answers, errors = run(classifier, good % 1, line, good % 3)

    assert exit_code == 1
    assert [answer["id"] for answer in answers] == ["1", "3"]
    assert errors.startswith(message)
    assert errors.count("\n") == 1


def test_empty_lines_are_skipped_and_still_counted(classifier: Classifier) -> None:
    exit_code, answers, errors = run(classifier, "\n", "oops")

    assert (exit_code, answers) == (1, [])
    assert errors.startswith("line 2:")


def test_half_a_surrogate_pair_does_not_break_the_output(classifier: Classifier) -> None:
    out, errors = StringIO(), StringIO()

    assert classify_stream(['{"id": "\\ud800", "text": "\\ud800", "via": "text"}'], out, errors, classifier) == 0
    assert out.getvalue().encode("utf-8")
