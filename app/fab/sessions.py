"""Server-side sessions: a row for everyone who is signed in, a signed cookie without a row for everyone else.

The cookie of a signed-in browser holds a random id, the row its hash. Ending the row ends the session, whatever the browser keeps.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, Response, g
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import CallbackDict

from app.adapters import clock
from app.enums import Role
from app.extensions import db, reading, transaction
from app.models import LoginSession, Membership, Organisation, Region, UserProfile
from app.security.scope import SYSTEM_READ
from app.services import notifications

TOKEN_BYTES = 32
LONGEST = timedelta(hours=12)
IDLE_STAFF = timedelta(minutes=30)
IDLE_CANDIDATE = timedelta(minutes=60)
SEEN_EVERY = timedelta(minutes=1)  # last-seen is written at most this often


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Standing:
    """One membership of the signed-in person as the session query found it."""

    membership: Membership
    region: Region
    organisation: Organisation | None


class RowSession(CallbackDict, SessionMixin):
    """Flask's session of somebody who is signed in. `row_id` is empty before `start`, and the session ends by `end`."""

    def __init__(self, data: dict[str, Any] | None = None, row: Any = None, user: Any = None) -> None:
        super().__init__(data or {}, lambda session: setattr(session, "modified", True))
        self.modified = False
        self.accessed = True
        self.row = row
        self.user = user
        self.profile: UserProfile | None = None
        self.standings: tuple[Standing, ...] = ()
        self.unread = 0  # notifications
        self.new_token: str | None = None
        self.ended = False


def network(address: str | None, *, v4: int, v6: int) -> str:
    """The network an address lies in; empty for what is no address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{parsed}/{v4 if parsed.version == 4 else v6}", strict=False))


class LoketSessions(SessionInterface):
    """Opens the row of a signed-in browser in one statement; everybody else gets Flask's signed cookie."""

    cookie = SecureCookieSessionInterface()
    prefix = "s."

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        value = request.cookies.get(app.config["SESSION_COOKIE_NAME"], "")
        if value.startswith(self.prefix) and request.endpoint not in ("static", "appbuilder.static"):
            try:
                opened = _open(value.removeprefix(self.prefix), clock.now())
            except OperationalError as problem:
                g.unopened, opened = problem, None  # raised again where an error page can be made of it
            if opened is not None:
                return opened
        return self.cookie.open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        # What is kept for good is the same whatever cookie comes along; and a session that could not be read stays what it is.
        if response.cache_control.immutable or "unopened" in g:
            return
        if not isinstance(session, RowSession):
            self._save_anonymous(app, session, response)
            return
        db.session.rollback()  # what the doorway did not commit is not meant to stay
        response.vary.add("Cookie")
        name = app.config["SESSION_COOKIE_NAME"]
        where = {"path": "/", "httponly": True, "samesite": "Lax", "secure": app.config["SESSION_COOKIE_SECURE"]}
        if session.ended:
            response.delete_cookie(name, **where)
            return
        if session.new_token:
            response.set_cookie(name, self.prefix + session.new_token, max_age=int(LONGEST.total_seconds()), **where)
        _save(session, clock.now())

    def _save_anonymous(self, app: Flask, session: SessionMixin, response: Response) -> None:
        ended = g.get("ended_session")
        if ended:
            response.delete_cookie(app.config["SESSION_COOKIE_NAME"], path="/")
        self.cookie.save_session(app, session, response)


def _open(token: str, now: datetime) -> RowSession | None:
    """The live session of this token with its person and memberships, or None."""
    today = clock.day(now)
    query = (
        sa.select(LoginSession, User, UserProfile, notifications.unread_of(User.id), Membership, Region, Organisation)
        .join(User, User.id == LoginSession.user_id)
        .join(UserProfile, UserProfile.user_id == User.id)
        .outerjoin(
            Membership,
            sa.and_(
                Membership.user_id == User.id,
                Membership.starts_on <= today,
                sa.or_(Membership.ends_on.is_(None), Membership.ends_on >= today),
            ),
        )
        .outerjoin(Region, Region.id == Membership.region_id)
        .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
        .where(LoginSession.token_hash == hash_of(token), LoginSession.ended_at.is_(None), User.active.is_(True))
        .order_by(Membership.id)
    )
    with reading() as own:
        found = own.execute(query, execution_options=SYSTEM_READ).all()
    if not found:
        return None
    row, user, profile, unread = found[0][:4]
    standings = tuple(Standing(*line[4:]) for line in found if line[4] is not None)
    if _expired(row, standings, now):
        return None
    session = RowSession(dict(row.data), row, user)
    session.profile, session.standings, session.unread = profile, standings, unread
    return session


def _expired(row: LoginSession, standings: tuple[Standing, ...], now: datetime) -> bool:
    only_candidate = bool(standings) and all(standing.membership.role is Role.CANDIDATE for standing in standings)
    idle = IDLE_CANDIDATE if only_candidate else IDLE_STAFF
    return now - row.created_at > LONGEST or now - row.last_seen_at > idle


def _save(session: RowSession, now: datetime) -> None:
    row = session.row
    assert row is not None
    values: dict[str, Any] = {}
    if session.modified:
        values["data"] = dict(session)
    if now - row.last_seen_at >= SEEN_EVERY and not g.get("is_poll"):
        values["last_seen_at"] = now
    if not values:
        return
    with transaction() as own:
        own.execute(
            sa.update(LoginSession).where(LoginSession.id == row.id, LoginSession.ended_at.is_(None)).values(**values),
            execution_options=SYSTEM_READ,
        )


def start(user: User, *, membership_id: int | None, address: str | None, device: str, now: datetime) -> RowSession:
    """Open a session for a person who just proved who they are. Flask's session of this request must be replaced by the answer."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = LoginSession(
        token_hash=hash_of(token),
        user_id=user.id,
        membership_id=membership_id,
        created_at=now,
        last_seen_at=now,
        device=device[:120],
        network=network(address, v4=24, v6=48),
        data={},
    )
    with transaction() as own:
        own.add(row)
        own.flush()
        own.expunge(row)
    session = RowSession({}, row, user)
    session.new_token = token
    return session


def end(user_id: int, *, why: str, now: datetime, only: int | None = None, but: int | None = None) -> int:
    """End a person's sessions (or `only` one, or all `but` one) in the running transaction; says how many."""
    query = sa.update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
    if only is not None:
        query = query.where(LoginSession.id == only)
    if but is not None:
        query = query.where(LoginSession.id != but)
    done: Any = db.session.execute(
        query.values(ended_at=now, ended_why=why), execution_options={**SYSTEM_READ, "synchronize_session": False}
    )
    return int(done.rowcount)


def forget_old(before: date) -> None:
    """Delete rows of sessions that ended or fell silent before a day."""
    moment = clock.at_midnight(before)
    gone = sa.or_(LoginSession.ended_at < moment, LoginSession.last_seen_at < moment)
    db.session.execute(sa.delete(LoginSession).where(gone), execution_options={**SYSTEM_READ, "synchronize_session": False})
