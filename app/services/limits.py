"""After how many days without contact a region calls somebody stale, per stage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext

from app.enums import Role, Stage
from app.errors import BadInput, NotAllowed, Stale
from app.extensions import db
from app.models import Region, StageLimit
from app.queries.signals import LIMITS
from app.security.identity import Identity
from app.services import log

LEAST, MOST = 1, 730  # days


def of_region(region: Region) -> dict[Stage, int]:
    """The days that this region set itself; for the other stages LIMITS counts."""
    query = sa.select(StageLimit.stage, StageLimit.days).where(StageLimit.region_id == region.id)
    return {stage: days for stage, days in db.session.execute(query)}


def change(region: Region, days: Mapping[Stage, int], *, seen: Mapping[Stage, int], by: Identity, now: datetime) -> None:
    """Set the limits of a region; a stage that is left out, or has the usual number, goes back to what counts everywhere.

    `seen` are the numbers that the caller saw. Raises NotAllowed for who is not the coordinator of the region or an administrator,
    BadInput for a number out of bounds, Stale when somebody else changed them first.
    """
    if by.role is not Role.ADMIN and not (by.role is Role.COORDINATOR and region.id in by.region_ids):
        raise NotAllowed(gettext("You may not do this in this region. Ask your coordinator if you think you should."))
    if any(not LEAST <= number <= MOST for number in days.values()):
        raise BadInput(gettext("Choose a number of days from %(least)d to %(most)d.", least=LEAST, most=MOST))
    db.session.execute(sa.select(Region.id).where(Region.id == region.id).with_for_update())
    rows = {row.stage: row for row in db.session.scalars(sa.select(StageLimit).where(StageLimit.region_id == region.id))}
    stored = {stage: row.days for stage, row in rows.items()}
    wanted = {stage: number for stage, number in days.items() if number != LIMITS[stage]}
    if wanted == stored:
        return
    if stored != dict(seen):
        raise Stale(gettext("Somebody else changed these numbers first. Look at what they are now."), now_at=stored)
    for stage in stored.keys() - wanted.keys():
        db.session.delete(rows[stage])
    for stage, number in wanted.items():
        if stage in rows:
            rows[stage].days = number
        else:
            db.session.add(StageLimit(region_id=region.id, stage=stage, days=number))
    log.changed("set_limits", region, by=by, now=now, fields=["stage_limits"])
    db.session.flush()
