"""The status board over HTTP: few statements, one move per click, everybody told, nothing half done, and nobody looks unseen."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from werkzeug.test import TestResponse

from app.adapters import clock
from app.enums import Role, Stage, Status
from app.models import (
    Candidate,
    Capability,
    ChangeLog,
    LoginSession,
    Membership,
    PersonToken,
    ReadEvent,
    ReadSubject,
    Region,
    StageSpan,
    UserProfile,
)
from tests.site import BOTH, Site, hidden, post, token

MOST = 8
BOARD = "/statusbord/"
FILTERS = (
    "", "_flt_0_lead_adviser={adviser}", "_flt_0_lead_adviser=987654", "_flt_0_wanted_sectors=PO&_flt_0_wanted_sectors=MBO",
    "_flt_0_source=DESK", *(f"_flt_0_signal={name}" for name in ("OVERDUE", "UNHELD", "STALE", "MATCH_FELL_THROUGH", "LEAVES")),
    "meer=EXPLORING.200&meer=ORIENTING.200", "op=2026-09-01", "op=2026-09-01&_flt_0_lead_adviser={adviser}",
    "_flt_0_signal=STALE&_flt_0_source=DESK&_flt_0_wanted_sectors=VO&_flt_0_lead_adviser={adviser}",
)  # fmt: skip
_CARD = re.compile(r'data-id="(\d+)" data-number="(K-\d+)" data-seq="(\d+)"')


class Board:
    """A browser with the board open, as board.js would use it."""

    def __init__(self, site: Site, name: str, query: str = "") -> None:
        self.site, self.browser, self.query = site, site.client(name), query
        self.token = token(self.browser)
        self.html = self.browser.get(f"{BOARD}?{query}").text
        self.visit = re.search(r'data-visit="([^"]+)"', self.html)[1]  # type: ignore[index]

    def cards(self, column: str) -> list[tuple[int, str, int]]:
        """(key, number, step) of the cards of a column."""
        part = self.html.partition(f'id="{column}"')[2].partition("</section>")[0]
        return [(int(key), number, int(seq)) for key, number, seq in _CARD.findall(part)]

    def _keep(self, answer: TestResponse) -> TestResponse:
        if answer.is_json and "visit" in (answer.get_json() or {}):
            self.visit = answer.get_json()["visit"]
        return answer

    def news(self, query: str = "") -> TestResponse:
        return self._keep(self.browser.get(f"{BOARD}nieuws?{query or self.query}", headers={"X-Board-Visit": self.visit}))

    def move(self, key: int, seq: int, to: str, **more: Any) -> TestResponse:
        data = {"csrf_token": self.token, "version": seq, "to": to, **more}
        headers = {"X-Board": "1", "X-Board-Visit": self.visit}
        return self._keep(self.browser.post(f"{BOARD}verplaatsen/{key}", data=data, headers=headers))


@pytest.fixture
def noor(site: Site) -> Board:
    return Board(site, "noor")


def row(site: Site, key: int) -> Candidate:
    with site.rows() as session:
        found: Candidate = session.get(Candidate, key)
        session.expunge(found)
    return found


def steps(site: Site, key: int) -> int:
    with site.rows() as session:
        return int(session.scalar(sa.select(sa.func.count()).select_from(StageSpan).where(StageSpan.candidate_id == key)))


def logged(site: Site) -> list[int]:
    """Whose files were looked at on the board, one for each time, in the order of the candidates."""
    query = sa.select(PersonToken.candidate_id).join(ReadSubject, ReadSubject.token == PersonToken.token).join(ReadEvent)
    with site.rows() as session:
        return list(session.scalars(query.where(ReadEvent.screen == "statusbord").order_by(PersonToken.candidate_id)))


# --- the page ---


@BOTH
def test_the_board_takes_eight_statements_at_most_whatever_it_is_filtered_by(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        adviser = session.scalar(sa.select(UserProfile.user_id).where(UserProfile.name == "Noor de Wit"))
    counts = {}

    for query in FILTERS:
        url = f"{BOARD}?{query.format(adviser=adviser)}"
        assert noor.get(url).status_code == 200, url
        seen = site.statements()
        noor.get(url)
        counts[query] = len(seen)

    assert {query: count for query, count in counts.items() if count > MOST} == {}


@pytest.mark.parametrize("name", ["carla", "nadia"])
def test_the_other_desks_have_their_own_board(site: Site, name: str) -> None:
    browser = site.client(name)
    browser.get(BOARD)
    seen = site.statements()

    answer = browser.get(BOARD)

    assert (answer.status_code, len(seen) <= MOST, len(_CARD.findall(answer.text)) > 0) == (200, True, True)


def test_names_are_not_shown_to_who_may_not_see_contact_data(site: Site) -> None:
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        session.add(Capability(region_id=region, role=Role.ADVISER, name="see_contact", enabled=False))

    board = Board(site, "noor")
    key, number, _ = board.cards("ORIENTING")[0]

    assert (row(site, key).name in board.html, f">{number}</a>" in board.html) == (False, True)


@pytest.mark.parametrize(
    "query",
    ["op=nooit", "op=2999-01-01", "op=2026-09-01&_flt_0_signal=STALE", "meer=ELSEWHERE.40", "meer=ORIENTING.x", "kolom=NERGENS",
     "_flt_0_signal=PERHAPS", "_flt_1_source=DESK", "_flt_0_name=a", "_flt_0_lead_adviser=noor"],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_sentence(shared_site: Site, query: str) -> None:
    answer = shared_site.client("noor").get(f"{BOARD}?{query}")

    assert (answer.status_code, "Traceback" in answer.text, "<h1" in answer.text) == (400, False, True)


def test_filters_are_kept_under_a_name_and_come_back(site: Site) -> None:
    noor = site.client("noor")

    kept = post(noor, f"{BOARD}weergaven", {"query": "_flt_0_signal=STALE", "name": "Staat stil"})

    assert kept.headers["Location"] == f"{BOARD}?_flt_0_signal=STALE"
    tab = re.search(r'<a href="([^"]*)"[^>]*>(?:(?!</a>).)*Staat stil', noor.get(BOARD).text, re.DOTALL)
    assert tab is not None
    assert tab[1].endswith("?_flt_0_signal=STALE")


def test_a_day_in_the_past_can_only_be_looked_at(site: Site) -> None:
    past = site.client("noor").get(f"{BOARD}?op=2026-09-01").text

    moving = [sign for sign in ("data-move", 'draggable="true"', "data-news") if sign in past]
    assert (len(_CARD.findall(past)) > 20, moving) == (True, [])


# --- a move ---


@BOTH
def test_a_move_answers_with_both_columns_and_a_second_click_is_told(site: Site) -> None:
    noor = Board(site, "noor")
    key, number, seq = noor.cards("EXPLORING")[0]
    before = steps(site, key)

    first = noor.move(key, seq, "ORIENTING", **{"from": "EXPLORING"})
    second = noor.move(key, seq, "ORIENTING", **{"from": "EXPLORING"})

    columns = first.get_json()["columns"]
    assert (first.status_code, sorted(columns), number in columns["ORIENTING"]) == (200, ["EXPLORING", "ORIENTING"], True)
    assert (second.status_code, second.get_json()["said"]) == (200, f"{number} staat al in ‘oriënteren’.")
    assert (row(site, key).stage, steps(site, key)) == (Stage.ORIENTING, before + 1)


def test_who_is_second_gets_the_column_in_which_the_card_stands_now(site: Site) -> None:
    noor, carla = Board(site, "noor"), Board(site, "carla")
    key, number, seq = noor.cards("EXPLORING")[0]

    noor.move(key, seq, "MATCHING")
    late = carla.move(key, seq, "DECIDING", **{"from": "EXPLORING"})

    said = late.get_json()
    assert (late.status_code, said["said"]) == (409, f"Iemand anders was eerder: {number} staat nu in ‘matchen’.")
    assert (sorted(said["columns"]), number in said["columns"]["MATCHING"]) == (["EXPLORING", "MATCHING"], True)
    assert row(site, key).stage is Stage.MATCHING


def test_a_move_first_asks_what_it_needs_and_moves_nothing_until_it_is_there(site: Site, noor: Board) -> None:
    key, _, seq = noor.cards("EXPLORING")[0]
    tomorrow = clock.day(clock.now()) + timedelta(days=1)

    answers = [
        noor.move(key, seq, "PAUSED"),
        noor.move(key, seq, "PAUSED", asked="1"),
        noor.move(key, seq, "PAUSED", asked="1", until="31-02-2027"),
        noor.move(key, seq, "PAUSED", asked="1", until="1926-01-01"),
        noor.move(key, seq, "LEFT", asked="1"),
        noor.move(key, seq, "TEACHING"),
        noor.move(key, seq, "TEACHING", asked="1", reason="x" * 201),
        noor.move(key, seq, "ERGENS"),
    ]
    nothing = row(site, key).stage_seq
    done = noor.move(key, seq, "PAUSED", asked="1", until=tomorrow.isoformat())

    asked = [(answer.status_code, sorted(answer.get_json()["ask"])) for answer in answers]
    dated = ["reason", "until"]
    assert asked == [
        (200, dated), (422, dated), (422, ["until"]), (422, dated), (422, ["leave_reason", "reason"]),
        (200, ["reason"]), (422, ["reason"]), (422, ["to"]),
    ]  # fmt: skip
    assert (nothing, done.status_code, row(site, key).status, row(site, key).status_until) == (seq, 200, Status.PAUSED, tomorrow)


@pytest.mark.parametrize(("name", "status"), [("noor", 403), ("carla", 404)])  # nobody here any more; an adviser elsewhere
def test_a_right_that_was_taken_away_a_second_ago_is_said_and_nothing_is_saved(site: Site, name: str, status: int) -> None:
    board = Board(site, name)
    key, _, seq = board.cards("EXPLORING")[0]
    before = steps(site, key)
    with site.rows() as session:
        here = (Membership.region_id == session.get(Candidate, key).region_id, User.username == f"{name}@demo.test")
        mine = sa.select(Membership.id).join(User, User.id == Membership.user_id).where(*here)
        yesterday = clock.day(clock.now()) - timedelta(days=1)
        session.execute(sa.update(Membership).where(Membership.id.in_(session.scalars(mine).all())).values(ends_on=yesterday))

    refused = board.move(key, seq, "DECIDING")

    assert refused.status_code == status
    assert (row(site, key).stage, steps(site, key)) == (Stage.EXPLORING, before)


def test_a_card_of_another_desk_is_not_there(site: Site, noor: Board) -> None:
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "rotterdam"))
        key = session.scalar(sa.select(Candidate.id).where(Candidate.region_id == region).limit(1))

    foreign, missing = noor.move(key, 0, "DECIDING"), noor.move(987_654_321, 0, "DECIDING")

    assert (foreign.status_code, missing.status_code) == (404, 404)


def test_the_form_does_the_same_without_scripts(site: Site) -> None:
    noor = site.client("noor")
    key, _, seq = Board(site, "noor").cards("ORIENTING")[0]
    url = f"{BOARD}verplaatsen/{key}"
    page = hidden(noor.get(url).text)

    refused = post(noor, url, {**page, "to": "LEFT"}, page=url)
    done = post(noor, url, {**page, "to": "LEFT", "leave_reason": "OTHER"}, page=url)
    again = post(noor, url, {**page, "to": "LEFT", "leave_reason": "OTHER"}, page=url)

    assert (refused.status_code, done.status_code, done.headers["Location"], again.status_code) == (400, 302, BOARD, 409)
    assert "staat al in" in again.text
    assert (row(site, key).status, row(site, key).stage_seq) == (Status.LEFT, seq + 1)


# --- looking again ---


@BOTH
def test_news_come_once_and_only_when_something_changed_here(site: Site) -> None:
    noor, carla = Board(site, "noor"), Board(site, "carla")
    key, number, seq = carla.cards("EXPLORING")[0]
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "rotterdam"))
        session.add(ChangeLog(verb="edit", subject="candidate:1", region_id=region, table="candidate", fields=[], at=clock.now()))

    quiet = noor.news()
    carla.move(key, seq, "DECIDING")
    told = noor.news()
    after = noor.news()

    assert (quiet.status_code, quiet.data, told.status_code, after.status_code) == (204, b"", 200, 204)
    assert (len(told.get_json()["columns"]), number in told.get_json()["columns"]["EXPLORING"]) == (11, False)


def test_asking_for_news_takes_four_statements_and_keeps_no_session_alive(site: Site, noor: Board) -> None:
    noor.news()
    long_ago = clock.now() - timedelta(minutes=20)
    with site.rows() as session:
        session.execute(sa.update(LoginSession).values(last_seen_at=long_ago), execution_options={"synchronize_session": False})
    seen = site.statements()

    polled = noor.news()
    asked = len(seen)
    with site.rows() as session:
        still = set(session.scalars(sa.select(LoginSession.last_seen_at)))
    noor.browser.get(BOARD)
    with site.rows() as session:
        newest = max(session.scalars(sa.select(LoginSession.last_seen_at)))

    assert (polled.status_code, asked, still) == (204, 4, {long_ago})
    assert newest > long_ago


def test_a_subject_is_logged_once_a_visit_and_whoever_comes_back_is_logged_again(site: Site) -> None:
    noor, carla = Board(site, "noor"), Board(site, "carla")
    both = logged(site)
    key, _, seq = carla.cards("EXPLORING")[0]

    for column in ("DECIDING", "ORIENTING", "EXPLORING"):
        carla.move(key, row(site, key).stage_seq, column)
        assert noor.news().status_code == 200
    same = logged(site)
    more = noor.news("toon=EXPLORING&meer=EXPLORING.40").get_json()
    with_more = logged(site)
    Board(site, "noor")

    new = {int(one) for one, _, _ in _CARD.findall(more["columns"]["EXPLORING"])} - set(both)
    assert seq >= 0
    assert [same.count(one) for one in both] == [both.count(one) for one in both]
    assert sorted(with_more) == sorted([*same, *new])
    assert len(logged(site)) > len(with_more)


@pytest.mark.parametrize("visit", ["", "made.up.by-hand", "of somebody else"])
def test_nobody_looks_unseen_with_a_visit_of_their_own_making(site: Site, noor: Board, visit: str) -> None:
    before = len(logged(site))
    noor.visit = Board(site, "carla").visit if visit == "of somebody else" else visit
    others = len(logged(site)) - before

    answer = noor.news()

    cards = {key for html in answer.get_json()["columns"].values() for key, _, _ in _CARD.findall(html)}
    assert (answer.status_code, len(logged(site)) - before - others) == (200, len(cards))


def test_what_somebody_typed_stays_text_in_the_columns(site: Site, noor: Board) -> None:
    key, _, seq = noor.cards("EXPLORING")[0]
    with site.rows() as session:
        session.execute(
            sa.update(Candidate).where(Candidate.id == key).values(name="<script>alert(1)</script>"),
            execution_options={"synchronize_session": False},
        )

    said = noor.move(key, seq, "ORIENTING").get_json()

    assert ("<script>" in json.dumps(said["columns"]), "&lt;script&gt;" in said["columns"]["ORIENTING"]) == (False, True)
