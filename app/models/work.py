"""What happens with candidates: conversations, matches, activities; and what is written for them: articles."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.enums import (
    LIVE_REGISTRATIONS,
    ActivityEffect,
    ActivityForm,
    ActivityKind,
    ArticleKind,
    MatchParty,
    MatchState,
    RegistrationChannel,
    RegistrationState,
    Sector,
    SessionKind,
)
from app.models.people import UserProfile
from app.models.region import Location, Organisation, Programme, Region
from app.models.types import EnumSet, OfCandidate, UtcDateTime, Versioned, candidate_key, number_of_candidate, stored_enum


class AdviceSession(OfCandidate, Versioned, Model):
    """A conversation with its report in two texts: the summary is for the candidate too, the notes for advisers only."""

    __tablename__ = "advice_session"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (candidate_key(), sa.Index("ix_advice_session_region_held", "region_id", "held_at", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    adviser_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"), index=True)
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kinds: Mapped[Any] = mapped_column(EnumSet(SessionKind), default=frozenset)
    minutes: Mapped[int | None]
    summary: Mapped[str | None] = mapped_column(sa.Text)
    notes: Mapped[str | None] = mapped_column(sa.Text)
    shared: Mapped[bool] = mapped_column(default=False)  # the summary may be seen outside the desk, with consent
    in_region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"))  # whose desk wrote it; region_id follows the file
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    adviser: Mapped[UserProfile | None] = relationship()

    @declared_attr
    def candidate_number(cls) -> Mapped[str]:
        return number_of_candidate(cls)

    def __str__(self) -> str:
        return f"{self.held_at:%d-%m-%Y}"


class Match(OfCandidate, Versioned, Model):
    """A candidate and a school or programme that may fit; each move leaves an event."""

    __tablename__ = "candidate_match"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (
            candidate_key(),
            sa.Index("ix_match_region_state", "region_id", "state", "created_at", "id"),
            sa.Index("ix_match_organisation_state", "organisation_id", "state", "candidate_id"),
        )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    state: Mapped[MatchState] = mapped_column(stored_enum(MatchState), default=MatchState.PROPOSED)
    state_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fell_through_by: Mapped[MatchParty | None] = mapped_column(stored_enum(MatchParty))
    fell_through_reason: Mapped[str | None] = mapped_column(sa.String(200))
    back_in_pool: Mapped[bool | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    programme: Mapped[Programme | None] = relationship()

    @declared_attr
    def candidate_number(cls) -> Mapped[str]:
        return number_of_candidate(cls)

    def __str__(self) -> str:
        return f"{self.organisation}"


class MatchEvent(Model):
    """One move of a match. It carries the candidate's region, so that the wall needs no join."""

    __tablename__ = "match_event"
    __table_args__ = (candidate_key(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(sa.ForeignKey("candidate_match.id", ondelete="CASCADE"), index=True)
    candidate_id: Mapped[int] = mapped_column(index=True)
    region_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    state: Mapped[MatchState] = mapped_column(stored_enum(MatchState))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    reason: Mapped[str | None] = mapped_column(sa.String(200))

    match: Mapped[Match] = relationship()
    by: Mapped[UserProfile | None] = relationship()


class Activity(Versioned, Model):
    """Something to go to. Seats are handed out under `reg_seq`, the mutex of every path that touches them."""

    __tablename__ = "activity"
    __table_args__ = (
        sa.Index("ix_activity_region_starts", "region_id", "starts_at", "id"),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 0", name="ck_activity_capacity"),
        sa.CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ck_activity_times"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    location_id: Mapped[int | None] = mapped_column(sa.ForeignKey("location.id"))
    kind: Mapped[ActivityKind] = mapped_column(stored_enum(ActivityKind))
    form: Mapped[ActivityForm] = mapped_column(stored_enum(ActivityForm), default=ActivityForm.ON_SITE)
    title: Mapped[str] = mapped_column(sa.String(160))
    description: Mapped[str | None] = mapped_column(sa.Text)
    place: Mapped[str | None] = mapped_column(sa.String(120))
    website: Mapped[str | None] = mapped_column(sa.String(200))
    sectors: Mapped[Any] = mapped_column(EnumSet(Sector), default=frozenset)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # registration
    capacity: Mapped[int | None]
    reg_seq: Mapped[int] = mapped_column(default=0)
    series: Mapped[str | None] = mapped_column(sa.String(32))  # a recurring activity: the same word in each
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_reason: Mapped[str | None] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    region: Mapped[Region] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    location: Mapped[Location | None] = relationship()

    def __str__(self) -> str:
        return self.title


_LIVE = sa.text(f"state IN ({','.join(repr(state.name) for state in LIVE_REGISTRATIONS)})")


class Registration(OfCandidate, Versioned, Model):
    """A candidate's place in, or in the queue for, an activity."""

    __tablename__ = "registration"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (
            candidate_key(),
            sa.UniqueConstraint("activity_id", "seq", name="uq_registration_seq"),
            sa.Index("uq_registration_live", "activity_id", "candidate_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    seq: Mapped[int]
    state: Mapped[RegistrationState] = mapped_column(stored_enum(RegistrationState))
    channel: Mapped[RegistrationChannel] = mapped_column(stored_enum(RegistrationChannel))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state_at: Mapped[datetime] = mapped_column(UtcDateTime)
    effect: Mapped[ActivityEffect | None] = mapped_column(stored_enum(ActivityEffect))  # on the decision, as the candidate says

    activity: Mapped[Activity] = relationship()

    @declared_attr
    def candidate_number(cls) -> Mapped[str]:
        return number_of_candidate(cls)

    def __str__(self) -> str:
        return f"{self.activity}"


class Article(Versioned, Model):
    """Knowledge for candidates: of one region, or (without a region) of the whole country."""

    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"), index=True)
    kind: Mapped[ArticleKind] = mapped_column(stored_enum(ArticleKind), default=ArticleKind.ARTICLE)
    title: Mapped[str] = mapped_column(sa.String(160))
    summary: Mapped[str | None] = mapped_column(sa.String(400))
    body: Mapped[str] = mapped_column(sa.Text)  # Markdown
    sectors: Mapped[Any] = mapped_column(EnumSet(Sector), default=frozenset)
    locale: Mapped[str] = mapped_column(sa.String(5), default="nl")
    source: Mapped[str | None] = mapped_column(sa.String(200))
    published_on: Mapped[date | None]
    checked_on: Mapped[date | None]
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))

    region: Mapped[Region | None] = relationship()
    author: Mapped[UserProfile | None] = relationship()

    def __str__(self) -> str:
        return self.title
