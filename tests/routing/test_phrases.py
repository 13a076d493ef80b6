"""Turns of speech: what a reply does, by its words alone."""

import pytest
from louyu_routing.phrases import Speech, named_number, share_a_matter, speech_of_asker, speech_of_other


@pytest.mark.parametrize(
    ("text", "speech"),
    [
        ("谢谢", Speech.THANKS),
        ("谢谢王楼长，辛苦啦！", Speech.THANKS),
        ("好的，明白了，多谢大家", Speech.THANKS),
        ("谢谢，那周末也能办吗？", Speech.NOTHING),
        ("修好了，谢谢师傅", Speech.SETTLED),
        ("来水了", Speech.SETTLED),
        ("修好了吗？", Speech.NOTHING),
        ("什么时候能恢复", Speech.NOTHING),
        ("灯还是不亮", Speech.STILL_NOT),
        ("没修好", Speech.STILL_NOT),
        ("又停了", Speech.STILL_NOT),
        ("到现在都没人来", Speech.STILL_NOT),
        ("一点都不亮了", Speech.NOTHING),
        ("三单元五层", Speech.NOTHING),
    ],
)
def test_words_of_the_asker(text: str, speech: Speech) -> None:
    assert speech_of_asker(text) is speech


@pytest.mark.parametrize(
    ("text", "speech"),
    [
        ("马上修", Speech.PROMISE),
        ("收到，我去看看", Speech.PROMISE),
        ("已经联系维保，师傅在路上", Speech.PROMISE),
        ("明天上午派人来修", Speech.PROMISE),
        ("修好了，换了新灯泡", Speech.STATEMENT),
        ("去左家庄派出所，带身份证", Speech.STATEMENT),
        ("供暖从11月15号开始", Speech.STATEMENT),
        ("您家是几单元？", Speech.ASK_BACK),
        ("麻烦发张照片看看", Speech.ASK_BACK),
        ("具体在哪个位置", Speech.ASK_BACK),
        ("同问", Speech.ME_TOO),
        ("我家也是，一点都不热", Speech.ME_TOO),
        ("这得多少钱啊？", Speech.QUESTION),
        ("不知道", Speech.NOTHING),
        ("哈哈哈哈哈", Speech.NOTHING),
        ("好的谢谢", Speech.NOTHING),
        ("👍", Speech.NOTHING),
        ("", Speech.NOTHING),
    ],
)
def test_words_of_somebody_else(text: str, speech: Speech) -> None:
    assert speech_of_other(text) is speech


@pytest.mark.parametrize(
    ("text", "number"),
    [("#17 去派出所", 17), ("＃3已修好", 3), ("# 4", 4), ("3号楼", None), ("#1 和 #2 都好了", None), ("没有", None)],
)
def test_number_that_is_named(text: str, number: int | None) -> None:
    assert named_number(text) == number


def test_texts_share_a_matter_by_words_that_carry_meaning() -> None:
    assert share_a_matter("迁户口去哪个派出所？", "派出所在左家庄")
    assert not share_a_matter("我们小区现在怎么样", "大家现在怎么都在小区里")
