"""Conversations with their reports, put together from sentences that were written to go together."""

from __future__ import annotations

from typing import Any

from app.demo.content import load
from app.demo.journey import Journey
from app.demo.persons import Person
from app.demo.world import DAY, HOUR, Pick, World, in_office_hours, moment, one_of
from app.enums import SessionKind, Stage, Status
from app.models import mask

TEXTS = load("sessions.json")
PER_CANDIDATE = 5_500 / 3_000
MANY = 50_000  # beyond this many candidates there is one report for each, to keep a million within ten minutes
WEIGHTS = {
    Stage.EXPLORING: 0.95,
    Stage.ORIENTING: 1.9,
    Stage.DECIDING: 2.5,
    Stage.MATCHING: 2.9,
    Stage.PREPARING: 3.1,
    Stage.TRAINING: 3.1,
    Stage.TEACHING: 3.4,
}
SLACK = 8
CLOSED = (Status.LEFT, Status.COMPLETED, Status.HANDED_OVER)
MEDIA = Pick(((SessionKind.PHONE, 42), (SessionKind.VIDEO, 22), (SessionKind.IN_PERSON, 20), (SessionKind.EMAIL, 16)))
MINUTES = {
    SessionKind.PHONE: (10, 15, 20, 25, 30),
    SessionKind.VIDEO: (30, 45, 60),
    SessionKind.IN_PERSON: (45, 60, 75),
    SessionKind.EMAIL: (5, 10, 15),
}
MASKS = {kind: mask(SessionKind, (kind,)) for kind in SessionKind}


class Sessions:
    """Draws conversations and keeps their number on course."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = world.stream("advice_session")
        self._rate = PER_CANDIDATE if world.candidates <= MANY else 1.0
        self._made = 0

    def moments(self, journey: Journey, position: int) -> list[int]:
        """When the conversations of the candidate at this place were held, in order."""
        rng, now = self._rng, self.world.clock.seconds
        if journey.last.lead is None:
            return []
        target = self._rate * (position + 1)
        drawn = int(WEIGHTS[journey.last.stage] * self._rate / PER_CANDIDATE + rng.random())
        count = int(max(target - SLACK - self._made, min(drawn, target + SLACK - self._made), 0))
        start = journey.states[1].entered if len(journey.states) > 1 else journey.created
        end = journey.last.entered if journey.last.status in CLOSED else now
        if end - start < HOUR:
            return []
        self._made += count
        drawn_moments = sorted(start + int((end - start) * rng.random()) for _ in range(count))
        return sorted(self._polite(seconds, start, end) for seconds in drawn_moments)

    def _polite(self, seconds: int, start: int, end: int) -> int:
        polite = in_office_hours(seconds, self._rng)
        return polite if start <= polite <= end else seconds

    def rows(self, candidate: int, journey: Journey, person: Person, moments: list[int]) -> list[dict[str, Any]]:
        """The reports of one candidate."""
        return [self._row(candidate, journey, person, held, number) for number, held in enumerate(moments)]

    def _row(self, candidate: int, journey: Journey, person: Person, held: int, number: int) -> dict[str, Any]:
        rng, state = self._rng, journey.at(held)
        medium = MEDIA(rng)
        if rng.random() < 0.55:
            kinds = MASKS[medium] | MASKS[SessionKind.ADVICE]
        elif number == 0:
            kinds = MASKS[medium] | MASKS[SessionKind.INTRODUCTION]
        else:
            kinds = MASKS[medium] | (MASKS[one_of(rng, (SessionKind.REFERRAL, SessionKind.ACTIVITY_SIGN_UP))] if rng.random() < 0.3 else 0)
        texts, stage = TEXTS["middle"][state.stage.name], state.stage.name
        first = int(rng.random() * len(texts))
        parts = [one_of(rng, TEXTS["opening"][medium.name]), texts[first]]
        if rng.random() < 0.45:
            parts.append(texts[(first + 1 + int(rng.random() * (len(texts) - 1))) % len(texts)])
        parts.append(one_of(rng, TEXTS["closing"][stage]))
        notes = one_of(rng, TEXTS["notes"]).format_map(person.slots) if rng.random() < 0.7 else None
        return session_row(
            candidate,
            journey.last.region,
            adviser=state.lead or journey.last.lead,
            held=held,
            written=min(held + 900 + int(rng.random() * DAY), self.world.clock.seconds),
            kinds=kinds,
            minutes=one_of(rng, MINUTES[medium]),
            summary=" ".join(parts).format_map(person.slots),
            notes=notes,
            shared=rng.random() < 0.15,
        )


def session_row(
    candidate: int,
    region: int,
    *,
    adviser: int | None,
    held: int,
    written: int,
    kinds: int,
    minutes: int | None,
    summary: str | None,
    notes: str | None,
    shared: bool,
) -> dict[str, Any]:
    """The row of one conversation, without its key."""
    return {
        "candidate_id": candidate,
        "region_id": region,
        "in_region_id": region,
        "version": 1,
        "adviser_id": adviser,
        "held_at": moment(held),
        "kinds": kinds,
        "minutes": minutes,
        "summary": summary,
        "notes": notes,
        "shared": shared,
        "created_at": moment(written),
    }
