"""The outbox: every mail one by one, with all that happened to it. Addresses that get none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.enums import DeliveryState, NotSent
from app.models.messages import Mailing
from app.models.types import UtcDateTime, candidate_key, candidate_relationship, number_of_candidate, stored_enum

_MAILED = sa.text("state <> 'SUPPRESSED'")
_LEASED = sa.text("lease_until IS NOT NULL")


class Delivery(Model):
    """One mail to one person. Written in the transaction of what it reports; `dedupe_key` makes that it is there once.

    `address` is where it goes, `address_norm` is only compared. `merge` is wiped when it is sent. A mail about a candidate goes with
    the candidate's file. Of a group message everybody in the audience has a row, also who gets none (`not_sent` says why).
    """

    __tablename__ = "delivery"
    __table_args__ = (
        candidate_key(),
        sa.UniqueConstraint("mailing_id", "candidate_id", name="uq_delivery_mailing_candidate"),
        sa.Index("uq_delivery_mailing_address", "mailing_id", "address_norm", unique=True, sqlite_where=_MAILED, postgresql_where=_MAILED),
        sa.Index("ix_delivery_lease", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
        sa.Index("ix_delivery_due", "mailing_id", "state", "not_before", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))  # the name of its template
    mailing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mailing.id", ondelete="CASCADE"))
    not_sent: Mapped[NotSent | None] = mapped_column(stored_enum(NotSent))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id", ondelete="CASCADE"), index=True)
    candidate_id: Mapped[int | None] = mapped_column(index=True)
    region_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(sa.String(254))
    address_norm: Mapped[str] = mapped_column(sa.String(254), index=True)
    locale: Mapped[str] = mapped_column(sa.String(5))
    merge: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    state: Mapped[DeliveryState] = mapped_column(stored_enum(DeliveryState), default=DeliveryState.QUEUED)
    reason: Mapped[str | None] = mapped_column(sa.String(200))
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    claim: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message_id: Mapped[str] = mapped_column(sa.String(80), unique=True)
    reply: Mapped[str | None] = mapped_column(sa.String(400))  # what the relay said last
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dedupe_key: Mapped[str] = mapped_column(sa.String(120), unique=True)

    mailing: Mapped[Mailing | None] = relationship()

    @declared_attr
    def candidate(cls) -> Mapped[Any]:
        return candidate_relationship(cls)

    @declared_attr
    def candidate_number(cls) -> Mapped[str | None]:
        return number_of_candidate(cls)

    def __str__(self) -> str:
        return self.kind


class DeliveryEvent(Model):
    """Something that happened to a mail; append only."""

    __tablename__ = "delivery_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[DeliveryState] = mapped_column(stored_enum(DeliveryState))
    detail: Mapped[str | None] = mapped_column(sa.String(400))


class Suppression(Model):
    """An address that gets no mail: of one category, or (empty) of none at all."""

    __tablename__ = "suppression"

    address_norm: Mapped[str] = mapped_column(sa.String(254), primary_key=True)
    category: Mapped[str] = mapped_column(sa.String(40), primary_key=True, default="")
    reason: Mapped[str] = mapped_column(sa.String(200))
    source: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
