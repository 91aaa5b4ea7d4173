"""The wall from below: whatever a session is asked, in whatever way, it gives and takes only what the person may see and write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, declarative_base, joinedload, selectinload, subqueryload

from app import models as m
from app.enums import ACCEPTED_MATCHES, Holder, Role
from app.errors import ScopeError
from app.extensions import db
from app.security.capabilities import effective
from app.security.identity import ANONYMOUS, Identity, acting_as, system_scope
from app.security.rules import RULES, SYSTEM_TABLES
from app.security.scope import transfer
from tests.pg import database
from tests.site import Site, running

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
OF_A_FILE = [m.Candidate, m.Task, m.AdviceSession, m.Match, m.StageSpan, m.Consent, m.CandidateLocation, m.MatchEvent]


@dataclass
class World:
    """A database with two desks, and who asks."""

    app: Flask
    noor: Identity
    zeki: Identity
    people: dict[str, Identity]
    utrecht: int
    rotterdam: int
    own: dict[Any, set[int]] = field(default_factory=dict)
    foreign: dict[Any, set[int]] = field(default_factory=dict)

    def one_own(self, model: Any) -> int:
        return min(self.own[model])

    def one_foreign(self, model: Any) -> int:
        return min(self.foreign[model])


def _identity(user_id: int, role: Role, region: int, national: int, **more: Any) -> Identity:
    return Identity(user_id, role, frozenset({region}), national_region_id=national, capabilities={region: effective(role, [])}, **more)


def _world(site: Site) -> World:
    with site.rows() as session:
        region = {row.slug: row.id for row in session.scalars(sa.select(m.Region))}
        national = session.scalar(sa.select(m.Region.id).where(m.Region.is_national.is_(True)))
        accounts = {}
        for membership in session.scalars(sa.select(m.Membership).join(m.UserProfile).order_by(m.Membership.id)):
            name, _, domain = membership.profile.user.username.partition("@")
            if domain == "demo.test" and name not in accounts:
                more: dict[str, Any] = {"candidate_id": membership.candidate_id}
                if membership.organisation_id:
                    board = sa.or_(m.Organisation.id == membership.organisation_id, m.Organisation.parent_id == membership.organisation_id)
                    more = {"organisation_ids": frozenset(session.scalars(sa.select(m.Organisation.id).where(board)))}
                accounts[name] = _identity(membership.user_id, membership.role, membership.region_id, national, **more)
        world = World(site.app, accounts["noor"], accounts["zeki"], accounts, region["utrecht"], region["rotterdam"])
        for model in (*OF_A_FILE, m.Activity, m.Registration):
            world.own[model] = set(session.scalars(sa.select(model.id).where(model.region_id == world.utrecht)))
            world.foreign[model] = set(session.scalars(sa.select(model.id).where(model.region_id == world.rotterdam)))
        session.expunge_all()
    return world


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo on each database; every test rolls back what it did."""
    if request.param == "sqlite":
        yield _world(request.getfixturevalue("shared_site"))
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("demo_postgres")
    with database(server, template) as url, running(url, tmp_path_factory.mktemp("pg")) as site:
        yield _world(site)


@pytest.fixture
def session(world: World) -> Iterator[Any]:
    with world.app.app_context():
        yield db.session
        db.session.rollback()
        db.session.remove()


def _count(session: Any, source: Any) -> int:
    return int(session.scalar(sa.select(sa.func.count()).select_from(source)))


