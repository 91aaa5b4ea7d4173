"""What a message template looks like: its newest and an older version, one to adopt, one whose original moved on, and its form."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.fab.forms import form_of
from app.fab.page import Detail, Fact, FactGroup, FormGroup, FormPage, Part
from app.views import message_form
from app.views.mail_templates import Said, TemplatePage

EVIL = '<script>alert("x")</script>'
TEMPLATE = Detail(EVIL, "", (FactGroup("Over dit sjabloon", (Fact("Gaat over", "activiteiten"),)),))
LANGUAGES = (Part("nl", "Nederlands", "/sjablonen/show/1?taal=nl", True), Part("en", "Engels", "/sjablonen/show/1?taal=en"))
NEWEST = Said(2, "di 24 nov", EVIL, "/sjablonen/show/1", "", True)
OLDER = Said(1, "ma 23 nov", "", "/sjablonen/show/1?versie=1", "/sjablonen/terugzetten/1/1", False)


def _page(**more: Any) -> tuple[str, Any]:
    given: dict[str, Any] = {"subject": EVIL, "borrowed": True, "mail_url": "/sjablonen/mail/1?taal=nl", "languages": LANGUAGES}
    shown = TemplatePage(**{**given, "versions": (NEWEST, OLDER), **more})

    def show(**_more: Any) -> str:
        return current_app.jinja_env.get_template("loket/widgets/show.html").render(detail=TEMPLATE)

    page = {"detail": TEMPLATE, "title": TEMPLATE.title, "csrf": "token", "widgets": {"show": show}, "page": shown}
    return "loket/mail_template.html", lambda: page


def _form(**_more: Any) -> str:
    form = form_of({name: message_form.field_of(name, must=True) for name in message_form.LABELS})()
    page = FormPage("Sjabloon", form, (FormGroup("Bericht", tuple((form[name],) for name in message_form.LABELS)),), "Opslaan", "/")
    return current_app.jinja_env.get_template("loket/widgets/form.html").render(page=page, csrf="token")


PAGES: dict[str, tuple[str, Any]] = {
    "mail-template": _page(borrowed=False),
    "mail-template-old": _page(old=OLDER, versions=(NEWEST, OLDER)),
    "mail-template-newer": _page(newer="Het origineel is bij versie 3.", original_url="/sjablonen/show/2", follow_url="/sjablonen/3"),
    "mail-template-adopt": _page(adopt=(("Overnemen voor Regio Utrecht", 2), ("voor het hele land", None)), adopt_url="/sjablonen/4"),
    "message-form": ("loket/message_form.html", lambda: {"title": "Sjabloon", "widgets": {"add": _form}}),
}
