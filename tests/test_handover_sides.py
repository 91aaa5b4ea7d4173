"""Who may do what with a handover or a referral, what is logged, and what the candidate answers."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.enums import ConsentPurpose, HandoverState, Role
from app.models import (
    Candidate,
    Capability,
    Consent,
    Delivery,
    Handover,
    Membership,
    Organisation,
    PersonToken,
    ReadSubject,
    Task,
)
from tests.handing_over import NATIONAL, ROTTERDAM, UTRECHT, begin, new_file, press, refer, seen, sent, states, withdraw
from tests.security import world
from tests.site import Site, post

# -- who may


@pytest.mark.parametrize("name", ["carla", "zeki", "nadia", "hr", "opleider", "studie", "beheer", "fatima"])
def test_who_does_not_see_a_handover_gets_what_is_not_there(site: Site, name: str) -> None:
    new_file(site, NATIONAL)
    nadia, other = site.client("nadia"), site.client(name)
    key = begin(nadia, to=ROTTERDAM)
    sees = {"nadia": 200, "hr": 403, "opleider": 403, "studie": 403, "beheer": 403, "fatima": 403}

    answers = [other.get(f"/overdrachten/show/{one}") for one in (key, 987654321)]

    assert answers[0].status_code == sees.get(name, 404)
    assert name == "nadia" or world.plain(answers[0]) == world.plain(answers[1])


def test_the_sender_cannot_answer_and_the_receiver_cannot_send(site: Site) -> None:
    new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))

    answers = {press(site, noor, verb, key).status_code for verb in ("aannemen", "terugsturen", "behandelen", "contact", "afronden")}
    answers |= {press(site, zeki, verb, key).status_code for verb in ("versturen", "vragen", "toestemming", "intrekken", "pakket")}

    assert (answers, states(site, key)) == ({403}, HandoverState.SENT)


def test_a_right_that_was_taken_away_works_on_the_next_click(site: Site) -> None:
    new_file(site)
    noor = site.client("noor")
    key = begin(noor)
    with site.rows() as session:
        session.add(Capability(region_id=UTRECHT, role=Role.ADVISER, name="refer", enabled=False))

    answers = [press(site, noor, verb, key).status_code for verb in ("toestemming", "versturen", "intrekken", "pakket")]

    assert (answers, noor.get("/overdrachten/add").status_code, states(site, key)) == ([403] * 4, 403, HandoverState.DRAFT)
    assert "/overdrachten/add" not in noor.get("/kandidaten/show/" + str(seen(site, key).candidate_id)).text


def test_reading_a_package_stands_in_the_log_of_the_candidate(site: Site) -> None:
    file = new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))
    before = looks(site, file)

    zeki.get(f"/overdrachten/show/{key}")

    assert looks(site, file) == before + 1


def looks(site: Site, file: int) -> int:
    with site.rows() as session:
        token = sa.select(PersonToken.token).where(PersonToken.candidate_id == file).scalar_subquery()
        return int(session.scalar(sa.select(sa.func.count()).select_from(ReadSubject).where(ReadSubject.token == token)))


def test_looking_does_not_tell_the_sender_that_it_was_received(site: Site) -> None:
    new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))

    zeki.get(f"/overdrachten/show/{key}")
    looked = states(site, key)
    press(site, zeki, "behandelen", key)

    assert (looked, states(site, key)) == (HandoverState.SENT, HandoverState.RECEIVED)


# -- referrals


def test_a_study_adviser_sees_a_referred_candidate_as_long_as_the_consent_stands(site: Site) -> None:
    file = new_file(site)
    noor, studie = site.client("noor"), site.client("studie")
    key = sent(site, noor, refer(site, noor), "doorverwijzingen")

    before = studie.get(f"/kandidaten/show/{file}").status_code, "lesgeven" in studie.get(f"/doorverwijzingen/show/{key}").text
    press(site, studie, "aannemen", key, "doorverwijzingen")
    accepted = studie.get(f"/kandidaten/show/{file}").status_code, noor.get(f"/kandidaten/show/{file}").status_code
    withdraw(site, key)
    after = studie.get(f"/kandidaten/show/{file}").status_code, "lesgeven" in studie.get(f"/doorverwijzingen/show/{key}").text

    assert (before, accepted, after) == ((404, True), (200, 200), (404, False))


def test_nobody_else_of_the_institute_reads_a_referral(site: Site) -> None:
    new_file(site)
    noor, opleider = site.client("noor"), site.client("opleider")
    sent(site, noor, refer(site, noor), "doorverwijzingen")

    assert opleider.get("/doorverwijzingen/list/").status_code == 403


def test_only_institutes_with_a_study_adviser_are_offered(site: Site) -> None:
    with site.rows() as session:
        some = sa.select(Membership.organisation_id).where(Membership.role == Role.STUDY_ADVISER)
        names = set(session.scalars(sa.select(Organisation.name).where(Organisation.id.in_(some))))

    page = site.client("noor").get("/doorverwijzingen/add").text

    offered = re.search(r'<select[^>]*name="organisation".*?</select>', page, re.DOTALL)
    assert offered is not None
    assert len(re.findall(r"<option", offered[0])) - 1 == len(names)


def test_first_contact_and_done_are_buttons_too(site: Site) -> None:
    new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))
    press(site, zeki, "aannemen", key)

    press(site, zeki, "contact", key)
    contacted = states(site, key)
    press(site, zeki, "afronden", key)

    assert (contacted, states(site, key)) == (HandoverState.FIRST_CONTACT, HandoverState.DONE)


def test_accepting_for_a_colleague_gives_them_the_candidate(site: Site) -> None:
    file = new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))
    with site.rows() as session:
        here = sa.select(Membership.user_id).where(Membership.region_id == ROTTERDAM, Membership.role == Role.ADVISER)
        colleague = session.scalar(here.order_by(Membership.user_id.desc()))

    press(site, zeki, "aannemen", key, adviser=str(colleague))

    with site.rows() as session:
        assert session.get(Candidate, file).lead_adviser_id == colleague


# -- the candidate


def test_asked_online_the_candidate_gets_one_mail_and_the_answer_makes_a_task(site: Site) -> None:
    noor = site.client("noor")
    with site.rows() as session:
        fatima = session.scalar(sa.select(Membership.candidate_id).where(Membership.role == Role.CANDIDATE))
        number = session.get(Candidate, fatima).number
    key = begin(noor, number)

    press(site, noor, "vragen", key)
    browser = site.client("fatima")
    question = browser.get(f"/mijn/vraag/{key}").status_code
    post(browser, f"/mijn/vraag/{key}/antwoord", {"answer": "ja"}, page=f"/mijn/vraag/{key}")

    with site.rows() as session:
        given = session.get(Consent, session.get(Handover, key).consent_id)
        mails = session.scalar(sa.select(sa.func.count()).where(Delivery.kind == "handover_asked"))
        task = session.scalar(sa.select(Task).where(Task.candidate_id == fatima).order_by(Task.id.desc()))
        assert (question, mails, given.purpose, task.done_at) == (200, 1, ConsentPurpose.HANDOVER, None)


def test_a_candidate_who_refuses_ends_it_and_the_other_side_never_knows(site: Site) -> None:
    noor, zeki = site.client("noor"), site.client("zeki")
    with site.rows() as session:
        fatima = session.scalar(sa.select(Membership.candidate_id).where(Membership.role == Role.CANDIDATE))
        number = session.get(Candidate, fatima).number
    key = begin(noor, number)
    press(site, noor, "vragen", key)

    browser = site.client("fatima")
    post(browser, f"/mijn/vraag/{key}/antwoord", {"answer": "nee"}, page=f"/mijn/vraag/{key}")

    assert (states(site, key), zeki.get(f"/overdrachten/show/{key}").status_code) == (HandoverState.RETURNED, 404)
    assert noor.get(f"/overdrachten/show/{key}").status_code == 200


# -- how much is asked


def test_the_list_takes_eight_statements_and_the_page_ten(site: Site) -> None:
    noor = site.client("noor")
    for place in range(3):
        new_file(site, number=f"K-99001{place}")
        sent(site, noor, begin(noor, f"K-99001{place}"))
    with site.rows() as session:
        key = session.scalar(sa.select(sa.func.max(Handover.id)))
    counts = {}

    for name, browser in (("noor", noor), ("zeki", site.client("zeki"))):
        for url in ("/overdrachten/list/", f"/overdrachten/show/{key}"):
            browser.get(url)
            statements = site.statements()
            browser.get(url)
            counts[name, url.split("/")[2]] = len(statements)

    assert {which: count for which, count in counts.items() if count > (8 if which[1] == "list" else 10)} == {}


def test_the_usual_questions_to_the_list_find_what_they_say(site: Site) -> None:
    new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    sent(site, noor, begin(noor))

    found = {}
    for name, browser in (("noor", noor), ("zeki", zeki)):
        page = browser.get("/overdrachten/list/").text
        links = re.findall(r'<li><a href="([^"]+)"', page.partition('class="views"')[2].partition("</nav>")[0])
        found[name] = ["K-990001" in browser.get(link.replace("&amp;", "&")).text for link in links]

    assert found == {"noor": [True, False, True, True, False], "zeki": [True, True, False, True, False]}
