"""What is true of every file of the demo."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app import models
from app.adapters import geo
from app.enums import (
    OPEN_STATUSES,
    SEATED_REGISTRATIONS,
    TRANSITIONS,
    Holder,
    MatchState,
    RegistrationState,
    Role,
    Source,
    Status,
)
from tests.demo.conftest import NOW, TODAY


def by_candidate(rows: list[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.candidate_id, []).append(row)
    return found


def test_no_key_points_nowhere(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_spans_of_a_candidate_follow_each_other_and_end_in_the_present(rows: Any) -> None:
    spans = by_candidate(rows(models.StageSpan))

    for candidate in rows(models.Candidate):
        own = sorted(spans[candidate.id], key=lambda span: span.seq)
        assert [span.seq for span in own] == list(range(len(own)))
        assert [span.left_at for span in own[:-1]] == [span.entered_at for span in own[1:]]
        assert all(span.left_at > span.entered_at for span in own[:-1])
        last = own[-1]
        assert last.left_at is None
        assert (last.stage, last.status, last.in_region_id, last.lead_adviser_id, last.seq) == (
            candidate.stage,
            candidate.status,
            candidate.region_id,
            candidate.lead_adviser_id,
            candidate.stage_seq,
        )
        assert own[0].entered_at == candidate.created_at
        assert candidate.stage_entered_at in [span.entered_at for span in own if span.stage is candidate.stage]
        assert last.entered_at <= NOW
        states = [(span.stage, span.status, span.in_region_id, span.lead_adviser_id) for span in own]
        assert all(before != after for before, after in zip(states, states[1:], strict=False))


def test_nobody_active_is_without_a_next_action_but_the_forgotten_imports(rows: Any) -> None:
    open_tasks = by_candidate([row for row in rows(models.Task) if row.done_at is None])
    candidates = rows(models.Candidate)
    active = [row for row in candidates if row.status is Status.ACTIVE]
    forgotten = [row for row in active if row.id not in open_tasks]

    for candidate in candidates:
        own = open_tasks.get(candidate.id, [])
        assert candidate.next_action_on == min((task.due_on for task in own), default=None)
        if own:
            assert candidate.holder in {task.holder for task in own if task.due_on == candidate.next_action_on}
        if candidate.status not in OPEN_STATUSES:
            assert own == []
    assert {row.source for row in forgotten} == {Source.IMPORT}
    assert 0.004 < len(forgotten) / len(active) < 0.02
    assert 0.04 < sum(row.next_action_on < TODAY for row in active if row.next_action_on) / len(active) < 0.15


def test_who_waits_or_pauses_has_a_date_and_a_task_on_it(rows: Any) -> None:
    due = {(row.candidate_id, row.due_on) for row in rows(models.Task) if row.done_at is None}
    still = [row for row in rows(models.Candidate) if row.status in (Status.WAITING, Status.PAUSED)]

    assert len(still) > 100
    assert all((row.id, row.status_until) in due and row.status_until >= TODAY for row in still)
    assert {row.status_until for row in rows(models.Candidate) if row.status not in (Status.WAITING, Status.PAUSED)} == {None}


def test_an_adviser_leads_only_in_regions_with_a_membership(rows: Any) -> None:
    desks = {(row.user_id, row.region_id) for row in rows(models.Membership) if row.role in (Role.ADVISER, Role.NATIONAL)}
    led = {(row.lead_adviser_id, row.region_id) for row in rows(models.Candidate) if row.lead_adviser_id}

    assert led <= desks
    assert all(row.holder is Holder.DESK for row in rows(models.Candidate) if row.lead_adviser_id is None)


def test_places_are_handed_out_in_order_and_never_more_than_there_are(rows: Any) -> None:
    registrations: dict[int, list[Any]] = {}
    for row in rows(models.Registration):
        registrations.setdefault(row.activity_id, []).append(row)

    for activity in rows(models.Activity):
        own = sorted(registrations.get(activity.id, []), key=lambda row: row.seq)
        assert [row.seq for row in own] == list(range(1, activity.reg_seq + 1))
        assert [row.created_at for row in own] == sorted(row.created_at for row in own)
        assert len({row.candidate_id for row in own}) == len(own)
        seated = sum(row.state in SEATED_REGISTRATIONS for row in own)
        assert activity.capacity is None or seated <= activity.capacity
        if activity.cancelled_at:
            assert {row.state for row in own} <= {RegistrationState.REVOKED}


def test_each_match_made_only_moves_that_are_allowed(rows: Any) -> None:
    events: dict[int, list[Any]] = {}
    for row in rows(models.MatchEvent):
        events.setdefault(row.match_id, []).append(row)
    moves = TRANSITIONS[MatchState]

    for match in rows(models.Match):
        own = sorted(events[match.id], key=lambda row: row.id)
        assert own[0].state is MatchState.PROPOSED
        assert all(after.state in moves[before.state] for before, after in zip(own, own[1:], strict=False))
        assert [row.at for row in own] == sorted(row.at for row in own)
        assert (own[-1].state, own[-1].at) == (match.state, match.state_at)
        assert (match.fell_through_by is not None) == (match.state is MatchState.FELL_THROUGH)


def test_nothing_happened_before_the_candidate_came_or_after_now(rows: Any) -> None:
    created = {row.id: row.created_at for row in rows(models.Candidate)}

    def in_time(candidate: int, *moments: datetime | None) -> bool:
        return all(created[candidate] <= moment <= NOW for moment in moments if moment)

    assert all(in_time(row.candidate_id, row.held_at, row.created_at) for row in rows(models.AdviceSession))
    assert all(in_time(row.candidate_id, row.created_at, row.done_at) for row in rows(models.Task))
    assert all(in_time(row.candidate_id, row.at) for row in rows(models.Consent))
    assert all(in_time(row.candidate_id, row.created_at, row.state_at) for row in rows(models.Registration))
    assert all(in_time(row.candidate_id, row.at) for row in rows(models.MatchEvent))
    assert all(in_time(row.id, row.last_active_at, row.last_contact_at, row.certainty_at) for row in rows(models.Candidate))


def test_the_last_contact_is_the_last_conversation(rows: Any) -> None:
    sessions = by_candidate(rows(models.AdviceSession))

    for row in rows(models.Candidate):
        assert row.last_contact_at == max((session.held_at for session in sessions.get(row.id, [])), default=None)


def test_regions_work_where_their_candidates_live(rows: Any) -> None:
    areas: dict[int, list[Any]] = {}
    for row in rows(models.WorkingArea):
        areas.setdefault(row.region_id, []).append(row)
        assert geo.between(row.pc4_from, row.pc4_to)
    national = {row.id for row in rows(models.Region) if row.is_national}
    neighbours = {(row.region_id, row.neighbour_id) for row in rows(models.RegionNeighbour)}

    assert neighbours == {(other, region) for region, other in neighbours}
    for row in rows(models.Candidate):
        assert geo.areas()[row.pc4].place == row.place
        if row.region_id not in national:
            assert any(area.pc4_from <= int(row.pc4) <= area.pc4_to for area in areas[row.region_id])
