"""The crash drill in small, with a negative control: the same drill without leases must break what is promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.load.crash_drill import Drill, run
from tests.pg import engine_of, migrate

SMALL = Drill(people=240, workers=2, kills=3, service=40)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.pg, pytest.mark.xdist_group("pg")])])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with tables and nothing in them."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("migrated_postgres_url"))
    url = f"sqlite:///{tmp_path / 'loket.db'}"
    with engine_of(url) as engine:
        migrate(engine)
    return url


@pytest.mark.machine
@pytest.mark.load
def test_workers_that_are_shot_double_no_group_message_and_lose_none_without_a_word(empty: str, tmp_path: Path) -> None:
    outcome = run(empty, tmp_path, SMALL)

    assert outcome.faults == []


@pytest.mark.machine
@pytest.mark.load
def test_without_leases_the_drill_fails(empty: str, tmp_path: Path) -> None:
    outcome = run(empty, tmp_path, replace(SMALL, kills=0, leases=False))

    assert outcome.faults != []
