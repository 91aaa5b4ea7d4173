"""Regions that join and leave, their working areas and neighbours. The administrator's work; a coordinator keeps the own region."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock, colour, geo
from app.enums import RegistrationState, Role, Sector
from app.errors import BadInput, IllegalTransition, NotAllowed
from app.extensions import db
from app.models import Activity, ChangeLog, Membership, Region, RegionNeighbour, Registration, WorkingArea
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import contact, inbox, log, members

Area = Sequence[tuple[int, int, Sector | None]]  # pc4 from, pc4 to (included), sector or all
LOWEST, HIGHEST = 1000, 9999
MOST_RANGES = 500
LONGEST_NAME = 80
LONGEST_PROMISE = 20  # working days
MOST_MAILS, MOST_MAILINGS, MOST_APPROVE = 600, 7, 100_000  # a minute, a week to one person, receivers without a second look
_ADMIN_ONLY = frozenset({"name", "slug", "is_national", "joined_on", "left_on"})
_SEATED = (RegistrationState.CONFIRMED, RegistrationState.OFFERED, RegistrationState.WAITLISTED)
_BESIDE: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}


def join(
    region: Region,
    *,
    area: Area,
    neighbours: Iterable[Region],
    coordinator_email: str,
    coordinator_name: str,
    by: Identity,
    now: datetime,
) -> tuple[Region, str | None]:
    """Let a new region (not in the session yet) start: area, neighbours both ways, and the first coordinator.

    Returns the region and the coordinator's one-time link token (None as in members.invite). NotAllowed for all but the
    administrator; BadInput for what cannot be used.
    """
    _admin_only(by)
    region.is_national, region.left_on = False, None
    region.joined_on = region.joined_on or clock.day(now)
    region.slug = _slug(region.name or "")
    check_region(region)
    check_area(area)
    log.changed("join", region, by=by, now=now)
    set_area(region, area, by=by, now=now)
    set_neighbours(region, neighbours, by=by, now=now)
    _, token = members.invite(
        coordinator_email, coordinator_name, Role.COORDINATOR, region=region, starts_on=clock.day(now), by=by, now=now
    )
    return region, token


def update(region: Region, *, by: Identity, now: datetime) -> None:
    """Keep what a form changed on a region. A coordinator keeps the own region's desk, colour, sectors and promise; name and dates are
    the administrator's. NotAllowed and BadInput as above."""
    attributes: Any = sa.inspect(region).attrs
    names = sorted(attribute.key for attribute in sa.inspect(Region).column_attrs if attribute.key != "version")
    fields = [name for name in names if attributes[name].history.has_changes()]
    if by.role is not Role.ADMIN and (by.role is not Role.COORDINATOR or region.id not in by.region_ids or _ADMIN_ONLY & set(fields)):
        raise NotAllowed(gettext("You cannot change this of a region. Ask an administrator."))
    check_region(region)
    if fields:
        log.changed("update", region, by=by, now=now, fields=fields)
    db.session.flush()


def set_area(region: Region, area: Area, *, by: Identity, now: datetime) -> None:
    """The region works in these ranges of postcodes, and no others. Ranges of several regions may overlap.

    NotAllowed for all but the administrator, BadInput for a range that does not exist.
    """
    _admin_only(by)
    check_area(area)
    here = sa.select(WorkingArea).where(WorkingArea.region_id == region.id)
    present = {(row.pc4_from, row.pc4_to, row.sector): row for row in db.session.scalars(here)}
    wanted = set(area)
    if wanted == set(present):
        return
    for key, row in present.items():
        if key not in wanted:
            db.session.delete(row)
    for first, last, sector in sorted(wanted - set(present), key=str):
        db.session.add(WorkingArea(region_id=region.id, pc4_from=first, pc4_to=last, sector=sector))
    log.changed("set_area", region, by=by, now=now, fields=["area"])
    db.session.flush()


def set_neighbours(region: Region, neighbours: Iterable[Region], *, by: Identity, now: datetime) -> None:
    """These regions lie next to this one, and this one next to them. NotAllowed for all but the administrator."""
    _admin_only(by)
    wanted = {}
    for one in neighbours:
        if one.id == region.id or one.is_national or one.left_on is not None:
            raise BadInput(gettext("“%(region)s” cannot be a neighbour of this region.", region=one.name))
        wanted[one.id] = one
    either = sa.or_(RegionNeighbour.region_id == region.id, RegionNeighbour.neighbour_id == region.id)
    present = {(row.region_id, row.neighbour_id): row for row in db.session.scalars(sa.select(RegionNeighbour).where(either))}
    pairs = {(region.id, one) for one in wanted} | {(one, region.id) for one in wanted}
    if pairs == set(present):
        return
    for pair, row in present.items():
        if pair not in pairs:
            db.session.delete(row)
    for here, there in sorted(pairs - set(present)):
        db.session.add(RegionNeighbour(region_id=here, neighbour_id=there))
    log.changed("set_neighbours", region, by=by, now=now, fields=["neighbours"])
    db.session.flush()
    db.session.expire(region, ["neighbours"])


