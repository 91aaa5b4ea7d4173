"""Conversations: who writes them down, what they say about contact, and what may not stand in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import SessionKind
from app.errors import BadInput, NotAllowed, NotFound
from app.extensions import db
from app.models import AdviceSession, Candidate
from app.security.identity import Identity, acting_as
from app.services import advice
from tests.services.cast import ADA, CARLA, DAY, HOUR, NOON, NOOR, SAM, UTRECHT, ZEKI, logged, profile, registered, without


def held(candidate: Candidate, at: datetime = NOON - HOUR, **fields: Any) -> AdviceSession:
    return AdviceSession(candidate_id=candidate.id, held_at=at, kinds=frozenset({SessionKind.PHONE}), **fields)


def test_a_conversation_counts_as_contact(anna: Candidate) -> None:
    session = advice.record(held(anna, summary="Goed gesprek", notes="Twijfelt"), by=NOOR, now=NOON)
    db.session.commit()

    assert (session.region_id, session.adviser_id, session.created_at) == (UTRECHT, NOOR.user_id, NOON)
    assert anna.last_contact_at == NOON - HOUR
    assert logged()[-1][:2] == ("record_session", "advice_session")


def test_writing_down_an_older_conversation_does_not_set_contact_back(anna: Candidate) -> None:
    advice.record(held(anna), by=NOOR, now=NOON)

    advice.record(held(anna, NOON - 9 * DAY), by=NOOR, now=NOON)

    assert anna.last_contact_at == NOON - HOUR


def test_a_corrected_moment_corrects_the_last_contact(anna: Candidate) -> None:
    session = advice.record(held(anna), by=NOOR, now=NOON)
    advice.record(held(anna, NOON - 9 * DAY), by=NOOR, now=NOON)
    session.held_at = NOON - 20 * DAY

    advice.change(session, by=NOOR, now=NOON)

    assert anna.last_contact_at == NOON - 9 * DAY
    assert logged()[-1] == ("change_session", "advice_session", ["held_at"])


def test_a_report_that_should_not_be_there_goes_with_its_contact(anna: Candidate) -> None:
    session = advice.record(held(anna), by=NOOR, now=NOON)

    advice.remove(session, by=NOOR, now=NOON)

    assert (anna.last_contact_at, db.session.scalars(sa.select(AdviceSession)).all()) == (None, [])
    assert logged()[-1] == ("remove_session", "advice_session", [])


def test_a_report_may_be_of_a_colleague(anna: Candidate) -> None:
    session = held(anna, adviser=profile(CARLA))

    with db.session.no_autoflush:
        advice.record(session, by=NOOR, now=NOON)

    assert session.adviser_id == CARLA.user_id


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"held_at": None}, "Say when the conversation was."),
        ({"held_at": datetime(1999, 12, 31, tzinfo=UTC)}, "This conversation would have been before 2000. Check the year."),
        ({"held_at": NOON + timedelta(days=2)}, "This conversation has not been held yet. Plan it as a next action instead."),
        ({"minutes": -5}, "Write the duration in minutes, at most a day."),
        ({"minutes": 1441}, "Write the duration in minutes, at most a day."),
        ({"adviser_id": ZEKI.user_id}, "This person does not work at the desk of this region. Choose somebody who does."),
    ],
)
def test_what_cannot_have_been_is_refused(anna: Candidate, fields: dict[str, Any], sentence: str) -> None:
    session = held(anna)
    for name, value in fields.items():
        setattr(session, name, value)

    with pytest.raises(BadInput) as refused:
        advice.record(session, by=NOOR, now=NOON)

    assert str(refused.value) == sentence


def test_a_guessed_number_of_another_region_is_not_there() -> None:
    bart = registered("Bart", by=ZEKI)

    with pytest.raises(NotFound):
        advice.record(AdviceSession(candidate_id=bart.id, region_id=UTRECHT, held_at=NOON), by=NOOR, now=NOON)


@pytest.mark.parametrize("by", [SAM, ADA, without(NOOR, "write_reports")])
def test_nobody_else_writes_changes_or_removes_reports(anna: Candidate, by: Identity) -> None:
    session = advice.record(held(anna), by=NOOR, now=NOON)
    for act in (
        lambda: advice.record(held(anna), by=by, now=NOON),
        lambda: advice.change(session, by=by, now=NOON),
        lambda: advice.remove(session, by=by, now=NOON),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_desk_elsewhere_finds_no_file_to_write_in(anna: Candidate) -> None:
    with acting_as(ZEKI), pytest.raises(NotFound):
        advice.record(held(anna), by=ZEKI, now=NOON)


def test_a_report_does_not_move_to_somebody_else(anna: Candidate) -> None:
    session = advice.record(held(anna), by=NOOR, now=NOON)
    session.candidate_id = registered("Bart").id

    with db.session.no_autoflush, pytest.raises(BadInput):
        advice.change(session, by=NOOR, now=NOON)


@pytest.mark.parametrize(
    ("summary", "notes", "is_warned"),
    [("BSN 111222333", None, True), (None, "111222333", True), ("Belt op 0612345678", "123456789", False), (None, None, False)],
)
def test_a_bsn_in_either_text_gives_a_warning(summary: str | None, notes: str | None, is_warned: bool) -> None:
    warning = advice.bsn_warning(AdviceSession(summary=summary, notes=notes))

    sentence = "A number in this text looks like a citizen service number (BSN). We do not keep those: take it out."
    assert warning == (sentence if is_warned else None)
