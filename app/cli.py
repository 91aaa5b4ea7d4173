"""The commands: `flask --app app <command>`. Each ends with exit 0 (done), 1 (failed, one sentence) or 2 (asked wrongly)."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from app.jobs.runner import Runner
from app.security.identity import Identity, system_scope
from app.services import members

MOST_CANDIDATES = 5_000_000
BAR_AFTER = 2.0  # seconds
BAR_WIDTH = 30


def register(app: Flask) -> None:
    """Hang our commands on the app."""
    for command in (sync_security_command, create_admin, demo, scheduler, doctor):
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
