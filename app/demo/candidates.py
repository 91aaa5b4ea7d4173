"""All candidates with everything that hangs on them, in portions, so that a million fit in little memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from app.demo.content import places
from app.demo.content.stories import STORIES
from app.demo.handovers import Handovers
from app.demo.journey import Journey, Journeys, span_rows
from app.demo.matches import Matches
from app.demo.persons import Persons
from app.demo.plans import Plans
from app.demo.registrations import Pool
from app.demo.sessions import Sessions
from app.demo.stories import Told, tell
from app.demo.wishes import Consents, Tasks, location_rows, subject_rows, token_row
from app.demo.world import DAY, NATIONAL_ID, World, moment
from app.demo.writer import Writer
from app.enums import OPEN_STATUSES, Certainty, Holder, Stage, Status

PORTION = 2_000
FIRST_NUMBER = 200_000
WITH_A_PLAN = 1  # the story candidate who can sign in
CERTAINTIES = {
    Stage.EXPLORING: (Certainty.JUST_AN_IDEA, Certainty.LOOKING),
    Stage.ORIENTING: (Certainty.LOOKING, Certainty.LOOKING, Certainty.FAIRLY_SURE),
    Stage.DECIDING: (Certainty.FAIRLY_SURE, Certainty.LOOKING, Certainty.READY),
}

Rows = list[dict[str, Any]]


class Candidates:
    """Makes candidates one by one and writes them by the portion."""

    def __init__(self, world: World, writer: Writer) -> None:
        self.world, self.writer, self.pool = world, writer, Pool()
        shares = [(world.region(text.name).id, float(text.share)) for text in places.REGIONS]
        self._journeys = Journeys(world, [*shares, (NATIONAL_ID, float(places.NATIONAL_SHARE))])
        self._persons, self._sessions, self._matches = Persons(world), Sessions(world), Matches(world)
        self._consents, self._tasks, self._handovers = Consents(world), Tasks(world), Handovers(world)
        self._plans = Plans(world, writer)

    def fill(self, progress: Callable[[str, int, int], None] | None) -> None:
        """Write all of them, the story candidates first."""
        total = self.world.candidates
        stories = min(len(STORIES), total)
        for candidate in range(1, stories + 1):
            self._add_story(candidate)
        for candidate in range(stories + 1, total + 1):
            self._add(candidate, candidate - stories - 1, total - stories)
            if candidate % PORTION == 0:
                self.writer.flush()
                if progress:
                    progress("candidate", candidate, total)
        self.writer.flush()
        if progress:
            progress("candidate", total, total)

    def _add(self, candidate: int, position: int, of: int) -> None:
        journey = self._journeys.draw(position, of)
        region = journey.last.region
        person = self._persons.draw(candidate, region)
        rng = self.world.stream("candidate:state")
        until = None
        if journey.last.status in (Status.WAITING, Status.PAUSED):
            until = self.world.clock.working_day(3 + int(rng.random() * 80))
        held = self._sessions.moments(journey, position)
        tasks = self._tasks.draw(candidate, journey, person, until)
        tasks += self._plans.draw(candidate, journey, _first_day(tasks))
        columns = person.columns | self._certainty(journey, rng.random(), rng.random())
        columns["last_active_at"] = moment(self._last_active(journey, held, rng.random(), rng.random()))
        self._write(candidate, journey, columns, until, held, tasks)
        add = self._extend
        self.writer.extend("candidate_subject", subject_rows(self.world, candidate, region, person))
        add("candidate_location", location_rows(self.world, candidate, region, person))
        add("consent", self._consents.draw(candidate, journey, person.columns["locale"]))
        talks = self._sessions.rows(candidate, journey, person, held)
        add("advice_session", talks)
        self._add_handovers(candidate, journey, columns, talks)
        self._add_match(self._matches.draw(candidate, journey, person, position))
        self.pool.add(candidate, region, journey.created, stays=journey.last.status in OPEN_STATUSES)

    def _add_story(self, candidate: int) -> None:
        told: Told = tell(self.world, candidate)
        latest = max([told.journey.created, *told.held])
        columns = told.columns | self._certainty(told.journey, 0.5, 0.5) | {"last_active_at": moment(latest)}
        planned = self._plans.started(candidate, told.journey, 0, _first_day(told.tasks)) if candidate == WITH_A_PLAN else []
        self._write(candidate, told.journey, columns, told.until, told.held, [*told.tasks, *planned])
        self.writer.extend("candidate_subject", told.subjects)
        for table, rows in (("candidate_location", told.locations), ("consent", told.consents), ("advice_session", told.sessions)):
            self._extend(table, rows)
        self._add_handovers(candidate, told.journey, columns, told.sessions)
        self._add_match(told.match)
        self.pool.know(candidate, told.journey.last.region)

    def _certainty(self, journey: Journey, chance: float, when: float) -> dict[str, Any]:
        if chance > 0.7:
            return {"certainty": None, "certainty_at": None}
        choice = CERTAINTIES.get(journey.last.stage, (Certainty.READY,))
        at = journey.created + int(when * (self.world.clock.seconds - journey.created))
        return {"certainty": choice[int(chance / 0.7 * len(choice)) % len(choice)], "certainty_at": moment(at)}

    def _last_active(self, journey: Journey, held: list[int], chance: float, share: float) -> int:
        """When the candidate last did something: for most not long after the last conversation, for some long ago."""
        latest = held[-1] if held else journey.created
        room = self.world.clock.seconds - latest
        return (
            latest if chance < 0.15 else latest + int(room * share) if chance < 0.4 else max(latest, latest + room - int(30 * DAY * share))
        )

    def _write(self, candidate: int, journey: Journey, columns: dict[str, Any], until: Any, held: list[int], tasks: Rows) -> None:
        last = journey.last
        for task in tasks:
            task.setdefault("plan_id", None)
        pending = [task for task in tasks if task["done_at"] is None]
        following = min(pending, key=lambda task: task["due_on"]) if pending else None
        row = {
            "id": candidate,
            "version": 1,
            "number": f"K-{FIRST_NUMBER + candidate}",
            "region_id": last.region,
            **columns,
            "source": journey.source,
            "stage": last.stage,
            "stage_seq": len(journey.states) - 1,
            "stage_entered_at": moment(journey.stage_entered()),
            "status": last.status,
            "status_until": until,
            "leave_reason": journey.leave,
            "lead_adviser_id": last.lead,
            "holder": following["holder"] if following else Holder.ADVISER if last.lead else Holder.DESK,
            "last_contact_at": moment(held[-1]) if held else None,
            "next_action_on": following["due_on"] if following else None,
            "created_at": moment(journey.created),
        }
        self.writer.add("candidate", row)
        self.writer.add("person_token", token_row(self.world, candidate))
        self._extend("stage_span", span_rows(candidate, last.region, journey))
        self._extend("task", tasks)

    def _add_match(self, drawn: tuple[dict[str, Any], Rows] | None) -> None:
        if drawn is None:
            return
        match, events = drawn
        match["id"] = self.writer.next_id("candidate_match")
        self.writer.add("candidate_match", match)
        for event in events:
            event["match_id"] = match["id"]
        self._extend("match_event", events)

    def _add_handovers(self, candidate: int, journey: Journey, columns: dict[str, Any], talks: Rows) -> None:
        for made in self._handovers.draw(candidate, journey, columns, talks):
            consents = [made.consent] if made.consent else []
            self._extend("consent", consents)
            self._extend("handover", [made.handover | {"consent_id": consents[0]["id"] if consents else None}])
            key = self.writer.last_id("handover")
            self._extend("handover_item", [row | {"handover_id": key} for row in made.items])
            self._extend("handover_event", [row | {"handover_id": key} for row in made.events])

    def _extend(self, table: str, rows: Rows) -> None:
        """Give the rows their keys and keep them."""
        self.writer.give_ids(table, rows)
        self.writer.extend(table, rows)


def _first_day(tasks: Rows) -> date | None:
    """The earliest day of what is open."""
    return min((task["due_on"] for task in tasks if task["done_at"] is None), default=None)
