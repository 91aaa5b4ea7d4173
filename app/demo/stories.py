"""Turns the story candidates of content/stories.py into the same shapes as all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.adapters import geo
from app.demo.content import load
from app.demo.content.stories import STORIES, MatchText, Story
from app.demo.journey import Journey, State
from app.demo.matches import event_rows, match_row
from app.demo.persons import contact_columns, name_columns
from app.demo.sessions import session_row
from app.demo.wishes import consent_row, task_row
from app.demo.world import HOUR, World
from app.enums import (
    ConsentChannel,
    DutchLevel,
    Function,
    Holder,
    Qualification,
    Route,
    Sector,
    SessionKind,
    Status,
    TaskKind,
    Valuation,
)
from app.models import mask

TEXTS: dict[str, dict[str, Any]] = load("stories.json")
NO_PROFILE: dict[str, Any] = {
    "email": None,
    "email2": None,
    "linkedin": None,
    "birth_year": None,
    "education": None,
    "field_of_study": None,
    "diploma_country": "NL",
    "diploma_valuation": Valuation.NOT_APPLICABLE,
    "dutch_level": DutchLevel.NATIVE,
    "employer": None,
    "current_sector": None,
    "current_function": None,
    "hours_min": None,
    "hours_max": None,
    "available_from": None,
    "anywhere": False,
    "locale": "nl",
}


@dataclass
class Told:
    """A story candidate as rows; keys of the children are given by who writes them."""

    story: Story
    journey: Journey
    columns: dict[str, Any]
    until: date | None
    subjects: list[dict[str, Any]]
    locations: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    held: list[int]
    match: tuple[dict[str, Any], list[dict[str, Any]]] | None


def tell(world: World, candidate: int) -> Told:
    """The story candidate with this key."""
    story = STORIES[candidate - 1]
    journey = _journey(world, story)
    region, until = journey.last.region, world.clock.working_day(story.paused_for) if story.paused_for else None
    held = [world.clock.ago(talk["days"], hour=9 + number) for number, talk in enumerate(_talks(story))]
    return Told(
        story,
        journey,
        _columns(story),
        until,
        [{"candidate_id": candidate, "region_id": region, "subject_id": world.subjects[name]} for name in story.subjects],
        [_location(candidate, region, story)],
        _consents(world, candidate, journey, story),
        _tasks(world, candidate, journey, story, until),
        [_session(candidate, journey, talk, at) for talk, at in zip(_talks(story), held, strict=True)],
        held,
        _match(world, candidate, journey, story.match) if story.match else None,
    )


def registered(mark: str) -> list[int]:
    """The story candidates who signed up for a special activity."""
    return [candidate for candidate, story in enumerate(STORIES, 1) if mark in story.activities]


def _talks(story: Story) -> list[dict[str, Any]]:
    return list(TEXTS.get(story.promise, {}).get("sessions", []))


def _journey(world: World, story: Story) -> Journey:
    states = []
    for days, stage, status, name, taken, reason in story.steps:
        region = world.region(name)
        states.append(State(stage, status, region.id, region.advisers[0] if taken else None, reason, world.clock.ago(days, hour=8)))
    return Journey(states[0].entered, story.source, states)


def _columns(story: Story) -> dict[str, Any]:
    area = geo.areas()[story.pc4]
    return (
        NO_PROFILE
        | name_columns(*story.name)
        | contact_columns(story.email, None, story.phone)
        | {"pc4": area.pc4, "place": area.place, "motivation": TEXTS.get(story.promise, {}).get("motivation")}
        | {
            "wanted_sectors": mask(Sector, story.sectors),
            "wanted_functions": mask(Function, (story.function,)),
            "qualifications": mask(Qualification, (story.qualification,)),
            "routes": mask(Route, story.routes),
        }
        | story.columns
    )


def _location(candidate: int, region: int, story: Story) -> dict[str, Any]:
    area = geo.areas()[story.pc4]
    return {
        "candidate_id": candidate,
        "region_id": region,
        "pc4": area.pc4,
        "place": area.place,
        "latitude": area.latitude,
        "longitude": area.longitude,
        "radius_km": story.radius,
    }


def _consents(world: World, candidate: int, journey: Journey, story: Story) -> list[dict[str, Any]]:
    events = [(purpose, event, max(world.clock.ago(days, hour=10), journey.created), None) for purpose, event, days in story.consents]
    return [consent_row(candidate, journey.last.region, event, ConsentChannel.ONLINE, None) for event in events]


def _tasks(world: World, candidate: int, journey: Journey, story: Story, until: date | None) -> list[dict[str, Any]]:
    last, made = journey.last, max(world.clock.ago(4, hour=9), journey.created)
    texts = list(story.tasks)
    items = [(TaskKind.NEXT_ACTION, title, holder, world.clock.working_day(days), made, None) for title, holder, days in texts]
    if last.status in (Status.WAITING, Status.PAUSED) and until:
        items.append((TaskKind.FOLLOW_UP, "Vragen hoe het nu gaat", Holder.ADVISER, until, made, None))
    return [task_row(candidate, last.region, item, last.lead) for item in items]


def _session(candidate: int, journey: Journey, talk: dict[str, Any], held: int) -> dict[str, Any]:
    return session_row(
        candidate,
        journey.last.region,
        adviser=journey.at(held).lead or journey.last.lead,
        held=held,
        written=held + HOUR,
        kinds=mask(SessionKind, [SessionKind[name] for name in talk["kinds"]]),
        minutes=talk["minutes"],
        summary=talk["summary"],
        notes=talk["notes"],
        shared=False,
    )


def _match(world: World, candidate: int, journey: Journey, text: MatchText) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A match at a school of the first board of the region: in Utrecht the one where hr@demo.test works."""
    region = world.regions[journey.last.region]
    school = next(key for key, row in world.organisations.items() if row["parent_id"] == region.boards[0])
    steps = [(state, world.clock.ago(days, hour=12)) for state, days in text.steps]
    match = match_row(candidate, region.id, (school, None), steps[-1], steps[0][1], text.by, text.reason)
    return match, event_rows(match, steps, journey.last.lead, text.reason)
