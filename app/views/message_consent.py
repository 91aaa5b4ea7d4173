"""Messages to a candidate, for the desk: whether they come, writing down what the candidate said, and mail that came back."""

from __future__ import annotations

from typing import Any

from babel.lists import format_list
from flask import flash, redirect, request
from flask_babel import get_locale, gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.adapters import clock, markdown
from app.enums import CHOSEN_CATEGORIES, ConsentChannel, ConsentPurpose
from app.errors import BadInput, DomainError
from app.fab.editing import doorway
from app.fab.shown import moment
from app.models import Candidate
from app.security.identity import person
from app.services import consents, mail_addresses

MESSAGES = ConsentPurpose.MESSAGES
CHANNELS = (ConsentChannel.PHONE, ConsentChannel.PAPER)


def in_words(row: Candidate) -> str:
    """Whether messages to groups reach this candidate: “yes, except newsletter”."""
    reach = mail_addresses.reach(row, now=clock.now())
    if not reach.agrees:
        return gettext("no: has not agreed to messages")
    if not row.email_norm:
        return gettext("no: no e-mail address")
    if reach.bounced:
        return gettext("no: mail to this address comes back")
    if len(reach.off) == len(CHOSEN_CATEGORIES):
        return gettext("no: unsubscribed from everything")
    off = [str(category.label) for category in reach.off]
    return gettext("yes, except %(kinds)s", kinds=format_list(off, locale=get_locale())) if off else gettext("yes")


def messages_page(view: Any, row: Candidate) -> Any:
    """The page, and what its buttons do."""
    refused, status = "", 200
    if request.method == "POST":
        try:
            with doorway():
                words = _done(row)
        except DomainError as refusal:
            refused, status = str(refusal), refusal.status
            row = view.found(str(row.id))
        else:
            flash(words, "success")
            return redirect(view.address("messages", pk=row.id))
    bounce = mail_addresses.bounced(row.email_norm)
    page = view.render_template(
        "loket/message_consent.html",
        title=gettext("Consent to messages"),
        name=view.name_of(row),
        state=in_words(row),
        agrees=consents.live(row, MESSAGES, now=clock.now()),
        words=Markup(markdown.html(consents.text_of(MESSAGES, row.locale).words)),
        channels=[(one.name, str(one.label)) for one in CHANNELS],
        bounce=(moment(bounce.at), bounce.reason) if bounce is not None else None,
        refused=refused,
        back_url=view.address("show", pk=row.id),
        csrf=generate_csrf(),
    )
    return page, status


def _done(row: Candidate) -> str:
    """Do what was pressed; says what was done."""
    by, now = person(), clock.now()
    if "again" in request.form:
        mail_addresses.try_again(row, by=by, now=now)
        return gettext("Mail goes to this address again.")
    agrees = "agree" in request.form
    channel = next((one for one in CHANNELS if one.name == request.form.get("channel")), None)
    if channel is None:
        raise BadInput(gettext("Choose how the candidate told you."))
    if agrees is not consents.live(row, MESSAGES, now=now):
        (consents.record if agrees else consents.withdraw)(row, MESSAGES, channel=channel, by=by, now=now)
    return gettext("Written down: the candidate agrees to messages.") if agrees else gettext("Written down: no more messages.")
