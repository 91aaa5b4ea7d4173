"""What a page to choose from, a form with a draft and a preview, and two texts of one thing look like."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField, validators
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from app.fab.differences import marked
from app.fab.page import FormGroup, FormPage

EVIL = '<script>alert("x")</script>'


class Boxes(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class LongForm(FlaskForm):
    candidate = StringField("Kandidaat", [validators.InputRequired()], description="Zoek op naam.")
    adviser = SelectField("Adviseur", choices=[SelectChoice("", "–"), SelectChoice("7", EVIL)])
    subjects = Boxes("Vakken", choices=[SelectChoice(str(number), f"Vak {number}") for number in range(20)])
    body = TextAreaField("Tekst")


def long_form() -> str:
    form = LongForm(data={"candidate": "K-204173", "subjects": ["2", "3"], "body": EVIL})
    page = FormPage(
        "Gesprek toevoegen",
        form,
        tuple(FormGroup(f"Groep {name}", ((form[name],),)) for name in ("candidate", "adviser", "subjects", "body")),
        "Gesprek opslaan",
        "/gesprekken/list/",
        about="Anna Vermeulen · K-204173",
        action="/gesprekken/add",
        picks={"candidate": "/gesprekken/opties/candidate?voor=formulier", "adviser": "/gesprekken/opties/adviser?voor=formulier"},
        chosen={"candidate": f"{EVIL} · K-204173"},
        draft="Dit is je concept van 14:05.",
        autosaves=True,
        previews={"body": Markup("<p>Zo ziet het eruit</p>")},
    )
    return current_app.jinja_env.get_template("loket/widgets/form.html").render(page=page, csrf="token")


def choose(**more: Any) -> dict[str, Any]:
    keep = [("voor", "formulier"), ("kies", "1"), ("terug", "/gesprekken/add")]
    shown = {"rows": [], "search": "", "searched_only": True, "previous_url": "", "next_url": "", **more}
    return {"title": "Kies: Kandidaat", "keep": keep, "back_url": "/gesprekken/add", **shown}


PAGES: dict[str, tuple[str, Any]] = {
    "form-long": ("loket/form.html", lambda: {"title": "Gesprek toevoegen", "widgets": {"add": lambda **_more: long_form()}}),
    "choose": (
        "loket/choose.html",
        lambda: choose(rows=[("/gesprekken/add?gekozen=candidate%3AK-1", EVIL)], search=EVIL, previous_url="?page=0", next_url="?page=2"),
    ),
    "choose-nothing": ("loket/choose.html", lambda: choose(search="xyz")),
    "choose-unasked": ("loket/choose.html", choose),
    "conflict-long": (
        "loket/conflict.html",
        lambda: {
            "title": "Iemand anders was eerder",
            "rows": [("Samenvatting", marked(f"We bellen {EVIL}", "We mailen"), marked("We mailen", f"We bellen {EVIL}"), "We wachten")],
            "edit_url": "/gesprekken/edit/1",
            "keep_url": "/gesprekken/show/1",
            "csrf": "token",
            "form_fields": [("version", "4")],
        },
    ),
}
