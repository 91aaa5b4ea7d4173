"""`flask audit verify` as an operator meets it, the jobs that tie and check the logs, and the line on the page of the system."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from app import create_app
from app.adapters import clock
from app.extensions import db
from app.jobs import audit as jobs
from app.jobs.schedule import TIMETABLE
from app.models import ChangeLog, LogSeal
from app.models.log import SEALING
from app.security.identity import system_scope
from app.services import audit
from tests.site import Site, post


def run(site: Site, *arguments: str) -> Result:
    return site.app.test_cli_runner().invoke(args=["audit", *arguments])


def work(site: Site) -> None:
    """Two people look around, one of them notes something down."""
    noor = site.client("noor")
    noor.get("/kandidaten/list/")
    post(noor, "/taal", {"locale": "nl"})
    site.client("beheer").get("/beheer/leden/list/")
    post(site.client("carla"), "/kandidaten/add", {"surname": "Jansen", "region": "2"}, page="/kandidaten/add")


def tamper(site: Site, statement: str) -> None:
    with site.app.app_context(), db.engine.begin() as connection:
        connection.info.pop(SEALING)
        for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(statement)


def job(site: Site, act: Any) -> None:
    with site.app.app_context(), system_scope():
        act(clock.now())
        db.session.commit()


def test_the_command_explains_itself_with_an_example(shared_site: Site) -> None:
    told = run(shared_site, "verify", "--help")

    assert (told.exit_code, "flask --app app audit verify --head 3f9ac02b" in told.output) == (0, True)


def test_a_log_that_is_whole_ends_with_0(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    work(site)
    job(site, jobs.head)
    line = capsys.readouterr().out.strip()
    code = line.rpartition(" ")[2]

    told = run(site, "verify", "--head", code[:12])

    with site.rows() as session:
        seals = session.scalar(sa.select(sa.func.count()).select_from(LogSeal))
    assert (told.exit_code, line.startswith("audit head 1 of "), seals >= 2) == (0, True, True)
    assert told.output.startswith("ok     0 faults in ")
    assert f"under {seals} seals and 1 heads, 0 rows from before there were seals; last head: 1 of " in told.output


def test_a_log_that_somebody_changed_ends_with_1_and_names_the_row(site: Site) -> None:
    work(site)
    with site.rows() as session:
        last = session.scalar(sa.select(sa.func.max(ChangeLog.id)))
    tamper(site, f"UPDATE change_log SET verb = 'read' WHERE id = {last}")

    told = run(site, "verify")

    assert (told.exit_code, told.output.startswith(f"change_log {last}: changed (log_seal ")) == (1, True)
    assert "\nWRONG  1 faults in " in told.output


def test_a_head_that_was_printed_and_is_not_there_any_more_ends_with_1(site: Site) -> None:
    told = run(site, "verify", "--head", "0123abcd")

    assert (told.exit_code, told.output.splitlines()[0]) == (1, "log_head with code 0123abcd: gone")


def test_what_cannot_be_checked_ends_with_2_and_a_sentence(site: Site) -> None:
    job(site, jobs.head)
    site.app.config["LOKET"] = replace(site.app.config["LOKET"], audit_key="another-key-another-key-another-key")

    wrong_key = run(site, "verify")
    tamper(site, "DROP TABLE log_seal")
    no_table = run(site, "verify")

    assert (wrong_key.exit_code, no_table.exit_code, run(site, "verify", "--days", "none").exit_code) == (2, 2, 2)
    assert [told.output.count("\n") for told in (wrong_key, no_table)] == [1, 1]
    assert "does not fit this key" in wrong_key.output


def test_the_key_is_made_on_the_first_start_and_for_its_own_user_only(site: Site, tmp_path: Path) -> None:
    own = replace(site.app.config["LOKET"], audit_key=None)

    create_app(own)
    first = (tmp_path / "audit_key").read_text()
    create_app(own)

    assert (own.sealing_key(), stat.S_IMODE((tmp_path / "audit_key").stat().st_mode)) == (first, 0o600)


def test_the_nightly_check_is_told_on_the_page_of_the_system(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    admin = site.client("beheer")
    work(site)
    never = admin.get("/").text
    job(site, jobs.check)
    well = admin.get("/").text
    tamper(site, "UPDATE change_log SET actor_id = 99 WHERE id = (SELECT max(id) FROM change_log)")
    job(site, jobs.check)
    broken = admin.get("/").text

    assert "Nog niet gecontroleerd" in never
    assert "regels van de laatste twee dagen kloppen" in well
    assert "toegevoegd: 1." in broken
    assert "audit fault: change_log " in capsys.readouterr().out


def test_the_check_and_the_head_run_by_themselves() -> None:

    assert {one.name for one in TIMETABLE if one.run in (jobs.head, jobs.check)} == {"audit-head", "audit-check"}


def test_a_fresh_demo_is_whole(site: Site) -> None:
    with site.app.app_context(), system_scope():
        report = audit.verify(site.app.config["LOKET"].sealing_key())

    assert (report.told, report.unsealed, report.last_head) == ([], 0, "")
