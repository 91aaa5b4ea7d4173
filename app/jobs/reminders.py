"""Reminders to candidates of their steps in a plan. What was queued before is not queued again, so a missed run is caught up."""

from __future__ import annotations

from datetime import datetime

from app.services import plans


def remind_of_steps(now: datetime) -> None:
    plans.remind(now=now)
