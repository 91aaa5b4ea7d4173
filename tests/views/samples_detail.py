"""The page of one thing as a view would give it: of a person with a timeline, of a thing with texts, and how to reach somebody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app
from markupsafe import Markup

from app.fab.page import Ahead, Detail, Fact, FactGroup, Link, Moment, Part, Step, Timeline

EVIL = '<script>alert("x")</script>'
GROUPS = (
    FactGroup("Waar staat Anna", (Fact("Adviseur", "Noor Bakker"), Fact("Hoe zeker", "vrij zeker")), (), "/kandidaten/edit/1#groep-4"),
    FactGroup(
        "Wat wil Anna",
        (Fact("Motivatie", Markup("Werkte twaalf jaar als laborant.<br>Wil natuurkunde geven."), wide=True), Fact("Sector", EVIL)),
        ("Routes", "Beschikbaar vanaf"),
        "/kandidaten/edit/1#groep-2",
    ),
    FactGroup("Wat brengt Anna mee", (), ("Opleiding", "Taal"), "/kandidaten/edit/1#groep-3"),
)
TABS = (Part("", "Tijdlijn", "/kandidaten/show/1", True), Part("taken", "Taken", "/kandidaten/show/1?tab=taken"))
LINKS = (
    Link("Bewerken", "/kandidaten/edit/1", "pencil"),
    Link("Gesprek toevoegen", "/gesprekken/add", "message-plus", "first"),
    Link("Taak plannen", "/taken/add", "checklist", "near"),
)
STEPS = (Step("interesseren", "done"), Step("oriënteren", "now"), Step("beslissen", "next"), Step("matchen", "next"))
MOMENTS = (
    Moment("message", "Gesprek (telefonisch)", "3 dagen geleden", "Noor Bakker", "De eerste.", Markup("De rest.<br>Tot hier."), "/g/1"),
    Moment("route", EVIL, "di 3 nov", text="Zonder adres"),
)
TIMELINE = Timeline((("november 2026", MOMENTS), ("oktober 2026", MOMENTS)), (*TABS,), "/kandidaten/show/1?voor=20261103T1-3-1")
ANNA = Detail(
    "Maria-Magdalena van Oldenbarnevelt-Schimmelpenninck",
    "K-204173",
    GROUPS,
    LINKS,
    (("Maak een eenmalige link", "/beheer/leden/link/1"),),
    delete_url="/kandidaten/delete/1",
    list_url="/kandidaten/list/",
    list_title="Kandidaten",
    tabs=TABS,
    timeline=TIMELINE,
    steps=STEPS,
    ahead=Ahead("Aan zet: Noor Bakker", "intake plannen", "vóór vr 28 nov", "/taken/show/1"),
    contact_url="/kandidaten/contact/1",
)
LEFT = Detail("Bram", "K-1", (), steps=(Step("interesseren", "stopped"),), closed="Deze kandidaat is uitgestroomd.", timeline=Timeline(()))
LATE = Detail("Cas", "K-2", GROUPS, timeline=Timeline((("", MOMENTS),), appended=True), ahead=Ahead(url="/taken/add"))
TALK = Detail("Gesprek · di 3 nov", "K-204173", GROUPS, (Link("Bewerken", "/gesprekken/edit/1", "pencil", "first"),))
TASK = Detail("Bellen", "K-204173", GROUPS[:1])


def page(detail: Detail, related: Any = None) -> tuple[str, Callable[[], dict[str, Any]]]:
    """Its template and its arguments; `related` is the widget of an open tab."""

    def show(**_more: Any) -> str:
        return current_app.jinja_env.get_template("loket/widgets/show.html").render(detail=detail)

    widgets = {"show": show, **({"related": related} if related else {})}
    return "loket/show.html", lambda: {"detail": detail, "title": detail.title, "csrf": "token", "widgets": widgets}


WAYS = [("E-mail", "anna@voorbeeld.test", "mailto:anna@voorbeeld.test"), ("Telefoon", "06 12", "tel:0612"), ("LinkedIn", EVIL, "")]
PAGES = {
    "show": page(ANNA),
    "show-left": page(LEFT),
    "show-late": page(LATE),
    "show-texts": page(TALK),
    "show-facts": page(TASK),
    "contact": ("loket/contact.html", lambda: {"title": "Anna", "number": "K-1", "ways": WAYS, "back_url": "/kandidaten/show/1"}),
    "contact-none": ("loket/contact.html", lambda: {"title": "Anna", "number": "K-1", "ways": [], "back_url": "/kandidaten/show/1"}),
}
