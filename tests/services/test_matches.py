"""Matches: proposed, moved, fallen through; each move with its event."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import TRANSITIONS, Holder, LeaveReason, MatchParty, MatchState, Status, TaskKind
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound, Stale
from app.extensions import db
from app.models import Candidate, Match, MatchEvent, Organisation
from app.security.identity import Identity, acting_as
from app.services import candidates, matches
from tests.services.cast import (
    ADA,
    CLOSED_SCHOOL,
    HOUR,
    NOON,
    NOOR,
    PROGRAMME,
    PROVIDER,
    SAM,
    SCHOOL,
    UTRECHT,
    ZEKI,
    logged,
    open_tasks,
    profile,
    registered,
    without,
)


def proposed(candidate: Candidate, **fields: Any) -> Match:
    return matches.propose(Match(candidate_id=candidate.id, **({"organisation_id": SCHOOL} | fields)), by=NOOR, now=NOON)


def events() -> list[tuple[Any, ...]]:
    rows = db.session.scalars(sa.select(MatchEvent).order_by(MatchEvent.id))
    return [(row.state, row.at, row.by_id, row.region_id, row.reason) for row in rows]


def test_a_proposal_leaves_an_event(anna: Candidate) -> None:
    match = proposed(anna, state=MatchState.PLACED)
    db.session.commit()

    assert (match.state, match.state_at, match.created_at, match.region_id) == (MatchState.PROPOSED, NOON, NOON, UTRECHT)
    assert events() == [(MatchState.PROPOSED, NOON, NOOR.user_id, UTRECHT, None)]
    assert logged()[-1][:2] == ("propose_match", "candidate_match")


def test_a_form_may_name_the_organisation_by_its_row(anna: Candidate) -> None:
    school = db.session.scalars(sa.select(Organisation).where(Organisation.id == SCHOOL)).one()

    with db.session.no_autoflush:
        match = matches.propose(Match(candidate_id=anna.id, organisation=school), by=NOOR, now=NOON)

    assert match.organisation_id == SCHOOL


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"organisation_id": CLOSED_SCHOOL}, "De Oude School does not take part any more."),
        ({"organisation_id": SCHOOL, "programme_id": PROGRAMME}, "This programme is not one of De Brug."),
        ({"organisation_id": PROVIDER, "programme_id": 99}, "This programme is not one of Hogeschool Maas."),
    ],
)
def test_a_match_that_cannot_be_is_refused(anna: Candidate, fields: dict[str, int], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        proposed(anna, **fields)

    assert str(refused.value) == sentence


def test_the_same_match_is_not_proposed_twice_until_it_fell_through(anna: Candidate) -> None:
    first = proposed(anna)
    with pytest.raises(BadInput) as refused:
        proposed(anna)
    matches.move(first, MatchState.FELL_THROUGH, reason="Te ver", party=MatchParty.CANDIDATE, by=NOOR, now=NOON)

    again = proposed(anna)

    assert str(refused.value) == f"{anna.number} has this match already."
    assert again.id != first.id


def test_two_programmes_of_one_institute_are_two_matches(anna: Candidate) -> None:
    proposed(anna, organisation_id=PROVIDER)

    match = proposed(anna, organisation_id=PROVIDER, programme_id=PROGRAMME)

    assert match.programme_id == PROGRAMME


def test_an_organisation_that_is_not_there_is_not_found(anna: Candidate) -> None:
    with pytest.raises(NotFound):
        proposed(anna, organisation_id=99)


def test_every_move_leaves_an_event(anna: Candidate) -> None:
    match = proposed(anna)

    for state in (MatchState.MUTUAL, MatchState.MEETING_PLANNED, MatchState.MEETING_HELD, MatchState.PLACED):
        matches.move(match, state, by=NOOR, now=NOON + HOUR)

    assert [event[0] for event in events()] == [
        MatchState.PROPOSED, MatchState.MUTUAL, MatchState.MEETING_PLANNED, MatchState.MEETING_HELD, MatchState.PLACED,
    ]  # fmt: skip
    assert (match.state, match.state_at, match.version) == (MatchState.PLACED, NOON + HOUR, 5)


@pytest.mark.parametrize("stands", MatchState)
def test_only_the_moves_of_the_table_are_made(anna: Candidate, stands: MatchState) -> None:
    done = set()
    for to in MatchState:
        match = Match(
            candidate_id=anna.id, region_id=UTRECHT, organisation_id=SCHOOL, state=stands, state_at=NOON, created_at=NOON
        )  # fmt: skip
        db.session.add(match)
        db.session.flush()
        try:
            matches.move(match, to, reason="Te ver", party=MatchParty.BOTH, by=NOOR, now=NOON)
            done.add(to)
        except IllegalTransition:
            pass

    assert done == TRANSITIONS[MatchState][stands]


@pytest.mark.parametrize(("party", "reason"), [(None, "Te ver"), (MatchParty.BOTH, None), (MatchParty.BOTH, "  ")])
def test_falling_through_asks_by_whom_and_why(anna: Candidate, party: MatchParty | None, reason: str | None) -> None:
    match = proposed(anna)

    with pytest.raises(BadInput) as refused:
        matches.move(match, MatchState.FELL_THROUGH, reason=reason, party=party, by=NOOR, now=NOON)

    assert str(refused.value) == "Say by whom this match fell through, and why."


def test_who_fell_through_is_spoken_to_within_five_working_days(anna: Candidate) -> None:
    candidates.assign(anna, profile(NOOR), by=NOOR, now=NOON)
    match = proposed(anna)

    matches.move(match, MatchState.FELL_THROUGH, reason="Te ver", party=MatchParty.CANDIDATE, back_in_pool=False, by=NOOR, now=NOON)

    assert (match.fell_through_by, match.fell_through_reason, match.back_in_pool) == (MatchParty.CANDIDATE, "Te ver", False)
    assert events()[-1][-1] == "Te ver"
    task = open_tasks(anna)[-1]
    assert (task.title, task.due_on) == ("Talk about the match with De Brug that fell through", date(2026, 12, 1))
    assert (task.kind, task.holder, task.owner_id) == (TaskKind.FOLLOW_UP, Holder.ADVISER, NOOR.user_id)


def test_without_a_lead_adviser_the_follow_up_is_the_inboxs(anna: Candidate) -> None:
    match = proposed(anna)

    matches.move(match, MatchState.FELL_THROUGH, reason="Te ver", party=MatchParty.ORGANISATION, by=NOOR, now=NOON)

    assert [(task.holder, task.owner_id) for task in open_tasks(anna)] == [(Holder.DESK, None), (Holder.DESK, None)]


def test_a_closed_file_gets_no_follow_up(anna: Candidate) -> None:
    match = proposed(anna)
    candidates.set_status(anna, Status.LEFT, expected=0, leave_reason=LeaveReason.MOVED, by=NOOR, now=NOON)

    matches.move(match, MatchState.FELL_THROUGH, reason="Verhuisd", party=MatchParty.CANDIDATE, by=NOOR, now=NOON)

    assert open_tasks(anna) == []


def test_the_second_of_two_moves_is_told(anna: Candidate) -> None:
    match = proposed(anna)
    matches.move(match, MatchState.MUTUAL, expected=1, by=NOOR, now=NOON)

    with pytest.raises(Stale) as refused:
        matches.move(match, MatchState.MEETING_PLANNED, expected=1, by=NOOR, now=NOON)

    assert refused.value.now_at == 2


@pytest.mark.parametrize("by", [SAM, ADA, without(NOOR, "move_stage")])
def test_nobody_else_proposes_or_moves(anna: Candidate, by: Identity) -> None:
    match = proposed(anna)

    with pytest.raises(NotAllowed):
        matches.move(match, MatchState.MUTUAL, by=by, now=NOON)
    with pytest.raises(NotAllowed):
        matches.propose(Match(candidate_id=anna.id, organisation_id=PROVIDER), by=by, now=NOON)


def test_no_desk_matches_a_candidate_elsewhere(anna: Candidate) -> None:
    bart = registered("Bart", by=ZEKI)
    match = proposed(anna)

    with pytest.raises(NotFound):
        matches.propose(Match(candidate_id=bart.id, region_id=UTRECHT, organisation_id=SCHOOL), by=NOOR, now=NOON)
    with acting_as(ZEKI), pytest.raises(NotFound):
        matches.move(match, MatchState.MUTUAL, by=ZEKI, now=NOON)
