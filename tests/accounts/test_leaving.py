"""Nobody gets lost: what happens to the files when an adviser, or a whole region, goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import ActivityKind, Holder, RegistrationChannel, RegistrationState, Role, Sector, Status
from app.errors import BadInput, IllegalTransition, NotAllowed
from app.extensions import db
from app.models import (
    Activity,
    Candidate,
    ChangeLog,
    Membership,
    Region,
    RegionNeighbour,
    Registration,
    StageSpan,
    Task,
    WorkingArea,
)
from app.security.identity import Identity, acting_as
from app.services import members, regions
from tests.accounts.cast import (
    ADA,
    CARLA,
    FATIMA,
    GOOI,
    LANDELIJK,
    NOON,
    NOOR,
    ROTTERDAM,
    TODAY,
    TOMORROW,
    UTRECHT,
    YESTERDAY,
    ZEKI,
    add_candidate,
    add_membership,
    beyond_the_wall,
    every,
    the,
)

BOTH = True
pytestmark = pytest.mark.usefixtures("app")
IN_UTRECHT, IN_ROTTERDAM = 1, 2


def region(key: int) -> Region:
    return the(Region, Region.id == key)


def candidate(key: int) -> Candidate:
    return the(Candidate, Candidate.id == key)


def standing(key: int) -> tuple[Any, ...]:
    row = candidate(key)
    return (row.region_id, row.lead_adviser_id, row.holder, row.next_action_on, row.stage_seq)


def spans(key: int) -> list[tuple[Any, ...]]:
    rows = every(StageSpan, StageSpan.candidate_id == key)
    return [(row.seq, row.in_region_id, row.lead_adviser_id, row.entered_at, row.left_at) for row in rows]


def tasks(key: int) -> list[tuple[Any, ...]]:
    rows = every(Task, Task.candidate_id == key, Task.done_at.is_(None))
    return [(row.title, row.holder, row.owner_id, row.due_on) for row in rows]


def end_of(person: Identity, *, by: Identity, on: Any = TODAY, at: int = UTRECHT) -> None:
    membership = the(Membership, Membership.user_id == person.user_id, Membership.region_id == at)
    with acting_as(by):
        members.end(membership, ends_on=on, by=by, now=NOON)
        db.session.flush()


def leave(key: int, successor: int | None, *, by: Identity = ADA, on: Any = TODAY) -> int:
    with acting_as(by):
        moved = regions.leave(region(key), successor=region(successor) if successor else None, on=on, by=by, now=NOON)
        db.session.flush()
        return moved


@pytest.mark.parametrize("by", [CARLA, ADA])
def test_the_advisees_of_an_adviser_who_goes_are_in_the_inbox_with_a_span_and_a_dated_task(by):
    end_of(NOOR, by=by)

    friday = TODAY + timedelta(days=3)  # three working days
    assert standing(IN_UTRECHT) == (UTRECHT, None, Holder.DESK, friday, 1)
    assert spans(IN_UTRECHT) == [
        (0, UTRECHT, NOOR.user_id, NOON - timedelta(days=30), NOON),
        (1, UTRECHT, None, NOON, None),
    ]
    assert tasks(IN_UTRECHT) == [("Call", Holder.DESK, None, friday), ("Choose a new adviser", Holder.DESK, None, friday)]
    line = the(ChangeLog, ChangeLog.verb == "return_to_inbox")
    assert (line.subject, line.actor_id, line.region_id, line.fields) == ("token-1", by.user_id, UTRECHT, ["lead_adviser_id", "holder"])


def test_what_they_had_to_do_in_a_file_of_somebody_else_is_the_desks_and_that_file_follows():
    with beyond_the_wall():
        file = candidate(IN_UTRECHT)
        file.lead_adviser_id = None
        (task,) = every(Task, Task.candidate_id == IN_UTRECHT, Task.done_at.is_(None))
        task.due_on = file.next_action_on = TODAY + timedelta(days=20)
        db.session.commit()

    end_of(NOOR, by=CARLA)

    friday = TODAY + timedelta(days=3)
    assert tasks(IN_UTRECHT) == [("Call", Holder.DESK, None, friday)]
    assert standing(IN_UTRECHT) == (UTRECHT, None, Holder.DESK, friday, 0)


def test_the_files_of_others_stay_where_they_are():
    before = standing(IN_ROTTERDAM), spans(IN_ROTTERDAM), tasks(IN_ROTTERDAM)

    end_of(NOOR, by=CARLA)

    assert (standing(IN_ROTTERDAM), spans(IN_ROTTERDAM), tasks(IN_ROTTERDAM)) == before


def test_a_closed_file_loses_its_adviser_and_gets_no_task():
    with beyond_the_wall():
        closed = add_candidate(UTRECHT, lead=NOOR.user_id, status=Status.LEFT, number="K-9")

    end_of(NOOR, by=CARLA)

    assert standing(closed) == (UTRECHT, None, Holder.ADVISER, None, 1)
    assert tasks(closed) == []


def test_somebody_who_keeps_another_role_at_the_desk_keeps_the_files():
    with beyond_the_wall():
        add_membership(NOOR.user_id, Role.COORDINATOR, UTRECHT)
    adviser = the(Membership, Membership.user_id == NOOR.user_id, Membership.role == Role.ADVISER)

    with acting_as(CARLA):
        members.end(adviser, ends_on=TODAY, by=CARLA, now=NOON)

    assert standing(IN_UTRECHT)[1] == NOOR.user_id


def test_a_later_last_day_leaves_the_files_until_the_job_finds_it_passed():
    end_of(NOOR, by=CARLA, on=TOMORROW)
    with beyond_the_wall():
        too_early = members.settle_ended(by=Identity(), now=NOON + timedelta(days=1))
        assert (too_early, standing(IN_UTRECHT)[1]) == (0, NOOR.user_id)

        moved = [members.settle_ended(by=Identity(), now=NOON + timedelta(days=2)) for _ in range(2)]

    assert moved == [1, 0]
    assert standing(IN_UTRECHT)[1:3] == (None, Holder.DESK)


def test_a_refused_end_moves_nobody():
    with pytest.raises(NotAllowed):
        end_of(NOOR, by=NOOR)

    assert standing(IN_UTRECHT)[1] == NOOR.user_id


def test_open_files_move_whole_to_the_region_that_takes_over():
    with beyond_the_wall():
        closed = add_candidate(UTRECHT, lead=NOOR.user_id, status=Status.COMPLETED, number="K-9")

    moved = leave(UTRECHT, ROTTERDAM)

    friday = TODAY + timedelta(days=3)
    assert moved == 1
    assert standing(IN_UTRECHT) == (ROTTERDAM, None, Holder.DESK, friday, 1)
    assert [span[:3] for span in spans(IN_UTRECHT)] == [(0, UTRECHT, NOOR.user_id), (1, ROTTERDAM, None)]
    assert tasks(IN_UTRECHT) == [
        ("Call", Holder.DESK, None, friday),
        ("Take over from Regio Utrecht", Holder.DESK, None, friday),
    ]
    assert {row.region_id for model in (Task, StageSpan) for row in every(model, model.candidate_id == IN_UTRECHT)} == {ROTTERDAM}
    assert candidate(closed).region_id == UTRECHT
    assert the(ChangeLog, ChangeLog.verb == "take_over").subject == "token-1"


def test_the_candidates_own_access_moves_along_and_all_others_end():
    leave(UTRECHT, ROTTERDAM)

    own = the(Membership, Membership.candidate_id == IN_UTRECHT)
    assert (own.user_id, own.region_id, own.ends_on) == (FATIMA.user_id, ROTTERDAM, None)
    assert {row.ends_on for row in every(Membership, Membership.region_id == UTRECHT)} == {YESTERDAY}
    assert [row.region_id for row in every(Membership, Membership.user_id == CARLA.user_id, Membership.ends_on.is_(None))] == [GOOI]


def test_the_administrators_own_second_role_ends_too():
    with beyond_the_wall():
        own = add_membership(ADA.user_id, Role.ADVISER, UTRECHT)

    leave(UTRECHT, ROTTERDAM)

    assert the(Membership, Membership.id == own.id).ends_on == YESTERDAY


def test_coming_activities_are_cancelled_their_places_revoked_and_past_ones_kept():
    with beyond_the_wall():
        gone, coming = (plan(UTRECHT, days) for days in (-3, 3))
        taken = [sign_up(activity, RegistrationState.CONFIRMED) for activity in (gone, coming)]

    leave(UTRECHT, ROTTERDAM)

    assert [the(Activity, Activity.id == key).cancelled_at for key in (gone, coming)] == [None, NOON]
    assert [the(Registration, Registration.id == key).state.name for key in taken] == ["CONFIRMED", "REVOKED"]


def test_the_area_goes_to_the_successor_and_neighbours_forget_the_region():
    with beyond_the_wall():
        db.session.add(WorkingArea(region_id=UTRECHT, pc4_from=3500, pc4_to=3585))
        db.session.add_all(RegionNeighbour(region_id=a, neighbour_id=b) for a, b in ((UTRECHT, GOOI), (GOOI, UTRECHT), (GOOI, ROTTERDAM)))
        db.session.flush()

    leave(UTRECHT, ROTTERDAM)

    assert region(UTRECHT).left_on == TODAY
    assert [row.region_id for row in every(WorkingArea)] == [ROTTERDAM]
    assert [(row.region_id, row.neighbour_id) for row in every(RegionNeighbour)] == [(GOOI, ROTTERDAM)]


def test_a_region_with_open_files_needs_a_successor_and_one_without_does_not():
    with pytest.raises(BadInput):
        leave(UTRECHT, None)

    assert leave(GOOI, None) == 0
    assert region(UTRECHT).left_on is None
    assert standing(IN_UTRECHT)[0] == UTRECHT


@pytest.mark.parametrize(
    ("key", "successor", "on"), [(LANDELIJK, UTRECHT, TODAY), (UTRECHT, UTRECHT, TODAY), (UTRECHT, ROTTERDAM, TOMORROW)]
)
def test_what_cannot_leave_is_told_why(key, successor, on):
    with pytest.raises(BadInput):
        leave(key, successor, on=on)


def test_a_region_leaves_once_and_takes_nobody_over_afterwards():
    leave(GOOI, None)

    with pytest.raises(IllegalTransition):
        leave(GOOI, None)
    with pytest.raises(BadInput):
        leave(UTRECHT, GOOI)


@pytest.mark.parametrize("by", [CARLA, NOOR, ZEKI])
def test_only_an_administrator_lets_a_region_leave(by):
    with pytest.raises(NotAllowed):
        leave(UTRECHT, ROTTERDAM, by=by)


def plan(at: int, days: int) -> int:
    starts = NOON + timedelta(days=days)
    row = Activity(
        region_id=at, kind=ActivityKind.OPEN_DAY, title="Open", starts_at=starts, created_at=NOON - timedelta(days=9), sectors={Sector.PO}
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def sign_up(activity: int, state: RegistrationState) -> int:
    row = Registration(activity_id=activity, candidate_id=IN_UTRECHT, region_id=UTRECHT, seq=1, state=state)
    row.channel, row.created_at, row.state_at = RegistrationChannel.SELF, NOON, NOON
    db.session.add(row)
    db.session.flush()
    return row.id


def test_the_statements_do_not_grow_with_the_number_of_files():
    with beyond_the_wall():
        add_candidate(ROTTERDAM, lead=ZEKI.user_id, number="K-8")
        add_candidate(ROTTERDAM, lead=ZEKI.user_id, number="K-9")
        db.session.flush()

    assert counted(lambda: end_of(NOOR, by=ADA)) == counted(lambda: end_of(ZEKI, by=ADA, at=ROTTERDAM))


def counted(act: Any) -> int:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)
