"""Text keeps the contrast of WCAG AA on its ground, in the light theme and the dark one, and on lobby screens."""

import re

import pytest
from louyu_gateway.pages.render import ASSETS

TOKENS = (ASSETS / "css" / "tokens.css").read_text("utf-8")
SCREEN = (ASSETS / "css" / "display.css").read_text("utf-8")

PAIRS = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "accent-soft"),
    ("ink-soft", "paper"),
    ("ink-soft", "surface"),
    ("ink-soft", "raised"),
    ("accent", "surface"),
    ("accent", "paper"),
    ("accent", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("done", "done-soft"),
    ("wait", "wait-soft"),
    ("alarm", "alarm-soft"),
    ("alarm", "surface"),
    ("calm", "calm-soft"),
    ("paper", "ink"),
]


def themes() -> dict[str, dict[str, str]]:
    light_css, dark_css = TOKENS.split("@media", 1)
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light_css))
    return {"light": light, "dark": light | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark_css))}


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(theme: str, text: str, ground: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


def test_an_emergency_on_a_screen_has_the_higher_contrast() -> None:
    rule = re.search(r'\[data-kind="emergency"\] \{([^}]*)\}', SCREEN)
    assert rule is not None
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", rule[1]))
    assert contrast(colours["ink"], colours["ground"]) >= 7
    assert contrast(colours["soft"], colours["ground"]) >= 7


def test_no_page_uses_a_colour_that_is_no_token() -> None:
    for name in ("base.css", "app.css", "console.css"):
        css = (ASSETS / "css" / name).read_text("utf-8")
        plain = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", css)) - {"#fff", "#ffd98a", "#a14b00"}
        assert plain == set(), name
