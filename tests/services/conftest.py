"""A filled database for each test, a copy of one that was migrated once; Noor sits at the desk unless a test says otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from app.models import Activity, Candidate
from app.security.identity import acting_as, system_scope
from tests.pg import engine_of, migrate
from tests.services.cast import NOOR, fill, registered, scheduled, small_app


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("services") / "filled.db"
    with engine_of(f"sqlite:///{path}") as engine:
        migrate(engine)
    with small_app(f"sqlite:///{path}"), system_scope():
        fill()
        db.session.commit()
    return path


@pytest.fixture
def database(filled_database: Path, tmp_path: Path) -> str:
    """The address of a database of one's own."""
    shutil.copy(filled_database, tmp_path / "loket.db")
    return f"sqlite:///{tmp_path / 'loket.db'}"


@pytest.fixture(autouse=True)
def app(database: str) -> Iterator[Flask]:
    with small_app(database) as app, acting_as(NOOR):
        yield app


@pytest.fixture
def anna() -> Candidate:
    return registered("Anna", surname="Vries", infix="de", email="anna@example.test", phone="06 12345678")


@pytest.fixture
def open_day() -> Activity:
    """One place."""
    return scheduled(capacity=1)
