"""The page of a candidate as data: which facts, under which words, and what the head says. The candidate reads it in the second person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.adapters import clock
from app.enums import ORIENTATION, Holder, Role, Status
from app.fab.badges import badge
from app.fab.page import Ahead, Link, Step
from app.fab.shown import due, moment, timed
from app.models import Candidate, Task
from app.queries.timeline import next_task
from app.security.fields import may_see
from app.security.identity import person

CONTACT = ("email", "email2", "phone", "linkedin")
_PERSON = ("place", "pc4", "birth_year", "locale")
_STANDING = ("stage_entered_at", "status_until", "leave_reason", "certainty", "lead_adviser", "last_contact_at", "messages", "source",
             "created_at", "region")  # fmt: skip
_WISHES = ("motivation", "wanted_sectors", "wanted_functions", "subjects", "routes", "hours_min", "hours_max", "available_from", "anywhere")
_BRINGS = ("education", "field_of_study", "qualifications", "diploma_country", "diploma_valuation", "dutch_level", "employer",
           "current_sector", "current_function")  # fmt: skip
SHOW_GROUPS = (
    (_l("Where they stand"), _STANDING),
    (_l("What they want"), _WISHES),
    (_l("What they bring"), _BRINGS),
    (_l("Person"), _PERSON),
)
OWN_GROUPS = (
    (_l("Where you stand"), _STANDING),
    (_l("What you want"), _WISHES),
    (_l("What you bring"), _BRINGS),
    (_l("Your details"), (*CONTACT, *_PERSON)),
)
OWN_LABELS = {
    "stage_entered_at": _l("In this step since"),
    "leave_reason": _l("Why you stopped"),
    "certainty": _l("How sure you are"),
    "lead_adviser": _l("Your adviser"),
    "source": _l("How you came to us"),
    "created_at": _l("With us since"),
    "region": _l("Your region"),
    "motivation": _l("Why you want this"),
    "employer": _l("Where you work now"),
    "current_sector": _l("Sector in which you work now"),
    "current_function": _l("What you do now"),
}
# Why nothing is next, for the desk and for the candidate.
CLOSED = {
    Status.LEFT: (_l("This candidate left. There is no next action."), _l("You stopped. If you want to go on, call your adviser.")),
    Status.COMPLETED: (_l("The guidance is completed. There is no next action."), _l("Your guidance is completed.")),
    Status.HANDED_OVER: (_l("Somebody outside took over. There is no next action."), _l("Somebody outside our desk helps you now.")),
}


def head_of(row: Candidate, sees: frozenset[str], plan_url: str, opens_tasks: bool) -> dict[str, Any]:
    """What the head of a candidate's page says, as values of `Detail`. `sees` are the columns that this person may see, `plan_url` is
    where a task is planned by who may; the next one is named to who may open the tasks."""
    said: dict[str, Any] = {}
    if "stage" in sees:
        said["steps"] = tuple(steps_of(row))
        said["badge"] = badge(row.status) if row.status is not Status.ACTIVE else ""
    if "next_action_on" in sees:
        own = person().role is Role.CANDIDATE
        if row.status in CLOSED:
            said["closed"] = str(CLOSED[row.status][own])
        elif opens_tasks:
            said["ahead"] = _ahead(row, next_task(row.id), own, plan_url)
    return said


def steps_of(row: Candidate) -> list[Step]:
    """The four steps, and after them the one that followed; who stopped stands at the step that was reached."""
    journey = list(ORIENTATION) if row.stage in ORIENTATION else [*ORIENTATION, row.stage]
    here = journey.index(row.stage)
    now = "stopped" if row.status in (Status.LEFT, Status.HANDED_OVER) else "now"
    states = [*["done"] * here, now, *["next"] * (len(journey) - here - 1)]
    return [Step(str(stage.label), state) for stage, state in zip(journey, states, strict=True)]


def _ahead(row: Candidate, task: Task | None, own: bool, plan_url: str) -> Ahead:
    if task is None:
        return Ahead(url=plan_url)
    late = task.due_on < clock.day(clock.now())
    when = due(task.due_on) if late else timed(task.due_on, gettext("before %(day)s", day=moment(task.due_on)))
    return Ahead(_turn(row, task, own), task.title, when, url_for("TakenView.show", pk=task.id))


def _called(row: Candidate) -> str:
    return (row.given_name or row.name) if may_see(person(), Candidate, "name") else row.number


def _turn(row: Candidate, task: Task, own: bool) -> str:
    """Who has the ball, as the beginning of a sentence."""
    if task.holder is Holder.CANDIDATE:
        return gettext("It is your turn") if own else gettext("Turn of: %(who)s", who=_called(row))
    owner = task.owner.name if task.owner is not None and task.holder is Holder.ADVISER else str(task.holder.label)
    return gettext("%(who)s has the ball", who=owner) if own else gettext("Turn of: %(who)s", who=owner)


def way_to(name: str, value: str) -> str:
    """The address behind a way to reach somebody; empty when it is only to be read."""
    scheme = {"phone": "tel:", "linkedin": ""}.get(name, "mailto:")
    return f"{scheme}{value.replace(' ', '')}" if scheme or value.startswith("https://") else ""


def links_of(page: Callable[[str], str], number: str) -> tuple[Link, ...]:
    """What the desk does with a candidate; the three that are used most stand in sight. `page` is the address of a verb."""
    add: dict[str, Any] = {"candidate": number}
    return (
        Link(gettext("Add conversation"), url_for("GesprekkenView.add", **add), "message-plus", "first"),
        Link(gettext("Plan task"), url_for("TakenView.add", **add), "checklist", "near"),
        Link(gettext("Move"), page("move"), "route", "near"),
        Link(gettext("Choose an adviser"), page("assign"), "user-check"),
        Link(gettext("Propose match"), url_for("MatchesView.add", **add), "heart-handshake"),
        Link(gettext("Give access to the own place"), page("access"), "key"),
        Link(gettext("Consent to messages"), page("messages"), "mail"),
        Link(gettext("Register for activity"), url_for("AanmeldingenView.add", **add), "calendar-plus"),
        *(_passing_on(add) if person().can("refer") else ()),
    )


def further_of(row: Candidate) -> tuple[Link, ...]:
    """What the desk puts before a candidate."""
    begin = (Link(gettext("Start step plan"), url_for("PlanStartView.start", pk=row.id), "list-check"),) if row.status not in CLOSED else ()
    write = Link(gettext("Write a message"), url_for("BerichtenView.write", number=row.id), "mail")
    return (write, Link(gettext("Set something out"), url_for("KlaarzettenView.choose", number=row.id), "bookmark"), *begin)


def _passing_on(add: dict[str, Any]) -> tuple[Link, ...]:
    return (
        Link(gettext("Hand over"), url_for("OverdrachtenView.add", **add), "switch-horizontal"),
        Link(gettext("Refer to a study adviser"), url_for("DoorverwijzingenView.add", **add), "school"),
    )
