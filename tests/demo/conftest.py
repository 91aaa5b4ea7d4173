"""One filled demo for all tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask_appbuilder import Model

from app.demo import fill

NOW = datetime(2026, 6, 17, 9, 30, tzinfo=UTC)
TODAY = NOW.astimezone(ZoneInfo("Europe/Amsterdam")).date()


def new_engine() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
    Model.metadata.create_all(engine)
    return engine


def filled(candidates: int, seed: int = 2026, now: datetime = NOW) -> sa.Engine:
    engine = new_engine()
    with engine.begin() as connection:
        fill(connection, candidates=candidates, seed=seed, now=now)
    return engine


def dump(engine: sa.Engine) -> dict[str, str]:
    """A hash of each table; the salt of the password hash differs on purpose."""
    hashes = {}
    with engine.connect() as connection:
        for table in Model.metadata.sorted_tables:
            columns = [column for column in table.c if column.name != "password"]
            rows = sorted(map(repr, connection.execute(sa.select(*columns)).all()))
            hashes[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return hashes


@pytest.fixture(scope="session")
def engine() -> Iterator[sa.Engine]:
    engine = filled(3_000)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def rows(engine: sa.Engine) -> Any:
    """All rows of a model, as they read back."""

    @cache
    def read(model: Any) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(sa.select(model.__table__)).all())

    return read
