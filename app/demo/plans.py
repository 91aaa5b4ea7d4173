"""Step plans of the whole country for the main routes, and plans that run."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.demo.content import load
from app.demo.journey import Journey
from app.demo.world import DAY, World, moment
from app.demo.writer import Writer
from app.enums import Holder, Route, Stage, Status, TaskKind

TEXTS = load("plans.json")
PER_CANDIDATE = 60 / 3_000
STAGES = (Stage.ORIENTING, Stage.DECIDING, Stage.MATCHING)
LEAST_AGE = 30 * DAY


def fill_templates(world: World, writer: Writer) -> None:
    """Write the templates with their steps, in the order of the routes."""
    for text in TEXTS:
        key = writer.next_id("plan_template")
        row = {"id": key, "version": 1, "region_id": None, "route": Route[text["route"]], "name": text["name"], "active": True}
        writer.add("plan_template", row)
        for place, (title, days, holder) in enumerate(text["steps"]):
            step = {"template_id": key, "position": place, "title": title, "days": days, "holder": Holder[holder]}
            writer.add("plan_step", step | {"id": writer.next_id("plan_step")})


class Plans:
    """Draws plans that run, about sixty for three thousand candidates."""

    def __init__(self, world: World, writer: Writer) -> None:
        self.world, self.writer = world, writer
        self._rng = world.stream("plan")

    def draw(self, candidate: int, journey: Journey, first_open: date | None) -> list[dict[str, Any]]:
        """The steps of a plan as tasks; none for most. What is open comes after the next action that is there already."""
        last, rng = journey.last, self._rng
        if rng.random() > PER_CANDIDATE * 3.2 or last.lead is None or last.status is not Status.ACTIVE or last.stage not in STAGES:
            return []
        age = self.world.clock.seconds - journey.created
        return self.started(candidate, journey, int(rng.random() * len(TEXTS)), first_open) if age > LEAST_AGE else []

    def started(self, candidate: int, journey: Journey, which: int, first_open: date | None) -> list[dict[str, Any]]:
        """A plan that began some weeks ago, with its first steps done."""
        rng, clock, text = self._rng, self.world.clock, TEXTS[which]
        region, lead = journey.last.region, journey.last.lead
        done = 1 + int(rng.random() * (len(text["steps"]) - 2))
        ago = min(8 + 5 * done, (clock.seconds - journey.created) // DAY - 1)
        plan = {"id": self.writer.next_id("plan"), "candidate_id": candidate, "region_id": region, "route": Route[text["route"]]}
        plan |= {"name": text["name"], "started_at": moment(clock.ago(ago, 10)), "started_by": lead, "stopped_at": None}
        self.writer.add("plan", plan)
        ahead = max(0, (first_open - clock.today).days) if first_open else 0
        rows = []
        for place, (title, _, name) in enumerate(text["steps"]):
            is_done, holder = place < done, Holder[name]
            days = -ago + (place + 1) * ago // (done + 1) if is_done else ahead + 3 + 7 * (place - done)
            rows.append(
                {
                    "candidate_id": candidate,
                    "region_id": region,
                    "version": 1,
                    "kind": TaskKind.STEP,
                    "title": title,
                    "holder": holder,
                    "owner_id": lead if holder is Holder.ADVISER else None,
                    "due_on": clock.working_day(days),
                    "created_at": plan["started_at"],
                    "done_at": moment(clock.ago(-days, 12)) if is_done else None,
                    "plan_id": plan["id"],
                }
            )
        return rows
