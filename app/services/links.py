"""One-time links: whoever holds one gets into one account, once: to choose its password within a day, or to sign in within minutes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext

from app.enums import LinkPurpose
from app.errors import NotFound
from app.extensions import db
from app.models import ChangeLog, OneTimeLink
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import log

TOKEN_BYTES = 32
LIVES = timedelta(hours=24)
SIGN_IN_LIVES = timedelta(minutes=10)
MOST_OPEN = 3
FOR_PASSWORD = (LinkPurpose.INVITE, LinkPurpose.RESET)
FOR_SIGN_IN = (LinkPurpose.SIGN_IN,)
BESIDE: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def make(user: User, purpose: LinkPurpose, *, by: Identity | None, now: datetime) -> str:
    """A new link for this account; the token is returned once and never stored. The oldest of more than three open links dies.

    Who may ask for one is checked where it is asked: members.invite, members.new_link, doors.token.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    until = now + (SIGN_IN_LIVES if purpose in FOR_SIGN_IN else LIVES)
    link = OneTimeLink(user_id=user.id, purpose=purpose, token_hash=hash_of(token), created_at=now, expires_at=until)
    db.session.add(link)
    db.session.flush()
    newest = sa.select(OneTimeLink.id).where(_open(user.id, now)).order_by(OneTimeLink.created_at.desc(), OneTimeLink.id.desc())
    kept = newest.limit(MOST_OPEN)
    kill(user.id, now=now, but=list(db.session.scalars(kept, execution_options=SYSTEM_READ)))
    if by is None:
        note("make_link", user.id, ["one_time_link"], now=now)
    else:
        log.changed("make_link", link, by=by, now=now, fields=["user_id", "purpose", "expires_at"])
        db.session.flush()
    return token


def decoy() -> str:
    """A token that opens nothing, for an answer that must look the same."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def peek(token: str, purposes: tuple[LinkPurpose, ...] = FOR_PASSWORD, *, now: datetime) -> OneTimeLink | None:
    """The open link behind a token, without using it; None when it was used, has expired, is for something else, or never was."""
    mine = (OneTimeLink.token_hash == hash_of(token), OneTimeLink.purpose.in_(purposes))
    alive = (OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now, User.active.is_(True))
    query = sa.select(OneTimeLink).join(User, User.id == OneTimeLink.user_id).where(*mine, *alive)
    return db.session.scalar(query, execution_options=SYSTEM_READ)


def consume(token: str, purposes: tuple[LinkPurpose, ...] = FOR_PASSWORD, *, now: datetime) -> User:
    """Use a link up and say whose it is; the person's other links die. Of two at the same time one wins.

    Raises NotFound when the link is used, has expired, is for something else, or never was. Roll back when what follows is refused: the
    link then lives on.
    """
    link = peek(token, purposes, now=now)
    if link is not None:
        mine = sa.and_(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now)
        done = db.session.execute(sa.update(OneTimeLink).where(mine).values(used_at=now), execution_options=BESIDE)
        if done.rowcount == 1:  # type: ignore[attr-defined]
            db.session.refresh(link)
            kill(link.user_id, now=now)
            note("use_link", link.user_id, ["one_time_link"], now=now)
            return db.session.scalars(sa.select(User).where(User.id == link.user_id), execution_options=SYSTEM_READ).one()
    raise NotFound(gettext("This link has been used or has expired. Ask for a new one."))


def kill(user_id: int, *, now: datetime, but: list[int] | None = None) -> int:
    """Let the open links of a person die, all or all `but` some; says how many."""
    query = sa.update(OneTimeLink).where(_open(user_id, now), OneTimeLink.id.not_in(but or []))
    done = db.session.execute(query.values(expires_at=now), execution_options=BESIDE)
    return int(done.rowcount)  # type: ignore[attr-defined]


def note(verb: str, user_id: int, fields: list[str], *, now: datetime) -> None:
    """Log what somebody does to the own account. A statement beside the wall: nobody is signed in yet, and nobody adds nothing."""
    values = {"at": now, "actor_id": user_id, "verb": verb, "subject": f"ab_user:{user_id}", "table": "ab_user", "fields": fields}
    db.session.execute(sa.insert(ChangeLog).values(values), execution_options=SYSTEM_READ)


def _open(user_id: int, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(OneTimeLink.user_id == user_id, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now)
