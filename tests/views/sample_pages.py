"""Each template with values as a view would give them, rendered by Flask and Babel alone: for the checks, and to look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, current_app, flash, render_template
from flask_babel import Babel
from flask_wtf import FlaskForm
from jinja2 import StrictUndefined
from wtforms import BooleanField, PasswordField, SelectField, SelectMultipleField, StringField, TextAreaField, validators
from wtforms.fields import DateField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from app.fab.page import Chip, Column, FilterField, FormGroup, FormPage, ListPage, Me, MenuItem, Row
from tests.views import (
    samples_advisees,
    samples_audit,
    samples_bell,
    samples_board,
    samples_charts,
    samples_detail,
    samples_door,
    samples_forms,
    samples_group,
    samples_handovers,
    samples_home,
    samples_list,
    samples_mail,
    samples_offers,
    samples_preferences,
    samples_reports,
    samples_talk,
    samples_templates,
    samples_theme,
)

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "app" / "templates"
SAMPLES = (
    samples_advisees,
    samples_audit,
    samples_bell,
    samples_mail,
    samples_home,
    samples_board,
    samples_forms,
    samples_group,
    samples_list,
    samples_detail,
    samples_door,
    samples_handovers,
    samples_offers,
    samples_preferences,
    samples_reports,
    samples_talk,
    samples_templates,
)
EVIL = '<script>alert("x")</script>'


class EnumSetField(SelectMultipleField):
    """Stands in for the real one: the templates only know its name."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CandidateForm(FlaskForm):
    name = StringField("Naam", [validators.InputRequired("Vul dit in.")], description="Zoals op het paspoort.")
    email = StringField("E-mailadres", [validators.Email("Dit is geen e-mailadres.")])
    stage = SelectField(
        "Fase", [validators.InputRequired()], choices=[SelectChoice("EXPLORING", "verkennen"), SelectChoice("ORIENTING", "oriënteren")]
    )
    sectors = EnumSetField(
        "Sectoren", choices=[SelectChoice("PO", "basisonderwijs"), SelectChoice("VO", "voortgezet onderwijs"), SelectChoice("MBO", "mbo")]
    )
    born = DateField("Geboortedatum", description="Dag, maand, jaar.")
    newsletter = BooleanField("Stuur de nieuwsbrief")
    notes = TextAreaField("Notities", description="Alleen voor de desk.")


class LoginForm(FlaskForm):
    username = StringField("User name", [validators.InputRequired()])
    password = PasswordField("Password", [validators.InputRequired()])


