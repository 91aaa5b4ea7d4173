"""One-time links: once, for a day, and for one of two who press at the same moment."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from typing import Any

import pytest

from app.enums import LinkPurpose
from app.errors import BadInput, NotFound
from app.extensions import db
from app.models import OneTimeLink
from app.security.identity import ANONYMOUS, acting_as
from app.services import accounts, links
from tests.accounts.cast import CARLA, NOON, NOOR, PASSWORD, ZEKI, beyond_the_wall, every, logged, small_app, the

BOTH = True
HOUR = timedelta(hours=1)
HOLLOW = "This link has been used or has expired. Ask for a new one."


def make(person: Any = NOOR, now: Any = NOON) -> str:
    with acting_as(CARLA):
        user = the(accounts.User, accounts.User.id == person.user_id)
        return links.make(user, LinkPurpose.INVITE, by=CARLA, now=now)


def use(token: str, now: Any = NOON) -> Any:
    with acting_as(ANONYMOUS):
        return links.consume(token, now=now)


@pytest.mark.usefixtures("app")
def test_a_link_works_once_and_is_kept_as_a_hash_only():
    token = make()

    assert use(token, NOON + 23 * HOUR).id == NOOR.user_id
    with pytest.raises(NotFound, match=HOLLOW):
        use(token, NOON + 23 * HOUR)
    row = the(OneTimeLink)
    assert (len(token), row.token_hash, row.used_at) == (43, links.hash_of(token), NOON + 23 * HOUR)
    assert [(verb, who) for verb, who, _ in logged()] == [("make_link", CARLA.user_id), ("use_link", NOOR.user_id)]


@pytest.mark.usefixtures("app")
def test_looking_at_a_link_does_not_use_it():
    token = make()

    with acting_as(ANONYMOUS):
        seen = [links.peek(token, now=NOON).user_id for _ in range(3)]

    assert seen == [NOOR.user_id] * 3
    assert the(OneTimeLink).used_at is None


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("token", ["", "nonsense", "é" * 40, "x" * 10_000])
def test_a_token_that_never_was_says_the_same_as_a_used_one(token):
    with pytest.raises(NotFound, match=HOLLOW):
        use(token)


@pytest.mark.usefixtures("app")
def test_a_link_dies_after_a_day():
    token = make()

    with pytest.raises(NotFound, match=HOLLOW):
        use(token, NOON + 24 * HOUR)


@pytest.mark.usefixtures("app")
def test_three_links_are_open_at_most_and_the_oldest_dies():
    tokens = [make(now=NOON + number * HOUR) for number in range(5)]
    other = make(ZEKI)

    later = NOON + 5 * HOUR
    alive = [links.peek(token, now=later) is not None for token in (*tokens, other)]

    assert alive == [False, False, True, True, True, True]


@pytest.mark.usefixtures("app")
def test_using_one_link_kills_the_persons_others():
    first, second = make(), make()

    use(first)

    assert links.peek(second, now=NOON) is None


@pytest.mark.usefixtures("app")
def test_an_account_that_was_switched_off_has_no_links():
    token = make()
    with beyond_the_wall():
        the(accounts.User, accounts.User.id == NOOR.user_id).active = False
        db.session.flush()

    with pytest.raises(NotFound, match=HOLLOW):
        use(token)


@pytest.mark.usefixtures("app")
def test_a_weak_password_leaves_the_link_for_a_better_try():
    token = make()
    with beyond_the_wall():
        db.session.commit()

    with acting_as(ANONYMOUS):
        with pytest.raises(BadInput):
            accounts.use_link(token, "welkom123456", now=NOON)
        db.session.rollback()
        user = accounts.use_link(token, PASSWORD, now=NOON)

    assert accounts.check_sign_in(user.username, PASSWORD, demo_allowed=False) is user


def _race(url: str, token: str, start: Any, answers: Any) -> None:
    with small_app(url), acting_as(ANONYMOUS):
        start.wait()
        try:
            links.consume(token, now=NOON)
            db.session.commit()
            answers.put("in")
        except NotFound:
            answers.put("out")


def test_of_four_who_press_at_the_same_moment_one_gets_in(app, url):
    token = make()
    with beyond_the_wall():
        db.session.commit()
        db.session.remove()
    spawn = multiprocessing.get_context("spawn")
    start, answers = spawn.Barrier(4), spawn.Queue()
    racers = [spawn.Process(target=_race, args=(url, token, start, answers)) for _ in range(4)]

    for racer in racers:
        racer.start()
    said = sorted(answers.get(timeout=60) for _ in racers)
    for racer in racers:
        racer.join(30)

    assert said == ["in", "out", "out", "out"]
    assert len(every(OneTimeLink, OneTimeLink.used_at == NOON)) == 1
