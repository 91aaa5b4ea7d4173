"""The pages of "Vandaag" and of searching, with values as their views give them."""

from __future__ import annotations

from typing import Any

from app.views.system import State
from app.views.today import Line

EVIL = '<script>alert("x")</script>'
LONG = "Maria-Magdalena van Oldenbarnevelt-Schimmelpenninck"
SECTION = {"title": "Over tijd", "total": "1.000+", "url": "/kandidaten/list/?_flt_0_status=ACTIVE", "empty": "Niets over tijd."}
LINES = [
    Line("Sam in 't Hout", "K-202520", "/kandidaten/show/1", "Gesprek met de opleiding regelen", "vandaag"),
    Line(LONG, "K-202521", "/kandidaten/show/2", EVIL, "12 dagen te laat", ("Adviseur kiezen", "/kandidaten/toewijzen/2")),
    Line("K-202522", url="/kandidaten/show/3"),
]
FULL = {**SECTION, "lines": LINES}
ONE = {**SECTION, "total": "1", "lines": LINES[:1]}
EMPTY = {**SECTION, "lines": []}
GREETING = {"greeting": "Goedemorgen, Noor", "date_line": "maandag 23 november", "beside": [], "figures": [], "states": [], "sections": []}
STATES = [
    ("Het systeem", [State("Tabellen", "good", "Bijgewerkt."), State("Planner", "attention", "Staat stil sinds gisteren.")]),
    ("Mensen", [State("Leden", "stop", EVIL, "/beheer/leden/list/")]),
]
FIGURES = [("Actief bij mij", "1.240", "/kandidaten/list/")]
GROUPS = [
    {
        "title": "Kandidaten",
        "rows": [("/kandidaten/show/1", "user", f"{LONG} · K-202521", "Utrecht")],
        "total": "23",
        "url": "/kandidaten/list/?q=an",
    },
    {"title": "Kennis", "rows": [("/kennisbank/show/1", "book", EVIL, "")], "total": "1", "url": "/kennisbank/list/?q=an"},
]


def _search(term: str, groups: Any = (), problem: str = "") -> Any:
    return "loket/search.html", lambda: {"title": "Zoeken", "term": term, "groups": groups, "problem": problem, "part": False}


# Everything but who is signed in, which the frame around the page asks for too.
PAGES: dict[str, tuple[str, Any]] = {
    "home": ("loket/home.html", lambda: {**GREETING, "sections": [FULL, ONE, EMPTY], "beside": [FULL, EMPTY], "figures": FIGURES}),
    "home-nothing": ("loket/home.html", lambda: GREETING),
    "home-system": ("loket/home.html", lambda: {**GREETING, "states": STATES}),
    "search": _search("kan", GROUPS),
    "search-empty": _search(""),
    "search-none": _search(EVIL),
    "search-refused": _search("a", problem="Typ ten minste twee letters of cijfers."),
}
