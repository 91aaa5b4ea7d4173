"""What a person keeps of a list: columns and saved views; and what is offered to whom."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.enums import Role
from app.models import Capability, Region, SavedView, UserProfile
from tests.site import BOTH, Site, post

LIST = "/kandidaten/list/"
COLUMNS, VIEWS = "/kandidaten/kolommen", "/kandidaten/weergaven"
ACTIVE = "_flt_0_status=ACTIVE"
ORDERED = f"{ACTIVE}&_oc_KandidatenView=name&_od_KandidatenView=asc"


def heads(browser: FlaskClient, url: str = LIST) -> list[str]:
    """The heads of the columns, without those for choosing and doing."""
    head = browser.get(url).text.partition("<thead>")[2].partition("</thead>")[0]
    found = re.findall(r'<th scope="col"(?: aria-sort="\w+")?>(.*?)</th>', head, re.S)
    return [re.sub(r"<[^>]+>", "", one).strip() for one in found]


def offered(browser: FlaskClient) -> set[str]:
    return set(re.findall(r'name="column" value="(\w+)"', browser.get(LIST).text))


def tabs(browser: FlaskClient, url: str = LIST) -> list[tuple[str, bool]]:
    """The views above a list as (name, is the open one)."""
    nav = browser.get(url).text.partition('<nav class="views"')[2].partition("</nav>")[0]
    found = re.findall(r"<li><a ([^>]*)>(.*?)</a></li>", nav, re.S)
    return [(unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", "", name)).strip(), "aria-current" in attributes) for attributes, name in found]


def save(browser: FlaskClient, name: str, query: str = ACTIVE, **fields: str) -> str:
    """Save a view; the sentence above the list afterwards."""
    answer = post(browser, VIEWS, {"name": name, "query": query, **fields}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


# --- columns ----------------------------------------------------------------------------------------------------------


@BOTH
def test_chosen_columns_stand_in_their_order_and_are_there_after_a_new_sign_in(site: Site) -> None:
    usual = heads(site.client("noor"))

    answer = post(site.client("noor"), COLUMNS, {"column": ["place", "education", "stage"], "query": ORDERED})

    assert (answer.status_code, sorted(parse_qsl(urlsplit(answer.headers["Location"]).query))) == (302, sorted(parse_qsl(ORDERED)))
    assert heads(site.client("noor")) == ["Naam", "Plaats", "Vooropleiding", "Fase"] != usual
    assert heads(site.client("carla")) == usual


def test_the_usual_columns_come_back(site: Site) -> None:
    noor = site.client("noor")
    usual = heads(noor)
    post(noor, COLUMNS, {"column": ["place"]})

    post(noor, COLUMNS, {"column": ["place"], "reset": "1"})

    with site.rows() as session:
        kept = session.scalar(sa.select(UserProfile.preferences).where(UserProfile.name.startswith("Noor")))
    assert (heads(noor), "columns" in (kept or {})) == (usual, False)


def test_nobody_chooses_what_stays_behind_the_logged_reveal_or_what_is_no_column(site: Site) -> None:
    noor = site.client("noor")

    post(noor, COLUMNS, {"column": ["email", "phone", "birth_year", "password", "__class__", "number", "place", "place"]})

    assert heads(noor) == ["Naam", "Plaats"]
    assert offered(noor) & {"email", "phone", "email2", "birth_year", "motivation", "name"} == set()


def test_a_column_that_somebody_may_no_longer_see_is_gone_from_the_choice_and_the_list(site: Site) -> None:
    hr = site.client("hr")
    may = offered(hr)
    with site.rows() as session:
        for profile in session.scalars(sa.select(UserProfile)):
            profile.preferences = {"columns": {"kandidaten": ["stage", "holder", "source", "place"]}}

    assert (may & {"stage", "status", "holder", "source", "lead_adviser", "created_at"}, heads(hr)) == (set(), ["Naam", "Plaats"])


def test_without_the_name_the_number_is_the_thing_itself(site: Site) -> None:
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        session.add(Capability(region_id=region, role=Role.STUDY_ADVISER, name="see_contact", enabled=False))

    first = heads(site.client("studie"))[0]

    assert first == "Nummer"


@pytest.mark.parametrize("kept", [[], "x", {"kandidaten": "stage"}, {"kandidaten": [1, None]}, {"kandidaten": None}])
def test_a_preference_that_makes_no_sense_does_no_harm(site: Site, kept: object) -> None:
    with site.rows() as session:
        for profile in session.scalars(sa.select(UserProfile)):
            profile.preferences = {"columns": kept}

    assert heads(site.client("noor"))[0] == "Naam"


def test_who_works_in_one_region_is_not_asked_for_a_region(site: Site) -> None:
    page = site.client("noor").get(LIST).text

    assert ("_flt_0_region" in page, "region" in offered(site.client("noor"))) == (False, False)


# --- views ------------------------------------------------------------------------------------------------------------


@BOTH
def test_a_saved_view_is_a_tab_with_an_address_that_can_be_sent_on(site: Site) -> None:
    noor = site.client("noor")

    page = save(noor, "Mijn <b>lijst</b>", ORDERED + "&psize_KandidatenView=50&page_KandidatenView=1")

    assert ("Weergave bewaard" in page, "<b>lijst</b>" in page) == (True, False)
    swapped = "_oc_KandidatenView=name&_od_KandidatenView=asc&psize_KandidatenView=100&" + ACTIVE
    assert tabs(noor, f"{LIST}?{swapped}") == [("Alle", False), ("Mijn <b>lijst</b>", True)]
    assert tabs(noor) == [("Alle", True), ("Mijn <b>lijst</b>", False)]
    with site.rows() as session:
        (query,) = session.scalars(sa.select(SavedView.query))
    assert sorted(parse_qsl(query)) == sorted(parse_qsl(ORDERED))


def test_a_shared_view_is_there_for_the_desk_of_the_region_and_for_nobody_else(site: Site) -> None:
    noor = site.client("noor")
    save(noor, "Van de desk", shared="1"), save(noor, "Voor mij", "_flt_0_status=LEFT")

    seen = {name: [tab for tab, _ in tabs(site.client(name))] for name in ("carla", "zeki", "nadia", "hr", "studie")}

    assert seen == {"carla": ["Alle", "gedeeld: Van de desk"], "zeki": [], "nadia": [], "hr": [], "studie": []}
    assert 'title="Gedeeld door Noor' in site.client("carla").get(LIST).text


def test_a_shared_view_on_a_column_that_is_hidden_now_is_not_shown(site: Site) -> None:
    save(site.client("noor"), "Op bron", "_flt_0_source=DESK", shared="1")
    with site.rows() as session:
        view = session.scalar(sa.select(SavedView))
        view.query = "_flt_0_birth_year=1990"

    assert tabs(site.client("carla")) == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("q=jansen", "bewaart geen zoekwoord"),
        ("_flt_2_name=jan", "bewaart geen zoekwoord"),
        ("_flt_0_email=jan@", "bewaart geen zoekwoord"),
        ("_rows=1,2", "geen rijen die je zelf hebt gekozen"),
        ("", "geen filters aan"),
        ("&".join(f"_flt_2_place={number}{'x' * 60}" for number in range(40)), "te veel filters"),
    ],
)
def test_what_a_view_may_not_hold_is_refused_with_a_sentence(site: Site, query: str, sentence: str) -> None:
    page = save(site.client("noor"), "Kan niet", query)

    with site.rows() as session:
        kept = session.scalar(sa.select(sa.func.count()).select_from(SavedView))
    assert (sentence in unescape(page), kept) == (True, 0)


@pytest.mark.parametrize("query", ["_flt_0_birth_year=1990", "_flt_9_stage=EXPLORING", "_oc_KandidatenView=email", "_flt_0_stage=%ff"])
def test_a_filter_that_does_not_exist_for_this_person_cannot_be_saved(site: Site, query: str) -> None:
    answer = post(site.client("noor"), VIEWS, {"name": "Kan niet", "query": query})

    assert answer.status_code == 400


def test_a_school_saves_for_itself_and_cannot_share(site: Site) -> None:
    hr = site.client("hr")

    said = post(hr, VIEWS, {"name": "Gedeeld", "query": "_flt_2_place=Utrecht", "shared": "1"}).status_code
    save(hr, "Van mij", "_flt_2_place=Utrecht")

    assert (said, [name for name, _ in tabs(hr)]) == (403, ["Alle", "Van mij"])


def test_a_view_gets_another_name_and_goes(site: Site) -> None:
    noor = site.client("noor")
    save(noor, "Eerst")
    with site.rows() as session:
        key = session.scalar(sa.select(SavedView.id))

    post(noor, f"{VIEWS}/{key}", {"name": "Later", "query": ACTIVE})
    renamed = tabs(noor, f"{LIST}?{ACTIVE}")
    post(noor, f"{VIEWS}/{key}", {"remove": "1"})

    assert (renamed, tabs(noor)) == ([("Alle", False), ("Later", True)], [])


def test_somebody_elses_view_is_as_one_that_is_not_there(site: Site) -> None:
    save(site.client("noor"), "Van Noor"), save(site.client("noor"), "Gedeeld", "_flt_0_status=LEFT", shared="1")
    with site.rows() as session:
        keys = dict(session.execute(sa.select(SavedView.name, SavedView.id)).all())

    answers = {
        (name, view): post(site.client(name), f"{VIEWS}/{key}", {"remove": "1"}).status_code
        for name in ("zeki", "hr", "carla")
        for view, key in {**keys, "nergens": 987_654}.items()
    }

    assert {key for key, status in answers.items() if status != 404} == {("carla", "Gedeeld")}
    assert answers["carla", "Gedeeld"] == 302


def test_a_list_with_views_takes_no_more_statements_than_one_without(site: Site) -> None:
    noor = site.client("noor")
    noor.get(LIST)
    seen = site.statements()
    noor.get(LIST)
    without = len(seen)
    for number in range(5):
        save(noor, f"Weergave {number}", f"_flt_2_place=P{number}", shared="1")
    noor.get(LIST)
    seen.clear()

    noor.get(LIST)

    assert (len(seen), without <= 8) == (without, True)


def test_choosing_columns_mends_a_preference_that_made_no_sense(site: Site) -> None:
    with site.rows() as session:
        for profile in session.scalars(sa.select(UserProfile)):
            profile.preferences = {"columns": "x", "theme": "dark"}
    noor = site.client("noor")

    post(noor, COLUMNS, {"column": ["place"]})

    assert heads(noor) == ["Naam", "Plaats"]
