"""The adviser's day: handovers and referrals, attachments, templates of reports, what is set out, plans, limits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, column_property, declared_attr, mapped_column, relationship

from app.enums import LIVE_HANDOVERS, HandoverKind, HandoverState, Holder, OfferKind, PackageItem, ReturnReason, Route, SessionKind, Stage
from app.models.messages import Message
from app.models.people import UserProfile
from app.models.region import Organisation, Programme, Region
from app.models.types import EnumSet, OfCandidate, UtcDateTime, Versioned, candidate_key, number_of_candidate, of_candidate, stored_enum
from app.models.work import Activity, AdviceSession, Article

_LIVE = sa.text(f"state IN ({','.join(repr(state.name) for state in LIVE_HANDOVERS)}) AND kind = 'REGION'")


class Handover(OfCandidate, Versioned, Model):
    """A candidate on the way to another desk, or referred to a study adviser, with what goes along.

    `region_id` follows the file; `from_region_id` stays who sent it. The receiver reads the items, frozen when they are sent, and
    not the file.
    """

    __tablename__ = "handover"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (
            candidate_key(),
            sa.CheckConstraint("(kind = 'REGION') = (to_region_id IS NOT NULL)", name="ck_handover_region"),
            sa.CheckConstraint("(kind = 'REFERRAL') = (organisation_id IS NOT NULL)", name="ck_handover_organisation"),
            sa.CheckConstraint("to_region_id IS NULL OR to_region_id <> from_region_id", name="ck_handover_other"),
            sa.Index("uq_handover_live", "candidate_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
            sa.Index("ix_handover_from", "from_region_id", "state", "created_at", "id"),
            sa.Index("ix_handover_to", "to_region_id", "state", "created_at", "id"),
            sa.Index("ix_handover_organisation", "organisation_id", "state", "candidate_id"),
        )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[HandoverKind] = mapped_column(stored_enum(HandoverKind))
    state: Mapped[HandoverState] = mapped_column(stored_enum(HandoverState), default=HandoverState.DRAFT)
    from_region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"))
    to_region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id"))
    question: Mapped[str | None] = mapped_column(sa.Text)  # what the sender asks
    consent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consent.id"))
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the candidate was asked to agree
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_by: Mapped[date | None]  # the promised day of the first contact
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    first_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    return_reason: Mapped[ReturnReason | None] = mapped_column(stored_enum(ReturnReason))
    return_note: Mapped[str | None] = mapped_column(sa.String(400))

    from_region: Mapped[Region] = relationship(foreign_keys=[from_region_id])
    to_region: Mapped[Region | None] = relationship(foreign_keys=[to_region_id])
    organisation: Mapped[Organisation | None] = relationship()
    programme: Mapped[Programme | None] = relationship()
    sender: Mapped[UserProfile | None] = relationship(foreign_keys=[created_by])
    items: Mapped[list[HandoverItem]] = relationship(order_by="HandoverItem.id", cascade="all, delete-orphan")

    @declared_attr
    def candidate_number(cls) -> Mapped[str]:
        return number_of_candidate(cls)

    @declared_attr
    def candidate_stage(cls) -> Mapped[Stage]:
        """What the former desk may know after a handover."""
        return of_candidate(cls, "stage", stored_enum(Stage))

    def __str__(self) -> str:
        return f"{self.kind.label} · {self.to_region or self.organisation}"


class HandoverItem(Model):
    """One thing that goes along with a handover. `text` is what it said when it was sent."""

    __tablename__ = "handover_item"
    __table_args__ = (
        candidate_key(),
        sa.CheckConstraint("(kind = 'SESSION') = (session_id IS NOT NULL)", name="ck_handover_item_session"),
        sa.UniqueConstraint("handover_id", "kind", "session_id", name="uq_handover_item"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handover_id: Mapped[int] = mapped_column(sa.ForeignKey("handover.id", ondelete="CASCADE"))
    candidate_id: Mapped[int] = mapped_column(index=True)
    region_id: Mapped[int]
    kind: Mapped[PackageItem] = mapped_column(stored_enum(PackageItem))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_session.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    text: Mapped[str | None] = mapped_column(sa.Text)

    def __str__(self) -> str:
        return self.title


class HandoverEvent(Model):
    """One step of a handover: the history that both sides see."""

    __tablename__ = "handover_event"
    __table_args__ = (candidate_key(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    handover_id: Mapped[int] = mapped_column(sa.ForeignKey("handover.id", ondelete="CASCADE"), index=True)
    candidate_id: Mapped[int] = mapped_column(index=True)
    region_id: Mapped[int]
    state: Mapped[HandoverState] = mapped_column(stored_enum(HandoverState))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    note: Mapped[str | None] = mapped_column(sa.String(400))

    handover: Mapped[Handover] = relationship()
    by: Mapped[UserProfile | None] = relationship()


class Attachment(OfCandidate, Model):
    """A file with a conversation (advisers only, unless ticked) or with a message. Its bytes stand outside the web root under a name
    of ours."""

    __tablename__ = "attachment"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (candidate_key(), sa.CheckConstraint("(session_id IS NULL) <> (message_id IS NULL)", name="ck_attachment_one"))

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("advice_session.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))  # as it was called where it came from
    kind: Mapped[str] = mapped_column(sa.String(80))  # by content, never by name
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    for_candidate: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))

    session: Mapped[AdviceSession | None] = relationship()
    message: Mapped[Message | None] = relationship()

    def __str__(self) -> str:
        return self.name


class ReportTemplate(Versioned, Model):
    """How a conversation report begins: of one region, or (without a region) of the whole country."""

    __tablename__ = "report_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    kinds: Mapped[Any] = mapped_column(EnumSet(SessionKind), default=frozenset)
    summary: Mapped[str | None] = mapped_column(sa.Text)
    notes: Mapped[str | None] = mapped_column(sa.Text)
    active: Mapped[bool] = mapped_column(default=True)

    region: Mapped[Region | None] = relationship()

    def __str__(self) -> str:
        return self.name


def first_read(cls: Any) -> Any:
    """When the candidate first opened an offer, from the read log: bare tables, past the wall on purpose, for who sees the offer."""
    subject = sa.table("read_subject", sa.column("token", sa.String), sa.column("event_id", sa.Integer))
    event = sa.table("read_event", sa.column("id", sa.Integer), sa.column("at", UtcDateTime()))
    mine = subject.c.token == sa.literal("offer:", sa.String) + sa.cast(cls.id, sa.String)
    first = sa.select(sa.func.min(event.c.at)).join_from(subject, event, event.c.id == subject.c.event_id).where(mine)
    return column_property(first.correlate_except(subject, event).scalar_subquery())


class Offer(OfCandidate, Model):
    """Something set out for a candidate: exactly one thing of its kind. Whether it was read says the read log."""

    __tablename__ = "offer"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        things = ("article_id", "organisation_id", "programme_id", "activity_id", "route")
        one = " + ".join(f"(CASE WHEN {name} IS NULL THEN 0 ELSE 1 END)" for name in things)
        return (candidate_key(), sa.CheckConstraint(f"{one} = 1", name="ck_offer_one"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[OfferKind] = mapped_column(stored_enum(OfferKind))
    article_id: Mapped[int | None] = mapped_column(sa.ForeignKey("article.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id"))
    activity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity.id"))
    route: Mapped[Route | None] = mapped_column(stored_enum(Route))
    note: Mapped[str | None] = mapped_column(sa.String(400))
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    article: Mapped[Article | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    programme: Mapped[Programme | None] = relationship()
    activity: Mapped[Activity | None] = relationship()
    adviser: Mapped[UserProfile | None] = relationship()

    @declared_attr
    def read_at(cls) -> Mapped[datetime | None]:
        return first_read(cls)

    def __str__(self) -> str:
        return str(self.article or self.organisation or self.programme or self.activity or (self.route.label if self.route else ""))


class CoAdviser(OfCandidate, Model):
    """Somebody at the desk who looks along with a colleague's candidate. Ends when the file moves on or they leave the desk."""

    __tablename__ = "co_adviser"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (candidate_key(), sa.UniqueConstraint("candidate_id", "user_id", name="uq_co_adviser"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_profile.user_id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))

    adviser: Mapped[UserProfile] = relationship(foreign_keys=[user_id])


