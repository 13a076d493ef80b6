"""Settings of a property company: faults are named by field, and nothing unknown passes."""

import pytest
from louyu_property.kinds import Kind
from louyu_property.plugin import louyu_settings
from louyu_property.settings import PropertySettings
from louyu_sdk import Urgency, settings_faults


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("react_minutes", "5"),
        ("promise_lyft_minutes", "60"),
        ("react_normal_minutes", "0"),
        ("react_normal_minutes", "soon"),
        ("promise_lift_minutes", "-1"),
        ("promise_lift_minutes", "nan"),
    ],
)
def test_a_faulty_setting_is_named(name: str, value: str) -> None:
    (section,) = louyu_settings()
    (fault,) = settings_faults(section, {name: value})
    assert fault.startswith(f"{name}: ")


def test_an_unknown_setting_is_told_with_those_that_exist() -> None:
    (section,) = louyu_settings()
    (fault,) = settings_faults(section, {"hours": "8"})
    assert fault.startswith("hours: there is no such setting; there are ")
    assert "promise_lift_minutes" in fault


@pytest.mark.parametrize("urgency", [Urgency.HIGH, Urgency.NORMAL, Urgency.LOW])
def test_every_kind_has_a_promise_for_every_urgency(urgency: Urgency) -> None:
    proposed = PropertySettings()
    assert all(proposed.promise(kind, urgency) for kind in (*Kind, None))
    assert proposed.react(urgency)
