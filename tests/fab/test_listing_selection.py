"""Doing one thing with many rows: asked first with how many and who, done once, only to rows of one's own."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.adapters import clock
from app.enums import Role, Status
from app.fab import selection
from app.models import Candidate, ChangeLog, Membership, ReadEvent, ReadSubject, Region, Task, UserProfile
from tests.site import BOTH, Site, hidden, post, token

CHOOSE, APPLY = "/kandidaten/keuze", "/kandidaten/keuze/uitvoeren"
LEFT = "_flt_0_status=LEFT"


def own(site: Site, *where: Any, slug: str = "utrecht") -> list[int]:
    """The keys of the region's candidates."""
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == slug))
        return list(session.scalars(sa.select(Candidate.id).where(Candidate.region_id == region, *where).order_by(Candidate.id)))


def colleague(site: Site, slug: str = "utrecht") -> int:
    """An adviser of the region, the last one."""
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == slug))
        query = sa.select(sa.func.max(Membership.user_id)).where(Membership.region_id == region, Membership.role == Role.ADVISER)
        return int(session.scalar(query.where(Membership.ends_on.is_(None))))


def advisers(site: Site, keys: list[int]) -> set[int | None]:
    with site.rows() as session:
        return set(session.scalars(sa.select(Candidate.lead_adviser_id).where(Candidate.id.in_(keys))))


def ask(browser: FlaskClient, rows: Any = "", url: str = CHOOSE, **fields: str) -> TestResponse:
    return post(browser, url, {"action": "assign", "_rows": rows, **fields})


def form_of(page: TestResponse) -> dict[str, str]:
    return {name: value for name, value in hidden(page.text.partition("<main")[2]).items() if name != "csrf_token"}


def count(page: TestResponse) -> int:
    return int(re.search(r'class="count">· ([\d.]+)', page.text)[1].replace(".", ""))  # type: ignore[index]


@BOTH
def test_chosen_rows_get_an_adviser_once_however_often_one_clicks(site: Site) -> None:
    keys, adviser, noor = own(site)[:12], colleague(site), site.client("noor")

    asked = ask(noor, [str(key) for key in keys])
    fields = {**form_of(asked), "adviser": str(adviser)}
    answers = [post(noor, APPLY, fields) for _ in range(2)]

    names = re.findall(r"<li>(.*?)</li>", asked.text.partition('class="bulk-names"')[2].partition("</ul>")[0])
    assert (asked.status_code, count(asked), len(names), names[-1]) == (200, 12, 11, "en 2 anderen")
    assert [answer.status_code for answer in answers] == [302, 302]
    assert {answer.headers["Location"].partition("?")[0] for answer in answers} == {"/kandidaten/list/"}
    with site.rows() as session:
        lines = session.scalar(sa.select(sa.func.count()).select_from(ChangeLog).where(ChangeLog.verb == "assign"))
    assert (advisers(site, keys), lines <= 12) == ({adviser}, True)


def test_everything_that_is_filtered_is_exactly_that(site: Site) -> None:
    waiting, noor = own(site, Candidate.status == Status.WAITING), site.client("noor")

    page = ask(noor, query="_flt_0_status=WAITING", all="1")
    post(noor, APPLY, {**form_of(page), "adviser": str(colleague(site))})

    others = own(site, Candidate.status != Status.WAITING)
    assert (count(page), advisers(site, waiting)) == (len(waiting), {colleague(site)})
    assert len(advisers(site, others)) > 1


def test_rows_of_elsewhere_count_as_rows_that_are_not_there(site: Site) -> None:
    mine, theirs, noor = own(site)[:2], own(site, slug="rotterdam")[:3], site.client("noor")
    before = advisers(site, theirs)

    page = ask(noor, ",".join(map(str, [*mine, *theirs, 987_654])))
    smuggled = {**form_of(page), "seen": ",".join(map(str, [*mine, *theirs]))}
    refused = post(noor, APPLY, {**smuggled, "adviser": str(colleague(site))})
    done = post(noor, APPLY, {**form_of(refused), "adviser": str(colleague(site))})

    assert (count(page), refused.status_code, "+0 / −3" in refused.text) == (2, 409, True)
    assert (done.status_code, advisers(site, mine), advisers(site, theirs)) == (302, {colleague(site)}, before)


