"""Which memberships count on a day."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from app.models import Membership


def memberships(today: date) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Conditions on Membership: it has begun by this day and has not ended before it."""
    return Membership.starts_on <= today, sa.or_(Membership.ends_on.is_(None), Membership.ends_on >= today)
