"""Migrations on SQLite and PostgreSQL: from nothing to the newest and back, on a filled database, equal to the models."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from app import models as m
from tests.pg import ALEMBIC_INI, alembic_config, engine_of, migrate

VERSIONS = sorted((ALEMBIC_INI.parent / "versions").glob("*.py"))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOGS = ("change_log", "read_event", "read_subject", "log_seal", "log_head")
SQLITE_TRIGGERS = {f"{log}_no_{event}" for log in LOGS for event in ("update", "delete", "replace")} | {
    f"candidate_search_{event}" for event in ("insert", "update", "delete")
}
POSTGRESQL_TRIGGERS = {f"{log}_append_only" for log in LOGS}
MAKE_SMALLER = 100  # lines: a migration that is longer does too much


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.pg, pytest.mark.xdist_group("pg")])])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database."""
    url = f"sqlite:///{tmp_path / 'empty.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with engine_of(url) as made:
        yield made


@pytest.fixture
def fill() -> Callable[[sa.Engine], None]:
    """Fills a database with a small demo, and with logs, which the demo leaves empty."""
    from app import demo  # noqa: PLC0415  only these tests need it

    def fill_demo(engine: sa.Engine) -> None:
        with engine.begin() as connection:
            demo.fill(connection, candidates=40, now=NOON)
            event = {"at": NOON, "actor_id": 1, "screen": "candidates", "channel": "show"}
            number = connection.execute(sa.insert(m.ReadEvent.__table__).values(**event)).inserted_primary_key[0]
            connection.execute(sa.insert(m.ReadSubject.__table__).values(token="t" * 32, event_id=number))
            change = {"at": NOON, "verb": "edit", "subject": "t" * 32, "table_name": "candidate", "fields": ["name"]}
            connection.execute(sa.insert(m.ChangeLog.__table__).values(**change))
            seal = {"id": 1, "chain": "c" * 16, "seq": 1, "at": NOON, "items": "[]", "mac": "m" * 64}
            connection.execute(sa.insert(m.LogSeal.__table__).values(**seal))
            connection.execute(sa.insert(m.LogHead.__table__).values(seq=1, at=NOON, content="{}", mac="m" * 64))

    return fill_demo


def counts(engine: sa.Engine) -> dict[str, int]:
    tables = m.Candidate.metadata.tables.values()
    with engine.connect() as connection:
        return {table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables}


def triggers(engine: sa.Engine) -> set[str]:
    if engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with engine.connect() as connection:
        return set(connection.exec_driver_sql(query).scalars())


def differences(engine: sa.Engine) -> None:
    """Raises CommandError when the models say something else than the database."""
    with engine.connect() as connection:
        command.check(alembic_config(connection))


def test_revisions_are_numbered_in_one_line() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    line = [(step.revision, step.down_revision) for step in reversed(list(script.walk_revisions()))]

    numbers = [f"{number:04d}" for number in range(1, len(VERSIONS) + 1)]
    assert line == list(zip(numbers, [None, *numbers[:-1]], strict=True))
    assert [path.name[:5] for path in VERSIONS] == [f"{number}_" for number in numbers]
    assert script.get_heads() == numbers[-1:]


def test_the_revision_can_be_read_without_running_the_file() -> None:
    found = [re.findall(r'^revision = "(\d{4})"$', path.read_text("utf-8"), re.MULTILINE) for path in VERSIONS]

    assert found == [[path.name[:4]] for path in VERSIONS]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.name)
