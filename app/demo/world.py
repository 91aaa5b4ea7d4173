"""What all generators of the demo share: the seeded streams, the clock, and who and what exists in each region."""

from __future__ import annotations

import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from app.adapters.geo import Area

DAY = 86_400
HOUR = 3_600
NATIONAL_ID = 1

Value = TypeVar("Value")


class Pick(Generic[Value]):
    """A weighted choice that is made with one number between 0 and 1."""

    def __init__(self, weights: Iterable[tuple[Value, float]]) -> None:
        pairs = list(weights)
        self.values = [value for value, _ in pairs]
        self._sums = list(accumulate(weight for _, weight in pairs))
        self._total, self._last = self._sums[-1], len(self._sums) - 1

    def __call__(self, rng: random.Random) -> Value:
        return self.values[bisect(self._sums, rng.random() * self._total, 0, self._last)]


def one_of(rng: random.Random, values: Sequence[Value]) -> Value:
    """An evenly drawn value (a good deal faster than random.choice)."""
    return values[int(rng.random() * len(values))]


class Clock:
    """The moment of filling. Moments are whole seconds since 1970 while we calculate, datetimes in rows."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC).replace(microsecond=0)
        self.seconds = int(self.now.timestamp())
        self.today = now.astimezone(ZoneInfo("Europe/Amsterdam")).date()
        self._today = self.today.toordinal()

    def day(self, offset: int) -> date:
        """The date that many days from today."""
        return date.fromordinal(self._today + offset)

    def working_day(self, offset: int) -> date:
        """The same, moved out of the weekend: back when it has passed, on to Monday when it is to come."""
        weekday = (self._today + offset - 1) % 7
        if weekday < 5:
            return self.day(offset)
        return self.day(offset + (7 - weekday if offset >= 0 else 4 - weekday))

    def day_of(self, seconds: int) -> date:
        return moment(seconds).date()

    def ago(self, days: float, hour: float | None = None) -> int:
        """The moment that many days ago, at a given hour (UTC), never after now."""
        seconds = self.seconds - int(days * DAY)
        if hour is not None:
            seconds = seconds - seconds % DAY + int(hour * HOUR)
        return min(seconds, self.seconds)


def moment(seconds: int) -> datetime:
    """The datetime of a moment."""
    return datetime.fromtimestamp(seconds, UTC)


def in_office_hours(seconds: int, rng: random.Random) -> int:
    """A moment on that day, or on the Friday before a weekend, on a quarter of an hour between 7:30 and 15:30 UTC."""
    day = seconds // DAY
    weekday = (day + 3) % 7
    return (day - max(0, weekday - 4)) * DAY + 27_000 + 900 * int(rng.random() * 33)


@dataclass
class Programme:
    """What the generators need to know of a programme."""

    id: int
    organisation_id: int
    name: str
    sectors: frozenset[Any]


@dataclass
class Local:
    """What the generators need to know of one region."""

    id: int
    name: str
    areas: list[Area]
    neighbours: list[int] = field(default_factory=list)
    advisers: list[int] = field(default_factory=list)
    coordinator: int | None = None
    boards: list[int] = field(default_factory=list)
    schools: dict[Any, list[int]] = field(default_factory=lambda: defaultdict(list))  # by sector
    programmes: list[Programme] = field(default_factory=list)


class World:
    """Everything that is set up before the first candidate."""

    def __init__(self, *, seed: int, now: datetime, candidates: int) -> None:
        self.seed = seed
        self.clock = Clock(now)
        self.candidates = candidates
        self.regions: dict[int, Local] = {}
        self.subjects: dict[str, int] = {}
        self.organisations: dict[int, dict[str, Any]] = {}
        self.locations: dict[int, dict[str, Any]] = {}  # the first of each organisation
        self.users: dict[str, int] = {}
        self._streams: dict[str, random.Random] = {}

    def stream(self, table: str) -> random.Random:
        """The random numbers of one table: no other table's rows depend on how many of them are used."""
        if table not in self._streams:
            self._streams[table] = random.Random(f"{self.seed}:{table}")
        return self._streams[table]

    def region(self, name: str) -> Local:
        """A region by its name."""
        return next(region for region in self.regions.values() if region.name == name)
