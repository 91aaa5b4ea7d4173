"""Mail that came back. The mail is marked as failed; an address that does not exist gets no mail any more until the desk says so."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.enums import DeliveryState
from app.errors import BadInput
from app.extensions import db
from app.models import Delivery, DeliveryEvent, Setting
from app.security.scope import SYSTEM_READ
from app.services import mail_addresses
from app.services.contact import without_addresses

SOURCE = "bounce"  # of a suppression
WITHIN = timedelta(minutes=5)  # that a signed message is taken
_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")
_NO_ADDRESS = re.compile(r"5\.1\.(?!7\b|8\b)\d{1,3}")  # RFC 3463: of the receiver; 5.1.7 and 5.1.8 are about the sender
_ARRIVED = (DeliveryState.SENT, DeliveryState.UNKNOWN)  # as far as we knew
_SEEN = "bounces:"
_BESIDE: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}


def note(message_id: str, status: str, reply: str, *, now: datetime) -> bool:
    """Write down that a mail of ours came back (5.x.x) or is late (4.x.x); False when it is not ours, or known already."""
    kind = _STATUS.fullmatch(status)
    ours = Delivery.message_id == message_id.strip().strip("<>").partition("@")[0]
    row = db.session.scalar(sa.select(Delivery).where(ours), execution_options=SYSTEM_READ)
    if row is None or kind is None or row.state not in _ARRIVED:
        return False
    said = without_addresses(f"{status} {reply}")[:400]
    if kind[1] != "5":
        return kind[1] == "4" and _event(row, row.state, said, now)
    mine = sa.update(Delivery).where(Delivery.id == row.id, Delivery.state == row.state)
    failed = {"state": DeliveryState.FAILED, "reason": said[:200], "reply": said}
    if not db.session.execute(mine.values(failed), execution_options=_BESIDE).rowcount:  # type: ignore[attr-defined]
        return False
    if _NO_ADDRESS.fullmatch(status):
        mail_addresses.suppress(row.address_norm, reason=said, source=SOURCE, now=now)
    return _event(row, DeliveryState.FAILED, said, now)


def once(signature: str, sent_at: datetime, *, now: datetime) -> None:
    """Take a signed message of this moment, once. Raises BadInput for one that is too old, too early or here for the second time."""
    if abs(now - sent_at) > WITHIN:
        raise BadInput("the message is too old, or your clock is wrong")
    old = sa.and_(Setting.key.like(f"{_SEEN}%"), Setting.value < (now - 2 * WITHIN).isoformat(timespec="seconds"))
    db.session.execute(sa.delete(Setting).where(old), execution_options=_BESIDE)
    key = _SEEN + hashlib.sha256(signature.encode()).hexdigest()[:30]
    try:
        with db.session.begin_nested():
            db.session.add(Setting(key=key, value=now.isoformat(timespec="seconds")))
            db.session.flush()
    except IntegrityError:
        raise BadInput("this message was here before") from None


def _event(row: Delivery, state: DeliveryState, detail: str, now: datetime) -> bool:
    """A statement: whoever hands in a bounce adds nothing through the wall."""
    values = {"delivery_id": row.id, "at": now, "state": state, "detail": detail}
    db.session.execute(sa.insert(DeliveryEvent).values(values), execution_options=SYSTEM_READ)
    return True
