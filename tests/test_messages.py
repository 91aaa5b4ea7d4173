"""Berichten on the screen: the desk, an organisation and a candidate write to each other; who reads what, and nobody else."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import sqlalchemy as sa

from app import models as m
from app.enums import DeliveryState, MatchState
from app.services import log
from tests import files
from tests.reporting import file, kept_text, newest, send, stored
from tests.security import world
from tests.security.world import NOW, OTHER_PROVIDER, PROVIDER, SCHOOL, UTRECHT, new_file, new_match
from tests.site import BOTH, Site, hidden, post

FATIMA = 1
TEXT = "Goed dat je het vraagt."


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def texts(site: Site) -> list[str]:
    """The messages that were written in this test."""
    with site.rows() as session:
        return list(session.scalars(sa.select(m.Message.text).where(m.Message.at >= NOW).order_by(m.Message.id)))


def begun(site: Site, name: str = "noor", candidate: int = FATIMA, **more: Any) -> int:
    """A conversation that somebody began on the screen; its key."""
    form = {"subject": "Je vraag", "text": TEXT, **more}
    answer = post(site.client(name), f"/berichten/aan/{candidate}", form)
    assert answer.status_code == 302, words(answer.text)
    return int(newest(site, m.Thread).id)


def matched(site: Site, state: MatchState = MatchState.MUTUAL, organisation: int = SCHOOL) -> tuple[int, int]:
    """A candidate of Utrecht with a match; the keys of both."""
    with site.rows() as session:
        row = new_file(session, UTRECHT, f"K-66{organisation:04}", given_name="Mo", email=f"mo{organisation}@example.test")
        return int(row.id), int(new_match(session, row, organisation, state).id)


@BOTH
def test_noor_writes_fatima_reads_and_answers_and_each_sees_what_was_read(site: Site) -> None:
    noor, fatima = site.client("noor"), site.client("fatima")
    thread = begun(site)

    before = words(noor.get(f"/berichten/{thread}").text)
    home = fatima.get("/mijn/").text
    page = fatima.get(f"/mijn/berichten/{thread}").text
    after = words(noor.get(f"/berichten/{thread}").text)
    answered = post(fatima, f"/mijn/berichten/{thread}", {"text": "Dank je wel.\n\nTot dan."})
    waiting = words(noor.get("/berichten/?welke=ongelezen").text)
    noor.get(f"/berichten/{thread}")
    seen = words(fatima.get(f"/mijn/berichten/{thread}").text)

    assert ("nog niet gelezen" in before, "nieuw" in words(home), TEXT in page) == (True, True, True)
    assert (re.search(r"gelezen \w+ \d+ \w+", after) is not None, answered.headers["Location"]) == (
        True,
        f"/mijn/berichten/{thread}#laatste",
    )
    assert ("Je vraag" in waiting, "nieuw" in waiting, re.search(r"Tot dan. gelezen \w+", seen) is not None) == (True,) * 3
    assert texts(site) == [TEXT, "Dank je wel.\n\nTot dan."]


def test_an_answer_from_an_old_page_does_not_mark_as_read_what_came_since(site: Site) -> None:
    thread, noor, carla = begun(site), site.client("noor"), site.client("carla")
    form = {**hidden(noor.get(f"/berichten/{thread}").text), "text": "Nog iets"}
    post(site.client("fatima"), f"/mijn/berichten/{thread}", {"text": "Intussen"})

    post(noor, f"/berichten/{thread}", form)

    assert "Je vraag" in words(carla.get("/berichten/?welke=ongelezen").text)


def test_a_double_click_sends_one_message_and_one_mail(site: Site) -> None:
    noor, url = site.client("noor"), f"/berichten/aan/{FATIMA}"
    form = {**hidden(noor.get(url).text), "subject": "Je vraag", "text": TEXT}

    answers = [post(noor, url, form) for _ in range(2)]

    thread = newest(site, m.Thread).id
    with site.rows() as session:
        query = sa.select(m.Delivery.state).where(m.Delivery.kind == "message", m.Delivery.created_at >= NOW)
        mails = session.scalars(query).all()
    assert [answer.headers["Location"] for answer in answers] == [f"/berichten/{thread}#laatste"] * 2
    assert (texts(site), mails) == ([TEXT], [DeliveryState.QUEUED])


# -- what cannot be sent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "sentence"), [
    ({"text": "  "}, "Vul dit in."),
    ({"text": "x" * 10_001}, "hoogstens 10000 tekens"),
])  # fmt: skip
def test_a_text_that_cannot_be_sent_is_said_with_nothing_lost(site: Site, form: dict[str, str], sentence: str) -> None:
    thread, fatima = begun(site), site.client("fatima")

    answer = post(fatima, f"/mijn/berichten/{thread}", form)

    assert (answer.status_code, sentence in answer.text, kept_text(answer.text, "text"), texts(site)) == (
        422,
        True,
        form["text"].strip(),
        [TEXT],
    )


def test_a_bsn_is_asked_about_and_sent_by_who_has_seen_that(site: Site) -> None:
    thread, fatima = begun(site), site.client("fatima")
    url, form = f"/mijn/berichten/{thread}", {"text": "Mijn nummer is 111222333"}

    first = post(fatima, url, form)
    second = post(fatima, url, {**form, **hidden(first.text)})

    assert (first.status_code, "burgerservicenummer" in first.text, kept_text(first.text, "text")) == (422, True, form["text"])
    assert (second.status_code, texts(site)) == (302, [TEXT, form["text"]])


def test_what_is_typed_is_kept_as_a_draft_for_its_writer_and_forgotten_when_it_is_sent(site: Site) -> None:
    thread, noor = begun(site), site.client("noor")
    url = f"/berichten/{thread}"

    kept = post(noor, url, {"text": "Nog niet af", "step": "autosave"})
    again, carlas = noor.get(url).text, site.client("carla").get(url).text
    post(noor, url, {"text": "Af"})

    assert (kept.status_code, kept.text.startswith("Concept bewaard")) == (200, True)
    assert (kept_text(again, "text"), kept_text(carlas, "text"), kept_text(noor.get(url).text, "text")) == ("Nog niet af", "", "")
    assert (post(noor, url, {"step": "preview:text"}).status_code, texts(site)) == (400, [TEXT, "Af"])


def test_a_text_is_shown_as_text_with_its_addresses_as_links(site: Site) -> None:
    thread = begun(site, text="<b>Kijk</b> op https://example.test/a?b=1&c=2.\nOf javascript:alert(1)\n\nGroet")

    page = site.client("fatima").get(f"/mijn/berichten/{thread}").text

    link = '<a href="https://example.test/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">https://example.test/a?b=1&amp;c=2</a>.'
    assert (f"<p>&lt;b&gt;Kijk&lt;/b&gt; op {link}<br>Of javascript:alert(1)</p><p>Groet</p>" in page, 'href="javascript' in page) == (
        True,
        False,
    )


# -- who reads it -----------------------------------------------------------------------------------------------------


def test_a_conversation_that_is_not_yours_answers_as_one_that_is_not_there(site: Site) -> None:
    row, match = matched(site)
    mine = begun(site, candidate=row)
    school_answer = post(site.client("hr"), f"/berichten/match/{match}", {"subject": "Kennismaken", "text": "Kom je langs?"})
    theirs = int(newest(site, m.Thread).id)
    others = {
        "zeki": (mine, theirs),
        "nadia": (mine, theirs),
        "noor": (theirs,),
        "carla": (theirs,),
        "hr": (mine,),
        "opleider": (mine, theirs),
    }

    differing = []
    for name, keys in others.items():
        browser = site.client(name)
        missing = world.plain(browser.get("/berichten/987654321"), 987654321)
        for key in keys:
            posted = [post(browser, f"/berichten/{key}{verb}", {"text": "x"}).status_code for verb in ("", "/afronden", "/heropenen")]
            if world.plain(browser.get(f"/berichten/{key}"), key) != missing or posted != [404] * 3:
                differing.append((name, key))
    fatima = site.client("fatima")
    hers = [fatima.get(f"/mijn/berichten/{key}").status_code for key in (mine, theirs, 987654321)]

    assert (school_answer.status_code, differing, hers, missing[0]) == (302, [], [404] * 3, 404)
    assert [site.client(name).get(f"/berichten/{mine}").status_code for name in ("studie", "beheer", "fatima")] == [403] * 3


@pytest.mark.parametrize(("state", "status"), [(MatchState.PROPOSED, 403), (MatchState.MUTUAL, 200), (MatchState.FELL_THROUGH, 403)])
def test_an_organisation_writes_when_both_have_said_yes(site: Site, state: MatchState, status: int) -> None:
    _, match = matched(site, state)
    hr = site.client("hr")

    page, there = hr.get(f"/berichten/match/{match}"), hr.get(f"/matches/show/{match}").text
    posted = post(hr, f"/berichten/match/{match}", {"subject": "Kennismaken", "text": "Kom je langs?"})

    assert (page.status_code, f"/berichten/match/{match}" in there) == (status, status == 200)
    assert (posted.status_code, len(texts(site))) == ((302, 1) if status == 200 else (403, 0))


def test_after_a_match_fell_through_the_organisation_reads_nothing_and_the_candidate_only_reads_back(site: Site) -> None:
    with site.rows() as session:
        match = new_match(session, session.get_one(m.Candidate, FATIMA), OTHER_PROVIDER, MatchState.MUTUAL)
        key = int(world.new_thread(session, session.get_one(m.Candidate, FATIMA), OTHER_PROVIDER).id)
        match.state = MatchState.FELL_THROUGH
    fatima = site.client("fatima")

    page = fatima.get(f"/mijn/berichten/{key}")
    posted = post(fatima, f"/mijn/berichten/{key}", {"text": "Hallo?"})

    assert (page.status_code, "<textarea" in page.text, posted.status_code) == (200, False, 403)


def test_a_candidate_begins_with_the_desk_or_with_an_organisation_that_both_said_yes_to(site: Site) -> None:
    with site.rows() as session:
        new_match(session, session.get_one(m.Candidate, FATIMA), SCHOOL, MatchState.MUTUAL)
    fatima, form = site.client("fatima"), {"subject": "Een vraag", "text": TEXT}

    answers = [post(fatima, "/mijn/berichten/nieuw", {**form, "whom": whom}).status_code for whom in ("desk", f"{SCHOOL}", f"{PROVIDER}")]

    with site.rows() as session:
        query = sa.select(m.Thread.organisation_id).where(m.Thread.created_at >= NOW).order_by(m.Thread.id)
        assert (answers, list(session.scalars(query))) == ([302, 302, 422], [None, SCHOOL])


def test_whoever_of_the_desk_opens_it_stands_with_who_looked_at_the_file(site: Site) -> None:
    thread, noor = begun(site), site.client("noor")

    for url in ("/berichten/?welke=alle", f"/berichten/{thread}"):
        noor.get(url)

    with site.rows() as session:
        token = sa.select(m.PersonToken.token).where(m.PersonToken.candidate_id == FATIMA).scalar_subquery()
        looks = sa.select(m.ReadEvent.channel).join(m.ReadSubject, m.ReadSubject.event_id == m.ReadEvent.id)
        mine = looks.where(m.ReadSubject.token == token, m.ReadEvent.screen == "berichten").order_by(m.ReadEvent.id)
        assert list(session.scalars(mine)) == ["edit", "list", "show"]


def test_without_the_log_nobody_opens_a_conversation(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = begun(site)
    browsers = {name: site.client(name) for name in ("noor", "fatima")}

    def broken(*_given: Any, **_more: Any) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(log, "read", broken)
    monkeypatch.setattr(log, "opened", broken)
    answers = [browsers["noor"].get(f"/berichten/{thread}"), browsers["fatima"].get(f"/mijn/berichten/{thread}")]

    assert [(answer.status_code, TEXT in answer.text) for answer in answers] == [(500, False)] * 2


def test_what_is_finished_leaves_the_turn_and_a_new_message_opens_it(site: Site) -> None:
    thread, noor, fatima = begun(site), site.client("noor"), site.client("fatima")

    twice = [post(noor, f"/berichten/{thread}/afronden").status_code for _ in range(2)]
    finished = "afgerond" in words(noor.get(f"/berichten/{thread}").text)
    post(noor, f"/berichten/{thread}/heropenen")
    opened = "Afronden" in words(noor.get(f"/berichten/{thread}").text)
    post(noor, f"/berichten/{thread}/afronden")
    post(fatima, f"/mijn/berichten/{thread}", {"text": "Toch nog iets"})

    assert (twice, finished, opened, newest(site, m.Thread).closed_at) == ([302, 302], True, True, None)


# -- files --------------------------------------------------------------------------------------------------------------


def test_a_file_comes_back_byte_for_byte_to_who_reads_the_message_and_to_nobody_else(site: Site) -> None:
    thread, fatima, content = begun(site), site.client("fatima"), files.pdf(b"x" * 5000)

    answer = send(fatima, f"/mijn/berichten/{thread}", {"text": "Mijn diploma", "files": [file(content, "map/diploma  1.PDF")]})

    row = newest(site, m.Attachment)
    given = site.client("noor").get(f"/berichten/bijlage/{row.id}")
    hers = fatima.get(f"/mijn/berichten/bijlage/{row.id}")
    with site.rows() as session:
        looks = session.scalar(sa.select(sa.func.count()).select_from(m.ReadEvent).where(m.ReadEvent.channel == "attachment"))
    assert (answer.status_code, row.name, row.session_id, given.data, hers.data, looks) == (302, "diploma 1.pdf", None, content, content, 1)
    assert [given.headers[name] for name in ("X-Content-Type-Options", "Cache-Control", "Content-Security-Policy")] == [
        "nosniff",
        "no-store",
        "default-src 'none'; sandbox",
    ]
    elsewhere = {
        "zeki": "/berichten/bijlage/",
        "hr": "/berichten/bijlage/",
        "noor": "/gesprekken/bijlage/",
        "fatima": "/gesprekken/bijlage/",
    }
    assert [site.client(name).get(f"{url}{row.id}").status_code for name, url in elsewhere.items()] == [404] * 4
    removing = [post(site.client("noor"), f"/gesprekken/{verb}/{row.id}").status_code for verb in ("bijlage-weg", "bijlage-tonen")]
    assert (removing, newest(site, m.Attachment).id) == ([404, 404], row.id)


REFUSED = [
    (b"", "leeg.pdf", "is leeg"),
    (b"MZ\x90\x00" + bytes(400), "brief.pdf", "is geen PDF"),
    (files.png() + files.archive(), "foto.png", "nog iets anders"),
    (b"%PDF-1.7" + bytes(10_000_000), "groot.pdf", "groter dan 10 MB"),
]


@pytest.mark.parametrize(("content", "name", "sentence"), REFUSED, ids=[name for _, name, _ in REFUSED])
def test_a_file_that_is_not_what_it_seems_is_refused_with_the_text_kept(content: bytes, name: str, sentence: str, site: Site) -> None:
    thread, noor = begun(site), site.client("noor")

    answer = send(noor, f"/berichten/{thread}", {"text": "Zie bijlage", "files": [file(files.pdf(), "goed.pdf"), file(content, name)]})

    assert (answer.status_code, sentence in html.unescape(answer.text), kept_text(answer.text, "text")) == (422, True, "Zie bijlage")
    assert (texts(site), stored(site)) == ([TEXT], [])


def test_a_sixth_file_is_one_too_many_and_a_second_click_adds_none(site: Site) -> None:
    thread, noor = begun(site), site.client("noor")
    url = f"/berichten/{thread}"
    form = {**hidden(noor.get(url).text), "text": "Zie bijlage"}

    six = send(noor, url, {**form, "files": [file(files.pdf(), f"{at}.pdf") for at in range(6)]})
    five = [send(noor, url, {**form, "files": [file(files.pdf(), f"{at}.pdf") for at in range(5)]}).status_code for _ in range(2)]

    assert (six.status_code, "hoogstens 5 bestanden" in six.text, five, len(stored(site))) == (422, True, [302, 302], 5)


@pytest.mark.parametrize("sender", ["noor", "fatima"])
def test_two_files_that_are_each_small_enough_arrive_together(sender: str, site: Site) -> None:
    thread, browser = begun(site), site.client(sender)
    url = f"/berichten/{thread}" if sender == "noor" else f"/mijn/berichten/{thread}"
    large = files.pdf(b"x" * 8_000_000)

    answer = send(browser, url, {"text": "Zie bijlagen", "files": [file(large, "een.pdf"), file(large, "twee.pdf")]})

    assert (answer.status_code, len(stored(site))) == (302, 2)


# -- elsewhere ------------------------------------------------------------------------------------------------------------


def test_the_timeline_has_one_line_for_a_conversation_and_the_way_to_it(site: Site) -> None:
    thread, noor = begun(site), site.client("noor")
    post(noor, f"/berichten/{thread}", {"text": "En nog iets"})

    page = noor.get(f"/kandidaten/show/{FATIMA}?soort=berichten").text

    assert (words(page).count("Berichten: Je vraag"), page.count(f'href="/berichten/{thread}"')) == (1, 1)


def test_the_demo_has_something_unread_for_who_can_sign_in(shared_site: Site) -> None:
    fatima, noor = shared_site.client("fatima"), shared_site.client("noor")

    home, mine = words(fatima.get("/mijn/").text), words(noor.get("/berichten/?welke=ongelezen").text)

    assert (
        re.search(r"Er staan [2-9] nieuwe berichten voor je klaar", home) is not None,
        "Ik heb mijn diploma" in mine,
        "Twijfel" in mine,
    ) == (True, True, True)


def test_a_page_of_conversations_takes_eight_statements_with_few_and_with_many(site: Site) -> None:
    noor, url = site.client("noor"), "/berichten/?welke=alle"

    def asked() -> int:
        noor.get(url)
        seen = site.statements()
        noor.get(url)
        return len(seen)

    few = asked()
    with site.rows() as session:
        for row in session.scalars(sa.select(m.Candidate).where(m.Candidate.region_id == UTRECHT).limit(30)):
            world.new_thread(session, row)

    assert (few, asked()) == (8, 8)
