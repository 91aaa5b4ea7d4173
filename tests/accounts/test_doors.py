"""The accounts of candidates: made once, called by a number, and opened by nobody who may not."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from app.adapters import passwords
from app.enums import Role
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import Candidate, Delivery, Membership
from app.security.identity import acting_as, system_scope
from app.services import doors, knocks
from tests.accounts.cast import (
    CARLA,
    NADIA,
    NOON,
    NOOR,
    ROTTERDAM,
    SAM,
    UTRECHT,
    ZEKI,
    add_candidate,
    beyond_the_wall,
    every,
    small_app,
    the,
)

BOTH = True


def newcomer(number: str = "K-9", region: int = UTRECHT, email: str | None = "k9@example.test") -> int:
    with beyond_the_wall():
        key = add_candidate(region, lead=NOOR.user_id, number=number)
        db.session.execute(sa.update(Candidate).where(Candidate.id == key).values(email=email, email_norm=email))
        db.session.commit()
    return key


def opened(key: int, by: Any) -> None:
    with acting_as(by):
        knocks.open_for(the(Candidate, Candidate.id == key), by=by, now=NOON)
        db.session.commit()


@pytest.mark.usefixtures("app")
def test_the_desk_makes_one_account_and_one_mail_however_often_it_presses():
    key = newcomer()

    opened(key, NOOR), opened(key, CARLA)

    member, user = the(Membership, Membership.candidate_id == key), the(User, User.username == "k-9")
    assert (member.user_id, member.role, member.region_id) == (user.id, Role.CANDIDATE, UTRECHT)
    assert (user.email, user.password, user.active) == ("k-9@kandidaat.invalid", passwords.UNUSABLE, True)
    assert [(row.kind, row.candidate_id) for row in every(Delivery)] == [("sign_in", key)]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("by", [ZEKI, NADIA, SAM], ids=["another region", "national", "school"])
def test_who_does_not_keep_this_file_opens_no_door(by):
    key = newcomer()

    with acting_as(by), pytest.raises(NotAllowed):
        knocks.open_for(the(Candidate, Candidate.id == key), by=by, now=NOON)

    assert every(Membership, Membership.candidate_id == key) == []


@pytest.mark.usefixtures("app")
def test_a_file_without_an_address_has_no_door():
    key = newcomer(email=None)

    with acting_as(NOOR), pytest.raises(BadInput, match="no e-mail address"):
        knocks.open_for(the(Candidate, Candidate.id == key), by=NOOR, now=NOON)

    assert every(Membership, Membership.candidate_id == key) == []


@pytest.mark.usefixtures("app")
def test_an_account_that_was_switched_off_gets_no_link():
    key = newcomer()
    opened(key, NOOR)

    with beyond_the_wall():
        the(User, User.username == "k-9").active = False
        db.session.flush()
        made = doors.token(key, now=NOON)

    assert made is None


@pytest.mark.usefixtures("app")
def test_the_account_follows_the_file_to_another_region():
    key = newcomer()
    opened(key, NOOR)

    with beyond_the_wall():
        db.session.execute(sa.update(Candidate).where(Candidate.id == key).values(region_id=ROTTERDAM))
        db.session.commit()

    assert the(Membership, Membership.candidate_id == key).region_id == ROTTERDAM


def _race(url: str, key: int, start: Any, answers: Any) -> None:
    with small_app(url), system_scope():
        start.wait()
        answers.put(doors.token(key, now=NOON) is not None)
        db.session.commit()


def test_of_four_mails_that_leave_at_the_same_moment_one_makes_the_account(app, url):
    key = newcomer()
    db.session.remove()
    spawn = multiprocessing.get_context("spawn")
    start, answers = spawn.Barrier(4), spawn.Queue()
    racers = [spawn.Process(target=_race, args=(url, key, start, answers)) for _ in range(4)]

    for racer in racers:
        racer.start()
    said = [answers.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join(30)

    assert said == [True] * 4
    assert len(every(Membership, Membership.candidate_id == key)) == 1
