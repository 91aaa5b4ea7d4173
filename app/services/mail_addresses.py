"""Addresses that get messages: what each wants to get. Beside the wall: whoever has the link of a mail is nobody that we know.

An opt-out is a row on the list of suppressions, by the name of the category. A row without one is about all mail (an address that does
not work): only the desk takes that away (`try_again`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from app.adapters import clock
from app.enums import CHOSEN_CATEGORIES, ConsentEvent, ConsentPurpose, DeliveryState, MailCategory
from app.extensions import db, inserting
from app.models import Candidate, ChangeLog, Consent, Delivery, MailAddress, Suppression, UtcDateTime
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import edits, log

UNSUBSCRIBED = "unsubscribed"  # the reason of an opt-out
BY_LINK, BY_BUTTON, SIGNED_IN = "preference page", "mail program", "own place"  # where it was asked
_BESIDE: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}


def known(address: str, norm: str, locale: str, *, now: datetime) -> MailAddress:
    """The row of this address (`norm` as contact.normalise_email writes it), made when there is none."""
    _once(MailAddress, ["address_norm"], address=address, address_norm=norm, locale=locale, created_at=now)
    found = sa.select(MailAddress).where(MailAddress.address_norm == norm)
    row: MailAddress = db.session.scalars(found, execution_options=SYSTEM_READ).one()
    return row


def known_all(mailing_id: int, *, now: datetime) -> None:
    """Rows for all who get this message, in one statement: the links in their mails lead there."""
    who_gets = sa.select(Delivery.address, Delivery.address_norm, Delivery.locale, sa.literal(now, UtcDateTime()))
    who_gets = who_gets.where(Delivery.mailing_id == mailing_id, Delivery.state == DeliveryState.QUEUED)
    columns = ["address", "address_norm", "locale", "created_at"]
    writes = inserting(MailAddress).from_select(columns, who_gets, include_defaults=False)
    db.session.execute(writes.on_conflict_do_nothing(index_elements=["address_norm"]), execution_options=_BESIDE)


def find(address_id: int | None) -> MailAddress | None:
    """The row behind a link of a mail; None when it is gone."""
    row: MailAddress | None = db.session.scalar(sa.select(MailAddress).where(MailAddress.id == address_id), execution_options=SYSTEM_READ)
    return row


def categories(row: MailAddress) -> dict[MailCategory, bool]:
    """What somebody can do without, and whether it comes to this address."""
    return wanted_at(row.address_norm)


def wanted_at(norm: str) -> dict[MailCategory, bool]:
    """As `categories`, of an address that may have no row yet: everything comes until somebody says otherwise."""
    off = sa.select(Suppression.category).where(Suppression.address_norm == norm)
    names = set(db.session.scalars(off, execution_options=SYSTEM_READ))
    return {category: category.name not in names for category in CHOSEN_CATEGORIES}


def bounced(norm: str | None) -> Suppression | None:
    """Why no mail at all goes to this address; None when it does."""
    found = sa.select(Suppression).where(Suppression.address_norm == norm, Suppression.category == "")
    row: Suppression | None = db.session.scalar(found, execution_options=SYSTEM_READ)
    return row


@dataclass(frozen=True)
class Reach:
    """Whether messages to groups reach a candidate: agreed to them, mail came back from the address, what was switched off."""

    agrees: bool = False
    bounced: bool = False
    off: tuple[MailCategory, ...] = ()


def reach(candidate: Candidate, *, now: datetime) -> Reach:
    """In one statement, for a page that shows the candidate."""
    latest = sa.select(sa.func.max(Consent.id)).where(Consent.candidate_id == candidate.id, Consent.purpose == ConsentPurpose.MESSAGES)
    told = sa.select(Consent.event, Consent.expires_on, Suppression.category).where(Consent.id == latest.scalar_subquery())
    told = told.outerjoin(Suppression, Suppression.address_norm == candidate.email_norm)
    rows = db.session.execute(told, execution_options=SYSTEM_READ).all()
    if not rows or rows[0].event is not ConsentEvent.GIVEN or (rows[0].expires_on or date.max) < clock.day(now):
        return Reach()
    names = {row.category for row in rows}
    return Reach(True, "" in names, tuple(category for category in CHOSEN_CATEGORIES if category.name in names))


def is_of_candidate(row: MailAddress) -> bool:
    """Somebody with a file has this address."""
    found = sa.select(Candidate.id).where(Candidate.email_norm == row.address_norm).limit(1)
    return db.session.scalar(found, execution_options=SYSTEM_READ) is not None


def masked(address: str) -> str:
    """The address for who has it, and for nobody else: f•••@g•••.nl."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}•••@{domain[:1]}•••.{domain.rpartition('.')[2]}"


