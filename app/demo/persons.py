"""Who the candidates are and what they want: the columns of `candidate` that say nothing about their journey."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from app.adapters.geo import Area
from app.demo.content import load
from app.demo.content.names import GROUPS, MAIL_DOMAINS, NameGroup
from app.demo.regions import slug_of
from app.demo.world import NATIONAL_ID, Pick, World, one_of
from app.enums import DutchLevel, Education, Function, Qualification, Route, Sector, Valuation
from app.models import full_name, mask, sort_name_of

SECTOR_WORDS = {
    Sector.PO: "het basisonderwijs",
    Sector.SO: "het speciaal onderwijs",
    Sector.VO: "het voortgezet onderwijs",
    Sector.PRO: "het praktijkonderwijs",
    Sector.MBO: "het middelbaar beroepsonderwijs",
}
ROUTE_WORDS = {
    Route.ZIJ_INSTROOM: "zij-instroom",
    Route.PART_TIME: "de deeltijdopleiding",
    Route.SHORT_PART_TIME: "de verkorte deeltijdopleiding",
    Route.KOPOPLEIDING: "de kopopleiding",
    Route.EDUCATIEVE_MODULE: "de educatieve module",
    Route.EDUCATIEVE_MASTER: "de educatieve master",
    Route.PDG: "het PDG-traject",
    Route.ASSISTANT_TO_TEACHER: "het traject van onderwijsassistent naar leraar",
    Route.HYBRID: "hybride lesgeven",
    Route.UNKNOWN: "de verschillende routes",
}
SUBJECT_WORDS = {
    "Groepsonderwijs basisschool": "lesgeven op de basisschool",
    "Groepsonderwijs speciaal onderwijs": "lesgeven in het speciaal onderwijs",
    "Nederlands als tweede taal": "Nederlands als tweede taal",
}
PROPER = frozenset({"Nederlands", "Engels", "Duits", "Frans", "Spaans", "Latijn", "Grieks", "Fries", "ICT"})
MULTIPLIER, PHONES = 7_919, 10_000_000  # coprime: each number gets its own telephone


@dataclass(frozen=True)
class Background:
    """Work, study and plans that go together."""

    function: str
    branch: str
    field: str
    education: tuple[Education, ...]
    sectors: tuple[Sector, ...]
    subjects: tuple[str, ...]
    learned: str


_DATA = load("backgrounds.json")
BACKGROUNDS = tuple(
    Background(
        row["function"],
        row["branch"],
        row["field"],
        tuple(Education[name] for name in row["education"]),
        tuple(Sector[name] for name in row["sectors"]),
        tuple(row["subjects"]),
        row["learned"],
    )
    for row in _DATA["backgrounds"]
)
EMPLOYERS: dict[str, list[str]] = _DATA["employers"]
MOTIVATION: dict[str, list[str]] = _DATA["motivation"]
ROUTES_BY_SECTOR = {
    Sector.PO: (Route.ZIJ_INSTROOM, Route.PART_TIME, Route.SHORT_PART_TIME),
    Sector.SO: (Route.ZIJ_INSTROOM, Route.PART_TIME),
    Sector.VO: (Route.ZIJ_INSTROOM, Route.PART_TIME, Route.KOPOPLEIDING, Route.HYBRID),
    Sector.PRO: (Route.ZIJ_INSTROOM, Route.PART_TIME),
    Sector.MBO: (Route.PDG, Route.PART_TIME, Route.HYBRID),
}
QUALIFICATIONS_BY_SECTOR = {
    Sector.PO: (Qualification.PABO, Qualification.NO_IDEA_YET),
    Sector.SO: (Qualification.PABO, Qualification.NO_IDEA_YET),
    Sector.VO: (Qualification.SECOND_DEGREE, Qualification.LIMITED_SECOND_DEGREE, Qualification.FIRST_DEGREE, Qualification.NO_IDEA_YET),
    Sector.PRO: (Qualification.SECOND_DEGREE, Qualification.UNKNOWN),
    Sector.MBO: (Qualification.PDG, Qualification.SECOND_DEGREE, Qualification.INSTRUCTOR),
}
HOURS = Pick((((16, 24), 25), ((24, 32), 35), ((32, 40), 25), ((8, 16), 10), ((None, None), 5)))


@dataclass(slots=True)
class Person:
    """The columns, and what the other tables need to know."""

    columns: dict[str, Any]
    background: Background
    sector: Sector
    area: Area
    slots: dict[str, Any]


class Persons:
    """Draws people."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = world.stream("candidate")
        self._groups = Pick((group, group.share) for group in GROUPS)

    def draw(self, number: int, region_id: int) -> Person:
        """The candidate with this number (which is also the key), living in a region."""
        rng = self._rng
        group = self._groups(rng)
        background = one_of(rng, BACKGROUNDS)
        sector = background.sectors[int(rng.random() ** 1.6 * len(background.sectors))]
        if rng.random() < 0.25 and Education.MBO_3 not in background.education:
            sector = Sector.PO  # open to people of every trade
        area = one_of(rng, self.world.regions[region_id].areas)
        columns = name_columns(one_of(rng, group.given), *one_of(rng, group.surnames))
        columns |= self._contact(number, columns)
        columns |= {"pc4": area.pc4, "place": area.place, "birth_year": 1962 + int(rng.random() * 40) if rng.random() < 0.5 else None}
        columns |= self._schooling(group, background)
        wishes, route, hours = self._wishes(background, sector)
        columns |= wishes
        columns["anywhere"] = region_id == NATIONAL_ID and rng.random() < 0.4
        columns["employer"] = one_of(rng, EMPLOYERS[background.branch]) if rng.random() < 0.7 else None
        columns["locale"] = "en" if group.country not in ("NL", "SR", "CW", "MA", "TR") and rng.random() < 0.15 else "nl"
        slots = slots_for(background, sector, area.place, route, hours, 3 + int(rng.random() * 22))
        columns["motivation"] = self._motivation(slots) if rng.random() < 0.85 else None
        return Person(columns, background, sector, area, slots)

    def _contact(self, number: int, columns: dict[str, Any]) -> dict[str, Any]:
        rng = self._rng
        stem = f"{_stem(columns['given_name'])}.{_stem(columns['surname'])}" if rng.random() < 0.7 else _stem(columns["surname"])
        suffix = number // len(MAIL_DOMAINS) or ""
        chance = rng.random()
        email = f"{stem}{suffix}@{MAIL_DOMAINS[number % len(MAIL_DOMAINS)]}" if chance > 0.03 else None
        phone = 660_000_000 + number * MULTIPLIER % PHONES if chance < 0.93 else None
        second = f"{stem}{suffix}@werk.{MAIL_DOMAINS[number % len(MAIL_DOMAINS)]}" if email and rng.random() < 0.08 else None
        return contact_columns(email, second, phone, int(rng.random() * 4)) | {
            "linkedin": f"https://netwerk.test/in/{stem.replace('.', '-')}-{number}" if rng.random() < 0.15 else None
        }

    def _schooling(self, group: NameGroup, background: Background) -> dict[str, Any]:
        rng = self._rng
        abroad = group.country not in ("NL", "SR", "CW") and rng.random() < (0.2 if group.country in ("MA", "TR") else 0.6)
        level = DutchLevel.NATIVE
        if abroad:
            level = one_of(rng, (DutchLevel.NT2_I, DutchLevel.NT2_II, DutchLevel.NT2_II, DutchLevel.OTHER))
        return {
            "education": one_of(rng, background.education),
            "field_of_study": background.field,
            "diploma_country": group.country if abroad else "NL",
            "diploma_valuation": one_of(rng, (Valuation.REQUESTED, Valuation.RECEIVED)) if abroad else Valuation.NOT_APPLICABLE,
            "dutch_level": level,
            "current_sector": background.branch,
            "current_function": background.function,
        }

    def _wishes(self, background: Background, sector: Sector) -> tuple[dict[str, Any], Route, tuple[int | None, int | None]]:
        rng = self._rng
        sectors = {sector, one_of(rng, background.sectors)} if rng.random() < 0.3 else {sector}
        route = Route.UNKNOWN if rng.random() < 0.2 else one_of(rng, ROUTES_BY_SECTOR[sector])
        functions = {Function.TEACHER} | ({Function.INSTRUCTOR} if sector is Sector.MBO and rng.random() < 0.4 else set())
        hours = HOURS(rng)
        wishes = {
            "wanted_sectors": _bits(sectors),
            "wanted_functions": _bits(functions),
            "qualifications": _bits({one_of(rng, QUALIFICATIONS_BY_SECTOR[sector])}),
            "routes": _bits({route, one_of(rng, ROUTES_BY_SECTOR[sector])} if rng.random() < 0.25 else {route}),
            "hours_min": hours[0],
            "hours_max": hours[1],
            "available_from": self.world.clock.day(int(rng.random() * 300)) if rng.random() < 0.45 else None,
        }
        return wishes, route, hours

    def _motivation(self, slots: dict[str, Any]) -> str:
        rng = self._rng
        parts = [one_of(rng, MOTIVATION["opening"]), one_of(rng, MOTIVATION["learned"]), one_of(rng, MOTIVATION["want"])]
        if rng.random() < 0.7:
            parts.append(one_of(rng, MOTIVATION["condition"]))
        return " ".join(parts).format_map(slots)