# How a session can be asked for rows of a model: each answer is the number of rows that came back.
ASKING: dict[str, Callable[[Any, Any], int]] = {
    "query.all": lambda s, model: len(s.query(model).all()),
    "query.count": lambda s, model: s.query(model).count(),
    "select objects": lambda s, model: len(s.scalars(sa.select(model)).all()),
    "select a column": lambda s, model: len(s.execute(sa.select(model.region_id)).all()),
    "count from": lambda s, model: _count(s, model),
    "count of a column": lambda s, model: s.scalar(sa.select(sa.func.count(model.id))),
    "alias": lambda s, model: len(s.scalars(sa.select(aliased(model))).all()),
    "count of an alias": lambda s, model: _count(s, aliased(model)),
    "join": lambda s, model: s.scalar(sa.select(sa.func.count()).select_from(m.Region).join(model, model.region_id == m.Region.id)),
    "outer join": lambda s, model: s.scalar(
        sa.select(sa.func.count(model.id)).select_from(m.Region).outerjoin(model, model.region_id == m.Region.id)
    ),
    "outer join of an alias": lambda s, model: (
        lambda other: s.scalar(sa.select(sa.func.count(other.id)).select_from(m.Region).outerjoin(other, other.region_id == m.Region.id))
    )(aliased(model)),
    "common table expression": lambda s, model: _count(s, sa.select(model.id).cte()),
    "subquery": lambda s, model: _count(s, sa.select(model.id).subquery()),
    "lateral": lambda s, model: _count(s, sa.select(model.id).limit(10**6).subquery()),
    "union": lambda s, model: len(s.execute(sa.union_all(sa.select(model.id), sa.select(model.id))).all()) // 2,
    "union of a subquery": lambda s, model: _count(s, sa.union(sa.select(model.id), sa.select(model.id)).subquery()),
    "scalar subquery": lambda s, model: s.scalar(
        sa.select(sa.select(sa.func.count(model.id)).scalar_subquery()).select_from(m.Region).limit(1)
    ),
    "in a subquery": lambda s, model: len(s.scalars(sa.select(model.id).where(model.id.in_(sa.select(model.id)))).all()),
    "yield_per": lambda s, model: sum(1 for _ in s.scalars(sa.select(model).execution_options(yield_per=10))),
    "with_for_update": lambda s, model: len(s.scalars(sa.select(model).with_for_update()).all()),
    "distinct and order": lambda s, model: len(s.scalars(sa.select(model.id).distinct().order_by(model.id.desc())).all()),
}  # fmt: skip


@pytest.mark.parametrize("way", ASKING)
def test_every_way_of_asking_gives_exactly_the_rows_of_the_own_region(world: World, session: Any, way: str) -> None:
    with acting_as(world.noor):
        found = {model.__name__: ASKING[way](session, model) for model in OF_A_FILE}

    assert found == {model.__name__: len(world.own[model]) for model in OF_A_FILE}


@pytest.mark.parametrize("model", OF_A_FILE)
def test_a_foreign_row_is_not_there_however_it_is_asked_for_by_its_key(world: World, session: Any, model: Any) -> None:
    key = world.one_foreign(model)

    with acting_as(world.noor):
        answers = [
            session.get(model, key),
            session.query(model).filter_by(id=key).one_or_none(),
            session.scalar(sa.select(model).where(model.id == key)),
            session.scalar(sa.select(model.id).where(model.id == key)),
            session.scalar(sa.select(sa.literal(1)).where(sa.select(model.id).where(model.id == key).exists())),
            session.scalar(sa.select(m.Region.id).where(m.Region.id.in_(sa.select(model.region_id).where(model.id == key)))),
        ]

    assert answers == [None] * 6


@pytest.mark.parametrize("model", OF_A_FILE)
def test_a_foreign_row_in_the_memory_of_the_session_is_not_there_either(world: World, session: Any, model: Any) -> None:
    key = world.one_foreign(model)
    with system_scope():
        kept = session.get(model, key)

    with acting_as(world.noor):
        answers = session.get(model, key), session.query(model).filter_by(id=key).one_or_none()

    assert (kept is None, answers) == (False, (None, None))


@pytest.mark.parametrize("load", [joinedload, selectinload, subqueryload, None])
def test_a_related_row_of_elsewhere_stays_away_from_a_row_that_is_seen(world: World, session: Any, load: Any) -> None:
    """A desk sees who comes to its own activity; a candidate of elsewhere among them has no file here."""
    with system_scope():
        activity = session.scalar(sa.select(m.Activity).where(m.Activity.region_id == world.utrecht).order_by(m.Activity.id))
        guest = session.get(m.Candidate, world.one_foreign(m.Candidate))
        row = m.Registration(
            candidate_id=guest.id, region_id=guest.region_id, activity_id=activity.id, seq=99_999, state="WAITLISTED", channel="SELF",
            created_at=NOW, state_at=NOW,
        )  # fmt: skip
        session.add(row)
        session.flush()
        key = row.id
        session.expunge_all()
    query = sa.select(m.Registration).where(m.Registration.id == key)

    with acting_as(world.noor):
        seen = session.scalars(query.options(load(m.Registration.candidate)) if load else query).one()
        has = session.scalar(sa.select(m.Registration.id).where(m.Registration.id == key, m.Registration.candidate.has()))
        answers = seen.candidate, has, seen.activity is not None

    assert answers == (None, None, True)


