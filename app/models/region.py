"""Regions and their parties: neighbours, working areas, organisations, locations, programmes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.enums import Education, OrganisationKind, Route, Sector
from app.models.types import EnumSet, UtcDateTime, Versioned, stored_enum


class Region(Versioned, Model):
    """A regional desk and the people it works for; one of them is the national desk."""

    __tablename__ = "region"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    is_national: Mapped[bool] = mapped_column(default=False)
    sectors: Mapped[Any] = mapped_column(EnumSet(Sector), default=frozenset)
    colour: Mapped[str] = mapped_column(sa.String(7), default="#0f5c6e")  # ours: app/adapters/colour.py
    desk_email: Mapped[str | None] = mapped_column(sa.String(254))
    desk_phone: Mapped[str | None] = mapped_column(sa.String(20))
    website: Mapped[str | None] = mapped_column(sa.String(200))
    promised_days: Mapped[int] = mapped_column(default=3)  # working days until the first contact
    mails_a_minute: Mapped[int] = mapped_column(default=30, server_default="30")  # of group messages; 0: as many as the mail server takes
    mailings_a_week: Mapped[int] = mapped_column(default=2, server_default="2")  # most group messages to one person
    approve_above: Mapped[int] = mapped_column(default=200, server_default="200")  # from how many receivers a second person looks
    quiet_from: Mapped[int | None] = mapped_column(default=21, server_default="21")  # no group message leaves from here; empty: any hour
    quiet_until: Mapped[int | None] = mapped_column(default=8, server_default="8")
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]
    logo_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the logo was set; empty: our own

    neighbours: Mapped[list[Region]] = relationship(
        secondary="region_neighbour",
        primaryjoin="Region.id == RegionNeighbour.region_id",
        secondaryjoin="Region.id == RegionNeighbour.neighbour_id",
        viewonly=True,
    )

    def __str__(self) -> str:
        return self.name


class RegionNeighbour(Model):
    """Two regions that lie next to each other; stored both ways."""

    __tablename__ = "region_neighbour"
    __table_args__ = (sa.CheckConstraint("region_id <> neighbour_id", name="ck_region_neighbour_other"),)

    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"), primary_key=True)
    neighbour_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"), primary_key=True)


class WorkingArea(Model):
    """A range of four-digit postcodes in which a region works, for one sector or (empty) for all. Ranges may overlap."""

    __tablename__ = "working_area"
    __table_args__ = (sa.CheckConstraint("pc4_from <= pc4_to", name="ck_working_area_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"), index=True)
    sector: Mapped[Sector | None] = mapped_column(stored_enum(Sector))
    pc4_from: Mapped[int]
    pc4_to: Mapped[int]

    region: Mapped[Region] = relationship()

    def __str__(self) -> str:
        return f"{self.pc4_from}–{self.pc4_to}"


class Organisation(Versioned, Model):
    """A school board, a school or a training institute. A board covers its schools."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    kind: Mapped[OrganisationKind] = mapped_column(stored_enum(OrganisationKind))
    name: Mapped[str] = mapped_column(sa.String(120), index=True)
    sectors: Mapped[Any] = mapped_column(EnumSet(Sector), default=frozenset)
    place: Mapped[str | None] = mapped_column(sa.String(80))
    website: Mapped[str | None] = mapped_column(sa.String(200))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    phone: Mapped[str | None] = mapped_column(sa.String(20))
    active: Mapped[bool] = mapped_column(default=True)

    region: Mapped[Region] = relationship()
    parent: Mapped[Organisation | None] = relationship(remote_side=[id])

    def __str__(self) -> str:
        return self.name


class Location(Model):
    """A place where an organisation works."""

    __tablename__ = "location"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    street: Mapped[str | None] = mapped_column(sa.String(120))
    pc4: Mapped[str] = mapped_column(sa.String(4))
    place: Mapped[str] = mapped_column(sa.String(80))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    organisation: Mapped[Organisation] = relationship()

    def __str__(self) -> str:
        return f"{self.name}, {self.place}"


class Subject(Model):
    """A school subject, shared by all regions."""

    __tablename__ = "subject"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)

    def __str__(self) -> str:
        return self.name


class Programme(Versioned, Model):
    """A route into teaching that a training institute offers, with its own conditions (an indication, never a promise)."""

    __tablename__ = "programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    route: Mapped[Route] = mapped_column(stored_enum(Route))
    sectors: Mapped[Any] = mapped_column(EnumSet(Sector), default=frozenset)
    subject_id: Mapped[int | None] = mapped_column(sa.ForeignKey("subject.id"))
    min_education: Mapped[Education | None] = mapped_column(stored_enum(Education))
    related_fields: Mapped[str | None] = mapped_column(sa.String(400))
    conditions: Mapped[str | None] = mapped_column(sa.Text)
    place: Mapped[str | None] = mapped_column(sa.String(80))
    online: Mapped[bool] = mapped_column(default=False)
    months: Mapped[int | None]
    starts_on: Mapped[date | None]
    website: Mapped[str | None] = mapped_column(sa.String(200))
    active: Mapped[bool] = mapped_column(default=True)

    organisation: Mapped[Organisation] = relationship()
    subject: Mapped[Subject | None] = relationship()

    def __str__(self) -> str:
        return self.name
