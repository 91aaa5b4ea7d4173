"""Handing the outbox to the mail server, one mail at a time: what jobs/mail.py calls, in the system scope. Each function is part of one
short transaction, and no transaction is open while the mail server is talked to.

A mail goes queued → claimed → handing_over → sent. Whoever claimed it holds a token and a lease; a change of state counts only while
the token and the state are still those. A worker that dies leaves at most one mail in doubt: a service mail goes out again with the
same Message-ID, so that a mailbox can see that it is the same mail; one of a message to a group becomes unknown, and its sender decides.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import joinedload

from app.adapters import clock
from app.adapters.mailer import Answer, Letter, Verdict
from app.enums import OPEN_STATUSES, DeliveryState, MailingState
from app.extensions import db
from app.models import Candidate, Delivery, DeliveryEvent, Mailing, Membership, Setting, Suppression, UserProfile
from app.queries import live
from app.security.scope import SYSTEM_READ
from app.services import bulk, digest, doors, outbox
from app.services.bulk import HELD, WAITING
from app.services.contact import normalise_email, without_addresses
from app.services.mails import KINDS

LEASE = timedelta(seconds=120)  # longer than one mail may take (mailer.TIMEOUT), or slow relays double mail; renewed when it is half over
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 60, 240, 720, 1440, 1440))  # 65 hours; a ninth try fails for good
JITTER = 0.2
LATE = 15 * 60  # seconds: older than that, and somebody has to look
MOST_ERRORS = 10  # connections that fail in a row
PAUSE = timedelta(minutes=5)
ERRORS, PAUSED_UNTIL = "mail_errors", "mail_paused_until"
logger = logging.getLogger(__name__)
_BESIDE: dict[str, Any] = {"synchronize_session": False}


class Unwanted(Exception):
    """A mail that has no sense any more: to a closed file, an account that ended, too late. Its text is the reason."""

    def __init__(self, reason: str, state: DeliveryState = DeliveryState.CANCELLED, **more: Any) -> None:
        super().__init__(reason)
        self.state, self.more = state, more


Make = Callable[[Delivery, str, dict[str, Any]], Letter]  # of a row, the address and what the mail says


def something_due(session: Any, now: datetime) -> bool:
    """A worker has something to do: a mail waits, of the service or of a message that may send now, or a dead worker left one."""
    open_keys = [key for key, *_ in bulk.open_now(session, now)]
    asked = (_service(now), *((bulk.due(open_keys, now),) if open_keys else ()), _expired(now))
    return any(session.scalar(one.limit(1)) is not None for one in asked)


def _service(now: datetime) -> sa.Select[Any]:
    return sa.select(Delivery.id).where(Delivery.mailing_id.is_(None), Delivery.state.in_(WAITING), Delivery.not_before <= now)


def _expired(now: datetime) -> sa.Select[Any]:
    columns: tuple[Any, ...] = (Delivery.id, Delivery.state, Delivery.mailing_id)
    return sa.select(*columns).where(Delivery.state.in_(HELD), Delivery.lease_until < now)


def queue(now: datetime) -> tuple[int, int | None]:
    """For who watches: how many mails of the service should have gone by now, and for how many seconds the oldest waits (None: there is
    none); a message to a group counts from when it moved last, for its region may send slowly."""
    late = sa.select(sa.func.count(), sa.func.min(Delivery.not_before))
    late = late.where(Delivery.mailing_id.is_(None), Delivery.state.in_((*WAITING, *HELD)), Delivery.not_before <= now)
    number, since = db.session.execute(late, execution_options=SYSTEM_READ).one()
    first = min((one for one in (since, bulk.oldest(db.session, now)) if one is not None), default=None)
    return number, int((now - first).total_seconds()) if first is not None else None


def free_expired(*, now: datetime) -> int:
    """Queue again what a dead worker left behind; says how many. Of what it was handing over nobody knows whether it went: a message to a
    group is not sent again by itself."""
    freed = 0
    for key, state, mailing_id in db.session.execute(_expired(now).with_for_update(skip_locked=True)).all():
        this = sa.and_(Delivery.id == key, Delivery.state == state, Delivery.lease_until < now)
        doubt = state is DeliveryState.HANDING_OVER
        to = DeliveryState.UNKNOWN if doubt and mailing_id is not None else DeliveryState.QUEUED
        if _change(this, state=to, claim=None, lease_until=None):
            freed += 1
            if doubt:
                again = ": sent again with the same Message-ID" if to is DeliveryState.QUEUED else ""
                _note(key, to, f"the worker stopped half-way{again}", now)
    return freed


def claim(most: int, *, now: datetime, lease: timedelta = LEASE) -> tuple[str, list[int]]:
    """Take what waits longest, for this worker alone: the token, and the keys in order. Mails of the service first."""
    first = _service(now).order_by(Delivery.not_before, Delivery.id).limit(most).with_for_update(skip_locked=True)
    keys = list(db.session.scalars(first)) or bulk.choose(most, now=now)
    token = secrets.token_hex(16)
    if keys:
        _change(Delivery.id.in_(keys), state=DeliveryState.CLAIMED, claim=token, lease_until=now + lease)
    return token, keys


def hand_over(key: int, token: str, make: Make, *, now: datetime, lease: timedelta = LEASE) -> Letter | None:
    """Look again whether this mail is still wanted, `make` it, and mark that it goes out now; None when it does not go.

    Renews the lease of all that this worker holds when it is half over. A mail that cannot be made fails, so that the ones behind it go on.
    """
    mine = sa.and_(Delivery.id == key, Delivery.claim == token, Delivery.state == DeliveryState.CLAIMED)
    look = sa.select(Delivery).where(mine).options(joinedload(Delivery.mailing).joinedload(Mailing.region))
    row = db.session.scalars(look.with_for_update(of=Delivery), execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        return None
    mailing_id, norm_before = row.mailing_id, row.address_norm
    if row.lease_until is None or row.lease_until < now + lease / 2:
        _change(sa.and_(Delivery.claim == token, Delivery.state.in_(HELD)), lease_until=now + lease)
    letter, norm = _ready(row, mine, make, now)
    if letter is not None:
        going = {"state": DeliveryState.HANDING_OVER, "address": letter.to, "address_norm": norm, "lease_until": now + lease}
        if not _change(mine, **going):
            return None
        _note(key, DeliveryState.HANDING_OVER, None, now)
    if mailing_id is not None and norm != norm_before:
        bulk.stand_in(mailing_id, norm_before, of=key, now=now)
    return letter


def _ready(row: Delivery, mine: Any, make: Make, now: datetime) -> tuple[Letter | None, str | None]:
    """The mail and the address as it is compared; nothing when it does not go, and why is written down."""
    key, kind, is_service = row.id, row.kind, row.mailing_id is None
    try:
        with db.session.begin_nested() if is_service else nullcontext():
            return _made(row, make, now)
    except bulk.NotNow:
        _put(mine, key, DeliveryState.QUEUED, None, now)
    except Unwanted as why:
        _end(mine, key, why.state, str(why), now, **why.more)
    except sa.exc.SQLAlchemyError:
        raise  # about the database, not about this mail
    except Exception:
        logger.exception("Mail %d of kind %s cannot be made", key, kind)
        _end(mine, key, DeliveryState.FAILED, "the mail could not be made", now)
    return None, None


def settle(key: int, token: str, answer: Answer, *, now: datetime) -> bool:
    """Write down what became of the mail that was handed over; False when the lease was lost meanwhile and it is no longer ours."""
    mine = sa.and_(Delivery.id == key, Delivery.claim == token, Delivery.state == DeliveryState.HANDING_OVER)
    answer = replace(answer, reply=without_addresses(answer.reply))
    if answer.verdict is Verdict.SENT:
        return _end(mine, key, DeliveryState.SENT, None, now, sent_at=now, attempts=Delivery.attempts + 1, reply=answer.reply)
    if answer.bad_address:
        _suppress(key, answer.reply, now)
    this = sa.select(Delivery.attempts, Delivery.mailing_id, Mailing.state).outerjoin(Mailing, Mailing.id == Delivery.mailing_id)
    attempts, mailing_id, going = db.session.execute(this.where(Delivery.id == key)).one()
    if going is MailingState.CANCELLED and answer.verdict in (Verdict.AWAY, Verdict.LATER):
        return _end(mine, key, DeliveryState.CANCELLED, "the message was stopped", now, reply=answer.reply)
    if answer.verdict is Verdict.AWAY:  # nobody's fault: costs no attempt
        return _put(mine, key, DeliveryState.QUEUED, answer.reply, now)
    if answer.verdict is Verdict.DOUBT and mailing_id is not None:
        return _end(mine, key, DeliveryState.UNKNOWN, answer.reply[:200], now, attempts=attempts + 1, reply=answer.reply)
    if answer.verdict is Verdict.NEVER or attempts >= len(RETRIES):
        return _end(mine, key, DeliveryState.FAILED, answer.reply[:200], now, attempts=attempts + 1, reply=answer.reply)
    again = now + RETRIES[attempts] * random.uniform(1 - JITTER, 1 + JITTER)
    return _put(mine, key, DeliveryState.RETRY, answer.reply, now, attempts=attempts + 1, not_before=again)


def release(token: str) -> None:
    """Queue again what this worker claimed and has not begun with."""
    mine = sa.and_(Delivery.claim == token, Delivery.state == DeliveryState.CLAIMED)
    _change(mine, state=DeliveryState.QUEUED, claim=None, lease_until=None)


# --- a relay that is away --------------------------------------------------------------------------------------------


def is_paused(session: Any, now: datetime) -> bool:
    """Too many connections failed in a row; it is tried again when the pause is over."""
    until = _setting(session, PAUSED_UNTIL)
    return until is not None and datetime.fromisoformat(until) > now


def note_connection(well: bool, *, now: datetime) -> int:
    """Count connections that fail in a row; says how many. From the tenth on each one pauses all sending."""
    before = int(_setting(db.session, ERRORS) or 0)
    if well and not before:
        return 0
    errors = 0 if well else before + 1
    db.session.merge(Setting(key=ERRORS, value=str(errors)))
    until = now + PAUSE if errors >= MOST_ERRORS else now
    db.session.merge(Setting(key=PAUSED_UNTIL, value=until.isoformat(timespec="seconds")))
    return errors


def _setting(session: Any, key: str) -> str | None:
    found: str | None = session.scalar(sa.select(Setting.value).where(Setting.key == key))
    return found


# --- what a mail says at the moment that it leaves -------------------------------------------------------------------


def _made(row: Delivery, make: Make, now: datetime) -> tuple[Letter, str]:
    """The mail, and the address as it is compared. Raises Unwanted, and bulk.NotNow for a message on hold."""
    if row.mailing_id is not None:
        try:
            address, norm, said = bulk.words(row, now)
        except bulk.Left as left:
            if left.why is None:
                raise Unwanted("the message was stopped") from None
            raise Unwanted(left.why.value, DeliveryState.SUPPRESSED, not_sent=left.why) from None
        return make(row, address, said), norm
    address, norm = _address(row, now)
    reason = outbox.suppressed(norm, row.kind)
    if reason is not None:
        raise Unwanted(reason, DeliveryState.SUPPRESSED)
    more = PREPARE[row.kind](row, now) if row.kind in PREPARE else {}
    return make(row, address, {**(row.merge or {}), "path": KINDS[row.kind].path, **more}), norm


def _address(row: Delivery, now: datetime) -> tuple[str, str]:
    """Where this person reads mail now, and how that is compared. Raises Unwanted when this mail should not arrive any more."""
    kind = KINDS[row.kind]
    if kind.useful is not None and now > row.created_at + kind.useful:
        raise Unwanted("too late to be of use")
    if row.candidate_id is None and row.user_id is None:  # somebody who is nobody yet, such as who asks for the newsletter
        return row.address, row.address_norm
    address = outbox.address_of(_candidate(row, kind.closed) if row.candidate_id is not None else _member(row, kind.staff, now))
    norm = normalise_email(address)
    if address is None or norm is None:
        raise Unwanted("no address any more")
    return address, norm


def _candidate(row: Delivery, closed: bool) -> Candidate:
    candidate = db.session.get(Candidate, row.candidate_id)
    if candidate is None or not (closed or candidate.status in OPEN_STATUSES):
        raise Unwanted("the file is closed")
    return candidate


def _member(row: Delivery, staff: bool, now: datetime) -> UserProfile:
    here = sa.select(UserProfile).join(UserProfile.user).where(UserProfile.user_id == row.user_id, User.active.is_(True))
    if staff:
        here = here.where(sa.exists().where(Membership.user_id == UserProfile.user_id, *live.memberships(clock.day(now))))
    profile: UserProfile | None = db.session.scalars(here).one_or_none()
    if profile is None:
        raise Unwanted("the account is closed")
    return profile


def _sign_in(row: Delivery, now: datetime) -> dict[str, Any]:
    """A fresh link, known to nobody but this mail: only the hash of its token is kept."""
    token = doors.token(row.candidate_id, now=now) if row.candidate_id is not None else None
    if token is None:
        raise Unwanted("no account to sign in to")
    return {"path": f"/aanmelden/link/{token}"}


def _digest(row: Delivery, now: datetime) -> dict[str, Any]:
    return digest.in_words((row.merge or {}).get("regions", []), row.user_id or 0, clock.day(row.created_at))


# What a kind works out in the transaction in which its mail leaves, and what is therefore stored nowhere.
PREPARE: Mapping[str, Callable[[Delivery, datetime], dict[str, Any]]] = {"sign_in": _sign_in, "digest": _digest, "mailing_test": bulk.test}


# --- writing it down -------------------------------------------------------------------------------------------------


def _end(mine: Any, key: int, state: DeliveryState, reason: str | None, now: datetime, **more: Any) -> bool:
    """The last state of a mail: what it would have said is wiped."""
    return _put(mine, key, state, reason, now, merge=sa.null(), **({"reason": reason} if reason else {}), **more)


def _put(mine: Any, key: int, state: DeliveryState, detail: str | None, now: datetime, **values: Any) -> bool:
    said = {"reply": detail} if detail and "reply" not in values else {}
    done = _change(mine, state=state, claim=None, lease_until=None, **said, **values)
    if done:
        _note(key, state, detail, now)
    return done


def _change(which: Any, **values: Any) -> bool:
    done = db.session.execute(sa.update(Delivery).where(which).values(**values), execution_options=_BESIDE)
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _note(key: int, state: DeliveryState, detail: str | None, now: datetime) -> None:
    facts = {"delivery_id": key, "at": now, "state": state, "detail": detail[:400] if detail else None}
    db.session.execute(sa.insert(DeliveryEvent).values(facts))


def _suppress(key: int, reply: str, now: datetime) -> None:
    norm = db.session.scalar(sa.select(Delivery.address_norm).where(Delivery.id == key))
    if norm is not None and db.session.get(Suppression, (norm, "")) is None:
        db.session.add(Suppression(address_norm=norm, category="", reason=reply[:200], source="mail server", at=now))
        db.session.flush()
