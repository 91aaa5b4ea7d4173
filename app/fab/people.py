"""From an open session to an identity: which membership is active, and what it may do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.enums import ORGANISATION_ROLES, OrganisationKind, Role
from app.extensions import db, reading
from app.fab.sessions import RowSession, Standing
from app.models import Capability, LoginSession, Organisation, Region
from app.security.capabilities import effective
from app.security.identity import ANONYMOUS, Identity
from app.security.scope import SYSTEM_READ


def active(session: RowSession) -> tuple[Standing, ...]:
    """The active membership; several of them when the person chose "all regions", which then share one role."""
    standings = session.standings
    row = session.row
    if not standings or row is None:
        return ()
    chosen = next((standing for standing in standings if standing.membership.id == row.membership_id), standings[0])
    if row.all_regions and chosen.membership.role not in ORGANISATION_ROLES:
        return tuple(standing for standing in standings if standing.membership.role is chosen.membership.role)
    return (chosen,)


def identity_of(session: RowSession) -> Identity:
    """Who asks in this session. A person without a live membership is signed in and may do nothing."""
    standings = active(session)
    if not standings or session.user is None:
        return Identity(user_id=session.user.id if session.user else None) if session.user else ANONYMOUS
    memberships = [standing.membership for standing in standings]
    role = memberships[0].role
    region_ids = frozenset(membership.region_id for membership in memberships)
    return Identity(
        user_id=session.user.id,
        role=role,
        region_ids=region_ids,
        candidate_id=memberships[0].candidate_id if role is Role.CANDIDATE else None,
        **_facts(role, region_ids, standings),
    )


def _organisations(standings: tuple[Standing, ...]) -> Any:
    """A select of the ids, joined by commas: the organisation itself; a board covers its schools."""
    own = [standing.membership.organisation_id for standing in standings if standing.membership.organisation_id]
    below = sa.and_(Organisation.parent_id.in_(own), Organisation.kind == OrganisationKind.SCHOOL)
    ids = sa.func.aggregate_strings(sa.cast(Organisation.id, sa.String), ",")
    return sa.select(ids).where(sa.or_(Organisation.id.in_(own), below)).scalar_subquery()


def _facts(role: Role, region_ids: frozenset[int], standings: tuple[Standing, ...]) -> dict[str, Any]:
    """The organisations, the national region and the regions' departures from the capability table, in one statement."""
    organisations = _organisations(standings) if role in ORGANISATION_ROLES else sa.null()
    query = (
        sa.select(Region.id, Region.is_national, Capability, organisations)
        .outerjoin(Capability, sa.and_(Capability.region_id == Region.id, Capability.role == role))
        .where(sa.or_(Region.id.in_(region_ids), Region.is_national.is_(True)))
    )
    national: int | None = None
    departures: dict[int, list[Capability]] = {region: [] for region in region_ids}
    with reading() as session:
        found = session.execute(query, execution_options=SYSTEM_READ).all()
    organisation_ids: frozenset[int] = frozenset()
    for region, is_national, capability, ids in found:
        national = region if is_national else national
        organisation_ids = frozenset(map(int, ids.split(","))) if ids else organisation_ids
        if capability is not None and region in departures:
            departures[region].append(capability)
    capabilities = {region: effective(role, rows) for region, rows in departures.items()}
    return {"national_region_id": national, "capabilities": capabilities, "organisation_ids": organisation_ids}


def choose(session: RowSession, wanted: str) -> tuple[int, bool] | None:
    """The membership that a switch asks for ("12", or "12+" for all regions of its role), or None when it is not the person's own."""
    number, everything = wanted.removesuffix("+"), wanted.endswith("+")
    standing = next((standing for standing in session.standings if str(standing.membership.id) == number), None)
    return (standing.membership.id, everything) if standing else None


def remember(session: RowSession, membership_id: int, all_regions: bool) -> None:
    """Make a membership the active one of this session, in the running transaction."""
    assert session.row is not None
    db.session.execute(
        sa.update(LoginSession).where(LoginSession.id == session.row.id).values(membership_id=membership_id, all_regions=all_regions),
        execution_options={**SYSTEM_READ, "synchronize_session": False},
    )


def preference(session: Any, name: str, default: Any = None) -> Any:
    """What the person of this session keeps under a name (services/preferences.py); the default for a visitor."""
    if not isinstance(session, RowSession) or session.profile is None:
        return default
    return (session.profile.preferences or {}).get(name, default)
