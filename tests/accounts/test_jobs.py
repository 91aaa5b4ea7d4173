"""What the scheduler does by itself: small jobs, each in its own transaction, and one leader."""

from __future__ import annotations

import logging
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from app.enums import LinkPurpose
from app.extensions import db
from app.jobs import housekeeping, runner
from app.jobs.schedule import TIMETABLE, Job
from app.models import ExportTicket, FormReceipt, LoginAttempt, LoginSession, OneTimeLink, Setting
from app.security.identity import system_scope
from tests.accounts.cast import NOON, NOOR, every

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def write(*rows: Any) -> None:
    with system_scope():
        db.session.add_all(rows)
        db.session.commit()


def kept(model: Any, job: Any) -> int:
    with system_scope():
        job(NOON)
        db.session.commit()
    return len(every(model))


def session(silent_for: timedelta, ended: bool = False) -> LoginSession:
    seen = NOON - silent_for
    hashed = f"{silent_for}{ended}"
    return LoginSession(token_hash=hashed, user_id=NOOR.user_id, created_at=seen, last_seen_at=seen, ended_at=seen if ended else None)


@pytest.mark.usefixtures("app")
def test_old_sessions_links_attempts_and_receipts_are_forgotten_and_fresh_ones_kept():
    link = {"user_id": NOOR.user_id, "purpose": LinkPurpose.RESET, "created_at": NOON}
    write(
        session(HOUR),
        session(40 * DAY, ended=True),
        session(41 * DAY),
        OneTimeLink(**link, token_hash="a", expires_at=NOON + HOUR),
        OneTimeLink(**link, token_hash="b", expires_at=NOON - 8 * DAY),
        LoginAttempt(account="a", network="n", last_at=NOON - HOUR),
        LoginAttempt(account="b", network="n", last_at=NOON - 13 * HOUR),
        FormReceipt(key="a", user_id=NOOR.user_id, at=NOON - HOUR, target="/"),
        FormReceipt(key="b", user_id=NOOR.user_id, at=NOON - 2 * DAY, target="/"),
    )

    left = {
        model.__name__: kept(model, job)
        for model, job in (
            (LoginSession, housekeeping.forget_sessions),
            (OneTimeLink, housekeeping.forget_links),
            (LoginAttempt, housekeeping.forget_attempts),
            (FormReceipt, housekeeping.forget_receipts),
        )
    }

    assert left == dict.fromkeys(left, 1)


@pytest.mark.usefixtures("app")
def test_a_download_that_was_fetched_or_waited_too_long_is_forgotten():
    fresh = session(HOUR)
    write(fresh)
    ticket = {"session_id": fresh.id, "screen": "s", "format": "csv", "query": "", "reason": "r"}
    write(
        ExportTicket(**ticket, token_hash="a", created_at=NOON - HOUR),
        ExportTicket(**ticket, token_hash="b", created_at=NOON - HOUR, used_at=NOON),
        ExportTicket(**ticket, token_hash="c", created_at=NOON - 2 * DAY),
    )

    assert kept(ExportTicket, housekeeping.forget_tickets) == 1


@pytest.mark.usefixtures("app")
def test_the_tick_stands_in_the_database_once():
    for _ in range(2):
        kept(Setting, housekeeping.tick)

    assert [(row.key, row.value) for row in every(Setting)] == [("last_tick", "2026-11-24T11:00:00+00:00")]


def test_a_job_that_fails_is_logged_leaves_nothing_behind_and_the_next_one_runs(app, caplog):
    def fails(now: datetime) -> None:
        housekeeping.tick(now)
        db.session.flush()
        raise ValueError("no")

    with caplog.at_level(logging.ERROR):
        runner.run_job(app, Job("fails", fails, "interval"))
    after_failure = len(every(Setting))
    db.session.rollback()  # our own look is over: it holds the only lock
    runner.run_job(app, Job("tick", housekeeping.tick, "interval"))

    assert (after_failure, len(every(Setting))) == (0, 1)
    assert [record.getMessage() for record in caplog.records] == ["The job fails failed"]


def test_every_line_of_the_timetable_is_a_job_that_can_be_scheduled_and_run(app):
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults=runner.DEFAULTS)

    for job in TIMETABLE:
        scheduler.add_job(runner.run_job, job.trigger, args=(app, job), id=job.name, **job.at)
        runner.run_job(app, job)

    assert len({job.name for job in TIMETABLE}) == len(TIMETABLE)
    assert runner.DEFAULTS == {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


def test_a_second_scheduler_waits_until_the_first_is_gone(app, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "ASK_AGAIN", 0.02)
    order: list[str] = []

    def second() -> None:
        with runner.leadership(db_engine, tmp_path, threading.Event()):
            order.append("second")

    db_engine = db.engine
    waiting = threading.Thread(target=second)
    with runner.leadership(db_engine, tmp_path, threading.Event()):
        waiting.start()
        time.sleep(0.2)
        order.append("first")
    waiting.join(10)

    assert order == ["first", "second"]


def test_it_ticks_at_once_and_ends_in_order_when_told(app, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(runner, "TIMETABLE", tuple(job for job in TIMETABLE if job.name == "tick"))
    monkeypatch.setattr(signal, "signal", lambda *arguments: None)  # pytest's own handlers stay
    running = runner.Runner(app, tmp_path)
    stopper = threading.Timer(1.0, running.stop)

    stopper.start()
    running.run()

    assert [row.key for row in every(Setting)] == ["last_tick"]
    assert datetime.fromisoformat(every(Setting)[0].value).tzinfo == UTC
