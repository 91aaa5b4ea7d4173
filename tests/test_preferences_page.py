"""Choosing what comes by mail: by the link of a mail, by the button of a mail program, in the own place, and told to the desk."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.adapters import clock
from app.enums import CHOSEN_CATEGORIES, ConsentEvent, ConsentPurpose, MailCategory
from app.models import Candidate, Consent, MailAddress, Suppression
from app.services import mail_addresses, mail_links
from tests.security import world
from tests.site import BOTH, Site, post

FATIMA = 1
MAIL = "fatima@gmail.nl"
KINDS = ["activiteiten", "nieuwsbrief", "uitnodigingen"]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def words(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition("</main>")[0]))


def known(site: Site, mail: str = MAIL, locale: str = "nl") -> int:
    """The number of this address."""
    with site.rows():
        return mail_addresses.known(mail, mail, locale, now=clock.now()).id


def paths(site: Site, key: int) -> tuple[str, str]:
    """Where this address chooses, and where it leaves the newsletter."""
    with site.app.app_context():
        return mail_links.preferences_path(key), mail_links.unsubscribe_path(key, MailCategory.NEWSLETTER)


def off(site: Site, mail: str = MAIL) -> list[tuple[str, str]]:
    """(category, where it was asked) of what does not come to this address."""
    with site.rows() as session:
        mine = sa.select(Suppression).where(Suppression.address_norm == mail).order_by(Suppression.category)
        return [(row.category, row.source) for row in session.scalars(mine)]


def bounce(site: Site, mail: str) -> None:
    with site.rows():
        mail_addresses.suppress(mail, reason="5.1.1 no such mailbox", source="bounce", now=clock.now())


def switches(answer: TestResponse) -> dict[str, bool]:
    """Which switch stands on."""
    tags = re.findall(r'<input class="switch"[^>]*>', answer.text)
    return {re.findall(r'value="([^"]*)"', tag)[0]: tag.rstrip(">").endswith("checked") for tag in tags}


def choose(browser: FlaskClient, path: str, *kinds: str, **more: str) -> TestResponse:
    return post(browser, path, {"kind": list(kinds), **more}, page=path)


def email_of(site: Site, mail: str | None = MAIL) -> None:
    """Give Fatima this address."""
    with site.rows() as session:
        session.execute(sa.update(Candidate).where(Candidate.id == FATIMA).values(email=mail, email_norm=mail))


# -- the page of a link ----------------------------------------------------------------------------------------------------


@BOTH
def test_the_link_of_a_mail_shows_every_kind_and_who_it_is_about_only_masked(site: Site) -> None:
    path, _ = paths(site, known(site))
    before = world.dump(site)

    answer = site.client().get(path)

    assert (answer.status_code, answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == (200, "no-store", "same-origin")
    assert switches(answer) == dict.fromkeys(KINDS, True)
    assert ("f•••@g•••.nl" in words(answer), MAIL in answer.text, "altijd aan" in words(answer)) == (True, False, True)
    assert world.dump(site) == before


@BOTH
def test_a_switch_ends_one_kind_and_says_so_and_brings_it_back(site: Site) -> None:
    (path, _), browser = paths(site, known(site)), site.client()

    first = choose(browser, path, "activiteiten", "uitnodigingen")
    said = browser.get(first.headers["Location"])
    stood = off(site)
    choose(browser, path, *KINDS)
    again = words(browser.get(path))

    assert (first.status_code, first.headers["Location"]) == (302, path)
    assert "Vanaf nu krijg je deze niet meer: nieuwsbrief." in words(said)
    assert switches(said) == {"activiteiten": True, "nieuwsbrief": False, "uitnodigingen": True}
    assert (stood, off(site)) == ([("NEWSLETTER", "preference page")], [])
    assert "Vanaf nu krijg je deze weer: nieuwsbrief." in again


def test_one_button_turns_everything_off_whatever_the_switches_say(site: Site) -> None:
    (path, _), browser = paths(site, known(site)), site.client()

    for _ in range(2):
        choose(browser, path, *KINDS, none="1")

    assert [category for category, _ in off(site)] == ["ACTIVITIES", "INVITATIONS", "NEWSLETTER"]
    assert "Er is niets veranderd" in words(browser.get(path))


def test_what_is_posted_beside_the_switches_is_nothing(site: Site) -> None:
    (path, _), browser = paths(site, known(site)), site.client()

    answer = choose(browser, path, *KINDS, "service", "<script>", "NEWSLETTER")

    assert (answer.status_code, off(site)) == (302, [])


def test_without_the_token_of_the_page_nothing_is_chosen(site: Site) -> None:
    path, _ = paths(site, known(site))

    assert (site.client().post(path, data={"none": "1"}).status_code, off(site)) == (400, [])


def test_over_https_the_form_can_be_sent(site: Site) -> None:
    site.app.config["WTF_CSRF_SSL_STRICT"] = True
    (path, _), browser, host = paths(site, known(site)), site.client(), "https://localhost"
    page = browser.get(path, base_url=host)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    keeps_the_referrer = page.headers["Referrer-Policy"] == "same-origin"

    heads = {"Referer": f"{host}{path}"} if keeps_the_referrer else {}
    answer = browser.post(path, data={"none": "1", "csrf_token": found[1]}, base_url=host, headers=heads)

    assert answer.status_code == 302


@pytest.mark.parametrize("page", [0, 1])
def test_a_wrong_link_says_calmly_that_it_does_not_work(site: Site, page: int) -> None:
    key = known(site)
    path, browser = paths(site, key)[page], site.client()
    token = path.split("/")[2]
    wrong = [path.replace(token, one) for one in (f"{token}x", token[::-1], str(key), token.partition(".")[0])]
    gone = paths(site, 999)[page]

    answers = [browser.get(one) for one in (*wrong, gone)]

    assert [one.status_code for one in answers] == [404] * 5
    assert {"Deze link werkt niet meer" in words(one) for one in answers} == {True}


def test_the_page_speaks_the_language_of_the_address_until_the_reader_chooses_another(site: Site) -> None:
    (path, _), browser = paths(site, known(site, locale="en")), site.client()

    english = browser.get(path)
    post(browser, "/taal", {"locale": "nl"}, page=path)
    dutch = browser.get(path)

    assert ('lang="en"' in english.text, "What may we send you?" in english.text) == (True, True)
    assert ('lang="nl"' in dutch.text, "Wat mogen we je sturen?" in dutch.text) == (True, True)


def test_a_candidate_reads_that_the_adviser_can_still_write_and_somebody_else_does_not(site: Site) -> None:
    path, _ = paths(site, known(site))

    stranger = words(site.client().get(path))
    email_of(site)
    candidate = words(site.client().get(path))

    assert ["Je adviseur kan je nog steeds schrijven" in one for one in (stranger, candidate)] == [False, True]


def test_an_address_that_mail_came_back_from_is_told_so_and_stays_closed(site: Site) -> None:
    (path, _), browser = paths(site, known(site)), site.client()
    bounce(site, MAIL)

    choose(browser, path, *KINDS)

    assert (off(site), "kwam terug" in words(browser.get(path))) == ([("", "bounce")], True)


# -- one click -------------------------------------------------------------------------------------------------------------


@BOTH
def test_looking_at_the_link_to_unsubscribe_changes_nothing(site: Site) -> None:
    _, path = paths(site, known(site))
    before = world.dump(site)

    answer = site.client().get(path)

    assert (answer.status_code, 'method="post"' in answer.text, "nieuwsbrief" in words(answer)) == (200, True, True)
    assert world.dump(site) == before


@BOTH
def test_a_mail_program_unsubscribes_without_token_session_or_cookie_and_as_often_as_it_likes(site: Site) -> None:
    _, path = paths(site, known(site))

    answers = [site.app.test_client(use_cookies=False).post(path, data=ONE_CLICK) for _ in range(3)]

    assert [one.status_code for one in answers] == [200] * 3
    assert off(site) == [("NEWSLETTER", "mail program")]


def test_a_person_presses_the_button_and_reads_what_changed(site: Site) -> None:
    (preferences, path), browser = paths(site, known(site)), site.client()

    done = browser.post(path)
    later = browser.get(path)

    assert (done.status_code, "Je bent afgemeld" in words(done), preferences in done.text) == (200, True, True)
    assert ('method="post" data-once' in later.text.partition("<main")[2], off(site)) == (False, [("NEWSLETTER", "preference page")])


@pytest.mark.parametrize("kind", ["service", "NEWSLETTER", "x"])
def test_a_kind_that_nobody_can_leave_is_a_wrong_link(site: Site, kind: str) -> None:
    _, path = paths(site, known(site))

    answer = site.client().post(path.replace("nieuwsbrief", kind), data=ONE_CLICK)

    assert (answer.status_code, off(site)) == (404, [])


# -- in the own place ------------------------------------------------------------------------------------------------------


def consent_of(site: Site, event: ConsentEvent | None) -> None:
    """Fatima's word about messages is this one, or none."""
    with site.rows() as session:
        session.execute(sa.delete(Consent).where(Consent.candidate_id == FATIMA, Consent.purpose == ConsentPurpose.MESSAGES))
        if event is not None:
            row = session.get(Candidate, FATIMA)
            facts: dict[str, Any] = {"channel": "PHONE", "text_version": "1.nl", "text_sha256": "0" * 64, "at": clock.now()}
            session.add(Consent(candidate_id=row.id, region_id=row.region_id, purpose=ConsentPurpose.MESSAGES, event=event, **facts))