class StageLimit(Model):
    """After how many days in a stage without contact a region calls a candidate stale; elsewhere the default of the code counts."""

    __tablename__ = "stage_limit"
    __table_args__ = (sa.CheckConstraint("days BETWEEN 1 AND 730", name="ck_stage_limit_days"),)

    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"), primary_key=True)
    stage: Mapped[Stage] = mapped_column(stored_enum(Stage), primary_key=True)
    days: Mapped[int]


class PlanTemplate(Versioned, Model):
    """The steps of a route, to start for a candidate: of one region, or (without a region) of the whole country."""

    __tablename__ = "plan_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"), index=True)
    route: Mapped[Route] = mapped_column(stored_enum(Route))
    name: Mapped[str] = mapped_column(sa.String(80))
    active: Mapped[bool] = mapped_column(default=True)

    region: Mapped[Region | None] = relationship()
    steps: Mapped[list[PlanStep]] = relationship(order_by="PlanStep.position", cascade="all, delete-orphan")

    def __str__(self) -> str:
        return self.name


class PlanStep(Model):
    """One step of a plan: what, by whom, how many days after the one before."""

    __tablename__ = "plan_step"
    __table_args__ = (sa.CheckConstraint("days BETWEEN 0 AND 366", name="ck_plan_step_days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_template.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    days: Mapped[int]
    holder: Mapped[Holder] = mapped_column(stored_enum(Holder))


class Plan(OfCandidate, Model):
    """A plan that was started for a candidate; its steps are tasks."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    route: Mapped[Route] = mapped_column(stored_enum(Route))
    name: Mapped[str] = mapped_column(sa.String(80))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return self.name