def test_when_the_list_has_changed_it_is_asked_again_and_nothing_is_done(site: Site) -> None:
    keys, noor = own(site, Candidate.status == Status.ACTIVE), site.client("noor")
    before = {key: advisers(site, [key]) for key in keys[:3]}
    page = ask(noor, query="_flt_0_status=ACTIVE", all="1")
    with site.rows() as session:
        session.get(Candidate, keys[0]).status = Status.PAUSED

    refused = post(noor, APPLY, {**form_of(page), "adviser": str(colleague(site))})

    assert (refused.status_code, "+0 / −1" in refused.text, count(refused)) == (409, True, len(keys) - 1)
    assert {key: advisers(site, [key]) for key in keys[:3]} == before


@pytest.mark.parametrize("adviser", ["", "999999", "x"])
def test_what_is_missing_is_said_beside_the_field_and_the_choice_stays(site: Site, adviser: str) -> None:
    noor, keys = site.client("noor"), own(site)[:2]
    before = advisers(site, keys)

    fields = form_of(ask(noor, ",".join(map(str, keys))))
    refused = post(noor, APPLY, {**fields, "adviser": adviser})

    assert (refused.status_code, 'aria-invalid="true"' in refused.text) == (422, True)
    assert (form_of(refused), advisers(site, keys)) == (fields, before)


def test_one_row_that_cannot_be_done_undoes_the_others(site: Site) -> None:
    """The last open task of an open file needs a next one."""
    carla = site.client("carla")
    region = own(site, Candidate.status == Status.ACTIVE)
    with site.rows() as session:
        open_tasks = sa.select(Task.candidate_id, sa.func.min(Task.id)).where(Task.done_at.is_(None), Task.candidate_id.in_(region))
        tasks = [key for _, key in session.execute(open_tasks.group_by(Task.candidate_id).having(sa.func.count() == 1).limit(3))]
    page = ask(carla, ",".join(map(str, tasks)), "/taken/keuze", action="finish")

    refused = post(carla, "/taken/keuze/uitvoeren", form_of(page))
    done_then = _done(site, tasks)
    planned = post(carla, "/taken/keuze/uitvoeren", {**form_of(page), "next_title": "Bellen", "next_due": "2099-01-01"})
    soon = post(carla, "/taken/keuze/uitvoeren", {**form_of(page), "next_title": "Bellen", "next_due": _soon()})

    assert (refused.status_code, "laatste open taak" in refused.text, done_then) == (400, True, 0)
    assert (planned.status_code, soon.status_code, _done(site, tasks)) == (400, 302, 3)
    again = ask(carla, ",".join(map(str, tasks)), "/taken/keuze", action="finish")
    assert (again.status_code, count(again), "In je keuze staat niets meer" in again.text) == (200, 0, True)


def _soon() -> str:
    return (clock.day(clock.now()) + timedelta(days=7)).isoformat()


def _done(site: Site, keys: list[int]) -> int:
    with site.rows() as session:
        return int(session.scalar(sa.select(sa.func.count(Task.id)).where(Task.id.in_(keys), Task.done_at.is_not(None))))


@pytest.mark.parametrize(("rows", "status"), [("", 400), ("x", 400), ("1,2,,", 200), (",".join(map(str, range(1_001))), 400)])
def test_a_choice_that_is_empty_or_no_choice_is_refused_with_a_sentence(site: Site, rows: str, status: int) -> None:
    answer = ask(site.client("noor"), rows)

    assert (answer.status_code, "<h1>Dit lukte niet</h1>" in answer.text) == (status, status == 400)


