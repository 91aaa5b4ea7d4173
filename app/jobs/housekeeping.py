"""Small jobs that keep the database tidy. Each takes the moment, runs in the system scope, and leaves the commit to the scheduler."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.adapters import clock
from app.adapters.storage import Folder
from app.extensions import db
from app.fab import attempts, sessions
from app.models import Draft, ExportTicket, Feedback, FormReceipt, LoginAttempt, OneTimeLink, Setting
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import attachments, mail_alarm, members, newsletter, notifications

LAST_TICK = "last_tick"
KEEP_SESSIONS = timedelta(days=30)  # the person may look up where they were signed in
KEEP_LINKS = timedelta(days=7)
KEEP_TICKETS = timedelta(days=1)
KEEP_RECEIPTS = timedelta(days=1)
KEEP_DRAFTS = timedelta(days=30)
KEEP_LOOSE_FILES = timedelta(days=1)
KEEP_FEEDBACK = timedelta(days=731)  # two years
KEEP_NOTIFICATIONS = timedelta(days=90)
NOBODY = Identity()  # what a job changes was decided by a person earlier


def tick(now: datetime) -> None:
    """Show that the scheduler lives: /health and doctor read this."""
    db.session.merge(Setting(key=LAST_TICK, value=now.isoformat(timespec="seconds")))


def return_advisees(now: datetime) -> None:
    """Candidates of advisers whose last day has passed go back to the inbox of the region."""
    members.settle_ended(by=NOBODY, now=now)


def forget_sessions(now: datetime) -> None:
    sessions.forget_old(clock.day(now - KEEP_SESSIONS))


def forget_links(now: datetime) -> None:
    """Links that died a week ago, used or not."""
    _delete(OneTimeLink, OneTimeLink.expires_at < now - KEEP_LINKS)


def forget_tickets(now: datetime) -> None:
    """Downloads that were made or never fetched."""
    _delete(ExportTicket, sa.or_(ExportTicket.used_at.is_not(None), ExportTicket.created_at < now - KEEP_TICKETS))


def forget_attempts(now: datetime) -> None:
    _delete(LoginAttempt, LoginAttempt.last_at < now - attempts.FORGOTTEN_AFTER)


def forget_receipts(now: datetime) -> None:
    _delete(FormReceipt, FormReceipt.at < now - KEEP_RECEIPTS)


def forget_drafts(now: datetime) -> None:
    """Forms that nobody came back to."""
    _delete(Draft, Draft.saved_at < now - KEEP_DRAFTS)


def forget_addresses(now: datetime) -> None:
    """Of who never confirmed the newsletter, and got nothing else."""
    newsletter.forget(now=now)


def forget_feedback(now: datetime) -> None:
    """What was said long ago, answered or not."""
    _delete(Feedback, Feedback.created_at < now - KEEP_FEEDBACK)


def forget_notifications(now: datetime) -> None:
    notifications.forget(now - KEEP_NOTIFICATIONS)


def watch_mail(now: datetime) -> None:
    """The administrators hear when mail does not leave."""
    mail_alarm.watch(now=now)


def sweep_attachments(now: datetime) -> None:
    """Bytes of files that no report has any more, or that were never saved."""
    folder = Folder(current_app.config["LOKET"].data_dir / "attachments")
    attachments.sweep(folder, now - KEEP_LOOSE_FILES)


def _delete(model: type[Any], which: sa.ColumnElement[bool]) -> None:
    db.session.execute(sa.delete(model).where(which), execution_options={**SYSTEM_READ, "synchronize_session": False})
