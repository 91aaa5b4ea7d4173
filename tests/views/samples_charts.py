"""The pages of charts and of feedback with values as their views would give them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app
from markupsafe import Markup
from wtforms import Form, HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice

from app.fab.chart import Figures, Series
from app.fab.page import FormGroup, FormPage, Me

EVIL = '<script>alert("x")</script>'
NOOR = Me("Noor de Wit", "adviseur", "Regio Utrecht", region="Regio Utrecht")
STAGES = ("verkennen", "oriënteren", "beslissen", EVIL)
THIS_YEAR = Series((1,), "dit jaar", (1240, 620, 310, 0))
LAST_YEAR = Series((2,), EVIL, (900, 400, 50, 10))
ONE = Figures(STAGES, STAGES, (THIS_YEAR,))
TWO = replace(ONE, series=(THIS_YEAR, LAST_YEAR))
MANY = replace(ONE, series=tuple(Series((place,), f"adviseur {place}", (4, 3, 2, place)) for place in range(6)))


def chart(found: Figures, *, form: str = "bars", is_open: bool = True, **more: Any) -> dict[str, Any]:
    """What the page of a chart gets."""
    drawing = {
        "form": form,
        "message": "De helft is nog aan het verkennen",
        "labels": found.labels,
        "series": [{"name": series.name, "values": series.values} for series in found.series],
        "totals": found.totals,
        "file": "fasen-2026-11-24",
    }
    return {
        "me": NOOR,
        "title": "Kandidaten per fase",
        "axis": "Fase",
        "note": "",
        "tabs": [("Fase", "/a", True), ("Instroom", "/b", False)],
        "periods": [],
        "found": found,
        "is_open": is_open,
        "drawing": drawing if found.total else None,
        "csv_url": "/cijfers/fasen/cijfers.csv",
        **more,
    }


class Idea(Form):
    kind = SelectField("Soort", choices=[SelectChoice("WRONG", "er gaat iets mis"), SelectChoice("IDEA", "een idee")])
    text = TextAreaField("Waar gaat het over", description="Noem geen namen.")
    screen = HiddenField()


def idea_form() -> dict[str, Any]:
    """What the form of feedback gets."""
    form = Idea(data={"text": EVIL, "screen": "/kandidaten/show/…"})
    page = FormPage("Iets mis of een idee?", form, (FormGroup("", ((form.kind,), (form.text,), (form.screen,))),), "Versturen", "/")
    widget = current_app.jinja_env.get_template("loket/widgets/form.html").render(csrf="token", page=page)
    return {"me": NOOR, "title": page.title, "page": page, "widgets": {"edit": lambda: widget}}


ITEMS = [
    (Markup("<b>gedaan</b>"), "een idee · di 24 nov", EVIL, "Komt eraan."),
    (Markup("<b>gepland</b>"), "een idee · ma 23 nov", "Graag.", None),
]
PERIODS = [(3, "3 maanden", False), (12, "12 maanden", True)]
PAGES: dict[str, tuple[str, Any]] = {
    "chart": ("loket/chart.html", lambda: chart(TWO)),
    "chart-one": ("loket/chart.html", lambda: chart(ONE)),
    "chart-many": ("loket/chart.html", lambda: chart(MANY, form="columns", is_open=False, periods=PERIODS, note="Tot en met vandaag.")),
    "chart-none": ("loket/chart.html", lambda: chart(replace(ONE, series=()), tabs=[])),
    "feedback-form": ("loket/feedback_form.html", idea_form),
    "feedback": (
        "loket/feedback.html",
        lambda: {"me": NOOR, "title": "Ideeën", "items": ITEMS, "add_url": "/ideeen/nieuw", "newer_url": "?a", "older_url": "?b"},
    ),
    "feedback-none": (
        "loket/feedback.html",
        lambda: {"me": NOOR, "title": "Ideeën", "items": [], "add_url": "/ideeen/nieuw", "newer_url": "", "older_url": ""},
    ),
}