def leave(region: Region, *, successor: Region | None, on: date, by: Identity, now: datetime) -> int:
    """Let a region leave, on a day that has come; says how many candidates moved.

    Open files go to the inbox of the successor, the area too; memberships end at once, coming activities are cancelled and their
    places revoked. What is closed stays where it was. NotAllowed for all but the administrator, IllegalTransition for a region that
    has left, BadInput for the national desk, a day ahead, a successor that cannot be one, or none while files are open.
    """
    _admin_only(by)
    _refuse_leaving(region, successor, on, now)
    waiting = inbox.count_open(region.id)
    if waiting and successor is None:
        raise BadInput(gettext("%(number)s candidates are still open here. Choose the region that takes them over.", number=waiting))
    if successor is not None:
        inbox.move_open_files(region.id, successor.id, name=region.name, by=by, now=now)
        area = sa.update(WorkingArea).where(WorkingArea.region_id == region.id)
        db.session.execute(area.values(region_id=successor.id), execution_options=_BESIDE)
    _end_memberships(region, on, by, now)
    _cancel_activities(region, by, now)
    either = sa.or_(RegionNeighbour.region_id == region.id, RegionNeighbour.neighbour_id == region.id)
    db.session.execute(sa.delete(RegionNeighbour).where(either), execution_options=_BESIDE)
    region.left_on = on
    region.version += 1
    log.changed("leave", region, by=by, now=now)
    db.session.flush()
    for row in list(db.session):
        if isinstance(row, (Membership, Activity, Registration, WorkingArea)):
            db.session.expire(row)
    db.session.expire(region, ["neighbours"])
    return waiting


def check_area(area: Area) -> None:
    """Raise BadInput unless every range runs upwards, from 1000 to 9999, over postcodes that exist. Overlaps are fine."""
    if not area or len(area) > MOST_RANGES:
        raise BadInput(gettext("Write down at least one range of postcodes, such as 3500-3585, and at most %(most)d.", most=MOST_RANGES))
    for first, last, _ in area:
        if not LOWEST <= first <= last <= HIGHEST or not geo.between(first, last):
            raise BadInput(
                gettext("There are no postcodes from %(first)s to %(last)s. Write four digits, the lowest first.", first=first, last=last)
            )


def check_region(region: Region) -> None:
    """Raise BadInput for a name that is missing or taken, a colour that is none, and a promise that cannot be kept."""
    region.name = " ".join((region.name or "").split())
    if not region.name or len(region.name) > LONGEST_NAME or not region.slug:
        raise BadInput(gettext("Fill in a name of at most %(most)d characters.", most=LONGEST_NAME))
    with db.session.no_autoflush:
        same = sa.or_(sa.func.lower(Region.name) == region.name.lower(), Region.slug == region.slug)
        taken = sa.select(Region.id).where(same, Region.id != region.id if region.id else sa.true())
        if db.session.scalar(taken.limit(1), execution_options=SYSTEM_READ) is not None:
            raise BadInput(gettext("There is a region with this name already."))
    if region.colour is not None:
        _check_colour(region)
    if region.promised_days is not None and not 1 <= region.promised_days <= LONGEST_PROMISE:
        raise BadInput(gettext("Promise a first contact within 1 to %(most)d working days.", most=LONGEST_PROMISE))
    if region.desk_email and contact.normalise_email(region.desk_email) is None:
        raise BadInput(gettext("This is not an e-mail address. Check it for mistakes."))
    _check_messages(region)


def _check_messages(region: Region) -> None:
    """How messages to groups leave; what a new region does not say is the usual."""
    if not 0 <= (region.mails_a_minute or 0) <= MOST_MAILS:
        raise BadInput(gettext("Messages to groups leave at most %(most)d a minute. Write a number from 0.", most=MOST_MAILS))
    if region.mailings_a_week is not None and not 1 <= region.mailings_a_week <= MOST_MAILINGS:
        raise BadInput(gettext("One person gets 1 to %(most)d messages to groups a week.", most=MOST_MAILINGS))
    if region.approve_above is not None and not 1 <= region.approve_above <= MOST_APPROVE:
        raise BadInput(gettext("A second person approves from a number of receivers between 1 and %(most)d on.", most=MOST_APPROVE))
    hours = {region.quiet_from, region.quiet_until}
    if hours != {None} and (len(hours) == 1 or not hours <= set(range(24))):
        raise BadInput(gettext("Write both hours without messages, from 0 to 23 and not the same; or leave both empty."))


