"""The time, and the one place that asks for it; services and queries get it passed in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The moment on a Dutch clock."""
    return moment.astimezone(AMSTERDAM)


def day(moment: datetime) -> date:
    """The Dutch calendar day of a moment."""
    return local(moment).date()


def at_midnight(on: date) -> datetime:
    """The moment at which a Dutch calendar day begins."""
    return datetime(on.year, on.month, on.day, tzinfo=AMSTERDAM).astimezone(UTC)
