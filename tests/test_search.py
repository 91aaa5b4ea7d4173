"""/zoeken: everybody finds what they may open and nothing else; what is found is logged, what is asked is not."""

from __future__ import annotations

import html
import logging
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.enums import Role
from app.models import Candidate, Capability, PersonToken, ReadEvent, ReadSubject, Region
from tests.site import Site

MOST = 10  # statements, session and log included
_NUMBER = re.compile(r"K-\d{6}")
_RANDOM = re.compile(r'name="(csrf_token|form_key)" value="[^"]*"|nonce="[^"]*"')
PART = {"HX-Request": "true"}


def _ask(browser: FlaskClient, term: str, status: int = 200, **headers: str) -> str:
    answer = browser.get("/zoeken", query_string={"q": term}, headers=headers)
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


def _groups(page: str) -> list[str]:
    return re.findall(r'<h2 id="found-\d+">(.*?)</h2>', page)


def _someone(site: Site, slug: str = "utrecht") -> Candidate:
    """A candidate of a region whose name, e-mail and number nobody else has."""
    with site.rows() as session:
        region = sa.select(Region.id).where(Region.slug == slug).scalar_subquery()
        row = session.scalars(sa.select(Candidate).where(Candidate.region_id == region).order_by(Candidate.id).limit(1)).one()
        row.name, row.sort_name, row.email, row.place = "Zwaantje Qwerty", "qwerty zwaantje", "xylofoon@example.test", "Utrecht"
        session.flush()
        session.expunge(row)
        return row


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("noor", ["Kandidaten", "Organisaties", "Activiteiten", "Kennis", "Opleidingen"]),
        ("carla", ["Kandidaten", "Organisaties", "Activiteiten", "Kennis", "Opleidingen"]),
        ("beheer", ["Organisaties", "Kennis", "Opleidingen"]),
        ("fatima", ["Activiteiten", "Kennis"]),
    ],
)
def test_each_role_finds_on_the_screens_that_it_may_open_in_few_statements(shared_site: Site, name: str, groups: list[str]) -> None:
    browser = shared_site.client(name)
    _ask(browser, "utrecht")
    seen = shared_site.statements()

    page = _ask(browser, "utrecht")

    assert (_groups(page), len(seen) <= MOST) == (groups, True), len(seen)


@pytest.mark.parametrize("name", ["noor", "beheer", "hr", "fatima"])
def test_only_those_who_may_see_a_candidate_find_one(site: Site, name: str) -> None:
    someone = _someone(site, "rotterdam")

    page = _ask(site.client(name), someone.number)

    assert (
        _NUMBER.findall(page.replace(someone.number, "", page.count(f'value="{someone.number}"') + page.count(f"“{someone.number}”"))) == []
    )


def test_a_foreign_candidate_gives_the_same_answer_as_nonsense(site: Site) -> None:
    someone = _someone(site, "rotterdam")
    noor = site.client("noor")
    nonsense = "Zwaantje Qwertz"

    real, none = (_RANDOM.sub("", _ask(noor, term)).replace(term, "…") for term in (someone.name, nonsense))

    assert real == none


def test_a_part_of_a_name_a_number_an_email_and_a_place_are_found(site: Site) -> None:
    someone = _someone(site)
    noor = site.client("noor")

    found = [someone.number in _ask(noor, term) for term in ("zwaan", "qwer zwaa", someone.number[2:], "xylofoon", "qwerty utrecht")]

    assert found == [True] * 5


def test_a_hidden_name_and_email_cannot_be_searched(site: Site) -> None:
    someone = _someone(site)
    with site.rows() as session:
        session.add(Capability(region_id=someone.region_id, role=Role.ADVISER, name="see_contact", enabled=False))
    noor = site.client("noor")

    pages = {term: _ask(noor, term) for term in ("zwaantje", "xylofoon", someone.number)}

    assert [bool(_groups(page)) for page in pages.values()] == [False, False, True]
    assert someone.name not in pages[someone.number]


