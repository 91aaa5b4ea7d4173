"""How fast, and in which hours, group messages leave a region; kept over all workers in one row per region."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.adapters import clock
from app.extensions import db
from app.models import Region, RegionSending
from app.security.scope import SYSTEM_READ

BURST = timedelta(seconds=10)  # what was not used may be made up for that long; longer, and a relay that counts per minute refuses
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def is_quiet(region: Region, now: datetime) -> bool:
    """These are the hours in which a region sends nothing to groups; they may go over midnight."""
    return _is_quiet(region, clock.local(now).hour)


def _is_quiet(region: Region, hour: int) -> bool:
    first, last = region.quiet_from, region.quiet_until
    if first is None or last is None or first == last:
        return False
    return first <= hour < last if first < last else hour >= first or hour < last


def allowance(region: Region, free_at: datetime, most: int, now: datetime) -> int:
    """How many may leave now, at most `most`; `free_at` is the moment before which the region has used its rate."""
    if is_quiet(region, now):
        return 0
    if not region.mails_a_minute:
        return most
    saved = now - max(free_at, now - BURST)
    return min(most, max(0, int(saved / _interval(region)) + (free_at <= now)))


def take(region: Region, number: int, *, now: datetime) -> None:
    """Count so many against the rate. Call it in the transaction that claims them, with the row held by `held`."""
    row = held(region)
    used = _interval(region) * number if region.mails_a_minute else timedelta(0)
    row.free_at = max(row.free_at, now - BURST) + used if used else now
    db.session.flush()


def held(region: Region) -> RegionSending:
    """The row of a region, for nobody else until the commit; made when it is missing."""
    this = sa.select(RegionSending).where(RegionSending.region_id == region.id).with_for_update()
    row = db.session.scalars(this, execution_options={**SYSTEM_READ, "populate_existing": True}).one_or_none()
    if row is None:
        row = RegionSending(region_id=region.id, free_at=LONG_AGO)
        db.session.add(row)
        db.session.flush()
    return row


def arrival(region: Region, number: int, start: datetime) -> datetime:
    """When the last of so many will have left, when the first may go at `start`: at the region's rate, around its quiet hours."""
    left = _interval(region) * number if region.mails_a_minute else timedelta(0)
    moment = start
    while True:
        if is_quiet(region, moment):
            moment = _next_hour(moment)
            continue
        hour = _next_hour(moment)
        if left <= hour - moment:
            return moment + left
        left, moment = left - (hour - moment), hour


def _next_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _interval(region: Region) -> timedelta:
    return timedelta(minutes=1) / region.mails_a_minute
