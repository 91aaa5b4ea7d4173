"""Matches of candidates with schools and programmes, and every move they made."""

from __future__ import annotations

import math
from typing import Any

from app.demo.journey import TEXTS, Journey
from app.demo.persons import Person
from app.demo.world import DAY, NATIONAL_ID, Pick, World, in_office_hours, moment, one_of
from app.enums import SUCCESS, MatchParty, MatchState, Stage, Status

PER_CANDIDATE = 320 / 3_000
FELL_THROUGH_SHARE = 0.22
ELIGIBLE_SHARE = 0.9  # the newest tenth has hardly anybody who has come that far
M = MatchState
LADDER = (M.PROPOSED, M.INTEREST_CANDIDATE, M.MUTUAL, M.MEETING_PLANNED, M.MEETING_HELD, M.ASSESSMENT, M.PLACED)
OTHER_SIDE_FIRST = (M.PROPOSED, M.INTEREST_ORGANISATION, *LADDER[2:])
# How many steps of the ladder a match that is still alive, and one that fell through, has taken.
LIVE_STEPS = Pick(((1, 14), (2, 24), (3, 16), (4, 18), (5, 16), (6, 12)))
FALLEN_STEPS = Pick(((1, 15), (2, 25), (3, 20), (4, 10), (5, 20), (6, 10)))
PARTIES = Pick(((MatchParty.CANDIDATE, 40), (MatchParty.ORGANISATION, 45), (MatchParty.BOTH, 15)))


class Matches:
    """Draws matches and keeps their number, and the share that fell through, on course."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = world.stream("candidate_match")
        self._made = 0

    def draw(self, candidate: int, journey: Journey, person: Person, position: int) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """A match of the candidate at this place with its events, or None. The keys are still to be given."""
        falls = math.floor((self._made + 1) * FELL_THROUGH_SHARE) > math.floor(self._made * FELL_THROUGH_SHARE)
        due = PER_CANDIDATE * min((position + 1) / ELIGIBLE_SHARE, self.world.candidates)
        if self._made >= math.ceil(due) or not self._fits(journey, falls):
            return None
        target = self._target(journey, person)
        if target is None:
            return None
        self._made += 1
        steps = self._steps(journey, falls)
        last = steps[-1]
        party = PARTIES(self._rng) if falls else None
        reason = one_of(self._rng, TEXTS["fell_through"][party.name]) if party else None
        match = match_row(candidate, journey.last.region, target, last, steps[0][1], party, reason)
        return match, event_rows(match, steps, journey.last.lead, reason)

    def _fits(self, journey: Journey, falls: bool) -> bool:
        last = journey.last
        if last.region == NATIONAL_ID or last.lead is None or self.world.clock.seconds - journey.created < 15 * DAY:
            return False
        if falls:
            return last.stage in (Stage.DECIDING, Stage.MATCHING) and last.status is Status.ACTIVE
        return last.stage in SUCCESS or (last.stage is Stage.MATCHING and last.status is Status.ACTIVE)

    def _target(self, journey: Journey, person: Person) -> tuple[int, int | None] | None:
        """The organisation and, for an institute, the programme."""
        rng, region = self._rng, self.world.regions[journey.last.region]
        programmes = [programme for programme in region.programmes if person.sector in programme.sectors]
        if programmes and rng.random() < 0.25:
            programme = one_of(rng, programmes)
            return programme.organisation_id, programme.id
        for near in (region.id, *region.neighbours):
            schools = self.world.regions[near].schools.get(person.sector)
            if schools:
                return one_of(rng, schools), None
        return None

    def _steps(self, journey: Journey, falls: bool) -> list[tuple[MatchState, int]]:
        rng, now, last = self._rng, self.world.clock.seconds, journey.last
        ladder = LADDER if rng.random() < 0.6 else OTHER_SIDE_FIRST
        if last.stage in SUCCESS and not falls:
            path = list(ladder)
            if rng.random() < 0.5:
                path.remove(M.ASSESSMENT)
            entered = next(state.entered for state in journey.states if state.stage in SUCCESS)
            start, end = max(journey.created, entered - 60 * DAY), entered
        else:
            path = list(ladder[: (FALLEN_STEPS if falls else LIVE_STEPS)(rng)]) + ([M.FELL_THROUGH] if falls else [])
            start = journey.stage_entered() if last.stage is Stage.MATCHING else (journey.created + now) // 2
            end = now - 3600
        moments = sorted(start + int((end - start) * rng.random()) for _ in path)
        polite = [in_office_hours(seconds, rng) for seconds in moments]
        kept = [day if start <= day <= end else seconds for day, seconds in zip(polite, moments, strict=True)]
        return list(zip(path, sorted(kept), strict=True))


def match_row(
    candidate: int,
    region: int,
    target: tuple[int, int | None],
    last: tuple[MatchState, int],
    created: int,
    party: MatchParty | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """The row of one match, without its key."""
    return {
        "candidate_id": candidate,
        "region_id": region,
        "version": 1,
        "organisation_id": target[0],
        "programme_id": target[1],
        "state": last[0],
        "state_at": moment(last[1]),
        "fell_through_by": party,
        "fell_through_reason": reason,
        "back_in_pool": True if party else None,
        "created_at": moment(created),
    }


def event_rows(match: dict[str, Any], steps: list[tuple[MatchState, int]], by: int | None, reason: str | None) -> list[dict[str, Any]]:
    """The rows of the moves of one match, without their keys."""
    return [
        {
            "candidate_id": match["candidate_id"],
            "region_id": match["region_id"],
            "organisation_id": match["organisation_id"],
            "state": state,
            "at": moment(at),
            "by_id": by,
            "reason": reason if state is M.FELL_THROUGH else None,
        }
        for state, at in steps
    ]
