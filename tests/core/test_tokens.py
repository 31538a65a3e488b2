"""The colours of the desk can be read by people with weak eyes: WCAG AA in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static" / "core" / "tokens.css").read_text()
TEXT_RATIO = 4.5
EDGE_RATIO = 3.0

STATES = ["good", "attention", "bad", "info"]
TEXT_ON_GROUND = [
    (text, ground) for text in ["ink", "muted", "accent", *STATES] for ground in ["ground", "card", "well"]
]
TEXT_ON_TINT = [(state, f"{state}-tint") for state in STATES] + [("ink", f"{state}-tint") for state in STATES]
OTHER_TEXT = [
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("muted", "neutral-tint"),
    ("accent", "info-tint"),
]
EDGES = [("line-strong", "card"), ("line-strong", "ground"), ("accent", "card"), ("accent", "ground")]


def _theme(selector: str) -> dict[str, str]:
    block = TOKENS.split(f"{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block))


THEMES = {"light": _theme(":root"), "dark": _theme('[data-bs-theme="dark"]')}


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _ratio(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_itself_is_computed_as_the_standard_says() -> None:
    assert _ratio("#000000", "#ffffff") == pytest.approx(21)
    assert _ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND + TEXT_ON_TINT + OTHER_TEXT)
def test_text_stands_out_from_its_ground(theme: str, text: str, ground: str) -> None:
    colours = THEMES[theme]

    assert _ratio(colours[text], colours[ground]) >= TEXT_RATIO


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_the_edge_of_an_input_and_the_focus_ring_can_be_seen(theme: str, edge: str, ground: str) -> None:
    colours = THEMES[theme]

    assert _ratio(colours[edge], colours[ground]) >= EDGE_RATIO


def test_both_themes_define_the_same_colours_or_inherit_them_on_purpose() -> None:
    assert set(THEMES["dark"]) == set(THEMES["light"])
