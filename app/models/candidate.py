"""The candidate's file: who, what they want, where they stand, who has the ball."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.enums import (
    Certainty,
    ConsentChannel,
    ConsentEvent,
    ConsentPurpose,
    DutchLevel,
    Education,
    Function,
    Holder,
    LeaveReason,
    Qualification,
    Route,
    Sector,
    Source,
    Stage,
    Status,
    TaskKind,
    Valuation,
)
from app.models.people import UserProfile
from app.models.region import Organisation, Region, Subject
from app.models.types import EnumSet, OfCandidate, UtcDateTime, Versioned, candidate_key, stored_enum


class Candidate(Versioned, Model):
    """A person who is finding out whether teaching is for them."""

    __tablename__ = "candidate"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)  # K-204173: shown wherever the name is masked
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"))

    given_name: Mapped[str | None] = mapped_column(sa.String(60))
    infix: Mapped[str | None] = mapped_column(sa.String(20))
    surname: Mapped[str | None] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(160))  # composed by full_name()
    sort_name: Mapped[str] = mapped_column(sa.String(160))  # composed by sort_name_of()
    email: Mapped[str | None] = mapped_column(sa.String(254))
    email2: Mapped[str | None] = mapped_column(sa.String(254))
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    email_norm: Mapped[str | None] = mapped_column(sa.String(254))  # services/contact.py; finds duplicates
    phone_norm: Mapped[str | None] = mapped_column(sa.String(20))  # E.164
    pc4: Mapped[str | None] = mapped_column(sa.String(4))
    place: Mapped[str | None] = mapped_column(sa.String(80))
    birth_year: Mapped[int | None]
    linkedin: Mapped[str | None] = mapped_column(sa.String(200))
    motivation: Mapped[str | None] = mapped_column(sa.Text)

    education: Mapped[Education | None] = mapped_column(stored_enum(Education))
    field_of_study: Mapped[str | None] = mapped_column(sa.String(120))
    diploma_country: Mapped[str | None] = mapped_column(sa.String(2))  # ISO 3166
    diploma_valuation: Mapped[Valuation | None] = mapped_column(stored_enum(Valuation))
    dutch_level: Mapped[DutchLevel | None] = mapped_column(stored_enum(DutchLevel))
    employer: Mapped[str | None] = mapped_column(sa.String(120))
    current_sector: Mapped[str | None] = mapped_column(sa.String(80))
    current_function: Mapped[str | None] = mapped_column(sa.String(80))

    wanted_sectors: Mapped[Any] = mapped_column(EnumSet(Sector), default=frozenset)
    wanted_functions: Mapped[Any] = mapped_column(EnumSet(Function), default=frozenset)
    qualifications: Mapped[Any] = mapped_column(EnumSet(Qualification), default=frozenset)
    routes: Mapped[Any] = mapped_column(EnumSet(Route), default=frozenset)
    hours_min: Mapped[int | None]
    hours_max: Mapped[int | None]
    available_from: Mapped[date | None]
    anywhere: Mapped[bool] = mapped_column(default=False)  # all of the Netherlands

    source: Mapped[Source] = mapped_column(stored_enum(Source), default=Source.DESK)
    locale: Mapped[str] = mapped_column(sa.String(5), default="nl")
    stage: Mapped[Stage] = mapped_column(stored_enum(Stage), default=Stage.EXPLORING)
    stage_seq: Mapped[int] = mapped_column(default=0)
    stage_entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[Status] = mapped_column(stored_enum(Status), default=Status.ACTIVE)
    status_until: Mapped[date | None]  # WAITING and PAUSED carry a date
    leave_reason: Mapped[LeaveReason | None] = mapped_column(stored_enum(LeaveReason))
    certainty: Mapped[Certainty | None] = mapped_column(stored_enum(Certainty))
    certainty_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lead_adviser_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    holder: Mapped[Holder] = mapped_column(stored_enum(Holder), default=Holder.DESK)
    last_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_active_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_action_on: Mapped[date | None]  # the earliest due date of the open tasks
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    region: Mapped[Region] = relationship()
    lead_adviser: Mapped[UserProfile | None] = relationship()
    subjects: Mapped[list[Subject]] = relationship(secondary="candidate_subject", viewonly=True, order_by=Subject.name)

    def __str__(self) -> str:
        return self.name


Candidate.__table__.append_constraint(sa.UniqueConstraint("id", "region_id", name="uq_candidate_region"))
# What the status board filters by and what the signals look at: with these in its index no row of the table is read.
_ON_BOARD = ("lead_adviser_id", "source", "wanted_sectors")
_OF_SIGNALS = ("holder", "stage_entered_at", "last_contact_at")
for _name, *_columns in (
    ("ix_candidate_created", "created_at", "id", "region_id"),
    ("ix_candidate_sort", "sort_name", "id", "region_id"),
    ("ix_candidate_region_created", "region_id", "created_at", "id"),
    ("ix_candidate_region_sort", "region_id", "sort_name", "id"),
    ("ix_candidate_region_stage", "region_id", "stage", "created_at", "id"),
    ("ix_candidate_region_status", "region_id", "status", "created_at", "id"),
    ("ix_candidate_region_source", "region_id", "source", "created_at", "id"),
    ("ix_candidate_region_place", "region_id", "place", "created_at", "id"),
    ("ix_candidate_region_next", "region_id", "next_action_on", "id"),
    ("ix_candidate_board", "region_id", "status", "stage", "next_action_on", "id", *_ON_BOARD, *_OF_SIGNALS),
    ("ix_candidate_board_status", "region_id", "status", "next_action_on", "id", *_ON_BOARD),
    ("ix_candidate_adviser", "lead_adviser_id", "created_at", "id"),
    ("ix_candidate_email_norm", "email_norm"),
    ("ix_candidate_phone_norm", "phone_norm"),
):
    sa.Index(_name, *(Candidate.__table__.c[column] for column in _columns))


def full_name(given: str | None, infix: str | None, surname: str | None) -> str:
    """How a person is called on screen; a single name is fine."""
    return " ".join(part.strip() for part in (given, infix, surname) if part and part.strip())


def sort_name_of(given: str | None, infix: str | None, surname: str | None) -> str:
    """The Dutch order: surname first, the infix behind it, in lower case."""
    return " ".join(part.strip() for part in (surname, given, infix) if part and part.strip()).casefold()[:160]


class CandidateSubject(OfCandidate, Model):
    """A subject that a candidate would like to teach."""

    __tablename__ = "candidate_subject"

    candidate_id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(sa.ForeignKey("subject.id"), primary_key=True, index=True)

    subject: Mapped[Subject] = relationship()


class CandidateLocation(OfCandidate, Model):
    """Where a candidate wants to work, with the candidate's own radius in km."""

    __tablename__ = "candidate_location"

    id: Mapped[int] = mapped_column(primary_key=True)
    pc4: Mapped[str] = mapped_column(sa.String(4))
    place: Mapped[str] = mapped_column(sa.String(80))
    latitude: Mapped[float]
    longitude: Mapped[float]
    radius_km: Mapped[int]


