"""Who signed up for what: places in the order of signing up, then the waiting list."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from app.demo.activities import BASE, Draft
from app.demo.world import DAY, HOUR, NATIONAL_ID, Pick, World, moment, one_of
from app.enums import ActivityEffect, RegistrationChannel, RegistrationState

PER_CANDIDATE = 4_000 / 3_000
PER_ACTIVITY = 4_000 / BASE
OPENS_DAYS = 60
S = RegistrationState
PAST = Pick(((S.ATTENDED, 76), (S.NO_SHOW, 12), (S.CANCELLED, 12)))
COMING = Pick(((S.CONFIRMED, 93), (S.CANCELLED, 7)))
EFFECTS: Pick[ActivityEffect | None] = Pick(
    ((ActivityEffect.POSITIVE, 55), (ActivityEffect.NONE, 20), (ActivityEffect.NEGATIVE, 5), (None, 20))
)
CHANNELS = Pick(
    (
        (RegistrationChannel.SELF, 55),
        (RegistrationChannel.ADVISER, 22),
        (RegistrationChannel.REGION_SITE, 15),
        (RegistrationChannel.ORGANISER, 8),
    )
)


class Pool:
    """Which candidates each region has, in the order in which they came in. Compact: a million fit in a few tens of megabytes."""

    def __init__(self) -> None:
        self._ids: dict[int, array[int]] = {}
        self._created: dict[int, array[int]] = {}
        self._stays = bytearray()
        self.region_of = array("H")

    def add(self, candidate: int, region: int, created: int, *, stays: bool) -> None:
        """Remember a candidate; they come in rising order of `created`."""
        for scope in (region, 0):
            self._ids.setdefault(scope, array("l")).append(candidate)
            self._created.setdefault(scope, array("q")).append(created)
        self.know(candidate, region, stays=stays)

    def know(self, candidate: int, region: int, *, stays: bool = True) -> None:
        """Remember where a candidate is, who signs up by name only."""
        while len(self.region_of) <= candidate:
            self.region_of.append(0)
            self._stays.append(0)
        self.region_of[candidate], self._stays[candidate] = region, stays

    def size(self, region: int, before: int) -> int:
        """How many candidates of a region (0: of all) there were before a moment."""
        return bisect_left(self._created[region], before) if region in self._created else 0

    def get(self, region: int, place: int) -> tuple[int, int, bool]:
        """The key, the arrival, and whether still on the way, of one of them."""
        candidate = self._ids[region][place]
        return candidate, self._created[region][place], bool(self._stays[candidate])


class Registrations:
    """Draws registrations."""

    def __init__(self, world: World, pool: Pool, forced: dict[str, list[int]]) -> None:
        self.world, self.pool, self.forced = world, pool, forced
        self._rng, self._effects = world.stream("registration"), world.stream("registration_effect")

    def draw(self, drafts: list[Draft]) -> Iterator[tuple[Draft, list[dict[str, Any]]]]:
        """Each activity with its registrations, whose keys are still to be given; sets `reg_seq` of the activity."""
        total = min(PER_CANDIDATE * self.world.candidates, PER_ACTIVITY * len(drafts))
        special = sum(draft.wanted for draft in drafts if draft.mark)
        scale = max(0.0, total - special) / max(1, sum(draft.wanted for draft in drafts if not draft.mark))
        owed = 0.0
        for draft in drafts:
            owed += draft.wanted * (1.0 if draft.mark else scale)
            rows = self._rows(draft, min(int(owed + 1e-6), self._room(draft)))
            owed -= len(rows)
            draft.row["reg_seq"] = len(rows)
            yield draft, rows

    def _room(self, draft: Draft) -> int:
        if draft.full or draft.row["capacity"] is None:
            return draft.wanted * 2
        return int(draft.row["capacity"])

    def _rows(self, draft: Draft, count: int) -> list[dict[str, Any]]:
        people = self._people(draft, count)
        capacity = draft.row["capacity"]
        taken, rows = 0, []
        for seq, (at, candidate) in enumerate(people, 1):
            state, state_at = self._state(draft, at, full=capacity is not None and taken >= capacity)
            taken += state in (S.CONFIRMED, S.ATTENDED, S.NO_SHOW)
            rows.append(self._row(draft, candidate, seq, state, at, state_at))
        return rows

    def _people(self, draft: Draft, count: int) -> list[tuple[int, int]]:
        """The moments and candidates, in the order of signing up."""
        rng, now = self._rng, self.world.clock.seconds
        scope = 0 if draft.row["region_id"] == NATIONAL_ID else int(draft.row["region_id"])
        last_call = min(now, draft.starts - DAY)
        if draft.cancelled:
            last_call = min(last_call, int(draft.row["cancelled_at"].timestamp()))
        last_call -= HOUR
        opens = min(draft.starts - OPENS_DAYS * DAY, last_call - 12 * DAY)
        chosen: dict[int, int] = {candidate: last_call - number for number, candidate in enumerate(self.forced.get(draft.mark or "", []))}
        size = self.pool.size(scope, last_call)
        for _ in range(count * 4):
            if len(chosen) >= min(count, size):
                break
            candidate, created, stays = self.pool.get(scope, int(size * (1 - rng.random() ** 1.5)))
            if candidate not in chosen and (stays or draft.starts < now):
                start = max(created, opens)
                chosen[candidate] = start + int((last_call - start) * rng.random())
        return sorted((at, candidate) for candidate, at in chosen.items())

    def _state(self, draft: Draft, at: int, *, full: bool) -> tuple[RegistrationState, int]:
        if draft.cancelled:
            return S.REVOKED, int(draft.row["cancelled_at"].timestamp())
        if full:
            return S.WAITLISTED, at
        past = draft.starts < self.world.clock.seconds
        state = PAST(self._rng) if past else S.CONFIRMED if draft.mark else COMING(self._rng)
        if state is S.CANCELLED:
            return state, at + int(self._rng.random() * (min(draft.starts, self.world.clock.seconds) - at))
        return state, min(int(draft.row["ends_at"].timestamp()), self.world.clock.seconds) if past else at

    def _row(self, draft: Draft, candidate: int, seq: int, state: RegistrationState, at: int, state_at: int) -> dict[str, Any]:
        walk_in = state is S.ATTENDED and draft.row["closes_at"] is None
        return {
            "candidate_id": candidate,
            "region_id": self.pool.region_of[candidate],
            "version": 1,
            "activity_id": draft.row["id"],
            "seq": seq,
            "state": state,
            "effect": EFFECTS(self._effects) if state is S.ATTENDED else None,
            "channel": one_of(self._rng, (RegistrationChannel.WALK_IN, RegistrationChannel.SELF)) if walk_in else CHANNELS(self._rng),
            "created_at": moment(at),
            "state_at": moment(state_at),
        }
