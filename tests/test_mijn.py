"""Mijn plek: what a candidate reads and does there, and what must not be possible."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.adapters import clock
from app.enums import ConsentChannel, ConsentEvent, ConsentPurpose, HandoverKind, HandoverState, Holder, OfferKind, Route, Status
from app.models import AdviceSession, Candidate, Consent, Handover, Offer, Organisation, Plan, ReadEvent, ReadSubject, Region, Task
from tests.security import world
from tests.site import BOTH, Site, post

FATIMA, ANNA = 1, 2  # files of the demo
PAGES = ("/mijn/", "/mijn/gesprekken", "/mijn/ik", "/mijn/dossier", "/mijn/gekeken")


def words(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition("</main>")[0]))


# -- the own place ---------------------------------------------------------------------------------------------------------


def _fill(site: Site, rows: int) -> None:
    """So many questions, things that were set out, plans with steps, conversations and looks."""
    with site.rows() as session:
        of = {"candidate_id": FATIMA, "region_id": session.get(Candidate, FATIMA).region_id}
        routes, today = list(Route), clock.day(clock.now())
        for number in range(rows):
            session.add(Offer(**of, kind=OfferKind.ROUTE, route=routes[number], offered_at=clock.now()))
            plan = Plan(**of, route=routes[number], name=f"Plan {number}", started_at=clock.now())
            session.add(plan)
            session.flush()
            session.add(Task(**of, title="Stap", holder=Holder.CANDIDATE, due_on=today, created_at=clock.now(), plan_id=plan.id))
            where = {"from_region_id": of["region_id"], "organisation_id": session.scalar(sa.select(sa.func.min(Organisation.id)))}
            asked_at = {"asked_at": clock.now(), "created_at": clock.now()}
            session.add(Handover(**of, **where, **asked_at, kind=HandoverKind.REFERRAL, state=HandoverState.DRAFT))
            _look(session, number + 1)


@BOTH
def test_the_own_place_costs_at_most_ten_statements_however_much_there_is(site: Site) -> None:
    fatima, pages = site.client("fatima"), ("/mijn/", "/mijn/gesprekken", "/mijn/ik", "/mijn/gekeken")
    seen = site.statements()

    def costs() -> dict[str, int]:
        found = {}
        for page in pages:
            before = len(seen)
            assert fatima.get(page).status_code == 200
            found[page] = len(seen) - before
        return found

    costs()  # the first look at anything
    _fill(site, 1)
    with_one = costs()
    _fill(site, 3)
    with_more = costs()

    assert with_one == with_more
    assert {page: count for page, count in with_more.items() if count > 10} == {}


@pytest.mark.parametrize("username", ["noor", "carla", "nadia", "beheer", "hr", "studie"])
def test_nobody_else_has_a_place_like_that(username: str, shared_site: Site) -> None:
    browser = shared_site.client(username)

    assert {browser.get(page).status_code for page in PAGES} == {403}


# -- what is read ------------------------------------------------------------------------------------------------------------


def test_no_page_says_what_is_not_for_the_candidate(shared_site: Site) -> None:
    """Notes, reasons of moves, numbers and names of other people: none of it stands in any byte."""
    fatima = shared_site.client("fatima")
    with shared_site.rows() as session:
        session.execute(sa.update(AdviceSession).where(AdviceSession.candidate_id == FATIMA).values(notes="GEHEIME-NOTITIE"))
        session.execute(
            sa.text("UPDATE stage_span SET reason = 'GEHEIME-REDEN' WHERE candidate_id = 1"), execution_options={"system_read": True}
        )
        others = list(
            session.execute(sa.select(Candidate.number, Candidate.name).where(Candidate.id != FATIMA, sa.func.length(Candidate.name) > 9))
        )

    everything = "".join(fatima.get(page).text for page in PAGES)

    assert "GEHEIME" not in everything
    assert [number for number, name in others if number in everything or name in everything] == []


def test_who_looked_is_told_with_day_role_place_and_reason(site: Site) -> None:
    noor = site.client("noor")
    noor.get("/kandidaten/show/1"), noor.get("/kandidaten/show/1"), noor.get("/kandidaten/contact/1")

    said = words(site.client("fatima").get("/mijn/gekeken"))

    assert [
        part
        for part in ("Regio-adviseur", "Regio Utrecht", "opende je dossier · 2 keer", "zocht je contactgegevens op")
        if part not in said
    ] == []
    assert "Noor" not in said


def _look(session: Any, number: int) -> None:
    event = ReadEvent(at=clock.now() - timedelta(days=number), screen="kandidaten", channel="export", purpose=f"reden {number}")
    session.add(event)
    session.flush()
    token = session.scalar(sa.text("SELECT token FROM person_token WHERE candidate_id = 1"))
    session.add(ReadSubject(token=token, event_id=event.id))


def test_every_look_stands_on_some_page_once(site: Site) -> None:
    with site.rows() as session:
        for number in range(1, 121):
            _look(session, number)
    fatima, url, found = site.client("fatima"), "/mijn/gekeken", []

    while url:
        html = fatima.get(url).text
        found += re.findall(r"reden (\d+)", html)
        older = re.search(r'href="(/mijn/gekeken\?na=[^"]+)"', html)
        url = older[1] if older else ""

    assert sorted(map(int, found)) == list(range(1, 121))


@pytest.mark.parametrize("mark", ["x", "99999", "20260101T000000000000-1-1 OR 1=1", "20261301T000000000000-9-1"])
def test_a_page_that_no_list_wrote_is_said_in_a_sentence(mark: str, shared_site: Site) -> None:
    answer = shared_site.client("fatima").get(f"/mijn/gekeken?na={mark}")

    assert answer.status_code == 400


@pytest.mark.parametrize("page", ["-1", "x", "99999999999", "1e9", "9999"])
def test_conversations_have_no_odd_pages(page: str, shared_site: Site) -> None:
    assert shared_site.client("fatima").get(f"/mijn/gesprekken?pagina={page}").status_code == 200


def test_a_script_in_a_text_stays_a_text(site: Site) -> None:
    evil = "<script>alert(1)</script>"
    with site.rows() as session:
        session.execute(sa.update(AdviceSession).where(AdviceSession.candidate_id == FATIMA).values(summary=evil))
        session.execute(sa.update(Task).where(Task.candidate_id == FATIMA).values(title=evil))
    fatima = site.client("fatima")

    html = fatima.get("/mijn/").text + fatima.get("/mijn/gesprekken").text

    assert (evil in html, "&lt;script&gt;alert(1)&lt;/script&gt;" in html) == (False, True)


# -- ticking -----------------------------------------------------------------------------------------------------------------


def steps(site: Site, candidate: int = FATIMA) -> list[tuple[str, str, bool]]:
    with site.rows() as session:
        found = session.scalars(sa.select(Task).where(Task.candidate_id == candidate).order_by(Task.id))
        return [(row.title, row.holder.name, row.done_at is None) for row in found]


def own_step(site: Site, candidate: int = FATIMA, holder: Holder = Holder.CANDIDATE) -> int:
    with site.rows() as session:
        session.execute(sa.update(Task).where(Task.candidate_id == candidate).values(done_at=clock.now()))
        there = session.get(Candidate, candidate)
        task = Task(candidate_id=candidate, region_id=there.region_id, title="Bel de school", holder=holder, created_at=clock.now())
        task.due_on = clock.day(clock.now())
        session.add(task)
        session.flush()
        return int(task.id)


@BOTH
def test_after_the_last_step_somebody_asks_how_it_went_within_the_promised_days(site: Site) -> None:
    key, fatima = own_step(site), site.client("fatima")

    answer = post(fatima, f"/mijn/stap/{key}/klaar")

    assert answer.status_code == 302
    assert steps(site)[-2:] == [("Bel de school", "CANDIDATE", False), ("Vragen hoe het ging: Bel de school", "ADVISER", True)]
    with site.rows() as session:
        row = session.get(Candidate, FATIMA)
        due = session.scalars(sa.select(Task.due_on).where(Task.candidate_id == FATIMA, Task.done_at.is_(None))).one()
        assert (row.holder, row.next_action_on) == (Holder.ADVISER, due)
        assert clock.day(clock.now()) < due <= clock.day(clock.now()) + timedelta(days=14)


def test_a_second_click_ticks_nothing_more(site: Site) -> None:
    key, fatima = own_step(site), site.client("fatima")

    answers = [post(fatima, f"/mijn/stap/{key}/klaar").status_code for _ in range(3)]

    assert answers == [302] * 3
    assert [title for title, _, is_open in steps(site) if is_open] == ["Vragen hoe het ging: Bel de school"]


def test_what_is_the_advisers_to_do_is_not_ticked_off(site: Site) -> None:
    key = own_step(site, holder=Holder.ADVISER)
    before = world.dump(site)

    answer = post(site.client("fatima"), f"/mijn/stap/{key}/klaar")

    assert (answer.status_code, world.dump(site)) == (403, before)


def test_a_closed_file_gets_no_new_task(site: Site) -> None:
    key = own_step(site)
    with site.rows() as session:
        session.execute(sa.update(Candidate).where(Candidate.id == FATIMA).values(status=Status.COMPLETED))

    post(site.client("fatima"), f"/mijn/stap/{key}/klaar")

    assert [title for title, _, is_open in steps(site) if is_open] == []


# -- consents and questions --------------------------------------------------------------------------------------------------


def consented(site: Site, candidate: int = FATIMA) -> int:
    with site.rows() as session:
        there = session.get(Candidate, candidate)
        event = Consent(candidate_id=candidate, region_id=there.region_id, purpose=ConsentPurpose.MESSAGES, event=ConsentEvent.GIVEN)
        event.at, event.channel, event.text_version, event.text_sha256 = clock.now(), ConsentChannel.ONLINE, "1.nl", "0" * 64
        session.add(event)
        session.flush()
        return int(event.id)


@BOTH
def test_a_consent_is_taken_back_once(site: Site) -> None:
    key, fatima = consented(site), site.client("fatima")

    answers = [post(fatima, f"/mijn/toestemming/{key}/intrekken").status_code for _ in range(2)]

    with site.rows() as session:
        mine = sa.select(Consent).where(Consent.candidate_id == FATIMA, Consent.purpose == ConsentPurpose.MESSAGES, Consent.id >= key)
        said = [(row.event.name, row.channel.name, row.recorded_by) for row in session.scalars(mine.order_by(Consent.id))]
    assert answers == [302, 302]
    assert said == [("GIVEN", "ONLINE", None), ("WITHDRAWN", "ONLINE", None)]


def asked(site: Site, candidate: int = FATIMA) -> int:
    with site.rows() as session:
        there = session.get(Candidate, candidate)
        other = session.scalars(sa.select(Region).where(Region.id != there.region_id, Region.is_national.is_(False)).limit(1)).one()
        row = Handover(candidate_id=candidate, region_id=there.region_id, from_region_id=there.region_id, to_region_id=other.id)
        row.kind, row.state, row.asked_at, row.created_at = HandoverKind.REGION, HandoverState.DRAFT, clock.now(), clock.now()
        session.add(row)
        session.flush()
        return int(row.id)


def test_a_question_says_to_whom_and_what_and_has_two_buttons_that_weigh_the_same(site: Site) -> None:
    key, fatima = asked(site), site.client("fatima")

    home, page = words(fatima.get("/mijn/")), fatima.get(f"/mijn/vraag/{key}")

    assert "Een vraag voor jou Mag je dossier naar" in home
    assert re.findall(r'class="([^"]+)" type="submit" name="answer" value="(\w+)"', page.text) == [
        ("btn btn-lg", "ja"),
        ("btn btn-lg", "nee"),
    ]
    assert "Dit lezen zij eerst" in words(page)


@BOTH
@pytest.mark.parametrize(
    ("answer", "state", "consents", "told"),
    [("ja", "DRAFT", ["GIVEN"], "Je zei ja."), ("nee", "RETURNED", [], "Er gaat niets mee en niemand anders ziet je dossier.")],
)
def test_an_answer_counts_once_and_the_page_says_what_happens_now(
    answer: str, state: str, consents: list[str], told: str, site: Site
) -> None:
    key, fatima = asked(site), site.client("fatima")

    first = post(fatima, f"/mijn/vraag/{key}/antwoord", {"answer": answer})
    others = [post(fatima, f"/mijn/vraag/{key}/antwoord", {"answer": one}).status_code for one in ("ja", "nee")]

    with site.rows() as session:
        row = session.get(Handover, key)
        given = session.scalars(sa.select(Consent).where(Consent.candidate_id == FATIMA, Consent.purpose == ConsentPurpose.HANDOVER))
        assert (row.state.name, [event.event.name for event in given]) == (state, consents)
    assert (first.status_code, others) == (302, [302, 302])
    assert told in words(fatima.get(f"/mijn/vraag/{key}"))
    assert "Mag je dossier naar" not in words(fatima.get("/mijn/"))


@pytest.mark.parametrize("answer", ["", "misschien", "JA"])
def test_an_answer_that_is_none_of_the_two_changes_nothing(answer: str, site: Site) -> None:
    key, fatima = asked(site), site.client("fatima")
    before = world.dump(site)

    said = post(fatima, f"/mijn/vraag/{key}/antwoord", {"answer": answer})

    assert (said.status_code, world.dump(site)) == (422, before)


# -- what is somebody else's ---------------------------------------------------------------------------------------------------


def test_what_is_another_candidates_answers_as_what_is_not_there(site: Site) -> None:
    fatima = site.client("fatima")
    theirs = {
        "/mijn/stap/{}/klaar": own_step(site, ANNA),
        "/mijn/toestemming/{}/intrekken": consented(site, ANNA),
        "/mijn/vraag/{}/antwoord": asked(site, ANNA),
    }
    before = world.dump(site)

    pairs = [
        (post(fatima, url.format(key), {"answer": "ja"}), post(fatima, url.format(987654), {"answer": "ja"})) for url, key in theirs.items()
    ]
    looked = (fatima.get(f"/mijn/vraag/{theirs['/mijn/vraag/{}/antwoord']}"), fatima.get("/mijn/vraag/987654"))

    for foreign, missing in (*pairs, looked):
        assert foreign.status_code == 404
        assert world.plain(foreign) == world.plain(missing)
    assert world.dump(site) == before


def test_the_own_place_refuses_what_comes_from_another_site(site: Site) -> None:
    fatima, urls = site.client("fatima"), [f"/mijn/stap/{own_step(site)}/klaar", f"/mijn/toestemming/{consented(site)}/intrekken"]
    before = world.dump(site)

    answers = [fatima.post(url).status_code for url in urls]

    assert (answers, world.dump(site)) == ([400, 400], before)


# -- the desk ------------------------------------------------------------------------------------------------------------------


def test_the_desk_gives_access_once_and_sees_how_it_stands(site: Site) -> None:
    noor = site.client("noor")

    before, answers = words(noor.get("/kandidaten/toegang/1")), [post(noor, "/kandidaten/toegang/1").status_code for _ in range(2)]

    assert ("Laatst ingelogd" in before, answers) == (True, [302, 302])
    assert "vandaag · wacht" in words(noor.get("/kandidaten/toegang/1"))


def test_a_candidate_without_an_address_gets_no_access_and_the_desk_reads_why(site: Site) -> None:
    with site.rows() as session:
        session.execute(sa.update(Candidate).where(Candidate.id == FATIMA).values(email=None, email_norm=None))
    noor = site.client("noor")

    answer = post(noor, "/kandidaten/toegang/1")

    assert (answer.status_code, "Vul dat eerst in" in words(answer)) == (400, True)


def test_another_region_gives_no_access(site: Site) -> None:
    zeki = site.client("zeki")

    foreign, missing = post(zeki, "/kandidaten/toegang/1"), post(zeki, "/kandidaten/toegang/987654")

    assert foreign.status_code == 404
    assert world.plain(foreign) == world.plain(missing)
