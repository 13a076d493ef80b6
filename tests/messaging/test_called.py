"""The name that is given together with a flat."""

import pytest
from louyu_messaging.called import LONGEST_NAME, flat_and_name, name_of_unnamed


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("3-502 王阿姨", ("3-502", "王阿姨")),
        ("2单元４０２ 赵叔", ("2单元４０２", "赵叔")),
        ("2单元 402室，我叫李建国。", ("2单元 402室", "李建国")),
        ("三单元五〇一欧阳明", ("三单元五〇一", "欧阳明")),
        ("28号楼3-501 小刘", ("28号楼3-501", "小刘")),
        ("3-502 广场舞大姐", ("3-502", "广场舞大姐")),
        ("3-502", ("3-502", "")),
        ("3单元501室", ("3单元501室", "")),
        ("3-502 暖气不热", ("3-502 暖气不热", "")),
        ("王阿姨", ("王阿姨", "")),
        ("", ("", "")),
        ("1" * 500 + " 王阿姨", ("1" * 500 + " 王阿姨", "")),
    ],
)
def test_a_name_after_the_flat_is_the_persons(words: str, expected: tuple[str, str]) -> None:
    assert flat_and_name(words) == expected


def test_who_gives_no_name_is_called_by_the_group_and_never_by_the_flat() -> None:
    assert name_of_unnamed("28号楼") == "28号楼邻居"
    assert len(name_of_unnamed("楼" * 60)) <= LONGEST_NAME
