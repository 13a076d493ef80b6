"""What anybody may write must not hold up the partition: every pattern is done with every text in no time."""

import subprocess
import sys
from itertools import permutations

import pytest
from louyu_routing.phrases import Speech, speech_of_asker, speech_of_other

HANG_GUARD_SECONDS = 10
"""Far more than is needed: what hangs, hangs for ever."""

FRAGMENTS = (
    "好的",
    "好",
    "嗯",
    "谢谢",
    "太真是真",
    "王师傅",
    "你们大家",
    "没",
    "又",
    "！",
    " ",
    "1",
    "一",
    "#",
    "在三",
    "电梯卡",
    "a",
)
LENGTH = 2_000

READ_ALL = """
import sys
from louyu_routing import emergency, phrases
from louyu_routing.classification.reading import Reader
reader = Reader.load()
emergencies = emergency.built_in_emergencies()
for text in sys.stdin.buffer.read().decode().split("\\0"):
    phrases.speech_of_asker(text)
    phrases.speech_of_other(text)
    phrases.named_number(text)
    phrases.share_a_matter(text, text)
    emergencies.of(text)
    reader.read(text, "text")
"""

SEARCH_ALL = """
import re, sys
compiled, plain = [], re.compile
def remembering(*arguments, **options):
    pattern = plain(*arguments, **options)
    if sys._getframe(1).f_globals["__name__"].startswith("louyu_routing"):
        compiled.append(pattern)
    return pattern
re.compile = remembering
from louyu_routing import emergency, phrases
from louyu_routing.classification import features
from louyu_routing.classification.reading import Reader
Reader.load()
emergency.built_in_emergencies()
assert len(compiled) > 100, "the patterns were not found"
for text in sys.stdin.buffer.read().decode().split("\\0"):
    for pattern in compiled:
        pattern.search(text)
        pattern.fullmatch(text)
"""


def adversarial_texts() -> list[str]:
    """Return long texts of one or two fragments again and again, with an end that fits nothing."""
    units = [*FRAGMENTS, *("".join(pair) for pair in permutations(FRAGMENTS[:6], 2))]
    return [(unit * LENGTH)[: LENGTH - 1] + "x" for unit in units]


@pytest.mark.parametrize("program", [READ_ALL, SEARCH_ALL], ids=["reading", "every pattern"])
def test_no_text_hangs_what_reads_it(program: str) -> None:
    subprocess.run(
        [sys.executable, "-c", program],
        input="\0".join(adversarial_texts()).encode(),
        timeout=HANG_GUARD_SECONDS,
        check=True,
    )


def test_many_words_of_thanks_that_end_in_something_else_are_a_statement() -> None:
    assert speech_of_other("好的" * 40 + "x") is Speech.STATEMENT
    assert speech_of_asker("谢谢" * 40 + "x") is Speech.NOTHING
