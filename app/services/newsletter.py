"""The newsletter for who has no file: asked for on the front page, and sent only after the link in a mail was used."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.enums import MailCategory
from app.errors import BadInput
from app.extensions import db
from app.models import Delivery, MailAddress, Region
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import mail_addresses, mail_links, outbox

KIND = "newsletter_confirm"
ONCE_IN = timedelta(hours=1)
MOST_AN_HOUR = 300  # of all together, whoever asks: nobody mails half the world from our address
FORGOTTEN_AFTER = timedelta(days=7)
_BESIDE: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}


def regions() -> list[Region]:
    """Whose newsletter can be chosen."""
    here = sa.select(Region).where(Region.left_on.is_(None), Region.is_national.is_(False))
    return list(db.session.scalars(here.order_by(Region.name, Region.id), execution_options=SYSTEM_READ))


def ask(address: str, norm: str, *, region_id: int | None, locale: str, now: datetime) -> None:
    """Mail a link to confirm with, at most once an hour. For every address, known or not, the same statements run.

    Raises BadInput when MOST_AN_HOUR of all together were asked for.
    """
    row = mail_addresses.known(address, norm, locale, now=now)
    asked = sa.select(sa.func.count()).where(Delivery.kind == KIND, Delivery.created_at > now - ONCE_IN)
    if (db.session.scalar(asked, execution_options=SYSTEM_READ) or 0) >= MOST_AN_HOUR:
        raise BadInput(gettext("Many people ask for the newsletter right now. Try again in an hour."))
    lately = sa.select(sa.func.max(Delivery.created_at))
    lately = lately.where(Delivery.kind == KIND, Delivery.address_norm == norm, Delivery.created_at > now - ONCE_IN)
    moment = db.session.scalar(lately, execution_options=SYSTEM_READ) or now
    path = mail_links.newsletter_path(row.id, region_id, now=now)
    outbox.post(KIND, row, key=f"{KIND}:{row.id}:{moment:%Y%m%d%H%M%S}", now=now, merge={"confirm": path})


def confirm(row: MailAddress, region_id: int | None, *, by: Identity, now: datetime) -> None:
    """The newsletter comes to this address: of one region, or of the whole country. Doing it twice changes nothing."""
    mine = sa.update(MailAddress).where(MailAddress.id == row.id)
    chosen = {"newsletter_at": sa.func.coalesce(MailAddress.newsletter_at, now), "region_id": region_id}
    db.session.execute(mine.values(chosen), execution_options=_BESIDE)
    mail_addresses.opt_in(row, MailCategory.NEWSLETTER, by=by, now=now)


def forget(*, now: datetime) -> None:
    """Addresses that nobody confirmed and that got nothing else: a stranger may have typed them."""
    got = sa.exists().where(Delivery.address_norm == MailAddress.address_norm, Delivery.kind != KIND)
    old = sa.and_(MailAddress.newsletter_at.is_(None), MailAddress.created_at < now - FORGOTTEN_AFTER, ~got)
    db.session.execute(sa.delete(MailAddress).where(old), execution_options=_BESIDE)
