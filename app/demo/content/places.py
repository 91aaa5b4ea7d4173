"""Regions with their working areas, and the made-up names of boards, schools and institutes."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.content import load, words
from app.enums import Education, Route, Sector

ALL = frozenset({Sector.PO, Sector.SO, Sector.VO, Sector.PRO, Sector.MBO})
SCHOOLS = frozenset({Sector.PO, Sector.SO, Sector.VO, Sector.PRO})


@dataclass(frozen=True)
class RegionText:
    """One region of the demo. The shares are of the candidates, in per mille."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    sectors: frozenset[Sector]
    colour: str
    advisers: int
    boards: int
    share: int
    neighbours: tuple[str, ...]


REGIONS: tuple[RegionText, ...] = (
    RegionText(
        "Regio Utrecht",
        ((3400, 3739), (3760, 3769), (3980, 3999)),
        ALL,
        "#0f5c6e",
        4,
        6,
        160,
        ("Regio Gooi", "Regio Eemland en Foodvalley", "Regio Rotterdam", "Regio Amsterdam"),
    ),
    RegionText(
        "Regio Rotterdam", ((2900, 2929), (2980, 2999), (3000, 3239)), ALL, "#00695c", 3, 5, 130, ("Regio Utrecht", "Regio Haaglanden")
    ),
    RegionText(
        "Regio Gooi",
        ((1200, 1233), (1240, 1283), (1380, 1384), (1394, 1412), (3740, 3759)),
        SCHOOLS,
        "#6a1b9a",
        1,
        2,
        60,
        ("Regio Utrecht", "Regio Amsterdam", "Regio Eemland en Foodvalley"),
    ),
    RegionText(
        "Regio Amsterdam",
        ((1000, 1119), (1180, 1189), (1420, 1439), (1500, 1569)),
        ALL,
        "#c62828",
        4,
        6,
        150,
        ("Regio Gooi", "Regio Utrecht"),
    ),
    RegionText("Regio Haaglanden", ((2240, 2299), (2490, 2729)), ALL, "#1565c0", 3, 5, 110, ("Regio Rotterdam",)),
    RegionText(
        "Regio Eemland en Foodvalley",
        ((3770, 3979), (6700, 6749)),
        ALL,
        "#2e7d32",
        2,
        3,
        70,
        ("Regio Utrecht", "Regio Gooi", "Regio Arnhem-Nijmegen"),
    ),
    RegionText("Regio Groningen en Drenthe", ((7800, 7999), (9300, 9999)), ALL, "#00838f", 2, 3, 70, ("Regio Friesland", "Regio Twente")),
    RegionText("Regio Friesland", ((8400, 9299),), SCHOOLS, "#283593", 1, 2, 50, ("Regio Groningen en Drenthe",)),
    RegionText("Regio Twente", ((7440, 7699),), ALL, "#ad1457", 1, 2, 55, ("Regio Groningen en Drenthe", "Regio Arnhem-Nijmegen")),
    RegionText(
        "Regio Arnhem-Nijmegen", ((6500, 6699), (6800, 6999)), ALL, "#4e342e", 2, 2, 60, ("Regio Eemland en Foodvalley", "Regio Twente")
    ),
    RegionText("Regio Eindhoven en De Kempen", ((5500, 5799),), ALL, "#b34700", 2, 2, 60, ("Regio Limburg",)),
    RegionText("Regio Limburg", ((5800, 6499),), ALL, "#4a7a28", 1, 2, 45, ("Regio Eindhoven en De Kempen",)),
)
NATIONAL_NAME = "Landelijk"
NATIONAL_SHARE = 20
# Regio Utrecht also works in Baarn and Eemnes, for vocational education only: areas may overlap per sector.
OVERLAPS: tuple[tuple[str, Sector, int, int], ...] = (
    ("Regio Utrecht", Sector.MBO, 3740, 3759),
    ("Regio Rotterdam", Sector.MBO, 2800, 2809),
)

_DATA = load("places.json")
SUBJECTS: tuple[str, ...] = tuple(_DATA["subjects"])
BOARDS_PO = words(_DATA["boards_po"])
BOARDS_VO = words(_DATA["boards_vo"])
BOARDS_MBO = words(_DATA["boards_mbo"])
SCHOOL_ADJECTIVES = words(_DATA["school_adjectives"])
SCHOOL_NOUNS = words(_DATA["school_nouns"])
COLLEGE_NAMES = words(_DATA["college_names"])
STREETS = words(_DATA["streets"])

# (name, region, pc4 of each location, kind): HBO trains for primary and second-degree, WO for first-degree, MBO gives the PDG.
PROVIDERS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("Hogeschool Waterlinie", "Regio Utrecht", ("3584", "3439"), "HBO"),
    ("Universiteit Vechtstroom", "Regio Utrecht", ("3512",), "WO"),
    ("Pabo De Domtoren", "Regio Utrecht", ("3526",), "PABO"),
    ("Hogeschool Maasmonding", "Regio Rotterdam", ("3021", "3071"), "HBO"),
    ("Pabo Kralingse Hout", "Regio Rotterdam", ("3062",), "PABO"),
    ("Hogeschool Amstelbocht", "Regio Amsterdam", ("1091", "1016"), "HBO"),
    ("Universiteit Zuiderpolder", "Regio Amsterdam", ("1081",), "WO"),
    ("Pabo Het IJ", "Regio Amsterdam", ("1031",), "PABO"),
    ("Hogeschool Duinpad", "Regio Haaglanden", ("2521", "2628"), "HBO"),
    ("Universiteit Vlietland", "Regio Haaglanden", ("2595",), "WO"),
    ("Hogeschool Valleirand", "Regio Eemland en Foodvalley", ("3818", "6717"), "HBO"),
    ("Hogeschool Noordermaar", "Regio Groningen en Drenthe", ("9712", "9401"), "HBO"),
    ("Universiteit Martinihof", "Regio Groningen en Drenthe", ("9747",), "WO"),
    ("Hogeschool Terpenland", "Regio Friesland", ("8911",), "HBO"),
    ("Hogeschool Dinkelstein", "Regio Twente", ("7513",), "HBO"),
    ("Hogeschool Waalsprong", "Regio Arnhem-Nijmegen", ("6525", "6826"), "HBO"),
    ("Hogeschool Dommelhof", "Regio Eindhoven en De Kempen", ("5612",), "HBO"),
    ("Hogeschool Jekerdal", "Regio Limburg", ("6211", "5911"), "HBO"),
)

