"""The scheduler: one process that ticks. The truth is in the tables, so a missed or doubled tick does no harm."""

from __future__ import annotations

import fcntl
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa
from apscheduler.schedulers.base import STATE_RUNNING
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from app.adapters import clock
from app.extensions import db
from app.jobs.schedule import TIMETABLE, Job
from app.security.identity import system_scope

DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
LOCK = 4_713_002  # PostgreSQL's advisory lock of the leader; any number that nothing else uses
ASK_AGAIN = 10.0  # seconds between looks whether the leader is gone
logger = logging.getLogger(__name__)


class Runner:
    """Waits to be the leader, then runs the timetable until somebody stops it."""

    def __init__(self, app: Flask, data_dir: Path) -> None:
        self.app, self.data_dir = app, data_dir
        self.stopped = threading.Event()
        self.scheduler = BlockingScheduler(timezone="UTC", job_defaults=DEFAULTS)
        for job in TIMETABLE:
            now = {"next_run_time": clock.now()} if job.at_start else {}
            self.scheduler.add_job(run_job, job.trigger, args=(app, job), id=job.name, name=job.name, **job.at, **now)

    def run(self) -> None:
        """Returns after SIGTERM or SIGINT, when the job that was running has ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        with self.app.app_context():
            engine = db.engine
        with leadership(engine, self.data_dir, self.stopped):
            if not self.stopped.is_set():
                self.scheduler.start()

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Stop waiting or ticking. Safe to call twice, and in a signal handler."""
        self.stopped.set()
        if self.scheduler.state == STATE_RUNNING:
            self.scheduler.shutdown(wait=True)


def run_job(app: Flask, job: Job) -> None:
    """One run of a job in a transaction of its own. What goes wrong is logged; the next run tries again."""
    with app.app_context(), system_scope():
        try:
            job.run(clock.now())
            db.session.commit()
        except Exception:
            db.session.rollback()
            logger.exception("The job %s failed", job.name)


@contextmanager
def leadership(engine: sa.Engine, data_dir: Path, stopped: threading.Event) -> Iterator[None]:
    """Wait until no other scheduler leads, or until we are stopped. The lead ends with the process, however it ends."""
    held = _postgresql_lock(engine) if engine.dialect.name == "postgresql" else _file_lock(data_dir / "scheduler.lock")
    with held as is_ours:
        if not is_ours():
            logger.warning("Another scheduler is at work; this one waits for its turn.")
            while not stopped.wait(ASK_AGAIN) and not is_ours():
                pass
        yield


@contextmanager
def _file_lock(path: Path) -> Iterator[Any]:
    with path.open("w") as lock:

        def is_ours() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield is_ours


@contextmanager
def _postgresql_lock(engine: sa.Engine) -> Iterator[Any]:
    """On a connection outside the pool, without a transaction that idles."""
    own = sa.create_engine(engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with own.connect() as connection:
        yield lambda: bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK))))
    own.dispose()
