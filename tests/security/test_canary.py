"""Who comes across what of a candidate: exactly the table of the domain, on every page, in every file, filter, order and search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app import models as m
from app.fab.view import LoketView
from tests.pg import database
from tests.security import canaries, world
from tests.security.canaries import ELSEWHERE, HOME, OF_PROVIDER, OF_SCHOOL, SEEN, word
from tests.security.plan import ACCOUNTS, Route, methods_of, routes, rules
from tests.site import Site, post, running

ROLE = {**{account: role for role, account in ACCOUNTS.items()}, "zeki": "adviser"}
_PART = re.compile(r'href="([^"]+)" hx-get')  # a tab, a kind or the next page of a timeline
_RANDOM = re.compile(r'name="(csrf_token|form_key)" value="[^"]*"|nonce="[^"]*"')


@pytest.fixture(scope="module")
def planted(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A program whose database holds the canaries."""
    folder = tmp_path_factory.mktemp("canary")
    with running(world.copy_of(demo_file, folder), folder) as site:
        with site.rows() as session:
            canaries.plant(session)
        yield site


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def planted_on(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same on each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("planted")
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("demo_postgres")
    with database(server, template) as url, running(url, tmp_path_factory.mktemp("canary")) as site:
        with site.rows() as session:
            canaries.plant(session)
        yield site


def views(site: Site) -> dict[str, LoketView]:
    """The generated screens by their base address."""
    found = [view for view in site.app.appbuilder.baseviews if isinstance(view, LoketView)]  # type: ignore[attr-defined]
    return {view.route_base: view for view in found}


def text_of(browser: FlaskClient, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code in (200, 302, 303, 400, 403, 404), f"{url}: {answer.status_code}"
    text = _RANDOM.sub("", answer.get_data(as_text=True))
    answer.close()
    return text


def addresses(site: Site, route: Route, letters: Iterable[str]) -> Iterator[str]:
    """All addresses of a route that might tell something: each canary's row, each relation's options, each chart."""
    if route.is_of_row:
        with site.rows() as session:
            keys = list(canaries.rows(session, route.screen.table, letters))
        yield from (route.url(key) for key in keys)
    elif "/opties/" in route.rule:
        base = route.rule.partition("/opties/")[0]
        yield from (f"{base}/opties/{name}" for name in (*views(site)[base].search_columns, "candidate", "nothing"))
    elif route.rule.startswith("/cijfers/<name>"):
        yield from (route.rule.replace("<name>", chart) for chart in ("fasen", "instroom", "gesprekken", "matches", "activiteiten"))
    elif not route.rule.startswith("/static"):
        yield route.url()


def pages_of(browser: FlaskClient, view: LoketView, url: str) -> Iterator[str]:
    for page in range(100):
        text = text_of(browser, f"{url}?psize_{type(view).__name__}=100&page_{type(view).__name__}={page}")
        yield text
        if text.count("<tr data-id=") < 100:
            return


def crawl(site: Site, username: str, browser: FlaskClient | None = None) -> Iterator[str]:
    """Everything that somebody can look at."""
    browser, letters = browser or site.client(username), canaries.looked_at(username)
    for route in routes().values():
        if not route.is_open("GET", ROLE[username]):
            continue
        for url in addresses(site, route, letters):
            if url.endswith("/list/"):
                yield from pages_of(browser, views(site)[url.removesuffix("/list/")], url)
            else:
                page = text_of(browser, url)
                yield page
                yield from (text_of(browser, unescape(part)) for part in sorted(set(_PART.findall(page))))


def files(browser: FlaskClient, role: str) -> Iterator[str]:
    """Every file that a role can make."""
    for route in routes().values():
        if route.rule.endswith("/export") and route.is_open("POST", role):
            made = post(browser, route.rule, {"reason": "to look for canaries", "format": "csv"})
            assert made.status_code == 303, f"{route.rule}: {made.status_code}"
            answer = browser.get(made.headers["Location"])
            assert answer.status_code == 200, f"{route.rule}: {answer.status_code}"
            yield answer.get_data(as_text=True)


@pytest.mark.parametrize("username", SEEN)
def test_everybody_comes_across_exactly_what_the_table_says(username: str, planted: Site) -> None:
    found = canaries.found_in("\n".join(crawl(planted, username)))

    assert canaries.said(found, username) == canaries.said(canaries.expected(username), username)


IN_FILES = {"place", "pc4", "task", "outcome_theirs", "outcome_ours", "summary_shared", "summary_own"}
CONTACT_IN_FILES = {"name", "email", "phone"}


@pytest.mark.parametrize("username", [name for name in SEEN if name not in ("fatima", "beheer")])
def test_a_file_holds_no_more_than_the_screens_and_contact_data_for_coordinators_only(username: str, planted: Site) -> None:
    browser = planted.client(username)
    wanted = IN_FILES | CONTACT_IN_FILES if username == "carla" else IN_FILES

    found = canaries.found_in("\n".join(files(browser, ROLE[username])))

    assert canaries.said(found) == canaries.said(key for key in canaries.expected(username) if key[1] in wanted)


# -- filters, orders and searches --------------------------------------------------------------------------------------------

DESK_FILTERS = {
    *("stage", "status", "wanted_sectors", "subjects", "lead_adviser", "place", "source", "created_at", "name", "email", "region"),
    *("next_action_on", "routes", "education", "certainty", "holder", "last_contact_at"),
}
PARTNER_FILTERS = {"wanted_sectors", "subjects", "place", "name", "email", "region", "routes", "education"}
DESK_ORDERS, PARTNER_ORDERS = {"name", "created_at", "next_action_on", "number"}, {"name", "number"}
ON_CANDIDATES = {
    "noor": (HOME, DESK_FILTERS, DESK_ORDERS),
    "hr": (OF_SCHOOL, PARTNER_FILTERS, PARTNER_ORDERS),
    "opleider": (OF_PROVIDER, PARTNER_FILTERS, PARTNER_ORDERS),
    "studie": (OF_PROVIDER, PARTNER_FILTERS | {"stage", "status"}, PARTNER_ORDERS),
}


def values_of(site: Site, letter: str) -> dict[str, str]:
    """Every field of a canary's file as a filter would name it: one that hits when the filter works."""
    with site.rows() as session:
        row = session.scalar(sa.select(m.Candidate).where(m.Candidate.name == word(letter, "name")))
        names = [attribute.key for attribute in sa.inspect(m.Candidate).attrs]
        found = {name: getattr(row, name) for name in names}
        return {name: _as_filter(value) for name, value in found.items()}


def _as_filter(value: Any) -> str:
    if isinstance(value, frozenset | list):
        value = next(iter(value), None)
    if hasattr(value, "label"):
        return str(value.name)
    if hasattr(value, "isoformat"):
        return str(value.isoformat()[:10])
    if isinstance(value, m.Region | m.Subject):
        return str(value.id)
    return str(value) if value not in (None, "") else "1"


_SAMPLE = {
    "next_action_on": "2026-01-01",
    "last_contact_at": "2026-01-01",
    "wanted_sectors": "PO",
    "routes": "PDG",
    "wanted_functions": "TEACHER",
    "qualifications": "PDG",
}


@pytest.mark.parametrize("username", ON_CANDIDATES)
def test_a_hidden_field_cannot_be_filtered_on_and_a_hit_reads_as_a_miss(username: str, planted_on: Site) -> None:
    letter, allowed, _ = ON_CANDIDATES[username]
    browser, values = planted_on.client(username), values_of(planted_on, letter)

    hits = {name: browser.get(f"/kandidaten/list/?_flt_0_{name}={_SAMPLE.get(name, value)}") for name, value in values.items()}
    misses = {name: browser.get(f"/kandidaten/list/?_flt_0_{name}=404404") for name in values.keys() - allowed}

    assert {name: answer.status_code for name, answer in hits.items()} == {name: 200 if name in allowed else 400 for name in values}
    assert {name for name, miss in misses.items() if world.plain(miss) != world.plain(hits[name])} == set()


@pytest.mark.parametrize("username", ON_CANDIDATES)
def test_a_hidden_column_cannot_be_ordered_by(username: str, planted: Site) -> None:
    letter, _, allowed = ON_CANDIDATES[username]
    browser, names = planted.client(username), values_of(planted, letter)

    answers = {name: browser.get(f"/kandidaten/list/?_oc_KandidatenView={name}&_od_KandidatenView=asc").status_code for name in names}

    assert answers == {name: 200 if name in allowed else 400 for name in names}


HIDDEN_ELSEWHERE = (
    ("studie", "gesprekken", "notes", "notes_shared"),
    ("fatima", "gesprekken", "notes", "notes_own"),
    ("hr", "matches", "fell_through_reason", "outcome_ours"),
    ("hr", "matches", "fell_through_by", ""),
    ("studie", "matches", "fell_through_by", ""),
    ("noor", "matches", "candidate_id", ""),
)


@pytest.mark.parametrize(("username", "screen", "column", "field"), HIDDEN_ELSEWHERE)
def test_a_hidden_text_on_another_screen_cannot_be_filtered_on(username: str, screen: str, column: str, field: str, planted: Site) -> None:
    browser = planted.client(username)
    letter = next(iter(SEEN[username]))

    hit = browser.get(f"/{screen}/list/?_flt_2_{column}={word(letter, field)}")
    miss = browser.get(f"/{screen}/list/?_flt_2_{column}=nothing")

    assert hit.status_code == 400
    assert world.plain(hit) == world.plain(miss)


SEARCHED = {"name", "email", "place"}
TEXTS = sorted((canaries.FIELDS - canaries.STUDY - canaries.BIRTH - {"pc4"}) | {"field_of_study"})


@pytest.mark.parametrize(("username", "letter"), [("noor", HOME), ("hr", OF_SCHOOL), ("studie", OF_PROVIDER), ("noor", ELSEWHERE)])
def test_a_search_looks_in_shown_columns_of_seen_files_only(username: str, letter: str, planted_on: Site) -> None:
    browser = planted_on.client(username)
    miss = searched(browser, "zqnobodyhasthisx")

    hits = {name for name in TEXTS if searched(browser, word(letter, name)) != miss}

    assert hits == (SEARCHED if letter in SEEN[username] else set())


def searched(browser: FlaskClient, term: str) -> tuple[Any, ...]:
    """The page of a search, without the term itself."""
    status, heads, text = world.plain(browser.get(f"/kandidaten/list/?q={term}"))
    return status, heads, text.replace(term, "#")


def test_the_canaries_are_looked_for_on_every_screen_that_there_is(planted: Site) -> None:
    lists = {rule.rule for rule in rules(planted.app) if rule.rule.endswith("/list/") and "GET" in methods_of(rule)}
    board = {"/statusbord/list/"}  # its list is `/statusbord/`, an address among the others

    assert lists == {f"{base}/list/" for base, view in views(planted).items() if "list" in view.include_route_methods} - board
