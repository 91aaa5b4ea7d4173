"""Days and times as people write them, in the Dutch order: 24-11-2026, 24 nov, di 24/11, 24 november 2026 14:05."""

from __future__ import annotations

import re
from datetime import date, time

_MONTHS = {
    "jan": 1, "feb": 2, "mrt": 3, "maa": 3, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "okt": 10,
    "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DUTCH = re.compile(r"(?:[a-z]{2,9}\.? )?(\d{1,2})[ ./-]+(\d{1,2}|[a-z]{3,9})(?:[ ./-]+(\d{4}|\d{2}))?", re.ASCII)
_TIME = re.compile(r"(.*\S)[ t]+(\d{1,2})[:.](\d{2})(?::\d{2}(?:\.\d+)?)?", re.ASCII)
LONGEST = 60


def day_of(text: str, today: date) -> date:
    """The day that is meant; without a year the one nearest to `today`. Raises ValueError for text that names no day."""
    said = " ".join(text[:LONGEST].casefold().split())
    if found := _ISO.fullmatch(said):
        return date(*(int(part) for part in found.groups()))
    found = _DUTCH.fullmatch(said)
    if found is None:
        raise ValueError("no day")
    day, month, year = int(found[1]), _month(found[2]), found[3]
    if year:
        return date(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    near = [one for other in (today.year - 1, today.year, today.year + 1) if (one := _maybe(other, month, day))]
    if not near:
        raise ValueError("no such day")
    return min(near, key=lambda one: abs(one - today))


def moment_of(text: str, today: date) -> tuple[date, time]:
    """The day and the time on the clock. Raises ValueError for text that does not name both."""
    found = _TIME.fullmatch(text[:LONGEST].strip().casefold())
    if found is None:
        raise ValueError("no time")
    return day_of(found[1], today), time(int(found[2]), int(found[3]))


def _month(word: str) -> int:
    if word.isdigit():
        return int(word)
    try:
        return _MONTHS[word[:3]]
    except KeyError as problem:
        raise ValueError("no month") from problem


def _maybe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
