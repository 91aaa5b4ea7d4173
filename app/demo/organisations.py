"""School boards with their schools, training institutes with their programmes, and where they all are."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.adapters import geo
from app.demo.content import places
from app.demo.regions import office_phone, slug_of
from app.demo.world import Local, Programme, World, one_of
from app.demo.writer import Writer
from app.enums import OrganisationKind, Sector
from app.models import mask

PO, SO, VO, PRO, MBO = Sector.PO, Sector.SO, Sector.VO, Sector.PRO, Sector.MBO
BOARD_SECTORS = {"PO": frozenset({PO, SO}), "VO": frozenset({VO, PRO}), "MBO": frozenset({MBO})}
# Which kinds of board a region with so many boards has.
BOARD_MIX = {2: ("PO", "VO"), 3: ("PO", "VO", "MBO"), 5: ("PO", "VO", "PO", "MBO", "PO"), 6: ("PO", "VO", "PO", "MBO", "PO", "VO")}
MBO_SCHOOLS = ("Techniek", "Zorg en welzijn", "Economie en ondernemen", "Horeca en bakkerij", "ICT en media")
SCHOOLS = 180
SCHOOLS_OF_THE_FIRST_BOARD = 3  # hr@demo.test works there
PROGRAMMES_PER_KIND = {"PABO": 4, "WO": 3, "HBO": 3}
PROVIDERS_WITH_ONE_MORE = ("Hogeschool Waterlinie", "Hogeschool Maasmonding", "Hogeschool Amstelbocht")


def fill_organisations(world: World, writer: Writer) -> None:
    """Write boards, schools, institutes, locations and programmes; the demo accounts work at the first board and institute."""
    board_names = {"PO": iter(places.BOARDS_PO), "VO": iter(places.BOARDS_VO), "MBO": iter(places.BOARDS_MBO)}
    boards: list[tuple[int, Local, str, str]] = []
    for text in places.REGIONS:
        region = world.region(text.name)
        for kind in BOARD_MIX[text.boards]:
            name = {"PO": "Stichting {}", "VO": "{}", "MBO": "ROC {}"}[kind].format(next(board_names[kind]))
            board = _add_organisation(world, writer, region, OrganisationKind.BOARD, name, BOARD_SECTORS[kind])
            region.boards.append(board)
            boards.append((board, region, kind, name))
    _fill_schools(world, writer, boards)
    _fill_providers(world, writer)


def _fill_schools(world: World, writer: Writer, boards: list[tuple[int, Local, str, str]]) -> None:
    rng = world.stream("organisation")
    primary = [f"De {adjective} {noun}" for adjective in places.SCHOOL_ADJECTIVES for noun in places.SCHOOL_NOUNS]
    rng.shuffle(primary)
    colleges = [f"Mavo {name}" for name in places.COLLEGE_NAMES[::3]]
    colleges += [f"{name} {one_of(rng, ('College', 'Lyceum'))}" for name in places.COLLEGE_NAMES]
    practical = [f"Praktijkschool {name}" for name in reversed(places.COLLEGE_NAMES)]
    in_town = [area for area in boards[0][1].areas if area.place == "Utrecht"]
    size, extra = divmod(SCHOOLS - SCHOOLS_OF_THE_FIRST_BOARD, len(boards) - 1)
    for position, (board, region, kind, name) in enumerate(boards):
        count = SCHOOLS_OF_THE_FIRST_BOARD if position == 0 else size + (position <= extra)
        for number in range(count):
            if kind == "MBO":
                school, sector = f"{name.removeprefix('ROC ')} {MBO_SCHOOLS[number]}", MBO
            elif kind == "VO":
                school, sector = (practical.pop(), PRO) if number == 3 else (colleges.pop(), VO)
            else:
                special = number == 4
                school = f"{primary.pop()}, speciaal onderwijs" if special else f"Basisschool {primary.pop()}"
                sector = SO if special else PO
            areas = [one_of(rng, in_town)] if position == 0 else None
            added = _add_organisation(world, writer, region, OrganisationKind.SCHOOL, school, frozenset({sector}), board, areas)
            region.schools[sector].append(added)


def _fill_providers(world: World, writer: Writer) -> None:
    for position, (name, region_name, postcodes, kind) in enumerate(places.PROVIDERS):
        region = world.region(region_name)
        sectors = (
            frozenset({PO, SO}) if kind == "PABO" else frozenset({PO, SO, VO, PRO, MBO}) if kind == "HBO" else frozenset({VO, PRO, MBO})
        )
        areas = [found for found in map(geo.find, postcodes) if found]
        provider = _add_organisation(world, writer, region, OrganisationKind.PROVIDER, name, sectors, areas=areas)
        texts = places.PROGRAMMES[kind]
        count = PROGRAMMES_PER_KIND[kind] + (name in PROVIDERS_WITH_ONE_MORE)
        for number in range(count):
            _add_programme(world, writer, provider, region, texts[(position + 1 + number) % len(texts)])


def _add_organisation(
    world: World,
    writer: Writer,
    region: Local,
    kind: OrganisationKind,
    name: str,
    sectors: frozenset[Sector],
    parent: int | None = None,
    areas: list[geo.Area] | None = None,
) -> int:
    rng = world.stream("location")
    organisation, slug = writer.next_id("organisation"), slug_of(name)
    areas = areas or [one_of(rng, region.areas)]
    row: dict[str, Any] = {
        "id": organisation,
        "version": 1,
        "region_id": region.id,
        "parent_id": parent,
        "kind": kind,
        "name": name,
        "sectors": mask(Sector, sectors),
        "place": areas[0].place,
        "website": f"https://{slug}.test",
        "email": f"{'werkenbij' if kind is not OrganisationKind.PROVIDER else 'studieadvies'}@{slug}.test",
        "phone": office_phone(100 + organisation),
        "active": True,
    }
    writer.add("organisation", row)
    world.organisations[organisation] = {"name": name, "region_id": region.id, "kind": kind, "parent_id": parent, "sectors": sectors}
    for number, area in enumerate(areas):
        _add_location(world, writer, organisation, "Hoofdlocatie" if number == 0 else f"Locatie {area.place}", area)
    return organisation


def _add_location(world: World, writer: Writer, organisation: int, name: str, area: geo.Area) -> None:
    rng = world.stream("location")
    row: dict[str, Any] = {
        "id": writer.next_id("location"),
        "organisation_id": organisation,
        "name": name,
        "street": f"{one_of(rng, places.STREETS)} {1 + int(rng.random() * 180)}",
        "pc4": area.pc4,
        "place": area.place,
        "latitude": area.latitude,
        "longitude": area.longitude,
    }
    writer.add("location", row)
    world.locations.setdefault(organisation, row)


def _add_programme(world: World, writer: Writer, provider: int, region: Local, text: places.ProgrammeText) -> None:
    name, route, sectors, subject, education, fields, months, conditions = text
    programme = writer.next_id("programme")
    row: dict[str, Any] = {
        "id": programme,
        "version": 1,
        "organisation_id": provider,
        "name": name,
        "route": route,
        "sectors": mask(Sector, sectors),
        "subject_id": world.subjects[subject] if subject else None,
        "min_education": education,
        "related_fields": fields,
        "conditions": f"{conditions} Dit is een indicatie: de opleiding beslist.".strip(),
        "place": world.locations[provider]["place"],
        "online": programme % 7 == 0,
        "months": months,
        "starts_on": _next_start(world.clock.today, programme),
        "website": f"https://{slug_of(world.organisations[provider]['name'])}.test/{slug_of(name)}",
        "active": programme % 20 != 0,
    }
    writer.add("programme", row)
    region.programmes.append(Programme(programme, provider, name, sectors))


def _next_start(today: date, programme: int) -> date:
    month = 9 if programme % 3 else 2
    start = date(today.year, month, 1)
    return start if start > today else start.replace(year=today.year + 1)
