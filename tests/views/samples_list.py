"""What a list with everything around it looks like, and the page that asks before something is done with many rows."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_wtf import FlaskForm
from wtforms import StringField

from app.fab.page import BulkPage, Chip, Column, FilterField, FormGroup, FormPage, Kept, ListPage, Row, Tab

EVIL = '<script>alert("x")</script>'
KEPT = Kept(
    "_flt_0_stage=EXPLORING",
    "/kandidaten/kolommen",
    (("stage", "Fase", True), ("place", EVIL, False)),
    "/kandidaten/weergaven",
    (Tab("Mijn actieve", "?a", True, change_url="/kandidaten/weergaven/1"), Tab(EVIL, "?b", shared=True, sharer=EVIL)),
    may_share=True,
)
FULL = ListPage(
    "beheer/kandidaten",
    "Kandidaten",
    (Column("name", "Naam"), Column("stage", "Fase"), Column("next", "Volgende actie", role="brief named"), Column("far", "Ver", role="")),
    (
        Row("1", (EVIL, "verkennen", "morgen", "x"), "K-1", "K-1", "/show/1", "/edit/1", (("Verplaatsen", "/move/1"),)),
        Row("2", ("Bram", None, "", None), "K-2", "", "", ""),
    ),
    "10000+",
    "10.000+",
    url="/kandidaten/list/",
    range_text="1–2 van 10.000+",
    sizes=((25, ""), (50, "?psize=50"), (100, "?psize=100")),
    query="_flt_0_stage=EXPLORING",
    chips=tuple(Chip("Fase", f"fase {number}", f"?{number}") for number in range(40)),
    filters=(FilterField("_flt_0_adviser", "Adviseur", "relation", ("7",), options_url="/opties/adviser", label_now=EVIL),),
    searchable=True,
    kept=KEPT,
    choose_url="/kandidaten/keuze",
    actions=(("export", "Exporteren", "file-export"), ("assign", EVIL, "user-edit")),
)


class WhyForm(FlaskForm):
    why = StringField("Waarom")


def _list(table: ListPage) -> dict[str, Any]:
    template = current_app.jinja_env.get_template("loket/widgets/list.html")
    return {"title": table.title, "widgets": {"list": lambda **_more: template.render(csrf="token", table=table)}}


def _bulk(action: str, warning: str = "") -> dict[str, Any]:
    form = WhyForm()
    page = FormPage("Adviseur kiezen", form, (FormGroup("", ((form.why,),)),), "Opslaan", "/list/", (("seen", "1,2"),), warning, action)
    return {"title": page.title, "csrf": "token", "page": BulkPage(page, "240", ("Anna K-1", EVIL), "230", "kandidaten")}


def _unsaved() -> dict[str, Any]:
    kept = Kept("q=anna", "/kandidaten/kolommen", (), "/kandidaten/weergaven", refusal="Een weergave bewaart geen zoekwoord.")
    return _list(ListPage("taken", "Taken", (Column("name", "Naam"),), (), "0", "0", kept=kept, search="anna"))


PAGES = {
    "list-full": ("loket/list.html", lambda: _list(FULL)),
    "list-unsaved": ("loket/list.html", _unsaved),
    "bulk": ("loket/bulk.html", lambda: _bulk("/kandidaten/keuze/uitvoeren", "De lijst is intussen veranderd.")),
    "bulk-nothing": ("loket/bulk.html", lambda: _bulk("", "Niets meer te doen.")),
}