def consents(site: Site) -> list[tuple[str, str, int | None]]:
    with site.rows() as session:
        mine = sa.select(Consent).where(Consent.candidate_id == FATIMA, Consent.purpose == ConsentPurpose.MESSAGES).order_by(Consent.id)
        return [(row.event.name, row.channel.name, row.recorded_by) for row in session.scalars(mine)]


@pytest.fixture
def own(site: Site) -> FlaskClient:
    """Fatima with an address, signed in."""
    email_of(site)
    return site.client("fatima")


def test_without_consent_there_is_nothing_to_switch_but_the_consent_itself(site: Site, own: FlaskClient) -> None:
    consent_of(site, None)
    page = own.get("/mijn/voorkeuren/")

    for _ in range(2):
        post(own, "/mijn/voorkeuren/toestemming", {"answer": "ja"})
    after = own.get("/mijn/voorkeuren/")

    assert (switches(page), "Berichten ontvangen" in words(page)) == ({}, True)
    assert (switches(after), consents(site)) == (dict.fromkeys(KINDS, True), [("GIVEN", "ONLINE", None)])


def test_a_candidate_takes_the_consent_back_once(site: Site, own: FlaskClient) -> None:
    consent_of(site, ConsentEvent.GIVEN)

    answers = [post(own, "/mijn/voorkeuren/toestemming", {"answer": "nee"}).status_code for _ in range(2)]

    assert (answers, [event for event, *_ in consents(site)]) == ([302, 302], ["GIVEN", "WITHDRAWN"])
    assert post(own, "/mijn/voorkeuren/toestemming", {"answer": "misschien"}).status_code == 404


