"""The commands: `flask --app app <command>`. Each ends with exit 0 (done), 1 (failed, one sentence) or 2 (asked wrongly)."""

from __future__ import annotations

import functools
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import with_appcontext

from app import demo as demo_data
from app.adapters import clock
from app.errors import DomainError
from app.extensions import db
from app.fab import checks
from app.fab.sync import SyncError, sync_security
from app.jobs import mail
from app.jobs.runner import Runner
from app.security.identity import Identity, system_scope
from app.services import audit, members
from config import ConfigError

MOST_CANDIDATES = 5_000_000
BAR_AFTER = 2.0  # seconds
BAR_WIDTH = 30
LOOK_AGAIN = 1.0  # seconds between two looks into the outbox


def register(app: Flask) -> None:
    """Hang our commands on the app."""
    for command in (sync_security_command, create_admin, demo, scheduler, worker, doctor, audit_group):
        app.cli.add_command(command)


def command(name: str, example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command in the system scope that turns what may be expected to go wrong into one sentence."""

    def decorate(function: Callable[..., None]) -> click.Command:
        @functools.wraps(function)
        def run(*args: Any, **options: Any) -> None:
            try:
                with system_scope():
                    function(*args, **options)
            except (DomainError, SyncError) as refusal:
                raise click.ClickException(str(refusal)) from None
            except (sa.exc.OperationalError, sa.exc.ProgrammingError) as problem:
                sentence = f"The database cannot be used ({_first_line(problem.orig)}); `flask --app app db upgrade` makes its tables."
                raise click.ClickException(sentence) from None

        made: click.Command = click.command(name, epilog=f"Example: flask --app app {example}")(with_appcontext(run))
        return made

    return decorate


def _first_line(problem: BaseException | None) -> str:
    return (str(problem).strip().splitlines() or ["unknown problem"])[0]


@command("sync-security", "sync-security")
def sync_security_command() -> None:
    """Make roles and permissions exactly what the code says.

    Needed after every update; four at once are safe.
    """
    changes = sync_security(current_app.appbuilder)  # type: ignore[attr-defined]
    click.echo(f"Roles and permissions: {changes} rows changed." if changes else "Roles and permissions are as they should be.")


@command("create-admin", 'create-admin --email ans@example.nl --name "Ans de Boer"')
@click.option("--email", required=True, help="The address with which this person signs in.")
@click.option("--name", required=True, help="The name of this person.")
def create_admin(email: str, name: str) -> None:
    """Make an administrator, and print a link with which that person chooses a password.

    The link works once, for a day. Run it again for the same person to get a new one.
    """
    token = members.install_admin(email, name, by=Identity(), now=clock.now())
    db.session.commit()
    if token is None:
        click.echo(f"{email} is an administrator and signs in with the own password.")
        return
    click.echo(f"{email} is an administrator. This link sets the password; it works once, for 24 hours:")
    click.echo(f"{current_app.config['LOKET'].base_url}/account/link/{token}")


@command("demo", "demo --candidates 10000 --seed 7")
@click.option("--candidates", type=click.IntRange(1, MOST_CANDIDATES), default=3_000, show_default=True, help="How many to make.")
@click.option("--seed", type=int, default=2026, show_default=True, help="The number that decides who they are.")
def demo(candidates: int, seed: int) -> None:
    """Fill an empty, prepared database with made-up people and mark it as a demo.

    The same seed on the same day gives the same people. A database that holds anything is refused and left alone.
    """
    with _bar() as progress, db.engine.begin() as connection:
        counts = demo_data.fill(connection, candidates=candidates, seed=seed, now=clock.now(), progress=progress)
        connection.exec_driver_sql("ANALYZE")  # without figures about the tables a planner sorts where it could walk an index
    click.echo(f"Made {counts['candidate']} candidates and what belongs to them.")


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on the error stream, once the work takes long enough to wonder. Nothing where nobody looks at a screen."""
    begun, drawn = time.monotonic(), [False]

    def progress(what: str, done: int, total: int) -> None:
        if time.monotonic() - begun < BAR_AFTER or not sys.stderr.isatty():
            return
        drawn[0] = True
        share = done / max(total, 1)
        filled = "█" * round(share * BAR_WIDTH)
        click.echo(f"\r{what:<14} {filled:<{BAR_WIDTH}} {share:4.0%}", nl=False, err=True)

    try:
        yield progress
    finally:
        if drawn[0]:
            click.echo(err=True)


@command("scheduler", "scheduler")
def scheduler() -> None:
    """Do what is due by the clock, until SIGTERM or Ctrl-C.

    When another scheduler is at work on the same data, this one waits for its turn.
    """
    Runner(current_app._get_current_object(), current_app.config["LOKET"].data_dir).run()  # type: ignore[attr-defined]


@command("worker", "worker")
def worker() -> None:
    """Send the mails that wait, until SIGTERM or Ctrl-C.

    The scheduler sends them too: run this where that is not quick enough, as many as you like.
    """
    mailer = mail.mailer_of(current_app.config["LOKET"])
    if mailer is None:
        raise click.ClickException(mail.NOT_SET_UP)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    with closing(mailer):
        while not stopped.is_set():
            mail.work(mailer, stopped.is_set)
            stopped.wait(LOOK_AGAIN)


@command("doctor", "doctor")
def doctor() -> None:
    """Look at database, migrations, permissions and data dir, and say what is wrong.

    Changes nothing. Exit 0 when all is well, 1 when something is not.
    """
    findings = checks.examine(current_app)
    for finding in findings:
        click.echo(f"{'ok   ' if finding.is_well else 'WRONG'}  {finding.name}: {finding.words}")
    if not all(finding.is_well for finding in findings):
        sys.exit(1)


@command("verify", "audit verify --head 3f9ac02b")
@click.option("--days", type=click.IntRange(1), help="Look at the last so many days only. Without it: at everything.")
@click.option("--head", default="", help="The code of a head that was printed earlier, or its beginning: it must still be there.")
def verify(days: int | None, head: str) -> None:
    """Check that nobody changed, removed or added a line in the logs behind the program's back.

    Exit 0 when all is well, 1 when something is not (each row is named), 2 when it cannot be checked.
    """
    since = clock.now() - timedelta(days=days) if days else None
    try:
        report = audit.verify(current_app.config["LOKET"].sealing_key(), since=since, head=head)
    except (audit.CannotVerify, ConfigError, sa.exc.DBAPIError) as problem:
        click.echo(f"Error: the logs cannot be checked: {_first_line(getattr(problem, 'orig', None) or problem)}", err=True)
        sys.exit(2)
    for fault in report.told:
        click.echo(fault)
    seen = f"{report.rows} rows under {report.seals} seals and {report.heads} heads, {report.unsealed} rows from before there were seals"
    click.echo(f"{'WRONG' if report.faults else 'ok   '}  {report.faults} faults in {seen}; last head: {report.last_head or 'none'}")
    if report.faults:
        sys.exit(1)


audit_group = click.Group("audit", commands=[verify], help="The seals under the logs.")
