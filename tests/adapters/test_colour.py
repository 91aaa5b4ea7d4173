"""Colours as WCAG sees them, and that a region's pages can be read whatever colour it chose."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters import colour
from app.adapters.colour import DARK, LIGHT, Mood

ANY = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
MOODS = pytest.mark.parametrize("mood", [LIGHT, DARK], ids=["light", "dark"])


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54), ("#ff0000", "#ffffff", 4.0)],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert (round(colour.contrast(one, other), 2), round(colour.contrast(other, one), 2)) == (ratio, ratio)


@pytest.mark.parametrize("text", ["red", "#fff", "#1234567", "15508a", "#15508g", "", "#15508a;}", "#15508a\n"])
def test_what_is_no_colour_is_known(text: str) -> None:
    assert colour.is_colour(text) is False


def test_capitals_are_a_colour_too() -> None:
    assert colour.is_colour("#15508A") is True


@MOODS
@given(chosen=ANY)
def test_every_brand_can_be_read_on_every_ground(mood: Mood, chosen: str) -> None:
    made = colour.brand(chosen, mood)

    pairs = {
        "brand on the ground": ("--brand", mood.ground),
        "brand on the worst ground": ("--brand", mood.worst),
        "text on brand": ("--brand-ink", made["--brand"]),
        "text on brand under the pointer": ("--brand-ink", made["--brand-dark"]),
        "emphasis on the tint": ("--brand-dark", made["--brand-soft"]),
        "emphasis on the ground": ("--brand-dark", mood.ground),
    }
    assert {name: pair for name, pair in pairs.items() if colour.contrast(made[pair[0]], pair[1]) < 4.5} == {}
    assert colour.contrast(made["--brand"], made["--brand-soft"]) >= 3


@given(chosen=ANY)
def test_the_darker_colour_that_is_proposed_carries_white_and_the_one_before_it_does_not(chosen: str) -> None:
    proposed = colour.darker(chosen)

    assert colour.carries_white(proposed)
    assert (proposed == chosen) is colour.carries_white(chosen)


def test_the_proposal_keeps_the_hue_and_is_near() -> None:
    assert (colour.darker("#ef6c00"), colour.darker("#15508a")) == ("#c15700", "#15508a")


@given(chosen=ANY)
def test_a_sheet_holds_the_brand_and_nothing_else(chosen: str) -> None:
    declared = r"(--brand(-dark|-soft|-ink)?:#[0-9a-f]{6};?){4}"

    assert re.fullmatch(rf':root{{{declared}}}\n@media not print{{:root\[data-bs-theme="dark"\]{{{declared}}}}}\n', colour.sheet(chosen))
