"""The people who work with the product: FAB's users, their profiles and their memberships."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from werkzeug.security import generate_password_hash

from app.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from app.demo.content import places
from app.demo.content.names import GROUPS
from app.demo.regions import slug_of
from app.demo.world import NATIONAL_ID, Pick, World, moment, one_of
from app.demo.writer import Writer
from app.enums import OrganisationKind, Role
from app.models import full_name

UNUSABLE = "!"  # no password has this hash
STUDY_ADVISERS = 16
NATIONAL_ADVISERS = 4
SCHOOL_STAFF = 24
ACCOUNT_NAMES = (
    ("Noor", "de Wit"),
    ("Zeki", "Aydın"),
    ("Carla", "Martens"),
    ("Nadia", "Bennani"),
    ("Ben", "Heerink"),
    ("Hanneke", "Rietveld"),
    ("Oscar", "Pleijsier"),
    ("Stephanie", "Udo"),
    ("Fatima", "El Idrissi"),
)


class Staff:
    """Hands out people: the demo accounts by name, the others from the stream."""

    def __init__(self, world: World, writer: Writer) -> None:
        self.world, self.writer = world, writer
        self._groups = Pick((group, group.share) for group in GROUPS)
        self._hash = generate_password_hash(DEMO_PASSWORD)
        for (username, *_), (given, surname) in zip(DEMO_ACCOUNTS, ACCOUNT_NAMES, strict=True):
            world.users[username] = self._add_user(given, surname, username, self._hash)

    def hire(self, domain: str) -> int:
        """A new person with an address at that domain and no way to sign in."""
        rng = self.world.stream("ab_user")
        group = self._groups(rng)
        given = one_of(rng, group.given)
        surname = full_name(None, *one_of(rng, group.surnames))
        stem = f"{slug_of(given)}.{slug_of(surname).replace('-', '')}"
        username = f"{stem}@{domain}"
        for number in range(2, 1000):
            if username not in self.world.users:
                break
            username = f"{stem}{number}@{domain}"
        self.world.users[username] = self._add_user(given, surname, username, UNUSABLE)
        return self.world.users[username]

    def _add_user(self, given: str, surname: str, username: str, password: str) -> int:
        user, clock = self.writer.next_id("ab_user"), self.world.clock
        created = moment(clock.ago(500 + user % 97, hour=9))
        row: dict[str, Any] = {
            "id": user,
            "first_name": given,
            "last_name": surname,
            "username": username,
            "password": password,
            "active": True,
            "email": username,
            "last_login": None,
            "login_count": 0,
            "fail_login_count": 0,
            "created_on": created.replace(tzinfo=None),
            "changed_on": created.replace(tzinfo=None),
            "created_by_fk": None,
            "changed_by_fk": None,
        }
        self.writer.add("ab_user", row)
        profile = {"user_id": user, "name": f"{given} {surname}", "locale": "nl", "last_membership_id": None, "created_at": created}
        self.writer.add("user_profile", profile)
        return user

    def appoint(self, user: int, role: Role, region_id: int, organisation_id: int | None = None, candidate_id: int | None = None) -> None:
        """Give a person a membership from some day in the past, without an end."""
        membership = self.writer.next_id("membership")
        row: dict[str, Any] = {
            "id": membership,
            "version": 1,
            "user_id": user,
            "role": role,
            "region_id": region_id,
            "organisation_id": organisation_id,
            "candidate_id": candidate_id,
            "starts_on": self.world.clock.working_day(-480 + membership % 90),
            "ends_on": None,
        }
        self.writer.add("membership", row)


def fill_people(world: World, writer: Writer) -> Staff:
    """Write everybody but the candidates; afterwards each region knows its advisers and its coordinator."""
    staff = Staff(world, writer)
    users = world.users
    _fill_desks(world, staff)
    national = [users["nadia@demo.test"], *(staff.hire("landelijk.test") for _ in range(NATIONAL_ADVISERS - 1))]
    for user in national:
        staff.appoint(user, Role.NATIONAL, NATIONAL_ID)
    world.regions[NATIONAL_ID].advisers = national
    staff.appoint(users["beheer@demo.test"], Role.ADMIN, NATIONAL_ID)
    _fill_organisation_staff(world, staff)
    return staff


def _fill_desks(world: World, staff: Staff) -> None:
    known: dict[str, Iterator[int]] = {
        "Regio Utrecht": iter((world.users["noor@demo.test"],)),
        "Regio Rotterdam": iter((world.users["zeki@demo.test"],)),
    }
    for text in places.REGIONS:
        region, domain = world.region(text.name), f"{slug_of(text.name.removeprefix('Regio '))}.test"
        accounts = known.get(text.name, iter(()))
        for _ in range(text.advisers):
            user = next(accounts, None) or staff.hire(domain)
            staff.appoint(user, Role.ADVISER, region.id)
            region.advisers.append(user)
        region.coordinator = world.users["carla@demo.test"] if text.name == "Regio Utrecht" else staff.hire(domain)
        staff.appoint(region.coordinator, Role.COORDINATOR, region.id)
    # Two people work for two desks: one membership each, one of them active at a time.
    for user, name in (
        (world.users["carla@demo.test"], "Regio Gooi"),
        (world.region("Regio Friesland").advisers[0], "Regio Groningen en Drenthe"),
    ):
        staff.appoint(user, Role.ADVISER, world.region(name).id)
        world.region(name).advisers.append(user)


def _fill_organisation_staff(world: World, staff: Staff) -> None:
    boards = [key for key, row in world.organisations.items() if row["kind"] is OrganisationKind.BOARD]
    providers = [key for key, row in world.organisations.items() if row["kind"] is OrganisationKind.PROVIDER]
    for role, organisations, account in (
        (Role.SCHOOL, boards[:SCHOOL_STAFF], "hr@demo.test"),
        (Role.PROVIDER, providers, "opleider@demo.test"),
        (Role.STUDY_ADVISER, providers[:STUDY_ADVISERS], "studie@demo.test"),
    ):
        for position, organisation in enumerate(organisations):
            row = world.organisations[organisation]
            user = world.users[account] if position == 0 else staff.hire(f"{slug_of(row['name'])}.test")
            staff.appoint(user, role, row["region_id"], organisation)
