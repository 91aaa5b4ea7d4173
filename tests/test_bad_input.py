"""What nobody should send: a list answers with a page or with a sentence, a form keeps what was typed, nothing is half saved."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.fab.view import LoketView
from app.models import Activity, AdviceSession, Article, Candidate, Match, Membership, Organisation, Programme, Region, Registration, Task
from tests.site import BOTH, Site, hidden, post

MEGABYTE = "x" * 1_000_000
LISTS = 27
BOARD = "/statusbord/"  # a list with another face
SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

# Pieces of an address as they would stand in it: already quoted.
NUMBERS = st.sampled_from(["abc", "-1", "1e9", "1000000000", "1000000", "9" * 400, "0", "1.5", "", "%", "%00", "%ff", "%d9%a3"])
TEXTS = st.one_of(
    st.sampled_from(
        ["%ff%fe", "%00", "%F0%9F%98%80", "%25", "_", "%5C", "'", '"', "%22%29%3B--", "<script>", "..%2F", "%0d%0a", "a" * 5000]
    ),
    st.text(max_size=30).map(lambda text: quote(text.encode("utf-8", "surrogatepass"))),
    st.binary(max_size=12).map(quote),
)
COLUMNS = st.sampled_from(
    ["name", "stage", "status", "created_at", "subjects", "wanted_sectors", "lead_adviser", "region", "email", "birth_year", "password",
     "id", "__class__", "region.id", "candidate", "state", "kind", "starts_at", "held_at", "title", "due_on", "active", "metadata"]
)  # fmt: skip
OPERATORS = st.sampled_from(["0", "1", "2", "3", "7", "8", "99", "-1", "x", "999999"])


def _lists(site: Site) -> list[tuple[str, str]]:
    """The address and the name of every generated list."""
    views = site.app.appbuilder.baseviews  # type: ignore[attr-defined]
    lists = [view for view in views if isinstance(view, LoketView) and "list" in view.include_route_methods]
    return [(BOARD if view.route_base in BOARD else f"{view.route_base}/list/", type(view).__name__) for view in lists]


WHO = {"beheer/": "beheer", "inzage": "fatima"}


def _who(url: str) -> str:
    return next((name for part, name in WHO.items() if part in url and "organisaties" not in url), "noor")


@pytest.fixture(scope="module")
def browsers(shared_site: Site) -> dict[str, FlaskClient]:
    return {name: shared_site.client(name) for name in ("noor", "beheer", "fatima")}


@st.composite
def queries(draw: Any, view: str) -> str:
    """A query string of one to four arguments, each of them strange in its own way."""
    kinds = {
        "page": lambda: f"page_{view}={draw(NUMBERS)}",
        "size": lambda: f"psize_{view}={draw(NUMBERS)}",
        "order": lambda: f"_oc_{view}={draw(COLUMNS | TEXTS)}&_od_{view}={draw(st.sampled_from(['asc', 'desc', 'sideways', '%ff']))}",
        "filter": lambda: f"_flt_{draw(OPERATORS)}_{draw(COLUMNS)}={draw(TEXTS | NUMBERS)}",
        "search": lambda: f"q={draw(TEXTS)}",
        "unknown": lambda: f"{draw(TEXTS)}={draw(TEXTS)}",
    }
    return "&".join(kinds[draw(st.sampled_from(sorted(kinds)))]() for _ in range(draw(st.integers(1, 4))))


def _says_something(answer: TestResponse) -> bool:
    """A page with a head and a sentence, and nothing of the machine in it."""
    head, sentence = re.search(r"<h1[^>]*>\s*\S", answer.text), re.search(r'<p class="lead">\s*\S', answer.text)
    return bool(head and sentence) and not re.search(r"Traceback|sqlalchemy|sqlite3|psycopg|SELECT ", answer.text)


@pytest.mark.parametrize("number", range(LISTS))
@SETTINGS
@given(data=st.data())
def test_a_list_answers_anything_with_a_page_or_a_sentence(
    shared_site: Site, browsers: dict[str, FlaskClient], number: int, data: Any
) -> None:
    lists = _lists(shared_site)
    url, view = lists[number % len(lists)]

    answer = browsers[_who(url)].get(f"{url}?{data.draw(queries(view))}")

    assert answer.status_code in (200, 400)
    assert answer.status_code == 200 or _says_something(answer)


def test_the_test_above_has_a_number_for_every_list(shared_site: Site) -> None:
    assert len(_lists(shared_site)) == LISTS


REFUSED = [
    "page_{view}=abc", "page_{view}=-1", "page_{view}=1000000000", "psize_{view}=1000000", "psize_{view}=0", "psize_{view}=x",
    "_oc_{view}=nothing", "_oc_{view}=%ff", "_flt_0_nothing=1", "_flt_99_title=1", "_flt_x_title=1", "q=%ff", "q=%00",
    "q=" + "a" * 101, "_flt_0_nothing=" + "a" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("query", REFUSED)
def test_what_no_list_can_answer_is_refused_by_all_of_them(shared_site: Site, browsers: dict[str, FlaskClient], query: str) -> None:
    found = {url: browsers[_who(url)].get(f"{url}?{query.format(view=view)}") for url, view in _lists(shared_site)}

    assert {url: (answer.status_code, _says_something(answer)) for url, answer in found.items()} == dict.fromkeys(found, (400, True))


@BOTH
@pytest.mark.parametrize(
    "query",
    [
        "_flt_0_stage=bogus", "_flt_0_created_at=31-02-2026", "_flt_0_created_at=zzz", "_flt_1_created_at=99999-01-01",
        "_flt_0_lead_adviser=abc", "_flt_0_lead_adviser=99999999999999999999", "_flt_0_subjects=x", "_flt_0_wanted_sectors=0",
        "_flt_2_name=" + "a" * 201, "_flt_0_lead_adviser=%D9%A3", "_flt_1_created_at=0001-01-01", "_flt_0_created_at=9999-12-31",
        "_flt_0_lead_adviser=--1", "_flt_0_lead_adviser=-", "page_KandidatenView=999999",
    ],
)  # fmt: skip
def test_a_value_that_a_column_cannot_have_is_refused_or_finds_nobody(site: Site, query: str) -> None:
    answer = site.client("noor").get(f"/kandidaten/list/?{query}")

    assert answer.status_code in (200, 400)
    assert _says_something(answer) if answer.status_code == 400 else "K-" not in answer.text.partition("<tbody")[2]


@pytest.mark.parametrize("argument", ["q", "_flt_2_name", "page_KandidatenView", "_oc_KandidatenView", "nothing"])
def test_a_megabyte_in_the_address_is_refused_or_ignored(shared_site: Site, browsers: dict[str, FlaskClient], argument: str) -> None:
    answer = browsers["noor"].get("/kandidaten/list/", query_string={argument: MEGABYTE})

    assert answer.status_code == (200 if argument == "nothing" else 400)


@pytest.mark.parametrize("key", ["abc", "-1", "0", "9" * 30, "1%00", "%ff", "1.0", "%D9%A3", "..", "' or 1=1 --", "x" * 5000])
@pytest.mark.parametrize("verb", ["show", "edit", "delete", "verplaatsen", "klaar", "afzeggen", "opties"])
def test_a_key_that_is_none_is_not_found(shared_site: Site, browsers: dict[str, FlaskClient], verb: str, key: str) -> None:
    screen = {"klaar": "taken", "afzeggen": "activiteiten", "delete": "gesprekken"}.get(verb, "kandidaten")
    noor = browsers["noor"]

    answer = post(noor, f"/{screen}/{verb}/{key}") if verb == "delete" else noor.get(f"/{screen}/{verb}/{key}")

    assert (answer.status_code, _says_something(answer)) == (404, True)


# --- forms --------------------------------------------------------------------------------------------------------------

FORMS = {
    "/kandidaten/add": {"given_name": "Typed", "surname": "Text", "source": "DESK"},
    "/gesprekken/add": {"candidate": "OWN", "held_at": "2026-11-20T10:00", "summary": "Typed text"},
    "/taken/add": {"candidate": "OWN", "title": "Typed text", "holder": "DESK", "due_on": "2026-12-31"},
    "/matches/add": {"candidate": "OWN", "organisation": "1"},
    "/activiteiten/add": {"title": "Typed text", "kind": "WEBINAR", "form": "ONLINE", "starts_at": "2026-12-31T10:00", "region": "REGION"},
    "/aanmeldingen/add": {"candidate": "OWN", "activity": "1", "channel": "ADVISER"},
}
BAD = [
    ("/kandidaten/add", "given_name", MEGABYTE), ("/kandidaten/add", "surname", "x" * 81), ("/kandidaten/add", "email", "no address"),
    ("/kandidaten/add", "birth_year", "-5"), ("/kandidaten/add", "birth_year", "zeven"), ("/kandidaten/add", "birth_year", "9" * 40),
    ("/kandidaten/add", "available_from", "2026-02-31"), ("/kandidaten/add", "available_from", "31-02-2026"),
    ("/kandidaten/add", "hours_min", "-1"), ("/kandidaten/add", "hours_max", "\u0663"), ("/kandidaten/add", "source", "BOGUS"),
    ("/kandidaten/add", "wanted_sectors", "BOGUS"), ("/kandidaten/add", "subjects", "abc"), ("/kandidaten/add", "subjects", "99999"),
    ("/kandidaten/add", "region", "FOREIGN_REGION"), ("/kandidaten/add", "lead_adviser", "FOREIGN_ADVISER"),
    ("/kandidaten/add", "lead_adviser", "9" * 30), ("/kandidaten/add", "pc4", "abcd"), ("/kandidaten/add", "pc4", "0000"),
    ("/kandidaten/add", "education", "__class__"), ("/kandidaten/add", "diploma_country", "NLD"),
    ("/gesprekken/add", "candidate", "FOREIGN"), ("/gesprekken/add", "candidate", ""), ("/gesprekken/add", "candidate", MEGABYTE),
    ("/gesprekken/add", "held_at", "2026-02-31T10:00"), ("/gesprekken/add", "held_at", ""),
    ("/gesprekken/add", "held_at", "9999-12-31T23:59"),
    ("/gesprekken/add", "minutes", "-10"), ("/gesprekken/add", "kinds", "BOGUS"), ("/gesprekken/add", "notes", MEGABYTE),
    ("/taken/add", "due_on", "31-02-2026"), ("/taken/add", "due_on", "1066-10-14"), ("/taken/add", "due_on", "0000-00-00"),
    ("/taken/add", "holder", "BOGUS"), ("/taken/add", "holder", ""), ("/taken/add", "owner", "FOREIGN_ADVISER"),
    ("/taken/add", "title", ""),
    ("/matches/add", "organisation", "999999"), ("/matches/add", "organisation", "x"), ("/matches/add", "candidate", "FOREIGN"),
    ("/matches/add", "programme", "0"), ("/activiteiten/add", "capacity", "-1"), ("/activiteiten/add", "capacity", "veel"),
    ("/activiteiten/add", "capacity", "9" * 12), ("/activiteiten/add", "ends_at", "2026-12-30T10:00"),
    ("/activiteiten/add", "region", "FOREIGN_REGION"), ("/activiteiten/add", "title", MEGABYTE), ("/activiteiten/add", "kind", "BOGUS"),
    ("/activiteiten/add", "location", "x"), ("/aanmeldingen/add", "activity", "0"), ("/aanmeldingen/add", "candidate", "FOREIGN"),
    ("/aanmeldingen/add", "channel", "BOGUS"),
]  # fmt: skip
COUNTED = (Candidate, AdviceSession, Task, Match, Activity, Registration, Article, Organisation, Programme, Membership, Region)


def _words(site: Site) -> dict[str, str]:
    with site.rows() as session:
        own = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        other = session.scalar(sa.select(Region.id).where(Region.slug == "rotterdam"))
        number = sa.select(Candidate.number).order_by(Candidate.id).limit(1)
        return {
            "REGION": str(own),
            "FOREIGN_REGION": str(other),
            "OWN": session.scalar(number.where(Candidate.region_id == own)),
            "FOREIGN": session.scalar(number.where(Candidate.region_id == other)),
            "FOREIGN_ADVISER": str(session.scalar(sa.select(Membership.user_id).where(Membership.region_id == other).limit(1))),
        }


def _counts(site: Site) -> dict[str, int]:
    with site.rows() as session:
        return {model.__name__: session.scalar(sa.select(sa.func.count()).select_from(model)) for model in COUNTED}


@pytest.fixture(scope="module")
def desk(shared_site: Site) -> tuple[Site, FlaskClient, dict[str, str], dict[str, int]]:
    return shared_site, shared_site.client("noor"), _words(shared_site), _counts(shared_site)


def _in_dutch(value: str) -> str:
    """A date that was typed as 2026-11-24 (T14:00) stands in Dutch order when the form is shown again; other text stays as it is."""
    year, month, day, time = re.fullmatch(r"(?:(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?)?.*", value, re.DOTALL).groups()
    return f"{day}-{month}-{year} {time or ''}".strip() if year else value


def _kept(page: str, fields: dict[str, str]) -> list[str]:
    """The names of the typed fields that the page does not show again."""
    text = html.unescape(page)
    lost = []
    for name, value in fields.items():
        chosen = re.search(rf'<select[^>]*name="{name}".*?</select>', text, re.DOTALL)
        shown = (
            re.search(rf'value="{re.escape(value)}"[^>]*selected|selected[^>]*value="{re.escape(value)}"', chosen[0])
            if chosen
            else value in text or _in_dutch(value) in text
        )
        if not shown:
            lost.append(name)
    return lost


@pytest.mark.parametrize(("url", "field", "value"), BAD)
def test_a_form_with_one_bad_value_is_shown_again_with_all_that_was_typed_and_saves_nothing(
    desk: tuple[Site, FlaskClient, dict[str, str], dict[str, int]], url: str, field: str, value: str
) -> None:
    site, noor, words, before = desk
    good = {name: words.get(text, text) for name, text in FORMS[url].items()}

    answer = post(noor, url, {**good, field: words.get(value, value)})

    kept = {name: text for name, text in good.items() if name != field}
    assert (answer.status_code in (400, 403, 404, 409, 422), "<form" in answer.text, _kept(answer.text, kept)) == (True, True, [])
    assert (_counts(site), bool(re.search("Traceback|sqlalchemy|CHECK constraint", answer.text))) == (before, False)


@pytest.mark.parametrize("url", FORMS)
def test_an_empty_form_says_what_is_missing(desk: tuple[Site, FlaskClient, dict[str, str], dict[str, int]], url: str) -> None:
    site, noor, _, before = desk

    answer = post(noor, url, {})

    assert (400 <= answer.status_code < 500, "<form" in answer.text, _counts(site)) == (True, True, before)


def test_a_field_can_be_sent_twice_as_a_file_or_as_json(desk: tuple[Site, FlaskClient, dict[str, str], dict[str, int]]) -> None:
    site, noor, words, before = desk
    fields = {name: [words.get(text, text), "BOGUS"] for name, text in FORMS["/taken/add"].items()}

    answers = [
        post(noor, "/taken/add", {**fields, "due_on": ["x", "y"]}),
        post(noor, "/taken/add", {"title": (__import__("io").BytesIO(b"x"), "a.txt")}),
    ]

    assert ([answer.status_code < 500 for answer in answers], _counts(site)) == ([True, True], before)


def test_more_than_a_form_may_hold_is_refused(desk: tuple[Site, FlaskClient, dict[str, str], dict[str, int]]) -> None:
    site, noor, _, before = desk

    answers = [post(noor, "/taken/add", {"title": "x" * size}) for size in (3_000_000, 13_000_000)]

    assert ([answer.status_code for answer in answers], _counts(site)) == ([422, 413], before)


@BOTH
def test_nul_bytes_and_odd_letters_are_taken_or_refused_never_fatal(site: Site) -> None:
    noor = site.client("noor")

    answers = [
        post(noor, "/kandidaten/add", {"given_name": name, "surname": "Vreemd", "source": "DESK", "motivation": name})
        for name in ("a\x00b", "😀", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "ﷺ" * 60, "\u202etxt", "\x7f\x1b[2J")
    ]

    assert [answer.status_code for answer in answers if answer.status_code not in (302, 400, 422)] == []


def test_an_edit_with_bad_values_keeps_the_row_and_the_text(site: Site) -> None:
    words = _words(site)
    noor = site.client("noor")
    with site.rows() as session:
        row = session.scalar(sa.select(Candidate).where(Candidate.number == words["OWN"]))
        key, before = row.id, (row.given_name, row.version, row.available_from)
    page = noor.get(f"/kandidaten/edit/{key}").text
    fields = {**hidden(page), "given_name": "Typed", "available_from": "31-02-2026", "motivation": "a long story"}

    answer = post(noor, f"/kandidaten/edit/{key}", fields)

    with site.rows() as session:
        row = session.get(Candidate, key)
        after = row.given_name, row.version, row.available_from
    assert (answer.status_code, after, [word in answer.text for word in ("Typed", "31-02-2026", "a long story")]) == (
        422,
        before,
        [True] * 3,
    )


@pytest.mark.parametrize("wanted", [date(1899, 12, 31), date(2100, 1, 2)])
def test_a_date_outside_this_century_and_the_last_is_refused(desk: Any, wanted: date) -> None:
    _, noor, words, _ = desk
    good = {name: words.get(text, text) for name, text in FORMS["/taken/add"].items()}

    answer = post(noor, "/taken/add", {**good, "due_on": wanted.isoformat()})

    assert (answer.status_code, wanted.isoformat() in answer.text) == (422, True)


@pytest.mark.parametrize("url", ["/taal", "/lidmaatschap", "/kandidaten/export", "/beheer/rollen/", "/account/wachtwoord", "/login/"])
@pytest.mark.parametrize("value", ["", "\x00", MEGABYTE, "9" * 50, "%ff", "<script>"])
def test_the_other_forms_take_nonsense_too(shared_site: Site, url: str, value: str) -> None:
    carla = shared_site.client("carla") if url != "/login/" else shared_site.client()
    names = (
        "locale",
        "membership",
        "format",
        "reason",
        "query",
        "region",
        "cell",
        "copy_from",
        "current",
        "password",
        "repeat",
        "username",
    )

    answer = post(carla, url, dict.fromkeys(names, value), page="/login/" if url == "/login/" else "/account/")

    assert answer.status_code < 500
