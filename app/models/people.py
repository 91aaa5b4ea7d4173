"""Who works with the product: profiles beside FAB's users, memberships, capabilities, links, sessions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.enums import LinkPurpose, Role
from app.models.region import Organisation, Region
from app.models.types import UtcDateTime, Versioned, candidate_key, candidate_relationship, stored_enum


class UserProfile(Model):
    """What we keep of a person beside FAB's user, one to one. The wall knows this table; FAB's own is for sign-in only."""

    __tablename__ = "user_profile"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(140))
    locale: Mapped[str] = mapped_column(sa.String(5), default="nl")
    last_membership_id: Mapped[int | None]
    preferences: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)  # see services/preferences.py
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()

    def __str__(self) -> str:
        return self.name


class Membership(Versioned, Model):
    """A role of a person in a region or an organisation, from–until (both days included)."""

    __tablename__ = "membership"
    __table_args__ = (
        candidate_key(),
        sa.CheckConstraint(
            "(role IN ('SCHOOL','PROVIDER','STUDY_ADVISER')) = (organisation_id IS NOT NULL)", name="ck_membership_organisation"
        ),
        sa.CheckConstraint("(role = 'CANDIDATE') = (candidate_id IS NOT NULL)", name="ck_membership_candidate"),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ck_membership_dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_profile.user_id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(stored_enum(Role))
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    candidate_id: Mapped[int | None] = mapped_column(index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    profile: Mapped[UserProfile] = relationship()
    region: Mapped[Region] = relationship(foreign_keys=[region_id])
    organisation: Mapped[Organisation | None] = relationship()

    @sa.orm.declared_attr
    def candidate(cls) -> Mapped[Any]:
        return candidate_relationship(cls)

    def __str__(self) -> str:
        return f"{self.role.label} · {self.organisation or self.region}"


class Capability(Model):
    """Where a region departs from the default of security/capabilities.py."""

    __tablename__ = "capability"
    __table_args__ = (sa.UniqueConstraint("region_id", "role", "name", name="uq_capability"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(stored_enum(Role))
    name: Mapped[str] = mapped_column(sa.String(40))
    enabled: Mapped[bool]

    region: Mapped[Region] = relationship()


class OneTimeLink(Model):
    """A link that lets one person set a password once. Only the hash of its token is kept."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(stored_enum(LinkPurpose))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginSession(Model):
    """One signed-in browser. The cookie holds a random id, this row its hash; ending the row ends the session."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    membership_id: Mapped[int | None] = mapped_column(sa.ForeignKey("membership.id", ondelete="SET NULL"))
    all_regions: Mapped[bool] = mapped_column(default=False)  # "alle regio's": every membership with the same role
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str | None] = mapped_column(sa.String(20))
    device: Mapped[str] = mapped_column(sa.String(120), default="")
    network: Mapped[str] = mapped_column(sa.String(45), default="")  # /24 or /48: enough to recognise, too little to follow
    data: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    def __str__(self) -> str:
        return self.device


class LoginAttempt(Model):
    """Failed sign-ins of one account from one network, counted over all workers; waits grow with the count."""

    __tablename__ = "login_attempt"

    account: Mapped[str] = mapped_column(sa.String(64), primary_key=True)  # sha256 of the name that was tried
    network: Mapped[str] = mapped_column(sa.String(45), primary_key=True)  # /32 or /64
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ExportTicket(Model):
    """A prepared download: who asked for what and why. It works once, in the session that asked."""

    __tablename__ = "export_ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("login_session.id", ondelete="CASCADE"), index=True)
    screen: Mapped[str] = mapped_column(sa.String(60))
    format: Mapped[str] = mapped_column(sa.String(4))
    query: Mapped[str] = mapped_column(sa.Text)  # the query string of the list; wiped on use: a search may hold a name
    reason: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FormReceipt(Model):
    """A form that was handled: a second click on the same button leads to what the first one made."""

    __tablename__ = "form_receipt"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    target: Mapped[str] = mapped_column(sa.String(200))


class Setting(Model):
    """A fact about this database as a whole, such as that it holds demo data."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200))
