"""Who works where, in which role: inviting, ending, new links; and advisees who go back to the inbox when their adviser goes.

A link lets whoever holds it choose the password, so it is made only for somebody who may manage every membership behind the
account; and a new membership kills the links that were made before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext

from app.adapters import clock, passwords
from app.enums import DESK_ROLES, NATIONAL_ROLES, ORGANISATION_ROLES, LinkPurpose, OrganisationKind, Role
from app.errors import BadInput, IllegalTransition, NotAllowed
from app.extensions import db
from app.models import Membership, Organisation, Region, UserProfile
from app.security.capabilities import GRANTABLE
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import accounts, contact, inbox, links, log

LINK_VALID = links.LIVES
LONGEST_NAME = 120
LONGEST_EMAIL = 128  # FAB's user name
_PART = 64  # of a name in FAB's table
_KINDS = {
    Role.SCHOOL: (OrganisationKind.BOARD, OrganisationKind.SCHOOL),
    Role.PROVIDER: (OrganisationKind.PROVIDER,),
    Role.STUDY_ADVISER: (OrganisationKind.PROVIDER,),
}
KEEP_FILES = DESK_ROLES | {Role.NATIONAL}


@dataclass(frozen=True)
class Place:
    """A role with its scope: what a membership is about."""

    role: Role
    region: Region
    organisation: Organisation | None


def grantable(by: Identity) -> list[Role]:
    """The roles that this person may hand out, in the order of the list."""
    allowed = GRANTABLE.get(by.role, frozenset()) if by.role and by.can("manage_members") else frozenset()
    return [role for role in Role if role in allowed]


def may_manage(membership: Membership, *, by: Identity) -> bool:
    """This person may end this membership: within what they may hand out, and never their own."""
    if membership.user_id == by.user_id or membership.role not in grantable(by):
        return False
    return _reaches(by, membership.region_id, membership.organisation_id)


def _reaches(by: Identity, region_id: int, organisation_id: int | None) -> bool:
    if by.role is Role.ADMIN:
        return True
    return organisation_id in by.organisation_ids if by.is_organisation else region_id in by.region_ids


def invite(
    email: str,
    name: str,
    role: Role,
    *,
    region: Region | None = None,
    organisation: Organisation | None = None,
    starts_on: date,
    ends_on: date | None = None,
    by: Identity,
    now: datetime,
) -> tuple[Membership, str | None]:
    """Give somebody a role in a region or an organisation; makes the account when there is none. Returns a one-time link token.

    None instead of a token when the giver already sees this person, who has a password: nothing is secret then. For an account
    out of the giver's sight the token opens nothing, so that the answer does not tell that the account exists. NotAllowed for a
    role or place that is not the giver's to hand out and for oneself; BadInput for what cannot be used and a membership twice.
    """
    place = _place(role, region, organisation, by)
    _check_period(starts_on, ends_on, now)
    user, is_new = _account(_checked_email(email), _checked_name(name), now)
    if user.id == by.user_id:
        raise NotAllowed(gettext("You cannot give yourself a role. Ask somebody else who manages members."))
    _refuse_twice(user.id, place, starts_on, ends_on)
    seen = not is_new and _is_seen(user.id)
    membership = Membership(user_id=user.id, role=role, region_id=place.region.id, starts_on=starts_on, ends_on=ends_on)
    membership.organisation_id = place.organisation.id if place.organisation else None
    log.changed("invite", membership, by=by, now=now)
    db.session.flush()
    links.kill(user.id, now=now)
    return membership, _first_link(user, seen, by, now)


def _first_link(user: User, seen: bool, by: Identity, now: datetime) -> str | None:
    if accounts.has_password(user):
        return None if seen else links.decoy()
    return links.make(user, LinkPurpose.INVITE, by=by, now=now) if _is_all_theirs(user.id, by, now) else links.decoy()


def new_link(membership: Membership, *, by: Identity, now: datetime) -> str:
    """A one-time link for a member who forgot the password or lost the first link; the token is shown once.

    NotAllowed unless every membership of that account is the giver's to manage: a link is the whole account.
    """
    user = db.session.scalars(sa.select(User).where(User.id == membership.user_id), execution_options=SYSTEM_READ).one()
    if not may_manage(membership, by=by) or not user.active or not _is_all_theirs(user.id, by, now):
        raise NotAllowed(gettext("You cannot make a link for this person. Ask an administrator."))
    purpose = LinkPurpose.RESET if accounts.has_password(user) else LinkPurpose.INVITE
    return links.make(user, purpose, by=by, now=now)


def end(membership: Membership, *, ends_on: date, by: Identity, now: datetime) -> None:
    """Let a membership end after a day. Today or earlier takes effect at once: the last day is then yesterday at the latest.

    When it was the last one at a desk, the advisees go back to the inbox of the region in the same transaction; for a later day
    an hourly job does it (settle_ended). NotAllowed for the own membership and others that are not the giver's to manage,
    IllegalTransition when it has ended, Stale when somebody was first.
    """
    if membership.user_id == by.user_id:
        raise NotAllowed(gettext("You cannot end your own membership. Ask somebody else who manages members."))
    if not may_manage(membership, by=by):
        raise NotAllowed(gettext("You cannot end this membership."))
    today = clock.day(now)
    if membership.ends_on is not None and membership.ends_on < today:
        raise IllegalTransition(gettext("This membership has ended already."))
    membership.ends_on = ends_on if ends_on > today else min(ends_on, today - timedelta(days=1))
    membership.starts_on = min(membership.starts_on, membership.ends_on)
    membership.version += 1
    log.changed("end_membership", membership, by=by, now=now)
    db.session.flush()
    if membership.ends_on < today and membership.role in KEEP_FILES:
        _leave_desk(membership.user_id, membership.region_id, by=by, now=now)


def settle_ended(*, by: Identity, now: datetime) -> int:
    """Send back the advisees of everybody whose last membership at a desk has ended; says how many. For the hourly job."""
    ended = sa.select(Membership.user_id, Membership.region_id).where(
        Membership.role.in_(_in_order(KEEP_FILES)), Membership.ends_on < clock.day(now)
    )
    pairs = db.session.execute(ended.distinct(), execution_options=SYSTEM_READ).all()
    return sum(_leave_desk(user_id, region_id, by=by, now=now) for user_id, region_id in sorted(pairs))


def _leave_desk(user_id: int, region_id: int, *, by: Identity, now: datetime) -> int:
    left = sa.select(Membership.id).where(
        Membership.user_id == user_id,
        Membership.region_id == region_id,
        Membership.role.in_(_in_order(KEEP_FILES)),
        sa.or_(Membership.ends_on.is_(None), Membership.ends_on >= clock.day(now)),
    )
    if db.session.scalar(left.limit(1), execution_options=SYSTEM_READ) is not None:
        return 0
    return inbox.return_to_inbox(user_id, region_id, by=by, now=now)


def _in_order(roles: frozenset[Role]) -> list[Role]:
    return [role for role in Role if role in roles]


# -- checks --------------------------------------------------------------------------------------------------------------


def _place(role: Role, region: Region | None, organisation: Organisation | None, by: Identity) -> Place:
    if role not in grantable(by):
        raise NotAllowed(gettext("You cannot hand out this role."))
    if role in ORGANISATION_ROLES:
        place = Place(role, _region_of(role, organisation, region), organisation)
    else:
        place = Place(role, _desk_of(role, region, organisation), None)
    if place.region.left_on is not None:
        raise BadInput(gettext("This region has left. Choose another one."))
    if not _reaches(by, place.region.id, place.organisation.id if place.organisation else None):
        raise NotAllowed(gettext("You can only invite people where you work yourself."))
    return place


def _region_of(role: Role, organisation: Organisation | None, region: Region | None) -> Region:
    if organisation is None or organisation.kind not in _KINDS[role]:
        raise BadInput(
            gettext("Choose the school or school board where this person works.")
            if role is Role.SCHOOL
            else gettext("Choose the training institute where this person works.")
        )
    if not organisation.active:
        raise BadInput(gettext("This organisation no longer takes part. Choose another one."))
    if region is not None and region.id != organisation.region_id:
        raise BadInput(gettext("This organisation lies in another region."))
    own = sa.select(Region).where(Region.id == organisation.region_id)
    return db.session.scalars(own, execution_options=SYSTEM_READ).one()


def _desk_of(role: Role, region: Region | None, organisation: Organisation | None) -> Region:
    if organisation is not None:
        raise BadInput(gettext("This role belongs to a region. Leave the organisation empty."))
    if region is None:
        raise BadInput(gettext("Choose the region where this person works."))
    if region.is_national is not (role in NATIONAL_ROLES):
        raise BadInput(
            gettext("This role belongs to a region, not to the national desk.")
            if region.is_national
            else gettext("This role belongs to the national desk.")
        )
    return region


def _check_period(starts_on: date, ends_on: date | None, now: datetime) -> None:
    if ends_on is not None and (ends_on < starts_on or ends_on < clock.day(now)):
        raise BadInput(gettext("The last day lies before the first day, or has passed. Check the dates."))


def _checked_email(email: str) -> str:
    address = email.strip().lower()
    if contact.normalise_email(address) is None or len(address) > LONGEST_EMAIL:
        raise BadInput(gettext("This is not an e-mail address. Check it for mistakes."))
    return address


def _checked_name(name: str) -> str:
    words = " ".join(name.split())
    if not words or len(words) > LONGEST_NAME or any(not letter.isprintable() for letter in words):
        raise BadInput(gettext("Fill in a name of at most %(most)d characters.", most=LONGEST_NAME))
    return words


def _refuse_twice(user_id: int, place: Place, starts_on: date, ends_on: date | None) -> None:
    """The same role in the same place in an overlapping period. Locks the account, so that two clicks do not both pass."""
    db.session.execute(sa.select(User.id).where(User.id == user_id).with_for_update(), execution_options=SYSTEM_READ)
    same = sa.select(Membership.id).where(
        Membership.user_id == user_id,
        Membership.role == place.role,
        Membership.region_id == place.region.id,
        Membership.organisation_id == place.organisation.id if place.organisation else Membership.organisation_id.is_(None),
        sa.or_(Membership.ends_on.is_(None), Membership.ends_on >= starts_on),
        Membership.starts_on <= ends_on if ends_on else sa.true(),
    )
    if db.session.scalar(same.limit(1), execution_options=SYSTEM_READ) is not None:
        raise BadInput(gettext("This person already has this role here."))


def _is_seen(user_id: int) -> bool:
    """Whoever asks already sees this person among the members: through the wall."""
    return db.session.scalar(sa.select(UserProfile.user_id).where(UserProfile.user_id == user_id)) is not None


def _is_all_theirs(user_id: int, by: Identity, now: datetime) -> bool:
    """Every membership of this account that has not ended is the giver's to manage."""
    live = sa.select(Membership).where(
        Membership.user_id == user_id, sa.or_(Membership.ends_on.is_(None), Membership.ends_on >= clock.day(now))
    )
    return all(may_manage(one, by=by) for one in db.session.scalars(live, execution_options=SYSTEM_READ))


