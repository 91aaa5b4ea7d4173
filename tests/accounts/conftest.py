"""A filled database for each test, a copy of one that was migrated once; on SQLite, and where it matters on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from app.adapters import passwords
from app.extensions import db
from app.security.identity import system_scope
from tests.accounts.cast import fill, small_app
from tests.pg import database, engine_of, migrate


def _prepare(url: str) -> None:
    with engine_of(url) as engine:
        migrate(engine)
    with small_app(url), system_scope():
        fill()
        db.session.commit()


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("accounts") / "filled.db"
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def filled_postgres(postgres_server: Any) -> Iterator[str]:
    with database(postgres_server) as url:
        _prepare(url)
        yield str(make_url(url).database)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that says BOTH = True runs on PostgreSQL too."""
    if "url" in metafunc.fixturenames:
        more = [pytest.param("postgresql", marks=pytest.mark.pg)] if getattr(metafunc.module, "BOTH", False) else []
        metafunc.parametrize("url", ["sqlite", *more], indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of one's own."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("filled_file"), tmp_path / "loket.db")
        yield f"sqlite:///{tmp_path / 'loket.db'}"
        return
    with database(request.getfixturevalue("postgres_server"), request.getfixturevalue("filled_postgres")) as address:
        yield address


@pytest.fixture
def app(url: str) -> Iterator[Flask]:
    with small_app(url) as app:
        yield app


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are made slow on purpose; tests have no such enemies."""
    monkeypatch.setattr(passwords, "METHOD", "pbkdf2:sha256:1")
