"""Raw SQL: it finds what people type, looks at no hidden column, and stays behind the wall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.enums import Role
from app.errors import BadInput
from app.models import Candidate, Match, PersonToken, ReadEvent, ReadSubject, Region
from app.queries import raw
from app.queries.raw import COUNT_CAP, SEARCHED, capped_count, is_common, log_each, log_subjects, plain, search, walled
from app.security.identity import ANONYMOUS, Identity, acting_as, system_scope
from app.security.scope import install
from tests.pg import engine_of, migrate

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
UTRECHT, ROTTERDAM = 1, 2
NOOR = Identity(user_id=1, role=Role.ADVISER, region_ids=frozenset({UTRECHT}))
ZEKI = Identity(user_id=2, role=Role.ADVISER, region_ids=frozenset({ROTTERDAM}))
EVERYWHERE = Identity(user_id=3, role=Role.COORDINATOR, region_ids=frozenset({UTRECHT, ROTTERDAM}))
PEOPLE = (
    # id, region, name, sort name, e-mail, second e-mail, place
    (1, UTRECHT, "Ayşe Yılmaz", "yılmaz ayşe", "a.yilmaz@example.test", None, "Utrecht"),
    (2, UTRECHT, "Fatima el Haddad", "haddad fatima el", "fatima@example.test", "haddad@school.test", "Zeist"),
    (3, UTRECHT, "Zoë Groß-Ærø", "groß-ærø zoë", None, None, "Súdwest-Fryslân"),
    (4, UTRECHT, "Jan 100% de Vries", "vries jan 100% de", "jan_de@example.test", None, None),
    (5, ROTTERDAM, "Jan van Yilmaz", "yilmaz jan van", "jan@example.test", None, "Rotterdam"),
    (6, ROTTERDAM, 'Ed "O\'Brien" Nguyễn', "nguyễn ed", "ed@example.test", None, "Delft"),
)


class WalledSession(Session):
    """A session with the wall and nothing else."""


install(WalledSession)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.pg, pytest.mark.xdist_group("pg")])])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('raw') / 'raw.db'}"
    else:
        url = request.getfixturevalue("postgres_url_of_module")
    with engine_of(url) as made:
        migrate(made)
        with made.begin() as connection:
            _fill(connection)
        yield made


def _fill(connection: sa.Connection) -> None:
    regions = [{"id": number, "name": f"Regio {number}", "slug": f"regio-{number}"} for number in (UTRECHT, ROTTERDAM)]
    connection.execute(sa.insert(Region.__table__), regions)
    fields = ("id", "region_id", "name", "sort_name", "email", "email2", "place")
    rows = [dict(zip(fields, person, strict=True)) for person in PEOPLE]
    more = {"stage_entered_at": NOON, "created_at": NOON}
    connection.execute(sa.insert(Candidate.__table__), [{**row, **more, "number": f"K-20417{row['id']}"} for row in rows])
    connection.execute(sa.insert(PersonToken.__table__), [{"candidate_id": row["id"], "token": f"token-{row['id']}"} for row in rows])


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    with engine.connect() as connection:
        outer = connection.begin()
        with WalledSession(bind=connection, join_transaction_mode="create_savepoint") as made:
            yield made
        outer.rollback()


@pytest.fixture
def event(session: Session) -> int:
    seen = ReadEvent(at=NOON, actor_id=1, screen="candidates", channel="list")
    with system_scope():
        session.add(seen)
        session.flush()
    return seen.id


def found(session: Session, term: str, columns: Any = SEARCHED, who: Identity = EVERYWHERE) -> list[int]:
    """The hits, found in both ways, which must agree."""
    ways = []
    for common in (False, True):
        query = sa.select(Candidate.id).where(search(term, columns, session.get_bind().dialect.name, common=common)).order_by(Candidate.id)
        with acting_as(who):
            ways.append(list(session.scalars(query)))
    assert ways[0] == ways[1]
    return ways[0]


def logged(session: Session, event: int) -> list[str]:
    with system_scope():
        return list(session.scalars(sa.select(ReadSubject.token).where(ReadSubject.event_id == event).order_by(ReadSubject.token)))


@pytest.mark.parametrize(
    ("term", "ids"),
    [
        ("yilmaz", [1, 5]),
        ("YILMAZ", [1, 5]),
        ("Yılmaz", [1, 5]),
        ("ayse", [1]),
        ("Ayse Yilmaz", [1]),
        ("yilmaz  jan", [5]),
        ("el haddad", [2]),
        ("gross", [3]),
        ("aero", [3]),
        ("zoe sudwest", [3]),
        ("nguyen", [6]),
        ("nguye\u0302\u0303n", [6]),
        ("204174", [4]),
        ("k-204174", [4]),
        ("school.test", [2]),
        ("rotter", [5]),
        ("o'brien", [6]),
        ('"o\'brien"', [6]),
        ("jansen", []),
        ("haddad rotterdam", []),
    ],
)
def test_a_search_finds_what_people_type(session: Session, term: str, ids: list[int]) -> None:
    assert found(session, term) == ids


@pytest.mark.parametrize("term", ["%%%", "100_", "jan%", "___", "a*b*", "-", "NEAR(", 'AND "', "name:", "'; DROP TABLE candidate; --"])
def test_signs_with_a_meaning_elsewhere_are_only_signs(session: Session, term: str) -> None:
    assert found(session, term) == []


def test_a_per_cent_sign_finds_a_per_cent_sign(session: Session) -> None:
    assert (found(session, "100%"), found(session, "jan_de")) == ([4], [4])


@pytest.mark.parametrize(
    ("term", "ids"),
    [
        ("y", [1, 5]),
        ("HA", [2]),
        ("ha el", [2]),
        ("ha jo", []),
        ("k-", []),
        ("20", [1, 2, 3, 4, 5, 6]),
        ("21", []),
        ("an", []),
        ("%", []),
        ("_", []),
        ("yı", [1]),
    ],
)
def test_one_or_two_letters_find_the_beginning_of_surname_or_number(session: Session, term: str, ids: list[int]) -> None:
    assert found(session, term) == ids


@pytest.mark.parametrize(
    ("term", "hidden"), [("204174", "number"), ("ayse", "name"), ("yilmaz@ex", "email"), ("haddad@school", "email2"), ("rotter", "place")]
)
def test_a_hidden_column_gives_no_hit(session: Session, term: str, hidden: str) -> None:
    shown = [name for name in SEARCHED if name != hidden]

    assert (len(found(session, term)), found(session, term, shown), len(found(session, term, [hidden]))) == (1, [], 1)


@pytest.mark.parametrize(("term", "hidden"), [("y", "name"), ("2", "number")])
def test_a_hidden_column_gives_no_hit_on_short_terms_either(session: Session, term: str, hidden: str) -> None:
    shown = [name for name in SEARCHED if name != hidden]

    assert (found(session, term, shown), found(session, term, [])) == ([], [])


@pytest.mark.parametrize("term", ["", "   ", "\x00\n"])
def test_an_empty_term_leaves_everybody_in(session: Session, term: str) -> None:
    assert found(session, term) == [1, 2, 3, 4, 5, 6]


def test_an_end_of_text_inside_a_term_is_a_space(session: Session) -> None:
    assert found(session, "ayse\x00yilmaz") == [1]


@pytest.mark.parametrize("term", ["x" * 101, "jan\ud800"])
def test_a_term_that_cannot_be_used_is_refused(session: Session, term: str) -> None:
    with pytest.raises(BadInput):
        search(term, SEARCHED, session.get_bind().dialect.name)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(term=st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_any_text_can_be_searched(session: Session, term: str) -> None:
    assert set(found(session, term)) <= {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(("limit", "term", "common"), [(1, "yilmaz", True), (2, "yilmaz", False), (0, "xyz", False), (0, "y", False)])
def test_a_term_is_common_when_the_index_has_many(
    session: Session, monkeypatch: pytest.MonkeyPatch, limit: int, term: str, common: bool
) -> None:
    monkeypatch.setattr(raw, "COMMON", limit)

    with acting_as(NOOR):
        assert is_common(session, term) is common


def test_the_longest_term_is_searched(session: Session) -> None:
    assert found(session, "xyzq" * 25) == []


@pytest.mark.parametrize("term", ["yilmaz", "y", "jan"])
def test_a_search_shows_nobody_of_another_region(session: Session, term: str) -> None:
    mine, theirs = found(session, term, who=NOOR), found(session, term, who=ZEKI)

    assert (sorted(mine + theirs), set(mine) <= {1, 2, 3, 4}, set(theirs) <= {5, 6}) == (found(session, term), True, True)
    assert found(session, term, who=ANONYMOUS) == []


def test_the_index_follows_changes(session: Session) -> None:
    row = Candidate(id=9, region_id=UTRECHT, number="K-9", name="Önder Öz", sort_name="öz önder", stage_entered_at=NOON, created_at=NOON)
    with system_scope():
        session.add(row)
        session.flush()
    assert found(session, "onder") == [9]

    with system_scope():
        row.name = "Anna Bos"
        session.flush()
    assert (found(session, "onder"), found(session, "anna bos")) == ([], [9])

    with system_scope():
        session.delete(row)
        session.flush()
    assert found(session, "anna bos") == []


def test_the_database_takes_off_the_same_accents_as_we_do(session: Session) -> None:
    signs = [chr(point) for point in (*range(0x20, 0x250), *range(0x300, 0x370), *range(0x1E00, 0x1F00), 0x416, 0x3B1)]
    text = " ".join(f"{number}{sign}" for number, sign in enumerate(signs))
    with system_scope():
        row = Candidate(id=9, region_id=UTRECHT, number="K-9", name=text, sort_name="", stage_entered_at=NOON, created_at=NOON)
        if session.get_bind().dialect.name == "sqlite":
            session.add(row)
            session.flush()
            stored = session.connection().exec_driver_sql("SELECT name FROM candidate_search WHERE rowid = 9").scalar_one()
        else:
            stored = session.connection().execute(sa.select(sa.func.plain(text))).scalar_one()

    assert stored == plain(text)


def test_a_read_event_notes_the_files_by_their_ids(session: Session, event: int) -> None:
    with acting_as(NOOR):
        count = len(log_each(session, event, [1, 3, 999]))

    assert (count, logged(session, event)) == (2, ["token-1", "token-3"])


def test_a_select_notes_only_files_of_the_own_regions(session: Session, event: int) -> None:
    everybody = sa.select(Candidate.id)
    with acting_as(NOOR):
        count = log_subjects(session, event, everybody.order_by(Candidate.id).limit(100))

    assert (count, logged(session, event)) == (4, ["token-1", "token-2", "token-3", "token-4"])


@pytest.mark.parametrize("who", [ANONYMOUS, Identity(user_id=4, role=Role.SCHOOL, organisation_ids=frozenset({1}))])
def test_a_select_of_somebody_without_files_notes_nothing(session: Session, event: int, who: Identity) -> None:
    with acting_as(who):
        count = log_subjects(session, event, sa.select(Candidate.id))

    assert (count, logged(session, event)) == (0, [])


def test_one_person_after_the_other_gets_the_own_limits(session: Session, event: int) -> None:
    counts = []
    for who in (NOOR, ZEKI, EVERYWHERE):
        with session.begin_nested() as undone, acting_as(who):
            counts.append(log_subjects(session, event, sa.select(Candidate.id)))
            undone.rollback()

    assert counts == [4, 2, 6]


def test_a_job_reaches_every_region(session: Session, event: int) -> None:
    with system_scope():
        assert log_subjects(session, event, sa.select(Candidate.id)) == len(PEOPLE)


@pytest.mark.parametrize(
    "select",
    [
        sa.select(Candidate.id),
        sa.select(sa.orm.aliased(Candidate).id),
        sa.select(Candidate.id).where(Candidate.id.in_(sa.select(Candidate.id))),
        sa.select(Candidate.id).outerjoin(Match, Match.candidate_id == Candidate.id),
        sa.select(Candidate.id).order_by(Candidate.sort_name).limit(10),
    ],
    ids=["plain", "alias", "subquery", "join", "limited"],
)
def test_the_wall_survives_inside_another_statement(session: Session, select: sa.Select[Any]) -> None:
    bare = Candidate.__table__.c
    seen = {}
    for who in (ZEKI, NOOR, ANONYMOUS, ZEKI):
        with acting_as(who):
            inside = walled(sa.select(bare.id).where(bare.id.in_(select)).order_by(bare.id))
            seen[who.user_id] = session.connection().execute(inside).scalars().all()

    assert seen == {2: [5, 6], 1: [1, 2, 3, 4], None: []}


def test_a_search_that_is_logged_whole_stays_in_the_own_region(session: Session, event: int) -> None:
    with acting_as(ZEKI):
        hits = sa.select(Candidate.id).where(search("yilmaz", SEARCHED, session.get_bind().dialect.name))
        count = log_subjects(session, event, hits)

    assert (count, logged(session, event)) == (1, ["token-5"])


def test_a_count_is_walled_and_stops_at_its_cap(session: Session) -> None:
    query = sa.select(Candidate.id).order_by(Candidate.sort_name)

    with acting_as(NOOR):
        assert (session.scalar(capped_count(query)), session.scalar(capped_count(query, cap=2)), COUNT_CAP) == (4, 3, 10_000)


def test_counting_and_searching_go_together(session: Session) -> None:
    query = sa.select(Candidate.id).where(search("yilmaz", SEARCHED, session.get_bind().dialect.name))

    with acting_as(EVERYWHERE):
        assert session.scalar(capped_count(query)) == 2
