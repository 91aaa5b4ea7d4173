"""The bell on every page and Meldingen behind it: own lines only, read by a click and never by a look, and what somebody hears of."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User

from app.adapters import clock
from app.enums import NotificationKind
from app.models import Candidate, LoginSession, Notification, ReadEvent, UserProfile
from app.services import notifications
from tests.site import BOTH, Site, post

NOW = datetime.now(UTC)
EVERYBODY = ("noor", "carla", "nadia", "hr", "opleider", "studie", "beheer", "fatima")


def user_of(session: Any, name: str) -> int:
    return int(session.scalar(sa.select(User.id).where(User.username == f"{name}@demo.test")))


def fresh(site: Site, name: str = "noor", *, number: int = 3, path: str = "/taken/list/", about: bool = False) -> list[int]:
    """The person has this many unread notifications and no others; their keys, the oldest first."""
    with site.rows() as session:
        user = user_of(session, name)
        session.execute(sa.delete(Notification).where(Notification.user_id == user))
        candidate = session.scalars(sa.select(Candidate).order_by(Candidate.id)).first() if about else None
        for one in range(number):
            kind, words = NotificationKind.TASK, "task_planned"
            notifications.tell([user], kind, words, path=path, key=f"t{one}", now=NOW, candidate=candidate)
        return list(session.scalars(sa.select(Notification.id).where(Notification.user_id == user).order_by(Notification.id)))


def bell(browser: FlaskClient, page: str = "/account/") -> str:
    """What the first bell of a page is called."""
    found = re.search(r'class="bell".*?data-words>(.*?)</span>', browser.get(page).text, re.S)
    return html.unescape(found[1]) if found else ""


def read(site: Site) -> list[bool]:
    with site.rows() as session:
        return [
            row.read_at is not None
            for row in session.scalars(sa.select(Notification).where(Notification.dedupe_key.like("t%")).order_by(Notification.id))
        ]


@pytest.mark.parametrize("name", EVERYBODY)
def test_everybody_has_a_bell_with_the_number_of_unread_ones(site: Site, name: str) -> None:
    browser = site.client(name)
    heard = []
    for number in (0, 1, 3, 120):
        fresh(site, name, number=number)
        heard.append(bell(browser))

    assert heard == ["Meldingen", "Meldingen, 1 nieuw", "Meldingen, 3 nieuw", "Meldingen, 99+ nieuw"]


@BOTH
def test_the_bell_costs_no_statement(site: Site) -> None:
    noor = site.client("noor")
    fresh(site)
    noor.get("/account/")
    seen = site.statements()

    assert bell(noor) == "Meldingen, 3 nieuw"
    assert len([one for one in seen if "notification" in one]) == 1  # rides along with that of the session
    assert "login_session" in next(one for one in seen if "notification" in one)


def test_a_look_reads_nothing_and_a_click_reads_one_and_leads_on(site: Site) -> None:
    first, *_ = fresh(site)
    noor = site.client("noor")
    noor.get("/meldingen/")
    looked = read(site)
    answers = [post(noor, f"/meldingen/{first}/open") for _ in range(2)]

    assert looked == [False] * 3
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(302, "/taken/list/")] * 2
    assert (read(site), bell(noor)) == ([True, False, False], "Meldingen, 2 nieuw")


def test_all_are_read_at_once_and_what_comes_after_is_new(site: Site) -> None:
    fresh(site)
    noor = site.client("noor")
    for _ in range(2):
        assert post(noor, "/meldingen/gelezen").headers["Location"] == "/meldingen/"

    assert (read(site), bell(noor)) == ([True] * 3, "Meldingen")
    assert "Alles gelezen" not in noor.get("/meldingen/").text


@pytest.mark.parametrize("other", ["carla", "fatima", "beheer"])
def test_of_somebody_else_there_is_nothing(site: Site, other: str) -> None:
    first, *_ = fresh(site)
    browser = site.client(other)

    answers = [post(browser, f"/meldingen/{number}/open").status_code for number in (first, 987_654_321)]

    assert (answers, read(site)) == ([404, 404], [False] * 3)


def test_they_stand_under_their_days_newest_first_page_by_page(site: Site) -> None:
    keys = fresh(site, number=65)
    with site.rows() as session:
        old = sa.update(Notification).where(Notification.id.in_(keys[:5])).values(at=NOW - timedelta(days=40))
        session.execute(old, execution_options={"synchronize_session": False})
    noor = site.client("noor")
    seen, days, address = [], [], "/meldingen/"
    while address:
        page = html.unescape(noor.get(address).text)
        seen += [int(key) for key in re.findall(r"/meldingen/(\d+)/open", page)]
        days += re.findall(r'<section class="told">\s*<h2>(.*?)</h2>', page)
        older = re.search(r'rel="next" href="(.*?)"', page)
        address = older[1] if older else ""

    assert seen == keys[::-1]
    assert (len(days), len(set(days))) == (3, 2)


@pytest.mark.parametrize("asked", ["x", "-1", "9" * 30, "1 OR 1=1"])
def test_an_odd_page_is_the_first(site: Site, asked: str) -> None:
    fresh(site)

    assert site.client("noor").get("/meldingen/", query_string={"voor": asked}).text.count("/open") == 3


def test_a_file_that_is_named_is_logged_and_one_of_elsewhere_is_not_named(site: Site) -> None:
    fresh(site, about=True)
    with site.rows() as session:
        number = session.scalar(sa.select(Candidate.number).order_by(Candidate.id).limit(1))
        session.execute(sa.delete(Notification).where(Notification.user_id == user_of(session, "beheer")))
    fresh(site, "beheer", about=True)

    pages = {name: site.client(name).get("/meldingen/").text for name in ("noor", "beheer")}

    assert {name: str(number) in page for name, page in pages.items()} == {"noor": True, "beheer": False}
    with site.rows() as session:
        logged = session.scalars(sa.select(ReadEvent.actor_id).where(ReadEvent.screen == "meldingen")).all()
        assert logged == [user_of(session, "noor")]


def test_nothing_to_tell_says_so(site: Site) -> None:
    fresh(site, number=0)

    assert "Er zijn geen meldingen." in site.client("noor").get("/meldingen/").text


def test_an_open_page_asks_without_keeping_the_session_alive(site: Site) -> None:
    fresh(site)
    noor = site.client("noor")
    noor.get("/account/")
    before = clock.now() - timedelta(minutes=20)
    with site.rows() as session:
        session.execute(sa.update(LoginSession).values(last_seen_at=before), execution_options={"synchronize_session": False})

    asked = noor.get("/meldingen/aantal")

    assert asked.json == {"number": "3", "words": "Meldingen, 3 nieuw"}
    with site.rows() as session:
        assert set(session.scalars(sa.select(LoginSession.last_seen_at))) == {before}
    assert site.client().get("/meldingen/aantal").status_code == 302


# --- what somebody hears of ------------------------------------------------------------------------------------------


def kept(site: Site, name: str) -> Any:
    with site.rows() as session:
        return (session.get(UserProfile, user_of(session, name)).preferences or {}).get("notify")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("noor", ["MESSAGE", "TASK", "MATCH", "HANDOVER", "MAILING"]),
        ("hr", ["MESSAGE", "MAILING"]),
        ("studie", ["MESSAGE", "HANDOVER", "MAILING"]),
        ("fatima", ["MESSAGE"]),
        ("beheer", ["SYSTEM"]),
    ],
)
def test_each_role_chooses_for_what_it_can_hear_of(site: Site, name: str, kinds: list[str]) -> None:
    browser = site.client(name)

    shown = re.findall(r'type="radio" id="(\w+)-AT_ONCE"', browser.get("/account/meldingen").text)
    answer = post(browser, "/account/meldingen", {**dict.fromkeys(NotificationKind.__members__, "NEVER")})

    assert (shown, answer.status_code, kept(site, name)) == (kinds, 302, dict.fromkeys(kinds, "NEVER"))


def test_the_page_shows_what_was_chosen(site: Site) -> None:
    noor = site.client("noor")
    chosen = {"MESSAGE": "AT_ONCE", "TASK": "NEVER", "MATCH": "DAILY", "HANDOVER": "DAILY", "MAILING": "NEVER"}
    post(noor, "/account/meldingen", chosen)

    assert dict(re.findall(r'id="(\w+?)-(\w+)"[^>]* checked', noor.get("/account/meldingen").text)) == chosen


@pytest.mark.parametrize("wrong", [{}, {"MESSAGE": "NEVER"}, {"MESSAGE": "WHENEVER", "SYSTEM": "NEVER"}])
def test_a_form_that_lacks_a_choice_changes_nothing_and_says_so(site: Site, wrong: dict[str, str]) -> None:
    noor = site.client("noor")

    answer = post(noor, "/account/meldingen", wrong)

    assert (answer.status_code, kept(site, "noor")) == (422, None)
    assert "Kies bij elke soort een van de drie." in answer.text


def test_who_wants_to_hear_nothing_of_a_kind_has_an_empty_bell(site: Site) -> None:
    noor = site.client("noor")
    post(noor, "/account/meldingen", dict.fromkeys(NotificationKind.__members__, "NEVER"))

    assert (fresh(site), bell(noor)) == ([], "Meldingen")
