"""Measures how many stand where, per region, stage and status, over a million candidates: the statement behind the figures.

    python -m tests.load.figures_bench [--candidates 1000000] [--only sqlite|postgresql]

It makes databases of its own and throws them away. The search index is left out: it has no part in this.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.enums import Stage, Status
from app.extensions import db, prepare_engine
from app.models import Candidate, Region
from app.queries import figures
from app.security.identity import system_scope
from tests import pg

FIRST, REGIONS, REPEATS = 1_000, 12, 7
NOW = datetime.now(UTC)


def fill(candidates: int) -> None:
    """So many candidates over twelve regions: a thousand, doubled until there are enough."""
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.begin() as connection:
        kind, where = ("trigger", "name") if sqlite else ("index", "indexname")
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'candidate' AND name LIKE '%search%'"
        names = names if sqlite else f"SELECT {where} FROM pg_indexes WHERE tablename = 'candidate' AND indexdef LIKE '%gin%'"
        for name in connection.execute(sa.text(names)).scalars().all():
            connection.execute(sa.text(f'DROP {kind} "{name}"'))
        regions = [{"id": key, "name": f"Regio {key}", "slug": f"regio-{key}"} for key in range(1, REGIONS + 1)]
        connection.execute(sa.insert(Region), regions)
        same = {"name": "P", "sort_name": "p", "surname": "P", "stage_entered_at": NOW, "created_at": NOW}
        stages, states = list(Stage), [*[Status.ACTIVE] * 7, *Status]
        rows = [
            {"id": key, "number": f"K-{key}", "region_id": key % REGIONS + 1, "stage": stages[key % 7], "status": states[key % 13], **same}
            for key in range(1, FIRST + 1)
        ]
        connection.execute(sa.insert(Candidate), rows)
        table, there = Candidate.__table__, FIRST
        while there < candidates:
            again: dict[str, Any] = {column.name: column for column in table.c}
            again["id"] = table.c.id + there
            again["number"] = sa.literal("K-").concat(sa.cast(table.c.id + there, sa.String))
            some = sa.select(*again.values()).where(table.c.id <= candidates - there)
            connection.execute(sa.insert(table).from_select(list(again), some, include_defaults=False))
            there = min(2 * there, candidates)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE" if sqlite else "VACUUM ANALYZE candidate"))


def measure() -> None:
    c = Candidate
    per_region = sa.select(c.region_id, c.stage, c.status, sa.func.count()).group_by(c.region_id, c.status, c.stage)
    whole = figures.candidates_by_stage(figures.Period(NOW, 12))
    for name, query in (("per region, stage and status", per_region), ("per stage and status", whole)):
        taken = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            found = db.session.execute(query).all()
            taken.append((time.perf_counter() - begun) * 1000)
        print(f"  {name}: {statistics.median(taken):.0f} ms (slowest {max(taken):.0f}), {len(found)} rows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    for dialect in (asked.only,) if asked.only else ("sqlite", "postgresql"):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loket-figures-")))
            if dialect == "sqlite":
                url = f"sqlite:///{folder / 'figures.db'}"
            else:
                url = stack.enter_context(pg.database(stack.enter_context(pg.server())))
            with pg.engine_of(url) as engine:
                pg.migrate(engine)
            app = Flask("figures")
            app.config["SQLALCHEMY_DATABASE_URI"] = url
            db.init_app(app)
            with app.app_context(), system_scope():
                prepare_engine(db.engine)
                fill(asked.candidates)
                print(f"{dialect}: {asked.candidates:,} candidates")
                measure()
                db.session.remove()
                db.engine.dispose()


if __name__ == "__main__":
    main()