# -- accounts ------------------------------------------------------------------------------------------------------------


def _account(email: str, name: str, now: datetime) -> tuple[User, bool]:
    """The account of this address with its profile, and whether it was made just now. Two at the same time make one."""
    user = accounts.find(email)
    is_new = user is None
    if user is None:
        try:
            with db.session.begin_nested():
                user = _new_user(email, name, now)
                db.session.add(user)
        except sa.exc.IntegrityError:
            user, is_new = accounts.find(email), False
    assert user is not None
    profile = sa.select(UserProfile.user_id).where(UserProfile.user_id == user.id)
    if db.session.scalar(profile, execution_options=SYSTEM_READ) is None:
        db.session.add(UserProfile(user_id=user.id, name=name, created_at=now))
        db.session.flush()
    return user, is_new


def _new_user(email: str, name: str, now: datetime) -> User:
    given, _, rest = name.partition(" ")
    moment = now.replace(tzinfo=None)
    return User(
        first_name=given[:_PART],
        last_name=rest[:_PART],
        username=email,
        email=email,
        password=passwords.UNUSABLE,
        active=True,
        created_on=moment,
        changed_on=moment,
    )


def install_admin(email: str, name: str, *, by: Identity, now: datetime) -> str | None:
    """The first administrator, at the national desk, which is made when it is missing. For a command: needs the system scope.

    Returns a link token, or None when the person has a password already. Somebody who is administrator already gets a new link.
    """
    user, _ = _account(_checked_email(email), _checked_name(name), now)
    place = Place(Role.ADMIN, _national_desk(now), None)
    try:
        _refuse_twice(user.id, place, clock.day(now), None)
    except BadInput:
        pass
    else:
        membership = Membership(user_id=user.id, role=Role.ADMIN, region_id=place.region.id, starts_on=clock.day(now))
        log.changed("install_admin", membership, by=by, now=now, fields=["role"])
    return None if accounts.has_password(user) else links.make(user, LinkPurpose.INVITE, by=by, now=now)


def _national_desk(now: datetime) -> Region:
    found = db.session.scalars(sa.select(Region).where(Region.is_national.is_(True)).order_by(Region.id)).first()
    if found is None:
        found = Region(name="Landelijk", slug="landelijk", is_national=True, joined_on=clock.day(now))
        db.session.add(found)
        db.session.flush()
    return found
