"""The worker's part of messages to a group: which of them may send now, what a mail of one says, and when one is done.

Runs in the system scope. Service mails never wait for these: services/delivering.py asks here when there is nothing else to do.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.adapters import clock
from app.enums import DeliveryState, MailingState, NotificationKind, NotSent
from app.extensions import db
from app.models import Candidate, Delivery, Mailing, Region, RegionSending
from app.queries import audiences
from app.services import mail_addresses, mail_links, mailing_text, notifications, pace, placeholders
from app.services.contact import normalise_email

WAITING = (DeliveryState.QUEUED, DeliveryState.RETRY)
HELD = (DeliveryState.CLAIMED, DeliveryState.HANDING_OVER)
_BESIDE: dict[str, Any] = {"synchronize_session": False}


class NotNow(Exception):
    """This message is on hold: its mail goes back and waits."""


class Left(Exception):
    """This person gets it no more; `why` is the reason, None when the message was stopped."""

    def __init__(self, why: NotSent | None) -> None:
        super().__init__(why)
        self.why = why


def open_now(session: Any, now: datetime, most: int = 1) -> list[tuple[int, Region, int]]:
    """(key, region, how many) of the messages that may send now, the longest waiting first; `how many` is what the rate leaves."""
    running = _running(session, now)
    left = ((key, region, pace.allowance(region, free_at or pace.LONG_AGO, most, now)) for key, region, free_at in running)
    return [(key, region, number) for key, region, number in left if number]


def _running(session: Any, now: datetime) -> Any:
    """(key, region, when its rate is free again) of the messages that are on their way."""
    running = sa.select(Mailing.id, Region, RegionSending.free_at).join(Region, Region.id == Mailing.region_id)
    running = running.outerjoin(RegionSending, RegionSending.region_id == Region.id)
    running = running.where(Mailing.state == MailingState.SENDING, Mailing.send_after <= now)
    return session.execute(running.order_by(Mailing.started_at, Mailing.id)).all()


def due(keys: list[int], now: datetime, *states: DeliveryState) -> sa.Select[Any]:
    """The mails of these messages that should go now, of those that wait in one of these ways (none named: in any)."""
    return sa.select(Delivery.id).where(Delivery.mailing_id.in_(keys), Delivery.state.in_(states or WAITING), Delivery.not_before <= now)


def choose(most: int, *, now: datetime) -> list[int]:
    """Keys of mails to claim, of one message, within the rate of its region; locked until the commit."""
    for key, region, _ in open_now(db.session, now, most):
        number = pace.allowance(region, pace.held(region).free_at, most, now)
        keys: list[int] = []
        for state in (DeliveryState.RETRY, DeliveryState.QUEUED):  # one at a time is read in the order of the index, however many wait
            first = due([key], now, state).order_by(Delivery.not_before, Delivery.id).limit(number - len(keys))
            keys += db.session.scalars(first.with_for_update(skip_locked=True)) if number > len(keys) else []
        if keys:
            pace.take(region, len(keys), now=now)
            return keys
    return []


def ended(session: Any) -> list[int]:
    """Keys of the messages of which nobody waits any more."""
    waits = sa.select(1).where(Delivery.mailing_id == Mailing.id, Delivery.state.in_((*WAITING, *HELD))).exists()
    return list(session.scalars(sa.select(Mailing.id).where(Mailing.state == MailingState.SENDING, ~waits).order_by(Mailing.id)))


def oldest(session: Any, now: datetime) -> datetime | None:
    """Since when a message that may send now has waited while its region sent nothing at all; None when none waits."""
    found = []
    for key, region, _ in _running(session, now):
        if pace.is_quiet(region, now):
            continue
        waits = sa.select(sa.func.min(Delivery.not_before)).where(Delivery.mailing_id == key, Delivery.state.in_((*WAITING, *HELD)))
        going = sa.select(Mailing.id).where(Mailing.region_id == region.id, Mailing.state == MailingState.SENDING)
        moved = sa.select(sa.func.max(Delivery.sent_at)).where(Delivery.mailing_id.in_(going), Delivery.state == DeliveryState.SENT)
        since = session.scalar(waits)
        if since is not None:
            found.append(max(since, session.scalar(moved) or since))
    return min(found, default=None)


def words(row: Delivery, now: datetime) -> tuple[str, str, dict[str, Any]]:
    """Where a mail of a message goes, how that is compared, and what it says. Raises NotNow and Left: everything is asked again here."""
    mailing = row.mailing
    if mailing is None or mailing.state is MailingState.CANCELLED:
        raise Left(None)
    if mailing.state is not MailingState.SENDING:
        raise NotNow
    address, norm, where, candidate = _receiver(row, mailing, now)
    said = _letter(mailing, candidate, row.locale, where)
    if candidate is not None and not all(said["values"].values()):  # it was there when the sender looked
        raise Left(NotSent.NOTHING_TO_FILL_IN)
    return address, norm, said


def test(row: Delivery, now: datetime) -> dict[str, Any]:
    """What the sender gets to see of a message, as this receiver would get it; without one, in the sender's language."""
    asked = row.merge or {}
    mailing = db.session.get(Mailing, asked.get("mailing"))
    if mailing is None:
        raise ValueError("the message is not there any more")
    candidate = db.session.get(Candidate, asked.get("candidate") or 0)
    where = mail_addresses.known(row.address, row.address_norm, row.locale, now=now)
    return _letter(mailing, candidate, candidate.locale if candidate else row.locale, where.id)