# The integer for each single member; adding them up is a good deal faster than mask(), a million times.
BITS: dict[Enum, int] = {member: mask(of, (member,)) for of in (Sector, Function, Qualification, Route) for member in of}


def _bits(members: Iterable[Enum]) -> int:
    return sum(BITS[member] for member in set(members))


_STEMS: dict[str, str] = {}


def _stem(name: str | None) -> str:
    """A name as it stands in an e-mail address."""
    if name not in _STEMS:
        _STEMS[name or ""] = slug_of(name or "").replace("-", "") or "post"
    return _STEMS[name or ""]


def name_columns(given: str | None, infix: str | None, surname: str | None) -> dict[str, Any]:
    """The columns of a name."""
    return {
        "given_name": given,
        "infix": infix,
        "surname": surname,
        "name": full_name(given, infix, surname),
        "sort_name": sort_name_of(given, infix, surname),
    }


def contact_columns(email: str | None, second: str | None, phone: int | None, style: int = 0) -> dict[str, Any]:
    """The columns of addresses, with what finds duplicates. The telephone is nine digits after the country code.

    Numbers that begin with 66 are kept for pagers, which nobody has any more: they look real and ring nowhere.
    """
    digits = str(phone)
    written = (
        f"06 {digits[1:3]} {digits[3:5]} {digits[5:7]} {digits[7:]}",
        f"06-{digits[1:]}",
        f"0{digits}",
        f"+31 6 {digits[1:5]} {digits[5:]}",
    )
    return {
        "email": email,
        "email2": second,
        "phone": written[style] if phone else None,
        "email_norm": email.lower() if email else None,
        "phone_norm": f"+31{digits}" if phone else None,
    }


