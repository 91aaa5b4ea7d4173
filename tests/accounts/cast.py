"""Who takes part in the tests of accounts: three desks and the national one, a board with a school, a training institute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from flask_babel import Babel

from app.adapters import passwords
from app.enums import Holder, OrganisationKind, Role, Stage, Status
from app.extensions import WalledSession, db, prepare_engine
from app.models import Candidate, Capability, ChangeLog, Membership, Organisation, PersonToken, Region, StageSpan, Task, UserProfile
from app.security import scope
from app.security.capabilities import effective
from app.security.identity import Identity, reset, set_person, system_scope

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # a Tuesday
TODAY = date(2026, 11, 24)
DAY = timedelta(days=1)
YESTERDAY, TOMORROW = TODAY - DAY, TODAY + DAY
LANDELIJK, UTRECHT, ROTTERDAM, GOOI = 1, 2, 3, 4
BOARD, SCHOOL, PROVIDER, OTHER_BOARD = 1, 2, 3, 4
PASSWORD = "vier gele paarden slapen"


def identity(user_id: int, role: Role, *region_ids: int, **more: Any) -> Identity:
    """Somebody in one membership (or one role in several regions), with the defaults of the role."""
    return Identity(
        user_id=user_id,
        role=role,
        region_ids=frozenset(region_ids),
        national_region_id=LANDELIJK,
        capabilities={region: effective(role, []) for region in region_ids},
        **more,
    )


NOOR = identity(1, Role.ADVISER, UTRECHT)
ZEKI = identity(2, Role.ADVISER, ROTTERDAM)
CARLA = identity(3, Role.COORDINATOR, UTRECHT)  # also an adviser in Gooi
NADIA = identity(4, Role.NATIONAL, LANDELIJK)
ADA = identity(5, Role.ADMIN, LANDELIJK)
SAM = identity(6, Role.SCHOOL, UTRECHT, organisation_ids=frozenset({BOARD, SCHOOL}))
PAM = identity(7, Role.PROVIDER, UTRECHT, organisation_ids=frozenset({PROVIDER}))
FATIMA = identity(8, Role.CANDIDATE, UTRECHT, candidate_id=1)
RITA = identity(9, Role.COORDINATOR, ROTTERDAM)
CAST = {"noor": NOOR, "zeki": ZEKI, "carla": CARLA, "nadia": NADIA, "ada": ADA, "sam": SAM, "pam": PAM, "fatima": FATIMA, "rita": RITA}


def fill() -> None:
    """Write the cast, and two candidates: Fatima with Noor in Utrecht, and one with Zeki in Rotterdam."""
    names = {LANDELIJK: "Landelijk", UTRECHT: "Regio Utrecht", ROTTERDAM: "Regio Rotterdam", GOOI: "Regio Gooi"}
    db.session.add_all(
        Region(name=name, slug=name.lower().replace(" ", "-"), is_national=key == LANDELIJK, joined_on=date(2025, 1, 1))
        for key, name in names.items()
    )
    db.session.flush()
    kind = OrganisationKind
    db.session.add(Organisation(region_id=UTRECHT, kind=kind.BOARD, name="Stichting De Brug"))
    db.session.flush()
    db.session.add(Organisation(region_id=UTRECHT, kind=kind.SCHOOL, name="De Brug", parent_id=BOARD))
    db.session.flush()
    db.session.add(Organisation(region_id=UTRECHT, kind=kind.PROVIDER, name="Hogeschool Waterlinie"))
    db.session.flush()
    db.session.add(Organisation(region_id=ROTTERDAM, kind=kind.BOARD, name="Stichting De Haven"))
    for name, person in CAST.items():
        add_user(f"{name}@example.test", name.title(), person.user_id)
    add_candidate(UTRECHT, lead=NOOR.user_id)
    add_candidate(ROTTERDAM, lead=ZEKI.user_id)
    for person in CAST.values():
        add_membership(person.user_id, person.role, min(person.region_ids), min(person.organisation_ids, default=None), person.candidate_id)
    add_membership(CARLA.user_id, Role.ADVISER, GOOI)


def add_user(email: str, name: str, user_id: int | None = None, password: str = passwords.UNUSABLE) -> int:
    user = User(first_name=name, last_name="Jansen", username=email, email=email, password=password, active=True)
    db.session.add(user)
    db.session.flush()
    assert user_id in (None, user.id)
    db.session.add(UserProfile(user_id=user.id, name=f"{name} Jansen", created_at=NOON))
    db.session.flush()
    return int(user.id)


def add_membership(
    user_id: int | None, role: Role | None, region: int, organisation: int | None = None, candidate: int | None = None, **more: Any
) -> Membership:
    row = Membership(user_id=user_id, role=role, region_id=region, organisation_id=organisation, candidate_id=candidate)
    row.starts_on, row.ends_on = more.get("starts_on", date(2025, 9, 1)), more.get("ends_on")
    db.session.add(row)
    db.session.flush()
    return row


def add_candidate(region: int, *, lead: int | None, status: Status = Status.ACTIVE, number: str | None = None) -> int:
    """A candidate with an open span and, when the file is open, a task of the lead adviser in two weeks."""
    row = Candidate(number=number or f"K-{region}", region_id=region, given_name="A", name="A", sort_name="a", lead_adviser_id=lead)
    row.stage, row.status, row.holder, row.stage_seq = Stage.ORIENTING, status, Holder.ADVISER, 0
    row.stage_entered_at = row.created_at = NOON - 30 * DAY
    db.session.add(row)
    db.session.flush()
    mine = {"candidate_id": row.id, "region_id": region}
    db.session.add(PersonToken(candidate_id=row.id, token=f"token-{row.id}"))
    span = {"seq": 0, "stage": row.stage, "status": status, "in_region_id": region, "lead_adviser_id": lead}
    db.session.add(StageSpan(**mine, **span, entered_at=NOON - 30 * DAY))
    if status is Status.ACTIVE:
        due = TODAY + 14 * DAY
        db.session.add(Task(**mine, title="Call", holder=Holder.ADVISER, owner_id=lead, due_on=due, created_at=NOON - DAY))
        row.next_action_on = due
    db.session.flush()
    return row.id


@contextmanager
def small_app(url: str) -> Iterator[Flask]:
    """Just enough of an app for a session with the wall."""
    app = Flask("tests.accounts")
    app.config.update(SQLALCHEMY_DATABASE_URI=url)
    Babel(app)
    db.init_app(app)
    scope.install(WalledSession)
    with app.app_context():
        prepare_engine(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


@contextmanager
def beyond_the_wall() -> Iterator[None]:
    """See everything: for looking, in a test, at what a verb has done."""
    token = set_person(None)
    try:
        with system_scope():
            yield
    finally:
        reset(token)


def the(model: Any, *where: Any) -> Any:
    """The one row with these properties, whoever asks."""
    with beyond_the_wall():
        return db.session.scalars(sa.select(model).where(*where).execution_options(populate_existing=True)).one()


def every(model: Any, *where: Any) -> list[Any]:
    with beyond_the_wall():
        return list(db.session.scalars(sa.select(model).where(*where).order_by(*sa.inspect(model).primary_key)))


def logged() -> list[tuple[str, int | None, str]]:
    """Verb, who, and about what, in order."""
    return [(row.verb, row.actor_id, row.subject) for row in every(ChangeLog)]


def departures() -> dict[tuple[int, Role, str], bool]:
    return {(row.region_id, row.role, row.name): row.enabled for row in every(Capability)}