E = Education
# kind -> (name, route, sectors, subject or None, at least, related fields, months, conditions)
ProgrammeText = tuple[str, Route, frozenset[Sector], str | None, Education, str, int, str]
_PO, _VO, _MBO = frozenset({Sector.PO, Sector.SO}), frozenset({Sector.VO, Sector.PRO}), frozenset({Sector.MBO})
_LATERAL = "Je hebt een diploma van hbo of universiteit, een school die je in dienst neemt en een positief geschiktheidsonderzoek."
_PDG = "Je hebt vakkennis en werkervaring, en een school die je geschikt verklaart. Je rondt het traject in ten hoogste twee jaar af."
_21 = "Zonder mbo-4, havo of vwo doe je eerst een toelatingstoets als je 21 jaar of ouder bent."
PROGRAMMES: dict[str, tuple[ProgrammeText, ...]] = {
    "PABO": (
        (
            "Leraar basisonderwijs, deeltijd",
            Route.PART_TIME,
            _PO,
            "Groepsonderwijs basisschool",
            E.MBO_4,
            "pedagogisch werk, onderwijsassistent",
            42,
            _21,
        ),
        (
            "Leraar basisonderwijs, verkorte deeltijd",
            Route.SHORT_PART_TIME,
            _PO,
            "Groepsonderwijs basisschool",
            E.HBO_BACHELOR,
            "alle richtingen",
            24,
            "",
        ),
        (
            "Zij-instroom basisonderwijs",
            Route.ZIJ_INSTROOM,
            _PO,
            "Groepsonderwijs basisschool",
            E.HBO_BACHELOR,
            "alle richtingen",
            24,
            _LATERAL,
        ),
        (
            "Van onderwijsassistent naar leraar",
            Route.ASSISTANT_TO_TEACHER,
            _PO,
            "Groepsonderwijs basisschool",
            E.MBO_4,
            "onderwijsassistent",
            36,
            "Je werkt al op een school en je werkgever doet mee.",
        ),
    ),
    "HBO": (
        (
            "Leraar Nederlands tweedegraads, deeltijd",
            Route.PART_TIME,
            _VO | _MBO,
            "Nederlands",
            E.HAVO,
            "taal, communicatie, journalistiek",
            36,
            _21,
        ),
        (
            "Zij-instroom wiskunde tweedegraads",
            Route.ZIJ_INSTROOM,
            _VO,
            "Wiskunde",
            E.HBO_BACHELOR,
            "techniek, econometrie, informatica",
            24,
            _LATERAL,
        ),
        (
            "Kopopleiding economie",
            Route.KOPOPLEIDING,
            _VO | _MBO,
            "Economie",
            E.HBO_BACHELOR,
            "bedrijfskunde, accountancy, economie",
            12,
            "Je bachelor sluit aan bij het schoolvak.",
        ),
        ("Pedagogisch-didactisch getuigschrift (PDG)", Route.PDG, _MBO, None, E.MBO_4, "alle beroepen waarvoor het mbo opleidt", 18, _PDG),
        (
            "Leraar zorg en welzijn, deeltijd",
            Route.PART_TIME,
            _VO | _MBO,
            "Zorg en welzijn",
            E.MBO_4,
            "verpleegkunde, maatschappelijke zorg",
            36,
            _21,
        ),
        (
            "Zij-instroom basisonderwijs",
            Route.ZIJ_INSTROOM,
            _PO,
            "Groepsonderwijs basisschool",
            E.HBO_BACHELOR,
            "alle richtingen",
            24,
            _LATERAL,
        ),
    ),
    "WO": (
        (
            "Educatieve master natuurkunde",
            Route.EDUCATIEVE_MASTER,
            _VO,
            "Natuurkunde",
            E.WO_BACHELOR,
            "natuurkunde, sterrenkunde, technische natuurkunde",
            24,
            "",
        ),
        (
            "Educatieve module Engels",
            Route.EDUCATIEVE_MODULE,
            _VO,
            "Engels",
            E.WO_BACHELOR,
            "Engels, letteren",
            6,
            "Je hebt een bachelor in het schoolvak; de module telt 30 studiepunten.",
        ),
        (
            "Zij-instroom eerstegraads",
            Route.ZIJ_INSTROOM,
            _VO,
            "Scheikunde",
            E.WO_MASTER,
            "scheikunde, biologie, natuurkunde",
            24,
            _LATERAL,
        ),
        (
            "Hybride docent: naast je baan voor de klas",
            Route.HYBRID,
            _VO | _MBO,
            None,
            E.HBO_BACHELOR,
            "alle richtingen",
            12,
            "Je houdt je baan en geeft een of twee dagen les.",
        ),
    ),
}
NUMBER_OF_PROGRAMMES = 60
