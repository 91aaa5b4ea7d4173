"""The regions with their neighbours and working areas, and the school subjects that all share."""

from __future__ import annotations

import unicodedata
from typing import Any

from app.adapters import geo
from app.demo.content import places
from app.demo.world import NATIONAL_ID, Local, World
from app.demo.writer import Writer
from app.enums import Sector
from app.models import mask


def slug_of(text: str) -> str:
    """A text as it stands in an address: plain small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(sign if sign.isalnum() else " " for sign in plain).split())


def office_phone(number: int) -> str:
    """A made-up telephone number of an office."""
    return f"088 000 {number // 100:02d} {number % 100:02d}"


def fill_regions(world: World, writer: Writer) -> None:
    """Write the regions and what hangs on them; afterwards `world.regions` knows them."""
    rng = world.stream("region")
    _add_region(world, writer, places.NATIONAL_NAME, frozenset(Sector), "#15508a", 1200)
    world.regions[NATIONAL_ID] = Local(NATIONAL_ID, places.NATIONAL_NAME, list(geo.areas().values()))
    for text in places.REGIONS:
        region_id = _add_region(world, writer, text.name, text.sectors, text.colour, 500 + rng.randrange(500))
        areas = [area for first, last in text.ranges for area in geo.between(first, last)]
        world.regions[region_id] = Local(region_id, text.name, areas)
        for first, last in text.ranges:
            _add_working_area(writer, region_id, None, first, last)
    for name, sector, first, last in places.OVERLAPS:
        _add_working_area(writer, world.region(name).id, sector, first, last)
    _add_neighbours(world, writer)
    for name in places.SUBJECTS:
        world.subjects[name] = writer.next_id("subject")
        writer.add("subject", {"id": world.subjects[name], "name": name})


def _add_region(world: World, writer: Writer, name: str, sectors: frozenset[Sector], colour: str, days: int) -> int:
    region_id, slug = writer.next_id("region"), slug_of(name.removeprefix("Regio "))
    row: dict[str, Any] = {
        "id": region_id,
        "version": 1,
        "name": name,
        "slug": slug,
        "is_national": region_id == NATIONAL_ID,
        "sectors": mask(Sector, sectors),
        "colour": colour,
        "desk_email": f"loket@{slug}.test",
        "desk_phone": office_phone(region_id),
        "website": f"https://{slug}.test",
        "promised_days": 2 if region_id % 4 == 0 else 3,
        "mails_a_minute": 30,
        "mailings_a_week": 2,
        "approve_above": 200,
        "quiet_from": 21,
        "quiet_until": 8,
        "joined_on": world.clock.working_day(-days),
        "left_on": None,
    }
    writer.add("region", row)
    return region_id


def _add_working_area(writer: Writer, region_id: int, sector: Sector | None, first: int, last: int) -> None:
    row = {"id": writer.next_id("working_area"), "region_id": region_id, "sector": sector, "pc4_from": first, "pc4_to": last}
    writer.add("working_area", row)


def _add_neighbours(world: World, writer: Writer) -> None:
    pairs = {(world.region(text.name).id, world.region(other).id) for text in places.REGIONS for other in text.neighbours}
    for region_id, neighbour_id in sorted(pairs | {(neighbour, region) for region, neighbour in pairs}):
        writer.add("region_neighbour", {"region_id": region_id, "neighbour_id": neighbour_id})
        world.regions[region_id].neighbours.append(neighbour_id)
