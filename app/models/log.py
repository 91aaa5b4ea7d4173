"""The two logs: what was changed, and who looked; and the seals that show whether somebody changed the logs.

Append only; without foreign keys to people (see PersonToken).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column

from app.enums import Role
from app.models.types import UtcDateTime, stored_enum

SEALING = "sealing"  # what the connection's notes call the seal that is being made (services/audit.py)


def _seal_of(table: str) -> Callable[[Any], int | None]:
    """The default of a row's seal: that of the running transaction, whichever way the row is written; None where nobody seals."""

    def number(context: Any) -> int | None:
        opened = context.root_connection.info.get(SEALING)
        return None if opened is None else opened.wrote(table)

    return number


class Actor:
    """Who did it, in which role and where: values, not keys, so that the log outlives the people."""

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[int | None]
    actor_role: Mapped[Role | None] = mapped_column(stored_enum(Role))
    actor_region_id: Mapped[int | None]
    actor_organisation_id: Mapped[int | None]


class ChangeLog(Actor, Model):
    """One change: which row, which fields (names, not values)."""

    __tablename__ = "change_log"

    verb: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str] = mapped_column(sa.String(60), index=True)  # a person's token, or table:id
    region_id: Mapped[int | None] = mapped_column(index=True)
    table: Mapped[str] = mapped_column("table_name", sa.String(40))
    fields: Mapped[Any] = mapped_column(sa.JSON, default=list)
    seal_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True, default=_seal_of("change_log"))


class ReadEvent(Actor, Model):
    """Somebody looked at, listed or exported files; the subjects stand in ReadSubject."""

    __tablename__ = "read_event"

    screen: Mapped[str] = mapped_column(sa.String(60))
    channel: Mapped[str] = mapped_column(sa.String(12))  # list, show, edit, contact, export, chart, offer
    purpose: Mapped[str | None] = mapped_column(sa.String(200))  # the reason given for an export
    seal_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True, default=_seal_of("read_event"))


class ReadSubject(Model):
    """Whose file it was, by token; or what a candidate opened, as table:id."""

    __tablename__ = "read_subject"

    token: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("read_event.id"), primary_key=True)


class LogSeal(Model):
    """What one transaction wrote into the logs, sealed with a key that the database does not hold, and tied to the seal before it.

    `items` is a list of [c or r, key, tag] as JSON text: every change and every look, in order.
    """

    __tablename__ = "log_seal"
    __table_args__ = (sa.UniqueConstraint("chain", "seq", name="uq_log_seal_chain_seq"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    chain: Mapped[str] = mapped_column(sa.String(16))
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    items: Mapped[str] = mapped_column(sa.Text)
    mac: Mapped[str] = mapped_column(sa.String(64))


class LogHead(Model):
    """How far all chains had come at a moment. Each is tied to the one before it, and printed where the database cannot reach it."""

    __tablename__ = "log_head"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[str] = mapped_column(sa.Text)  # JSON: {"chains": {name: [seq, mac]}} or {"dropped": …, "before": day}
    mac: Mapped[str] = mapped_column(sa.String(64))