def _receiver(row: Delivery, mailing: Mailing, now: datetime) -> tuple[str, str, int, Candidate | None]:
    """Where it goes, how that is compared, the key of that address, and who it is."""
    facts = audiences.facts(mailing, mailing.region.mailings_a_week, now=now, today=clock.day(now))
    this = {"person": row.candidate_id, "norm": row.address_norm}
    by_organisation = mailing.organisation_id is not None
    asked = audiences.reason_of_address() if row.candidate_id is None else audiences.reason_of_one(by_organisation)
    address, why, where = db.session.execute(asked, {**facts, **this}).one_or_none() or (None, NotSent.GONE.name, None)
    if why is not None:
        raise Left(NotSent[why])
    norm = normalise_email(address)
    if address is None or norm is None:
        raise Left(NotSent.NO_ADDRESS)
    if norm != row.address_norm and _is_mailed_to(mailing.id, norm):
        raise Left(NotSent.SAME_ADDRESS)
    candidate = db.session.get(Candidate, row.candidate_id) if row.candidate_id is not None else None
    return address.strip(), norm, where or mail_addresses.known(address, norm, row.locale, now=now).id, candidate


def stand_in(mailing_id: int, norm: str, *, of: int, now: datetime) -> None:
    """The mail of row `of` does not go to this address after all: the first of the others who share it gets theirs."""
    same = (Delivery.id != of, Delivery.mailing_id == mailing_id, Delivery.address_norm == norm, Delivery.not_sent == NotSent.SAME_ADDRESS)
    first = db.session.scalar(sa.select(sa.func.min(Delivery.id)).where(*same, Delivery.state == DeliveryState.SUPPRESSED))
    waits = {"state": DeliveryState.QUEUED, "not_sent": None, "reason": None, "not_before": now}
    if first is not None and not _is_mailed_to(mailing_id, norm):
        db.session.execute(sa.update(Delivery).where(Delivery.id == first).values(waits), execution_options=_BESIDE)


def _is_mailed_to(mailing_id: int, norm: str) -> bool:
    same = (Delivery.mailing_id == mailing_id, Delivery.address_norm == norm, Delivery.state != DeliveryState.SUPPRESSED)
    return db.session.scalar(sa.select(Delivery.id).where(*same).limit(1)) is not None


def _letter(mailing: Mailing, candidate: Candidate | None, locale: str, where: int) -> dict[str, Any]:
    """What a mail of a message is made of, and by which address a mail program unsubscribes (RFC 8058)."""
    chosen = mailing_text.words_of(mailing, locale)
    values = placeholders.values(candidate, placeholders.used(chosen.body), locale=chosen.locale) if candidate is not None else {}
    leave = mail_links.unsubscribe_path(where, mailing.category)
    about = {"locale": locale, "region_name": mailing_text.sender_of(mailing), "preferences_path": mail_links.preferences_path(where)}
    return {"words": chosen, "values": values, "about": about, "unsubscribe": leave, "answer_to": mailing.region.desk_email}


def finish(mailing_id: int, *, now: datetime) -> None:
    """Call a message done when nobody waits any more; its author hears how many got it, and of how many nobody knows."""
    db.session.execute(sa.select(Mailing.id).where(Mailing.id == mailing_id).with_for_update())  # whoever tries again has committed
    waits = sa.select(1).where(Delivery.mailing_id == mailing_id, Delivery.state.in_((*WAITING, *HELD))).exists()
    this = sa.update(Mailing).where(Mailing.id == mailing_id, Mailing.state == MailingState.SENDING, ~waits)
    ends = this.values(state=MailingState.DONE, finished_at=now, version=Mailing.version + 1).returning(Mailing.created_by)
    author = db.session.scalar(ends, execution_options=_BESIDE)
    if author is None:
        return
    counted = sa.select(Delivery.state, sa.func.count()).where(Delivery.mailing_id == mailing_id).group_by(Delivery.state)
    by_state = {state: number for state, number in db.session.execute(counted)}
    told = {"mailing_done": by_state.get(DeliveryState.SENT, 0), "mailing_unknown": by_state.get(DeliveryState.UNKNOWN, 0)}
    for name, number in told.items():
        if number or name == "mailing_done":
            key, path = f"{name}:{mailing_id}:{now.isoformat()}", f"/berichten/groep/{mailing_id}"
            notifications.tell([author], NotificationKind.MAILING, name, path=path, key=key, now=now, merge={"count": number})
