"""Every address × every role × own and foreign rows × every method, against matrix.yaml. The addresses come from the route map."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.adapters import clock
from app.extensions import db
from tests.security import world
from tests.security.plan import ACCOUNTS, LOGIN, METHODS, ROLES, Form, Route, groups, matrix, methods_of, routes, rules, spread
from tests.site import Site, running, token

NOBODYS = 987_654_321  # a key that no row has
_ROW = re.compile(r'<tr data-id="(\d+)"')
_TOTAL = re.compile(r'data-total="(\d+)"')


@pytest.fixture(scope="session")
def seeded(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with the rows that the matrix wants to be there."""
    folder = tmp_path_factory.mktemp("matrix")
    with running(world.copy_of(demo_file, folder), folder) as site, site.rows() as session:
        world.seed(session)
    world.settle(folder / "loket.db")
    return folder / "loket.db"


@pytest.fixture
def site(seeded: Path, tmp_path: Path) -> Iterator[Site]:
    with running(world.copy_of(seeded, tmp_path), tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Cell:
    """One question: this method on this address, about this row, and the answer that it must have."""

    route: Route
    method: str
    expected: int | str
    about: str = ""
    pk: int | None = None


class Asker:
    """One role (or a visitor) at one running program."""

    def __init__(self, site: Site, role: str) -> None:
        self.site, self.role = site, role
        self.person = world.person(site, role) if role in ACCOUNTS else None
        self.browser = self._enter(role)
        self.token = token(self.browser, "/account/" if self.person else "/login/")
        if self.person:
            self._enter(role)  # a second session, to be ended from the first
        self._others: dict[str, Asker] = {}

    def _enter(self, role: str) -> FlaskClient:
        return self.site.client(ACCOUNTS.get(role, ""))

    # -- rows --

    def scope(self, name: str) -> str:
        words = {"today": clock.day(clock.now()).isoformat(), **(self.person.words if self.person else {})}
        return "coalesce((" + matrix()["scopes"][name].format(**words) + "), false)"

    def key(self, table: str, where: str) -> int | None:
        with self.site.rows() as session:
            found = session.execute(sa.text(f"SELECT max(id) FROM {table} WHERE {where}"), execution_options={"system_read": True}).scalar()
        return int(found) if found is not None else None

    def targets(self, route: Route, method: str) -> Iterator[tuple[str, int, bool, bool]]:
        """(what it is, key, seen, may be acted upon): own, seen only, of another region, of somebody else here."""
        table, role = route.screen.table, self.role
        where = matrix()["region_of"].get(table, "region_id")
        here = f"{where} IN ({self.person.words['regions'] if self.person else 0})"
        sees = self.scope(route.screen.sees[role]) if role in route.screen.sees else "false"
        acts = self.scope(route.acts_on(method, role)) if route.is_open(method, role) else sees
        for about, condition, seen, own in (
            ("own", f"{sees} AND {acts}", True, True),
            ("seen only", f"{sees} AND NOT {acts}", True, False),
            ("of another region", f"NOT {sees} AND NOT {here}", False, False),
            ("of somebody else here", f"NOT {sees} AND {here}", False, False),
        ):
            key = self.key(table, condition)
            if key is not None:
                yield about, key, seen, own

    # -- requests --

    def ask(self, method: str, url: str, body: dict[str, Any] | None = None) -> TestResponse:
        data = {**(body or {}), "csrf_token": self.token} if method != "GET" else None
        answer = self.browser.open(url, method=method, data=data)
        answer.get_data()
        answer.close()
        return answer

    def body(self, route: Route, pk: int | None) -> dict[str, Any]:
        """What the form on this address would send, with what the matrix fills in."""
        fields: dict[str, Any] = {}
        if "GET" in route.answers and route.is_open("GET", self.role):
            page = self.ask("GET", route.url(pk))
            fields = dict(Form(page.text).fields) if page.status_code == 200 else {}
        words = self.person.words if self.person else defaultdict(str)
        for name, value in route.body.items():
            said = spread(value, groups()).get(self.role) if isinstance(value, dict) else value
            if said is not None:
                fields[name] = said.format_map(words)
        return {name: value for name, value in fields.items() if name != "csrf_token"}

    def own_key(self, route: Route, method: str) -> int | None:
        return next((key for _, key, _, own in self.targets(route, method) if own), None) if route.is_of_row else None

    def forged(self, route: Route) -> dict[str, Any]:
        """A body that would pass: of the own form, or for who has none that of somebody who may."""
        if route.is_open("POST", self.role):
            return self.body(route, self.own_key(route, "POST"))
        role = next((role for role in ROLES if route.is_open("POST", role)), ROLES[0])
        if role not in self._others:
            self._others[role] = Asker(self.site, role)
        donor = self._others[role]
        return donor.body(route, donor.own_key(route, "POST"))


def cells(asker: Asker) -> Iterator[Cell]:
    """All questions of one role; signing out comes last. On addresses about a row the one about nobody's row comes first."""
    for route in sorted(routes().values(), key=lambda route: route.rule == "/logout/"):
        for method in METHODS:
            expected = route.expected(method, asker.role)
            if not route.is_of_row or expected == 405:
                yield Cell(route, method, expected, "" if not route.is_of_row else "nobody's", NOBODYS if route.is_of_row else None)
                continue
            is_open = route.is_open(method, asker.role)
            yield Cell(route, method, 404 if is_open else expected, "nobody's", NOBODYS)
            for about, key, seen, own in asker.targets(route, method):
                yield Cell(route, method, expected if own or not is_open else 403 if seen else 404, about, key)


def is_answer(answer: TestResponse, expected: int | str) -> bool:
    if expected == LOGIN:
        return answer.status_code == 302 and answer.headers["Location"].startswith("/login/?next=")
    return answer.status_code == expected


def changes_nothing(asker: Asker, cell: Cell) -> bool:
    """A question whose answer must leave every table as it is: each GET, and everything that is refused."""
    is_done = cell.method != "GET" and isinstance(cell.expected, int) and cell.expected < 400
    return not is_done


def bodies(asker: Asker) -> Callable[[Cell, int | None], dict[str, Any] | None]:
    """What goes along with each question; a forged body is made once for an address."""
    made: dict[str, dict[str, Any]] = {}

    def of(cell: Cell, pk: int | None) -> dict[str, Any] | None:
        if not changes_nothing(asker, cell):
            return asker.body(cell.route, pk)
        if cell.method != "POST" or cell.expected == 405:
            return None
        if cell.route.rule not in made:
            made[cell.route.rule] = asker.forged(cell.route)
        return made[cell.route.rule]

    return of


def differences(asker: Asker, wanted: list[Cell]) -> list[str]:
    """Ask, and say in words what was not as the matrix says."""
    found: list[str] = []
    missing, body = None, bodies(asker)
    for cell in wanted:
        done = not changes_nothing(asker, cell)
        pk = asker.own_key(cell.route, cell.method) if done else cell.pk  # what was done before may have used the row up
        answer = asker.ask(cell.method, cell.route.url(pk), body(cell, pk))
        name = f"{asker.role} {cell.method} {cell.route.url(pk)} {cell.about}: "
        if not is_answer(answer, cell.expected):
            found.append(f"{name}{answer.status_code} instead of {cell.expected}")
        if pk == NOBODYS:
            missing = world.plain(answer, pk)
        elif pk is not None and missing is not None and cell.expected == missing[0] and world.plain(answer, pk) != missing:
            found.append(f"{name}differs from what is not there")
    return found


def say(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        print(f"\nauthorisation matrix: {text}", file=sys.stderr)


def test_every_rule_stands_in_the_matrix_with_its_methods_and_every_entry_has_a_rule(shared_site: Site) -> None:
    mapped: dict[str, set[str]] = {}
    for rule in rules(shared_site.app):
        mapped.setdefault(rule.rule, set()).update(methods_of(rule))

    listed = {rule: set(route.answers) for rule, route in routes().items()}

    assert listed == mapped


@pytest.mark.parametrize("role", [*ROLES, "anonymous"])
def test_every_cell_answers_as_the_matrix_says(role: str, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    asker = Asker(site, role)
    wanted = list(cells(asker))
    before = world.dump(site)

    found = differences(asker, [cell for cell in wanted if changes_nothing(asker, cell)])
    after = world.dump(site)
    found += differences(asker, [cell for cell in wanted if not changes_nothing(asker, cell)])

    say(capsys, f"{role}: {len(wanted)} cells, {len(found)} differences")
    assert "\n".join(found) == ""
    assert [name for name in before if before[name] != after[name]] == []


@pytest.mark.parametrize("role", ROLES)
def test_a_list_holds_exactly_the_rows_of_its_scope(role: str, shared_seeded: Site) -> None:
    asker = Asker(shared_seeded, role)
    lists = [route for route in routes().values() if route.rule.endswith("/list/") and route.is_open("GET", role)]

    shown = {route.rule: ids_of(asker, route) for route in lists}

    assert shown == {route.rule: all_ids(asker, route) for route in lists}


def ids_of(asker: Asker, route: Route) -> set[int]:
    """The keys on all pages of a list."""
    view = next(rule.endpoint.partition(".")[0] for rule in rules(asker.site.app) if rule.rule == route.rule)
    ids: set[int] = set()
    for page in range(100):
        text = asker.ask("GET", f"{route.rule}?psize_{view}=100&page_{view}={page}").text
        here = {int(key) for key in _ROW.findall(text)}
        ids |= here
        if len(here) < 100:
            break
    return ids


def all_ids(asker: Asker, route: Route) -> set[int]:
    with asker.site.app.app_context(), db.engine.connect() as connection:
        begins = spread(matrix()["lists"].get(route.rule, {}), groups())
        where = asker.scope(begins.get(asker.role, route.screen.sees[asker.role]))
        return set(connection.execute(sa.text(f"SELECT id FROM {route.screen.table} WHERE {where}")).scalars())


@pytest.fixture(scope="module")
def shared_seeded(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("seen")
    with running(world.copy_of(seeded, folder), folder) as made:
        yield made
