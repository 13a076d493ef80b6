"""Identifiers: which texts are UUIDs, and what new ones are like."""

import uuid

import pytest
from louyu_runtime.ids import is_uuid, new_id


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0198c0de-0000-7000-8000-00000000abcd", True),
        ("0198C0DE-0000-7000-8000-00000000ABCD", True),
        ("0198c0de000070008000-00000000abcd", False),
        ("0198c0de-0000-7000-8000-00000000abcg", False),
        ("0198c0de-0000-7000-8000-00000000abc\n", False),
        ("0198c0de-00007-000-8000-00000000abcd", False),
        ("{198c0de-0000-7000-8000-00000000abc}", False),
        ("", False),
    ],
)
def test_which_texts_are_uuids(text: str, is_one: bool) -> None:
    assert is_uuid(text) is is_one


def test_new_ids_are_version_seven_and_no_two_alike() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(
        is_uuid(each) and uuid.UUID(each).version == 7 and uuid.UUID(each).variant == uuid.RFC_4122 for each in ids
    )
    times = [each[:13] for each in ids]
    assert times == sorted(times)
