"""Signing in and out: sessions and what ends them, wrong passwords, one-time links."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from werkzeug.test import TestResponse

from app import create_app
from app.adapters import clock
from app.demo.accounts import DEMO_PASSWORD
from app.models import LoginAttempt, LoginSession, Membership, OneTimeLink
from tests.security import world
from tests.site import BOTH, Site, hidden, post, running, settings

NEW_PASSWORD = "een zin die niemand anders bedenkt"
LIST = "/kandidaten/list/"


def sign_in(browser: FlaskClient, username: str, password: str, address: str = "127.0.0.1") -> TestResponse:
    """Type a name and a password on a machine with this address."""
    form = {"username": username, "password": password}
    return post(browser, "/login/", form, page="/login/", environ_overrides={"REMOTE_ADDR": address})


def sessions_of(site: Site, username: str) -> list[LoginSession]:
    with site.rows() as session:
        query = sa.select(LoginSession).join(User, User.id == LoginSession.user_id).where(User.username == f"{username}@demo.test")
        found = list(session.scalars(query.order_by(LoginSession.id)))
        session.expunge_all()
        return found


def set_back(site: Site, **moments: datetime) -> None:
    with site.rows() as session:
        session.execute(sa.update(LoginSession).values(**moments))


# -- sessions --------------------------------------------------------------------------------------------------------------------


@BOTH
def test_noor_signs_in_sees_her_list_and_signs_out(site: Site) -> None:
    noor = site.client("noor")

    listed = noor.get(LIST)
    post(noor, "/logout/")
    after = noor.get(LIST)

    assert (listed.status_code, after.status_code) == (200, 302)


def test_a_cookie_kept_from_before_signing_out_opens_nothing(site: Site) -> None:
    noor, thief = site.client("noor"), site.client()
    kept = noor.get_cookie("loket")
    assert kept is not None
    thief.set_cookie("loket", kept.value)

    before = thief.get(LIST).status_code
    post(noor, "/logout/")

    assert (before, thief.get(LIST).status_code) == (200, 302)


def test_signing_in_gives_a_new_cookie_that_is_kept_as_a_hash_only(site: Site) -> None:
    browser = site.client()
    browser.get("/login/")
    before = browser.get_cookie("loket")

    sign_in(browser, "noor@demo.test", DEMO_PASSWORD)
    after = browser.get_cookie("loket")

    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert after.value.removeprefix("s.") not in repr(world.dump(site, but=()))


def test_somebody_sees_all_own_sessions_and_ends_the_other_one(site: Site) -> None:
    here, there = site.client("noor"), site.client("noor")
    site.client("zeki")
    other = sessions_of(site, "noor")[1].id

    addresses = re.findall(r'action="(/account/sessies/\d+)"', here.get("/account/").text)
    ended = post(here, f"/account/sessies/{other}")

    assert addresses == [f"/account/sessies/{other}"]
    assert ended.status_code == 302
    assert (here.get(LIST).status_code, there.get(LIST).status_code) == (200, 302)


def test_the_session_of_somebody_else_cannot_be_ended(site: Site) -> None:
    noor, zeki = site.client("noor"), site.client("zeki")
    theirs = sessions_of(site, "zeki")[0].id

    foreign, missing = (post(noor, f"/account/sessies/{key}") for key in (theirs, 987654321))

    assert foreign.status_code == 404
    assert world.plain(foreign) == world.plain(missing)
    assert zeki.get(LIST).status_code == 200


@BOTH
def test_a_new_password_ends_every_other_session_and_the_old_password(site: Site) -> None:
    here, there, thief = site.client("noor"), site.client("noor"), site.client()
    form = {"current": DEMO_PASSWORD, "password": NEW_PASSWORD, "repeat": NEW_PASSWORD}

    wrong = post(here, "/account/wachtwoord", {**form, "current": "not-this-one"})
    changed = post(here, "/account/wachtwoord", form)

    assert (wrong.status_code, changed.status_code) == (403, 302)
    assert (here.get(LIST).status_code, there.get(LIST).status_code) == (200, 302)
    assert sign_in(thief, "noor@demo.test", DEMO_PASSWORD).status_code == 401
    assert sign_in(thief, "noor@demo.test", NEW_PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("username", "page", "minutes", "status"),
    [("noor", LIST, 29, 200), ("noor", LIST, 31, 302), ("fatima", "/mijn/", 59, 200), ("fatima", "/mijn/", 61, 302)],
)
def test_a_session_ends_after_half_an_hour_of_silence_and_a_candidates_after_an_hour(
    username: str, page: str, minutes: int, status: int, site: Site
) -> None:
    browser = site.client(username)
    set_back(site, last_seen_at=datetime.now(UTC) - timedelta(minutes=minutes))

    answer = browser.get(page)

    assert answer.status_code == status


@pytest.mark.parametrize(("hours", "status"), [(11.9, 200), (12.1, 302)])
def test_a_session_ends_after_twelve_hours_however_busy(hours: float, status: int, site: Site) -> None:
    browser = site.client("noor")
    set_back(site, created_at=datetime.now(UTC) - timedelta(hours=hours))

    answer = browser.get(LIST)

    assert answer.status_code == status


def test_looking_around_keeps_a_session_alive(site: Site) -> None:
    browser = site.client("noor")
    set_back(site, last_seen_at=datetime.now(UTC) - timedelta(minutes=20))

    browser.get(LIST)

    assert datetime.now(UTC) - sessions_of(site, "noor")[0].last_seen_at < timedelta(minutes=1)


# -- memberships -----------------------------------------------------------------------------------------------------------------


def test_a_coordinator_ends_a_membership_and_it_works_on_the_next_request(site: Site) -> None:
    carla, noor = site.client("carla"), site.client("noor")
    with site.rows() as session:
        member = session.scalar(sa.select(Membership.id).join(User, User.id == Membership.user_id).where(User.username == "noor@demo.test"))
    kept = hidden(carla.get(f"/beheer/leden/edit/{member}").text)

    ended = post(carla, f"/beheer/leden/edit/{member}", {**kept, "ends_on": clock.day(clock.now()).isoformat()})
    after = noor.get(LIST)
    again = site.client("noor")

    assert (ended.status_code, after.status_code) == (302, 302)
    assert again.get(LIST).status_code == 403


def test_a_membership_that_ran_out_overnight_opens_nothing_in_a_session_that_lives_on(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        session.execute(sa.update(Membership).values(ends_on=clock.day(clock.now()) - timedelta(days=1)))

    answers = [noor.get(page).status_code for page in (LIST, "/gesprekken/list/", "/kandidaten/show/5", "/account/")]

    assert answers == [403, 403, 403, 200]


def test_somebody_with_two_memberships_works_in_one_at_a_time_and_only_in_own_ones(site: Site) -> None:
    carla = site.client("carla")
    with site.rows() as session:
        query = sa.select(Membership.id).join(User, User.id == Membership.user_id)
        theirs = session.scalar(query.where(User.username == "zeki@demo.test"))
        gooi = session.scalar(query.where(User.username == "carla@demo.test", Membership.region_id == world.GOOI))

    before = carla.get("/beheer/leden/list/").status_code
    switched = post(carla, "/lidmaatschap", {"membership": str(gooi)}).status_code
    after = carla.get("/beheer/leden/list/").status_code
    foreign, missing = (post(carla, "/lidmaatschap", {"membership": str(key)}) for key in (theirs, 987654321))

    assert (before, switched, after) == (200, 302, 403)
    assert foreign.status_code == 404
    assert world.plain(foreign) == world.plain(missing)


# -- accounts of the demo ----------------------------------------------------------------------------------------------------------


def test_accounts_of_the_demo_are_refused_and_not_shown_where_the_demo_is_off(site: Site, tmp_path: Path) -> None:
    off = create_app(dataclasses.replace(settings(site.url, tmp_path), demo=False), TESTING=True)
    closed = Site(off, site.url)

    page = closed.client().get("/login/").text
    answers = {name: sign_in(closed.client(), f"{name}@demo.test", DEMO_PASSWORD).status_code for name in ("noor", "beheer", "fatima")}

    assert answers == dict.fromkeys(("noor", "beheer", "fatima"), 401)
    assert "demo.test" not in page
    assert DEMO_PASSWORD not in page


def test_accounts_of_the_demo_are_shown_where_the_database_says_that_it_is_one(site: Site) -> None:
    page = site.client().get("/login/").text

    assert "noor@demo.test" in page


# -- wrong passwords ----------------------------------------------------------------------------------------------------------------


@BOTH
def test_wrong_passwords_are_counted_over_all_workers_and_make_the_right_one_wait(site: Site, tmp_path: Path) -> None:
    with running(site.url, tmp_path) as second:
        workers = [site.client(), second.client()] * 2

        tries = [sign_in(worker, "noor@demo.test", "not-this-one").status_code for worker in workers]
        waiting = [sign_in(worker, "Noor@demo.test ", DEMO_PASSWORD).status_code for worker in workers[:2]]
        elsewhere = sign_in(second.client(), "noor@demo.test", DEMO_PASSWORD, "192.0.2.7").status_code

    assert tries == [401] * 4
    assert waiting == [429, 429]
    assert elsewhere == 302


def test_the_wait_doubles_with_each_mistake_up_to_a_quarter_of_an_hour(site: Site) -> None:
    browser, waits = site.client(), []

    for _ in range(14):
        sign_in(browser, "noor@demo.test", "not-this-one")
        waits.append(wait_and_pass(site))

    assert waits == [0, 0, 0, *(2**power for power in range(1, 10)), 900, 900]


def wait_and_pass(site: Site) -> int:
    """The seconds that have to be waited now; and they are over."""
    with site.rows() as session:
        row = session.scalar(sa.select(LoginAttempt))
        seconds = round((row.blocked_until - row.last_at).total_seconds()) if row.blocked_until else 0
        row.blocked_until = row.last_at if row.blocked_until else None
        return seconds


def test_the_answer_for_an_unknown_name_is_the_one_for_a_wrong_password(site: Site) -> None:
    known, unknown = (world.plain(sign_in(site.client(), name, "not-this-one")) for name in ("noor@demo.test", "nemo@demo.test"))

    assert known[:2] == unknown[:2]
    assert known[2].replace("noor@", "nemo@") == unknown[2].replace("noor@", "nemo@")


# -- one-time links ------------------------------------------------------------------------------------------------------------------


def invite(site: Site, browser: FlaskClient) -> tuple[str, dict[str, list[str]]]:
    """Carla invites somebody: the address of the link that she is shown, and what the database holds then."""
    who = {"email": "nieuw@voorbeeld.test", "person": "Nieuwe Collega", "starts_on": clock.day(clock.now()).isoformat()}
    made = post(browser, "/beheer/leden/add", {**who, "role": "ADVISER", "region": str(world.UTRECHT), "organisation": ""})
    found = re.search(r"/account/link/[\w-]+", made.text)
    assert found is not None, made.text
    return found[0], world.dump(site, but=())


@BOTH
def test_a_one_time_link_is_looked_at_without_use_sets_a_password_once_and_then_is_gone(site: Site) -> None:
    carla, browser = site.client("carla"), site.client()
    link, before = invite(site, carla)
    form = {"password": NEW_PASSWORD, "repeat": NEW_PASSWORD}

    looked = [site.client().get(link).status_code for _ in range(3)]
    unchanged = world.dump(site, but=()) == before
    weak = post(browser, link, {"password": "welkom2026!!", "repeat": "welkom2026!!"}, page=link).status_code
    used = post(browser, link, form, page=link).status_code
    inside = browser.get(LIST).status_code
    again = [site.client().get(link).status_code, post(site.client(), link, form, page="/login/").status_code]

    assert (looked, unchanged) == ([200, 200, 200], True)
    assert (weak, used, inside, again) == (422, 302, 200, [404, 404])
    assert sign_in(site.client(), "nieuw@voorbeeld.test", NEW_PASSWORD).status_code == 302


def test_a_link_is_kept_as_a_hash_only_and_is_dead_after_a_day(site: Site) -> None:
    link, stored = invite(site, site.client("carla"))

    alive = site.client().get(link).status_code
    with site.rows() as session:
        session.execute(sa.update(OneTimeLink).values(expires_at=OneTimeLink.created_at))
    dead = site.client().get(link).status_code

    assert (alive, dead) == (200, 404)
    assert link.rpartition("/")[2] not in repr(stored)


def test_a_used_link_and_one_that_never_was_get_the_same_answer(site: Site) -> None:
    link, _ = invite(site, site.client("carla"))
    post(site.client(), link, {"password": NEW_PASSWORD, "repeat": NEW_PASSWORD}, page=link)

    answers = [site.client().get(address) for address in (link, "/account/link/never-was")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert world.plain(answers[0]) == world.plain(answers[1])
