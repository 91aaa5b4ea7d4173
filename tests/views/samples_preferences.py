"""What comes by mail: the pages behind the links of a mail, in the own place, and for the desk."""

from __future__ import annotations

from typing import Any

from tests.views.samples_door import EVIL, FATIMA

KINDS = [
    {"name": "activiteiten", "label": "activiteiten", "about": EVIL, "icon": "calendar-event", "on": True},
    {"name": "nieuwsbrief", "label": "nieuwsbrief", "about": "Een paar keer per jaar.", "icon": "news", "on": False},
]
MASKED = "f•••@g•••.nl"


def _visitor(template: str, **values: Any) -> Any:
    return f"loket/{template}.html", lambda: {"me": None, "title": "Wat mogen we je sturen?", "csrf": "token", **values}


def _own(**values: Any) -> Any:
    given = {
        "title": "Wat je van ons krijgt",
        "csrf": "token",
        "kinds": KINDS,
        "email": EVIL,
        "bounced": False,
        "text": "Ik vind het goed.",
    }
    return "loket/mijn_preferences.html", lambda: {"me": FATIMA, **given, **values}


DESK: dict[str, Any] = {
    "title": "Berichten", "csrf": "token", "name": EVIL, "state": "ja, behalve nieuwsbrief", "words": EVIL, "refused": "",
    "channels": [("PHONE", "telefonisch"), ("PAPER", "op papier")], "bounce": None, "agrees": True, "back_url": "/kandidaten/show/1",
}  # fmt: skip
FORM: dict[str, Any] = {"regions": [("2", EVIL, True)], "trap": "website"}
PAGES: dict[str, tuple[str, Any]] = {
    "preferences": _visitor("preferences", address=MASKED, kinds=KINDS, has_file=True, bounced=True),
    "preferences-stranger": _visitor("preferences", address=MASKED, kinds=KINDS, has_file=False, bounced=False),
    "unsubscribe": _visitor("unsubscribe", address=MASKED, kind="nieuwsbrief", done=False, preferences_url="/voorkeuren/a.b"),
    "unsubscribed": _visitor("unsubscribe", address=MASKED, kind="nieuwsbrief", done=True, preferences_url="/voorkeuren/a.b"),
    "mail-link-closed": _visitor("mail_link_closed"),
    "newsletter": _visitor("newsletter", error="", typed="", **FORM),
    "newsletter-wrong": _visitor("newsletter", error="Dit is geen adres.", typed=EVIL, **FORM),
    "newsletter-sent": _visitor("newsletter_sent", reads_mail=True),
    "newsletter-confirm": _visitor("newsletter_confirm", done=False, address=MASKED, preferences_url="/voorkeuren/a.b"),
    "newsletter-confirmed": _visitor("newsletter_confirm", done=True, address=MASKED, preferences_url="/voorkeuren/a.b"),
    "own-preferences": _own(agrees=True),
    "own-preferences-none": _own(agrees=True, email="", kinds=[], bounced=True),
    "own-preferences-asked": _own(agrees=False),
    "message-consent": ("loket/message_consent.html", lambda: {**DESK, "bounce": ("di 24 nov", EVIL)}),
    "message-consent-none": ("loket/message_consent.html", lambda: {**DESK, "agrees": False, "refused": EVIL}),
}
