"""Whose somebody is at the desk: taken from the inbox, handed on, shared, and what ends when somebody or a file goes."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from app.enums import Holder, LeaveReason, Stage, Status
from app.errors import BadInput, NotAllowed, NotFound, Stale
from app.extensions import db
from app.models import Candidate, CoAdviser, Membership, Region, StageLimit, UserProfile
from app.queries import advisees
from app.queries.signals import LIMITS
from app.security.identity import Identity, acting_as
from app.services import candidates, inbox, limits, members, sharing
from tests.services.cast import (
    ADA,
    CARLA,
    DAY,
    LEFT_LAST_YEAR,
    NOON,
    NOOR,
    PIET,
    ROTTERDAM,
    SAM,
    TODAY,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    logged,
    open_tasks,
    profile,
)


def own(person: Identity) -> set[int]:
    return set(db.session.scalars(sa.select(Candidate.id).where(advisees.own(person.user_id))))


def beside() -> list[tuple[int, int]]:
    with beyond_the_wall():
        return [(row.user_id, row.region_id) for row in db.session.scalars(sa.select(CoAdviser).order_by(CoAdviser.id))]


def test_who_takes_somebody_from_the_inbox_leads_them_and_has_the_task(anna: Candidate) -> None:
    sharing.claim(anna, by=NOOR, now=NOON)

    assert (anna.lead_adviser_id, anna.holder) == (NOOR.user_id, Holder.ADVISER)
    assert [task.owner_id for task in open_tasks(anna)] == [NOOR.user_id]
    assert own(NOOR) == {anna.id}


def test_taking_what_is_ones_own_changes_nothing(anna: Candidate) -> None:
    sharing.claim(anna, by=NOOR, now=NOON)
    before = (anna.stage_seq, logged())

    sharing.claim(anna, expected=0, by=NOOR, now=NOON)

    assert (anna.stage_seq, logged()) == before


def test_who_comes_second_is_told_who_has_them(anna: Candidate) -> None:
    sharing.claim(anna, by=NOOR, now=NOON)

    with pytest.raises(Stale) as refused:
        sharing.claim(anna, by=PIET, now=NOON)

    assert (refused.value.now_at, "Person 1" in str(refused.value)) == (NOOR.user_id, True)


def test_a_colleague_who_gets_somebody_gets_a_task_with_the_note(anna: Candidate) -> None:
    sharing.claim(anna, by=NOOR, now=NOON)

    sharing.hand(anna, profile(PIET), "  Belt liever\n's avonds ", by=NOOR, now=NOON)
    sharing.hand(anna, profile(PIET), "Belt liever 's avonds", by=NOOR, now=NOON)

    told = [(task.title, task.due_on, task.owner_id) for task in open_tasks(anna)]
    assert ("Taken over from Person 1: Belt liever 's avonds", date(2026, 11, 25), PIET.user_id) in told
    assert len(told) == 2


def test_a_closed_file_is_handed_on_without_a_task(anna: Candidate) -> None:
    candidates.set_status(anna, Status.LEFT, expected=0, leave_reason=LeaveReason.MOVED, by=NOOR, now=NOON)

    sharing.hand(anna, profile(PIET), by=NOOR, now=NOON)

    assert (anna.lead_adviser_id, open_tasks(anna)) == (PIET.user_id, [])


def test_a_note_that_is_too_long_and_somebody_from_elsewhere_are_refused(anna: Candidate) -> None:
    with pytest.raises(BadInput):
        sharing.hand(anna, profile(PIET), "x" * (sharing.LONGEST_NOTE + 1), by=NOOR, now=NOON)
    with beyond_the_wall():
        there = profile(ZEKI)
    for verb in (sharing.hand, sharing.share):
        with pytest.raises(BadInput):
            verb(anna, there, by=NOOR, now=NOON)

    assert (anna.lead_adviser_id, beside()) == (None, [])


def test_sharing_twice_is_once_and_stopping_ends_it(anna: Candidate) -> None:
    for _ in range(2):
        sharing.share(anna, profile(PIET), by=NOOR, now=NOON)
    shared = own(PIET)
    for _ in range(2):
        sharing.stop(anna, profile(PIET), by=NOOR, now=NOON)

    assert (shared, own(PIET)) == ({anna.id}, set())
    assert [line[0] for line in logged()[-2:]] == ["share_candidate", "stop_sharing"]


def test_who_leads_looks_along_no_more(anna: Candidate) -> None:
    sharing.share(anna, profile(PIET), by=NOOR, now=NOON)

    sharing.claim(anna, by=PIET, now=NOON)
    with pytest.raises(BadInput):
        sharing.share(anna, profile(PIET), by=NOOR, now=NOON)

    assert beside() == []


@pytest.mark.parametrize("by", [ZEKI, SAM, ADA])
def test_nobody_else_takes_hands_or_shares(anna: Candidate, by: Identity) -> None:
    piet = profile(PIET)
    with pytest.raises((NotAllowed, NotFound)):
        sharing.claim(anna, by=by, now=NOON)
    for verb in (sharing.hand, sharing.share, sharing.stop):
        with pytest.raises((NotAllowed, NotFound)):
            verb(anna, piet, by=by, now=NOON)


def test_another_desk_sees_no_sharing(anna: Candidate) -> None:
    sharing.share(anna, profile(PIET), by=NOOR, now=NOON)
    db.session.commit()

    with acting_as(ZEKI):
        assert db.session.scalars(sa.select(CoAdviser)).all() == []


def test_when_a_membership_ends_looking_along_ends_with_it(anna: Candidate) -> None:
    sharing.share(anna, profile(PIET), by=NOOR, now=NOON)
    sharing.share(anna, profile(CARLA), by=NOOR, now=NOON)
    db.session.commit()
    with acting_as(CARLA):
        piets = db.session.scalars(sa.select(Membership).where(Membership.user_id == PIET.user_id)).one()
        members.end(piets, ends_on=TODAY - DAY, by=CARLA, now=NOON)
        db.session.commit()

    assert beside() == [(CARLA.user_id, UTRECHT)]
    assert logged()[-1][:2] == ("stop_sharing", "candidate")


def test_when_a_file_moves_to_another_region_nobody_of_the_old_one_looks_along(anna: Candidate) -> None:
    sharing.share(anna, profile(PIET), by=NOOR, now=NOON)
    db.session.commit()

    with beyond_the_wall():
        inbox.move_file(anna.id, ROTTERDAM, sender="Utrecht", by=NOOR, now=NOON)
        db.session.commit()

    assert beside() == []


def test_who_left_the_desk_cannot_be_shared_with(anna: Candidate) -> None:
    gone = db.session.scalars(sa.select(UserProfile).where(UserProfile.user_id == LEFT_LAST_YEAR)).one()

    with pytest.raises(BadInput):
        sharing.share(anna, gone, by=NOOR, now=NOON)


# -- the limits of a region --


def region() -> Region:
    return db.session.scalars(sa.select(Region).where(Region.id == UTRECHT)).one()


def test_a_coordinator_sets_the_limits_of_the_region_and_goes_back() -> None:
    with acting_as(CARLA):
        limits.change(region(), {Stage.DECIDING: 10, Stage.TEACHING: LIMITS[Stage.TEACHING]}, seen={}, by=CARLA, now=NOON)
        own_now = limits.of_region(region())
        limits.change(region(), {}, seen=own_now, by=CARLA, now=NOON)

        assert (own_now, limits.of_region(region())) == ({Stage.DECIDING: 10}, {})
    assert [line[:2] for line in logged()] == [("set_limits", "region")] * 2


@pytest.mark.parametrize("days", [0, -1, 731])
def test_a_limit_lies_within_two_years(days: int) -> None:
    with acting_as(CARLA), pytest.raises(BadInput):
        limits.change(region(), {Stage.DECIDING: days}, seen={}, by=CARLA, now=NOON)


def test_the_second_of_two_who_change_the_limits_is_told_unless_they_say_the_same() -> None:
    with acting_as(CARLA):
        limits.change(region(), {Stage.DECIDING: 10}, seen={}, by=CARLA, now=NOON)
        limits.change(region(), {Stage.DECIDING: 10}, seen={}, by=CARLA, now=NOON)

        with pytest.raises(Stale) as refused:
            limits.change(region(), {Stage.DECIDING: 20}, seen={}, by=CARLA, now=NOON)

        assert refused.value.now_at == {Stage.DECIDING: 10}


def test_an_adviser_and_another_region_set_no_limits() -> None:
    for by in (NOOR, ZEKI, SAM):
        with acting_as(by), pytest.raises((NotAllowed, NotFound)):
            limits.change(Region(id=UTRECHT, name="Utrecht"), {Stage.DECIDING: 10}, seen={}, by=by, now=NOON)
    with beyond_the_wall():
        assert db.session.scalars(sa.select(StageLimit)).all() == []
