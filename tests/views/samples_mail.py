"""The pages of the mails of a demo, and each mail in its two forms, with values as their makers give them."""

from __future__ import annotations

from typing import Any

EVIL = '<script>alert("x")</script>'
MAIL = {
    "subject": EVIL,
    "to": "noor@demo.test",
    "sender": "Mijn Onderwijsloket <loket@demo.test>",
    "when": "di 24 nov 14:05",
    "url": "/dev/mail/1",
}

PAGES: dict[str, tuple[str, Any]] = {
    "account-mail": (
        "loket/account.html",
        lambda: {"name": "Noor Bakker", "email": "noor@demo.test", "sessions": [], "digest": True},
    ),
    "dev-mail": ("loket/dev_mail.html", lambda: {"title": "Mail van de demo", "mails": [MAIL, MAIL]}),
    "dev-mail-empty": ("loket/dev_mail.html", lambda: {"title": "Mail van de demo", "mails": []}),
    "dev-mail-show": ("loket/dev_mail_show.html", lambda: {"title": EVIL, "mail": MAIL, "text": EVIL, "html_url": "/dev/mail/1/html"}),
}
