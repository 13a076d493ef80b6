"""Settings of a property company: faults are named by field, and nothing unknown passes."""

import pytest
from louyu_property.plugin import louyu_settings
from louyu_sdk import JsonValue, settings_faults


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"react_minute": 5}, "react_minute"),
        ({"react_minutes": {"normal": 0}}, "react_minutes.normal"),
        ({"react_minutes": {"normal": "soon"}}, "react_minutes.normal"),
        ({"promise_minutes": {"lyft": 60}}, "promise_minutes.lyft"),
        ({"promise_minutes": {"lift": -1}}, "promise_minutes.lift"),
        ({"promise_at_most_minutes": {"low": 5}}, "promise_at_most_minutes.low"),
    ],
)
def test_a_faulty_setting_is_named(settings: dict[str, JsonValue], field: str) -> None:
    (section,) = louyu_settings()
    (fault,) = settings_faults(section, settings)
    assert fault.startswith(field)


def test_all_settings_may_be_given_together() -> None:
    (section,) = louyu_settings()
    settings: dict[str, JsonValue] = {
        "react_minutes": {"emergency": 3, "high": 10, "normal": 60, "low": 240},
        "promise_minutes": {"lift": 120, "light": 720},
        "promise_at_most_minutes": {"emergency": 30, "high": 240},
    }
    assert settings_faults(section, settings) == ()
