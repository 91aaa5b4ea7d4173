"""Loads the CSV files of the shared benchmark into our own schema on SQLite, ids kept, with a user who sees all regions.

    python -m tests.load.bench_load CSV_FOLDER DATABASE_FILE

Every phase of the benchmark becomes one stage, so that its filters keep their sizes. Stage spans and tasks are left out: no screen that is
measured shows them.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from werkzeug.security import generate_password_hash

from app import models as m
from app.enums import MatchState, OrganisationKind, Role, Route, Sector, SessionKind, Stage, Status
from tests.pg import engine_of, migrate

CHUNK = 20_000
REGIONS = 50
USER, PASSWORD = "bench", "bench-Pw-1"
STAGES = {
    "interesseren": Stage.EXPLORING,
    "orienteren": Stage.ORIENTING,
    "beslissen": Stage.DECIDING,
    "matchen": Stage.MATCHING,
    "gestart": Stage.TEACHING,
    "afgehaakt": Stage.PREPARING,
}
SECTORS = {"po": Sector.PO, "vo": Sector.VO, "mbo": Sector.MBO, "so": Sector.SO}
STATUSES = {"nieuw": Status.ACTIVE, "in_behandeling": Status.ACTIVE, "wacht_op_kandidaat": Status.WAITING, "afgerond": Status.COMPLETED}
ROUTES = {
    "zij-instroom": Route.ZIJ_INSTROOM,
    "deeltijd": Route.PART_TIME,
    "verkort": Route.SHORT_PART_TIME,
    "educatieve master": Route.EDUCATIEVE_MASTER,
    "pdg": Route.PDG,
    "onbevoegd gestart": Route.GUEST,
    "onbekend": Route.UNKNOWN,
}
MATCHES = {
    "voorgesteld": MatchState.PROPOSED,
    "gesprek": MatchState.MEETING_PLANNED,
    "proefles": MatchState.MEETING_HELD,
    "geplaatst": MatchState.PLACED,
    "afgewezen": MatchState.FELL_THROUGH,
}
START = datetime(2022, 1, 1, tzinfo=UTC)
QUICK = ("synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF")
# The benchmark's login is one form; the choice "all regions" is a second one, which it does not know.
ALL_REGIONS = """CREATE TRIGGER bench_all_regions AFTER INSERT ON login_session BEGIN
    UPDATE login_session SET all_regions = 1 WHERE id = new.id; END"""

Line = dict[str, str]


def moment(text: str) -> datetime:
    """A moment as the benchmark writes it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def region(line: Line) -> dict[str, Any]:
    slug = re.sub(r"[^a-z0-9]+", "-", line["name"].lower()).strip("-")
    return {"id": int(line["id"]), "name": line["name"], "slug": slug, "sectors": frozenset(Sector), "joined_on": START.date()}


def organisation(line: Line) -> dict[str, Any]:
    return {**_ids(line, "region_id"), "kind": OrganisationKind.SCHOOL, "name": line["name"], "place": line["place"]}


def account(line: Line) -> dict[str, Any]:
    first, _, last = line["name"].partition(" ")
    return {
        "id": int(line["id"]),
        "first_name": first,
        "last_name": last,
        "username": line["email"],
        "email": line["email"],
        "active": True,
    }


def profile(line: Line) -> dict[str, Any]:
    return {"user_id": int(line["id"]), "name": line["name"], "created_at": START}


def membership(line: Line) -> dict[str, Any]:
    user, at = int(line["id"]), int(line["region_id"])
    return {"user_id": user, "role": Role.ADVISER, "region_id": at, "starts_on": START.date()}


def candidate(line: Line) -> dict[str, Any]:
    created, phone = moment(line["created_on"]), line["phone"].replace("-", "")
    return {
        **_ids(line, "region_id"),
        "number": f"K-{line['id']}",
        "given_name": line["first_name"],
        "infix": line["infix"] or None,
        "surname": line["last_name"],
        "name": line["name"],  # as the benchmark shows it: it compares the text
        "sort_name": line["name"].casefold(),
        "email": line["email"],
        "email_norm": line["email"],
        "phone": line["phone"],
        "phone_norm": f"+31{phone[1:]}",
        "pc4": line["postcode"][:4],
        "place": line["place"],
        "wanted_sectors": {SECTORS[line["sector"]]},
        "routes": {ROUTES[line["route"]]},
        "stage": STAGES[line["phase"]],
        "stage_entered_at": created,
        "status": STATUSES[line["status"]],
        "lead_adviser_id": int(line["adviser_id"]) if line["adviser_id"] else None,
        "created_at": created,
    }


def token(line: Line) -> dict[str, Any]:
    return {"candidate_id": int(line["id"]), "token": f"{int(line['id']):032x}"}


