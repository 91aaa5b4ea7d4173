"""Klaarzetten on the screen: putting things together, once; and the candidate who reads them."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app import models as m
from app.enums import OfferKind, Role, Route
from tests.security.world import NOW, ROTTERDAM, UTRECHT, new_file
from tests.site import BOTH, Site, hidden, post

FATIMA = 1


def anna_of(site: Site, number: str = "K-880002", region: int = UTRECHT) -> int:
    with site.rows() as session:
        return int(new_file(session, region, number, given_name="Anna").id)


def offered(site: Site, candidate: int) -> list[tuple[OfferKind, str | None]]:
    with site.rows() as session:
        query = sa.select(m.Offer.kind, m.Offer.note).where(m.Offer.candidate_id == candidate).order_by(m.Offer.id)
        return [(kind, note) for kind, note in session.execute(query)]


def an_article(site: Site) -> int:
    with site.rows() as session:
        query = sa.select(m.Article.id).where(m.Article.region_id.is_(None), m.Article.published_on.is_not(None))
        return int(session.scalar(query.order_by(m.Article.id).limit(1)))


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


def chosen(html: str) -> list[str]:
    return re.findall(r'name="ding" value="([^"]+)"', html)


@BOTH
def test_a_choice_grows_page_by_page_and_is_set_out_once_however_often_one_clicks(site: Site) -> None:
    anna, noor, article = anna_of(site), site.client("noor"), an_article(site)
    url, one, two = f"/klaarzetten/{anna}", f"ARTICLE:{article}", "ROUTE:PDG"

    first = post(noor, url, {"step": f"add:{one}", "kind": "ARTICLE"})
    second = post(noor, url, {"step": f"add:{two}", "kind": "ROUTE", "ding": [one], f"note:{one}": "Lees dit"})
    form = {**hidden(second.text), "ding": [one, two], f"note:{one}": "Lees dit"}
    answers = [post(noor, url, form) for _ in range(2)]

    assert (chosen(first.text), chosen(second.text), 'value="Lees dit"' in second.text) == ([one], [one, two], True)
    assert [answer.headers["Location"] for answer in answers] == [f"/kandidaten/show/{anna}?tab=klaargezet"] * 2
    assert offered(site, anna) == [(OfferKind.ARTICLE, "Lees dit"), (OfferKind.ROUTE, None)]


def test_what_stands_there_already_is_told_and_not_doubled(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")
    post(noor, f"/klaarzetten/{anna}", {"ding": ["ROUTE:PDG"]})

    again = post(noor, f"/klaarzetten/{anna}", {"ding": ["ROUTE:PDG"]})
    page = noor.get(f"/klaarzetten/{anna}?kind=ROUTE")

    assert (again.status_code, "staat allemaal al klaar" in again.text, "staat al klaar" in words(page.text)) == (400, True, True)
    assert len(offered(site, anna)) == 1


def test_looking_for_something_writes_nothing_and_only_coming_things_are_found(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")

    pages = [noor.get(f"/klaarzetten/{anna}?kind={kind.name}&q=a") for kind in OfferKind]

    assert ([page.status_code for page in pages], offered(site, anna)) == ([200] * len(OfferKind), [])


@pytest.mark.parametrize("url", ["/klaarzetten/{}", "/klaarzetten/{}?ding=ROUTE:PDG"])
def test_a_candidate_of_elsewhere_answers_as_one_that_is_not_there(site: Site, url: str) -> None:
    there, noor = anna_of(site, region=ROTTERDAM), site.client("noor")

    answers = [noor.get(url.format(key)).status_code for key in (there, 987_654_321)]
    posts = [post(noor, f"/klaarzetten/{key}", {"ding": ["ROUTE:PDG"]}).status_code for key in (there, 987_654_321)]

    assert (answers, posts, offered(site, there)) == ([404, 404], [404, 404], [])


@pytest.mark.parametrize("name", ["hr", "opleider", "studie", "beheer", "fatima"])
def test_who_has_no_desk_sets_nothing_out(site: Site, name: str) -> None:
    answer = post(site.client(name), f"/klaarzetten/{FATIMA}", {"ding": ["ROUTE:PDG"]})

    assert answer.status_code == 403


def _read(fatima: FlaskClient, site: Site, **thing: object) -> tuple[int, str]:
    with site.rows() as session:
        facts = {"candidate_id": FATIMA, "region_id": UTRECHT, "offered_at": NOW, "note": "<b>Kijk</b>"}
        offer = m.Offer(**facts | thing)
        session.add(offer)
        session.flush()
        key = int(offer.id)
    answer = fatima.get(f"/mijn/klaargezet/{key}")
    return key, answer.text if answer.status_code == 200 else f"{answer.status_code}"


def test_the_candidate_reads_it_and_the_adviser_sees_when(site: Site) -> None:
    fatima, noor = site.client("fatima"), site.client("noor")

    key, page = _read(fatima, site, kind=OfferKind.ROUTE, route=Route.KOPOPLEIDING)
    tab = words(noor.get(f"/kandidaten/show/{FATIMA}?tab=klaargezet").text)

    assert ("Een jaar." in page, "&lt;b&gt;Kijk" in page, "<b>Kijk" in page) == (True, True, False)
    assert re.search(r"Kopopleiding route gelezen \w+ \d+ \w+", tab, re.IGNORECASE)
    with site.rows() as session:
        subjects = session.scalars(sa.select(m.ReadSubject.token).where(m.ReadSubject.token == f"offer:{key}")).all()
        looks = sa.select(m.ReadEvent.id).join(m.ReadSubject, m.ReadSubject.event_id == m.ReadEvent.id)
        token = sa.select(m.PersonToken.token).where(m.PersonToken.candidate_id == FATIMA).scalar_subquery()
        theirs = session.scalars(looks.where(m.ReadSubject.token == token, m.ReadEvent.actor_role == Role.CANDIDATE)).all()
    assert (len(subjects), theirs) == (1, [])


def test_what_was_taken_off_says_so_and_what_was_withdrawn_or_is_somebody_elses_is_not_there(site: Site) -> None:
    fatima, anna = site.client("fatima"), anna_of(site)
    with site.rows() as session:
        organisation = session.scalar(sa.select(m.Organisation).where(m.Organisation.region_id == ROTTERDAM).limit(1))
        organisation.active = False
        gone = {"kind": OfferKind.CONTACT, "organisation_id": organisation.id}

    _, gone_page = _read(fatima, site, **gone)
    _, withdrawn = _read(fatima, site, kind=OfferKind.ROUTE, route=Route.PDG, withdrawn_at=NOW)
    _, others = _read(fatima, site, kind=OfferKind.ROUTE, route=Route.PDG, candidate_id=anna)

    assert ("Niet meer beschikbaar" in gone_page, withdrawn, others) == (True, "404", "404")


def test_withdrawing_twice_does_it_once(site: Site) -> None:
    fatima, noor = site.client("fatima"), site.client("noor")
    key, _ = _read(fatima, site, kind=OfferKind.ROUTE, route=Route.PDG)

    answers = [post(noor, f"/klaargezet/terugnemen/{key}").status_code for _ in range(2)]

    with site.rows() as session:
        done = session.scalars(sa.select(m.ChangeLog.id).where(m.ChangeLog.verb == "withdraw_offer")).all()
    assert (answers, len(done), fatima.get(f"/mijn/klaargezet/{key}").status_code) == ([302, 302], 1, 404)


def test_from_the_page_of_a_thing_one_number_leads_to_the_choice(site: Site) -> None:
    anna_of(site)
    noor, article = site.client("noor"), an_article(site)

    thing = noor.get(f"/kennisbank/show/{article}").text
    wrong = noor.get(f"/klaarzetten/voor?ding=ARTICLE:{article}&candidate=K-1")
    right = noor.get(f"/klaarzetten/voor?ding=ARTICLE:{article}&candidate=k-880002", follow_redirects=True)

    assert f"/klaarzetten/voor?ding=ARTICLE:{article}" in thing.replace("%3A", ":")
    assert ("Er is geen kandidaat" in wrong.text, chosen(right.text)) == (True, [f"ARTICLE:{article}"])


def test_pages_take_few_statements_with_few_rows_and_with_many(site: Site) -> None:
    noor, fatima, seen = site.client("noor"), site.client("fatima"), site.statements()
    asked = (
        (noor, f"/kandidaten/show/{FATIMA}?tab=klaargezet"),
        (noor, f"/kandidaten/show/{FATIMA}?tab=stappenplan"),
        (noor, "/klaargezet/list/"),
        (fatima, "/mijn/klaargezet/1"),
    )

    counts = {}
    for browser, url in asked:
        browser.get(url)
        before = len(seen)
        assert browser.get(url).status_code == 200, url
        counts[url] = len(seen) - before

    assert max(counts.values()) <= 12, counts


def test_the_timeline_says_what_was_set_out_and_when_it_was_read_and_the_list_which_share(site: Site) -> None:
    fatima, noor = site.client("fatima"), site.client("noor")
    _read(fatima, site, kind=OfferKind.ROUTE, route=Route.KOPOPLEIDING)

    timeline = words(noor.get(f"/kandidaten/show/{FATIMA}?soort=klaargezet").text)
    listed = words(noor.get("/klaargezet/list/").text)

    assert [said in timeline for said in ("Klaargezet: kopopleiding", "Gelezen door de kandidaat: kopopleiding")] == [True, True]
    assert re.search(r"\d+% van wat in de laatste 90 dagen is klaargezet, is gelezen", listed)
