"""Messages: to a group, from templates; one to one; notifications; addresses that asked for the newsletter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, column_property, declared_attr, mapped_column, relationship

from app.enums import MailCategory, MailingState, NotificationKind
from app.models.people import UserProfile
from app.models.region import Organisation, Region
from app.models.types import OfCandidate, UtcDateTime, Versioned, candidate_key, stored_enum


class Mailing(Versioned, Model):
    """One message to many. The audience is a list with its filters (`screen`, `query`); who gets it and who does not stands in `delivery`,
    one row for each person, from the moment that the sender looked at it.

    `idem_key` is the form's: a second click makes no second one. The English text is for who reads English; empty: the Dutch one.
    """

    __tablename__ = "mailing"
    __table_args__ = (
        sa.Index("ix_mailing_region", "region_id", "created_at", "id"),
        sa.Index("ix_mailing_state", "state", "send_after"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)  # whose participants they are
    state: Mapped[MailingState] = mapped_column(stored_enum(MailingState), default=MailingState.DRAFT)
    category: Mapped[MailCategory] = mapped_column(stored_enum(MailCategory))
    template_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail_template.id", ondelete="SET NULL"))
    subject: Mapped[str] = mapped_column(sa.String(120))
    body: Mapped[str] = mapped_column(sa.Text)  # Markdown with {{placeholders}}
    subject_en: Mapped[str | None] = mapped_column(sa.String(120))
    body_en: Mapped[str | None] = mapped_column(sa.Text)
    screen: Mapped[str] = mapped_column(sa.String(60))
    query: Mapped[str] = mapped_column(sa.Text)
    audience: Mapped[str] = mapped_column(sa.String(400))  # the filters in words, as they were chosen
    audience_hash: Mapped[str | None] = mapped_column(sa.String(64))  # of the keys that were looked at last
    people: Mapped[int | None]  # how many that were; who is erased since has no row any more
    prepared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    send_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    idem_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    approved_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    refused_why: Mapped[str | None] = mapped_column(sa.String(200))  # what should change, says who looked at it

    region: Mapped[Region] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    author: Mapped[UserProfile] = relationship(foreign_keys=[created_by])
    approver: Mapped[UserProfile | None] = relationship(foreign_keys=[approved_by])

    def __str__(self) -> str:
        return self.subject


class MailTemplate(Versioned, Model):
    """A message that is sent again and again: of one region, or (without a region) of the whole country.

    `shared`: other regions may adopt it. An adopted one is a copy that knows which version it came from.
    """

    __tablename__ = "mail_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    category: Mapped[MailCategory] = mapped_column(stored_enum(MailCategory))
    subject: Mapped[str] = mapped_column(sa.String(120))
    body: Mapped[str] = mapped_column(sa.Text)
    subject_en: Mapped[str | None] = mapped_column(sa.String(120))
    body_en: Mapped[str | None] = mapped_column(sa.Text)
    shared: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    adopted_from_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail_template.id", ondelete="SET NULL"))
    adopted_version: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    region: Mapped[Region | None] = relationship()
    adopted_from: Mapped[MailTemplate | None] = relationship(remote_side=[id])

    def __str__(self) -> str:
        return self.name


class MailTemplateVersion(Model):
    """A template as it was; append only."""

    __tablename__ = "mail_template_version"
    __table_args__ = (sa.UniqueConstraint("template_id", "version", name="uq_mail_template_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("mail_template.id", ondelete="CASCADE"))
    version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON)  # name, category, subject, body, subject_en, body_en
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))

    by: Mapped[UserProfile | None] = relationship()


class MailAddress(Model):
    """An address that got a group message or asked for the newsletter: what a link in a mail leads to without naming anybody.

    `newsletter_at`: confirmed by the link in a mail; of a region, or (without one) of the whole country.
    """

    __tablename__ = "mail_address"
    __table_args__ = {"sqlite_autoincrement": True}  # an old link never leads to somebody else's address

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(254))
    address_norm: Mapped[str] = mapped_column(sa.String(254), unique=True)
    locale: Mapped[str] = mapped_column(sa.String(5), default="nl")
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"), index=True)
    newsletter_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegionSending(Model):
    """When the next mail to a group may leave a region: how the rate is kept over all workers."""

    __tablename__ = "region_sending"

    region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id", ondelete="CASCADE"), primary_key=True)
    free_at: Mapped[datetime] = mapped_column(UtcDateTime)


def _look(thread_id: Any, found: Any, *conditions: Any) -> Any:
    """A moment from the log of looks at a thread: bare tables, past the wall on purpose, for who sees the thread."""
    subject = sa.table("read_subject", sa.column("token", sa.String), sa.column("event_id", sa.Integer))
    mine = subject.c.token == sa.literal("thread:", sa.String) + sa.cast(thread_id, sa.String)
    query = sa.select(found(_EVENT.c.at)).join_from(subject, _EVENT, _EVENT.c.id == subject.c.event_id).where(mine, *conditions)
    return column_property(query.correlate_except(subject, _EVENT).scalar_subquery(), deferred=True)


_EVENT = sa.table("read_event", sa.column("id", sa.Integer), sa.column("at", UtcDateTime()), sa.column("actor_role", sa.String))
_BY_CANDIDATE, _BY_OTHERS = _EVENT.c.actor_role == "CANDIDATE", _EVENT.c.actor_role != "CANDIDATE"


class Thread(OfCandidate, Versioned, Model):
    """What a candidate and the desk (or, after acceptance, an organisation) write to each other.

    `in_region_id` stays where it was written: a desk that takes the file over does not read what was written to another one.
    """

    __tablename__ = "thread"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (candidate_key(), sa.Index("ix_thread_region_last", "region_id", "last_at", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    in_region_id: Mapped[int] = mapped_column(sa.ForeignKey("region.id"))
    subject: Mapped[str] = mapped_column(sa.String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)  # of the newest message
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation | None] = relationship()
    messages: Mapped[list[Message]] = relationship(order_by="Message.id", viewonly=True)

    @declared_attr
    def candidate_saw_at(cls) -> Mapped[datetime | None]:
        """When the candidate last found something new in it."""
        return _look(cls.id, sa.func.max, _BY_CANDIDATE)

    @declared_attr
    def others_saw_at(cls) -> Mapped[datetime | None]:
        return _look(cls.id, sa.func.max, _BY_OTHERS)

    def __str__(self) -> str:
        return self.subject


class Message(OfCandidate, Model):
    """One message in a thread; never changed. Who read it when stands in the log of looks."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(sa.ForeignKey("thread.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_profile.user_id"))
    from_candidate: Mapped[bool] = mapped_column()
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    idem_key: Mapped[str] = mapped_column(sa.String(64), unique=True)

    author: Mapped[UserProfile | None] = relationship()
    thread: Mapped[Thread] = relationship()

    @declared_attr
    def read_at(cls) -> Mapped[datetime | None]:
        """When somebody of the other side first saw it."""
        of: Any = cls.from_candidate
        other = sa.or_(sa.and_(of, _BY_OTHERS), sa.and_(~of, _BY_CANDIDATE))
        return _look(cls.thread_id, sa.func.min, other, _EVENT.c.at >= cls.at)


class Notification(Model):
    """Something that one person should know: a kind, a page to go to, no names. `dedupe_key` makes that it is there once."""

    __tablename__ = "notification"
    __table_args__ = (candidate_key(), sa.Index("ix_notification_user", "user_id", "read_at", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_profile.user_id", ondelete="CASCADE"))
    kind: Mapped[NotificationKind] = mapped_column(stored_enum(NotificationKind))
    words: Mapped[str] = mapped_column(sa.String(40))  # which sentence: services/notifications.py
    merge: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)  # numbers only
    path: Mapped[str] = mapped_column(sa.String(200))
    candidate_id: Mapped[int | None] = mapped_column(index=True)
    region_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dedupe_key: Mapped[str] = mapped_column(sa.String(120), unique=True)
