"""Who takes part in the tests of the services: two desks, the national one, a school and a training institute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from flask_babel import Babel

from app.enums import ActivityKind, OrganisationKind, Role, Route
from app.extensions import WalledSession, db, prepare_engine
from app.models import Activity, Candidate, ChangeLog, Membership, Organisation, Programme, Region, StageSpan, Subject, Task, UserProfile
from app.security import scope
from app.security.capabilities import effective
from app.security.identity import Identity, acting_as, reset, set_person, system_scope
from app.services import activities, candidates

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # a Tuesday
TODAY = date(2026, 11, 24)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LANDELIJK, UTRECHT, ROTTERDAM = 1, 2, 3
SCHOOL, PROVIDER, CLOSED_SCHOOL = 1, 2, 3
PROGRAMME = 1


def identity(user_id: int, role: Role, region_id: int, **more: Any) -> Identity:
    """Somebody in one membership, with the defaults of the role."""
    return Identity(
        user_id=user_id,
        role=role,
        region_ids=frozenset({region_id}),
        national_region_id=LANDELIJK,
        capabilities={region_id: effective(role, [])},
        **more,
    )


def without(person: Identity, capability: str) -> Identity:
    """The same person after the region switched one capability off."""
    fewer = {region: names - {capability} for region, names in person.capabilities.items()}
    return Identity(person.user_id, person.role, person.region_ids, person.organisation_ids, None, LANDELIJK, fewer)


NOOR = identity(1, Role.ADVISER, UTRECHT)
ZEKI = identity(2, Role.ADVISER, ROTTERDAM)
CARLA = identity(3, Role.COORDINATOR, UTRECHT)
PIET = identity(4, Role.ADVISER, UTRECHT)
NADIA = identity(5, Role.NATIONAL, LANDELIJK)
SAM = identity(6, Role.SCHOOL, UTRECHT, organisation_ids=frozenset({SCHOOL}))
ADA = identity(7, Role.ADMIN, LANDELIJK)
LEFT_LAST_YEAR = 8  # an adviser of Utrecht whose membership is over


def fill() -> None:
    """Write the cast."""
    db.session.add_all([
        Region(id=LANDELIJK, name="Landelijk", slug="landelijk", is_national=True),
        Region(id=UTRECHT, name="Utrecht", slug="utrecht", promised_days=3),
        Region(id=ROTTERDAM, name="Rotterdam", slug="rotterdam", promised_days=5),
        *(Subject(id=number, name=name) for number, name in ((1, "Biologie"), (2, "Nederlands"), (3, "Wiskunde"))),
    ])  # fmt: skip
    db.session.flush()
    db.session.add_all([
        Organisation(id=SCHOOL, region_id=UTRECHT, kind=OrganisationKind.SCHOOL, name="De Brug"),
        Organisation(id=PROVIDER, region_id=ROTTERDAM, kind=OrganisationKind.PROVIDER, name="Hogeschool Maas"),
        Organisation(id=CLOSED_SCHOOL, region_id=UTRECHT, kind=OrganisationKind.SCHOOL, name="De Oude School", active=False),
    ])  # fmt: skip
    db.session.flush()
    db.session.add(Programme(id=PROGRAMME, organisation_id=PROVIDER, name="Pabo deeltijd", route=Route.PART_TIME))
    people = (NOOR, ZEKI, CARLA, PIET, NADIA, SAM, ADA, identity(LEFT_LAST_YEAR, Role.ADVISER, UTRECHT))
    for person in people:
        mail = f"u{person.user_id}@example.test"
        db.session.add(User(id=person.user_id, first_name="U", last_name="U", username=mail, email=mail, password="!"))
    db.session.flush()
    for person in people:
        db.session.add(UserProfile(user_id=person.user_id, name=f"Person {person.user_id}", created_at=NOON))
    db.session.flush()
    for person in people:
        (region_id,) = person.region_ids
        over = TODAY - DAY if person.user_id == LEFT_LAST_YEAR else None
        db.session.add(
            Membership(
                user_id=person.user_id, role=person.role, region_id=region_id, starts_on=date(2025, 1, 1), ends_on=over,
                organisation_id=min(person.organisation_ids, default=None),
            )
        )  # fmt: skip


@contextmanager
def small_app(url: str) -> Iterator[Flask]:
    """An app with the database, the wall and the languages, and nothing else."""
    app = Flask("services")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SECRET_KEY"] = "a key of the tests, and of nothing else"
    db.init_app(app)
    Babel(app)
    scope.install(WalledSession)
    with app.app_context():
        prepare_engine(db.engine)
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def registered(given_name: str = "Anna", *, by: Identity = NOOR, now: datetime = NOON, **fields: Any) -> Candidate:
    """A candidate with a file, registered by a desk."""
    with acting_as(by):
        candidate = candidates.register(Candidate(given_name=given_name, **fields), by=by, now=now)
        db.session.commit()
    return candidate


def scheduled(*, by: Identity = NOOR, capacity: int | None = 1, **fields: Any) -> Activity:
    """An activity of a desk, next week."""
    given = {"title": "Open dag", "kind": ActivityKind.OPEN_DAY, "starts_at": NOON + 7 * DAY, "capacity": capacity} | fields
    with acting_as(by):
        activity = activities.schedule(Activity(**given), by=by, now=NOON)
        db.session.commit()
    return activity


def profile(person: Identity) -> UserProfile:
    return db.session.scalars(sa.select(UserProfile).where(UserProfile.user_id == person.user_id)).one()


def open_tasks(candidate: Candidate) -> list[Task]:
    query = sa.select(Task).where(Task.candidate_id == candidate.id, Task.done_at.is_(None))
    return list(db.session.scalars(query.order_by(Task.due_on, Task.id)))


def spans(candidate: Candidate) -> list[StageSpan]:
    return list(db.session.scalars(sa.select(StageSpan).where(StageSpan.candidate_id == candidate.id).order_by(StageSpan.seq)))


def logged() -> list[tuple[str, str, list[str]]]:
    """What stands in the log of changes: verb, table, fields."""
    rows = db.session.scalars(sa.select(ChangeLog).order_by(ChangeLog.id), execution_options=scope.SYSTEM_READ)
    return [(row.verb, row.table, row.fields) for row in rows]


@contextmanager
def beyond_the_wall() -> Iterator[None]:
    """Look and write past the wall, between the acts of a test."""
    token = set_person(None)
    try:
        with system_scope():
            yield
    finally:
        reset(token)
