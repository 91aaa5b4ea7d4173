"""Where a candidate came from and stands now, and every step between: the stage spans."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from app.demo.content import load
from app.demo.world import DAY, NATIONAL_ID, Local, Pick, World, in_office_hours, moment, one_of
from app.enums import LeaveReason, Source, Stage, Status

HISTORY_DAYS = 548
STAGES = list(Stage)
# Per hundred candidates; the last are those who left, whatever stage they had reached.
STAGE_SHARES = (32.0, 30.0, 13.0, 9.0, 3.0, 5.0, 3.0)
LEFT_SHARE = 5.0
LEFT = len(STAGES)
LEAST_AGE_DAYS = (0, 0, 12, 25, 60, 90, 200, 20)
AGE_GROUPS = 20
LEFT_FROM = Pick(((0, 30), (1, 40), (2, 20), (3, 10)))
STATUSES = {
    Stage.EXPLORING: Pick(((Status.ACTIVE, 84), (Status.WAITING, 10), (Status.PAUSED, 6))),
    Stage.ORIENTING: Pick(((Status.ACTIVE, 84), (Status.WAITING, 7), (Status.PAUSED, 7), (Status.HANDED_OVER, 2))),
    Stage.DECIDING: Pick(((Status.ACTIVE, 88), (Status.WAITING, 6), (Status.PAUSED, 6))),
    Stage.MATCHING: Pick(((Status.ACTIVE, 92), (Status.WAITING, 5), (Status.PAUSED, 3))),
    Stage.PREPARING: Pick(((Status.ACTIVE, 97), (Status.PAUSED, 3))),
    Stage.TRAINING: Pick(((Status.ACTIVE, 65), (Status.COMPLETED, 35))),
    Stage.TEACHING: Pick(((Status.ACTIVE, 15), (Status.COMPLETED, 85))),
}
LEAVE_REASONS = Pick(
    (
        (LeaveReason.FINANCIAL, 22),
        (LeaveReason.TOO_DEMANDING, 16),
        (LeaveReason.NO_RESPONSE, 18),
        (LeaveReason.STAYS, 12),
        (LeaveReason.OTHER_JOB, 10),
        (LeaveReason.PRIVATE, 8),
        (LeaveReason.NO_SUITABLE_PLACE, 6),
        (LeaveReason.NOT_SUITABLE, 4),
        (LeaveReason.MOVED, 2),
        (LeaveReason.OTHER, 2),
    )
)
SOURCES = Pick(((Source.DESK, 44), (Source.EMBED, 20), (Source.ACTIVITY, 18), (Source.NATIONAL, 12), (Source.IMPORT, 6)))
TEXTS = load("tasks.json")
REASONS: dict[str, list[str]] = TEXTS["span_reasons"]


@dataclass(slots=True)
class State:
    """What a span holds still: one tuple of stage, status, region and adviser, and why it came about."""

    stage: Stage
    status: Status
    region: int
    lead: int | None
    reason: str | None = None
    entered: int = 0

    def same_as(self, other: State) -> bool:
        return (self.stage, self.status, self.region, self.lead) == (other.stage, other.status, other.region, other.lead)


@dataclass(slots=True)
class Journey:
    """The way of one candidate; the last state is the present one."""

    created: int
    source: Source
    states: list[State] = field(default_factory=list)
    leave: LeaveReason | None = None

    @property
    def last(self) -> State:
        return self.states[-1]

    def at(self, seconds: int) -> State:
        """The state at a moment (the first one before it began)."""
        return next((state for state in reversed(self.states) if state.entered <= seconds), self.states[0])

    def stage_entered(self) -> int:
        """When the present stage was reached."""
        entered = self.last.entered
        for state in reversed(self.states):
            if state.stage is not self.last.stage:
                break
            entered = state.entered
        return entered


def stage_table() -> list[Pick[int]]:
    """For each age group, oldest first, a draw of stages that adds up to the shares over all groups (iterative proportional fitting)."""
    shares = [*STAGE_SHARES, LEFT_SHARE]
    table = [
        [share * (_age_days((group + 1) / AGE_GROUPS) >= least) for share, least in zip(shares, LEAST_AGE_DAYS, strict=True)]
        for group in range(AGE_GROUPS)
    ]
    for _ in range(200):
        sums = [sum(row[stage] for row in table) for stage in range(len(shares))]
        table = [[cell * share / total for cell, share, total in zip(row, shares, sums, strict=True)] for row in table]
        table = [[cell / sum(row) for cell in row] for row in table]
    return [Pick(list(enumerate(row))) for row in table]


def _age_days(quantile: float) -> float:
    """How many days ago the candidate at this place in the order came in: more and more of them lately."""
    return float(HISTORY_DAYS * (1 - quantile) ** 1.25)


class Journeys:
    """Draws journeys; later numbers came in later."""

    def __init__(self, world: World, shares: list[tuple[int, float]]) -> None:
        self.world = world
        self._rng = world.stream("stage_span")
        self._table = stage_table()
        self._regions = Pick(shares)

    def draw(self, position: int, of: int) -> Journey:
        """The journey of the candidate at a place (from 0) among so many."""
        rng, now = self._rng, self.world.clock.seconds
        age = max(_age_days((position + rng.random()) / of) * DAY, 900.0)
        created = self._waking(now - int(age))
        drawn = self._table[position * AGE_GROUPS // of](rng)
        region_id = self._regions(rng)
        source = Source.NATIONAL if region_id == NATIONAL_ID else SOURCES(rng)
        journey = Journey(created, source)
        stage = STAGES[LEFT_FROM(rng) if drawn == LEFT else drawn]
        status = Status.LEFT if drawn == LEFT else STATUSES[stage](rng)
        if age < 5 * DAY and drawn != LEFT:
            status = Status.ACTIVE
        if status is Status.LEFT:
            journey.leave = LEAVE_REASONS(rng)
        region = self.world.regions[region_id]
        if self._in_inbox(age, stage, status):
            journey.states = [State(stage, Status.ACTIVE, region_id, None, entered=created)]
        else:
            journey.states = self._states(journey, region, STAGES.index(stage), status, brief=age < 2 * DAY)
            self._date(journey, now)
        return journey

    def _waking(self, seconds: int) -> int:
        """Nobody signs up at night: the hours of a day are squeezed between 6:00 and 22:00 UTC, and stay in order."""
        day, rest = divmod(seconds, DAY)
        return min(day * DAY + 21_600 + rest * 2 // 3, self.world.clock.seconds - 60)

    def _in_inbox(self, age: float, stage: Stage, status: Status) -> bool:
        """Whether no adviser has taken this candidate yet: usual in the first days, a signal up to three weeks, and never after that."""
        chance = 0.6 if age < 5 * DAY else 0.12 if age < 21 * DAY else 0.0
        return stage in (Stage.EXPLORING, Stage.ORIENTING) and status is Status.ACTIVE and self._rng.random() < chance

    def _states(self, journey: Journey, region: Local, target: int, status: Status, *, brief: bool) -> list[State]:
        rng = self._rng
        lead = one_of(rng, region.advisers)
        if brief:
            return [State(STAGES[target], Status.ACTIVE, region.id, lead)]
        path = _path(target, rng)
        first_lead = one_of(rng, region.advisers) if rng.random() < 0.06 else lead
        change_at = len(path) // 2
        start = STAGES[path[0]]
        states = self._arrival(journey, region, start, first_lead)
        for place, stage in enumerate(path):
            if place == change_at and first_lead != lead:
                states.append(State(states[-1].stage, Status.ACTIVE, region.id, lead, one_of(rng, REASONS["adviser"])))
            if place:
                owner = lead if place >= change_at else first_lead
                states.append(State(STAGES[stage], Status.ACTIVE, region.id, owner, _reason(path[place - 1], stage, rng)))
        if status is not Status.ACTIVE:
            states.append(State(STAGES[target], status, region.id, lead, self._end_reason(journey, status)))
        elif states[-1].lead != lead:
            states.append(State(STAGES[target], status, region.id, lead, one_of(rng, REASONS["adviser"])))
        return [state for place, state in enumerate(states) if place == 0 or not state.same_as(states[place - 1])]

    def _arrival(self, journey: Journey, region: Local, start: Stage, lead: int) -> list[State]:
        if journey.source is not Source.NATIONAL or region.id == NATIONAL_ID:
            return [State(start, Status.ACTIVE, region.id, None), State(start, Status.ACTIVE, region.id, lead)]
        national = one_of(self._rng, self.world.regions[NATIONAL_ID].advisers)
        return [
            State(start, Status.ACTIVE, NATIONAL_ID, None),
            State(start, Status.ACTIVE, NATIONAL_ID, national),
            State(start, Status.ACTIVE, region.id, lead, one_of(self._rng, REASONS["region"])),
        ]

    def _end_reason(self, journey: Journey, status: Status) -> str:
        if journey.leave:
            return str(TEXTS["leave"][journey.leave.name])
        return one_of(self._rng, REASONS[status.name])

    def _date(self, journey: Journey, now: int) -> None:
        """Give each state its moment: the first is the arrival, the second follows within days, the rest spread over the time since."""
        rng, states = self._rng, journey.states
        states[0].entered = previous = journey.created
        if len(states) == 1:
            return
        age = now - journey.created
        second = journey.created + int(min(4 * DAY, age * 0.3) * (0.1 + 0.9 * rng.random()))
        room = (now - second) * 0.93
        moments = [second, *sorted(second + int(room * rng.random()) for _ in states[2:])]
        for state, drawn in zip(states[1:], moments, strict=True):
            polite = in_office_hours(drawn, rng)
            state.entered = previous = max(previous + 60, polite if polite < now - DAY else drawn)


def _path(target: int, rng: random.Random) -> list[int]:
    """The stages on the way: some start further on, skip one, or go back once."""
    path = list(range(1 if target and rng.random() < 0.2 else 0, target + 1))
    if len(path) > 2 and rng.random() < 0.15:
        del path[1 + int(rng.random() * (len(path) - 2))]
    if len(path) > 2 and rng.random() < 0.07:
        place = 1 if path[1] <= 3 else 0
        path = path[: place + 1] + [path[place - 1]] + path[place:] if place else path
    return path


def _reason(before: int, after: int, rng: random.Random) -> str | None:
    if after < before:
        return one_of(rng, REASONS["back"])
    return one_of(rng, REASONS[STAGES[after].name]) if after > STAGES.index(Stage.MATCHING) else None


def span_rows(candidate: int, region: int, journey: Journey) -> list[dict[str, Any]]:
    """The stage spans of one journey: each ends where the next begins."""
    rows = []
    following = [state.entered for state in journey.states[1:]] + [None]
    for seq, (state, left) in enumerate(zip(journey.states, following, strict=True)):
        rows.append(
            {
                "candidate_id": candidate,
                "region_id": region,
                "seq": seq,
                "stage": state.stage,
                "status": state.status,
                "in_region_id": state.region,
                "lead_adviser_id": state.lead,
                "entered_at": moment(state.entered),
                "left_at": None if left is None else moment(left),
                "moved_by": state.lead if seq else None,
                "reason": state.reason,
            }
        )
    return rows