class PersonToken(Model):
    """The only bridge from the logs to a person: erase this row and the logs name nobody."""

    __tablename__ = "person_token"

    candidate_id: Mapped[int] = mapped_column(sa.ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(32), unique=True)


class Task(OfCandidate, Versioned, Model):
    """What has to happen next, by whom, before when. The earliest open one is the candidate's next action."""

    __tablename__ = "task"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (candidate_key(), sa.Index("ix_task_region_due", "region_id", "done_at", "due_on", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TaskKind] = mapped_column(stored_enum(TaskKind), default=TaskKind.NEXT_ACTION)
    title: Mapped[str] = mapped_column(sa.String(200))
    holder: Mapped[Holder] = mapped_column(stored_enum(Holder))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"), index=True)
    due_on: Mapped[date]
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    owner: Mapped[UserProfile | None] = relationship()

    def __str__(self) -> str:
        return self.title


class Consent(OfCandidate, Model):
    """One event of one consent: given, withdrawn or expired, never overwritten. The latest event of a purpose counts."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[ConsentPurpose] = mapped_column(stored_enum(ConsentPurpose))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    event: Mapped[ConsentEvent] = mapped_column(stored_enum(ConsentEvent))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_on: Mapped[date | None]
    channel: Mapped[ConsentChannel] = mapped_column(stored_enum(ConsentChannel))
    text_version: Mapped[str] = mapped_column(sa.String(20))
    text_sha256: Mapped[str] = mapped_column(sa.String(64))
    recorded_by: Mapped[int | None]  # user id of the adviser who wrote it down; empty: the candidate

    organisation: Mapped[Organisation | None] = relationship()


class StageSpan(OfCandidate, Model):
    """From when to when a candidate stood in one (stage, status, region, adviser): the board as of any date needs no more."""

    __tablename__ = "stage_span"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (
            candidate_key(),
            sa.UniqueConstraint("candidate_id", "seq", name="uq_stage_span_seq"),
            sa.CheckConstraint("left_at IS NULL OR left_at >= entered_at", name="ck_stage_span_order"),
            sa.Index(
                "uq_stage_span_open",
                "candidate_id",
                unique=True,
                sqlite_where=sa.text("left_at IS NULL"),
                postgresql_where=sa.text("left_at IS NULL"),
            ),
            sa.Index(
                "ix_stage_span_board",
                *("region_id", "status", "stage", "entered_at", "id", "left_at", "in_region_id", "lead_adviser_id", "candidate_id"),
            ),
        )

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int]
    stage: Mapped[Stage] = mapped_column(stored_enum(Stage))
    status: Mapped[Status] = mapped_column(stored_enum(Status))
    in_region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"))  # then; region_id follows the file
    lead_adviser_id: Mapped[int | None]
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved_by: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(sa.String(200))
