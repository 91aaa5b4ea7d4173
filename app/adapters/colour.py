"""Colours as WCAG sees them, and the brand colours of a region made from the one it chose: readable by day and by night."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

OWN = "#0f5c6e"  # of the house, and of a region that chose none
TEXT = 4.5  # the contrast that WCAG 2.2 AA asks of text
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 256


@dataclass(frozen=True)
class Mood:
    """One of the two themes: where it puts its text, which way colours go to be read there, and how much of them a tint holds.

    `ground` and `worst` are the page and the ground on which text is hardest to read, as in base.css.
    """

    ground: str
    worst: str
    away: int  # the lightness that is easiest to read there: 0 black, 1 white
    ink: str
    tint: float
    most: float  # saturation: what is lively on white glares on black


LIGHT = Mood(ground="#ffffff", worst="#eceeed", away=0, ink="#ffffff", tint=0.1, most=1)
DARK = Mood(ground="#14191c", worst="#252d32", away=1, ink="#0b1012", tint=0.2, most=0.55)


def is_colour(text: str) -> bool:
    """Whether this is a colour as # and six digits or letters."""
    return _HEX.fullmatch(text.lower()) is not None


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance, from 0 (black) to 1 (white)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with a share (0 to 1) of the other one in it."""
    return _hex(one + (two - one) * share for one, two in zip(_rgb(colour), _rgb(other), strict=True))


def shift(colour: str, away: int, share: float, most: float = 1) -> str:
    """The same hue, a share (0 to 1) of the way to black (`away` 0) or white (1), with at most this saturation."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    return _hex(colorsys.hls_to_rgb(hue, lightness + (away - lightness) * share, min(saturation, most)))


def readable(colour: str, ground: str, away: int, ratio: float = TEXT) -> str:
    """The colour, or the nearest one of its hue towards black or white that has this contrast with the ground."""
    tried = (shift(colour, away, step / _STEPS) for step in range(_STEPS + 1))
    return next((found for found in tried if contrast(found, ground) >= ratio), shift(colour, away, 1))


def carries_white(colour: str) -> bool:
    """Whether white text can be read on this colour."""
    return contrast(colour, LIGHT.ink) >= TEXT


def darker(colour: str) -> str:
    """The nearest darker colour on which white text can be read."""
    return readable(colour, LIGHT.ink, LIGHT.away)


def brand(colour: str, mood: Mood) -> dict[str, str]:
    """The custom properties of a brand in one theme: text and links, hover and emphasis, a tint, and what is written on the brand."""
    plain = readable(shift(colour, mood.away, 0, mood.most), mood.worst, mood.away)
    soft = mix(mood.ground, plain, mood.tint)
    strong = readable(shift(plain, mood.away, 0.25), soft, mood.away)
    return {"--brand": plain, "--brand-dark": strong, "--brand-soft": soft, "--brand-ink": mood.ink}


@lru_cache(maxsize=256)
def sheet(colour: str) -> str:
    """A style sheet that gives the page this colour."""
    light, dark = (";".join(f"{name}:{value}" for name, value in brand(colour, mood).items()) for mood in (LIGHT, DARK))
    return f':root{{{light}}}\n@media not print{{:root[data-bs-theme="dark"]{{{dark}}}}}\n'


def _rgb(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _hex(parts: Iterable[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
