"""The tokens of base.css: every text can be read on its ground, in both themes, and charts can be read without colour."""

from __future__ import annotations

import re
from itertools import combinations, product
from pathlib import Path

import pytest

from app.adapters import colour

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "app" / "templates"
CSS = ROOT / "app" / "static" / "css"
BASE = (CSS / "base.css").read_text("utf-8")
GROUNDS = ("ground", "ground-2", "ground-3")
MEANINGS = ("info", "good", "attention", "stop")
TEXT = [
    *product(("ink", "ink-2", "brand", "brand-dark", *MEANINGS), GROUNDS),
    *product(("ink", "ink-2"), [f"{meaning}-soft" for meaning in MEANINGS]),
    *((meaning, f"{meaning}-soft") for meaning in MEANINGS),
    ("ink", "brand-soft"),
    ("brand-dark", "brand-soft"),
    ("brand-ink", "brand"),
    ("brand-ink", "brand-dark"),
    ("ground", "ink"),
    ("ground", "ink-2"),
]
EDGES = [*product(("line-2", "brand"), GROUNDS), ("brand", "brand-soft"), *((f"chart-{number}", "ground") for number in range(1, 7))]
HARD = re.compile(r"(?<![\w&-])#(?:[0-9a-fA-F]{3}){1,2}\b|\b(?:white|black)\b(?!-)|rgba?\(\s*(?!0 0 0 /)\d")


def tokens(selector: str) -> dict[str, str]:
    block = BASE.partition(selector + " {")[2].partition("}")[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", block))


LIGHT = tokens("\n:root")
THEMES = {"light": LIGHT, "dark": LIGHT | tokens(':root[data-bs-theme="dark"]')}
IN_BOTH = pytest.mark.parametrize("theme", THEMES)


def weak(theme: str, pairs: list[tuple[str, str]], least: float) -> dict[str, float]:
    found = THEMES[theme]
    ratios = {f"{one} on {other}": round(colour.contrast(found[one], found[other]), 2) for one, other in pairs}
    return {pair: ratio for pair, ratio in ratios.items() if ratio < least}


@IN_BOTH
def test_every_text_can_be_read_on_its_ground(theme: str) -> None:
    assert weak(theme, TEXT, 4.5) == {}


@IN_BOTH
def test_the_edge_of_every_field_and_every_bar_can_be_seen(theme: str) -> None:
    assert weak(theme, EDGES, 3) == {}


@IN_BOTH
def test_the_colours_of_charts_differ_in_lightness_too(theme: str) -> None:
    shades = [THEMES[theme][f"chart-{number}"] for number in range(1, 7)]

    assert min(colour.contrast(one, other) for one, other in combinations(shades, 2)) > 1.25


def test_the_dark_theme_names_what_the_light_one_names() -> None:
    same_in_both = {"spark", "paper"}

    assert set(tokens(':root[data-bs-theme="dark"]')) == set(LIGHT) - same_in_both


@pytest.mark.parametrize(("theme", "mood"), [("light", colour.LIGHT), ("dark", colour.DARK)])
def test_our_own_brand_is_made_the_way_a_regions_is(theme: str, mood: colour.Mood) -> None:
    found = THEMES[theme]

    assert {name: found[name.removeprefix("--")] for name in colour.brand(colour.OWN, mood)} == colour.brand(colour.OWN, mood)
    assert (found["ground"], found["ground-3"]) == (mood.ground, mood.worst)


def test_the_bar_around_the_page_has_the_colour_of_the_page() -> None:
    init = (TEMPLATES / "appbuilder" / "init.html").read_text("utf-8")

    assert f"{{'light': '{THEMES['light']['ground']}', 'dark': '{THEMES['dark']['ground']}'}}" in init


def test_colours_stand_in_the_tokens_and_nowhere_else() -> None:
    rules = {path.name: re.sub(r"/\*.*?\*/|:root[^{]*\{[^}]*\}", "", path.read_text("utf-8"), flags=re.S) for path in CSS.glob("*.css")}

    assert {name: found for name, text in rules.items() if (found := HARD.findall(text))} == {}
