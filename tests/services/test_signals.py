"""Each signal says yes for who needs somebody, and no for everybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters import clock
from app.enums import (
    ActivityEffect,
    ConsentEvent,
    ConsentPurpose,
    HandoverKind,
    HandoverState,
    Holder,
    MatchParty,
    MatchState,
    RegistrationState,
    Signal,
    Stage,
    Status,
)
from app.extensions import db
from app.models import Candidate, Consent, Handover, Match, Registration, StageLimit
from app.queries import signals
from app.security.identity import acting_as
from tests.services.cast import CARLA, DAY, NOON, NOOR, PROVIDER, ROTTERDAM, SCHOOL, TODAY, UTRECHT, ZEKI, beyond_the_wall, scheduled

BEFORE = NOON - 3 * DAY


def seen(candidate: Candidate) -> list[Signal]:
    """The signals of this candidate, for whoever looks."""
    db.session.flush()
    db.session.expire_all()
    at = signals.moment(db.session, NOON, TODAY)
    return signals.of(db.session, [candidate.id], at).get(candidate.id, [])


def put(candidate: Candidate, **values: Any) -> None:
    """Write facts as history would have made them."""
    with beyond_the_wall():
        db.session.execute(sa.update(Candidate).where(Candidate.id == candidate.id).values(**values))
        db.session.flush()


def add(row: Any) -> None:
    with beyond_the_wall():
        db.session.add(row)
        db.session.flush()


def match_fell(candidate: Candidate, at: datetime) -> None:
    of = {"candidate_id": candidate.id, "region_id": UTRECHT, "organisation_id": SCHOOL, "created_at": at, "state_at": at}
    add(Match(**of, state=MatchState.FELL_THROUGH, fell_through_by=MatchParty.ORGANISATION, fell_through_reason="Anders"))


def handed_over(candidate: Candidate, at: datetime, **more: Any) -> None:
    of = {"candidate_id": candidate.id, "region_id": UTRECHT, "kind": HandoverKind.REFERRAL, "organisation_id": PROVIDER}
    made = {"from_region_id": UTRECHT, "created_at": at, "sent_at": at, "answer_by": clock.day(at), "state": HandoverState.SENT}
    add(Handover(**of, **{**made, **more}))


def withdrew(candidate: Candidate, at: datetime) -> None:
    of = {"candidate_id": candidate.id, "region_id": UTRECHT, "channel": "ONLINE", "text_version": "1.nl", "text_sha256": "0" * 64}
    add(Consent(**of, purpose=ConsentPurpose.FINDABLE, event=ConsentEvent.WITHDRAWN, at=at))


def test_somebody_with_a_next_step_in_time_asks_for_nothing(anna: Candidate) -> None:
    assert seen(anna) == []


@pytest.mark.parametrize(("days", "found"), [(-1, [Signal.OVERDUE]), (0, []), (1, [])])
def test_overdue_is_from_the_day_after_the_date(anna: Candidate, days: int, found: list[Signal]) -> None:
    put(anna, next_action_on=TODAY + days * DAY, holder=Holder.ADVISER, lead_adviser_id=NOOR.user_id)

    assert seen(anna) == found


def test_without_a_next_action_somebody_is_unheld(anna: Candidate) -> None:
    put(anna, next_action_on=None)

    assert seen(anna) == [Signal.UNHELD]


def test_in_the_inbox_beyond_the_promised_days_somebody_is_unheld_too(anna: Candidate) -> None:
    put(anna, next_action_on=TODAY - DAY, holder=Holder.DESK)

    assert seen(anna) == [Signal.OVERDUE, Signal.UNHELD]


@pytest.mark.parametrize("status", [Status.LEFT, Status.COMPLETED, Status.HANDED_OVER])
def test_who_is_closed_asks_for_nothing(anna: Candidate, status: Status) -> None:
    put(anna, next_action_on=TODAY - DAY, status=status)

    assert seen(anna) == []


@pytest.mark.parametrize("status", [Status.WAITING, Status.PAUSED])
@pytest.mark.parametrize(("days", "found"), [(-3, [Signal.OVERDUE]), (0, [Signal.OVERDUE]), (1, [])])
def test_who_waits_or_pauses_asks_for_attention_from_the_day_itself(
    anna: Candidate, status: Status, days: int, found: list[Signal]
) -> None:
    """Else nobody would ask how somebody is whose pause ended on a Saturday."""
    put(anna, next_action_on=TODAY + days * DAY, status=status, holder=Holder.DESK, stage_entered_at=NOON - 400 * DAY)

    assert seen(anna) == found


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, [Signal.OVERDUE, Signal.STALE]),
        ({"last_contact_at": NOON - 10 * DAY}, [Signal.OVERDUE]),
        ({"stage_entered_at": NOON - 10 * DAY}, [Signal.OVERDUE]),
        ({"next_action_on": TODAY}, []),
        ({"stage": Stage.TEACHING}, [Signal.OVERDUE]),
    ],
    ids=["silent", "contact", "new in this stage", "planned", "a stage that takes long"],
)
def test_stale_needs_a_long_stage_a_long_silence_and_no_plan(anna: Candidate, facts: dict[str, Any], found: list[Signal]) -> None:
    old = {"stage_entered_at": NOON - 60 * DAY, "last_contact_at": NOON - 60 * DAY, "next_action_on": TODAY - DAY}
    put(anna, holder=Holder.ADVISER, **{**old, **facts})

    assert seen(anna) == found


def test_a_region_has_its_own_limits(anna: Candidate) -> None:
    put(anna, holder=Holder.ADVISER, stage_entered_at=NOON - 12 * DAY, last_contact_at=NOON - 12 * DAY, next_action_on=TODAY - DAY)
    add(StageLimit(region_id=ROTTERDAM, stage=Stage.EXPLORING, days=1))
    elsewhere = seen(anna)
    add(StageLimit(region_id=UTRECHT, stage=Stage.EXPLORING, days=10))

    assert (elsewhere, seen(anna)) == ([Signal.OVERDUE], [Signal.OVERDUE, Signal.STALE])


def negative(candidate: Candidate, at: datetime) -> None:
    add_registration(candidate, at, ActivityEffect.NEGATIVE)


def add_registration(candidate: Candidate, at: datetime, effect: ActivityEffect) -> None:
    activity = scheduled(capacity=3)
    of = {"candidate_id": candidate.id, "region_id": UTRECHT, "activity_id": activity.id, "seq": 1, "channel": "ADVISER"}
    add(Registration(**of, state=RegistrationState.ATTENDED, created_at=at, state_at=at, effect=effect))


HAPPENED: dict[Signal, Callable[[Candidate, datetime], None]] = {
    Signal.MATCH_FELL_THROUGH: match_fell,
    Signal.HANDOVER_SLOW: handed_over,
    Signal.NEGATIVE_EVALUATION: negative,
    Signal.LEAVES: withdrew,
}


@pytest.mark.parametrize("signal", HAPPENED)
def test_what_happened_lately_asks_for_attention(anna: Candidate, signal: Signal) -> None:
    HAPPENED[signal](anna, BEFORE)

    assert seen(anna) == [signal]


@pytest.mark.parametrize("signal", [signal for signal in HAPPENED if signal is not Signal.HANDOVER_SLOW], ids=str)
def test_until_somebody_gets_in_touch(anna: Candidate, signal: Signal) -> None:
    HAPPENED[signal](anna, BEFORE)
    put(anna, last_contact_at=BEFORE + timedelta(hours=1))

    assert seen(anna) == []


def test_a_first_contact_ends_a_slow_handover(anna: Candidate) -> None:
    handed_over(anna, BEFORE, first_contact_at=NOON, state=HandoverState.FIRST_CONTACT)

    assert seen(anna) == []


def test_an_activity_that_helped_asks_for_nothing(anna: Candidate) -> None:
    add_registration(anna, BEFORE, ActivityEffect.POSITIVE)

    assert seen(anna) == []


def test_another_region_sees_no_signal(anna: Candidate) -> None:
    put(anna, next_action_on=None)

    with acting_as(ZEKI):
        there = seen(anna), signals.counts(db.session, signals.moment(db.session, NOON, TODAY))

    assert there == ([], dict.fromkeys(Signal, 0))


def test_the_counts_are_those_of_the_rows(anna: Candidate) -> None:
    put(anna, next_action_on=TODAY - DAY, holder=Holder.DESK)
    match_fell(anna, BEFORE)

    with acting_as(CARLA):
        found = signals.counts(db.session, signals.moment(db.session, NOON, TODAY))

    assert {signal: number for signal, number in found.items() if number} == dict.fromkeys(
        (Signal.OVERDUE, Signal.UNHELD, Signal.MATCH_FELL_THROUGH), 1
    )


def test_every_signal_has_its_query() -> None:
    assert set(signals.RULES) == set(Signal)
    assert set(signals.LIMITS) == set(Stage)
