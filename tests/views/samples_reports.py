"""What the form, the files and the sheet of paper of a report look like."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.widgets import FileInput

from app.fab.page import Detail, Fact, FactGroup, FormGroup, FormPage, Link
from app.views.attachments import FileLine

EVIL = '<script>alert("x")</script>'


class FilesField(Field):
    """Stands in for the real one: the templates only know its name."""

    widget = FileInput(multiple=True)


class ReportForm(FlaskForm):
    summary = TextAreaField("Samenvatting")
    next_title = StringField("Volgende actie")
    files = FilesField("Bestanden")
    for_candidate = BooleanField("De kandidaat mag deze bestanden zien")


def page(*names: str) -> FormPage:
    form = ReportForm(data={"summary": EVIL})
    groups = tuple(FormGroup(name, ((form[name],),)) for name in names)
    return FormPage("Bijlagen", form, groups, "Bestanden toevoegen", "", about=EVIL, action="/gesprekken/add", autosaves=True)


def form() -> str:
    drawn = current_app.jinja_env.get_template("loket/widgets/form.html")
    return drawn.render(page=page("summary", "next_title", "files", "for_candidate"), csrf="token")


def files(count: int, **more: Any) -> dict[str, Any]:
    verbs = ("bijlage", "bijlage-tonen", "bijlage-weg")
    rows = [FileLine(f"{EVIL}.pdf", "PDF, 1.240 kB", bool(at % 2), *(f"/gesprekken/{verb}/{at}" for verb in verbs)) for at in range(count)]
    shown = {"files": rows, "full": count > 4, "page": page("files", "for_candidate"), **more}
    return {"title": "Bijlagen", "csrf": "token", "back_url": "/gesprekken/show/1", **shown}


def groups() -> list[FactGroup]:
    kept = Markup('<ul class="files"><li><a href="/gesprekken/bijlage/1" download>%s</a></li></ul>') % f"{EVIL}.pdf"
    return [
        FactGroup("Gesprek", (Fact("Wanneer", "di 24 nov, 14:05"), Fact("Adviseur", EVIL))),
        FactGroup("Dit ziet de kandidaat", (Fact("Samenvatting", EVIL, True),)),
        FactGroup("Bijlagen", (Fact("Bijlagen", kept),)),
    ]


def report() -> dict[str, Any]:
    links = (Link("Afdrukken", "/gesprekken/print/1", "printer", "near"), Link("Bewerken", "/gesprekken/edit/1", "pencil", "first"))
    detail = Detail(title="Gesprek · di 24 nov", number="K-204173", groups=tuple(groups()), links=links)
    show = current_app.jinja_env.get_template("loket/widgets/show.html").render(detail=detail)
    return {"title": detail.title, "detail": detail, "widgets": {"show": lambda **_more: show}, "csrf": "token"}


PAGES: dict[str, tuple[str, Any]] = {
    "report-form": ("loket/report_form.html", lambda: {"title": "Gesprek toevoegen", "widgets": {"add": lambda **_more: form()}}),
    "report": ("loket/report.html", report),
    "report-print": (
        "loket/report_print.html",
        lambda: {"title": "Gesprek · di 24 nov", "number": "K-204173", "groups": groups(), "back_url": "/gesprekken/show/1"},
    ),
    "attachments": ("loket/attachments.html", lambda: files(2)),
    "attachments-none": ("loket/attachments.html", lambda: files(0)),
    "attachments-full": ("loket/attachments.html", lambda: files(5)),
}
