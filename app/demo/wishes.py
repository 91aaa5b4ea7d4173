"""What hangs on one candidate besides the journey: subjects, places, consents, tasks and the token for the logs."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.demo.journey import TEXTS, Journey
from app.demo.persons import Person, subjects_of
from app.demo.world import DAY, Pick, World, in_office_hours, moment, one_of
from app.enums import (
    OPEN_STATUSES,
    ConsentChannel,
    ConsentEvent,
    ConsentPurpose,
    Holder,
    OrganisationKind,
    Source,
    Stage,
    Status,
    TaskKind,
)
from app.services.consents import text_of

FINDABLE_OF_THOSE_WHO_STAY, FINDABLE_OF_THOSE_WHO_LEFT = 0.576, 0.05  # 55 % of all
CONSENT_DAYS = 365
FORGOTTEN_IMPORTS = 0.2  # of the active imported ones: about 1 % of all active candidates has no next action
CHANNELS = Pick(((ConsentChannel.ONLINE, 70), (ConsentChannel.PHONE, 22), (ConsentChannel.PAPER, 8)))
RADII = Pick(((5, 12), (10, 26), (15, 22), (20, 18), (30, 14), (50, 8)))
HOLDERS = Pick(((Holder.ADVISER, 64), (Holder.CANDIDATE, 24), (Holder.STUDY_ADVISER, 7), (Holder.PROVIDER, 5)))
HOLDERS_NEAR_SCHOOL = Pick(((Holder.ADVISER, 50), (Holder.CANDIDATE, 20), (Holder.SCHOOL, 22), (Holder.PROVIDER, 8)))
EXTRA_KINDS = Pick(((TaskKind.FOLLOW_UP, 60), (TaskKind.STEP, 40)))


def subject_rows(world: World, candidate: int, region: int, person: Person) -> list[dict[str, Any]]:
    """One or two subjects that go with what somebody did before."""
    rng = world.stream("candidate_subject")
    names = subjects_of(person.background, person.sector)
    chosen = names[: 1 + (len(names) > 1 and rng.random() < 0.4)]
    return [{"candidate_id": candidate, "region_id": region, "subject_id": world.subjects[name]} for name in chosen]


def location_rows(world: World, candidate: int, region: int, person: Person) -> list[dict[str, Any]]:
    """The own place with the own radius, now and then a second place in the region."""
    rng = world.stream("candidate_location")
    if person.columns["anywhere"]:
        return []
    areas = [person.area]
    if rng.random() < 0.18:
        areas.append(one_of(rng, world.regions[region].areas))
    return [
        {
            "candidate_id": candidate,
            "region_id": region,
            "pc4": area.pc4,
            "place": area.place,
            "latitude": area.latitude,
            "longitude": area.longitude,
            "radius_km": RADII(rng),
        }
        for area in areas
    ]


def token_row(world: World, candidate: int) -> dict[str, Any]:
    """The only bridge from the logs to a person."""
    return {"candidate_id": candidate, "token": f"{world.stream('person_token').getrandbits(128):032x}"}


class Consents:
    """Draws consent events; the latest of a purpose counts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = world.stream("consent")
        self._institutes = {
            region.id: [
                key for key, row in world.organisations.items() if (row["kind"], row["region_id"]) == (OrganisationKind.PROVIDER, region.id)
            ]
            for region in world.regions.values()
        }

    def draw(self, candidate: int, journey: Journey, locale: str) -> list[dict[str, Any]]:
        """The consent events of one candidate."""
        rng, now, created = self._rng, self.world.clock.seconds, journey.created
        region, lead = journey.last.region, journey.last.lead
        events: list[tuple[ConsentPurpose, ConsentEvent, int, int | None]] = []
        left = journey.last.status is Status.LEFT
        chance = rng.random()
        given = max(created, now - int(rng.random() * 330 * DAY))
        if chance < (FINDABLE_OF_THOSE_WHO_LEFT if left else FINDABLE_OF_THOSE_WHO_STAY):
            events.append((ConsentPurpose.FINDABLE, ConsentEvent.GIVEN, given, None))
        elif chance > 0.93:
            events += self._ended(created, now)
        for purpose, share in ((ConsentPurpose.MESSAGES, 0.7), (ConsentPurpose.STATISTICS, 0.45)):
            if rng.random() < share:
                events.append((purpose, ConsentEvent.GIVEN, created, None))
        if journey.source is Source.NATIONAL:
            events.append((ConsentPurpose.HANDOVER, ConsentEvent.GIVEN, created, None))
        if self._institutes[region] and rng.random() < 0.06:
            events.append((ConsentPurpose.SHARE_REPORTS, ConsentEvent.GIVEN, given, one_of(rng, self._institutes[region])))
        channel = CHANNELS(rng) if lead else ConsentChannel.ONLINE
        return [
            consent_row(candidate, region, event, channel, None if channel is ConsentChannel.ONLINE else lead, locale) for event in events
        ]

    def _ended(self, created: int, now: int) -> list[tuple[ConsentPurpose, ConsentEvent, int, int | None]]:
        """Given once, and withdrawn or run out since."""
        if now - created > (CONSENT_DAYS + 5) * DAY:
            end, event = created + CONSENT_DAYS * DAY, ConsentEvent.EXPIRED
        else:
            end, event = created + int((now - created) * self._rng.random()), ConsentEvent.WITHDRAWN
        return [(ConsentPurpose.FINDABLE, ConsentEvent.GIVEN, created, None), (ConsentPurpose.FINDABLE, event, end, None)]