CANDIDATE, OTHER = m.Candidate, aliased(m.Candidate)
PAIRS = {
    "join": sa.select(OTHER.region_id).select_from(CANDIDATE).join(OTHER, OTHER.region_id != CANDIDATE.region_id),
    "outer join": sa.select(OTHER.region_id).select_from(CANDIDATE).outerjoin(OTHER, OTHER.region_id != CANDIDATE.region_id),
    "outer join of the table": sa.select(CANDIDATE.region_id)
    .select_from(OTHER)
    .outerjoin(CANDIDATE, OTHER.region_id != CANDIDATE.region_id),
    "two names": sa.select(OTHER.region_id, CANDIDATE.region_id).where(OTHER.region_id != CANDIDATE.region_id),
    "subquery": sa.select(CANDIDATE.region_id).where(sa.select(OTHER.id).where(OTHER.region_id != CANDIDATE.region_id).exists()),
    "through a task": sa.select(OTHER.region_id).select_from(m.Task).join(OTHER, OTHER.region_id != m.Task.region_id),
}


@pytest.mark.parametrize("way", PAIRS)
def test_a_table_that_stands_in_a_query_twice_is_walled_twice(world: World, session: Any, way: str) -> None:
    with acting_as(world.noor):
        found = {region for row in session.execute(PAIRS[way]) for region in row}

    assert found <= {None}


def test_one_query_follows_every_change_of_who_asks(world: World, session: Any) -> None:
    query, seen = sa.select(sa.func.count(m.Candidate.id)), []

    for identity in (world.noor, world.zeki, world.noor, ANONYMOUS, Identity(user_id=1, role=Role.ADVISER), world.people["beheer"]):
        with acting_as(identity):
            seen.append(session.scalar(query))

    own, zekis = len(world.own[m.Candidate]), len(world.foreign[m.Candidate])
    assert seen == [own, zekis, own, 0, 0, 0]


def test_several_regions_are_seen_together_by_who_has_them(world: World, session: Any) -> None:
    both = Identity(1, Role.ADVISER, frozenset({world.utrecht, world.rotterdam}))

    with acting_as(both):
        seen = session.scalar(sa.select(sa.func.count(m.Candidate.id)))

    assert seen == len(world.own[m.Candidate]) + len(world.foreign[m.Candidate])


def test_a_school_sees_the_candidates_whose_match_was_accepted_and_a_candidate_the_own_file(world: World, session: Any) -> None:
    hr, fatima = world.people["hr"], world.people["fatima"]
    with system_scope():
        accepted = sa.select(m.Match.candidate_id).where(
            m.Match.organisation_id.in_(hr.organisation_ids), m.Match.state.in_(ACCEPTED_MATCHES)
        )
        expected = set(session.scalars(accepted))

    seen = []
    for identity in (hr, fatima):
        with acting_as(identity):
            seen.append(set(session.scalars(sa.select(m.Candidate.id))))

    assert (seen, bool(expected)) == ([expected, {fatima.candidate_id}], True)


@pytest.mark.parametrize("model", [model for model in RULES if model not in (m.PersonToken,)])
def test_nobody_and_nobody_in_particular_see_no_row_of_any_table(world: World, session: Any, model: Any) -> None:
    seen = []

    for identity in (ANONYMOUS, Identity(user_id=10**9)):
        with acting_as(identity):
            seen.append(_count(session, model))

    assert seen == [0, 0]


@pytest.mark.parametrize("model", [*RULES])
def test_without_anybody_who_asks_every_table_is_refused(world: World, session: Any, model: Any) -> None:
    with pytest.raises(ScopeError):
        _count(session, model)


# --- around the ORM -------------------------------------------------------------------------------------------------

