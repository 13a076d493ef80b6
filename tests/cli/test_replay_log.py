"""`louyu replay`: all lines are checked before the first is posted, and each fault names file, line, field and mend."""

from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Louyu

START = '{"building":"28","sender":"li","text":"你好"'


def replay(louyu: Louyu, folder: Path, content: str | bytes, *options: str) -> Answer:
    log = folder / "log.jsonl"
    log.write_bytes(content if isinstance(content, bytes) else content.encode())
    return louyu("replay", "log.jsonl", "--community", "small", *options)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "not JSON: Expecting value; write one object a line"),
        ("[1, 2]", "must be an object"),
        ("[" * 100_000, "nested too deeply"),
        (START + ',"colour":"red"}', "unknown field 'colour'; remove it"),
        ('{"sender":"li","text":"a"}', "building: missing; give it as text"),
        ('{"building":true,"sender":"li","text":"a"}', "building: missing; give it as text"),
        ('{"building":"28","sender":" ","text":"a"}', "sender: missing"),
        ('{"building":"28","sender":"li","text":null}', "text: missing"),
        ('{"building":"28","sender":"li","text":"\\ud83d"}', "text: holds half of a character"),
        (
            '{"building":"28","sender":"li","text":"%s"}' % ("长" * 2001),
            "text: longer than 2,000 characters; divide it",
        ),
        (START + ',"via":"smoke"}', "via: must be one of text, voice, photo, not 'smoke'"),
        (START + ',"via":["text"]}', "via: must be one of"),
        (START + ',"media":["a"]}', "media: photos and recordings cannot be replayed; leave it out"),
        (START + ',"at":"yesterday"}', "at: must be a time such as"),
        (START + ',"at":"2026-01-15T18:00:00"}', "at: needs a time zone"),
    ],
)
def test_a_faulty_line_is_told_with_its_number(louyu: Louyu, nowhere: Path, line: str, words: str) -> None:
    answer = replay(louyu, nowhere, START + "}\n\n" + line + "\n")
    assert answer.exit_code == 1
    assert len(answer.lines) == 1
    assert f"log.jsonl:3: {words}" in answer.err


def test_twenty_faults_are_told_and_the_rest_counted(louyu: Louyu, nowhere: Path) -> None:
    answer = replay(louyu, nowhere, "x\n" * 25)
    assert len(answer.lines) == 21
    assert answer.lines[-1] == "and 5 more"


def test_a_speed_needs_times(louyu: Louyu, nowhere: Path) -> None:
    assert "log.jsonl:1: at: missing; --speed needs a time" in replay(louyu, nowhere, START + "}", "--speed", "2").err


def test_a_log_without_messages(louyu: Louyu, nowhere: Path) -> None:
    assert "log.jsonl: holds no messages" in replay(louyu, nowhere, "\n\n").err


def test_a_log_that_is_not_utf_8(louyu: Louyu, nowhere: Path) -> None:
    assert "log.jsonl:2: not UTF-8" in replay(louyu, nowhere, START.encode() + b"}\n\xff\n").err


@pytest.mark.parametrize("sign", ["\u2028", "\x85"])
def test_a_text_may_hold_what_other_programs_take_for_a_lines_end(louyu: Louyu, nowhere: Path, sign: str) -> None:
    answer = replay(louyu, nowhere, "\ufeff" + START.replace("你好", f"你{sign}好") + "}\r\n")
    assert "No installation runs" in answer.err  # the log was good
