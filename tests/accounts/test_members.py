"""Inviting and ending: who may hand out what, where, to whom; and whose account a link opens."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters import passwords
from app.enums import Role
from app.errors import BadInput, IllegalTransition, NotAllowed, ScopeError
from app.extensions import db
from app.models import Membership, OneTimeLink, Organisation, Region, UserProfile
from app.security.identity import Identity, acting_as
from app.services import accounts, links, members
from tests.accounts.cast import (
    ADA,
    BOARD,
    CARLA,
    CAST,
    DAY,
    FATIMA,
    GOOI,
    LANDELIJK,
    NADIA,
    NOON,
    NOOR,
    OTHER_BOARD,
    PAM,
    PASSWORD,
    PROVIDER,
    RITA,
    ROTTERDAM,
    SAM,
    SCHOOL,
    TODAY,
    TOMORROW,
    UTRECHT,
    YESTERDAY,
    add_membership,
    beyond_the_wall,
    every,
    logged,
    the,
)

pytestmark = pytest.mark.usefixtures("app")


def region(key: int) -> Region:
    return the(Region, Region.id == key)


def organisation(key: int) -> Organisation:
    return the(Organisation, Organisation.id == key)


def invite(by: Identity, role: Role, *, at: int | None = None, org: int | None = None, email: str = "new@example.test", **more: Any) -> Any:
    with acting_as(by):
        made = members.invite(
            email,
            more.pop("name", "Nieuwe Collega"),
            role,
            region=region(at) if at else None,
            organisation=organisation(org) if org else None,
            starts_on=more.pop("starts_on", TODAY),
            by=by,
            now=NOON,
            **more,
        )
        db.session.flush()
        return made


def membership_of(person: Identity, at: int | None = None) -> Membership:
    where = [Membership.user_id == person.user_id, Membership.role == person.role]
    return the(Membership, *where, *([Membership.region_id == at] if at else []))


def test_a_coordinator_invites_an_adviser_who_gets_an_account_and_a_link():
    membership, token = invite(CARLA, Role.ADVISER, at=UTRECHT, email="  New@Example.TEST ")

    user = accounts.find("new@example.test")
    with beyond_the_wall():
        found = (membership.role, membership.region_id, membership.starts_on, membership.ends_on, membership.profile.name)
        assert found == (Role.ADVISER, UTRECHT, TODAY, None, "Nieuwe Collega")
        assert (user.first_name, user.last_name, user.password) == ("Nieuwe", "Collega", passwords.UNUSABLE)
        assert links.peek(token, now=NOON).user_id == user.id
    assert [verb for verb, who, _ in logged() if who == CARLA.user_id] == ["invite", "make_link"]


@pytest.mark.parametrize(
    ("by", "role", "at", "org"),
    [
        (CARLA, Role.SCHOOL, None, BOARD),
        (CARLA, Role.SCHOOL, UTRECHT, SCHOOL),
        (CARLA, Role.PROVIDER, None, PROVIDER),
        (CARLA, Role.STUDY_ADVISER, None, PROVIDER),
        (ADA, Role.COORDINATOR, GOOI, None),
        (ADA, Role.NATIONAL, LANDELIJK, None),
        (ADA, Role.ADMIN, LANDELIJK, None),
        (ADA, Role.SCHOOL, None, OTHER_BOARD),
        (NADIA, Role.NATIONAL, LANDELIJK, None),
        (SAM, Role.SCHOOL, None, SCHOOL),
        (PAM, Role.PROVIDER, None, PROVIDER),
        (PAM, Role.STUDY_ADVISER, None, PROVIDER),
    ],
)
def test_each_role_hands_out_its_own_list(by, role, at, org):
    membership, token = invite(by, role, at=at, org=org)

    assert membership.role is role
    assert membership.organisation_id == org
    assert links.peek(token, now=NOON) is not None


@pytest.mark.parametrize(
    ("by", "role", "at", "org"),
    [
        (CARLA, Role.COORDINATOR, UTRECHT, None),
        (CARLA, Role.ADMIN, LANDELIJK, None),
        (CARLA, Role.NATIONAL, LANDELIJK, None),
        (CARLA, Role.CANDIDATE, UTRECHT, None),
        (CARLA, Role.ADVISER, ROTTERDAM, None),
        (CARLA, Role.ADVISER, GOOI, None),
        (CARLA, Role.SCHOOL, None, OTHER_BOARD),
        (ADA, Role.CANDIDATE, UTRECHT, None),
        (NADIA, Role.ADMIN, LANDELIJK, None),
        (NADIA, Role.ADVISER, UTRECHT, None),
        (SAM, Role.PROVIDER, None, PROVIDER),
        (SAM, Role.SCHOOL, None, OTHER_BOARD),
        (PAM, Role.ADVISER, UTRECHT, None),
        (NOOR, Role.ADVISER, UTRECHT, None),
        (FATIMA, Role.CANDIDATE, UTRECHT, None),
        (Identity(), Role.ADMIN, LANDELIJK, None),
    ],
)
def test_nobody_hands_out_what_is_not_theirs(by, role, at, org):
    with pytest.raises(NotAllowed):
        invite(by, role, at=at, org=org)

    assert accounts.find("new@example.test") is None


@pytest.mark.parametrize(
    ("by", "role", "at"), [(CARLA, Role.ADVISER, UTRECHT), (ADA, Role.ADVISER, UTRECHT), (ADA, Role.COORDINATOR, GOOI)]
)
def test_nobody_gives_a_role_to_themselves(by, role, at):
    own = next(f"{name}@example.test" for name, person in CAST.items() if person is by)

    with pytest.raises(NotAllowed):
        invite(by, role, at=at, email=own.upper())


def test_the_wall_stops_an_admin_who_goes_around_the_service():
    with acting_as(ADA):
        db.session.add(Membership(user_id=ADA.user_id, role=Role.ADVISER, region_id=UTRECHT, starts_on=TODAY))
        with pytest.raises(ScopeError):
            db.session.flush()


def test_a_region_that_switched_manage_members_off_invites_nobody():
    without = Identity(CARLA.user_id, CARLA.role, CARLA.region_ids, capabilities={UTRECHT: frozenset({"manage_roles"})})

    with pytest.raises(NotAllowed):
        invite(without, Role.ADVISER, at=UTRECHT)


@pytest.mark.parametrize(
    ("by", "role", "at", "org", "more"),
    [
        (ADA, Role.ADVISER, LANDELIJK, None, {}),
        (ADA, Role.ADMIN, UTRECHT, None, {}),
        (ADA, Role.ADVISER, None, None, {}),
        (ADA, Role.ADVISER, UTRECHT, BOARD, {}),
        (ADA, Role.SCHOOL, UTRECHT, None, {}),
        (ADA, Role.SCHOOL, None, PROVIDER, {}),
        (ADA, Role.PROVIDER, None, BOARD, {}),
        (ADA, Role.SCHOOL, ROTTERDAM, BOARD, {}),
        (CARLA, Role.ADVISER, UTRECHT, None, {"email": "no address"}),
        (CARLA, Role.ADVISER, UTRECHT, None, {"email": "a@b"}),
        (CARLA, Role.ADVISER, UTRECHT, None, {"email": f"{'a' * 140}@example.test"}),
        (CARLA, Role.ADVISER, UTRECHT, None, {"name": "  "}),
        (CARLA, Role.ADVISER, UTRECHT, None, {"name": "x" * 121}),
        (CARLA, Role.ADVISER, UTRECHT, None, {"ends_on": YESTERDAY}),
        (CARLA, Role.ADVISER, UTRECHT, None, {"starts_on": TOMORROW, "ends_on": TODAY}),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(by, role, at, org, more):
    with pytest.raises(BadInput) as refused:
        invite(by, role, at=at, org=org, **more)

    assert re.fullmatch(r"[A-Z].+\.", str(refused.value))


def test_the_same_role_twice_in_one_place_is_refused_and_again_after_the_end_is_fine():
    invite(CARLA, Role.ADVISER, at=UTRECHT, ends_on=TODAY + 5 * DAY)

    with pytest.raises(BadInput):
        invite(CARLA, Role.ADVISER, at=UTRECHT, starts_on=TODAY + 5 * DAY)
    membership, _ = invite(CARLA, Role.ADVISER, at=UTRECHT, starts_on=TODAY + 6 * DAY)

    assert membership.id is not None


def test_somebody_known_elsewhere_gets_the_same_answer_as_somebody_new():
    new, token = invite(CARLA, Role.ADVISER, at=UTRECHT)
    the_user(FATIMA).password = passwords.hash(PASSWORD)

    known, decoy = invite(CARLA, Role.SCHOOL, org=BOARD, email="fatima@example.test")

    assert (type(new), len(token)) == (type(known), len(decoy))
    assert known.user_id == FATIMA.user_id
    assert links.peek(decoy, now=NOON) is None


def test_a_colleague_in_sight_who_has_a_password_gets_no_link():
    the_user(NOOR).password = passwords.hash(PASSWORD)

    _, token = invite(ADA, Role.ADVISER, at=GOOI, email="noor@example.test")

    assert token is None


def test_a_coordinator_does_not_get_into_an_account_that_waits_for_its_first_password_elsewhere():
    """Ada invited an administrator; Carla invites the same person and hopes for the link."""
    invite(ADA, Role.ADMIN, at=LANDELIJK, email="boss@example.test")

    _, token = invite(CARLA, Role.ADVISER, at=UTRECHT, email="boss@example.test")

    assert links.peek(token, now=NOON) is None


def test_a_link_that_was_made_earlier_dies_when_the_account_gets_more_rights():
    """Carla invites somebody and keeps the link; Ada makes the same person administrator."""
    _, kept = invite(CARLA, Role.ADVISER, at=UTRECHT, email="boss@example.test")

    _, fresh = invite(ADA, Role.ADMIN, at=LANDELIJK, email="boss@example.test")

    assert links.peek(kept, now=NOON) is None
    assert links.peek(fresh, now=NOON) is not None


def test_two_invitations_for_one_new_address_make_one_account():
    first, _ = invite(CARLA, Role.ADVISER, at=UTRECHT, email="new@example.test")

    second, _ = invite(RITA, Role.ADVISER, at=ROTTERDAM, email="NEW@example.test")

    assert first.user_id == second.user_id
    assert len(every(UserProfile, UserProfile.user_id == first.user_id)) == 1


def test_a_forgotten_password_is_mended_with_a_new_link():
    noor = membership_of(NOOR)

    with acting_as(CARLA):
        token = members.new_link(noor, by=CARLA, now=NOON)

    assert links.peek(token, now=NOON).user_id == NOOR.user_id


@pytest.mark.parametrize(
    ("by", "whose", "at"),
    [
        (CARLA, CARLA, UTRECHT),  # the own one
        (CARLA, SAM, ROTTERDAM),  # another region (Sam also works there)
        (CARLA, SAM, UTRECHT),  # the own region, but the account opens another one too
        (NOOR, NOOR, UTRECHT),
        (SAM, PAM, UTRECHT),
        (CARLA, FATIMA, UTRECHT),
        (ADA, FATIMA, UTRECHT),
        (RITA, NOOR, UTRECHT),
    ],
)
def test_a_link_is_the_whole_account_so_it_is_made_only_for_what_one_manages(by, whose, at):
    with beyond_the_wall():
        add_membership(SAM.user_id, Role.ADVISER, ROTTERDAM)
    membership = the(Membership, Membership.user_id == whose.user_id, Membership.region_id == at)

    with acting_as(by), pytest.raises(NotAllowed):
        members.new_link(membership, by=by, now=NOON)

    assert every(OneTimeLink) == []


def test_a_membership_that_ends_today_is_over_at_once():
    with acting_as(CARLA):
        members.end(membership_of(NOOR), ends_on=TODAY, by=CARLA, now=NOON)

    assert membership_of(NOOR).ends_on == YESTERDAY


def test_one_that_began_today_ends_today_too():
    membership, _ = invite(CARLA, Role.ADVISER, at=UTRECHT)

    with acting_as(CARLA):
        members.end(membership, ends_on=TODAY, by=CARLA, now=NOON)

    assert (membership.starts_on, membership.ends_on) == (YESTERDAY, YESTERDAY)


def test_a_later_last_day_is_kept_and_can_be_changed():
    with acting_as(CARLA):
        members.end(membership_of(NOOR), ends_on=TODAY + 30 * DAY, by=CARLA, now=NOON)
        members.end(membership_of(NOOR), ends_on=TODAY + 10 * DAY, by=CARLA, now=NOON)

    assert membership_of(NOOR).ends_on == TODAY + 10 * DAY


def test_one_that_has_ended_does_not_end_again():
    with beyond_the_wall():
        membership = add_membership(NOOR.user_id, Role.ADVISER, GOOI, ends_on=date(2026, 1, 1))

    with acting_as(ADA), pytest.raises(IllegalTransition):
        members.end(membership, ends_on=TODAY, by=ADA, now=NOON)


@pytest.mark.parametrize(
    ("by", "whose"), [(CARLA, CARLA), (ADA, ADA), (CARLA, FATIMA), (ADA, FATIMA), (RITA, NOOR), (NOOR, CARLA), (SAM, PAM), (CARLA, ADA)]
)
def test_nobody_ends_their_own_membership_or_one_that_is_not_theirs_to_manage(by, whose):
    with acting_as(by), pytest.raises(NotAllowed):
        members.end(membership_of(whose), ends_on=TODAY, by=by, now=NOON)


def test_the_first_administrator_brings_the_national_desk_and_gets_a_link():
    with beyond_the_wall():
        db.session.execute(sa.update(Region).where(Region.id == LANDELIJK).values(is_national=False, name="x", slug="x"))
        token = members.install_admin("ans@example.nl", "Ans de Boer", by=Identity(), now=NOON)
        again = members.install_admin("ans@example.nl", "Ans de Boer", by=Identity(), now=NOON)

    user = accounts.find("ans@example.nl")
    admin = the(Membership, Membership.user_id == user.id)
    assert (admin.role, region(admin.region_id).name, region(admin.region_id).is_national) == (Role.ADMIN, "Landelijk", True)
    assert {links.peek(one, now=NOON).user_id for one in (token, again)} == {user.id}


def the_user(person: Identity) -> Any:
    return the(accounts.User, accounts.User.id == person.user_id)
