"""The outbox: a mail is a row, written in the transaction of what it reports. services/delivering.py hands the rows to the mail server."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.enums import DeliveryState
from app.extensions import db, inserting
from app.models import Candidate, Delivery, MailAddress, Suppression, UserProfile
from app.security.scope import SYSTEM_READ
from app.services import mails
from app.services.contact import normalise_email

LONGEST_KEY = 120
_NAMESPACE = uuid.UUID("6d1c3b0e-5f0b-4b0e-9a51-0c4f3c1b7a52")  # of our Message-IDs: the same key gives the same one, always

Receiver = UserProfile | Candidate | MailAddress  # the last one: an address that may be nobody's


def post(
    kind: str,
    to: Receiver,
    *,
    key: str,
    now: datetime,
    merge: Mapping[str, Any] | None = None,
    not_before: datetime | None = None,
) -> Delivery | None:
    """Queue one mail, in the running transaction; None when one with this `key` is there already or the person has no address.

    `merge` holds what the kind asks for (mails.KINDS): numbers and paths, never names. A suppressed address gets a row that says why it is
    not mailed. Raises ValueError for an unknown kind, for anything else in `merge`, and for a key that does not fit.
    """
    mails.check(kind, merge or {})
    address = address_of(to)
    norm = normalise_email(address)
    if address is None or norm is None:
        return None
    reason = suppressed(norm, kind)
    said = {"merge": None if reason else dict(merge or {}), "reason": reason, "not_before": not_before or now}
    state = DeliveryState.SUPPRESSED if reason else DeliveryState.QUEUED
    return _insert(key, now, kind=kind, state=state, address=address, address_norm=norm, locale=to.locale, **_whose(to), **said)


def post_to_nobody(kind: str, *, key: str, now: datetime) -> None:
    """Do what `post` does for an address that nobody has, so that whoever asked cannot tell by the time it took. Nothing is sent."""
    mails.check(kind, {})
    reason = suppressed("", kind) or "nobody has this address"
    nothing = {"merge": None, "reason": reason, "not_before": now}
    _insert(key, now, kind=kind, state=DeliveryState.CANCELLED, address="", address_norm="", locale="nl", **nothing)


def address_of(to: Receiver) -> str | None:
    """Where mail for this person goes now."""
    address = to.user.email if isinstance(to, UserProfile) else to.email if isinstance(to, Candidate) else to.address
    return address.strip() if address and address.strip() else None


def suppressed(address_norm: str, kind: str) -> str | None:
    """Why this address gets no mail of this kind; None when it does."""
    query = sa.select(Suppression.reason).where(Suppression.address_norm == address_norm, Suppression.category.in_(("", kind)))
    reason: str | None = db.session.scalar(query.limit(1), execution_options=SYSTEM_READ)
    return reason


def _whose(to: Receiver) -> dict[str, int]:
    if isinstance(to, Candidate):
        return {"candidate_id": to.id, "region_id": to.region_id}
    return {"user_id": to.user_id} if isinstance(to, UserProfile) else {}


def _insert(key: str, now: datetime, **values: Any) -> Delivery | None:
    """One statement: of two at the same moment one wins and the other goes on. Beside the wall: a visitor may ask for a link."""
    if len(key) > LONGEST_KEY:
        raise ValueError("the key of a mail is too long")
    db.session.flush()  # the person may be new
    same = {"dedupe_key": key, "message_id": str(uuid.uuid5(_NAMESPACE, key)), "created_at": now, "attempts": 0}
    statement = inserting(Delivery).values({**values, **same})
    once = statement.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(Delivery)
    row: Delivery | None = db.session.scalars(once, execution_options=SYSTEM_READ).one_or_none()
    return row
