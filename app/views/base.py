"""What the screens share besides LoketView: labels of columns that occur everywhere, choices of people and organisations."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.enums import Role
from app.models import Membership, Organisation, UserProfile
from app.security.identity import person

LABELS = {
    "number": _l("Number"),
    "name": _l("Name"),
    "candidate": _l("Candidate"),
    "region": _l("Region"),
    "organisation": _l("Organisation"),
    "programme": _l("Programme"),
    "place": _l("Place"),
    "sectors": _l("Sectors"),
    "created_at": _l("Created"),
    "kind": _l("Kind"),
    "title": _l("Title"),
    "website": _l("Website"),
    "email": _l("E-mail"),
    "phone": _l("Telephone"),
    "state": _l("State"),
    "state_at": _l("State since"),
    "subject": _l("Subject"),
    "route": _l("Route"),
    "active": _l("Active"),
}


def advisers_of_regions() -> list[Any]:
    """Conditions on UserProfile: people who work as an adviser in one of the person's regions."""
    desk = (Role.ADVISER, Role.COORDINATOR, Role.NATIONAL)
    ids = sa.select(Membership.user_id).where(
        Membership.region_id.in_(sorted(person().region_ids)), Membership.role.in_(desk), Membership.ends_on.is_(None)
    )
    return [UserProfile.user_id.in_(ids)]


def organisations_in_use() -> list[Any]:
    """Conditions on Organisation: those that still take part."""
    return [Organisation.active.is_(True)]
