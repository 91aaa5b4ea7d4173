"""Whoever sees something of a candidate stands on that candidate's list of who looked; and without the log nobody sees anything."""

from __future__ import annotations

import html
import os
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.extensions import db
from app.models import Candidate, PersonToken, ReadEvent, ReadSubject
from tests.security import world
from tests.security.plan import Route, routes, rules
from tests.security.test_matrix import Asker
from tests.site import Site, running

STAFF = ("adviser", "coordinator", "national", "school", "provider", "study_adviser")
FEW = 150
SEED = int(os.environ.get("SEED", "2026"))
_TAB = re.compile(r'href="[^"]*[?&;]tab=(\w+)')


@pytest.fixture(scope="module")
def watched(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo with the rows that the matrix wants; the tests only look."""
    folder = tmp_path_factory.mktemp("watched")
    with running(world.copy_of(demo_file, folder), folder) as site:
        with site.rows() as session:
            world.seed(session)
        for file in session_files(site):
            place = folder / "attachments" / file[:2] / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(b"-")
        yield site


def session_files(site: Site) -> list[str]:
    with site.rows() as session:
        return list(session.execute(sa.text("SELECT key FROM attachment"), execution_options={"system_read": True}).scalars())


@dataclass(frozen=True)
class View:
    """One look: an address, whose row it is about, and for an export what is posted before it."""

    url: str
    file: int | None = None
    export: dict[str, str] | None = None


@dataclass
class Viewer:
    """Somebody of the staff, the candidates that this person sees, and random looks at them."""

    asker: Asker
    chance: random.Random
    seen: dict[int, tuple[str, str]] = field(default_factory=dict)  # key: number, name
    views: dict[str, str] = field(default_factory=dict)  # a rule: the name of its screen
    tabs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        site, screen = self.asker.site, routes()["/kandidaten/show/<pk>"].screen
        where = self.asker.scope(screen.sees[self.asker.role])
        self.seen = {row.id: (row.number, row.name) for row in self.query(f"SELECT id, number, name FROM candidate WHERE {where}")}
        self.views = {rule.rule: rule.endpoint.partition(".")[0] for rule in rules(site.app)}
        self.tabs = tuple(sorted(set(_TAB.findall(self.asker.ask("GET", f"/kandidaten/show/{min(self.seen)}").text)))) or ("",)

    def query(self, statement: str) -> list[Any]:
        with self.asker.site.app.app_context(), db.engine.connect() as connection:
            return list(connection.execute(sa.text(statement)))

    def addresses(self) -> list[tuple[Route, str]]:
        """What this person may look at or export."""
        looks = [(route, "GET") for route in routes().values() if route.is_open("GET", self.asker.role) and route.rule != "/logout/"]
        exports = [(route, "POST") for route in routes().values() if route.expected("POST", self.asker.role) == 303]
        return [*looks, *exports]

    def view(self, route: Route, method: str) -> View | None:
        """A look at this address: at a row by chance, with a search by chance."""
        name = quote(self.chance.choice(sorted(self.seen.values()))[1].split()[-1][:-1])  # what was asked for stands on the page as well
        if method == "POST":
            return View(route.rule, export={**route.body, "query": self.chance.choice(["", f"q={name[:2]}"])})
        if route.is_of_row:
            return self._of_row(route)
        screen = self.views[route.rule]
        asks = ("", f"?q={name}", f"?psize_{screen}=10&page_{screen}={self.chance.randrange(3)}", f"?q={name[:3]}&zoek={name}")
        return View(route.url() + self.chance.choice(asks))

    def _of_row(self, route: Route) -> View | None:
        table, where = route.screen.table, self.asker.scope(route.acts_on("GET", self.asker.role))
        owner = "id" if table == "candidate" else "candidate_id" if "candidate_id" in Candidate.metadata.tables[table].c else "NULL"
        rows = self.query(f"SELECT id, {owner} FROM {table} WHERE {where} ORDER BY id")
        if not rows:
            return None
        key, file = self.chance.choice(rows)
        tab = f"?tab={self.chance.choice(self.tabs)}" if route.rule == "/kandidaten/show/<pk>" else ""
        return View(route.url(key) + tab, file if file in self.seen else None)

    def look(self, view: View) -> TestResponse:
        if view.export is None:
            return self.asker.ask("GET", view.url)
        made = self.asker.ask("POST", view.url, view.export)
        return self.asker.ask("GET", made.headers["Location"]) if made.status_code == 303 else made

    def shown(self, text: str) -> set[int]:
        """Whose number, full name or file stands in what was answered."""
        words = html.unescape(text)
        return {
            key
            for key, (number, name) in self.seen.items()
            if number in words or (" " in name and name in words) or f'"/kandidaten/show/{key}"' in text
        }


def logged_since(site: Site, event: int) -> set[int]:
    """On whose list of who looked something was added: what the candidate's screen asks."""
    query = sa.select(PersonToken.candidate_id).join(ReadSubject, ReadSubject.token == PersonToken.token)
    with site.app.app_context(), db.engine.connect() as connection:
        return set(connection.execute(query.where(ReadSubject.event_id > event)).scalars())


def last_event(site: Site) -> int:
    with site.app.app_context(), db.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.max(ReadEvent.id))).scalar() or 0