def consent_row(
    candidate: int,
    region: int,
    event: tuple[ConsentPurpose, ConsentEvent, int, int | None],
    channel: ConsentChannel,
    recorded_by: int | None,
    locale: str = "nl",
) -> dict[str, Any]:
    """The row of one consent event, without its key."""
    text = text_of(event[0], locale)
    purpose, what, at, organisation = event
    given = what is ConsentEvent.GIVEN
    return {
        "candidate_id": candidate,
        "region_id": region,
        "purpose": purpose,
        "organisation_id": organisation,
        "event": what,
        "at": moment(at),
        "expires_on": moment(at + CONSENT_DAYS * DAY).date() if given and purpose is ConsentPurpose.FINDABLE else None,
        "channel": channel,
        "text_version": text.version,
        "text_sha256": text.sha256,
        "recorded_by": recorded_by,
    }


class Tasks:
    """Draws what has to happen next, and some of what was done."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = world.stream("task")

    def draw(self, candidate: int, journey: Journey, person: Person, until: date | None) -> list[dict[str, Any]]:
        """The tasks of one candidate, the open ones first and the earliest of them at the head."""
        rng, last, clock = self._rng, journey.last, self.world.clock
        found: list[tuple[TaskKind, str, Holder, date, int, int | None]] = []
        if last.status in OPEN_STATUSES and not self._forgotten(journey):
            found += self._open(journey, person, until)
        if last.lead and clock.seconds - journey.created > 10 * DAY:
            found += [self._done(journey, person) for _ in range(int(rng.random() * 1.8))]
        return [task_row(candidate, last.region, item, None if item[2] is Holder.DESK else last.lead) for item in found]

    def _forgotten(self, journey: Journey) -> bool:
        last = journey.last
        return (
            journey.source is Source.IMPORT
            and last.status is Status.ACTIVE
            and last.lead is not None
            and self._rng.random() < FORGOTTEN_IMPORTS
        )

    def _open(self, journey: Journey, person: Person, until: date | None) -> list[tuple[TaskKind, str, Holder, date, int, int | None]]:
        rng, last, clock = self._rng, journey.last, self.world.clock
        made = max(journey.created, min(last.entered, clock.seconds - int(rng.random() * 10 * DAY)))
        if last.status is not Status.ACTIVE:
            assert until is not None
            return [(TaskKind.FOLLOW_UP, one_of(rng, TEXTS[last.status.name]), Holder.ADVISER, until, made, None)]
        if last.lead is None:
            age = (clock.today - clock.day_of(journey.created)).days
            return [(TaskKind.NEXT_ACTION, one_of(rng, TEXTS["DESK"]), Holder.DESK, clock.working_day(3 - age), journey.created, None)]
        overdue = rng.random() < 0.08 and clock.seconds - journey.created > 25 * DAY
        offset = -1 - int(rng.random() * 20) if overdue else int(rng.random() ** 1.5 * 28)
        due = clock.working_day(offset)
        holder = (HOLDERS_NEAR_SCHOOL if last.stage in (Stage.MATCHING, Stage.PREPARING) else HOLDERS)(rng)
        found: list[tuple[TaskKind, str, Holder, date, int, int | None]] = [
            (TaskKind.NEXT_ACTION, self._title(holder, last.stage, person), holder, due, made, None)
        ]
        if rng.random() < 0.15:
            later = clock.working_day(max(offset, 0) + 7 + int(rng.random() * 30))
            found.append((EXTRA_KINDS(rng), self._title(Holder.ADVISER, last.stage, person), Holder.ADVISER, later, made, None))
        return found

    def _done(self, journey: Journey, person: Person) -> tuple[TaskKind, str, Holder, date, int, int | None]:
        rng, clock = self._rng, self.world.clock
        made = journey.created + int(rng.random() * 0.7 * (clock.seconds - journey.created))
        done = min(made + DAY + int(rng.random() * 14 * DAY), clock.seconds - 60)
        holder = Holder.ADVISER if rng.random() < 0.7 else Holder.CANDIDATE
        due = moment(done + int((rng.random() - 0.3) * 4 * DAY)).date()
        finished = max(made, min(in_office_hours(done, rng), clock.seconds))
        return (
            TaskKind.NEXT_ACTION,
            self._title(holder, journey.at(made).stage, person),
            holder,
            max(due, clock.day_of(made)),
            made,
            finished,
        )

    def _title(self, holder: Holder, stage: Stage, person: Person) -> str:
        texts = TEXTS[holder.name]
        title: str = one_of(self._rng, texts[stage.name] if isinstance(texts, dict) else texts)
        return title.format_map(person.slots)


def task_row(candidate: int, region: int, item: tuple[TaskKind, str, Holder, date, int, int | None], owner: int | None) -> dict[str, Any]:
    """The row of one task (kind, title, holder, due, made, done), without its key."""
    kind, title, holder, due, made, done = item
    return {
        "candidate_id": candidate,
        "region_id": region,
        "version": 1,
        "kind": kind,
        "title": title,
        "holder": holder,
        "owner_id": owner,
        "due_on": due,
        "created_at": moment(made),
        "done_at": None if done is None else moment(done),
    }