MENU = (
    MenuItem("Vandaag", "/", "home"),
    MenuItem("Kandidaten", "/kandidaten/list/", "users", active=True),
    MenuItem("Gesprekken", "/gesprekken/list/", "messages"),
    MenuItem("Matches", "/matches/list/", "heart-handshake"),
    MenuItem("Activiteiten", "/activiteiten/list/", "calendar-event"),
    MenuItem("Kennis", "/kennisbank/list/", "book"),
    MenuItem("Cijfers", "/cijfers/", "chart-bar"),
    MenuItem(
        "Beheer", "", "settings", children=(MenuItem("Rollen per regio", "/beheer/rollen/", ""), MenuItem("Leden", "/beheer/leden/", ""))
    ),
)
NOOR = Me(
    "Carla de Wit-van den Bergh",
    "regionaal coördinator",
    "Regio Utrecht",
    (("1", "coördinator · Regio Utrecht", True), ("2", "adviseur · Regio Gooi", False)),
    MENU,
)
FATIMA = Me(
    "Fatima",
    "kandidaat",
    "",
    (),
    (
        MenuItem("Start", "/mijn/", "home", active=True),
        MenuItem("Bewaard", "/mijn/opgeslagen/", "bookmark"),
        MenuItem("Activiteiten", "/mijn/activiteiten/", "calendar-event"),
        MenuItem("Matches", "/mijn/matches/", "heart-handshake"),
        MenuItem("Ik", "/mijn/profiel/", "user-circle"),
    ),
    desk=False,
)
COLUMNS = (
    Column("name", "Naam", "?o=name", "asc"),
    Column("stage", "Fase", "?o=stage"),
    Column("next", "Volgende stap"),
    Column("holder", "Adviseur", "?o=holder"),
    Column("place", "Plaats", "?o=place"),
    Column("created", "Sinds", "?o=created"),
)
PEOPLE = (
    ("Anna Vermeulen", "oriënteren", "intake plannen · vr 28 nov", "Noor Bakker", "Utrecht", "di 24 nov"),
    ("Bram van der Heijden", "beslissen", None, "Noor Bakker", "Nieuwegein", "ma 16 nov"),
    (EVIL, "verkennen", "terugbellen · 3 dagen te laat", None, "Amersfoort", "do 5 nov"),
    (
        "Maria-Magdalena van Oldenbarnevelt-Schimmelpenninck",
        "matchen",
        "match bespreken · morgen",
        "Samira El Idrissi",
        "Utrecht",
        "wo 4 nov",
    ),
)
ROWS = tuple(
    Row(str(place), cells, f"K-20417{place}", f"/kandidaten/show/{place}", f"/kandidaten/edit/{place}" if place != 1 else "")
    for place, cells in enumerate(PEOPLE * 4)
)
FILTERS = (
    FilterField("_flt_0_stage", "Fase", "choice", ("ORIENTING",), (("EXPLORING", "verkennen"), ("ORIENTING", "oriënteren"))),
    FilterField("_flt_0_holder", "Adviseur", "relation", ("12",), (), "/kandidaten/opties/holder"),
    FilterField("_flt_2_place", "Plaats", "text"),
    FilterField("_flt_1_created", "Sinds na", "date", ("2026-11-01",)),
    FilterField("_flt_0_travel", "Wil reizen", "bool", ("1",)),
)
LIST = ListPage(
    "kandidaten",
    "Kandidaten",
    COLUMNS,
    ROWS,
    "1240",
    "1.240",
    url="/kandidaten/list/",
    page=2,
    previous_url="?page=1",
    next_url="?page=3",
    first_url="?page=0",
    add_url="/kandidaten/add",
    add_label="Kandidaat toevoegen",
    export_url="/kandidaten/export",
    query="_flt_0_stage=ORIENTING",
    range_text="51–75 van 1.240",
    chips=(Chip("Fase", "oriënteren", "?"), Chip("Plaats", EVIL, "?")),
    clear_url="/kandidaten/list/",
    filters=FILTERS,
    keep=(("_oc_K", "name"),),
    searchable=True,
    search="van",
    search_label="Zoek op naam, nummer of plaats",
    empty="Geen kandidaten met deze filters.",
)
EMPTY = ListPage(
    "matches", "Matches", COLUMNS, (), "0", "0", chips=(Chip("Fase", "x", "?"),), clear_url="?", empty="Geen matches met deze filters."
)
RELATED = ListPage(
    "gesprekken", "Gesprekken", COLUMNS[:3], tuple(Row(r.pk, r.cells[:3], r.number) for r in ROWS[:3]), "3", "3", related=True
)
ACCOUNTS = [
    ("noor@demo.test", "adviseur, Regio Utrecht"),
    ("carla@demo.test", "coördinator, Regio Utrecht; ook adviseur in Regio Gooi"),
    ("beheer@demo.test", "beheerder"),
]
ROLES = [("ADVISER", "adviseur"), ("COORDINATOR", "coördinator"), ("SCHOOL", "school"), ("ADMIN", "beheerder")]


@cache
def bare_app() -> Flask:
    """Flask, Babel and these templates; nothing of our app, and an unknown name is an error."""
    app = Flask("app", root_path=str(ROOT / "app"))
    app.config.update(SECRET_KEY="test", WTF_CSRF_ENABLED=True)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.add_extension("jinja2.ext.do")
    Babel(app, default_locale="en")

    @app.context_processor
    def around() -> dict[str, Any]:
        return {
            "csrf_token": lambda: "token",
            "csp_nonce": lambda: "nonce",
            "demo": True,
            "languages": [("nl", "Nederlands", True), ("en", "English", False)],
        }

    return app


def page_of(form: Any, **more: Any) -> FormPage:
    groups = (
        FormGroup("Wie", ((form.name, form.email), (form.born,)), "Een naam is genoeg."),
        FormGroup("Wens", ((form.stage,), (form.sectors,), (form.newsletter,), (form.notes,))),
    )
    return FormPage("Kandidaat wijzigen", form, groups, "Kandidaat opslaan", "/kandidaten/show/1", (("version", "3"),), **more)


def filled(valid: bool = True) -> FormPage:
    form = CandidateForm(data={"name": "Anna", "stage": "ORIENTING", "sectors": ["VO"], "born": date(1990, 2, 1)})
    if not valid:
        form.name.errors, form.sectors.errors, form.born.errors = ["Vul dit in."], ["Kies uit de lijst."], ["Dit is geen datum."]
    return page_of(form, warning="" if valid else "Er is ook iets anders.")


def widget(name: str, **args: Any) -> Any:
    """As FAB draws a widget: without context processors."""
    return lambda **_more: current_app.jinja_env.get_template(f"loket/widgets/{name}.html").render(csrf="token", **args)


