"""One machine: what a start does with each kind of database, what it refuses, and how it stops.

The start runs for real, as its own process, around a small stand-in for the app, so that a fill can be killed and a scheduler can die.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

import run
from config import PROJECT_ROOT, Settings
from tests.standin import APP, House, one_sentence, read_until, wait_for


@pytest.fixture
def house(tmp_path: Path) -> House:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text(APP)
    for name in ("run.py", "config.py"):
        shutil.copy(PROJECT_ROOT / name, tmp_path / name)
    (versions / "0001_first_tables.py").write_text('revision: str = "0001"\ndown_revision: str | None = None\n')
    (versions / "0002_more.py").write_text("revision = '0002'\ndown_revision = '0001'\n")
    return House(tmp_path)


@pytest.fixture
def postgresql(postgres_url: str) -> str:
    """The address of an empty database of its own, as people write it."""
    return make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.mark.machine
def test_a_first_start_fills_the_database_answers_and_tells_the_accounts(house):
    with house.started() as process:
        said = read_until(process, "Ctrl-C")
        with urllib.request.urlopen(f"http://127.0.0.1:{house.port}/health", timeout=10) as answer:
            assert answer.read() == b"ok"
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=30) == 0

    assert house.ran() == ["db upgrade", "sync-security", "demo"]
    assert f"http://localhost:{house.port}\n" in said
    assert re.findall(r"\w+@demo\.test", said) == [name for name, _ in run.DEMO_ACCOUNTS]
    assert "loket-demo-2026" in said
    assert sorted(path.name for path in house.database.parent.iterdir()) == ["loket.db", "prepare.lock", "prepare.log", "secret_key"]
    assert house.database.stat().st_mode & 0o777 == 0o600


@pytest.mark.machine
def test_a_second_start_runs_no_command_and_touches_no_data(house):
    house.prepare()
    before = house.database.read_bytes(), house.database.stat().st_mtime_ns

    with house.started() as process:
        said = read_until(process, "Ctrl-C")

    assert "demo accounts" in said.lower()
    assert house.ran() == ["db upgrade", "sync-security", "demo"]
    assert (house.database.read_bytes(), house.database.stat().st_mtime_ns) == before


@pytest.mark.machine
def test_ctrl_c_in_a_terminal_stops_both_in_order(house):
    with house.started() as process:
        read_until(process, "Ctrl-C")
        os.killpg(process.pid, signal.SIGINT)

        assert process.wait(timeout=30) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()

    assert not house.answers()


@pytest.mark.machine
def test_when_the_scheduler_dies_the_web_server_is_stopped_too(house):
    with house.started() as process:
        read_until(process, "Ctrl-C")
        Path(f"{house.log}.die").touch()

        assert process.wait(timeout=30) == 1
        assert process.stderr is not None
        assert process.stderr.read() == "The scheduler stopped (exit 3); stopping the rest.\n"

    assert not house.answers()


def test_an_occupied_port_is_named_before_anything_is_made(house):
    with socket.create_server(("127.0.0.1", house.port)):
        refused = house.start_refused()

    assert one_sentence(refused) == f"Port {house.port} is in use by another program; stop that one or set LOKET_PORT to a free port."
    assert house.ran() == []


def test_a_wrong_setting_is_named(house):
    assert one_sentence(house.start_refused(LOKET_PORT="web")) == "LOKET_PORT is 'web'; it must be a whole number from 1 to 65535."


def test_a_wrong_setting_in_the_settings_file_is_named_too(house):
    (house.root / ".env").write_text("LOKET_TIMEZONE=Mars\n")

    assert one_sentence(house.prepare()).startswith("LOKET_TIMEZONE is 'Mars';")


def test_a_database_in_memory_is_refused(house):
    assert one_sentence(house.prepare(LOKET_DATABASE_URL="sqlite://")).startswith("LOKET_DATABASE_URL is a database in memory,")


def test_a_newer_database_is_left_alone(house):
    house.write("CREATE TABLE alembic_version (version_num)", "INSERT INTO alembic_version VALUES ('0009')")
    before = house.database.read_bytes()

    assert one_sentence(house.prepare()) == (
        f"The database {house.database} was made by a newer version of Mijn Onderwijsloket (revision 0009, this one knows 0002); "
        "install that version, nothing was changed."
    )
    assert (house.database.read_bytes(), house.ran()) == (before, [])


@pytest.mark.machine
def test_an_older_database_is_copied_and_upgraded(house):
    house.write(
        "PRAGMA journal_mode = wal",
        "CREATE TABLE alembic_version (version_num)",
        "INSERT INTO alembic_version VALUES ('0001')",
        "CREATE TABLE precious (name)",
        "INSERT INTO precious VALUES ('Anna')",
    )

    done = house.prepare()

    (copy,) = house.database.parent.glob("*.backup")
    assert re.fullmatch(r"loket\.db\.0001-\d{8}-\d{6}\.backup", copy.name)
    assert done.stdout == f"Upgrading the database from 0001 to 0002; a copy of how it was is {copy}.\n"
    assert (done.returncode, house.ran()) == (0, ["db upgrade", "sync-security"])
    assert house.holds("SELECT version_num FROM alembic_version") == [("0002",)]
    assert house.holds("SELECT name FROM precious") == [("Anna",)]
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num, name FROM alembic_version, precious").fetchall() == [("0001", "Anna")]


def test_tables_of_another_program_are_left_alone(house):
    house.write("CREATE TABLE invoices (id)")

    assert "holds tables of another program" in one_sentence(house.prepare())
    assert house.ran() == []


def test_a_file_that_is_no_database_is_refused(house):
    house.database.parent.mkdir()
    house.database.write_text("dear diary " * 100)

    assert one_sentence(house.prepare()) == f"The file {house.database} cannot be read as an SQLite database (file is not a database)."


@pytest.mark.machine
def test_a_fill_that_was_killed_does_not_count_and_the_next_start_begins_again(house):
    house.hang_in_the_first_fill()
    left_behind = [path.name for path in house.database.parent.glob("loket.db*")]

    again = house.prepare()

    assert len(left_behind) == 1
    assert left_behind[0].startswith("loket.db.filling-")
    assert again.returncode == 0
    assert house.ran() == ["db upgrade", "sync-security", "db upgrade", "sync-security", "demo"]
    assert house.holds("SELECT value FROM setting") == [("1",)]
    assert [path.name for path in house.database.parent.glob("loket.db*")] == ["loket.db"]


@pytest.mark.machine
def test_what_a_removed_database_left_is_not_replayed_into_the_new_one(house):
    house.write("PRAGMA journal_mode = wal")
    with contextlib.closing(sqlite3.connect(house.database)) as connection:
        connection.execute("CREATE TABLE old (id)")
        connection.commit()
        remains = Path(f"{house.database}-wal").read_bytes()
    house.database.unlink()
    Path(f"{house.database}-wal").write_bytes(remains)

    assert house.prepare().returncode == 0
    assert house.holds("SELECT name FROM sqlite_master WHERE name = 'old'") == []
    assert house.holds("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.machine
def test_two_starts_at_once_do_not_fill_twice(house):
    sign = house.root / "hanging"
    with house.started("--prepare-only", STUB_HANGS=str(sign)):
        wait_for(sign.exists)

        assert one_sentence(house.prepare()) == "Another start is preparing this database; wait until it is ready."


@pytest.mark.machine
def test_a_command_that_fails_is_told_with_its_last_words(house):
    refused = house.prepare(STUB_FAILS="1")

    assert one_sentence(refused) == (
        f"`flask --app app sync-security` failed (No space left); all it said is in {house.database.parent / 'prepare.log'}."
    )
    assert not house.database.exists()


@pytest.mark.machine
def test_stopping_a_fill_is_no_trace_either(house):
    sign = house.root / "hanging"
    with house.started("--prepare-only", STUB_HANGS=str(sign)) as process:
        wait_for(sign.exists)
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=30) == 2
        assert process.stderr is not None
        assert process.stderr.read() == "Stopped before it was ready; the next start begins again where that is safe.\n"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, True),
        ({"LOKET_DEMO": "0"}, False),
        ({"LOKET_HOST": "0.0.0.0"}, False),
        ({"LOKET_BASE_URL": "https://loket.example.nl"}, False),
        ({"LOKET_BASE_URL": "https://loket.example.nl", "LOKET_DEMO": "1"}, True),
    ],
)
def test_known_passwords_go_where_nobody_else_can_come_or_where_somebody_asks_for_them(environ, wanted):
    assert run.wants_demo(Settings.from_environment(environ, env_file=None)) is wanted


@pytest.mark.machine
def test_a_database_without_the_demo_is_told_how_to_get_its_first_administrator(house):
    done = house.prepare(LOKET_DEMO="0")

    assert house.ran() == ["db upgrade", "sync-security"]
    assert "create-admin" in done.stdout


@pytest.mark.machine
def test_the_accounts_are_not_told_when_the_demo_is_switched_off(house):
    house.prepare()

    with house.started(LOKET_DEMO="0") as process:
        assert "@demo.test" not in read_until(process, "Ctrl-C")


@pytest.mark.machine
def test_the_dev_server_answers_on_the_same_port(house):
    with house.started("--dev"):
        wait_for(house.answers)


def test_a_postgresql_that_does_not_answer_is_told_without_its_password(house):
    sentence = one_sentence(house.prepare(LOKET_DATABASE_URL=f"postgresql://loket:hush@127.0.0.1:{house.port}/loket"))

    assert sentence.startswith("The database loket on 127.0.0.1 cannot be reached (")
    assert sentence.endswith("; check LOKET_DATABASE_URL.")
    assert "hush" not in sentence


@pytest.mark.machine
@pytest.mark.pg
@pytest.mark.xdist_group("run-postgresql")
def test_postgresql_is_filled_once(house, postgresql):
    first = house.prepare(LOKET_DATABASE_URL=postgresql)
    second = house.prepare(LOKET_DATABASE_URL=postgresql)

    assert (first.returncode, second.returncode, second.stdout) == (0, 0, "")
    assert house.ran() == ["db upgrade", "sync-security", "demo"]


@pytest.mark.machine
@pytest.mark.pg
@pytest.mark.xdist_group("run-postgresql")
def test_a_killed_fill_of_postgresql_is_begun_again(house, postgresql):
    house.hang_in_the_first_fill(LOKET_DATABASE_URL=postgresql)

    assert [house.prepare(LOKET_DATABASE_URL=postgresql).returncode for _ in range(2)] == [0, 0]
    assert house.ran() == ["db upgrade", "sync-security", "db upgrade", "sync-security", "demo"]


def test_a_second_newest_revision_is_refused(tmp_path):
    (tmp_path / "0001_a.py").write_text("revision = '0001'\ndown_revision = None\n")
    (tmp_path / "0002_b.py").write_text("revision = '0002'\ndown_revision = '0001'\n")
    assert run.revisions(tmp_path) == (frozenset({"0001", "0002"}), "0002")
    (tmp_path / "0002_c.py").write_text("revision = '0003'\ndown_revision = '0001'\n")

    with pytest.raises(run.StartError, match="has 2 newest revisions and must have one"):
        run.revisions(tmp_path)


@pytest.mark.load
def test_the_program_itself_starts_again_without_a_command(tmp_path, record_property):
    house = House(tmp_path)
    house.command = lambda *arguments: [sys.executable, str(PROJECT_ROOT / "run.py"), *arguments]  # type: ignore[method-assign]
    filled = subprocess.run(house.command("--prepare-only"), env=house.environ, capture_output=True, text=True, timeout=300, check=False)
    assert filled.returncode == 0, filled.stderr
    begun = time.monotonic()

    with house.started() as process:
        said = read_until(process, "Ctrl-C")
        seconds = time.monotonic() - begun
        process.send_signal(signal.SIGTERM)
        stopped = process.wait(timeout=30)

    record_property("seconds until it answers", round(seconds, 1))  # told, not judged: a busy machine is no fault
    assert stopped == 0
    assert "noor@demo.test" in said
