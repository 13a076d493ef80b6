"""`louyu classify`: JSON lines in, JSON lines out, in the same order, in a pipe with other programs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

LOUYU = (sys.executable, "-m", "louyu_cli.main", "classify")


@pytest.fixture(scope="module", autouse=True)
def cache_of_these_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def classify(*lines: bytes) -> tuple[int, Sequence[dict[str, object]], list[str]]:
    # Without a language in the environment, as in a container.
    environment = {"LC_ALL": "C", "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
    done = subprocess.run(LOUYU, input=b"\n".join(lines), capture_output=True, check=False, env=environment)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode().splitlines()


def line(message_id: str, text: str) -> bytes:
    return json.dumps({"id": message_id, "text": text, "via": "text"}, ensure_ascii=False).encode()


def test_each_line_gets_its_answer_in_order() -> None:
    code, answers, faults = classify(line("b", "电梯又坏了，三天没人修"), b"", line("a", "谢谢大家"))
    assert (code, faults) == (0, [])
    assert [answer["id"] for answer in answers] == ["b", "a"]
    assert all(set(answer) == {"id", "intent", "responder", "urgency", "confidence"} for answer in answers)
    assert answers[0]["responder"] is not None
    assert answers[1]["responder"] is None


def test_a_faulty_line_is_named_and_the_others_are_still_answered() -> None:
    code, answers, faults = classify(line("1", "停水了吗"), b"nonsense", b'{"id":"3"}', line("4", "谢谢"))
    assert code == 1
    assert [answer["id"] for answer in answers] == ["1", "4"]
    assert [fault.partition(":")[0] for fault in faults] == ["line 2", "line 3"]
    assert "'text' is missing; add it" in faults[1]


def test_input_that_is_not_utf_8_is_told_with_its_line() -> None:
    code, _, faults = classify(line("1", "停水了吗"), b'{"id":"2","text":"\xff"}')
    assert code == 1
    assert faults == ["louyu classify: line 2: is not UTF-8; give the input as UTF-8"]


def test_a_program_gets_each_answer_before_it_sends_the_next_line() -> None:
    with subprocess.Popen(LOUYU, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in ("1", "2"):
            process.stdin.write(line(number, "楼道灯坏了") + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_a_reader_that_has_gone_ends_it_without_a_word() -> None:
    with subprocess.Popen(LOUYU, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        try:
            process.stdin.write((line("1", "楼道灯坏了") + b"\n") * 10)
            process.stdin.close()
        except BrokenPipeError:
            pass
        assert process.wait(timeout=30) == 1
        assert process.stderr.read() == b""
