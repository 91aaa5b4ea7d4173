"""Asking for a link to sign in with: by an address that somebody types, or by the desk for a candidate."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext

from app.errors import BadInput
from app.extensions import db
from app.models import Candidate, Delivery
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import doors, edits, links, log, outbox


def ask(address: str, *, now: datetime) -> None:
    """Queue a mail with a link for whoever this address (as contact.normalise_email writes it) lets in; at most three in ten minutes.

    Tells nobody whether there is such a person: for an address that nobody has, the same statements run and the same is written.
    """
    candidate = doors.behind(address, now=now)
    wanted = candidate.id if candidate is not None else 0
    since = now - links.SIGN_IN_LIVES
    sent = sa.select(sa.func.count()).where(Delivery.kind == doors.KIND, Delivery.candidate_id == wanted, Delivery.created_at > since)
    enough = (db.session.scalar(sent, execution_options=SYSTEM_READ) or 0) >= links.MOST_OPEN
    if candidate is None or enough:
        outbox.post_to_nobody(doors.KIND, key=f"{doors.KIND}:{links.decoy()}", now=now)
    else:
        outbox.post(doors.KIND, candidate, key=_key(candidate, now), now=now)


def open_for(candidate: Candidate, *, by: Identity, now: datetime) -> None:
    """Let a candidate in: make the account once, and mail a link.

    Raises NotAllowed without the capability in the candidate's region, and BadInput for a candidate without an address, or with an
    account that mail does not open.
    """
    edits.allow_desk(by, "move_stage", candidate.region_id)
    if not candidate.email_norm:
        raise BadInput(gettext("There is no e-mail address in this file. Fill it in first."))
    if doors.account_of(candidate, now=now) is None:
        raise BadInput(gettext("This candidate has another account with us, which a mail does not open. Ask the administrator."))
    log.changed("open_door", candidate, by=by, now=now, fields=["account"])
    outbox.post(doors.KIND, candidate, key=_key(candidate, now), now=now)


def _key(candidate: Candidate, now: datetime) -> str:
    """One mail a minute: a second click on the button asks for the same one."""
    return f"{doors.KIND}:{candidate.id}:{now:%Y%m%d%H%M}"
