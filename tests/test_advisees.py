"""Adviesvragers over the web: whose list it is, the inbox, and the verbs on it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.adapters import clock
from app.enums import MatchParty, MatchState, Role, Signal, Stage, Status
from app.fab.badges import BADGES
from app.models import Candidate, CoAdviser, Match, Membership, Region, StageLimit, Task
from app.queries import alternatives
from tests.site import BOTH, Site, hidden, post

MOST = 8  # statements of a list page, session and log included
_ROW = re.compile(r'<tr data-id="(\d+)"')


def _listed(browser: FlaskClient, query: str = "") -> list[int]:
    answer = browser.get(f"/adviesvragers/list/?psize_AdviesvragersView=100&{query}")
    assert answer.status_code == 200, answer.text
    return [int(key) for key in _ROW.findall(answer.text)]


def _total(browser: FlaskClient, url: str) -> int:
    found = re.search(r'data-total="(\d+)"', browser.get(url).text)
    assert found is not None
    return int(found[1])


def _user(session: Any, name: str) -> int:
    from flask_appbuilder.security.sqla.models import User  # noqa: PLC0415

    return int(session.scalar(sa.select(User.id).where(User.username == f"{name}@demo.test")))


def _region(session: Any) -> int:
    return int(session.scalar(sa.select(Region.id).where(Region.slug == "utrecht")))


def _waiting(session: Any) -> Candidate:
    """Somebody in the inbox."""
    query = sa.select(Candidate).where(Candidate.region_id == _region(session), Candidate.status == Status.ACTIVE)
    row = session.scalars(query.order_by(Candidate.id)).first()
    row.lead_adviser_id = None
    session.flush()
    return row


def _lead(site: Site, key: int) -> int | None:
    with site.rows() as session:
        return session.scalar(sa.select(Candidate.lead_adviser_id).where(Candidate.id == key))


def _do(browser: FlaskClient, verb: str, key: int, **fields: Any) -> TestResponse:
    """Open the page of a verb and send its form."""
    page = browser.get(f"/adviesvragers/{verb}/{key}")
    assert page.status_code == 200, page.text
    return browser.post(f"/adviesvragers/{verb}/{key}", data={**hidden(page.text), **fields})


def _colleague(session: Any) -> int:
    here = (Membership.region_id == _region(session), Membership.role == Role.ADVISER, Membership.ends_on.is_(None))
    return int(session.scalar(sa.select(sa.func.max(Membership.user_id)).where(*here)))


def test_an_adviser_finds_the_own_open_people_the_earliest_date_first(shared_site: Site) -> None:
    listed = _listed(shared_site.client("noor"))

    with shared_site.rows() as session:
        mine = sa.select(Candidate.id).where(Candidate.lead_adviser_id == _user(session, "noor"))
        mine = mine.where(Candidate.status.in_([Status.ACTIVE, Status.WAITING, Status.PAUSED]))
        assert listed == list(session.scalars(mine.order_by(Candidate.next_action_on, Candidate.id)))
    assert listed != []


def test_who_left_is_found_by_asking_for_the_status(shared_site: Site) -> None:
    listed = _listed(shared_site.client("noor"), "_flt_0_status=LEFT")

    with shared_site.rows() as session:
        left = (Candidate.lead_adviser_id == _user(session, "noor"), Candidate.status == Status.LEFT)
        assert set(listed) == set(session.scalars(sa.select(Candidate.id).where(*left)))


def test_the_inbox_shows_who_has_no_adviser_the_oldest_date_first(site: Site) -> None:
    with site.rows() as session:
        late, today = _waiting(session), clock.day(clock.now())
        late.next_action_on = today - timedelta(days=400)
        key = late.id

    listed = _listed(site.client("noor"), "_flt_0_part=INBOX")

    with site.rows() as session:
        rows = session.scalars(sa.select(Candidate).where(Candidate.id.in_(listed))).all()
        days = {row.id: row.next_action_on for row in rows}
        assert {row.lead_adviser_id for row in rows} == {None}
    assert (listed[0], [days[one] for one in listed]) == (key, sorted(days.values()))


@pytest.mark.parametrize("name", ["carla", "nadia"])
def test_a_coordinator_and_the_national_desk_see_everybody_of_the_region(shared_site: Site, name: str) -> None:
    browser = shared_site.client(name)

    everybody, mine = _total(browser, "/adviesvragers/list/"), _total(browser, "/adviesvragers/list/?_flt_0_part=MINE")

    assert 0 <= mine < everybody


@pytest.mark.parametrize("name", ["hr", "opleider", "studie", "fatima", "beheer"])
def test_nobody_else_has_this_list(shared_site: Site, name: str) -> None:
    assert shared_site.client(name).get("/adviesvragers/list/").status_code == 403


def test_whoever_takes_somebody_from_the_inbox_has_them_and_a_second_click_changes_nothing(site: Site) -> None:
    with site.rows() as session:
        key, me = _waiting(session).id, _user(session, "noor")
    noor = site.client("noor")
    sent = hidden(noor.get(f"/adviesvragers/oppakken/{key}").text)

    answers = [noor.post(f"/adviesvragers/oppakken/{key}", data=sent).status_code for _ in range(2)]

    assert (answers, _lead(site, key)) == ([302, 302], me)
    assert key in _listed(noor)


def test_who_comes_second_is_told_who_has_them(site: Site) -> None:
    with site.rows() as session:
        key = _waiting(session).id
    noor, carla = site.client("noor"), site.client("carla")
    sent = hidden(carla.get(f"/adviesvragers/oppakken/{key}").text)
    _do(noor, "oppakken", key)

    answer = carla.post(f"/adviesvragers/oppakken/{key}", data=sent)

    assert (answer.status_code, "Noor" in html.unescape(answer.text)) == (409, True)


def test_a_colleague_gets_the_candidate_with_the_note_as_a_task(site: Site) -> None:
    with site.rows() as session:
        key, colleague = _waiting(session).id, _colleague(session)
    noor = site.client("noor")
    _do(noor, "oppakken", key)

    answer = _do(noor, "overdragen", key, adviser=str(colleague), note="Belt liever 's avonds")

    with site.rows() as session:
        newest = session.scalars(sa.select(Task).where(Task.candidate_id == key).order_by(Task.id.desc())).first()
        told = (newest.owner_id, newest.title.endswith(": Belt liever 's avonds"), newest.done_at)
    assert (answer.status_code, _lead(site, key), told) == (302, colleague, (colleague, True, None))
    assert key not in _listed(noor)


def test_sharing_shows_somebody_in_a_colleagues_own_list_until_it_stops(site: Site) -> None:
    with site.rows() as session:
        row, me = _waiting(session), _user(session, "noor")
        row.lead_adviser_id, key = _colleague(session), row.id
    carla, noor = site.client("carla"), site.client("noor")

    _do(carla, "delen", key, colleagues=[str(me)])
    during = (key in _listed(noor), key in _listed(noor, "_flt_0_part=SHARED"))
    _do(carla, "delen", key)

    assert (during, key in _listed(noor)) == ((True, True), False)


@pytest.mark.parametrize("verb", ["oppakken", "overdragen", "delen"])
def test_a_candidate_of_another_region_is_not_there(shared_site: Site, verb: str) -> None:
    with shared_site.rows() as session:
        theirs = session.scalar(sa.select(Candidate.id).where(Candidate.region_id != _region(session)))
    noor = shared_site.client("noor")

    answers = {noor.get(f"/adviesvragers/{verb}/{key}").status_code for key in (theirs, 987654321)}

    assert answers == {404}


@BOTH
def test_many_are_taken_shared_and_handed_at_once(site: Site) -> None:
    with site.rows() as session:
        query = sa.select(Candidate).where(Candidate.region_id == _region(session), Candidate.status == Status.ACTIVE)
        rows = list(session.scalars(query.order_by(Candidate.id).limit(3)))
        for row in rows:
            row.lead_adviser_id = None
        keys, colleague, me = [row.id for row in rows], _colleague(session), _user(session, "noor")
    noor = site.client("noor")

    def act(action: str, **fields: str) -> int:
        asked = post(noor, "/adviesvragers/keuze", {"action": action, "_rows": keys})
        return noor.post("/adviesvragers/keuze/uitvoeren", data={**hidden(asked.text), **fields}).status_code

    done = [act("claim"), act("share", adviser=str(colleague))]
    mine = {_lead(site, key) for key in keys}
    with site.rows() as session:
        shared = set(session.scalars(sa.select(CoAdviser.candidate_id).where(CoAdviser.user_id == colleague)))
    done.append(act("hand", adviser=str(colleague), note=""))

    assert (done, mine, shared, {_lead(site, key) for key in keys}) == ([302] * 3, {me}, set(keys), {colleague})


@BOTH
@pytest.mark.parametrize("screen", ["adviesvragers", "kandidaten"])
def test_one_three_and_twenty_five_rows_with_signals_take_the_same_statements(site: Site, screen: str) -> None:
    carla, view = site.client("carla"), "AdviesvragersView" if screen == "adviesvragers" else "KandidatenView"
    counts = set()

    for size in (1, 3, 25):
        url = f"/{screen}/list/?psize_{view}={size}&_flt_0_signal=OVERDUE"
        carla.get(url)
        seen = site.statements()
        carla.get(url)
        counts.add(len(seen))

    assert (len(counts), max(counts) <= MOST) == (1, True), seen


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("screen", ["adviesvragers", "kandidaten"])
def test_the_filter_finds_those_whose_row_shows_the_badge(shared_site: Site, screen: str, signal: Signal) -> None:
    carla = shared_site.client("carla")
    url = f"/{screen}/list/?psize_{'AdviesvragersView' if screen == 'adviesvragers' else 'KandidatenView'}=100&_flt_0_signal={signal.name}"

    page = carla.get(url)

    rows = re.findall(r"<tr data-id.*?</tr>", page.text, re.S)
    shown = "clock-exclamation" if signal is Signal.OVERDUE else str(BADGES[signal][0])
    assert (page.status_code, [row for row in rows if f"#{shown}" not in row]) == (200, [])


@pytest.mark.parametrize("query", ["_flt_0_signal=NO_SUCH", "_flt_1_signal=OVERDUE", "_flt_0_part=ALL", "_flt_0_signal=__class__"])
def test_a_signal_that_is_none_is_a_sentence(shared_site: Site, query: str) -> None:
    answer = shared_site.client("noor").get(f"/adviesvragers/list/?{query}")

    assert (answer.status_code, "Filter" in answer.text or "filter" in answer.text) == (400, True)


@pytest.mark.parametrize("name", ["hr", "studie"])
def test_who_may_not_see_signals_cannot_find_by_them(shared_site: Site, name: str) -> None:
    browser = shared_site.client(name)

    answer = browser.get("/kandidaten/list/?_flt_0_signal=MATCH_FELL_THROUGH")

    assert (answer.status_code, "_flt_0_signal" in browser.get("/kandidaten/list/").text) == (400, False)


@pytest.mark.parametrize("name", ["carla", "beheer"])
def test_the_limits_of_a_region_are_set_once_and_the_second_is_told(site: Site, name: str) -> None:
    browser = site.client(name)
    with site.rows() as session:
        region = _region(session)
    sent = {**hidden(browser.get(f"/beheer/termijnen/?region={region}").text), "region": str(region)}

    first = browser.post("/beheer/termijnen/", data={**sent, "days_DECIDING": "12"})
    again = browser.post("/beheer/termijnen/", data={**sent, "days_DECIDING": "12"})
    other = browser.post("/beheer/termijnen/", data={**sent, "days_DECIDING": "99"})
    wrong = browser.post("/beheer/termijnen/", data={**sent, "days_DECIDING": "twaalf"})

    with site.rows() as session:
        kept = session.execute(sa.select(StageLimit.stage, StageLimit.days).where(StageLimit.region_id == region)).all()
    assert [answer.status_code for answer in (first, again, other, wrong)] == [302, 302, 409, 400]
    assert ([tuple(line) for line in kept], 'value="twaalf"' in wrong.text) == ([(Stage.DECIDING, 12)], True)


def test_a_match_that_fell_through_shows_where_else_somebody_may_fit(site: Site) -> None:
    with site.rows() as session:
        match = session.scalars(sa.select(Match).where(Match.region_id == _region(session), Match.programme_id.is_not(None))).first()
        match.state, match.state_at, match.fell_through_by = MatchState.FELL_THROUGH, clock.now(), MatchParty.CANDIDATE
        match.fell_through_reason, key = "Te ver", match.id
        late = {"title": "Bespreken", "due_on": clock.day(clock.now()), "holder": "ADVISER", "kind": "FOLLOW_UP", "created_at": clock.now()}
        task = Task(candidate_id=match.candidate_id, region_id=match.region_id, **late)
        session.add(task)
        session.flush()
        found, task_id = alternatives.of(session, match), task.id
        known = set(session.scalars(sa.select(Match.programme_id).where(Match.candidate_id == match.candidate_id)))
        offered = [one.programme.id for one in found if one.programme is not None]
        assert all(one.same_route or one.same_sector for one in found)
    noor = site.client("noor")

    pages = [noor.get(f"/matches/show/{key}").text, noor.get(f"/taken/show/{task_id}").text]

    assert (0 < len(offered) <= alternatives.MOST, known & set(offered)) == (True, set())
    assert [page.count("past bij:") for page in pages] == [len(offered)] * 2