def _check_colour(region: Region) -> None:
    """White text stands on it, in buttons: what cannot carry that is refused, with the nearest colour that can."""
    region.colour = region.colour.lower()
    if not colour.is_colour(region.colour):
        raise BadInput(gettext("Write the colour as # with six digits or letters, such as #15508a."))
    if not colour.carries_white(region.colour):
        darker = colour.darker(region.colour)
        raise BadInput(
            gettext(
                "White letters on %(colour)s cannot be read well. Choose a darker one, such as %(darker)s.",
                colour=region.colour,
                darker=darker,
            )
        )


def parse_area(text: str, sector: Sector | None = None) -> list[tuple[int, int, Sector | None]]:
    """Ranges as people write them: 3500-3585, 3600, 3700 t/m 3720, split by commas, semicolons or lines. BadInput for anything else.

    A sector behind a range (3500-3585 VO) is for that range; `sector` is for those without one.
    """
    ranges = []
    for piece in filter(None, (piece.strip() for piece in re.split(r"[,;\n\r]+", text))):
        found = re.fullmatch(r"([0-9]{4})(?:\s*(?:-|–|t/m|tot en met|to)\s*([0-9]{4}))?(?:\s+([A-Za-z]{2,3}))?", piece)
        if found is None or (found[3] and found[3].upper() not in Sector.__members__):
            raise BadInput(gettext("“%(text)s” is no range of postcodes. Write it as 3500-3585.", text=piece[:40]))
        ranges.append((int(found[1]), int(found[2] or found[1]), Sector[found[3].upper()] if found[3] else sector))
    check_area(ranges)
    return ranges


def _admin_only(by: Identity) -> None:
    if by.role is not Role.ADMIN:
        raise NotAllowed(gettext("Only an administrator can do this."))


def _refuse_leaving(region: Region, successor: Region | None, on: date, now: datetime) -> None:
    if region.left_on is not None:
        raise IllegalTransition(gettext("This region has left already."))
    if region.is_national:
        raise BadInput(gettext("The national desk cannot leave."))
    if on > clock.day(now) or (region.joined_on is not None and on < region.joined_on):
        raise BadInput(gettext("Do this on the day itself or later: choose today, or a day since the region joined."))
    if successor is not None and (successor.id == region.id or successor.left_on is not None):
        raise BadInput(gettext("This region cannot take the candidates over. Choose another one."))


def _slug(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:LONGEST_NAME]


def _end_memberships(region: Region, on: date, by: Identity, now: datetime) -> None:
    """Those of everybody who works there, the administrator's own second role too: a statement beside the wall."""
    last = sa.literal(min(on, clock.day(now) - timedelta(days=1)), sa.Date())
    live = sa.and_(
        Membership.region_id == region.id,
        Membership.role != Role.CANDIDATE,
        sa.or_(Membership.ends_on.is_(None), Membership.ends_on > last),
    )
    _log_each(Membership, live, "end_membership", ["ends_on"], by, now)
    first = sa.case((Membership.starts_on > last, last), else_=Membership.starts_on)
    done = sa.update(Membership).where(live).values(ends_on=last, starts_on=first, version=Membership.version + 1)
    db.session.execute(done, execution_options=_BESIDE)


def _cancel_activities(region: Region, by: Identity, now: datetime) -> None:
    """The counter goes up first: it is the mutex of every path that touches seats."""
    coming = sa.and_(Activity.region_id == region.id, Activity.starts_at > now, Activity.cancelled_at.is_(None))
    _log_each(Activity, coming, "cancel", ["cancelled_at", "cancel_reason"], by, now)
    ids = list(db.session.scalars(sa.select(Activity.id).where(coming).order_by(Activity.id), execution_options=SYSTEM_READ))
    reason = gettext("%(region)s has left", region=region.name)[:200]
    cancelled = {"reg_seq": Activity.reg_seq + 1, "cancelled_at": now, "cancel_reason": reason, "version": Activity.version + 1}
    db.session.execute(sa.update(Activity).where(Activity.id.in_(ids)).values(cancelled), execution_options=_BESIDE)
    seats = sa.update(Registration).where(Registration.activity_id.in_(ids), Registration.state.in_(_SEATED))
    revoked = {"state": RegistrationState.REVOKED, "state_at": now, "version": Registration.version + 1}
    db.session.execute(seats.values(revoked), execution_options=_BESIDE)


def _log_each(model: Any, which: sa.ColumnElement[bool], verb: str, fields: list[str], by: Identity, now: datetime) -> None:
    """A line in the log for each row that a statement is about to change."""
    table = model.__tablename__
    found = sa.select(model.id, model.region_id).where(which).order_by(model.id)
    lines = [
        {**log.actor(by, now), "verb": verb, "subject": f"{table}:{key}", "region_id": region_id, "table": table, "fields": fields}
        for key, region_id in db.session.execute(found, execution_options=SYSTEM_READ)
    ]
    if lines:
        db.session.execute(sa.insert(ChangeLog), lines, execution_options=SYSTEM_READ)
