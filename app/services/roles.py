"""What roles may do in a region: switching a capability, copying another region's choices, and the table for the screen."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import gettext

from app.enums import DESK_ROLES, NATIONAL_ROLES, Role
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import Capability, Region
from app.security.capabilities import COLUMNS, LABELS, LEVELS, Level, level
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import log

_SWITCHES = (Level.ON, Level.OFF)


class Cell(NamedTuple):
    """One role's right: `state` is always, never, on or off; `default` is what every region starts with."""

    role: str
    state: str
    editable: bool
    default: bool


class Row(NamedTuple):
    """One capability with a cell per role, in the order of `columns`."""

    name: str
    label: str
    cells: tuple[Cell, ...]


def columns(region: Region) -> list[Role]:
    """The roles that work in this region, in the order of the table."""
    elsewhere = DESK_ROLES if region.is_national else NATIONAL_ROLES
    return [role for role in COLUMNS if role not in elsewhere]


def matrix(region: Region, *, by: Identity) -> list[Row]:
    """The whole table of a region. NotAllowed without the capability to manage roles there."""
    _allow(region, by)
    chosen = _departures(region.id)
    return [
        Row(name, str(gettext(LABELS[name])), tuple(_cell(role, name, chosen.get((role, name)), by) for role in columns(region)))
        for name in LEVELS
    ]


def _cell(role: Role, name: str, chosen: bool | None, by: Identity) -> Cell:
    default = level(role, name)
    if default not in _SWITCHES:
        return Cell(role.name, default.value, False, default is Level.ALWAYS)
    is_default = default is Level.ON
    return Cell(role.name, "on" if (is_default if chosen is None else chosen) else "off", role is not by.role, is_default)


def set_capability(region: Region, role: Role, name: str, enabled: bool | None, *, by: Identity, now: datetime) -> bool:
    """Switch a capability of a role in a region on or off, or (None) back to the default; says whether that changed anything.

    NotAllowed without the capability to manage roles there, for the giver's own role, and beyond a ceiling: ALWAYS stays on, NEVER
    stays off. BadInput for a capability that does not exist and a role that does not work in this region.
    """
    _allow(region, by)
    if name not in LEVELS or role not in columns(region):
        raise BadInput(gettext("This right does not exist here. Load the page again."))
    if role is by.role:
        raise NotAllowed(gettext("You cannot change the rights of your own role. Ask somebody with another role."))
    default = level(role, name)
    if default not in _SWITCHES and enabled is not None and enabled is not (default is Level.ALWAYS):
        raise NotAllowed(_ceiling(default, role, name))
    wanted = enabled if default in _SWITCHES and enabled is not (default is Level.ON) else None
    return _store(region, role, name, wanted, by, now)


def copy_from(region: Region, other: Region, *, by: Identity, now: datetime) -> int:
    """Make the choices of a region the same as another's, the giver's own role apart; says how many changed.

    Choices are set-up and tell nothing about people: they may be copied from a region that one cannot change. NotAllowed as above.
    """
    _allow(region, by)
    theirs = _departures(other.id)
    changed = 0
    for role in columns(region):
        for name in LEVELS:
            if role is not by.role and role in columns(other) and level(role, name) in _SWITCHES:
                changed += set_capability(region, role, name, theirs.get((role, name)), by=by, now=now)
    return changed


def _allow(region: Region, by: Identity) -> None:
    everywhere = by.role is Role.ADMIN and by.can("manage_roles")
    if not everywhere and not by.can("manage_roles", region.id):
        raise NotAllowed(gettext("You cannot change roles in this region."))


def _ceiling(default: Level, role: Role, name: str) -> str:
    words = {"right": gettext(LABELS[name]), "role": role.label}
    if default is Level.ALWAYS:
        return str(gettext("“%(right)s” is always on for %(role)s. No region can switch it off.", **words))
    return str(gettext("“%(right)s” is never on for %(role)s. No region can switch it on.", **words))


def _departures(region_id: int) -> dict[tuple[Role, str], bool]:
    query = sa.select(Capability.role, Capability.name, Capability.enabled).where(Capability.region_id == region_id)
    return {(role, name): enabled for role, name, enabled in db.session.execute(query, execution_options=SYSTEM_READ)}


def _store(region: Region, role: Role, name: str, wanted: bool | None, by: Identity, now: datetime) -> bool:
    """Only departures are kept. The region's row is locked, so that two people do not add the same one."""
    db.session.execute(sa.select(Region.id).where(Region.id == region.id).with_for_update())
    here = sa.select(Capability).where(Capability.region_id == region.id, Capability.role == role, Capability.name == name)
    row = db.session.scalars(here.execution_options(populate_existing=True)).one_or_none()
    if (row.enabled if row is not None else None) is wanted:
        return False
    fields = [f"{role.name}.{name}"]
    if row is None:
        row = Capability(region_id=region.id, role=role, name=name, enabled=wanted)
    elif wanted is not None:
        row.enabled = wanted
    log.changed("set_capability", row, by=by, now=now, fields=[*fields, "default" if wanted is None else "on" if wanted else "off"])
    if wanted is None:
        db.session.delete(row)
    db.session.flush()
    return True