def test_all_of_a_group_leads_to_its_list_with_the_same_search(shared_site: Site) -> None:
    noor = shared_site.client("noor")
    page = _ask(noor, "utrecht")

    links = re.findall(r'class="waits-all" href="([^"]+)">Alle ([\d.]+) in', page)
    listed = [re.search(r'data-total="(\d+)"', noor.get(url).text)[1] for url, _ in links]  # type: ignore[index]

    assert links != []
    assert listed == [number.replace(".", "") for _, number in links]


def test_screens_of_the_menu_are_found_by_who_has_them(shared_site: Site) -> None:
    found = {name: "/cijfers/" in _part_of(_ask(shared_site.client(name), "cijf")) for name in ("noor", "beheer", "fatima")}

    assert found == {"noor": True, "beheer": False, "fatima": False}


def _part_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_the_list_alone_holds_options_and_no_page(shared_site: Site) -> None:
    part = _ask(shared_site.client("noor"), "utrecht", **PART)

    ids = re.findall(r'role="option"[^>]* id="([^"]+)"', part)
    assert ("<html" in part, "<script" in part, len(ids), len(set(ids))) == (False, False, part.count('role="option"'), len(ids))
    assert part.count('role="group"') == 5


@pytest.mark.parametrize("headers", [{}, PART])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("q=a", "Typ ten minste twee letters of cijfers."),
        ("q=" + "a" * 101, "Zoek op minder woorden."),
        ("q=%FF%FE", "In het adres staat tekst die niet te lezen is."),
        ("q=a%00b", "In het adres staat tekst die niet te lezen is."),
    ],
)
def test_a_term_that_cannot_be_used_is_refused_with_a_sentence(
    shared_site: Site, query: str, sentence: str, headers: dict[str, str]
) -> None:
    answer = shared_site.client("noor").get(f"/zoeken?{query}", headers=headers)

    assert (answer.status_code, sentence in answer.text) == (400, True)


@pytest.mark.parametrize("term", ["", "%", "''--", '"; DROP', "ĳ Ægir", "a" * 100, "%%__", "\\", "😀😀", "AND OR NOT", "* *"])
def test_a_strange_term_finds_nothing_or_something_but_breaks_nothing(shared_site: Site, term: str) -> None:
    answer = shared_site.client("noor").get("/zoeken", query_string={"q": term})

    assert answer.status_code == (400 if len(term) == 1 else 200)


def test_without_a_term_nothing_is_asked_and_nothing_is_logged(site: Site) -> None:
    noor = site.client("noor")

    page = _ask(noor, "")

    assert (_groups(page), _events(site)) == ([], [])


def _events(site: Site) -> list[Any]:
    with site.rows() as session:
        return list(session.scalars(sa.select(ReadEvent.id).where(ReadEvent.screen == "zoeken").order_by(ReadEvent.id)))


@pytest.mark.parametrize("headers", [{}, PART])
def test_exactly_the_candidates_that_are_shown_are_logged(site: Site, headers: dict[str, str]) -> None:
    page = _ask(site.client("noor"), "utrecht", **headers)

    shown = set(_NUMBER.findall(page))
    with site.rows() as session:
        query = sa.select(Candidate.number).join(PersonToken, PersonToken.candidate_id == Candidate.id)
        noted = set(
            session.scalars(query.join(ReadSubject, ReadSubject.token == PersonToken.token).where(ReadSubject.event_id.in_(_events(site))))
        )
    assert (len(shown), shown) == (6, noted)


def test_a_term_stands_in_no_line_of_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    noor = site.client("noor")
    caplog.set_level(logging.DEBUG)

    _ask(noor, "Zwaantje")
    noor.get("/zoeken?q=Zwaantje%FF")

    assert [record.getMessage() for record in caplog.records if "Zwaantje" in record.getMessage()] == []


def test_a_visitor_is_sent_to_the_sign_in_page(shared_site: Site) -> None:
    answer = shared_site.client().get("/zoeken?q=utrecht")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/zoeken")
