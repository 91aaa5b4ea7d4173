"""The timetable: which job runs when. Times are UTC; a job that was missed runs once when the scheduler is back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.jobs import audit, bounces, housekeeping, mail, reminders


@dataclass(frozen=True)
class Job:
    """A job under the name that stands in the log, and when: APScheduler's trigger with its arguments."""

    name: str
    run: Callable[[datetime], None]
    trigger: str
    at: Mapping[str, Any] = field(default_factory=dict)
    at_start: bool = False  # run once when the scheduler starts, to catch up


TIMETABLE = (
    Job("tick", housekeeping.tick, "interval", {"minutes": 1}, at_start=True),
    Job("mail", mail.deliver, "interval", {"seconds": 5}, at_start=True),
    Job("watch-mail", housekeeping.watch_mail, "interval", {"minutes": 1}),  # not at the start: what waited may leave first
    Job("bounces", bounces.read_mailbox, "cron", {"minute": "*/5"}),
    Job("digest", mail.queue_digests, "cron", {"minute": "*/5"}, at_start=True),
    Job("remind-of-steps", reminders.remind_of_steps, "cron", {"hour": 6, "minute": 40}, at_start=True),
    Job("forget-mail", mail.forget, "cron", {"hour": 2, "minute": 35}),
    Job("return-advisees", housekeeping.return_advisees, "cron", {"minute": 5}, at_start=True),
    Job("forget-attempts", housekeeping.forget_attempts, "cron", {"minute": 20}),
    Job("forget-tickets", housekeeping.forget_tickets, "cron", {"minute": 25}),
    Job("forget-receipts", housekeeping.forget_receipts, "cron", {"minute": 30}),
    Job("audit-head", audit.head, "cron", {"minute": 50}),
    Job("audit-check", audit.check, "cron", {"hour": 1, "minute": 55}),
    Job("forget-sessions", housekeeping.forget_sessions, "cron", {"hour": 2, "minute": 10}),
    Job("forget-links", housekeeping.forget_links, "cron", {"hour": 2, "minute": 15}),
    Job("forget-drafts", housekeeping.forget_drafts, "cron", {"hour": 2, "minute": 20}),
    Job("sweep-attachments", housekeeping.sweep_attachments, "cron", {"hour": 2, "minute": 30}),
    Job("forget-notifications", housekeeping.forget_notifications, "cron", {"hour": 2, "minute": 40}),
    Job("forget-addresses", housekeeping.forget_addresses, "cron", {"hour": 2, "minute": 45}),
    Job("forget-feedback", housekeeping.forget_feedback, "cron", {"hour": 2, "minute": 25}),
)
