"""Whether this installation is sound: what `flask doctor` and /health look at. Reads only."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from app.extensions import db, will_write
from app.fab import sync


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what about it."""

    name: str
    is_well: bool
    words: str


def examine(app: Flask, *, quick: bool = False) -> list[Finding]:
    """Look at everything; a check that cannot be made counts as wrong. Needs the system scope or a person.

    `quick` leaves out what takes longer on a larger database.
    """
    checks: dict[str, Callable[[], tuple[bool, str]]] = {
        "database": _reachable,
        "integrity": _intact,
        "migrations": lambda: _migrated(app),
        "permissions": _synced,
        "data dir": lambda: _writable(app.config["LOKET"].data_dir),
    }
    if quick:
        del checks["integrity"]
    token = will_write.set(False)
    try:
        return [_finding(name, check) for name, check in checks.items()]
    finally:
        will_write.reset(token)


def _finding(name: str, check: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        return Finding(name, *check())
    except (sa.exc.SQLAlchemyError, OSError) as problem:
        db.session.rollback()
        cause = getattr(problem, "orig", None) or problem
        return Finding(name, False, (str(cause).strip().splitlines() or [type(cause).__name__])[0])


def _reachable() -> tuple[bool, str]:
    with db.engine.connect() as connection:
        connection.execute(sa.select(1))
    return True, db.engine.dialect.name


def _intact() -> tuple[bool, str]:
    """SQLite only; PostgreSQL checks its pages itself."""
    if db.engine.dialect.name != "sqlite":
        return True, "PostgreSQL looks after itself"
    with db.engine.connect() as connection:
        said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    return said == "ok", said


def size() -> tuple[str, int]:
    """The kind of database, and the bytes that it takes."""
    if db.engine.dialect.name == "sqlite":
        return "sqlite", Path(db.engine.url.database or "").stat().st_size
    with db.engine.connect() as connection:
        return db.engine.dialect.name, int(connection.scalar(sa.select(sa.func.pg_database_size(sa.func.current_database()))) or 0)


def revisions(app: Flask) -> tuple[str | None, str | None]:
    """The revision of the database, and the newest one of the code."""
    script = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), script.get_current_head()


def _migrated(app: Flask) -> tuple[bool, str]:
    current, head = revisions(app)
    return current == head, f"at {current or 'nothing'}" + ("" if current == head else f", the code is at {head}: run db upgrade")


def _synced() -> tuple[bool, str]:
    well = sync.is_synced()
    return well, "as the code says" if well else "not what the code says: run sync-security"


def _writable(folder: Path) -> tuple[bool, str]:
    well = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    return well, str(folder) if well else f"{folder} cannot be written"
