"""The newsletter of the front page: the same answer for everybody, one mail an hour, and nothing before the button in it was pressed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.adapters import clock, mail_text
from app.enums import MailCategory
from app.models import Delivery, MailAddress, Region
from app.services import mail_links, newsletter
from tests.security import world
from tests.site import BOTH, Site, post
from tests.test_preferences_page import bounce, known, words

MAIL = "nieuw@example.test"
UTRECHT = 2


def ask(browser: FlaskClient, mail: str = MAIL, network: str = "127.0.0.1", **more: str) -> TestResponse:
    data = {"email": mail, "website": "", **more}
    return post(browser, "/nieuwsbrief/", data, page="/nieuwsbrief/", environ_overrides={"REMOTE_ADDR": network})


def mails(site: Site) -> list[tuple[str, str, str]]:
    """(address, state, where the button leads) of every mail to confirm with."""
    with site.rows() as session:
        found = session.scalars(sa.select(Delivery).where(Delivery.kind == newsletter.KIND).order_by(Delivery.id))
        return [(row.address, row.state.name, (row.merge or {}).get("confirm", "")) for row in found]


def subscribers(site: Site) -> list[tuple[str, int | None]]:
    with site.rows() as session:
        found = session.scalars(sa.select(MailAddress).where(MailAddress.newsletter_at.is_not(None)))
        return [(row.address, row.region_id) for row in found]


@BOTH
def test_who_asks_gets_a_mail_whose_button_brings_the_newsletter(site: Site) -> None:
    browser = site.client()
    asked = ask(browser, region=str(UTRECHT))
    ((address, state, path),) = mails(site)
    before = world.dump(site)

    looked = browser.get(path)
    unchanged = world.dump(site) == before
    answers = [post(browser, path, page=path if number == 0 else "/nieuwsbrief/") for number in range(2)]

    assert (asked.status_code, asked.headers["Location"]) == (302, "/nieuwsbrief/mail/")
    assert (address, state, looked.status_code, unchanged) == (MAIL, "QUEUED", 200, True)
    assert [one.status_code for one in answers] == [200, 200]
    assert ("n•••@e•••.test" in words(answers[0]), MAIL in answers[0].text) == (True, False)
    assert subscribers(site) == [(MAIL, UTRECHT)]


@BOTH
def test_a_known_and_an_unknown_address_get_the_same_answer_after_the_same_work(site: Site) -> None:
    known(site, "bekend@example.test")
    browsers = [site.client() for _ in range(3)]
    for browser in browsers:
        browser.get("/nieuwsbrief/")
    seen = site.statements()

    answers, counts = [], []
    for browser, mail in zip(browsers, ("bekend@example.test", "onbekend@example.test", "bekend@example.test"), strict=True):
        before = len(seen)
        answers.append(world.plain(ask(browser, mail)))
        counts.append([re.findall(r"\w+", one)[:3] for one in seen[before:]])

    assert (answers, counts) == ([answers[0]] * 3, [counts[0]] * 3)
    assert [address for address, *_ in mails(site)] == ["bekend@example.test", "onbekend@example.test"]


@pytest.mark.parametrize("typed", ["", "anna", "anna@", "a b@example.test", "x" * 300 + "@example.test", "<script>@x"])
def test_what_is_no_address_is_said_and_stays_in_the_field(site: Site, typed: str) -> None:
    answer = ask(site.client(), typed, region=str(UTRECHT))

    assert (answer.status_code, "Dit is geen e-mailadres" in words(answer), "<script>@x" in answer.text) == (422, True, False)
    assert (f'value="{UTRECHT}" selected' in answer.text, mails(site)) == (True, [])


def test_a_program_that_fills_in_everything_gets_the_same_answer_and_no_mail(site: Site) -> None:
    answer = ask(site.client(), website="https://spam.example")

    assert (answer.headers["Location"], mails(site)) == ("/nieuwsbrief/mail/", [])


def test_many_addresses_from_one_network_wait_too(site: Site) -> None:
    answers = [ask(site.client(), f"iemand{at}@example.test").status_code for at in range(8)]

    assert (answers[:4], set(answers[4:])) == ([302] * 4, {429})


def test_of_many_asks_from_one_network_the_later_ones_wait(site: Site) -> None:
    browser = site.client()

    statuses = [ask(browser, network="10.0.0.1").status_code for _ in range(6)]

    assert (statuses, len(mails(site))) == ([302] * 4 + [429] * 2, 1)


@pytest.mark.parametrize("region", ["", "999", "1", "abc", "left"])
def test_a_region_that_cannot_be_chosen_is_the_whole_country(site: Site, region: str) -> None:
    if region == "left":
        with site.rows() as session:
            session.execute(sa.update(Region).where(Region.id == UTRECHT).values(left_on=clock.day(clock.now())))
    browser = site.client()
    ask(browser, region=str(UTRECHT) if region == "left" else region)
    path = mails(site)[0][2]

    post(browser, path, page=path)

    assert subscribers(site) == [(MAIL, None)]


@pytest.mark.parametrize("path", ["/nieuwsbrief/x.y", "old", "preferences"])
def test_a_link_that_is_wrong_old_or_for_something_else_confirms_nothing(site: Site, path: str) -> None:
    key, browser = known(site, MAIL), site.client()
    with site.app.app_context():
        made = {
            "old": mail_links.newsletter_path(key, None, now=clock.now() - timedelta(hours=49)),
            "preferences": f"/nieuwsbrief/{mail_links.token(key)}",
        }
    path = made.get(path, path)

    answers = [browser.get(path), post(browser, path, page="/nieuwsbrief/")]

    assert ([one.status_code for one in answers], subscribers(site)) == ([404, 404], [])


def test_an_address_that_mail_came_back_from_gets_the_same_answer_and_no_mail(site: Site) -> None:
    bounce(site, MAIL)

    assert (ask(site.client()).headers["Location"], mails(site)) == ("/nieuwsbrief/mail/", [(MAIL, "SUPPRESSED", "")])


def test_confirming_ends_an_earlier_unsubscription(site: Site) -> None:
    key, browser = known(site, MAIL), site.client()
    with site.app.app_context():
        leave, confirm = mail_links.unsubscribe_path(key, MailCategory.NEWSLETTER), mail_links.newsletter_path(key, None, now=clock.now())
    browser.post(leave)

    post(browser, confirm, page=confirm)

    assert "Afmelden?" in words(browser.get(leave))


def test_the_front_page_leads_to_it(site: Site) -> None:
    assert 'href="/nieuwsbrief/"' in site.client().get("/").text


@pytest.mark.parametrize(("locale", "subject"), [("nl", "Wil je onze nieuwsbrief?"), ("en", "Do you want our newsletter?")])
def test_the_mail_names_nobody_and_leads_to_the_button(site: Site, locale: str, subject: str) -> None:
    with site.app.app_context():
        values = {"confirm": "/nieuwsbrief/a.b", "path": "/nieuwsbrief/"}
        title, text, html = mail_text.render(newsletter.KIND, values, locale=locale, base_url="https://loket.example.nl")

    assert (title, "https://loket.example.nl/nieuwsbrief/a.b" in text, 'href="https://loket.example.nl/nieuwsbrief/a.b"' in html) == (
        subject,
        True,
        True,
    )
