"""The doors of candidates: a mailed link that signs in, and the account behind it.

The account is made when the link is (as the mail leaves, or when an adviser opens the door), not when somebody types an address: a
link hangs on an account, dies with it, and a stranger who tries addresses leaves nothing behind. It is called by the candidate's
number and has no password and no address of its own: the address stands in the file, once, and a later invitation to that address as
a colleague never lands on it. An account with any other role than that of one candidate is not opened by mail at all.

An address that stands in several files (a household, a file in two regions) opens the one whose door a desk has opened, and none as
long as that does not say which one: whoever reads the mail must not choose between people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.adapters import clock, passwords
from app.enums import OPEN_STATUSES, LinkPurpose, Role
from app.errors import NotFound
from app.extensions import db
from app.models import Candidate, Delivery, LoginSession, Membership, UserProfile
from app.security.scope import SYSTEM_READ
from app.services import links

KIND = "sign_in"  # of mail
NO_ADDRESS = "kandidaat.invalid"  # RFC 2606: no mail can ever go there
MOST = 10  # files with one address that are looked at


@dataclass(frozen=True)
class Standing:
    """How the door of a candidate stands, for the desk: whether there is an account, when it was last used, when a link was last asked."""

    has_account: bool
    last_seen: datetime | None
    last_link: Delivery | None


def token(candidate_id: int, *, now: datetime) -> str | None:
    """The token that a mail carries, made as it leaves; None when the door has been shut since. For the worker that sends mail."""
    candidate = db.session.scalars(sa.select(Candidate).where(Candidate.id == candidate_id), execution_options=SYSTEM_READ).first()
    user = account_of(candidate, now=now) if candidate is not None and candidate.email else None
    return links.make(user, LinkPurpose.SIGN_IN, by=None, now=now) if user is not None else None


def standing(candidate: Candidate) -> Standing:
    """How this candidate's door stands; for who sees the file."""
    seen = sa.select(Membership.user_id, sa.func.max(LoginSession.last_seen_at)).where(Membership.candidate_id == candidate.id)
    seen = seen.outerjoin(LoginSession, LoginSession.user_id == Membership.user_id).group_by(Membership.user_id)
    account = db.session.execute(seen, execution_options=SYSTEM_READ).first()
    mails = sa.select(Delivery).where(Delivery.kind == KIND, Delivery.candidate_id == candidate.id)
    last = db.session.scalar(mails.order_by(Delivery.id.desc()).limit(1))
    return Standing(account is not None, account[1] if account is not None else None, last)


def enter(token: str, *, now: datetime) -> User:
    """Use a link up and say whose account it opens. Raises NotFound for a link that is used, has expired or never was, and for an
    account that got another role since."""
    user = links.consume(token, links.FOR_SIGN_IN, now=now)
    if not _is_candidates_only(user.id, now):
        raise NotFound(gettext("This link has been used or has expired. Ask for a new one."))
    return user


def behind(address: str, *, now: datetime) -> Candidate | None:
    """The one candidate whom mail to this address lets in."""
    door = aliased(Membership)
    mine = sa.and_(door.candidate_id == Candidate.id, _live(door, now))
    query = sa.select(Candidate, door.user_id).outerjoin(door, mine).where(Candidate.email_norm == address).order_by(Candidate.id)
    found = db.session.execute(query.limit(MOST), execution_options=SYSTEM_READ).all()
    opened = [candidate for candidate, user_id in found if user_id is not None]
    files = opened or [candidate for candidate, _ in found if candidate.status in OPEN_STATUSES]
    return files[0] if len(files) == 1 else None


def account_of(candidate: Candidate, *, now: datetime) -> User | None:
    """The account that opens this file, made when there is none; None when it may not be opened by mail.

    Statements beside the wall: the desk does not manage members, and a worker sees no members at all.
    """
    door = sa.select(User).join(Membership, Membership.user_id == User.id)
    mine = door.where(Membership.candidate_id == candidate.id, _live(Membership, now)).order_by(User.id)
    user = db.session.scalars(mine, execution_options=SYSTEM_READ).first()
    if user is None:
        user = _made(candidate, now)
    return user if user.active and _is_candidates_only(user.id, now) else None


def _made(candidate: Candidate, now: datetime) -> User:
    """A new account with its membership; of two who make it at once the second finds the first's, by its name."""
    name = candidate.number.lower()
    called = sa.select(User).where(User.username == name)
    user = User(first_name=candidate.number, last_name="", username=name, email=f"{name}@{NO_ADDRESS}", active=True)
    user.password = passwords.UNUSABLE
    try:
        with db.session.begin_nested():
            db.session.add(user)
            db.session.flush()
    except IntegrityError:
        return db.session.scalars(called, execution_options=SYSTEM_READ).one()
    profile = {"user_id": user.id, "name": candidate.name[:140], "locale": candidate.locale, "created_at": now}
    place = {"user_id": user.id, "role": Role.CANDIDATE, "region_id": candidate.region_id, "candidate_id": candidate.id}
    for model, values in ((UserProfile, profile), (Membership, {**place, "starts_on": clock.day(now), "version": 1})):
        db.session.execute(sa.insert(model).values(values), execution_options=SYSTEM_READ)
    links.note("make_account", user.id, ["account"], now=now)
    return user


def _is_candidates_only(user_id: int, now: datetime) -> bool:
    """This account is that of one candidate and nothing else: a mail box must not open the work of a colleague."""
    today = clock.day(now)
    roles = sa.select(Membership.role).where(Membership.user_id == user_id, _not_over(Membership, today))
    return db.session.scalars(roles, execution_options=SYSTEM_READ).all() == [Role.CANDIDATE]


def _live(membership: Any, now: datetime) -> Any:
    today = clock.day(now)
    return sa.and_(membership.role == Role.CANDIDATE, membership.starts_on <= today, _not_over(membership, today))


def _not_over(membership: Any, today: date) -> Any:
    return sa.or_(membership.ends_on.is_(None), membership.ends_on >= today)