def session(line: Line) -> dict[str, Any]:
    held = moment(line["held_on"])
    return {
        **_ids(line, "candidate_id", "adviser_id"),
        "held_at": held,
        "created_at": held,
        "kinds": {SessionKind.ADVICE},
        "summary": line["text"],
    }


def match(line: Line) -> dict[str, Any]:
    at = moment(line["created_on"])
    return {**_ids(line, "candidate_id", "organisation_id"), "state": MATCHES[line["status"]], "state_at": at, "created_at": at}


def _ids(line: Line, *names: str) -> dict[str, int]:
    return {name: int(line[name]) for name in ("id", *names)}


class Loader:
    """Reads one file after the other and writes it in chunks, each a transaction."""

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self.folder, self.engine = folder, engine
        self.region_of: dict[int, int] = {}

    def lines(self, name: str) -> Iterator[Line]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    def write(self, model: Any, rows: Iterator[dict[str, Any]]) -> None:
        began, count = time.perf_counter(), 0
        while chunk := list(itertools.islice(rows, CHUNK)):
            with self.engine.begin() as connection:
                connection.execute(sa.insert(model.__table__), chunk)
            count += len(chunk)
        print(f"{model.__tablename__}: {count} rows in {time.perf_counter() - began:.1f} s", flush=True)

    def copy(self, model: Any, name: str, row: Callable[[Line], dict[str, Any]]) -> None:
        self.write(model, (row(line) for line in self.lines(name)))

    def of_candidates(self, model: Any, name: str, row: Callable[[Line], dict[str, Any]]) -> None:
        """Rows that carry the region of their candidate."""
        rows = (row(line) for line in self.lines(name))
        self.write(model, ({**values, "region_id": self.region_of[values["candidate_id"]]} for values in rows))

    def subjects(self) -> None:
        names = sorted({line["subject"] for line in self.lines("candidate")})
        self.write(m.Subject, iter([{"id": number, "name": name} for number, name in enumerate(names, 1)]))
        number = {name: key for key, name in enumerate(names, 1)}
        self.of_candidates(
            m.CandidateSubject, "candidate", lambda line: {"candidate_id": int(line["id"]), "subject_id": number[line["subject"]]}
        )

    def everything(self) -> None:
        self.copy(m.Region, "region", region)
        self.write(m.Region, iter([{"id": REGIONS + 1, "name": "Landelijk loket", "slug": "landelijk", "is_national": True}]))
        self.copy(m.Organisation, "organisation", organisation)
        for model, row in ((User, account), (m.UserProfile, profile), (m.Membership, membership)):
            self.copy(model, "adviser", row)
        self.everywhere()
        self.copy(m.Candidate, "candidate", candidate)
        self.region_of = {int(line["id"]): int(line["region_id"]) for line in self.lines("candidate")}
        self.copy(m.PersonToken, "candidate", token)
        self.of_candidates(m.AdviceSession, "advice_session", session)
        self.of_candidates(m.Match, "candidate_match", match)
        self.subjects()

    def everywhere(self) -> None:
        """The user of the benchmark: coordinator in every region."""
        with self.engine.begin() as connection:
            person = {"first_name": "Bench", "last_name": "Mark", "username": USER, "email": "bench@bench.test", "active": True}
            secret = generate_password_hash(PASSWORD)
            user = connection.execute(sa.insert(User.__table__).values(**person, password=secret)).inserted_primary_key[0]
            connection.execute(sa.insert(m.UserProfile.__table__).values(user_id=user, name="Bench Mark", created_at=START))
            rows = [
                {"user_id": user, "role": Role.COORDINATOR, "region_id": number, "starts_on": date(2022, 1, 1)}
                for number in range(1, REGIONS + 1)
            ]
            connection.execute(sa.insert(m.Membership.__table__), rows)
            connection.exec_driver_sql(ALL_REGIONS)


def load(folder: Path, database: Path) -> None:
    """Make the database file anew (an older one is replaced) and fill it from a folder of CSV files."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    with engine_of(f"sqlite:///{database}") as engine:
        migrate(engine)

        @sa.event.listens_for(engine, "connect")
        def _quick(connection: Any, entry: Any) -> None:
            for pragma in QUICK:
                connection.execute(f"PRAGMA {pragma}")

        engine.dispose()
        Loader(folder, engine).everything()
        with engine.connect() as connection:
            cursor = connection.connection.cursor()
            for statement in (
                "INSERT INTO candidate_search(candidate_search) VALUES ('optimize')",
                "ANALYZE",
                "PRAGMA wal_checkpoint(TRUNCATE)",
            ):
                cursor.execute(statement)


def main() -> None:
    parser = argparse.ArgumentParser(description="Load the shared benchmark's CSV files into our schema.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("database", type=Path)
    arguments = parser.parse_args()
    load(arguments.folder, arguments.database)


if __name__ == "__main__":
    main()
