"""Choices of relations: what is offered is what this person may choose, and choosing on a page of its own loses nothing."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.fab import forms
from app.models import Activity, Candidate, Draft, Organisation, ReadEvent, ReadSubject, Region, UserProfile
from tests.site import BOTH, Site, hidden, post

FIELD = "voor=formulier"
ADD = "/gesprekken/add"


def offered(browser: FlaskClient, url: str) -> list[tuple[str, str]]:
    answer = browser.get(url)
    assert answer.status_code == 200, answer.text[:300]
    return [(value, html.unescape(text)) for value, text in re.findall(r'<option value="([^"]*)">([^<]*)</option>', answer.text)]


def links(page: str) -> list[str]:
    part = page[page.index('<ul class="choose">') :]
    return [html.unescape(url) for url in re.findall(r'<a href="([^"]*)"', part[: part.index("</ul>")])]


def of_region(site: Site, column: Any, slug: str = "utrecht") -> set[Any]:
    with site.rows() as session:
        return set(session.scalars(sa.select(column).join(Region, Region.id == Candidate.region_id).where(Region.slug == slug)))


# --- as options -------------------------------------------------------------------------------------------------------


@BOTH
def test_a_candidate_is_found_by_name_and_by_number_within_the_own_region(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        name, number = session.execute(
            sa.select(Candidate.name, Candidate.number)
            .join(Region, Region.id == Candidate.region_id)
            .where(Region.slug == "utrecht")
            .limit(1)
        ).one()

    found = [offered(noor, f"/gesprekken/opties/candidate?{FIELD}&q={quote(term)}") for term in (name, number)]

    assert [(number, f"{name} · {number}") in options for options in found] == [True, True]
    everybody = {
        value for letter in ("van", "der", "jan", "de") for value, _ in offered(noor, f"/gesprekken/opties/candidate?{FIELD}&q={letter}")
    }
    assert everybody - of_region(site, Candidate.number) == set()


def test_whose_names_were_shown_while_searching_is_logged(site: Site) -> None:
    noor, carla = site.client("noor"), site.client("carla")
    with site.rows() as session:
        before = session.scalar(sa.select(sa.func.max(ReadEvent.id))) or 0

    shown = offered(noor, f"/gesprekken/opties/candidate?{FIELD}&q=van")
    nothing = offered(carla, f"/gesprekken/opties/candidate?{FIELD}")

    with site.rows() as session:
        events = session.execute(sa.select(ReadEvent.id, ReadEvent.screen, ReadEvent.channel).where(ReadEvent.id > before)).all()
        subjects = session.scalar(sa.select(sa.func.count()).select_from(ReadSubject).where(ReadSubject.event_id == events[0].id))
    assert (nothing, [event[1:] for event in events], subjects) == ([], [("gesprekken", "list")], len(shown))
    assert 0 < len(shown) <= forms.PICK_MOST


def test_a_name_that_may_not_be_seen_is_not_searched(shared_site: Site) -> None:
    hr = shared_site.client("hr")

    assert [hr.get(f"/{screen}/opties/candidate?{FIELD}&q=van").status_code for screen in ("gesprekken", "matches", "taken")] == [
        403,
        404,
        403,
    ]


@pytest.mark.parametrize(
    ("who", "url", "status"),
    [
        ("noor", f"/gesprekken/opties/summary?{FIELD}", 404), ("noor", f"/gesprekken/opties/held_at?{FIELD}", 404),
        ("noor", f"/gesprekken/opties/__class__?{FIELD}", 404), ("noor", f"/kandidaten/opties/region_id?{FIELD}", 404),
        ("noor", "/gesprekken/opties/candidate", 404), ("noor", "/kandidaten/opties/lead_adviser?q=an", 200),
        ("noor", f"/kandidaten/opties/adviser?{FIELD}&q=an", 200), ("hr", f"/kandidaten/opties/lead_adviser?{FIELD}", 404),
        ("fatima", f"/taken/opties/owner?{FIELD}", 404), ("noor", f"/matches/opties/organisation?{FIELD}&q=" + "a" * 101, 400),
        ("noor", f"/matches/opties/organisation?{FIELD}&q=%ff", 400), ("noor", f"/matches/opties/organisation?{FIELD}&q=%00", 400),
        ("", f"/matches/opties/organisation?{FIELD}", 302),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_here_is_not_there(shared_site: Site, who: str, url: str, status: int) -> None:
    assert shared_site.client(who).get(url).status_code == status


def test_a_field_offers_what_it_would_accept_and_nothing_else(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        session.execute(sa.update(Organisation).where(Organisation.id % 2 == 0).values(active=False))
        active = set(session.scalars(sa.select(Organisation.name).where(Organisation.active.is_(True))))
        closed = session.scalar(sa.select(Organisation.id).where(Organisation.active.is_(False)).limit(1))
    number = min(of_region(site, Candidate.number))

    names = {text for letter in "aeiou" for _, text in offered(noor, f"/matches/opties/organisation?{FIELD}&q={letter}")}
    refused = post(noor, "/matches/add", {"candidate": number, "organisation": str(closed)})

    assert (names - active, refused.status_code, len(names) > 5) == (set(), 422, True)


@pytest.mark.parametrize("term", ["%", "_", "\\", "' or 1=1 --", "<script>"])
def test_wildcards_are_letters(shared_site: Site, term: str) -> None:
    assert offered(shared_site.client("noor"), f"/matches/opties/organisation?{FIELD}&q={quote(term)}") == []


def test_an_answer_has_fifty_choices_at_most_and_takes_the_same_statements(site: Site) -> None:
    noor = site.client("noor")
    url = f"/matches/opties/organisation?{FIELD}&q="
    counts = []

    for term in ("a", "zzzz"):
        noor.get(url + term)
        seen = site.statements()
        noor.get(url + term)
        counts.append(len(seen))
    found = offered(noor, f"/aanmeldingen/opties/activity?{FIELD}")

    assert (counts[0] == counts[1], counts[0] <= 6, len(found) <= forms.PICK_MOST) == (True, True, True)


def test_the_search_for_a_candidate_takes_eight_statements_at_most(site: Site) -> None:
    noor = site.client("noor")
    noor.get(f"/gesprekken/opties/candidate?{FIELD}&q=van")

    seen = site.statements()
    noor.get(f"/gesprekken/opties/candidate?{FIELD}&q=van")

    assert len(seen) <= 8


def test_a_form_holds_few_choices_itself_and_of_many_only_the_chosen_one(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        made = session.scalars(sa.select(Activity).limit(1)).one()
        copied = [column.key for column in sa.inspect(Activity).column_attrs if column.key != "id"]
        for number in range(60):
            session.add(Activity(**{**{name: getattr(made, name) for name in copied}, "title": f"Open dag {number}"}))

    page = noor.get("/aanmeldingen/add").text

    select = page[page.index('name="activity"') - 200 :]
    select = select[: select.index("</select>")]
    assert (select.count("<option"), f"/aanmeldingen/opties/activity?{FIELD}" in html.unescape(page)) == (1, True)


# --- on a page of its own ---------------------------------------------------------------------------------------------


@BOTH
def test_without_scripts_choosing_goes_there_and_back_with_everything_as_it_was_typed(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        query = sa.select(Candidate.name, Candidate.number).join(Region, Region.id == Candidate.region_id)
        name, number = session.execute(query.where(Region.slug == "utrecht").order_by(Candidate.id).limit(1)).one()

    asked = post(noor, ADD, {"step": "choose:candidate", "summary": "half a text", "minutes": "40", "kinds": "VIDEO"})
    empty = noor.get(asked.headers["Location"])
    page = noor.get(f"{asked.headers['Location']}&q={quote(name)}").text
    back = next(url for url in links(page) if number in url)
    form = noor.get(back).text

    assert (asked.status_code, empty.status_code, '<ul class="choose">' in empty.text) == (302, 200, False)
    assert re.search(r'name="candidate"[^>]*value="([^"]*)"', form)[1] == number  # type: ignore[index]
    assert ("half a text" in form, 'value="40"' in form, name in html.unescape(form)) == (True, True, True)
    saved = post(noor, back, {**hidden(form), "candidate": number, "held_at": "24-11-2025 10:00", "summary": "half a text"})
    with site.rows() as session:
        assert (saved.status_code, session.scalar(sa.select(sa.func.count()).select_from(Draft))) == (302, 0)


def test_looking_at_choices_and_coming_back_writes_no_draft(site: Site) -> None:
    noor = site.client("noor")

    for url in (
        f"/gesprekken/opties/candidate?{FIELD}&kies=1&terug={ADD}&q=an",
        f"{ADD}?gekozen=candidate:K-200001",
        f"{ADD}?gekozen=x:y:z",
    ):
        assert noor.get(url).status_code == 200

    with site.rows() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 0


def test_a_chosen_value_that_is_not_on_offer_is_not_filled_in(site: Site) -> None:
    noor = site.client("noor")
    foreign = min(of_region(site, Candidate.number, "rotterdam"))
    with site.rows() as session:
        name = session.scalar(sa.select(Candidate.name).where(Candidate.number == foreign))

    page = noor.get(f"{ADD}?gekozen=candidate:{foreign}").text

    assert name not in page


EVIL = [
    "https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/beheer/leden/list/", "/gesprekken/list/", "",
    "/gesprekken/add\n", "/gesprekken/add?next=//evil", "/gesprekken/edit/1/../../..", "/gesprekken/add?candidate=K-1&x=1",
    "/gesprekken@evil.test", "gesprekken/add",
]  # fmt: skip


@pytest.mark.parametrize("back", EVIL)
def test_choosing_leads_to_a_form_of_the_same_screen_only(shared_site: Site, back: str) -> None:
    answer = shared_site.client("noor").get("/gesprekken/opties/adviser", query_string={"voor": "formulier", "kies": "1", "terug": back})

    assert (answer.status_code, "evil" in re.sub(r"<input[^>]*>", "", answer.text)) == (400, False)


@pytest.mark.parametrize(
    "back", ["https://evil.test/list/", "//evil.test/gesprekken/list/", "/taken/list/", "/gesprekken/add", "", "/gesprekken/list"]
)
def test_choosing_for_a_filter_leads_to_the_list_of_the_same_screen_only(shared_site: Site, back: str) -> None:
    answer = shared_site.client("noor").get("/gesprekken/opties/adviser", query_string={"kies": "1", "terug": back})

    assert answer.status_code == 400


def test_a_filter_is_chosen_without_scripts_and_the_other_filters_stay(shared_site: Site) -> None:
    noor = shared_site.client("noor")
    back = "/kandidaten/list/?_flt_0_stage=EXPLORING&_flt_0_lead_adviser=7&q=an&page_KandidatenView=3"
    with shared_site.rows() as session:
        key = session.scalar(sa.select(UserProfile.user_id).where(UserProfile.name.startswith("Noor")))

    page = noor.get("/kandidaten/opties/lead_adviser", query_string={"kies": "1", "terug": back, "q": "noor"}).text

    assert links(page) == [f"/kandidaten/list/?_flt_0_stage=EXPLORING&q=an&_flt_0_lead_adviser={key}"]
    assert noor.get(links(page)[0]).status_code == 200


def test_a_long_list_of_choices_has_pages(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        region = session.scalar(sa.select(Region).where(Region.slug == "utrecht"))
        kind = session.scalar(sa.select(Organisation.kind).limit(1))
        session.add_all(Organisation(name=f"Zebra {number:03}", kind=kind, region_id=region.id) for number in range(70))
    url = f"/matches/opties/organisation?{FIELD}&kies=1&terug=/matches/add&q=zebra"

    first, second = noor.get(url).text, noor.get(f"{url}&page_keuze=1").text

    assert (len(links(first)), len(links(second)), 'rel="next"' in first, 'rel="next"' in second) == (50, 20, True, False)
    assert set(links(first)) & set(links(second)) == set()
    assert noor.get(f"{url}&page_keuze=999999").status_code == 400
