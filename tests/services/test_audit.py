"""Whoever changes the logs behind the program's back is found out, on both databases, and an honest log never cries wolf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.adapters import clock, sealing
from app.errors import BadInput
from app.extensions import db
from app.models import Candidate, ChangeLog, LogHead, LogSeal, PersonToken, ReadEvent, ReadSubject
from app.models.log import SEALING
from app.security.identity import acting_as, set_person
from app.services import audit, candidates, inbox, links, log, seals
from tests.services.cast import NOON, NOOR, ZEKI, beyond_the_wall, fill, registered, small_app
from tests.services.cast import UTRECHT as UTRECHT_REGION

KEY = "a-key-that-only-these-tests-know-0123456789"
THREADS = 8
TABLES = ("change_log", "read_event", "read_subject", "log_seal", "log_head")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.pg, pytest.mark.xdist_group("pg")])])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        shared = request.getfixturevalue("filled_database")
        mine = request.getfixturevalue("tmp_path") / "loket.db"
        mine.write_bytes(shared.read_bytes())
        yield f"sqlite:///{mine}"
        return
    url = request.getfixturevalue("migrated_postgres_url")
    with small_app(url), beyond_the_wall():
        fill()
        db.session.commit()
    yield url


@pytest.fixture(autouse=True)
def sealed(app: Flask) -> None:
    seals.install(db.engine, KEY)


@pytest.fixture
def written(sealed: None) -> list[int]:
    """A log of every kind of line: three files, each looked at, one changed twice, a list, an export; and a head on top."""
    ids = [registered(name).id for name in ("Anna", "Bram", "Cato")]
    for candidate_id in ids:
        log.read("kandidaten", "show", [candidate_id], by=NOOR, now=NOON)
    for place in ("Zeist", "Soest"):
        anna = db.session.get(Candidate, ids[0])
        anna.place = place
        candidates.update(anna, by=NOOR, now=NOON)
        db.session.commit()
    log.read("kandidaten", "list", ids, by=NOOR, now=NOON)
    log.read("kandidaten", "export", sa.select(Candidate.id), by=NOOR, now=NOON, purpose="for the meeting")
    log.read("kandidaten", "export", None, by=NOOR, now=NOON, purpose="about nobody")
    audit.close(KEY, now=clock.now())
    return ids


def tamper(*statements: str) -> None:
    """What a database administrator could do: take the triggers off, and write."""
    with db.engine.begin() as connection:
        connection.info.pop(SEALING)
        if connection.dialect.name == "postgresql":
            for table in TABLES:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def only(query: str) -> Any:
    with db.engine.connect() as connection:
        return connection.exec_driver_sql(query).scalar_one()


def found() -> list[str]:
    return audit.verify(KEY).told


def counted(model: Any) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(model), execution_options={"system_read": True}) or 0)


# --- an honest log --------------------------------------------------------------------------------------------------


def test_a_log_that_nobody_touched_is_whole(written: list[int]) -> None:
    report = audit.verify(KEY)

    assert (report.told, report.faults, report.heads, report.unsealed) == ([], 0, 1, 0)
    assert (report.rows, report.seals) == (counted(ChangeLog) + counted(ReadEvent), counted(LogSeal))


def test_every_way_in_which_the_program_writes_is_sealed(app: Flask) -> None:
    ids = [registered(name, lead_adviser_id=NOOR.user_id).id for name in ("Anna", "Bram")]
    db.session.rollback()
    links.note("set_password", 1, ["password"], now=NOON)
    with beyond_the_wall():
        moved = inbox.return_to_inbox(1, UTRECHT_REGION, by=NOOR, now=NOON)  # INSERT … SELECT
        db.session.commit()
    log.read("kandidaten", "list", ids, by=NOOR, now=NOON)

    report = audit.verify(KEY)

    assert (moved, report.told, report.unsealed) == (2, [], 0)
    assert report.rows == counted(ChangeLog) + counted(ReadEvent)


def test_a_look_at_a_list_takes_one_statement_more_and_a_change_two(app: Flask, written: list[int]) -> None:
    seen: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda c, cursor, statement, *rest: seen.append(statement))

    log.read("kandidaten", "list", written, by=NOOR, now=NOON)
    of_look = [statement for statement in seen if "log" in statement or "read_" in statement]
    seen.clear()
    links.note("set_password", 1, ["password"], now=NOON)
    db.session.commit()
    of_change = [statement for statement in seen if "log_seal" in statement or "FROM change_log" in statement]

    assert ([one.split()[2] for one in of_look], len(of_change)) == (["read_event", "read_subject", "log_seal"], 2)


def test_what_is_rolled_back_is_not_sealed(app: Flask, written: list[int]) -> None:
    before = counted(LogSeal)
    db.session.rollback()

    links.note("set_password", 1, ["password"], now=NOON)
    db.session.rollback()
    links.note("set_password", 2, ["password"], now=NOON)
    with db.session.begin_nested() as point:
        links.note("set_password", 3, ["password"], now=NOON)
        point.rollback()
    db.session.commit()

    assert (counted(LogSeal) - before, found()) == (1, [])
    assert "ab_user:2" in [row.subject for row in db.session.scalars(sa.select(ChangeLog), execution_options={"system_read": True})]


def test_a_commit_that_fails_ends_the_chain_without_a_gap(written: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    db.session.rollback()
    real = db.engine.dialect.do_commit

    def fails(connection: Any) -> None:
        raise db.engine.dialect.loaded_dbapi.OperationalError("disk full")

    links.note("set_password", 1, ["password"], now=NOON)
    monkeypatch.setattr(db.engine.dialect, "do_commit", fails)
    with pytest.raises(sa.exc.OperationalError):
        db.session.commit()
    monkeypatch.setattr(db.engine.dialect, "do_commit", real)
    db.session.rollback()
    for _ in range(2):
        links.note("set_password", 1, ["password"], now=NOON)
        db.session.commit()

    assert found() == []


def test_eight_threads_write_a_log_that_is_whole(app: Flask) -> None:
    ids = [registered(f"P{number}").id for number in range(THREADS)]
    db.session.rollback()  # lets the writer of SQLite go

    def work(number: int) -> None:
        set_person(None)
        with app.app_context(), acting_as(NOOR):
            for turn in range(10):
                log.read("kandidaten", "list", ids[: number + 1], by=NOOR, now=NOON)
                links.note("set_password", number, ["password"], now=NOON)
                (db.session.rollback if turn % 3 == 2 else db.session.commit)()
            db.session.remove()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    report = audit.verify(KEY)

    assert (report.told, report.rows) == ([], counted(ChangeLog) + counted(ReadEvent))
    assert (counted(ReadEvent), counted(ChangeLog) >= THREADS * 7) == (THREADS * 10, True)


def test_erasing_who_a_token_stands_for_breaks_no_seal(written: list[int]) -> None:
    with beyond_the_wall():
        db.session.execute(sa.delete(PersonToken).where(PersonToken.candidate_id == written[0]))
        db.session.commit()

    assert found() == []


def test_a_check_of_the_last_days_looks_at_those_only(written: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    tamper("UPDATE change_log SET verb = 'nothing' WHERE id = (SELECT min(id) FROM change_log)")
    in_two_days = clock.now() + timedelta(days=2)
    monkeypatch.setattr("time.time_ns", lambda: int(in_two_days.timestamp() * 1e9))
    log.read("kandidaten", "list", written, by=NOOR, now=NOON)
    audit.close(KEY, now=in_two_days)

    lately = audit.verify(KEY, since=in_two_days - timedelta(hours=2))

    assert (lately.told, lately.seals, len(found())) == ([], 1, 1)


# --- a log that somebody touched ------------------------------------------------------------------------------------

LAST_CHANGE = "(SELECT max(id) FROM change_log)"
LAST_LOOK = "(SELECT max(event_id) FROM read_subject)"
COLUMNS = "at, verb, subject, table_name, fields"
COPY = f"INSERT INTO change_log (id, seal_id, {COLUMNS}) SELECT {{}}, {COLUMNS} FROM change_log WHERE id = {LAST_CHANGE}"
SEAL_OF_LAST = f"(SELECT seal_id FROM change_log WHERE id = {LAST_CHANGE})"
ATTACKS: dict[str, tuple[str, str]] = {
    "another verb": (f"UPDATE change_log SET verb = 'read' WHERE id = {LAST_CHANGE}", "change_log {change}: changed (log_seal {seal})"),
    "another actor": (f"UPDATE change_log SET actor_id = 99 WHERE id = {LAST_CHANGE}", "change_log {change}: changed (log_seal {seal})"),
    "another day": (f"UPDATE change_log SET at = '2020-01-01' WHERE id = {LAST_CHANGE}", "change_log {change}: changed (log_seal {seal})"),
    "other fields": (f"UPDATE change_log SET fields = '[]' WHERE id = {LAST_CHANGE}", "change_log {change}: changed (log_seal {seal})"),
    "a change less": (f"DELETE FROM change_log WHERE id = {LAST_CHANGE}", "change_log {change}: gone (log_seal {seal})"),
    "a look at somebody else": (
        f"UPDATE read_subject SET token = 'somebody' WHERE event_id = {LAST_LOOK} AND token = (SELECT max(token) FROM read_subject)",
        "read_event {look}: changed, or whose files it was about (log_seal {look_seal})",
    ),
    "a look at nobody": (
        f"DELETE FROM read_subject WHERE event_id = {LAST_LOOK}",
        "read_event {look}: changed, or whose files it was about (log_seal {look_seal})",
    ),
    "a look elsewhere": (
        f"UPDATE read_event SET screen = 'taken' WHERE id = {LAST_LOOK}",
        "read_event {look}: changed, or whose files it was about (log_seal {look_seal})",
    ),
    "a change by hand": (COPY.format("900, NULL"), "change_log 900: put in by hand, without a seal"),
    "a change before all others": (COPY.format("-9, NULL"), "change_log -9: put in by hand, without a seal"),
    "a change under a seal": (COPY.format(f"900, {SEAL_OF_LAST}"), "change_log 900: put in by hand (log_seal {seal})"),
    "a change under no seal": (COPY.format("900, 12"), "change_log 900: put in by hand, or its seal 12 is gone"),
}  # fmt: skip


def _names() -> dict[str, Any]:
    look = only(f"SELECT {LAST_LOOK}")
    return {
        "change": only(f"SELECT {LAST_CHANGE}"),
        "seal": only(f"SELECT {SEAL_OF_LAST}"),
        "look": look,
        "look_seal": only(f"SELECT seal_id FROM read_event WHERE id = {look}"),
    }


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_row_that_was_tampered_with_is_named(written: list[int], attack: str) -> None:
    statement, told = ATTACKS[attack]
    names = _names()

    tamper(statement)

    assert found() == [told.format(**names)]


def _seal(where: str) -> dict[str, Any]:
    with db.engine.connect() as connection:
        return dict(connection.exec_driver_sql(f"SELECT * FROM log_seal WHERE {where}").mappings().one())


def test_a_seal_that_is_gone_is_named_with_what_it_sealed(written: list[int]) -> None:
    seal = _seal(f"id = {SEAL_OF_LAST}")
    rows = audit.json.loads(seal["items"])

    tamper(f"DELETE FROM log_seal WHERE id = {seal['id']}")

    told = found()
    following = only(f"SELECT id FROM log_seal WHERE chain = '{seal['chain']}' AND seq = {seal['seq'] + 1}")
    assert told == [
        f"chain {seal['chain']}: seals {seal['seq']} are gone, before log_seal {following}",
        *(f"change_log {key}: put in by hand, or its seal {seal['id']} is gone" for _, key, _ in rows),
    ]


@pytest.mark.parametrize("change", ["items = '[]'", "at = '2020-01-01'", "items = 'no list'"])
def test_a_seal_that_was_changed_is_named(written: list[int], change: str) -> None:
    seal = _seal(f"id = {SEAL_OF_LAST}")

    tamper(f"UPDATE log_seal SET {change} WHERE id = {seal['id']}")

    assert found()[0] == f"log_seal {seal['id']} (chain {seal['chain']}, {seal['seq']}): changed"


def test_a_row_with_a_seal_of_its_own_making_is_found(written: list[int]) -> None:
    forged = sealing.Sealer("a-key-of-somebody-else-0123456789-0123456789")
    seal = _seal(f"id = {SEAL_OF_LAST}")
    items = seal["items"].replace('["c"', '["c"')
    mac = forged.mac(seal["id"], seal["chain"], seal["seq"], NOON, items, "")

    tamper(f"UPDATE log_seal SET mac = '{mac}' WHERE id = {seal['id']}")

    assert [f"log_seal {seal['id']} (chain {seal['chain']}, {seal['seq']}): changed"] == found()[:1]


def test_a_tail_that_was_cut_off_is_found_by_the_head(written: list[int]) -> None:
    chain, last = only("SELECT max(chain) FROM log_seal"), only("SELECT max(seq) FROM log_seal")
    kept = last - 2
    gone = f"(SELECT id FROM log_seal WHERE seq > {kept})"

    tamper(
        f"DELETE FROM read_subject WHERE event_id IN (SELECT id FROM read_event WHERE seal_id IN {gone})",
        f"DELETE FROM read_event WHERE seal_id IN {gone}",
        f"DELETE FROM change_log WHERE seal_id IN {gone}",
        f"DELETE FROM log_seal WHERE seq > {kept}",
    )

    assert found() == [f"chain {chain}: seals {kept + 1} to {last} are gone from its end, a head knows them"]


def test_a_whole_chain_that_is_gone_is_found_by_the_head(written: list[int]) -> None:
    chain, last = only("SELECT max(chain) FROM log_seal"), only("SELECT max(seq) FROM log_seal")

    tamper(*(f"DELETE FROM {table}" for table in ("read_subject", "read_event", "change_log", "log_seal")))

    assert found() == [f"chain {chain}: its seals to {last} are gone, a head knows them"]


def test_heads_that_are_gone_or_changed_are_found(written: list[int]) -> None:
    for _ in range(3):
        line = audit.close(KEY, now=clock.now())
    code = line.rpartition(" ")[2]

    whole = audit.verify(KEY, head=code).told
    tamper("UPDATE log_head SET content = '{}' WHERE seq = 3", "DELETE FROM log_head WHERE seq IN (2, 4)")
    told = audit.verify(KEY, head=code).told

    assert (whole, told) == ([], ["log_head 2: gone", f"log_head with code {code}: gone"])


def test_another_key_is_told_apart_from_a_broken_log(written: list[int]) -> None:
    with pytest.raises(audit.CannotVerify):
        audit.verify("another-key-another-key-another-key-0123")


# --- letting go -----------------------------------------------------------------------------------------------------


@pytest.fixture
def later(written: list[int], monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Forty days later, with a new line in the log; the call lets go of everything from before yesterday."""
    then = clock.now() + timedelta(days=40)
    monkeypatch.setattr("time.time_ns", lambda: int(then.timestamp() * 1e9))
    log.read("kandidaten", "list", written, by=NOOR, now=then)
    return lambda: audit.drop_before(clock.day(then - timedelta(days=31)), KEY, now=then)


