"""Measures the status board of one region with many active cases: the SQL of the page, the page itself, and what the planner does.

    python -m tests.load.board_bench [--cases 50000] [--postgres] [--plan]

It makes a database of its own, with the demo in small and the cases in the region of Noor, and throws it away. SQLite unless told.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.demo.writer import Writer
from app.enums import Holder, Sector, Source, Stage, Status, TaskKind
from app.extensions import db
from app.models import Candidate, Membership, PersonToken, Region, StageSpan, Task
from tests.pg import database, server
from tests.site import Site, prepare, running

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
STAGES, SHARES = list(Stage), (32, 30, 13, 9, 6, 6, 4)
ELSEWHERE = ((Status.WAITING, 6), (Status.PAUSED, 5), (Status.COMPLETED, 12), (Status.LEFT, 9))  # per hundred who are active
BOARDS = {
    "everything": "", "an adviser": "_flt_0_lead_adviser={adviser}", "a sector": "_flt_0_wanted_sectors=MBO",
    "a source": "_flt_0_source=IMPORT", "overdue": "_flt_0_signal=OVERDUE", "without a next step": "_flt_0_signal=UNHELD",
    "standing still": "_flt_0_signal=STALE", "match fell through": "_flt_0_signal=MATCH_FELL_THROUGH",
    "ten weeks ago": "op={past}", "ten weeks ago, an adviser": "op={past}&_flt_0_lead_adviser={adviser}",
}  # fmt: skip
REPEATS = 7


def cases(writer: Writer, region: int, advisers: list[int], active: int, first: int) -> None:
    """So many active cases, and the others that come with them: a candidate, a token, a task and one to three spans each."""
    luck = random.Random(4)
    statuses = [Status.ACTIVE] * active + [status for status, share in ELSEWHERE for _ in range(active * share // 100)]
    luck.shuffle(statuses)
    for key, status in enumerate(statuses, first):
        stage = luck.choices(STAGES, SHARES)[0]
        adviser = luck.choice(advisers) if luck.random() > 0.05 else None
        created = NOW - luck.uniform(1, 540) * DAY
        entered = created + luck.random() * (NOW - created)
        is_open = status in (Status.ACTIVE, Status.WAITING, Status.PAUSED)
        due = (NOW + luck.uniform(-10, 40) * DAY).date() if is_open and luck.random() > 0.02 else None
        of_stage = {"stage": stage, "status": status, "region_id": region, "lead_adviser_id": adviser}
        writer.add("candidate", {
            "id": key, "number": f"K-{1_000_000 + key}", "name": f"Kandidaat {key}", "sort_name": f"{key}", "stage_seq": 1,
            "stage_entered_at": entered, "created_at": created, "last_contact_at": entered if luck.random() > 0.3 else None,
            "next_action_on": due, "holder": Holder.ADVISER if adviser else Holder.DESK, "source": luck.choice(list(Source)),
            "wanted_sectors": frozenset(luck.sample(list(Sector), 2)), "wanted_functions": frozenset(), "qualifications": frozenset(),
            "routes": frozenset(), "anywhere": False, "locale": "nl", "version": 1, **of_stage,
            "motivation": "Ik wil graag voor de klas staan. " * luck.randint(3, 20),
        })  # fmt: skip
        writer.add("person_token", {"candidate_id": key, "token": f"{key:032x}"})
        if due is not None:
            writer.add("task", {
                "id": key, "candidate_id": key, "region_id": region, "title": "Bellen over de volgende stap", "due_on": due,
                "kind": TaskKind.NEXT_ACTION, "holder": Holder.ADVISER if adviser else Holder.DESK, "owner_id": adviser,
                "created_at": created, "done_at": None, "version": 1,
            })  # fmt: skip
        start = {"stage": Stage.EXPLORING, "status": Status.ACTIVE, "region_id": region, "lead_adviser_id": None}
        for seq, (what, at, left) in enumerate(((start, created, entered), (of_stage, entered, None))):
            span = {
                "seq": seq,
                "candidate_id": key,
                "in_region_id": region,
                "entered_at": at,
                "left_at": left,
                "moved_by": adviser,
                "reason": None,
            }
            writer.add("stage_span", {"id": 2 * key + seq, **span, **what})
        if key % 20_000 == 0:
            writer.flush()
    writer.flush()


def load(site: Site, active: int) -> tuple[int, int]:
    """Put the cases into Utrecht; returns the region and one of its advisers."""
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        advisers = list(session.scalars(sa.select(Membership.user_id).where(Membership.region_id == region).distinct()))
        first = 1 + max(session.scalar(sa.select(sa.func.max(model.id))) for model in (Candidate, Task, StageSpan))
        assert session.scalar(sa.select(sa.func.count()).select_from(PersonToken)) > 0
    with site.app.app_context(), db.engine.begin() as connection:
        writer = Writer(connection)
        with writer.indexes_afterwards():
            cases(writer, region, advisers, active, first)
    with site.app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if db.engine.dialect.name == "postgresql":
            for _ in range(2):  # as its autovacuum does within minutes; once does not mark every page
                connection.exec_driver_sql("VACUUM ANALYZE")
    return int(region), int(advisers[0])


@contextmanager
def clocked(site: Site) -> Iterator[list[tuple[str, Any, float]]]:
    """Every statement with its parameters and how long the database took, the fetching of its rows left out."""
    seen: list[tuple[str, Any, float]] = []
    started: list[float] = []

    def before(*_: Any) -> None:
        started.append(time.perf_counter())

    def after(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters, time.perf_counter() - started.pop()))

    with site.app.app_context():
        engine = db.engine
    hooks: tuple[tuple[str, Callable[..., None]], ...] = (("before_cursor_execute", before), ("after_cursor_execute", after))
    for name, hook in hooks:
        sa.event.listen(engine, name, hook)
    try:
        yield seen
    finally:
        for name, hook in hooks:
            sa.event.remove(engine, name, hook)


def measure(site: Site, url: str) -> tuple[list[float], list[tuple[str, Any, float]]]:
    """In milliseconds the medians of the board's own statement, of all SQL, of the page, and of the processor's time for it; the last
    statements. On a busy machine the last one says most."""
    noor = site.client("noor")
    noor.get(url)
    own, every, pages, busy, last = [], [], [], [], []
    for _ in range(REPEATS):
        with clocked(site) as seen:
            start, begun = time.perf_counter(), time.process_time()
            answer = noor.get(url)
            pages.append(1000 * (time.perf_counter() - start))
            busy.append(1000 * (time.process_time() - begun))
        assert answer.status_code == 200, url
        own.append(1000 * max(took for statement, _, took in seen if "UNION ALL" in statement))
        every.append(1000 * sum(took for _, _, took in seen))
        last = seen
    real = [one for one in last if not one[0].startswith(("BEGIN", "SAVEPOINT", "RELEASE", "SET "))]
    return [statistics.median(one) for one in (own, every, pages, busy)], real


def plan(site: Site, seen: list[tuple[str, Any, float]]) -> None:
    statement, parameters, _ = next(one for one in seen if "UNION ALL" in one[0])
    with site.app.app_context(), db.engine.connect() as connection:
        words = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, COSTS OFF) "
        for line in connection.exec_driver_sql(words + statement, parameters):
            print("   ", line[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL: the server of TEST_DATABASE_URL, else one of its own")
    parser.add_argument("--plan", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        url = f"sqlite:///{folder}/loket.db"
        if asked.postgres:
            url = stack.enter_context(database(stack.enter_context(server())))
        prepare(url, Path(folder), 240)
        with running(url, Path(folder)) as site:
            start = time.perf_counter()
            _, adviser = load(site, asked.cases)
            print(f"{asked.cases} active cases, made in {time.perf_counter() - start:.0f} s", flush=True)
            print(f"{'board':28}{'board SQL':>12}{'all SQL':>12}{'page':>12}{'its CPU':>12}{'statements':>12}")
            for name, query in BOARDS.items():
                query = query.format(adviser=adviser, past=(NOW - 70 * DAY).date().isoformat())
                medians, seen = measure(site, f"/statusbord/?{query}")
                print(f"{name:28}{''.join(f'{median:>9.1f} ms' for median in medians)}{len(seen):>12}", flush=True)
                if asked.plan:
                    plan(site, seen)


if __name__ == "__main__":
    main()
