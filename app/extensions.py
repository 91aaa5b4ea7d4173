"""The unbound extensions, the databases underneath, and `transaction()`: a short write of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import ConnectionPoolEntry

# False during a GET: SQLite then reads without taking the write lock. Everything else starts with BEGIN IMMEDIATE,
# because a transaction that reads first and writes later dies under concurrent writers ("database is locked").
will_write: ContextVar[bool] = ContextVar("will_write", default=True)


class WalledSession(FlaskSession):
    """The session whose statements security/scope.py keeps within what the person may see."""


db = SQLAlchemy(model_class=Model, session_options={"class_": WalledSession}, disable_autonaming=True)
migrate = Migrate(compare_type=True, render_as_batch=True)

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=30000",
    "secure_delete=ON",
    "cache_size=-4000",
)

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def inserting(model: Any) -> Any:
    """An INSERT of the database in use, which knows ON CONFLICT."""
    return _INSERT[db.engine.dialect.name](model)


def prepare_engine(engine: sa.Engine) -> None:
    """Hang our settings on an engine: SQLite's pragmas and its BEGIN. PostgreSQL gets its own from the config."""
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN, not the driver
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if will_write.get() else "BEGIN")


@contextmanager
def transaction() -> Iterator[Any]:
    """A session of its own that commits at the end: for the read log and session rows, beside the request's own work.

    Rolls back and passes on whatever goes wrong inside. In a writing request SQLite has one writer, so what the request itself only
    read is let go first; with unsaved work of its own a request may not come here (RuntimeError).
    """
    _let_go()
    token = will_write.set(True)
    try:
        with db.session.session_factory() as session, session.begin():
            yield session
    finally:
        will_write.reset(token)


@contextmanager
def reading() -> Iterator[Any]:
    """A session of its own that only reads, whatever the request will do; its objects stay usable when it is closed."""
    token = will_write.set(False)
    try:
        with db.session.session_factory() as session:
            yield session
            session.expunge_all()
    finally:
        will_write.reset(token)


def _let_go() -> None:
    if not (will_write.get() and db.session.registry.has()):
        return
    session = db.session()
    if session.new or session.dirty or session.deleted or session.info.get("wrote"):
        raise RuntimeError("commit the request's own work before writing beside it")
    if session.in_transaction():
        session.rollback()


@sa.event.listens_for(WalledSession, "after_flush")
def _wrote(session: Any, context: Any) -> None:
    session.info["wrote"] = True


@sa.event.listens_for(WalledSession, "after_transaction_end")
def _settled(session: Any, ended: Any) -> None:
    if ended.parent is None:
        session.info.pop("wrote", None)
