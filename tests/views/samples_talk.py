"""Messages one to one, with values as their views give them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from markupsafe import Markup
from wtforms import StringField, TextAreaField, validators

from app.fab.badges import mark
from app.fab.forms import form_of
from app.fab.page import FormGroup, FormPage, Part
from app.views.report_form import FilesField
from app.views.thread_words import Row, Said, paragraphs
from tests.views.samples_door import FATIMA, LONG

EVIL = '<script>alert("x")</script>'
TABS = [Part("ongelezen", "Ongelezen · 2", "/berichten/?welke=ongelezen"), Part("alle", "Alle", "/berichten/?welke=alle", True)]


def _rows() -> list[Row]:
    def turn(words: str) -> Any:
        return mark("hourglass", "plain", words)

    return [
        Row("/berichten/1#laatste", LONG, "K-204173", EVIL, f"{EVIL} {LONG * 4}", "vandaag", turn("jij bent aan zet"), True),
        Row("/berichten/2#laatste", "K-204174", "K-204174", "Je vraag", "Tot dan", "di 3 nov", turn("afgerond"), False),
    ]


def _said() -> list[Said]:
    read = mark("eye-check", "good", "gelezen di 24 nov, 14:05")
    text = paragraphs(f"Hoi,\n\n{EVIL} {'lang' * 40}")
    return [
        Said(1, LONG, Markup("<time>di 24 nov</time>"), text, False, "", ((f"{LONG}.pdf", "PDF, 12 kB", "/berichten/bijlage/1"),)),
        Said(2, "Jij", "wo 25 nov", paragraphs("Dank je"), True, read, ()),
    ]


def _form(subject: bool = False, **more: Any) -> FormPage:
    first = {"subject": StringField("Waar het over gaat", [validators.DataRequired()])} if subject else {}
    fields = {
        **first,
        "text": TextAreaField("Je bericht", [validators.DataRequired()]),
        "files": FilesField("Bestanden", description="Pdf"),
    }
    form = form_of(fields)()
    groups = (FormGroup("", tuple((form[name],) for name in fields)),)
    return FormPage("", form, groups, "Bericht versturen", "", action="/berichten/1", autosaves=True, **more)


def _listed(template: str, **more: Any) -> Any:
    given = {"title": "Berichten", "tabs": TABS, "which": "alle", "newer_url": "/a", "older_url": "/b", "is_desk": True}
    return f"loket/{template}.html", lambda: {**given, "rows": _rows(), **more}


def _thread(template: str, *, form: bool = True, **more: Any) -> Any:
    def make() -> dict[str, Any]:
        return {
            "title": EVIL, "thread": SimpleNamespace(closed_at=None, organisation_id=1),
            "csrf": "token", "side": LONG, "number": "K-204173",
            "messages": _said(), "older_url": "/a", "newest_url": "/b", "is_over": False, "candidate_url": "/kandidaten/show/1",
            "has_address": False, "close_url": "/berichten/1/afronden", "reopen_url": "/berichten/1/heropenen",
            "page": _form(warning="Haal dit weg.") if form else None, **more,
        }  # fmt: skip

    return f"loket/{template}.html", make


def _new(template: str, **more: Any) -> Any:
    return f"loket/{template}.html", lambda: {"title": "Bericht aan Fatima", "number": "K-1", "page": _form(True), "csrf": "token", **more}


OWN = {"me": FATIMA}
CLOSED = SimpleNamespace(closed_at=1, organisation_id=None)
PAGES: dict[str, tuple[str, Any]] = {
    "messages": _listed("messages"),
    "messages-read": _listed("messages", rows=[], which="ongelezen", newer_url="", older_url=""),
    "messages-none": _listed("messages", rows=[], which="mijn", newer_url="", older_url=""),
    "messages-partner": _listed("messages", rows=[], is_desk=False, newer_url="", older_url=""),
    "thread": _thread("thread"),
    "thread-closed": _thread("thread", thread=CLOSED, candidate_url="", number=LONG),
    "thread-over": _thread("thread", form=False),
    "thread-new": _new("thread_new", has_address=False),
    "mijn-messages": _listed("mijn_messages", **OWN),
    "mijn-messages-none": _listed("mijn_messages", rows=[], newer_url="", older_url="", **OWN),
    "mijn-thread": _thread("mijn_thread", **OWN),
    "mijn-thread-over": _thread("mijn_thread", form=False, thread=CLOSED, is_over=True, **OWN),
    "mijn-thread-closed": _thread("mijn_thread", form=False, **OWN),
    "mijn-thread-new": _new("mijn_thread_new", desk=LONG, **OWN),
}
