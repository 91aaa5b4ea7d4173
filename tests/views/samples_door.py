"""The candidate's own place and the way in, with values as their views would give them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from app.fab.page import Me, MenuItem, Step

EVIL = '<script>alert("x")</script>'
LONG = "Maria-Magdalena van Oldenbarnevelt-Schimmelpenninck"
FATIMA = Me(
    "Fatima", "kandidaat", "", (), (MenuItem("Start", "/mijn/", "home", active=True), MenuItem("Ik", "/mijn/ik", "user-circle")), desk=False
)
TRACK = tuple(Step(label, state) for label, state in (("interesseren", "done"), ("oriënteren", "now"), ("beslissen", "next")))
DESK = {"adviser": LONG, "region": "Regio Utrecht", "phone": "088 000 00 02", "email": "loket@example.test"}


def _step(what: str, tick: str = "", *, done: bool = False, late: bool = False) -> Any:
    return SimpleNamespace(what=what, who=LONG, when="vóór ma 30 nov", is_own=bool(tick), is_done=done, is_late=late, tick_url=tick)


OWN, OTHER, DONE = _step(EVIL, "/mijn/stap/1/klaar"), _step("Bellen", late=True), _step("Intake", done=True)
OFFER = {"icon": "book", "kind": "Om te lezen", "title": EVIL, "note": LONG, "is_new": True, "url": "/mijn/klaargezet/1", "from": LONG}
TALK = {"when": "dinsdag 7 juli", "who": LONG, "text": "Je belde.", "files": [(EVIL, "/gesprekken/bijlage/1")]}
NOTHING: dict[str, Any] = {
    "title": "Dag Fatima", "csrf": "token", "here": "Je kijkt rond.", "steps": TRACK, "closed": "", "next": None, "after": [],
    "questions": [], "unread": 0,
    "offers": [], "plans": [], "talk": None, "desk": {**DESK, "adviser": "", "phone": None, "email": None},
}  # fmt: skip
FULL: dict[str, Any] = {
    **NOTHING, "unread": 2, "next": OWN, "after": [OTHER, OWN],
    "questions": [("Mag een studieadviseur meekijken?", "/mijn/vraag/1")], "offers": [OFFER],
    "plans": [(SimpleNamespace(name=EVIL, done=1), [DONE, OWN, OTHER])], "talk": TALK, "desk": DESK,
}  # fmt: skip
CONSENTS = [
    {"what": EVIL, "state": "Ja, sinds zo 5 jul", "is_live": True, "withdraw_url": "/mijn/toestemming/1/intrekken"},
    {"what": "Gevonden worden", "state": "Nee", "is_live": False, "withdraw_url": ""},
]
LOOK = {
    "who": "Regio-adviseur",
    "where": "Regio Utrecht",
    "did": "opende je dossier",
    "often": "2 keer",
    "why": EVIL,
    "is_list": False,
    "time": "10:00",
}
QUESTION: dict[str, Any] = {
    "title": "Mag je dossier naar Regio Gooi?", "csrf": "token", "told": "Een ander loket.", "adviser": LONG, "warning": "Kies er een.",
    "handover": SimpleNamespace(id=1, from_region="Regio Utrecht", question=EVIL), "answered": "", "text": "Ik vind het goed.",
    "items": [SimpleNamespace(title="wensen", text=EVIL), SimpleNamespace(title="taken", text=None)],
}  # fmt: skip


def _own(template: str, **values: Any) -> Any:
    return f"loket/{template}.html", lambda: {"me": FATIMA, **values}


def _way_in(template: str, **values: Any) -> Any:
    return f"loket/{template}.html", lambda: {"me": None, "title": "Inloggen", **values}


ACCESS = {
    "title": "Toegang",
    "name": EVIL,
    "facts": [("key", "Account", "ja")],
    "edit_url": "/kandidaten/edit/1",
    "back_url": "/kandidaten/show/1",
}
PAGES: dict[str, tuple[str, Any]] = {
    "mijn": _own("mijn", **FULL),
    "mijn-nothing": _own("mijn", **NOTHING),
    "mijn-closed": _own("mijn", **{**NOTHING, "closed": "Je bent gestopt."}),
    "mijn-waiting": _own("mijn", **{**NOTHING, "next": OTHER}),
    "mijn-talks": _own("mijn_talks", title="Wat we afspraken", talks=[TALK, TALK], newer_url="/a", older_url="/b"),
    "mijn-talks-none": _own("mijn_talks", title="Wat we afspraken", talks=[], newer_url="", older_url=""),
    "mijn-me": _own(
        "mijn_me", title="Over mij", csrf="token", consents=CONSENTS, looked="Vandaag.", row=SimpleNamespace(name=EVIL, number="K-1")
    ),
    "mijn-looks": _own(
        "mijn_looks", title="Wie keek", days=[("dinsdag", [LOOK, {**LOOK, "is_list": True}])], older_url="/a", newest_url="/b"
    ),
    "mijn-looks-none": _own("mijn_looks", title="Wie keek", days=[], older_url="", newest_url=""),
    "mijn-question": _own("mijn_question", **QUESTION),
    "mijn-answered": _own("mijn_question", **{**QUESTION, "answered": "Er gaat niets mee.", "warning": ""}),
    "ask-link": _way_in("ask_link", error="Dit is geen adres.", typed=EVIL),
    "link-sent": _way_in("link_sent", reads_mail=True),
    "use-link": _way_in("use_link"),
    "link-closed": _way_in("link_closed"),
    "access": ("loket/access.html", lambda: {**ACCESS, "csrf": "token", "has_address": True, "refused": EVIL}),
    "access-none": ("loket/access.html", lambda: {**ACCESS, "csrf": "token", "has_address": False, "refused": ""}),
}
