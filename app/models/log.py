"""The two logs: what was changed, and who looked. Append only; without foreign keys to people (see PersonToken)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column

from app.enums import Role
from app.models.types import UtcDateTime, stored_enum


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


class ReadEvent(Actor, Model):
    """Somebody looked at, listed or exported files; the subjects stand in ReadSubject."""

    __tablename__ = "read_event"

    screen: Mapped[str] = mapped_column(sa.String(60))
    channel: Mapped[str] = mapped_column(sa.String(12))  # list, show, edit, contact, export, chart
    purpose: Mapped[str | None] = mapped_column(sa.String(200))  # the reason given for an export


class ReadSubject(Model):
    """Whose file it was."""

    __tablename__ = "read_subject"

    token: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("read_event.id"), primary_key=True)