def pages() -> dict[str, tuple[str, Any]]:
    """Name → (template, function that makes its arguments inside a request)."""
    login = {"me": None, "next": "/kandidaten/list/?a=1&b=2"}
    matrix_rows = [
        (
            "see_candidates",
            "Kandidaten zien",
            [
                ("ADVISER", "always", False, True),
                ("COORDINATOR", "on", True, True),
                ("SCHOOL", "off", True, True),
                ("ADMIN", "never", False, False),
            ],
        ),
        (
            "export",
            "Lijsten exporteren",
            [
                ("ADVISER", "on", True, True),
                ("COORDINATOR", "on", False, True),
                ("SCHOOL", "off", False, False),
                ("ADMIN", "never", False, False),
            ],
        ),
    ]
    regions = [(1, "Regio Utrecht", True), (2, "Regio Gooi", False)]
    sessions = [
        SimpleNamespace(
            device="Firefox op Windows", since="di 24 nov 09:10", last_seen="nu", current=True, end_url="/account/sessies/1/einde"
        ),
        SimpleNamespace(
            device="Safari op iPhone", since="ma 16 nov 20:02", last_seen="gisteren", current=False, end_url="/account/sessies/2/einde"
        ),
    ]
    return {
        "list": ("loket/list.html", lambda: {"title": "Kandidaten", "me": NOOR, "widgets": {"list": widget("list", table=LIST)}}),
        "list-empty": ("loket/list.html", lambda: {"title": "Matches", "me": NOOR, "widgets": {"list": widget("list", table=EMPTY)}}),
        "list-own": ("loket/list.html", lambda: {"title": "Matches", "me": FATIMA, "widgets": {"list": widget("list", table=LIST)}}),
        "show-related": samples_detail.page(replace(samples_detail.ANNA, timeline=None), widget("list", table=RELATED)),
        "form": (
            "loket/form.html",
            lambda: {"title": "Kandidaat wijzigen", "me": NOOR, "widgets": {"edit": widget("form", page=filled())}},
        ),
        "form-wrong": (
            "loket/form.html",
            lambda: {"title": "Kandidaat wijzigen", "me": NOOR, "widgets": {"add": widget("form", page=filled(False))}},
        ),
        "conflict": (
            "loket/conflict.html",
            lambda: {
                "title": "Iemand anders was eerder",
                "me": NOOR,
                "rows": [("Naam", EVIL, "Anna", "Ans"), ("Plaats", "Utrecht", "Utrecht", "")],
                "edit_url": "/kandidaten/edit/1",
                "keep_url": "/kandidaten/show/1",
                "csrf": "token",
                "form_fields": [("name", EVIL), ("version", "4")],
            },
        ),
        **{
            f"error-{code}": (
                "loket/error.html",
                lambda code=code: {
                    "code": code,
                    "title": "Dit kan hier niet",
                    "sentence": "Je mag dit niet.",
                    "hint": "Vraag je coördinator.",
                    "me": NOOR if code == 403 else None,
                },
            )
            for code in (400, 403, 404, 405, 409, 413, 429, 500)
        },
        "login": ("loket/login.html", lambda: {**login, "form": LoginForm(), "accounts": ACCOUNTS}),
        "login-wait": ("loket/login.html", lambda: {**login, "form": LoginForm(), "wait": 40, "accounts": []}),
        "set-password": ("loket/set_password.html", lambda: {"me": None, "csrf": "token", "error": "De twee zijn niet gelijk."}),
        "forgot": ("loket/forgot.html", lambda: {"me": None, "csrf": "token"}),
        "account": ("loket/account.html", lambda: {"me": NOOR, "name": "Noor Bakker", "email": "noor@demo.test", "sessions": sessions}),
        "link-made": (
            "loket/link_made.html",
            lambda: {"me": NOOR, "name": "Noor", "link": "http://localhost:8080/account/nieuw/AbCdEf", "until": "vr 27 nov 14:05"},
        ),
        **{
            name: (template, lambda make=make: {"me": NOOR, **make()})
            for module in SAMPLES
            for name, (template, make) in module.PAGES.items()
        },
        "front": ("loket/front.html", lambda: {"me": None}),
        "matrix": (
            "loket/matrix.html",
            lambda: {"me": NOOR, "region": "Regio Utrecht", "regions": regions, "roles": ROLES, "rows": matrix_rows * 5},
        ),
        "region-join": ("loket/region_join.html", lambda: {"me": NOOR, "page": filled(), "csrf": "token"}),
        "region-leave": (
            "loket/region_leave.html",
            lambda: {"me": NOOR, "page": filled(False), "csrf": "token", "facts": [("Kandidaten", "1.240")]},
        ),
        **samples_charts.PAGES,
        **samples_theme.PAGES,
    }


@cache
def render(name: str, path: str = "/kandidaten/list/") -> str:
    template, arguments = pages()[name]
    with bare_app().test_request_context(path):
        if name in ("form", "login"):
            flash("Opgeslagen.", "success")
        return render_template(template, **arguments())
