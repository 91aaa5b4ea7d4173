"""Activities and their seats, also where the candidates come from several regions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import ActivityEffect, ActivityKind, RegistrationChannel, RegistrationState, Signal
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound
from app.extensions import db
from app.models import Activity, Candidate, ChangeLog, PersonToken, Registration
from app.queries import signals
from app.security.identity import Identity, acting_as
from app.services import activities
from tests.services.cast import (
    ADA,
    DAY,
    HOUR,
    NADIA,
    NOON,
    NOOR,
    ROTTERDAM,
    SAM,
    SCHOOL,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    logged,
    registered,
    scheduled,
    without,
)

R = RegistrationState
DESK, DOOR = RegistrationChannel.ADVISER, RegistrationChannel.WALK_IN


def signed_up(activity: Activity, candidate: Candidate, by: Identity = NOOR, now: Any = NOON) -> Registration:
    with acting_as(by):
        registration = activities.register(activity, candidate, channel=DESK, by=by, now=now)
        db.session.commit()
    return registration


def states() -> list[R]:
    """Of all registrations, in the order of the queue."""
    with beyond_the_wall():
        return list(db.session.scalars(sa.select(Registration.state).order_by(Registration.seq)))


def test_an_activity_is_announced_in_the_own_region() -> None:
    activity = Activity(title=" Open dag ", kind=ActivityKind.OPEN_DAY, starts_at=NOON + DAY)

    activities.schedule(activity, by=NOOR, now=NOON)
    db.session.commit()

    assert (activity.title, activity.region_id, activity.reg_seq, activity.created_at) == ("Open dag", UTRECHT, 0, NOON)
    assert logged()[-1][:2] == ("schedule_activity", "activity")


def test_a_school_announces_its_own_and_only_its_own() -> None:
    own = scheduled(by=SAM)
    theirs = Activity(title="Open dag", kind=ActivityKind.OPEN_DAY, starts_at=NOON + DAY, organisation_id=2, region_id=UTRECHT)

    with acting_as(SAM), pytest.raises(NotAllowed):
        activities.schedule(theirs, by=SAM, now=NOON)

    assert (own.organisation_id, own.region_id) == (SCHOOL, UTRECHT)


@pytest.mark.parametrize("by", [ZEKI, ADA, without(NOOR, "manage_activities"), without(SAM, "manage_activities")])
def test_nobody_else_announces_changes_or_cancels(open_day: Activity, by: Identity) -> None:
    fresh = Activity(title="Open dag", kind=ActivityKind.OPEN_DAY, starts_at=NOON + DAY, region_id=UTRECHT)
    for act in (
        lambda: activities.schedule(fresh, by=by, now=NOON),
        lambda: activities.change(open_day, by=by, now=NOON),
        lambda: activities.cancel(open_day, "Ziek", by=by, now=NOON),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "  "}, "Give the activity a title."),
        ({"starts_at": None}, "Say when the activity starts."),
        ({"starts_at": NOON + 800 * DAY}, "This activity would be more than a year ago or two years ahead. Check the year."),
        ({"starts_at": NOON - 400 * DAY}, "This activity would be more than a year ago or two years ahead. Check the year."),
        ({"ends_at": NOON}, "An activity ends after it starts."),
        ({"closes_at": NOON + 9 * DAY}, "Registration closes before the activity is over."),
        ({"capacity": -1}, "Write the number of places, or leave it empty when there is no limit."),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], sentence: str) -> None:
    given = {"title": "Open dag", "kind": ActivityKind.OPEN_DAY, "starts_at": NOON + 7 * DAY} | fields

    with pytest.raises(BadInput) as refused:
        activities.schedule(Activity(**given), by=NOOR, now=NOON)

    assert str(refused.value) == sentence


def test_the_first_gets_the_place_and_the_second_waits(open_day: Activity, anna: Candidate) -> None:
    first = signed_up(open_day, anna)
    second = signed_up(open_day, registered("Bart"))

    assert [(row.state, row.seq, row.channel) for row in (first, second)] == [(R.CONFIRMED, 1, DESK), (R.WAITLISTED, 2, DESK)]
    assert (open_day.reg_seq, activities.seats_taken(open_day)) == (2, 1)
    assert logged()[-1][:2] == ("register_for_activity", "registration")


def test_seats_of_other_regions_are_taken_too(anna: Candidate) -> None:
    national = scheduled(by=NADIA, capacity=1)
    signed_up(national, registered("Bart", by=ZEKI), by=ZEKI)

    registration = signed_up(national, anna)

    assert registration.state is R.WAITLISTED


def test_without_a_limit_there_is_always_room(anna: Candidate) -> None:
    webinar = scheduled(capacity=None)

    both = [signed_up(webinar, anna), signed_up(webinar, registered("Bart"))]

    assert [row.state for row in both] == [R.CONFIRMED, R.CONFIRMED]


def test_nobody_jumps_the_queue_when_a_seat_is_free(open_day: Activity, anna: Candidate) -> None:
    signed_up(open_day, anna)
    signed_up(open_day, registered("Bart"))
    with beyond_the_wall():  # a second seat that nobody handed out
        db.session.execute(sa.update(Activity).values(capacity=2))

    third = signed_up(open_day, registered("Cem"))

    assert third.state is R.WAITLISTED


def test_one_person_has_one_registration(open_day: Activity, anna: Candidate) -> None:
    signed_up(open_day, anna)

    with pytest.raises(BadInput) as refused:
        activities.register(open_day, anna, channel=DESK, by=NOOR, now=NOON)

    assert str(refused.value) == f"{anna.number} is registered for this activity already."


def test_who_cancelled_may_come_back_at_the_end(open_day: Activity, anna: Candidate) -> None:
    activities.set_state(signed_up(open_day, anna), R.CANCELLED, by=NOOR, now=NOON)
    signed_up(open_day, registered("Bart"))

    again = signed_up(open_day, anna)

    assert (again.state, states()) == (R.WAITLISTED, [R.CANCELLED, R.CONFIRMED, R.WAITLISTED])


def test_a_cancelled_place_goes_to_the_first_who_waits(open_day: Activity, anna: Candidate) -> None:
    first = signed_up(open_day, anna)
    second = signed_up(open_day, registered("Bart"))
    signed_up(open_day, registered("Cem"))

    activities.set_state(first, R.CANCELLED, by=NOOR, now=NOON + HOUR)
    db.session.commit()

    assert states() == [R.CANCELLED, R.CONFIRMED, R.WAITLISTED]
    assert (second.state, second.state_at, second.version) == (R.CONFIRMED, NOON + HOUR, 2)
    assert [row[0] for row in logged()[-2:]] == ["set_registration", "promote_registration"]


def test_a_place_goes_to_somebody_of_a_region_one_does_not_see(anna: Candidate) -> None:
    national = scheduled(by=NADIA, capacity=1)
    first = signed_up(national, anna)
    bart = registered("Bart", by=ZEKI)
    signed_up(national, bart, by=ZEKI)

    activities.set_state(first, R.CANCELLED, by=NOOR, now=NOON)
    db.session.commit()

    assert states() == [R.CANCELLED, R.CONFIRMED]
    with beyond_the_wall():
        token = db.session.scalar(sa.select(PersonToken.token).where(PersonToken.candidate_id == bart.id))
        entry = db.session.scalars(sa.select(ChangeLog).where(ChangeLog.verb == "promote_registration")).one()
        assert (entry.subject, entry.region_id, entry.actor_id) == (token, ROTTERDAM, NOOR.user_id)
    assert db.session.scalars(sa.select(Registration.candidate_id)).all() == [anna.id]


@pytest.mark.parametrize("closed", [{"closes_at": NOON + HOUR}, {"starts_at": NOON + HOUR}])
def test_nobody_moves_up_once_registration_has_closed(anna: Candidate, closed: dict[str, Any]) -> None:
    activity = scheduled(capacity=1, **closed)
    first = signed_up(activity, anna)
    signed_up(activity, registered("Bart"))

    activities.set_state(first, R.CANCELLED, by=NOOR, now=NOON + 2 * HOUR)

    assert states() == [R.CANCELLED, R.WAITLISTED]


def test_after_closing_only_the_organiser_adds_people(anna: Candidate) -> None:
    activity = scheduled(capacity=5, starts_at=NOON)

    with pytest.raises(BadInput) as refused:
        activities.register(activity, anna, channel=DESK, by=NOOR, now=NOON + HOUR)
    walk_in = activities.register(activity, anna, channel=DOOR, by=NOOR, now=NOON + HOUR)

    assert str(refused.value) == "Registration for this activity has closed. Its organiser can still add somebody."
    assert walk_in.state is R.CONFIRMED


def test_a_desk_that_does_not_organise_adds_nobody_at_the_door(anna: Candidate) -> None:
    national = scheduled(by=NADIA)

    with pytest.raises(NotAllowed):
        activities.register(national, anna, channel=DOOR, by=NOOR, now=NOON)


def test_more_places_go_to_who_waits_and_fewer_put_nobody_out(open_day: Activity, anna: Candidate) -> None:
    for candidate in (anna, registered("Bart"), registered("Cem"), registered("Dao")):
        signed_up(open_day, candidate)

    open_day.capacity = 3
    activities.change(open_day, by=NOOR, now=NOON)
    more = states()
    open_day.capacity = 1
    activities.change(open_day, by=NOOR, now=NOON)

    assert more == [R.CONFIRMED, R.CONFIRMED, R.CONFIRMED, R.WAITLISTED]
    assert states() == more
    assert logged()[-1] == ("change_activity", "activity", ["capacity"])


def test_no_limit_any_more_lets_everybody_in(open_day: Activity, anna: Candidate) -> None:
    for candidate in (anna, registered("Bart"), registered("Cem")):
        signed_up(open_day, candidate)
    open_day.capacity = None

    activities.change(open_day, by=NOOR, now=NOON)

    assert states() == [R.CONFIRMED] * 3


def test_a_school_makes_room_for_candidates_it_does_not_see(anna: Candidate) -> None:
    theirs = scheduled(by=SAM, capacity=0)
    signed_up(theirs, anna)

    with acting_as(SAM):
        theirs.capacity = 2
        activities.change(theirs, by=SAM, now=NOON)
        db.session.commit()

    assert states() == [R.CONFIRMED]


def test_a_cancelled_activity_revokes_every_registration(open_day: Activity, anna: Candidate) -> None:
    first = signed_up(open_day, anna)
    signed_up(open_day, registered("Bart"))

    activities.cancel(open_day, " Te weinig docenten ", by=NOOR, now=NOON)
    db.session.commit()

    assert (open_day.cancelled_at, open_day.cancel_reason) == (NOON, "Te weinig docenten")
    assert (first.state, states()) == (R.REVOKED, [R.REVOKED, R.REVOKED])


def test_what_is_cancelled_stays_so(open_day: Activity, anna: Candidate) -> None:
    with pytest.raises(BadInput):
        activities.cancel(open_day, " ", by=NOOR, now=NOON)
    activities.cancel(open_day, "Ziek", by=NOOR, now=NOON)

    for act in (
        lambda: activities.cancel(open_day, "Ziek", by=NOOR, now=NOON),
        lambda: activities.change(open_day, by=NOOR, now=NOON),
        lambda: activities.register(open_day, anna, channel=DESK, by=NOOR, now=NOON),
    ):
        with pytest.raises(IllegalTransition) as refused:
            act()
        assert str(refused.value) == "This activity was cancelled."


def test_attendance_is_noted_from_the_day_itself(open_day: Activity, anna: Candidate) -> None:
    registration = signed_up(open_day, anna)

    with pytest.raises(BadInput) as refused:
        activities.set_state(registration, R.ATTENDED, by=NOOR, now=NOON)
    activities.set_state(registration, R.ATTENDED, by=NOOR, now=NOON + timedelta(days=7))
    activities.set_state(registration, R.NO_SHOW, by=NOOR, now=NOON + timedelta(days=8))

    assert str(refused.value) == "Attendance can be noted from the day of the activity."
    assert registration.state is R.NO_SHOW


def test_what_an_activity_did_to_the_decision_is_noted_of_who_was_there_and_asks_for_attention(open_day: Activity, anna: Candidate) -> None:
    registration, after = signed_up(open_day, anna), NOON + timedelta(days=8)
    with pytest.raises(BadInput):
        activities.note_effect(registration, ActivityEffect.NEGATIVE, by=NOOR, now=after)
    activities.set_state(registration, R.ATTENDED, by=NOOR, now=NOON + timedelta(days=7))

    for _ in range(2):
        activities.note_effect(registration, ActivityEffect.NEGATIVE, by=NOOR, now=after)
    db.session.commit()

    at = signals.moment(db.session, after, after.date())
    assert Signal.NEGATIVE_EVALUATION in signals.of(db.session, [anna.id], at)[anna.id]
    assert [row[0] for row in logged()][-2:] == ["set_registration", "note_effect"]
    with acting_as(ZEKI), pytest.raises(NotAllowed):
        activities.note_effect(registration, None, by=ZEKI, now=after)


def test_a_step_that_the_table_does_not_list_is_refused(open_day: Activity, anna: Candidate) -> None:
    registration = signed_up(open_day, anna)
    activities.set_state(registration, R.CANCELLED, by=NOOR, now=NOON)

    with pytest.raises(IllegalTransition) as refused:
        activities.set_state(registration, R.CONFIRMED, by=NOOR, now=NOON)

    assert str(refused.value) == "A registration that is “cancelled” cannot become “registered”."


def test_by_hand_too_the_queue_is_kept_and_no_seat_is_given_twice(anna: Candidate) -> None:
    activity = scheduled(capacity=1, closes_at=NOON + HOUR)
    first = signed_up(activity, anna)
    second, third = (signed_up(activity, registered(name)) for name in ("Bart", "Cem"))

    with pytest.raises(BadInput) as full:
        activities.set_state(second, R.CONFIRMED, by=NOOR, now=NOON)
    activities.set_state(first, R.CANCELLED, by=NOOR, now=NOON + 2 * HOUR)
    with pytest.raises(BadInput) as out_of_turn:
        activities.set_state(third, R.OFFERED, by=NOOR, now=NOON + 2 * HOUR)
    activities.set_state(second, R.OFFERED, by=NOOR, now=NOON + 2 * HOUR)

    assert str(full.value) == "There is no free place. Somebody has to cancel first, or the number of places has to go up."
    assert str(out_of_turn.value) == "Somebody else has waited longer. Offer them the place first."
    assert states() == [R.CANCELLED, R.OFFERED, R.WAITLISTED]


def test_the_organiser_notes_attendance_of_candidates_elsewhere_and_may_revoke() -> None:
    national = scheduled(by=NADIA, capacity=2)
    bart = signed_up(national, registered("Bart", by=ZEKI), by=ZEKI)

    with acting_as(ZEKI), pytest.raises(NotAllowed):
        activities.set_state(bart, R.REVOKED, by=ZEKI, now=NOON)
    with acting_as(NADIA):
        activities.set_state(bart, R.REVOKED, by=NADIA, now=NOON)
        db.session.commit()

    assert states() == [R.REVOKED]


@pytest.mark.parametrize("by", [SAM, ADA, without(NOOR, "manage_activities")])
def test_nobody_else_registers(open_day: Activity, anna: Candidate, by: Identity) -> None:
    registration = signed_up(open_day, anna)

    with pytest.raises(NotAllowed):
        activities.set_state(registration, R.CANCELLED, by=by, now=NOON)
    with pytest.raises(NotAllowed):
        activities.register(open_day, registered("Bart"), channel=DESK, by=by, now=NOON)


def test_what_one_does_not_see_is_not_there(open_day: Activity, anna: Candidate) -> None:
    bart = registered("Bart", by=ZEKI)
    registration = signed_up(open_day, anna)

    with acting_as(ZEKI):
        for act in (
            lambda: activities.register(open_day, bart, channel=DESK, by=ZEKI, now=NOON),
            lambda: activities.set_state(registration, R.CANCELLED, by=ZEKI, now=NOON),
        ):
            with pytest.raises(NotFound):
                act()
    with pytest.raises(NotFound):
        activities.register(open_day, bart, channel=DESK, by=NOOR, now=NOON)


def test_the_mutex_itself_gives_nothing_to_who_does_not_see_the_activity(open_day: Activity) -> None:
    before = open_day.reg_seq
    bart = registered("Bart", by=ZEKI)

    with acting_as(ZEKI), pytest.raises(NotFound):
        activities.register(open_day, bart, channel=DESK, by=ZEKI, now=NOON)

    db.session.expire_all()
    assert open_day.reg_seq == before