def looks(site: Site, how_many: int, chance: random.Random) -> Iterator[tuple[Viewer, View, set[int], set[int]]]:
    """Random looks that show something of somebody: who, where, whom they show, and who was told."""
    viewers = [Viewer(Asker(site, role), chance) for role in STAFF]
    count = 0
    while count < how_many:
        viewer = chance.choice(viewers)
        view = viewer.view(*chance.choice(viewer.addresses()))
        if view is None:
            continue
        before = last_event(site)
        answer = viewer.look(view)
        whom = viewer.shown(answer.text) if answer.is_json or answer.mimetype.startswith("text/") else set()
        if answer.status_code == 200 and view.file:
            whom.add(view.file)
        if whom:
            count += 1
            yield viewer, view, whom, logged_since(site, before)


@contextmanager
def broken_log(site: Site) -> Iterator[None]:
    """The insert into the read log fails."""

    def fail(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("INSERT INTO read_"):
            raise RuntimeError("the log cannot be written")

    with site.app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("how_many", [FEW, pytest.param(1_000, marks=pytest.mark.full)])
def test_every_view_stands_on_the_list_of_whom_it_shows_and_is_refused_without_the_log(watched: Site, how_many: int) -> None:
    chance = random.Random(SEED)
    forgotten, unguarded, asked = [], [], set()

    for viewer, view, whom, told in looks(watched, how_many, chance):
        if whom - told:
            forgotten.append(f"{viewer.asker.role} {view.url}: {sorted(whom - told)[:3]}")
        address = (viewer.asker.role, re.sub(r"\d+|\?.*", "", view.url))
        if how_many == FEW and address in asked:
            continue
        asked.add(address)
        with broken_log(watched):
            refused = viewer.look(view)
        if refused.status_code not in (500, 503) or viewer.shown(refused.get_data(as_text=True)):
            unguarded.append(f"{viewer.asker.role} {view.url}: {refused.status_code}")

    assert ("\n".join(sorted(set(forgotten))), "\n".join(sorted(set(unguarded)))) == ("", "")


def test_a_candidate_reads_who_looked(watched: Site) -> None:
    file, fatima = world.person(watched, "candidate").candidate, watched.client("fatima")
    for name in ("noor", "carla"):
        watched.client(name).get(f"/kandidaten/show/{file}")
        watched.client(name).get(f"/kandidaten/contact/{file}")

    newest = "".join(fatima.get("/inzage/list/?psize_InzageView=10").text.split("<tr data-id=")[1:5])

    told = ("bekeek je dossier", "bekeek je contactgegevens", "Regiocoördinator, Regio Utrecht")
    assert [newest.count(words) for words in told] == [2, 2, 2]
