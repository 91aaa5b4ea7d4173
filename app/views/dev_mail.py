"""/dev/mail: the mails that a demo did not send. Only there: like the accounts of the demo, for everybody who can reach it."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, current_app, url_for
from flask_appbuilder import expose
from flask_babel import gettext

from app.adapters import mailer
from app.extensions import db
from app.fab.auth import demo_on
from app.fab.plain import LoketPage
from app.fab.shown import moment
from app.models import Setting
from app.security.scope import SYSTEM_READ

SHOWN = 50
# The mail as a mailbox would show it: its own colours, no script, and nothing from elsewhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"

NEW_TAB = '<!doctype html><base target="_blank">'  # our pages refuse to stand in a frame


class DevMailView(LoketPage):
    route_base = "/dev/mail"

    @expose("/")
    def index(self) -> Any:
        """The newest mails."""
        found = [(path.stem, mailer.read_message(path)) for path in mailer.stored(_folder())[:SHOWN]]
        lines = [_line(key, mail) for key, mail in found]
        return self.render_template("loket/dev_mail.html", title=gettext("Mail of the demo"), mails=lines)

    @expose("/<key>")
    def show(self, key: str) -> Any:
        """One mail, as text and as a mailbox shows it."""
        mail = _mail(key)
        page = {"mail": _line(key, mail), "text": _part(mail, "plain"), "html_url": url_for("DevMailView.html", key=key)}
        return self.render_template("loket/dev_mail_show.html", title=str(mail["Subject"]), **page)

    @expose("/<key>/html")
    def html(self, key: str) -> Response:
        """The mail itself, for the frame on its page."""
        return framed(_part(_mail(key), "html"))


def framed(html: str) -> Response:
    """A mail as the inside of a frame on a page of ours."""
    answer = Response(NEW_TAB + html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _folder() -> Path:
    """Where the mails are; 404 unless this is a demo, by its setting and by the mark of its database: real links never show here."""
    mark = sa.select(Setting.value).where(Setting.key == "demo")
    if not demo_on() or db.session.scalar(mark, execution_options=SYSTEM_READ) != "1":
        abort(404)
    folder: Path = current_app.config["LOKET"].mail_folder
    return folder


def _mail(key: str) -> EmailMessage:
    found = mailer.read_stored(_folder(), key)
    if found is None:
        abort(404)
    return found


def _line(key: str, mail: EmailMessage) -> dict[str, Any]:
    return {
        "subject": str(mail["Subject"]),
        "to": str(mail["To"]),
        "sender": str(mail["From"]),
        "when": moment(mail["Date"].datetime),
        "url": url_for("DevMailView.show", key=key),
    }


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
