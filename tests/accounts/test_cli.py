"""The commands as an operator meets them: an example in the help, one sentence for what goes wrong, never a trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app import cli
from app.extensions import db, migrate
from app.fab import checks, sync
from app.models import Candidate, Membership, Region
from app.security.identity import Identity, acting_as, system_scope
from app.services import accounts, links
from tests.accounts.cast import CARLA, LANDELIJK, every, small_app
from tests.accounts.test_sync import builder
from tests.pg import ALEMBIC_INI
from tests.pg import migrate as make_tables


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    """An app with our commands on a database that has all tables and no rows."""
    with small_app(f"sqlite:///{tmp_path / 'empty.db'}") as app:
        make_tables(db.engine)
        app.config["LOKET"] = SimpleNamespace(base_url="https://loket.example.nl", data_dir=tmp_path)
        app.appbuilder = builder()  # type: ignore[attr-defined]
        migrate.init_app(app, db, directory=str(ALEMBIC_INI.parent))
        cli.register(app)
        yield app


def run(app: Flask, *arguments: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=list(arguments))


@pytest.mark.parametrize("name", ["sync-security", "create-admin", "demo", "scheduler", "doctor"])
def test_every_command_explains_itself_with_an_example(empty, name):
    told = run(empty, name, "--help")

    assert (told.exit_code, f"flask --app app {name}" in told.output) == (0, True)


@pytest.mark.parametrize("arguments", [("create-admin",), ("demo", "--candidates", "0"), ("demo", "--seed", "x"), ("doctor", "--fly")])
def test_a_wrong_question_ends_with_2(empty, arguments):
    assert run(empty, *arguments).exit_code == 2


def test_syncing_twice_says_so(empty):
    first, second = (run(empty, "sync-security") for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert second.output == "Roles and permissions are as they should be.\n"


def test_screens_that_do_not_fit_end_with_one_sentence(empty):
    empty.appbuilder = builder("Vliegtuigen")

    refused = run(empty, "sync-security")

    assert (refused.exit_code, refused.output.count("\n"), "Traceback" in refused.output) == (1, 1, False)


def test_create_admin_prints_a_link_that_works_once(empty):
    made = run(empty, "create-admin", "--email", "ans@example.nl", "--name", "Ans de Boer")

    found = re.search(r"https://loket\.example\.nl/account/link/(\S+)$", made.output)
    with acting_as(Identity()):
        user = accounts.use_link(found[1], "vier gele paarden slapen", now=cli.clock.now())
    assert (made.exit_code, user.username) == (0, "ans@example.nl")
    assert [row.role.name for row in every(Membership)] == ["ADMIN"]


def test_create_admin_again_gives_a_new_link_until_there_is_a_password(empty):
    arguments = ("create-admin", "--email", "ans@example.nl", "--name", "Ans de Boer")
    tokens = [run(empty, *arguments).output.strip().rsplit("/", 1)[1] for _ in range(2)]
    with acting_as(Identity()):
        alive = [links.peek(token, now=cli.clock.now()) is not None for token in tokens]
        accounts.use_link(tokens[1], "vier gele paarden slapen", now=cli.clock.now())
        db.session.commit()

    again = run(empty, *arguments)

    assert alive == [True, True]
    assert (again.exit_code, "/account/link/" in again.output, len(every(Membership))) == (0, False, 1)


def test_a_wrong_address_is_one_sentence(empty):
    refused = run(empty, "create-admin", "--email", "ans", "--name", "Ans")

    assert (refused.exit_code, refused.output) == (1, "Error: This is not an e-mail address. Check it for mistakes.\n")


def test_the_demo_fills_an_empty_database_and_leaves_a_filled_one_alone(empty):
    filled = run(empty, "demo", "--candidates", "30", "--seed", "7")
    count = sa.select(sa.func.count()).select_from(Candidate)
    with system_scope():
        before = db.session.scalar(count)

    refused = run(empty, "demo", "--candidates", "30")

    with system_scope():
        assert (before, db.session.scalar(count)) == (30, 30)
    assert (filled.exit_code, refused.exit_code, refused.output.count("\n")) == (0, 1, 1)
    assert "Made 30 candidates" in filled.output


def test_the_doctor_finds_a_healthy_system_well(empty):
    run(empty, "sync-security")

    told = run(empty, "doctor")

    assert (told.exit_code, told.output.count("ok "), "WRONG" in told.output) == (0, 5, False)


def test_the_doctor_names_what_is_wrong_and_changes_nothing(empty):
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    empty.config["LOKET"].data_dir = Path("/nowhere")

    told = run(empty, "doctor")

    assert told.exit_code == 1
    assert re.findall(r"WRONG  ([a-z ]+):", told.output) == ["migrations", "permissions", "data dir"]
    with system_scope():
        assert sync.is_synced() is False


def test_a_database_without_tables_is_one_sentence(tmp_path, empty, monkeypatch):
    with small_app(f"sqlite:///{tmp_path / 'nothing.db'}") as app:
        app.appbuilder = builder()  # type: ignore[attr-defined]
        app.config["LOKET"] = SimpleNamespace(base_url="https://x.nl", data_dir=tmp_path)
        migrate.init_app(app, db, directory=str(ALEMBIC_INI.parent))
        cli.register(app)

        refused, told = run(app, "sync-security"), run(app, "doctor")

    assert (refused.exit_code, refused.output.count("\n"), "db upgrade" in refused.output) == (1, 1, True)
    assert (told.exit_code, "Traceback" in told.output) == (1, False)


def test_commands_do_not_run_inside_somebodys_request(empty):
    with acting_as(CARLA):
        refused = run(empty, "create-admin", "--email", "ans@example.nl", "--name", "Ans")

    assert refused.exit_code != 0
    assert every(Region, Region.id == LANDELIJK) == []


def test_a_check_that_breaks_counts_as_wrong(empty, monkeypatch: Any):
    monkeypatch.setattr(checks, "_reachable", lambda: (_ for _ in ()).throw(OSError("gone")))

    with system_scope():
        first = checks.examine(empty)[0]

    assert (first.name, first.is_well, first.words) == ("database", False, "gone")
