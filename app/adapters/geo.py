"""The four-digit postcode areas of the Netherlands (GeoNames, CC BY 4.0; see app/data/README.md) and distances between them."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

PC4_FILE = Path(__file__).resolve().parent.parent / "data" / "nl_pc4.csv"
EARTH_RADIUS_KM = 6371.0088


class Area(NamedTuple):
    """One postcode area with the middle of it (WGS 84, degrees)."""

    pc4: str
    place: str
    province: str
    latitude: float
    longitude: float


@cache
def areas() -> dict[str, Area]:
    """All areas by postcode, in rising order. Read once per process; do not change it."""
    with PC4_FILE.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)  # the names of the columns
        read = (Area(pc4, place, province, float(north), float(east)) for pc4, place, province, north, east in rows)
        return {area.pc4: area for area in sorted(read)}


def find(pc4: str | None) -> Area | None:
    """The area of a postcode; the letters of a full one and spaces are ignored. None when there is no such area."""
    return areas().get((pc4 or "").strip()[:4])


def between(first: int, last: int) -> list[Area]:
    """The areas from one postcode up to and including another, as a working area names them."""
    return [area for pc4, area in areas().items() if first <= int(pc4) <= last]


def distance_km(from_latitude: float, from_longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Kilometres between two points in a straight line over the globe (haversine); arguments in degrees."""
    south, north = math.radians(from_latitude), math.radians(to_latitude)
    rise, turn = north - south, math.radians(to_longitude - from_longitude)
    chord = math.sin(rise / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(turn / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))
