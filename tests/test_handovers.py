"""Handing over through the pages: each side sees what is theirs, and nothing is done twice or too late."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.enums import HandoverState
from app.models import (
    AdviceSession,
    Candidate,
    Delivery,
    Handover,
    Task,
)
from tests.handing_over import ROTTERDAM, SCRIPT, UTRECHT, begin, new_file, press, seen, sent, states, withdraw
from tests.security import world
from tests.site import BOTH, Site, hidden, post

# -- from one desk to the other


@BOTH
def test_a_candidate_goes_from_one_desk_to_another_and_the_first_one_keeps_the_number(site: Site) -> None:
    file = new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))

    inbox = zeki.get("/overdrachten/list/").text
    package = zeki.get(f"/overdrachten/show/{key}").text
    answer = press(site, zeki, "aannemen", key)

    former = noor.get(f"/overdrachten/show/{key}").text
    assert ("K-990001" in inbox, "Zwaantje" in inbox + package, "Kun jij verder helpen?" in package) == (True, False, True)
    assert (answer.status_code, zeki.get(f"/kandidaten/show/{file}").status_code) == (302, 200)
    assert (noor.get(f"/kandidaten/show/{file}").status_code, "K-990001" in former) == (404, True)
    assert [word for word in ("Zwaantje", "lesgeven", "zwaantje@", "Kun jij", "Wat we afspraken") if word in former] == []


def test_the_former_desk_finds_the_candidate_nowhere(site: Site) -> None:
    new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))
    press(site, zeki, "aannemen", key)

    pages = (
        "/overdrachten/list/",
        "/kandidaten/list/?q=Zwaan",
        "/zoeken?q=Zwaan",
        "/taken/list/",
        "/gesprekken/list/",
        "/geschiedenis/list/",
        "/",
    )
    found = [url for url in pages if "Verhulst" in noor.get(url).text or "zwaantje@" in noor.get(url).text]

    assert found == []


def test_a_package_holds_what_was_ticked_and_its_script_stays_text(site: Site) -> None:
    new_file(site)
    noor = site.client("noor")
    key = begin(noor)
    with site.rows() as session:
        talk = session.scalar(sa.select(AdviceSession.id).where(AdviceSession.summary == "Wat we afspraken"))

    form = noor.get(f"/overdrachten/pakket/{key}").text
    press(site, noor, "pakket", key, item=["MOTIVATION", f"SESSION:{talk}"], question=SCRIPT)
    preview = noor.get(f"/overdrachten/show/{key}").text

    assert ("Wat we afspraken" in form, "Alleen voor ons bureau" in form) == (True, False)
    assert ("Wat we afspraken" in preview, "Alleen voor ons bureau" in preview, SCRIPT in preview) == (True, False, False)
    assert preview.count("&lt;script&gt;") == 2


@pytest.mark.parametrize("item", ["NOTHING", "SESSION", "SESSION:x", "SESSION:1", "MOTIVATION:1", "SESSION:99999999"])
def test_an_item_that_is_not_on_the_form_is_refused_and_nothing_is_lost(site: Site, item: str) -> None:
    new_file(site)
    noor = site.client("noor")
    key = begin(noor)

    answer = press(site, noor, "pakket", key, item=["MOTIVATION", item], question="Nieuwe vraag")

    assert (answer.status_code in (400, 404), "Nieuwe vraag" in answer.text) == (True, True)
    assert seen(site, key).question == "Kun jij verder helpen?"


def test_the_second_of_two_tabs_is_told_and_keeps_what_was_typed(site: Site) -> None:
    new_file(site)
    noor = site.client("noor")
    key = begin(noor)
    old = str(seen(site, key).version)
    press(site, noor, "pakket", key, item="MOTIVATION", question="De eerste")

    answer = post(noor, f"/overdrachten/pakket/{key}", {"version": old, "item": "WISHES", "question": "De tweede"})

    assert (answer.status_code, "De tweede" in answer.text, seen(site, key).question) == (409, True, "De eerste")


def test_two_clicks_on_begin_prepare_one(site: Site) -> None:
    file = new_file(site)
    noor = site.client("noor")
    form = {**hidden(noor.get("/overdrachten/add?candidate=K-990001").text), "candidate": "K-990001", "to_region": str(ROTTERDAM)}

    first, second = (post(noor, "/overdrachten/add", form) for _ in range(2))

    assert (first.status_code, second.status_code, first.headers["Location"]) == (302, 302, second.headers["Location"])
    with site.rows() as session:
        made = sa.select(sa.func.count(Handover.id)).where(Handover.candidate_id == file)
        assert session.scalar(made) == 1


def test_two_clicks_on_send_and_on_accept_do_it_once(site: Site) -> None:
    file = new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = begin(noor)
    press(site, noor, "toestemming", key, channel="PAPER")
    version = {"version": str(seen(site, key).version)}

    sending = [post(noor, f"/overdrachten/versturen/{key}", version).status_code for _ in range(2)]
    version = {"version": str(seen(site, key).version)}
    accepting = [post(zeki, f"/overdrachten/aannemen/{key}", version).status_code for _ in range(2)]

    with site.rows() as session:
        moved = session.get(Candidate, file)
        mails = session.scalars(sa.select(Delivery.kind).where(Delivery.kind.like("handover%"))).all()
        todo = session.scalars(sa.select(Task.title).where(Task.candidate_id == file, Task.done_at.is_(None))).all()
        assert (moved.region_id, set(mails)) == (ROTTERDAM, {"handover_answered", "handover_received"})
        assert mails.count("handover_answered") == 1
    assert (sending, accepting, len(todo)) == ([302, 302], [302, 302], 2)  # their own task, and the first contact


def test_without_consent_nothing_is_sent(site: Site) -> None:
    new_file(site)
    noor = site.client("noor")
    key = begin(noor)

    answer = press(site, noor, "versturen", key)
    told = noor.get(answer.headers["Location"]).text

    assert (states(site, key), "notice-attention" in told) == (HandoverState.DRAFT, True)


def test_a_consent_needs_its_channel(site: Site) -> None:
    new_file(site)
    noor = site.client("noor")
    key = begin(noor)

    press(site, noor, "toestemming", key, channel="ONLINE")

    assert seen(site, key).consent_id is None


def test_more_in_the_package_is_asked_again(site: Site) -> None:
    new_file(site)
    noor = site.client("noor")
    key = begin(noor)
    press(site, noor, "toestemming", key, channel="PHONE")
    with site.rows() as session:
        talk = session.scalar(sa.select(AdviceSession.id).where(AdviceSession.summary == "Wat we afspraken"))

    press(site, noor, "pakket", key, item="MOTIVATION")
    less = seen(site, key).consent_id
    press(site, noor, "pakket", key, item=["MOTIVATION", f"SESSION:{talk}"])

    assert (less is not None, seen(site, key).consent_id) == (True, None)


def test_sending_back_needs_a_reason_and_keeps_the_note(site: Site) -> None:
    file = new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))

    without = press(site, zeki, "terugsturen", key, note="Woont in Gouda & omstreken")
    after = press(site, zeki, "terugsturen", key, reason="OUTSIDE_REGION", note="Woont in Gouda & omstreken")

    assert (without.status_code, "Woont in Gouda &amp; omstreken" in without.text, after.status_code) == (400, True, 302)
    assert (states(site, key), noor.get(f"/kandidaten/show/{file}").status_code) == (HandoverState.RETURNED, 200)
    assert "Woont in Gouda &amp; omstreken" in noor.get(f"/overdrachten/show/{key}").text
    assert "lesgeven" not in zeki.get(f"/overdrachten/show/{key}").text


def test_what_is_taken_back_is_not_read_any_more(site: Site) -> None:
    new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))

    press(site, noor, "intrekken", key)
    late = press(site, zeki, "aannemen", key)

    page = zeki.get(f"/overdrachten/show/{key}").text
    assert (late.status_code, states(site, key), "lesgeven" in page, "Kun jij" in page) == (302, HandoverState.WITHDRAWN, False, False)


def test_what_was_never_sent_is_never_seen_by_the_other_side(site: Site) -> None:
    new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = begin(noor)
    missing = zeki.get("/overdrachten/show/987654321")

    before = world.plain(zeki.get(f"/overdrachten/show/{key}"))
    press(site, noor, "intrekken", key)

    assert before == world.plain(zeki.get(f"/overdrachten/show/{key}")) == world.plain(missing)
    assert "K-990001" not in zeki.get("/overdrachten/list/").text


def test_a_candidate_who_took_the_consent_back_is_not_accepted(site: Site) -> None:
    file = new_file(site)
    noor, zeki = site.client("noor"), site.client("zeki")
    key = sent(site, noor, begin(noor))
    withdraw(site, key)

    press(site, zeki, "aannemen", key)

    with site.rows() as session:
        assert (states(site, key), session.get(Candidate, file).region_id) == (HandoverState.SENT, UTRECHT)
