"""What the pages of a handover look like: being prepared, waiting for an answer, and after the file has gone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from app.enums import ReturnReason
from app.fab.page import Moment, Step
from app.views.handover_page import HandoverPage

EVIL = '<script>alert("x")</script>'
VERBS = ("package", "ask", "consent", "send", "withdraw", "receive", "accept", "send_back", "contact", "finish")
STEPS = (Step("Ontvanger", "done"), Step("Wat er meegaat", "now"), Step("Toestemming", "next"), Step("Versturen", "stopped"))


def urls(*verbs: str) -> dict[str, str]:
    return {verb: f"/overdrachten/{verb}/1" if verb in verbs else "" for verb in VERBS}


DRAFT = HandoverPage(
    title="K-204173 naar Regio Rotterdam",
    number="K-204173",
    badge="",
    steps=STEPS,
    now="Er is nog niets verstuurd.",
    clock="",
    receiver="Regio Rotterdam",
    facts=(("Kandidaat", EVIL), ("Van", "Regio Utrecht")),
    question=EVIL,
    items=(("motivatie", EVIL), ("wensen", None)),
    package="Dit is precies wat Regio Rotterdam straks leest.",
    history=(Moment("send", "Verstuurd", "gisteren", EVIL, EVIL),),
    version=3,
    urls=urls("package", "ask", "consent", "send", "withdraw"),
    is_draft=True,
    is_referral=False,
    candidate_url="/kandidaten/show/1",
    consent_text="Ik vind het goed.",
    text_version="2.nl",
    typed={"reason": "", "note": ""},
)
WAITING = replace(
    DRAFT,
    urls=urls("receive", "accept", "send_back"),
    is_draft=False,
    advisers=(SimpleNamespace(user_id=1, name=EVIL),),
    reasons=tuple(ReturnReason),
    warning="Zeg waarom je het terugstuurt.",
    typed={"reason": "DUPLICATE", "note": EVIL},
    refused=True,
)
FORMER = replace(DRAFT, urls=urls(), is_draft=False, question=None, items=(), candidate_url="")
BOXES = [{"code": "SESSION:12", "title": "gesprek van 3 november", "line": EVIL, "more": EVIL, "on": True}]
CHOOSING = {
    "title": "Wat gaat er mee?",
    "about": EVIL,
    "receiver": "Regio Rotterdam",
    "steps": STEPS,
    "groups": [("Uit het dossier", [{**BOXES[0], "code": "MOTIVATION", "on": False}]), ("Gesprekken", BOXES)],
    "question": EVIL,
    "most": 4000,
    "version": 3,
    "warning": "Iemand anders was eerder.",
    "back_url": "/overdrachten/show/1",
    "csrf": "token",
}


def page(shown: HandoverPage) -> tuple[str, Any]:
    return "loket/handover.html", lambda: {"title": shown.title, "page": shown, "csrf": "token"}


PAGES: dict[str, tuple[str, Any]] = {
    "handover-draft": page(DRAFT),
    "handover-agreed": page(replace(DRAFT, consent="Toestemming gegeven, per telefoon.", urls=urls("package", "send"))),
    "handover-waiting": page(WAITING),
    "handover-referred": page(replace(WAITING, is_referral=True, advisers=(), refused=False)),
    "handover-former": page(FORMER),
    "handover-package": ("loket/handover_package.html", lambda: CHOOSING),
    "handover-package-empty": ("loket/handover_package.html", lambda: {**CHOOSING, "groups": [], "warning": ""}),
}