_CANDIDATE = m.Candidate.__table__
AROUND: dict[str, Callable[[Any, World], Any]] = {
    "text": lambda s, w: s.execute(sa.text("select count(*) from candidate")),
    "text as objects": lambda s, w: s.scalars(sa.select(m.Candidate).from_statement(sa.text("select * from candidate"))).all(),
    "a select as objects": lambda s, w: s.scalars(sa.select(m.Candidate).from_statement(sa.select(_CANDIDATE))).all(),
    "a bare table": lambda s, w: s.execute(sa.select(_CANDIDATE)),
    "a bare column": lambda s, w: s.execute(sa.select(_CANDIDATE.c.id)),
    "a bare update": lambda s, w: s.execute(sa.update(_CANDIDATE).values(motivation="hack")),
    "a bare delete": lambda s, w: s.execute(sa.delete(m.AdviceSession.__table__)),
    "update by key": lambda s, w: s.execute(sa.update(m.Candidate), [{"id": w.one_foreign(m.Candidate), "motivation": "hack"}]),
    "insert values": lambda s, w: s.execute(sa.insert(m.Subject).values(name="hack")),
    "insert rows": lambda s, w: s.execute(sa.insert(m.Subject), [{"name": "hack"}]),
    "insert from select": lambda s, w: s.execute(sa.insert(m.Subject).from_select(["name"], sa.select(m.Candidate.email))),
    "bulk_save_objects": lambda s, w: s.bulk_save_objects([m.Subject(name="hack")]),
    "bulk_insert_mappings": lambda s, w: s.bulk_insert_mappings(m.Subject, [{"name": "hack"}]),
    "bulk_update_mappings": lambda s, w: s.bulk_update_mappings(m.Candidate, [{"id": w.one_foreign(m.Candidate), "motivation": "hack"}]),
    "region in an update": lambda s, w: s.execute(sa.update(m.Candidate).values(region_id=w.rotterdam)),
    "region in an update by attribute": lambda s, w: s.execute(sa.update(m.Candidate).values({m.Candidate.region_id: w.rotterdam})),
    "region in an ordered update": lambda s, w: s.execute(sa.update(m.Candidate).ordered_values((m.Candidate.region_id, w.rotterdam))),
    "region in query.update": lambda s, w: s.query(m.Candidate).update({"region_id": w.rotterdam}),
    "candidate in an update": lambda s, w: s.execute(sa.update(m.Task).values(candidate_id=w.one_foreign(m.Candidate))),
}  # fmt: skip


@pytest.mark.parametrize("way", AROUND)
def test_what_goes_around_the_wall_is_refused(world: World, session: Any, way: str) -> None:
    with acting_as(world.noor), pytest.raises(ScopeError):
        AROUND[way](session, world)


def test_a_table_without_a_line_in_the_wall_is_refused(world: World, session: Any) -> None:
    class Forgotten(declarative_base()):  # type: ignore[misc]
        __tablename__ = "forgotten"
        id = sa.Column(sa.Integer, primary_key=True)

    with acting_as(world.noor):
        with pytest.raises(ScopeError):
            session.scalars(sa.select(Forgotten))
        session.add(Forgotten())
        with pytest.raises(ScopeError):
            session.flush()


def test_every_mapped_table_has_a_line(world: World) -> None:
    tables = {mapper.local_table.name for mapper in m.Candidate.registry.mappers}

    assert tables == {model.__tablename__ for model in RULES} | SYSTEM_TABLES


# --- writing --------------------------------------------------------------------------------------------------------


def test_an_update_in_bulk_reaches_the_own_rows_only(world: World, session: Any) -> None:
    with acting_as(world.noor):
        everybody = session.execute(sa.update(m.Candidate).values(motivation="all")).rowcount
        stranger = sa.update(m.Candidate).where(m.Candidate.id == world.one_foreign(m.Candidate))
        counts = everybody, session.execute(stranger.values(motivation="one")).rowcount, session.query(m.Task).update({"title": "all"})

    assert counts == (len(world.own[m.Candidate]), 0, len(world.own[m.Task]))


def test_a_delete_in_bulk_reaches_the_own_rows_only(world: World, session: Any) -> None:
    with acting_as(world.noor):
        stranger = sa.delete(m.AdviceSession).where(m.AdviceSession.id == world.one_foreign(m.AdviceSession))
        counts = session.execute(stranger).rowcount, session.query(m.AdviceSession).delete(), session.execute(sa.delete(m.Consent)).rowcount

    assert counts == (0, len(world.own[m.AdviceSession]), 0)


def _task(candidate_id: int, region_id: int) -> m.Task:
    return m.Task(
        candidate_id=candidate_id, region_id=region_id, title="hack", holder=Holder.DESK, due_on=date(2026, 12, 1), created_at=NOW
    )


def _change(session: Any, model: Any, key: int, **values: Any) -> None:
    row = session.get(model, key)
    for name, value in values.items():
        setattr(row, name, value)


def _delete_foreign(session: Any, world: World) -> None:
    session.delete(_loaded_by_a_job(session, m.AdviceSession, world.one_foreign(m.AdviceSession)))


def _edit_foreign(session: Any, world: World) -> None:
    _loaded_by_a_job(session, m.Candidate, world.one_foreign(m.Candidate)).motivation = "hack"


def _loaded_by_a_job(session: Any, model: Any, key: int) -> Any:
    return next(row for row in session.identity_map.values() if type(row) is model and row.id == key)