def test_a_period_that_was_let_go_of_as_a_whole_breaks_nothing(later: Callable[[], int], written: list[int]) -> None:
    before = counted(LogSeal)
    dropped = later()
    log.read("kandidaten", "list", written, by=NOOR, now=NOON)
    audit.close(KEY, now=clock.now())

    report = audit.verify(KEY)

    assert (report.told, report.heads, report.rows, counted(LogSeal)) == ([], 3, 2, before - dropped + 1)
    assert (counted(ChangeLog), counted(ReadEvent), counted(ReadSubject)) == (0, 2, 2 * len(written))


def test_after_letting_go_the_logs_refuse_changes_again(later: Callable[[], int]) -> None:
    later()

    for table in TABLES[1:]:
        with db.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.exec_driver_sql(f"DELETE FROM {table}")


def test_what_was_let_go_of_does_not_come_back(later: Callable[[], int]) -> None:
    later()
    tamper(f"INSERT INTO change_log (id, {COLUMNS}) VALUES (1, '2020-01-01', 'x', 'x', 'x', '[]')")

    assert found() == ["change_log 1: put in by hand, without a seal"]


def test_letting_go_without_a_signature_is_found(later: Callable[[], int]) -> None:
    later()
    tamper("DELETE FROM log_head WHERE seq = 2")

    seal = _seal("id = (SELECT max(id) FROM log_seal)")
    assert found() == [f"chain {seal['chain']}: seals 1 to {seal['seq'] - 1} are gone, before log_seal {seal['id']}"]


def test_young_periods_are_kept(written: list[int]) -> None:
    with pytest.raises(BadInput):
        audit.drop_before(clock.day(clock.now() - timedelta(days=29)), KEY, now=clock.now())

    assert (counted(LogHead), found()) == (1, [])


def test_who_sits_elsewhere_leaves_seals_as_well(app: Flask) -> None:
    with acting_as(ZEKI):
        registered("Dirk", by=ZEKI)

    assert found() == []