def test_a_candidate_chooses_in_the_own_place_what_the_link_of_a_mail_shows(site: Site, own: FlaskClient) -> None:
    consent_of(site, ConsentEvent.GIVEN)
    before = world.dump(site)
    own.get("/mijn/voorkeuren/")
    looked = world.dump(site)

    post(own, "/mijn/voorkeuren/kies", {"kind": ["activiteiten"]})
    path, _ = paths(site, known(site))

    assert (looked == before, [category for category, _ in off(site)]) == (True, ["INVITATIONS", "NEWSLETTER"])
    assert switches(own.get("/mijn/voorkeuren/")) == switches(site.client().get(path))


def test_who_has_no_address_has_nothing_to_choose(site: Site, own: FlaskClient) -> None:
    consent_of(site, ConsentEvent.GIVEN)
    email_of(site, None)

    assert "geen e-mailadres" in words(own.get("/mijn/voorkeuren/"))
    assert post(own, "/mijn/voorkeuren/kies", {"none": "1"}).status_code == 404
    with site.rows() as session:
        assert session.scalars(sa.select(MailAddress)).all() == []


# -- for the desk ----------------------------------------------------------------------------------------------------------

DESK = f"/kandidaten/berichten/{FATIMA}"


def fact(browser: FlaskClient) -> str:
    """What the file says about messages to groups."""
    found = re.search(r"Berichten aan groepen</dt>\s*<dd[^>]*>(.*?)</dd>", browser.get(f"/kandidaten/show/{FATIMA}").text, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def test_the_file_says_whether_messages_arrive(site: Site) -> None:
    email_of(site)
    noor, key, said = site.client("noor"), known(site), []
    consent_of(site, None)
    said.append(fact(noor))
    consent_of(site, ConsentEvent.GIVEN)
    said.append(fact(noor))
    for category in (MailCategory.NEWSLETTER, *CHOSEN_CATEGORIES):
        site.client().post(paths(site, key)[1].replace("nieuwsbrief", mail_links.NAMES[category]))
        said.append(fact(noor))
    bounce(site, MAIL)
    said.append(fact(noor))

    assert said == [
        "nee, vindt berichten niet goed", "ja", "ja, behalve nieuwsbrief", "ja, behalve activiteiten en nieuwsbrief",
        "ja, behalve activiteiten en nieuwsbrief", "nee, afgemeld voor alles", "nee, mail aan dit adres komt terug",
    ]  # fmt: skip


def test_an_adviser_writes_down_what_the_candidate_said(site: Site) -> None:
    email_of(site)
    consent_of(site, None)
    noor = site.client("noor")

    unsaid = post(noor, DESK, {"agree": "1"})
    given = [post(noor, DESK, {"agree": "1", "channel": "PHONE"}).status_code for _ in range(2)]
    online = post(noor, DESK, {"refuse": "1", "channel": "ONLINE"})
    taken = post(noor, DESK, {"refuse": "1", "channel": "PAPER"})

    assert (unsaid.status_code, given, online.status_code, taken.status_code) == (400, [302, 302], 400, 302)
    assert "Kies hoe de kandidaat het je vertelde." in words(unsaid)
    assert [(event, channel, by is not None) for event, channel, by in consents(site)] == [
        ("GIVEN", "PHONE", True),
        ("WITHDRAWN", "PAPER", True),
    ]


def test_an_adviser_lets_mail_go_to_a_corrected_address_again(site: Site) -> None:
    email_of(site)
    bounce(site, MAIL)
    noor = site.client("noor")
    page = words(noor.get(DESK))

    post(noor, DESK, {"again": "1"})

    assert ("5.1.1 no such mailbox" in page, off(site), "kwam terug" in words(noor.get(DESK))) == (True, [], False)


def test_another_desk_and_the_candidate_do_not_come_there(site: Site) -> None:
    answers = [post(site.client(name), DESK, {"agree": "1", "channel": "PHONE"}).status_code for name in ("zeki", "fatima", "hr")]

    assert answers == [404, 403, 403]
