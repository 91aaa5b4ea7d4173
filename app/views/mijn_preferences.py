"""/mijn/voorkeuren: whether a candidate gets messages that are meant for groups, and of which kind."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.adapters import clock, markdown
from app.enums import ConsentChannel, ConsentPurpose
from app.errors import BadInput
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.models import Candidate
from app.queries import mine
from app.security.identity import person
from app.services import consents, mail_addresses
from app.views.preferences import asked, kinds, said

MESSAGES = ConsentPurpose.MESSAGES


class MijnVoorkeurenView(LoketPage):
    route_base = "/mijn/voorkeuren"
    class_permission_name = "Mijn"
    method_permission_name = {"index": "show", **dict.fromkeys(("choose", "agree"), "edit")}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Without consent the words to agree to; with it a switch for each kind."""
        row = _file()
        return self.render_template(
            "loket/mijn_preferences.html",
            title=gettext("What you get from us"),
            agrees=consents.live(row, MESSAGES, now=clock.now()),
            text=Markup(markdown.html(consents.text_of(MESSAGES, row.locale).words)),
            kinds=kinds(mail_addresses.wanted_at(row.email_norm)) if row.email_norm else [],
            email=row.email or "",
            bounced=mail_addresses.bounced(row.email_norm) is not None,
            csrf=generate_csrf(),
        )

    @expose("/kies", methods=["POST"])
    @has_access
    def choose(self) -> Any:
        """Set the switches."""
        row, now = _file(), clock.now()
        if row.email is None or row.email_norm is None:
            abort(404)
        with doorway():
            address = mail_addresses.known(row.email, row.email_norm, row.locale, now=now)
            done = mail_addresses.choose(address, asked(), source=mail_addresses.SIGNED_IN, by=person(), now=now)
        flash(said(*done), "success" if any(done) else "info")
        return redirect(url_for("MijnVoorkeurenView.index"))

    @expose("/toestemming", methods=["POST"])
    @has_access
    def agree(self) -> Any:
        """Agree to messages, or take that back; saying it twice changes nothing."""
        row, now, answer = _file(), clock.now(), request.form.get("answer", "")
        if answer not in ("ja", "nee"):
            abort(404)
        if (answer == "ja") is consents.live(row, MESSAGES, now=now):
            flash(gettext("Nothing has changed: it stood like this already."), "info")
            return redirect(url_for("MijnVoorkeurenView.index"))
        act = consents.record if answer == "ja" else consents.withdraw
        try:
            with doorway():
                act(row, MESSAGES, channel=ConsentChannel.ONLINE, by=person(), now=now)
        except BadInput as refusal:
            flash(str(refusal), "info")
        else:
            words = (
                gettext("You agreed. From now on you get messages.")
                if answer == "ja"
                else gettext("From now on you get no messages that are meant for groups.")
            )
            flash(words, "success")
        return redirect(url_for("MijnVoorkeurenView.index"))


def _file() -> Candidate:
    row = mine.file(person().candidate_id or 0)
    if row is None:
        abort(404)
    return row
