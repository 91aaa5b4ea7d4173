"""The whole program on a database of its own: the demo in small, with its accounts, copied for each test."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import URL
from werkzeug.test import TestResponse

from app import create_app, demo
from app.demo.accounts import DEMO_PASSWORD
from app.extensions import db
from app.fab.sync import sync_security
from app.security.identity import system_scope
from config import Settings
from tests.pg import database, engine_of, migrate

CANDIDATES = 240
BOTH = pytest.mark.parametrize("site", ["sqlite", "postgresql"], indirect=True)
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Site:
    """A running program. `client` signs somebody in; `post` brings the token that a page would bring."""

    app: Flask
    url: str

    def client(self, username: str = "", *, base_url: str = "http://localhost:8080") -> FlaskClient:
        """A browser, signed in as this demo account (its part before the @), or nobody's."""
        browser = self.app.test_client()
        if username:
            answer = post(browser, "/login/", {"username": f"{username}@demo.test", "password": DEMO_PASSWORD}, page="/login/")
            assert answer.status_code == 302, answer.text
        return browser

    @contextmanager
    def rows(self) -> Iterator[Any]:
        """The session behind everything, as the system: to look and to prepare. Commits at the end."""
        with self.app.app_context(), system_scope():
            try:
                yield db.session
                db.session.commit()
            finally:
                db.session.remove()

    def statements(self) -> list[str]:
        """A list that grows with every SQL statement from here on; BEGIN and SAVEPOINT are not counted."""
        seen: list[str] = []
        with self.app.app_context():

            @sa.event.listens_for(db.engine, "before_cursor_execute")
            def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
                if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "SET ")):
                    seen.append(statement)

        return seen


def token(browser: FlaskClient, page: str = "/account/") -> str:
    """The CSRF token of this browser, from a page that has one."""
    found = _TOKEN.search(browser.get(page).text)
    assert found is not None, f"{page} has no token"
    return found[1]


def post(browser: FlaskClient, url: str, data: dict[str, Any] | None = None, *, page: str = "/account/", **options: Any) -> TestResponse:
    """A POST with the token that a page of this browser would send along."""
    return browser.post(url, data={**(data or {}), "csrf_token": token(browser, page)}, **options)


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of a page (version, form key, base) as a form would send them."""
    found = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", html):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = (value[1] if value else "").replace("&#34;", '"').replace("&quot;", '"').replace("&amp;", "&")
    return found


def settings(url: str, folder: Path) -> Settings:
    """The settings of a program on this database."""
    keys = {name: "a-secret-that-only-the-tests-know-0123456789" for name in ("LOKET_SECRET_KEY", "LOKET_AUDIT_KEY")}
    return Settings.from_environment({"LOKET_DATABASE_URL": url, "LOKET_DATA_DIR": str(folder), **keys}, None)


def prepare(url: str, folder: Path, candidates: int = CANDIDATES) -> None:
    """Migrate an empty database, write the permissions, fill the demo."""
    with engine_of(url) as engine:
        migrate(engine)
    app = create_app(settings(url, folder))
    with app.app_context(), system_scope():
        sync_security(app.appbuilder)  # type: ignore[attr-defined]
        with db.engine.begin() as connection:
            demo.fill(connection, candidates=candidates, now=datetime.now(UTC))
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the demo in it, to be copied."""
    folder = tmp_path_factory.mktemp("demo")
    prepare(f"sqlite:///{folder / 'demo.db'}", folder)
    with closing(sqlite3.connect(folder / "demo.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "demo.db"


@pytest.fixture(scope="session")
def demo_postgres(postgres_server: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with the demo in it, to be copied."""
    with database(postgres_server) as url:
        prepare(url, tmp_path_factory.mktemp("demo-pg"))
        yield str(sa.engine.make_url(url).database)


@contextmanager
def running(url: str, folder: Path) -> Iterator[Site]:
    """The program on a prepared database."""
    app = create_app(settings(url, folder), TESTING=True, PROPAGATE_EXCEPTIONS=False)
    try:
        yield Site(app, url)
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A program of one's own. SQLite, unless the test asks for both (`@BOTH`)."""
    if getattr(request, "param", "sqlite") == "postgresql":
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("demo_postgres")
        with database(server, template) as url, running(url, tmp_path) as made:
            yield made
        return
    shutil.copy(request.getfixturevalue("demo_file"), tmp_path / "loket.db")
    with running(f"sqlite:///{tmp_path / 'loket.db'}", tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared_site(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One program for all tests of a module that only look."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copy(demo_file, folder / "loket.db")
    with running(f"sqlite:///{folder / 'loket.db'}", folder) as made:
        yield made
