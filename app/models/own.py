"""What people keep for themselves or say about the product: saved views of lists, drafts of forms, feedback."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.enums import FeedbackKind, FeedbackState, Role
from app.models.people import UserProfile
from app.models.region import Region
from app.models.types import UtcDateTime, Versioned, candidate_key, stored_enum


class SavedView(Model):
    """A list with its filters under a name: of one person, or shared with the desk of a region. It holds no search terms."""

    __tablename__ = "saved_view"
    __table_args__ = (sa.UniqueConstraint("user_id", "region_id", "screen", "name", name="uq_saved_view"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_profile.user_id", ondelete="CASCADE"))
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"), index=True)
    screen: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(60))
    query: Mapped[str] = mapped_column(sa.String(2000))
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[UserProfile] = relationship()

    def __str__(self) -> str:
        return self.name


class Draft(Model):
    """A form that is not sent yet, as its writer left it. It goes with the candidate whom it is about, and when it is old."""

    __tablename__ = "draft"
    __table_args__ = (candidate_key(),)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_profile.user_id", ondelete="CASCADE"), primary_key=True)
    form: Mapped[str] = mapped_column(sa.String(160), primary_key=True)  # the address of the form, with the candidate it is for
    candidate_id: Mapped[int | None] = mapped_column(index=True)
    region_id: Mapped[int | None]
    content: Mapped[dict[str, list[str]]] = mapped_column(sa.JSON, default=dict)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Feedback(Versioned, Model):
    """Something that is wrong or could be better, said from inside a screen. It does not say who said it."""

    __tablename__ = "feedback"
    __table_args__ = (sa.Index("ix_feedback_region_created", "region_id", "created_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(stored_enum(Role))
    screen: Mapped[str] = mapped_column(sa.String(120))  # the address of the page without its numbers
    kind: Mapped[FeedbackKind] = mapped_column(stored_enum(FeedbackKind))
    text: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[FeedbackState] = mapped_column(stored_enum(FeedbackState), default=FeedbackState.NEW)
    answer: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state_at: Mapped[datetime] = mapped_column(UtcDateTime)

    region: Mapped[Region] = relationship()

    def __str__(self) -> str:
        return self.text[:60]


class RegionLogo(Model):
    """The logo that a region shows instead of ours; kept apart so that nobody loads it with the region."""

    __tablename__ = "region_logo"

    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))  # image/png, image/webp
    content: Mapped[Any] = mapped_column(sa.LargeBinary)
