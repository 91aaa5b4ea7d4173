"""Giving a candidate access to the own place: how the door stands, and a button that mails a link."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf

from app.adapters import clock
from app.errors import DomainError
from app.fab.editing import doorway
from app.fab.shown import relative
from app.models import Candidate
from app.security.identity import person
from app.services import doors, knocks


def access_page(view: Any, row: Candidate) -> Any:
    """The page, and what its button does. The address of the mail is not shown: that is one click away, and logged."""
    refused, status = "", 200
    if request.method == "POST":
        try:
            with doorway():
                knocks.open_for(row, by=person(), now=clock.now())
        except DomainError as refusal:
            refused, status = str(refusal), refusal.status
            row = view.found(str(row.id))
        else:
            flash(
                gettext("A mail with a link is on its way. It works for ten minutes; after that the candidate asks for a new one."),
                "success",
            )
            return redirect(view.address("access", pk=row.id))
    page = view.render_template(
        "loket/access.html",
        title=gettext("Access to the own place"),
        name=view.name_of(row),
        facts=_facts(doors.standing(row)),
        refused=refused,
        has_address=bool(row.email_norm),
        edit_url=view.address("edit", pk=row.id),
        back_url=view.address("show", pk=row.id),
        csrf=generate_csrf(),
    )
    return page, status


def _facts(standing: doors.Standing) -> list[tuple[str, str, str]]:
    """(icon, what, how it stands)"""
    seen = relative(standing.last_seen) if standing.last_seen else gettext("not yet")
    mail = standing.last_link
    sent = f"{relative(mail.sent_at or mail.created_at)} · {mail.state.label}" if mail is not None else gettext("not yet")
    return [
        ("key", gettext("Account"), gettext("yes") if standing.has_account else gettext("not yet")),
        ("user-check", gettext("Last signed in"), str(seen)),
        ("mail", gettext("Last mail with a link"), str(sent)),
    ]
