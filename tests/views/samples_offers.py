"""Klaarzetten and Stappenplan with values as their views give them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from flask import current_app

from app.adapters import clock
from app.enums import Holder, OfferKind
from app.fab.forms import form_of
from app.fab.page import FormGroup, FormPage
from app.queries.offers import Thing
from app.views.offer_words import Told
from app.views.plan_templates import StepsField
from app.views.plans import _start_form
from tests.views import samples_detail

TRACK = "loket/widgets/plans.html"
EVIL = '<script>alert("x")</script>'
ROUTE, ARTICLE, GONE = Thing(OfferKind.ROUTE, "PDG"), Thing(OfferKind.ARTICLE, "3"), Thing(OfferKind.ARTICLE, "4")


def choosing(**more: Any) -> Any:
    given = {
        "title": f"Klaarzetten voor {EVIL}",
        "tabs": [(kind.name, kind.name, kind is OfferKind.ARTICLE) for kind in OfferKind],
        "kind": OfferKind.ARTICLE,
        "search": EVIL,
        "choices": [
            {"thing": ARTICLE, "title": EVIL, "about": EVIL, "state": "chosen"},
            {"thing": GONE, "title": "Een ander artikel", "about": "", "state": "there"},
            {"thing": Thing(OfferKind.ARTICLE, "5"), "title": "Nog een", "about": "artikel", "state": ""},
        ],
        "more": True,
        "basket": [(ROUTE, "PDG", True, ""), (ARTICLE, EVIL, False, EVIL)],
        "longest": 400,
        "warning": "",
        "key": "key",
        "back_url": "/kandidaten/show/1",
        "csrf": "token",
    }
    return "loket/offer_choose.html", lambda: given | more


def reading(told: Any, **offer: Any) -> Any:
    given = {"note": EVIL, "adviser": SimpleNamespace(name="Noor Bakker")} | offer
    return "loket/offer_read.html", lambda: {"title": EVIL, "offer": SimpleNamespace(**given), "told": told}


FACTS = Told(text="Tekst", facts=(("Plaats", EVIL),), website=("/", EVIL), phone="030 123", email="a@b.test", mind="Let op")
STEPS = [
    {"title": EVIL, "who": EVIL, "when": "ma 30 nov", "state": state, "finish_url": "/taken/klaar/1", "move_url": "/stappenplannen/stap/1"}
    for state in ("done", "now", "next", "stopped")
]


def track(**more: Any) -> Any:
    """The tab of a candidate with a plan in it."""
    plan = SimpleNamespace(plan=SimpleNamespace(id=7, name=EVIL), is_running=True)
    given = {
        "plans": [(plan, "1 van 4 stappen", STEPS, "/stappenplannen/stop/7")],
        "start_url": "/stappenplannen/starten/1",
        "csrf": "token",
    } | more
    related = lambda **_more: current_app.jinja_env.get_template(TRACK).render(**given)  # noqa: E731
    return samples_detail.page(replace(samples_detail.ANNA, timeline=None), related)


def template() -> dict[str, Any]:
    """The form of a template: its table of steps alone stands for the fields."""
    step = SimpleNamespace(title=EVIL, days=5, holder=Holder.CANDIDATE)
    form = form_of({"steps": StepsField("Stappen", description="Werkdagen")})(data={"steps": [step]})
    page = FormPage("Stappenplan bewerken", form, (FormGroup("Stappen", ((form.steps,),)),), "Opslaan", "/beheer/stappenplannen/list/")
    edit = lambda **_more: current_app.jinja_env.get_template("loket/widgets/form.html").render(page=page, csrf="token")  # noqa: E731
    return {"title": "Stappenplan bewerken", "widgets": {"edit": edit}}


def starting(steps: list[Any]) -> Any:
    def make() -> dict[str, Any]:
        form = _start_form(None, [])(data={"template": None, "first_on": clock.day(clock.now())})
        form.template.rows = [SimpleNamespace(id=1)] if steps else []
        form.template.iter_choices = lambda: iter(())
        return {"title": "Stappenplan", "form": form, "steps": steps, "warning": EVIL, "key": "k", "back_url": "/", "csrf": "token"}

    return "loket/plan_start.html", make


PAGES: dict[str, tuple[str, Any]] = {
    "offer-choose": choosing(),
    "offer-choose-empty": choosing(choices=[], basket=[], more=False, warning="Kies eerst iets."),
    "offer-for": (
        "loket/offer_for.html",
        lambda: {"title": "Klaarzetten voor…", "thing": ARTICLE, "asked": EVIL, "problem": "Er is geen kandidaat met dit nummer."},
    ),
    "offer-read": reading(FACTS),
    "offer-read-gone": reading(None, note=None, adviser=None),
    "plan-start": starting([(EVIL, "ma 30 nov", "kandidaat")]),
    "plan-start-none": starting([]),
    "offers": (
        "loket/offers.html",
        lambda: {"title": "Klaargezet", "share": 62, "widgets": {"list": lambda **_more: "<h1>Klaargezet</h1>"}},
    ),
    "plan-form": ("loket/plan_form.html", template),
    "plan-track": track(),
    "plan-track-none": track(plans=[], start_url=""),
}