def test_a_migration_knows_nothing_of_the_app(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert imported <= {"alembic", "sqlalchemy", "unicodedata", "collections.abc", "datetime", "json", "re"}


@pytest.mark.parametrize("path", VERSIONS[1:], ids=lambda path: path.name)
def test_a_migration_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAKE_SMALLER


def test_from_nothing_to_the_newest_gives_what_the_models_say(engine: sa.Engine) -> None:
    migrate(engine)

    differences(engine)


def test_from_nothing_to_the_newest_gives_every_trigger(engine: sa.Engine) -> None:
    migrate(engine)

    assert triggers(engine) == (SQLITE_TRIGGERS if engine.dialect.name == "sqlite" else POSTGRESQL_TRIGGERS)


def test_upgrading_twice_changes_nothing(engine: sa.Engine, fill: Callable[[sa.Engine], None]) -> None:
    migrate(engine)
    fill(engine)
    before = counts(engine)

    migrate(engine)

    assert counts(engine) == before


def test_down_to_nothing_and_up_again_on_a_filled_database(engine: sa.Engine, fill: Callable[[sa.Engine], None]) -> None:
    migrate(engine)
    fill(engine)

    migrate(engine, "base")
    left = set(sa.inspect(engine).get_table_names())
    migrate(engine)
    fill(engine)

    assert (left, triggers(engine) == set()) == ({"alembic_version"}, False)
    differences(engine)


def test_every_step_down_and_up_again_keeps_the_rows(engine: sa.Engine, fill: Callable[[sa.Engine], None]) -> None:
    migrate(engine)
    fill(engine)
    before = counts(engine)

    with engine.connect() as connection:
        command.downgrade(alembic_config(connection), "0001")
        first = set(sa.inspect(connection).get_table_names())
    migrate(engine)

    assert counts(engine) == {table: count if table in first else 0 for table, count in before.items()}  # what came later begins anew
    assert before["candidate"] == 40
    assert triggers(engine) == (SQLITE_TRIGGERS if engine.dialect.name == "sqlite" else POSTGRESQL_TRIGGERS)


def test_the_search_index_is_filled_from_rows_that_were_there(engine: sa.Engine, fill: Callable[[sa.Engine], None]) -> None:
    migrate(engine)
    fill(engine)
    with engine.connect() as connection:
        command.downgrade(alembic_config(connection), "0001")  # as it was before there was an index
    migrate(engine)

    if engine.dialect.name == "sqlite":
        query = "SELECT count(*) FROM candidate_search WHERE candidate_search MATCH '\"k-2\"'"
    else:
        query = "SELECT count(*) FROM candidate WHERE trigrams(search_text(number, name, email, email2, place)) @> ARRAY['k-2']"
    with engine.connect() as connection:
        assert connection.exec_driver_sql(query).scalar_one() == 40


def test_the_logs_refuse_every_change(engine: sa.Engine, fill: Callable[[sa.Engine], None]) -> None:
    migrate(engine)
    fill(engine)
    last = "INSERT OR REPLACE INTO {log} SELECT * FROM {log}" if engine.dialect.name == "sqlite" else "TRUNCATE {log} CASCADE"
    changes = ("UPDATE {log} SET {column} = {column}", "DELETE FROM {log}", last)

    refused = []
    for log, change in itertools.product(LOGS, changes):
        column = {"read_subject": "event_id", "log_seal": "mac", "log_head": "mac"}.get(log, "actor_id")
        with engine.connect() as connection, pytest.raises(DBAPIError, match=" is append-only") as refusal:
            connection.exec_driver_sql(change.format(log=log, column=column))
        refused.append(str(refusal.value))

    assert len(refused) == len(LOGS) * len(changes)
    assert all(any(f"{log} is append-only" in text for log in LOGS) for text in refused)


@pytest.mark.parametrize("rebuilt", ["candidate", "user_profile"])
def test_rebuilding_a_table_deletes_no_rows_that_point_to_it(tmp_path: Path, fill: Callable[[sa.Engine], None], rebuilt: str) -> None:
    """SQLite changes a column by making the table anew; with foreign keys on, dropping the old one would take its dependants along."""
    with engine_of(f"sqlite:///{tmp_path / 'rebuild.db'}") as engine:
        migrate(engine)
        fill(engine)
        before = counts(engine)
        folder = tmp_path / "versions"
        folder.mkdir()
        (folder / "rebuild.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = 'rebuild'\ndown_revision = {VERSIONS[-1].name[:4]!r}\n\n\n"
            f"def upgrade():\n    with op.batch_alter_table({rebuilt!r}, recreate='always') as table:\n"
            "        table.alter_column('created_at', nullable=True)\n"
        )
        with engine.connect() as connection:
            config = alembic_config(connection)
            config.set_main_option("version_locations", f"{VERSIONS[0].parent} {folder}")
            config.set_main_option("path_separator", "space")
            command.upgrade(config, "head")

        assert counts(engine) == before


def test_a_step_that_fails_leaves_the_database_as_it_was(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(engine, "0001")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE candidate_search_letter (x INTEGER)")
        connection.exec_driver_sql("CREATE TABLE trigger_of_failure (x INTEGER)")
        if engine.dialect.name != "sqlite":
            connection.exec_driver_sql("CREATE FUNCTION refuse_change() RETURNS text LANGUAGE sql RETURN 'x'")
    before = (set(sa.inspect(engine).get_table_names()), triggers(engine))

    with pytest.raises(DBAPIError):
        migrate(engine)

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "0001"
    assert (set(sa.inspect(engine).get_table_names()), triggers(engine)) == before
