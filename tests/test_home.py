"""Vandaag: each role its own sections, what is shown is logged, what may not be seen is not there, and the numbers are true."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.enums import FeedbackKind, Role, Signal, Status
from app.models import (
    Candidate,
    Capability,
    Feedback,
    LoginAttempt,
    Match,
    Membership,
    PersonToken,
    ReadEvent,
    ReadSubject,
    Region,
    Setting,
)
from app.security.scope import SYSTEM_READ
from tests.site import Site

MOST = 12  # statements of a first page, session and log included
_NUMBER = re.compile(r"K-\d{6}")
_SECTION = re.compile(r'<section class="waits".*?</section>', re.S)
TITLES = {
    "noor": [
        "Vraagt om aandacht", "Vandaag te doen", "Nieuw in de inbox", "Komende activiteiten",
    ],
    "carla": [
        "Vraagt om aandacht", "Over tijd per adviseur", "Nieuw deze week", "Komende activiteiten",
    ],
    "hr": ["Jullie zijn aan zet", "Verder in gesprek met", "Jullie komende activiteiten"],
    "studie": ["Jullie zijn aan zet", "Kortgeleden met jullie gedeeld", "Verder in gesprek met", "Jullie komende activiteiten"],
    "beheer": ["Het systeem", "Mensen", "Regio's en feedback"],
}  # fmt: skip
TITLES |= {"nadia": TITLES["noor"], "opleider": TITLES["hr"]}


def _home(browser: FlaskClient) -> str:
    answer = browser.get("/")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def _sections(page: str) -> dict[str, str]:
    found = _SECTION.findall(page)
    return {re.search(r"<h2[^>]*>(.*?)</h2>", one)[1]: one for one in found}  # type: ignore[index]


def _region(session: Any) -> int:
    return int(session.scalar(sa.select(Region.id).where(Region.slug == "utrecht")))


@pytest.mark.parametrize("name", TITLES)
def test_each_role_is_told_what_waits_for_it_in_few_statements(site: Site, name: str) -> None:
    browser = site.client(name)
    _home(browser)
    seen = site.statements()

    page = _home(browser)

    assert (list(_sections(page)), len(seen) <= MOST) == (TITLES[name], True), len(seen)


def test_the_page_greets_and_says_which_day_it_is(shared_site: Site) -> None:
    page = _home(shared_site.client("noor"))

    assert re.search(r"<h1>Goede(morgen|middag|navond), Noor</h1>", page)
    assert re.search(r'<p class="lead">(maan|dins|woens|donder|vrij|zater|zon)dag \d{1,2} [a-z]+</p>', page)


def test_a_candidate_goes_to_the_own_file(shared_site: Site) -> None:
    answer = shared_site.client("fatima").get("/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/mijn/")


@pytest.mark.parametrize("name", ["noor", "carla", "hr", "studie"])
def test_three_times_the_rows_take_no_more_statements(site: Site, name: str) -> None:
    counts = []
    browser = site.client(name)
    _home(browser)

    for many in (1, 3):
        with site.rows() as session:
            session.execute(sa.update(Candidate).where(Candidate.region_id == _region(session)).values(status=Status.COMPLETED))
            ids = list(session.scalars(sa.select(Candidate.id).where(Candidate.region_id == _region(session)).limit(many)))
            noor = session.scalar(sa.select(Membership.user_id).where(Membership.role == Role.ADVISER).order_by(Membership.id).limit(1))
            behind = {"status": Status.ACTIVE, "next_action_on": datetime.now(UTC).date() - timedelta(days=3), "lead_adviser_id": noor}
            session.execute(sa.update(Candidate).where(Candidate.id.in_(ids)).values(behind))
        seen = site.statements()
        _home(browser)
        counts.append(len(seen))

    assert (counts[0], counts[0] <= MOST) == (counts[1], True)


def test_whose_files_are_shown_is_logged_and_nobody_elses(site: Site) -> None:
    noor = site.client("noor")

    page = _home(noor)

    shown = set(_NUMBER.findall(page))
    with site.rows() as session:
        last = sa.select(ReadEvent.id, ReadEvent.screen, ReadEvent.channel).order_by(ReadEvent.id.desc()).limit(1)
        event_id, *where = session.execute(last).one()
        query = sa.select(Candidate.number).join(PersonToken, PersonToken.candidate_id == Candidate.id)
        noted = session.scalars(query.join(ReadSubject, ReadSubject.token == PersonToken.token).where(ReadSubject.event_id == event_id))
        assert (where, shown) == (["vandaag", "list"], set(noted))
    assert shown != set()


def test_without_the_log_there_is_no_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    noor = site.client("noor")

    def fails(*args: Any, **options: Any) -> None:
        raise RuntimeError("no log")

    monkeypatch.setattr("app.services.log.raw.log_each", fails)
    answer = noor.get("/")

    assert (answer.status_code, _NUMBER.findall(answer.text)) == (500, [])


def test_who_may_not_see_names_sees_the_numbers(site: Site) -> None:
    with site.rows() as session:
        session.add(Capability(region_id=_region(session), role=Role.ADVISER, name="see_contact", enabled=False))
        names = set(session.scalars(sa.select(Candidate.name).where(Candidate.region_id == _region(session))))
    page = _home(site.client("noor"))

    assert _NUMBER.findall(page) != []
    assert [name for name in names if f">{name}<" in page] == []


def test_nobody_of_another_region_is_on_the_page(shared_site: Site) -> None:
    with shared_site.rows() as session:
        theirs = set(session.scalars(sa.select(Candidate.number).where(Candidate.region_id != _region(session))))

    shown = {name: set(_NUMBER.findall(_home(shared_site.client(name)))) for name in ("noor", "carla")}

    assert {name: numbers & theirs for name, numbers in shown.items()} == {"noor": set(), "carla": set()}


def test_a_school_sees_matches_of_its_own_only(shared_site: Site) -> None:
    shown = set(_NUMBER.findall(_home(shared_site.client("opleider"))))

    with shared_site.rows() as session:
        ours = sa.select(Membership.organisation_id).where(Membership.role == Role.PROVIDER).order_by(Membership.id).limit(1)
        matched = sa.select(Candidate.number).join(Match, Match.candidate_id == Candidate.id)
        assert shown <= set(session.scalars(matched.where(Match.organisation_id.in_(ours))))


EXACT = {
    "noor": ("Vraagt om aandacht", "Nieuw in de inbox"),
    "carla": ("Vraagt om aandacht", "Over tijd per adviseur", "Nieuw deze week"),
}


@pytest.mark.parametrize("name", EXACT)
def test_a_number_leads_to_a_list_with_as_many_rows(site: Site, name: str) -> None:
    browser = site.client(name)
    sections = _sections(_home(browser))

    told, listed = {}, {}
    for title in EXACT[name]:
        link = re.search(r'class="waits-all" href="([^"]+)">(?:Alle ([\d.]+))?', sections[title])
        if link is not None:
            told[title] = (link[2] or "1").replace(".", "")
            listed[title] = re.search(r'data-total="(\d+)"', browser.get(link[1]).text)[1]  # type: ignore[index]

    assert listed == told
    assert told != {}


@pytest.mark.parametrize("name", ["noor", "carla", "nadia"])
def test_each_signal_is_counted_as_its_list_counts(shared_site: Site, name: str) -> None:
    browser = shared_site.client(name)
    section = _sections(_home(browser))["Vraagt om aandacht"]

    told = [
        (url, number.replace(".", ""))
        for url, number in re.findall(r'class="reason[^"]*" href="([^"]+)">.*?<b>([\d.]+)</b>', section, re.S)
    ]

    listed = [(url, re.search(r'data-total="(\d+)"', browser.get(url).text)[1]) for url, _ in told]  # type: ignore[index]
    assert (listed, len(told)) == (told, len(Signal))


def test_each_adviser_who_is_behind_leads_to_the_list_of_just_those(shared_site: Site) -> None:
    carla = shared_site.client("carla")
    section = _sections(_home(carla))["Over tijd per adviseur"]

    told = re.findall(r'waits-who"><a href="([^"]+)">.*?(\d+) over tijd', section, re.S)
    listed = [re.search(r'data-total="(\d+)"', carla.get(url).text)[1] for url, _ in told]  # type: ignore[index]

    assert (listed, listed != []) == ([number for _, number in told], True)


def test_an_empty_section_says_so_in_a_sentence(site: Site) -> None:
    with site.rows() as session:
        session.execute(sa.update(Candidate).values(status=Status.COMPLETED))

    sections = _sections(_home(site.client("noor")))

    asks = "Niemand vraagt om aandacht." in sections["Vraagt om aandacht"]
    assert (asks, "De inbox is leeg." in sections["Nieuw in de inbox"]) == (True, True)


# -- the administrator --


def _set(site: Site, **facts: str) -> None:
    with site.rows() as session:
        for key, value in facts.items():
            session.merge(Setting(key=key, value=value))


def _state(page: str, title: str) -> tuple[str, str]:
    """(how it is, in words) of one line of the state of the system."""
    found = re.search(rf'class="state state-(\w+)">(?:(?!</li>).)*?<b>(?:<a[^>]*>)?{title}(?:</a>)?</b>.*?<p>(.*?)</p>', page, re.S)
    assert found is not None, title
    return found[1], found[2]


def test_the_administrator_is_told_that_a_new_system_has_no_scheduler_and_no_back_up(shared_site: Site) -> None:
    page = _home(shared_site.client("beheer"))

    assert _state(page, "Tabellen") == ("good", "Bijgewerkt.")
    assert _state(page, "Planner")[0] == "attention"
    assert _state(page, "Back-up") == ("attention", "Er is nog geen back-up gemaakt.")
    assert re.fullmatch(r"SQLite, [\d,]+ MB\.", _state(page, "Database")[1])
    assert _NUMBER.findall(page) == []


@pytest.mark.parametrize(("minutes", "kind"), [(3, "good"), (14, "good"), (16, "attention"), (3000, "attention")])
def test_a_scheduler_that_stands_still_asks_for_attention(site: Site, minutes: int, kind: str) -> None:
    _set(site, last_tick=(datetime.now(UTC) - timedelta(minutes=minutes)).isoformat())

    assert _state(_home(site.client("beheer")), "Planner")[0] == kind


@pytest.mark.parametrize(("hours", "kind"), [(20, "good"), (60, "attention")])
def test_an_old_back_up_asks_for_attention(site: Site, hours: int, kind: str) -> None:
    _set(site, last_backup=(datetime.now(UTC) - timedelta(hours=hours)).isoformat())

    assert _state(_home(site.client("beheer")), "Back-up")[0] == kind


def test_a_mark_that_is_no_moment_counts_as_none(site: Site) -> None:
    _set(site, last_tick="yesterday", last_backup="soon")
    page = _home(site.client("beheer"))

    assert (_state(page, "Planner")[0], _state(page, "Back-up")[0]) == ("attention", "attention")


def test_failed_sign_ins_and_new_feedback_are_counted(site: Site) -> None:
    now = datetime.now(UTC)
    with site.rows() as session:
        for account, failures, ago in (("a", 15, 1), ("b", 6, 2), ("c", 90, 30)):
            row = LoginAttempt(account=account, network="n", failures=failures, last_at=now - timedelta(hours=ago))
            session.add(row)
        region_id = session.scalar(sa.select(Region.id).limit(1), execution_options=SYSTEM_READ)
        session.execute(sa.delete(Feedback))
        said = {"screen": "/", "kind": FeedbackKind.IDEA, "text": "Meer", "created_at": now, "state_at": now}
        session.add(Feedback(region_id=region_id, role=Role.ADVISER, **said))
    page = _home(site.client("beheer"))

    assert _state(page, "Inloggen") == ("attention", "21 mislukte pogingen in de laatste 12 uur, voor 2 accounts.")
    assert _state(page, "Feedback") == ("attention", "1 nieuw.")
