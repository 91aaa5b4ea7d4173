"""Who gets a message to a group, and who does not and why: one rule in SQL, asked when the list is made and again for each mail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from app.enums import (
    LIVE_REGISTRATIONS,
    OPEN_STATUSES,
    SEATED_REGISTRATIONS,
    ConsentEvent,
    ConsentPurpose,
    DeliveryState,
    NotSent,
    RegistrationState,
)
from app.models import Activity, Candidate, Consent, Delivery, MailAddress, Mailing, Registration, Suppression, UtcDateTime

WEEK = timedelta(days=7)
TOOK_PART = tuple(dict.fromkeys((*LIVE_REGISTRATIONS, *SEATED_REGISTRATIONS, RegistrationState.ATTENDED)))
_C, _A, _S, _D = Candidate.__table__.c, MailAddress.__table__.c, Suppression.__table__.c, Delivery.__table__
_CONSENT = Consent.__table__


def facts(mailing: Mailing, most_a_week: int, *, now: datetime, today: date) -> dict[str, Any]:
    """What the reasons ask of a mailing, as parameters of a statement that holds them. `most_a_week` is the cap of the region."""
    mine = {"mailing": mailing.id or 0, "category": mailing.category.name, "from_region": mailing.region_id}
    return {**mine, "by_organisation": mailing.organisation_id, "most_a_week": most_a_week, "today": today, "week_ago": now - WEEK}


@cache
def why_not(by_organisation: bool) -> sa.ColumnElement[Any]:
    """SQL over the table of candidates: the first reason why somebody gets no mail of a mailing now; NULL: they get it.

    Made once, because a worker asks it for each mail; `facts` are its parameters. It looks past the wall, at the candidates that the
    statement around it names.
    """
    return _first_of(
        (NotSent.GONE, _takes_no_part() if by_organisation else _C.region_id != sa.bindparam("from_region", type_=sa.Integer)),
        (NotSent.CLOSED, _C.status.not_in([status.name for status in sorted(OPEN_STATUSES, key=lambda one: one.name)])),
        (NotSent.NO_ADDRESS, sa.or_(_C.email_norm.is_(None), sa.func.coalesce(_C.email, "") == "")),
        (NotSent.BOUNCED, _suppressed(_C.email_norm, "")),
        (NotSent.NO_CONSENT, ~_agrees()),
        (NotSent.UNSUBSCRIBED, _suppressed(_C.email_norm, sa.bindparam("category", type_=sa.String))),
        (NotSent.TOO_OFTEN, _had_enough(_C.email_norm)),
    )


@cache
def why_not_subscriber() -> sa.ColumnElement[Any]:
    """The same over the table of addresses that asked for the newsletter."""
    return _first_of(
        (NotSent.NO_CONSENT, _A.newsletter_at.is_(None)),
        (NotSent.BOUNCED, _suppressed(_A.address_norm, "")),
        (NotSent.UNSUBSCRIBED, _suppressed(_A.address_norm, sa.bindparam("category", type_=sa.String))),
        (NotSent.TOO_OFTEN, _had_enough(_A.address_norm)),
    )


@cache
def reason_of_one(by_organisation: bool) -> sa.Select[Any]:
    """(address, reason, key of the address in mail_address) of the candidate `person`."""
    of_candidate = Candidate.__table__.outerjoin(MailAddress.__table__, _A.address_norm == _C.email_norm)
    one = sa.select(_C.email, why_not(by_organisation), _A.id).select_from(of_candidate)
    return one.where(_C.id == sa.bindparam("person", type_=sa.Integer))


@cache
def reason_of_address() -> sa.Select[Any]:
    """The same of the subscriber with the address `norm`."""
    return sa.select(_A.address, why_not_subscriber(), _A.id).where(_A.address_norm == sa.bindparam("norm", type_=sa.String))


def recipients(mailing: Mailing, audience: sa.Select[Any]) -> sa.Select[Any]:
    """(key, candidate_id, region_id, address, address_norm, locale, not_sent) for everybody in the audience, a SELECT of candidate ids.

    Of those who share an address the first one in order of keys gets the mail. Takes `facts` as parameters.
    """
    why = why_not(mailing.organisation_id is not None).label("why")
    people = sa.select(_C.id, _C.region_id, _C.email, _C.email_norm, _C.locale, why).where(_C.id.in_(audience.correlate(None)))
    each = people.subquery("audience")
    order = sa.func.row_number().over(partition_by=(each.c.email_norm, each.c.why.is_(None)), order_by=each.c.id)
    placed = sa.select(each, order.label("place")).subquery("placed").c
    same = sa.case((sa.and_(placed.why.is_(None), placed.place > 1), sa.literal(NotSent.SAME_ADDRESS.name)), else_=placed.why)
    address = (sa.func.coalesce(placed.email, "").label("address"), sa.func.coalesce(placed.email_norm, "").label("address_norm"))
    key = sa.cast(placed.id, sa.String).label("key")
    return sa.select(key, placed.id.label("candidate_id"), placed.region_id, *address, placed.locale, same.label("not_sent"))


def subscribers(mailing: Mailing) -> sa.Select[Any]:
    """The same for who asked for the newsletter on the site: of this region, or of the whole country."""
    here = sa.or_(_A.region_id.is_(None), _A.region_id == mailing.region_id)
    nobody = tuple(sa.cast(sa.null(), sa.Integer).label(name) for name in ("candidate_id", "region_id"))
    key = sa.literal("a").concat(sa.cast(_A.id, sa.String)).label("key")
    columns: tuple[Any, ...] = (key, *nobody, _A.address, _A.address_norm, _A.locale, why_not_subscriber().label("not_sent"))
    return sa.select(*columns).where(here, _A.newsletter_at.is_not(None))


def _first_of(*reasons: tuple[NotSent, Any]) -> sa.ColumnElement[Any]:
    return sa.case(*((told, sa.literal(reason.name)) for reason, told in reasons), else_=sa.null())


def _takes_no_part() -> Any:
    """Not among those who take part in what the organisation organises."""
    registration, activity = Registration.__table__.c, Activity.__table__
    joined = Registration.__table__.join(activity, activity.c.id == registration.activity_id)
    theirs = activity.c.organisation_id == sa.bindparam("by_organisation", type_=sa.Integer)
    took_part = registration.state.in_([state.name for state in TOOK_PART])
    return ~sa.select(1).select_from(joined).where(registration.candidate_id == _C.id, theirs, took_part).exists()


def _suppressed(norm: Any, category: Any) -> Any:
    return sa.select(1).where(_S.address_norm == norm, _S.category == category).exists()


def _agrees() -> Any:
    """The latest event about messages says so, and has not expired."""
    event, later = _CONSENT.alias(), _CONSENT.alias()
    about = event.c.purpose == ConsentPurpose.MESSAGES.name
    same = (later.c.candidate_id == event.c.candidate_id, later.c.purpose == event.c.purpose, later.c.id > event.c.id)
    lasts = sa.or_(event.c.expires_on.is_(None), event.c.expires_on >= sa.bindparam("today", type_=sa.Date))
    given = (event.c.candidate_id == _C.id, about, event.c.event == ConsentEvent.GIVEN.name, lasts)
    return sa.select(1).where(*given, ~sa.select(1).where(*same).exists()).exists()


def _had_enough(norm: Any) -> Any:
    """As many group messages in the last seven days as the region allows, whoever sent them."""
    other = _D.alias()
    another = (other.c.mailing_id.is_not(None), other.c.mailing_id != sa.bindparam("mailing", type_=sa.Integer))
    sent = (other.c.state == DeliveryState.SENT.name, other.c.sent_at > sa.bindparam("week_ago", type_=UtcDateTime()))
    recent = sa.select(sa.func.count()).where(other.c.address_norm == norm, *another, *sent)
    return recent.scalar_subquery() >= sa.bindparam("most_a_week", type_=sa.Integer)