OUTSIDE: dict[str, Callable[[Any, World], Any]] = {
    "add a row in another region": lambda s, w: s.add(_task(w.one_foreign(m.Candidate), w.rotterdam)),
    "hang a row on a candidate of another region": lambda s, w: s.add(_task(w.one_foreign(m.Candidate), w.utrecht)),
    "hang an own row on a candidate of another region": lambda s, w: _change(
        s, m.Task, w.one_own(m.Task), candidate_id=w.one_foreign(m.Candidate)
    ),
    "move an own row": lambda s, w: _change(s, m.Candidate, w.one_own(m.Candidate), region_id=w.rotterdam),
    "move an own task with its candidate": lambda s, w: _change(
        s, m.Task, w.one_own(m.Task), region_id=w.rotterdam, candidate_id=w.one_foreign(m.Candidate)
    ),
    "change a consent event": lambda s, w: _change(s, m.Consent, w.one_own(m.Consent), text_version="hack"),
    "change a match event": lambda s, w: _change(s, m.MatchEvent, w.one_own(m.MatchEvent), reason="hack"),
    "make a region": lambda s, w: s.add(m.Region(name="hack", slug="hack")),
    "grant a capability": lambda s, w: s.add(m.Capability(region_id=w.utrecht, role=Role.ADVISER, name="export_contact", enabled=True)),
    "make oneself a member": lambda s, w: s.add(
        m.Membership(user_id=w.noor.user_id, role=Role.COORDINATOR, region_id=w.utrecht, starts_on=date(2026, 1, 1))
    ),
    "merge a foreign key": lambda s, w: s.merge(
        m.Candidate(id=w.one_foreign(m.Candidate), name="hack", region_id=w.utrecht, number="K-1", sort_name="")
    ),
    "delete a foreign row": _delete_foreign,
    "edit a foreign row": _edit_foreign,
}  # fmt: skip


@pytest.mark.parametrize("way", OUTSIDE)
def test_a_row_outside_the_scope_is_not_written(world: World, session: Any, way: str) -> None:
    with system_scope():
        held = session.get(m.AdviceSession, world.one_foreign(m.AdviceSession)), session.get(m.Candidate, world.one_foreign(m.Candidate))

    def write() -> None:
        OUTSIDE[way](session, world)
        session.flush()

    with acting_as(world.noor), pytest.raises((ScopeError, IntegrityError)):
        write()

    assert None not in held


def test_a_guessed_candidate_is_refused_by_the_database_itself(world: World, session: Any) -> None:
    session.add(_task(world.one_foreign(m.Candidate), world.utrecht))

    with system_scope(), pytest.raises(IntegrityError):
        session.flush()


def test_a_transfer_moves_the_whole_file_out_of_sight_but_for_the_own_reports(world: World, session: Any) -> None:
    key = world.one_own(m.Candidate)
    children = (m.AdviceSession, m.Task, m.StageSpan, m.Consent, m.CandidateLocation, m.CandidateSubject)
    with acting_as(world.noor):
        candidate = session.get(m.Candidate, key)
        transfer(candidate, lambda: setattr(candidate, "region_id", world.rotterdam))
        session.expire_all()
        left = (
            session.get(m.Candidate, key),
            [_count(session, sa.select(row).where(row.candidate_id == key).subquery()) for row in children],
        )

    with system_scope():
        reports = session.scalar(sa.select(sa.func.count(m.AdviceSession.id)).where(m.AdviceSession.candidate_id == key))
        regions = {session.scalar(sa.select(row.region_id).where(row.candidate_id == key).limit(1)) for row in children} - {None}

    assert (left, regions) == ((None, [reports, *[0] * (len(children) - 1)]), {world.rotterdam})


def test_a_transfer_takes_nothing_that_was_not_ones_own(world: World, session: Any) -> None:
    with system_scope():
        stranger = session.get(m.Candidate, world.one_foreign(m.Candidate))

    with acting_as(world.noor), pytest.raises(ScopeError):
        transfer(stranger, lambda: setattr(stranger, "region_id", world.utrecht))


def test_a_request_cannot_become_the_system(world: World) -> None:
    with acting_as(world.noor), pytest.raises(ScopeError), system_scope():
        pass


def test_the_system_scope_ends_with_its_block(world: World, session: Any) -> None:
    with system_scope():
        pass

    with pytest.raises(ScopeError):
        session.scalar(sa.select(m.Candidate.id))
