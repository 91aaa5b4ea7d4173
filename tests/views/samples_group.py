"""What the pages of a message to a group look like: before it goes, while somebody has to approve, on its way."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from app.fab.page import Step
from app.views.mailing_page import Line, MailingPage, Preview, Progress, when_form

EVIL = '<script>alert("x")</script>'
VERBS = ["edit", "delete", "prepare", "test", "start", "approve", "refuse", "pause", "resume", "cancel", "retry", "resolve", "copy"]
HEAD = "<h1>Bericht</h1>"
PEOPLE = "/berichten/groep/ontvangers/list/?_flt_0_mailing=1"


def urls(*verbs: str) -> dict[str, str]:
    return {verb: f"/berichten/groep/{verb}/1" if verb in verbs else "" for verb in VERBS}


def draft() -> MailingPage:
    return MailingPage(
        title=EVIL,
        badge="",
        steps=(Step("Schrijven", "done"), Step("Bekijken", "now"), Step("Versturen", "next")),
        state="DRAFT",
        to_mail="228",
        left_out="12",
        reasons=(Line("geen e-mailadres", "12", PEOPLE),),
        lacking=(Line("woonplaats", "3", PEOPLE),),
        preview=Preview(2, "228", 7, "/berichten/groep/voorbeeld/1?nr=2", "?nr=1", "?nr=3", 228),
        progress=None,
        facts=(("Voor wie", EVIL), ("Goedgekeurd door", None)),
        text="<p>Kom je ook?</p>",
        text_en="<p>Will you come?</p>",
        audience=EVIL,
        audience_url="/kandidaten/list/",
        people_url=PEOPLE,
        when="Versturen duurt ongeveer 8 minuten, klaar rond 14:20 uur.",
        needs_approval="Meer dan 200 mensen: een collega kijkt eerst mee.",
        refused=EVIL,
        unknown=0,
        unsure=(),
        failed=0,
        version=3,
        urls=urls("edit", "delete", "prepare", "test", "start", "copy"),
        form=when_form(),
        warning="Iets klopt niet.",
        change="+3 / −1",
    )


def asked() -> MailingPage:
    return replace(draft(), state="ASKED", urls=urls("approve", "refuse", "cancel"), lacking=(), refused="", preview=None)


def going() -> MailingPage:
    progress = Progress(20, 228, "20 van 228 afgehandeld", (Line("verstuurd", "20", PEOPLE),), "", "/berichten/groep/voortgang/1")
    decide = {"unknown": 2, "unsure": ((7, EVIL),), "failed": 3, "urls": urls("pause", "cancel", "retry", "resolve")}
    return replace(asked(), state="SENDING", progress=progress, **decide)


def page(made: Any) -> tuple[str, Any]:
    return "loket/mailing_show.html", lambda: {"title": "Bericht", "page": made(), "csrf": "token"}


PAGES: dict[str, tuple[str, Any]] = {
    "mailing-draft": page(draft),
    "mailing-asked": page(asked),
    "mailing-waits": page(lambda: replace(asked(), urls=urls())),
    "mailing-going": page(going),
    "mailing-form": ("loket/mailing_form.html", lambda: {"title": "Bericht", "widgets": {"edit": lambda: HEAD}}),
    "mailing-people": (
        "loket/mailing_people.html",
        lambda: {"title": "Ontvangers", "table": SimpleNamespace(chips=()), "widgets": {"list": lambda: HEAD}},
    ),
    "mailing-whom": (
        "loket/mailing_whom.html",
        lambda: {"title": "Bericht aan groep", "lists": [("Kandidaten", "/kandidaten/list/")], "newsletter": "/berichten/groep/nieuw"},
    ),
}
