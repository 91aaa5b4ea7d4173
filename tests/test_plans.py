"""Stappenplan on the screen: writing a template, starting, moving and stopping a plan."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import models as m
from app.adapters import clock
from app.enums import Holder, Role, Route
from app.services import tasks
from tests.security.world import ROTTERDAM, UTRECHT, new_file
from tests.site import BOTH, Site, hidden, post
from tests.test_offers import words


def anna_of(site: Site, number: str = "K-880002", region: int = UTRECHT) -> int:
    with site.rows() as session:
        return int(new_file(session, region, number, given_name="Anna").id)


def plans_of(site: Site, candidate: int) -> list[Any]:
    with site.rows() as session:
        found = session.scalars(sa.select(m.Plan).where(m.Plan.candidate_id == candidate).order_by(m.Plan.id)).all()
        session.expunge_all()
        return list(found)


def steps_of(site: Site, plan: int) -> list[Any]:
    with site.rows() as session:
        found = session.scalars(sa.select(m.Task).where(m.Task.plan_id == plan).order_by(m.Task.due_on, m.Task.id)).all()
        session.expunge_all()
        return list(found)


def today() -> date:
    return clock.day(clock.now())


def start(noor: FlaskClient, anna: int, **fields: str) -> list[TestResponse]:
    """Start the first template for somebody, with a double click."""
    url = f"/stappenplannen/starten/{anna}"
    form = {**hidden(noor.get(url).text), "template": "1", "first_on": f"{today():%d-%m-%Y}", **fields}
    return [post(noor, url, form) for _ in range(2)]


@BOTH
def test_a_double_click_starts_one_plan_whose_steps_stand_in_the_tab(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")

    answers = start(noor, anna)
    tab = words(noor.get(f"/kandidaten/show/{anna}?tab=stappenplan").text)

    assert [answer.headers.get("Location") for answer in answers] == [f"/kandidaten/show/{anna}?tab=stappenplan"] * 2
    (plan,) = plans_of(site, anna)
    assert ("0 van 9 stappen" in tab, len(steps_of(site, plan.id))) == (True, 9)


def test_the_days_are_shown_before_anything_is_written(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")

    page = post(noor, f"/stappenplannen/starten/{anna}", {"step": "preview", "template": "1", "first_on": "01-03-2027"})

    assert ("ma 1 mrt 2027" in page.text, "Geschiktheidsonderzoek doen" in page.text, plans_of(site, anna)) == (True, True, [])


@pytest.mark.parametrize("fields", [{"first_on": "31-02-2027"}, {"first_on": "01-01-1926"}, {"template": "987654"}, {"first_on": ""}])
def test_bad_input_gets_a_sentence_and_starts_nothing(site: Site, fields: dict[str, str]) -> None:
    anna, noor = anna_of(site), site.client("noor")

    answers = start(noor, anna, **fields)

    assert {answer.status_code for answer in answers} <= {400, 422}
    assert plans_of(site, anna) == []


def test_a_step_moves_with_those_after_it_and_a_stale_tab_is_told(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")
    start(noor, anna)
    (plan,) = plans_of(site, anna)
    before = steps_of(site, plan.id)
    url, later = f"/stappenplannen/stap/{before[0].id}", tasks.add_working_days(today() + timedelta(days=7), 0)
    form = hidden(noor.get(url).text)

    moved = post(noor, url, {**form, "due_on": f"{later:%d-%m-%Y}", "following": "y"})
    stale = post(noor, url, {**form, "due_on": f"{today():%d-%m-%Y}"})

    after = steps_of(site, plan.id)
    assert (moved.status_code, stale.status_code, after[0].due_on) == (302, 409, later)
    assert all(new.due_on > old.due_on for new, old in zip(after, before, strict=True))


def test_stopping_twice_stops_once_and_the_file_keeps_a_next_action(site: Site) -> None:
    anna, noor = anna_of(site), site.client("noor")
    start(noor, anna)
    (plan,) = plans_of(site, anna)

    answers = [post(noor, f"/stappenplannen/stop/{plan.id}").status_code for _ in range(2)]

    with site.rows() as session:
        assert session.get(m.Candidate, anna).next_action_on is not None
    assert (answers, {step.done_at is None for step in steps_of(site, plan.id)}) == ([302, 302], {False})


def test_what_is_of_elsewhere_is_not_there(site: Site) -> None:
    there, noor, rotterdam = anna_of(site, region=ROTTERDAM), site.client("noor"), ROTTERDAM
    with site.rows() as session:
        plan = m.Plan(candidate_id=there, region_id=rotterdam, route=Route.PDG, name="PDG", started_at=clock.now())
        session.add(plan)
        session.flush()
        step = m.Task(candidate_id=there, region_id=rotterdam, title="Bellen", holder=Holder.DESK, due_on=today(), created_at=clock.now())
        step.plan_id = plan.id
        session.add(step)
        session.flush()
        keys = plan.id, step.id

    answers = [
        noor.get(f"/stappenplannen/starten/{there}"),
        post(noor, f"/stappenplannen/stop/{keys[0]}"),
        noor.get(f"/stappenplannen/stap/{keys[1]}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3


def _rows(*rows: tuple[str, str, str, str]) -> dict[str, list[str]]:
    names = ("steps-place", "steps-title", "steps-days", "steps-holder")
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def test_a_template_is_written_in_the_order_of_its_numbers_and_rows_without_words_go(site: Site) -> None:
    carla, url = site.client("carla"), "/beheer/stappenplannen/add"
    form = {**hidden(carla.get(url).text), "name": "Hier", "route": "PDG", "region": f"{UTRECHT}", "active": "y"}
    rows = _rows(("2", "Tweede", "5", "SCHOOL"), ("1", "Eerste", "0", "CANDIDATE"), ("3", "", "5", "DESK"))

    answers = [post(carla, url, {**form, **rows}) for _ in range(2)]

    with site.rows() as session:
        (made,) = session.scalars(sa.select(m.PlanTemplate).where(m.PlanTemplate.name == "Hier")).all()
        assert [(step.title, step.days, step.holder) for step in made.steps] == [
            ("Eerste", 0, Holder.CANDIDATE),
            ("Tweede", 5, Holder.SCHOOL),
        ]
    assert [answer.status_code for answer in answers] == [302, 302]


BAD = [("", "0", "DESK"), ("Bellen", "veel", "DESK"), ("Bellen", "5", "IEMAND"), ("Bellen", "999", "DESK")]


@pytest.mark.parametrize(("what", "days", "who"), BAD)
def test_bad_steps_are_said_and_nothing_typed_is_lost(site: Site, what: str, days: str, who: str) -> None:
    carla, url = site.client("carla"), "/beheer/stappenplannen/add"
    form = {**hidden(carla.get(url).text), "name": "Hier", "route": "PDG", "region": f"{UTRECHT}"}

    answer = post(carla, url, {**form, **_rows(("1", what, days, who))})

    assert (answer.status_code in (400, 422), f'value="{what}"' in answer.text, 'value="Hier"' in answer.text) == (True, True, True)


def test_of_two_who_edit_one_template_the_second_gets_both_texts(site: Site) -> None:
    nadia, url = site.client("nadia"), "/beheer/stappenplannen/edit/1"
    form = {**hidden(nadia.get(url).text), "name": "Zij-instroom", "route": "ZIJ_INSTROOM", "active": "y"}

    first = post(nadia, url, {**form, **_rows(("1", "Van mij", "0", "CANDIDATE"))})
    second = post(nadia, url, {**form, **_rows(("1", "Van jou", "0", "CANDIDATE"))})

    assert (first.status_code, second.status_code) == (302, 409)
    assert ("Van mij" in second.text, "Van jou" in second.text) == (True, True)


def test_an_adviser_writes_no_template_until_the_region_allows_it(site: Site) -> None:
    noor = site.client("noor")
    before = noor.get("/beheer/stappenplannen/add").status_code
    with site.rows() as session:
        session.add(m.Capability(region_id=UTRECHT, role=Role.ADVISER, name="write_articles", enabled=True))

    after = site.client("noor").get("/beheer/stappenplannen/add").status_code

    assert (before, after, noor.get("/beheer/stappenplannen/edit/1").status_code) == (403, 200, 403)