def opt_out(row: MailAddress, category: MailCategory, *, source: str, by: Identity, now: datetime) -> bool:
    """No more messages of this category to this address, from now on; False when there were none already."""
    why = {"reason": UNSUBSCRIBED, "source": source, "at": now}
    done = _once(Suppression, ["address_norm", "category"], address_norm=row.address_norm, category=category.name, **why)
    if done:
        _log("unsubscribe", row, category, by, now)
    return done


def opt_in(row: MailAddress, category: MailCategory, *, by: Identity, now: datetime) -> bool:
    """Messages of this category may come again; False when they came already. An address that mail came back from stays as it is."""
    own = sa.and_(Suppression.address_norm == row.address_norm, Suppression.category == category.name, Suppression.reason == UNSUBSCRIBED)
    done = bool(db.session.execute(sa.delete(Suppression).where(own), execution_options=_BESIDE).rowcount)  # type: ignore[attr-defined]
    if done:
        _log("subscribe", row, category, by, now)
    return done


def choose(
    row: MailAddress, wanted: Collection[MailCategory], *, source: str, by: Identity, now: datetime
) -> tuple[list[MailCategory], list[MailCategory]]:
    """Let exactly these categories come; says which ended and which came back."""
    ended = [one for one in CHOSEN_CATEGORIES if one not in wanted and opt_out(row, one, source=source, by=by, now=now)]
    return ended, [one for one in CHOSEN_CATEGORIES if one in wanted and opt_in(row, one, by=by, now=now)]


def try_again(candidate: Candidate, *, by: Identity, now: datetime) -> bool:
    """Mail to the address in this file again, which mail came back from once; False when there was nothing in the way.

    Raises NotAllowed without the capability in the candidate's region.
    """
    edits.allow_desk(by, "move_stage", candidate.region_id)
    gone = sa.delete(Suppression).where(Suppression.address_norm == candidate.email_norm, Suppression.category == "")
    done = bool(db.session.execute(gone, execution_options=_BESIDE).rowcount)  # type: ignore[attr-defined]
    if done:
        log.changed("mail_again", candidate, by=by, now=now, fields=["email"])
        db.session.flush()
    return done


def suppress(norm: str, *, reason: str, source: str, now: datetime) -> bool:
    """No mail at all to this address: it does not work. False when that was known."""
    return _once(Suppression, ["address_norm", "category"], address_norm=norm, category="", reason=reason[:200], source=source, at=now)


def _once(model: Any, keys: list[str], **values: Any) -> bool:
    """Insert one row; False when one with these keys was there. Of two at the same moment one wins and the other goes on."""
    statement = inserting(model).values(values).on_conflict_do_nothing(index_elements=keys)
    made = db.session.execute(statement.returning(getattr(model, keys[0])), execution_options=SYSTEM_READ)
    return made.one_or_none() is not None


def _log(verb: str, row: MailAddress, category: MailCategory, by: Identity, now: datetime) -> None:
    """A statement: a visitor adds nothing through the wall."""
    facts = {"subject": f"mail_address:{row.id}", "table": "suppression", "fields": [category.name.lower()]}
    db.session.execute(sa.insert(ChangeLog).values({**log.actor(by, now), "verb": verb, **facts}), execution_options=SYSTEM_READ)
