"""Meldingen: full, empty, and the choice of what somebody hears of."""

from __future__ import annotations

from typing import Any

EVIL = '<script>alert("x")</script>'
NEW = {
    "id": 3,
    "icon": "checklist",
    "kind": "Volgende stappen",
    "words": "Een collega heeft een volgende stap voor je gepland.",
    "about": f"{EVIL} · K-204173",
    "time": "14:05",
    "path": "/taken/show/1",
    "unread": True,
}
READ = {**NEW, "id": 2, "icon": "server", "about": "", "time": "09:30", "path": "/", "unread": False}
CHOICES = [("AT_ONCE", "Meteen"), ("DAILY", "Eén keer per dag"), ("NEVER", "Nooit")]
_FULL = {"title": "Meldingen", "has_advisees": True, "any_unread": True, "newest_url": "/meldingen/", "older_url": "/meldingen/?voor=2"}
_NONE = {"title": "Meldingen", "has_advisees": True, "any_unread": False, "newest_url": "", "older_url": "", "days": []}
_KINDS = [("MESSAGE", "message", "Een bericht voor jou", "DAILY"), ("TASK", "checklist", "Volgende stappen", "")]
_CHOOSE = {"title": "Wat je hoort, en wanneer", "kinds": _KINDS, "choices": CHOICES, "csrf": "token"}

PAGES: dict[str, tuple[str, Any]] = {
    "notifications": (
        "loket/notifications.html",
        lambda: {**_FULL, "days": [("Dinsdag 24 november", [NEW, NEW, READ]), ("Maandag 23 november", [READ])], "csrf": "token"},
    ),
    "notifications-none": ("loket/notifications.html", lambda: {**_NONE, "csrf": "token"}),
    "notification-settings": ("loket/notification_settings.html", lambda: {**_CHOOSE, "warning": ""}),
    "notification-settings-refused": (
        "loket/notification_settings.html",
        lambda: {**_CHOOSE, "warning": "Kies bij elke soort een van de drie."},
    ),
}
