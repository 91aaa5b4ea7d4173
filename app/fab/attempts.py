"""Failed sign-ins, counted in the database over all workers: a growing wait for one account from one network.

The wait belongs to account × network, so that nobody can lock another person out from elsewhere.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db, transaction
from app.fab.sessions import network
from app.models import LoginAttempt
from app.security.scope import SYSTEM_READ

FREE = 4  # mistakes without a wait
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=12)


def _key(account: str, address: str | None) -> tuple[str, str]:
    return hashlib.sha256(account.strip().casefold().encode()).hexdigest(), network(address, v4=32, v6=64)


def wait_for(account: str, address: str | None, now: datetime) -> int:
    """Seconds this account still has to wait from this network; 0 when it may try."""
    name, where = _key(account, address)
    query = sa.select(LoginAttempt.blocked_until).where(LoginAttempt.account == name, LoginAttempt.network == where)
    until = db.session.scalar(query, execution_options=SYSTEM_READ)
    return max(0, int((until - now).total_seconds()) + 1) if until and until > now else 0


def claim(account: str, address: str | None, now: datetime) -> int:
    """Count one try before the password is looked at, so that parallel guesses count too; the wait in seconds, or 0 to go on."""
    name, where = _key(account, address)
    with transaction() as own:
        insert = (postgresql if own.get_bind().dialect.name == "postgresql" else sqlite).insert(LoginAttempt.__table__)
        query = insert.values(account=name, network=where, failures=0, last_at=now).on_conflict_do_nothing()
        own.execute(query, execution_options=SYSTEM_READ)
        locked = sa.select(LoginAttempt).where(LoginAttempt.account == name, LoginAttempt.network == where).with_for_update()
        row = own.scalar(locked, execution_options=SYSTEM_READ)
        if row.blocked_until and row.blocked_until > now:
            return int((row.blocked_until - now).total_seconds()) + 1
        if now - row.last_at > FORGOTTEN_AFTER:
            row.failures = 0
        row.failures += 1
        row.last_at = now
        if row.failures >= FREE:
            row.blocked_until = now + min(timedelta(seconds=2 ** (row.failures - FREE + 1)), LONGEST_WAIT)
    return 0


def forget(account: str, address: str | None) -> None:
    """A right password: start counting anew."""
    name, where = _key(account, address)
    with transaction() as own:
        own.execute(
            sa.delete(LoginAttempt).where(LoginAttempt.account == name, LoginAttempt.network == where), execution_options=SYSTEM_READ
        )