@cache
def subjects_of(background: Background, sector: Sector) -> tuple[str, ...]:
    """The subjects of a background that are taught in a sector, the likeliest first."""
    in_groups = tuple(name for name in background.subjects if name.startswith("Groepsonderwijs"))
    if sector is Sector.PO:
        return in_groups[:1] or ("Groepsonderwijs basisschool",)
    if sector is Sector.SO:
        return ("Groepsonderwijs speciaal onderwijs",)
    return tuple(name for name in background.subjects if name not in in_groups) or background.subjects


def slots_for(
    background: Background, sector: Sector, place: str, route: Route, hours: tuple[int | None, int | None], years: int
) -> dict[str, Any]:
    """What can be filled in in the sentences about one person."""
    subject = subjects_of(background, sector)[0]
    word = SUBJECT_WORDS.get(subject) or (subject if subject in PROPER else subject.lower())
    return {
        "werk": background.function,
        "branche": background.branch,
        "studie": background.field,
        "geleerd": background.learned,
        "sector": SECTOR_WORDS[sector],
        "vak": word,
        "vakles": "op de basisschool" if sector is Sector.PO else f"in {SECTOR_WORDS[sector]}",
        "plaats": place,
        "route": ROUTE_WORDS[route],
        "uren": hours[1] or 24,
        "jaren": years,
    }