def test_more_than_can_be_done_at_once_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "MOST", 5)

    answer = ask(site.client("noor"), all="1")

    assert (answer.status_code, "hoogstens 5 tegelijk" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("name", "action", "status"),
    [
        ("noor", "assign", 200),
        ("noor", "delete", 403),
        ("noor", "", 403),
        ("hr", "assign", 403),
        ("hr", "export", 403),
        ("studie", "assign", 403),
    ],
)
def test_who_may_not_do_it_is_refused_before_anything_is_asked(site: Site, name: str, action: str, status: int) -> None:
    browser = site.client(name)

    assert ask(browser, all="1", action=action).status_code == status
    assert (f'name="action" value="{action}"' in browser.get("/kandidaten/list/").text) is (status == 200)


def test_who_no_longer_works_here_meanwhile_changes_nothing(site: Site) -> None:
    noor, keys = site.client("noor"), own(site)[:2]
    before, fields = advisers(site, keys), form_of(ask(noor, ",".join(map(str, keys))))
    with site.rows() as session:
        mine = session.scalars(sa.select(Membership).join(UserProfile).where(UserProfile.name.startswith("Noor")))
        for membership in mine:
            membership.ends_on = clock.day(clock.now()) - timedelta(days=1)

    answer = noor.post(APPLY, data={**fields, "adviser": str(colleague(site)), "csrf_token": token(noor, "/")})

    assert (answer.status_code, advisers(site, keys)) == (403, before)


def test_nobody_does_with_many_rows_what_is_no_action(site: Site) -> None:
    assert post(site.client("noor"), APPLY, {"action": "export", "query": "", "seen": ""}).status_code == 404


@BOTH
def test_a_file_of_chosen_rows_holds_those_in_ones_own_region(site: Site) -> None:
    mine, theirs, carla = own(site)[:3], own(site, slug="rotterdam")[:2], site.client("carla")

    page = ask(carla, ",".join(map(str, [*mine, *theirs])), action="export")
    ticket = post(carla, "/kandidaten/export", {**form_of(page), "format": "csv", "reason": "voor het overleg"})
    lines = carla.get(ticket.headers["Location"]).text.splitlines()

    assert (count(page), ticket.status_code, len(lines) - 1) == (3, 303, 3)


def test_a_thousand_chosen_rows_fit_in_a_file(site: Site) -> None:
    rows = "_rows=" + ",".join(str(10_000_000 + number) for number in range(1_000))

    answer = post(site.client("carla"), "/kandidaten/export", {"query": rows, "format": "csv", "reason": "voor het overleg"})

    assert answer.status_code == 303


def test_whose_names_are_shown_is_logged(site: Site) -> None:
    keys, noor = own(site)[:3], site.client("noor")

    ask(noor, ",".join(map(str, keys)))

    with site.rows() as session:
        event = session.scalar(sa.select(sa.func.max(ReadEvent.id)))
        seen = session.scalar(sa.select(sa.func.count()).select_from(ReadSubject).where(ReadSubject.event_id == event))
    assert seen == 3


def test_chosen_rows_are_one_more_narrowing_of_the_list(site: Site) -> None:
    mine, theirs, noor = own(site)[:4], own(site, slug="rotterdam")[:2], site.client("noor")
    with site.rows() as session:
        active = session.scalar(sa.select(sa.func.count(Candidate.id)).where(Candidate.id.in_(mine), Candidate.status == Status.ACTIVE))
    rows = ",".join(map(str, [*mine, *theirs]))

    both = noor.get(f"/kandidaten/list/?_rows={rows}&_flt_0_status=ACTIVE").text
    alone = noor.get(f"/kandidaten/list/?_rows={rows}").text

    assert (f'data-total="{active}"' in both, 'data-total="4"' in alone) == (True, True)
    chip = re.search(r'<li class="chip"><span>Keuze: <b>6</b></span><a href="([^"]+)">', alone)
    assert (unescape(chip[1]) if chip else "") == "/kandidaten/list/"
