"""Signing in by a mailed link: the same for everybody who asks, once for who has the mail, and nothing for everybody else."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.adapters import clock
from app.enums import LinkPurpose, Status
from app.models import Candidate, Delivery, Membership, OneTimeLink
from app.services import doors, links
from tests.security import world
from tests.site import BOTH, Site, post

FATIMA, ANNA = 1, 2  # files of the demo; the second has no account


def words(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition("</main>")[0]))


def ask(browser: FlaskClient, address: str, network: str = "127.0.0.1") -> TestResponse:
    return post(browser, "/aanmelden/", {"email": address}, page="/aanmelden/", environ_overrides={"REMOTE_ADDR": network})


def token_for(site: Site, candidate: int = ANNA, now: datetime | None = None) -> str:
    """What the mail to this candidate would carry."""
    with site.rows():
        made = doors.token(candidate, now=now or clock.now())
    assert made is not None
    return made


def press(browser: FlaskClient, token: str) -> TestResponse:
    return post(browser, f"/aanmelden/link/{token}", page="/aanmelden/")


def address_of(site: Site, candidate: int = ANNA) -> str:
    with site.rows() as session:
        return str(session.get(Candidate, candidate).email)


def mails(site: Site) -> list[tuple[int | None, str]]:
    """Of each mail with a link: to whom, and its state."""
    with site.rows() as session:
        found = session.scalars(sa.select(Delivery).where(Delivery.kind == doors.KIND).order_by(Delivery.id))
        return [(row.candidate_id, row.state.name) for row in found]


@pytest.fixture(autouse=True)
def address(request: pytest.FixtureRequest) -> None:
    """Anna has an address."""
    if "site" in request.fixturenames:
        with request.getfixturevalue("site").rows() as session:
            mail = {"email": "anna@example.test", "email_norm": "anna@example.test"}
            session.execute(sa.update(Candidate).where(Candidate.id == ANNA).values(mail))


# -- asking for a link -----------------------------------------------------------------------------------------------------


@BOTH
def test_the_address_of_a_candidate_gets_a_mail_and_the_link_in_it_signs_in(site: Site) -> None:
    browser = site.client()

    asked = ask(browser, address_of(site))
    entered = press(browser, token_for(site))

    assert (asked.status_code, asked.headers["Location"]) == (302, "/aanmelden/mail")
    assert mails(site) == [(ANNA, "QUEUED")]
    assert (entered.status_code, entered.headers["Location"]) == (302, "/mijn/")
    assert browser.get("/mijn/").status_code == 200


@BOTH
def test_an_address_that_nobody_has_gets_the_same_answer_after_the_same_work(site: Site) -> None:
    known, unknown = site.client(), site.client()
    known.get("/aanmelden/"), unknown.get("/aanmelden/")
    seen = site.statements()

    answers, counts = [], []
    for browser, address in ((known, address_of(site)), (unknown, "nobody@example.test")):
        before = len(seen)
        answers.append(ask(browser, address))
        counts.append([re.findall(r"\w+", one)[:3] for one in seen[before:]])

    assert world.plain(answers[0]) == world.plain(answers[1])
    assert counts[0] == counts[1]
    assert mails(site) == [(ANNA, "QUEUED"), (None, "CANCELLED")]


def test_what_is_kept_of_an_unknown_address_is_nothing(site: Site) -> None:
    ask(site.client(), "geheim@example.test")

    assert "geheim@example.test" not in repr(world.dump(site, but=()))


@pytest.mark.parametrize("typed", ["", "anna", "anna@", "a b@example.test", "x" * 300 + "@example.test", "<script>@x"])
def test_what_is_no_address_is_said_and_stays_in_the_field(typed: str, site: Site) -> None:
    answer = ask(site.client(), typed)

    assert (answer.status_code, "Dit is geen e-mailadres" in words(answer), "<script>@x" in answer.text) == (422, True, False)
    assert mails(site) == []


def test_of_many_asks_from_one_network_the_later_ones_wait_and_another_network_does_not(site: Site) -> None:
    browser, address = site.client(), "somebody@example.test"

    statuses = [ask(browser, address, "10.0.0.1").status_code for _ in range(6)]
    elsewhere = ask(browser, address, "10.0.0.2").status_code

    assert (statuses, elsewhere) == ([302] * 4 + [429] * 2, 302)


def test_one_person_gets_three_links_in_ten_minutes_from_however_many_networks(site: Site) -> None:
    browser, address = site.client(), address_of(site)

    for number in range(6):
        ask(browser, address, f"10.0.{number}.1")
        with site.rows() as session:  # the next one is asked in another minute
            earlier = {"dedupe_key": Delivery.dedupe_key + f"-{number}", "message_id": Delivery.message_id + f"-{number}"}
            session.execute(sa.update(Delivery).values(earlier))

    assert [state for whom, state in mails(site) if whom == ANNA] == ["QUEUED"] * 3


def test_two_clicks_in_one_minute_are_one_mail(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = datetime.now(UTC).replace(second=1)
    monkeypatch.setattr(clock, "now", lambda: noon)

    ask(site.client(), address_of(site)), ask(site.client(), address_of(site))

    assert mails(site) == [(ANNA, "QUEUED")]


def _two_files(site: Site) -> None:
    with site.rows() as session:
        session.execute(sa.update(Candidate).where(Candidate.id == 3).values(email="anna@example.test", email_norm="anna@example.test"))


def test_an_address_in_two_files_opens_neither(site: Site) -> None:
    _two_files(site)

    answer = ask(site.client(), "anna@example.test")

    assert (answer.status_code, mails(site)) == (302, [(None, "CANCELLED")])


def test_of_two_files_with_one_address_the_one_that_the_desk_opened_is_meant(site: Site) -> None:
    token_for(site, 3)
    _two_files(site)

    ask(site.client(), "anna@example.test")

    assert mails(site) == [(3, "QUEUED")]


def test_a_closed_file_without_an_account_stays_closed(site: Site) -> None:
    with site.rows() as session:
        session.execute(sa.update(Candidate).where(Candidate.id == ANNA).values(status=Status.LEFT))

    ask(site.client(), address_of(site))

    assert mails(site) == [(None, "CANCELLED")]


def test_who_is_signed_in_is_led_home(site: Site) -> None:
    answer = site.client("fatima").get("/aanmelden/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


# -- the link --------------------------------------------------------------------------------------------------------------


def test_looking_at_a_link_changes_nothing_and_tells_nobody_where_one_came_from(site: Site) -> None:
    made, browser = token_for(site), site.client()
    before = world.dump(site, but=())

    looks = [browser.get(f"/aanmelden/link/{made}") for _ in range(3)]

    assert [look.status_code for look in looks] == [200] * 3
    assert {look.headers["Referrer-Policy"] for look in looks} == {"no-referrer"}
    assert world.dump(site, but=()) == before
    assert made not in looks[0].text.replace(f"/aanmelden/link/{made}", "")


@BOTH
def test_a_link_works_once(site: Site) -> None:
    made, first, second = token_for(site), site.client(), site.client()

    entered, again = press(first, made), press(second, made)

    assert (entered.status_code, again.status_code, second.get("/mijn/").status_code) == (302, 404, 302)
    assert "Vraag een nieuwe" in words(again)


def test_a_link_that_was_used_expired_or_never_was_looks_the_same(site: Site) -> None:
    used, late = token_for(site), token_for(site, now=clock.now() - timedelta(minutes=11))
    press(site.client(), used)

    answers = [site.client().get(f"/aanmelden/link/{one}") for one in (used, late, "never-was", "x" * 3000)]

    assert {world.plain(answer) for answer in answers} == {world.plain(answers[0])}
    assert answers[0].status_code == 404


def test_a_link_dies_after_ten_minutes_and_is_kept_as_a_hash_only(site: Site) -> None:
    made = token_for(site, now=clock.now() - timedelta(minutes=10, seconds=1))

    with site.rows() as session:
        row = session.scalars(sa.select(OneTimeLink)).one()
        kept = (row.purpose, row.expires_at - row.created_at, row.token_hash == links.hash_of(made))
    assert kept == (LinkPurpose.SIGN_IN, timedelta(minutes=10), True)
    assert press(site.client(), made).status_code == 404
    assert made not in repr(world.dump(site, but=()))


def test_a_link_to_sign_in_chooses_no_password_and_one_for_a_password_signs_nobody_in(site: Site) -> None:
    sign_in = token_for(site, FATIMA)
    with site.rows() as session:
        user = session.scalars(sa.select(doors.User).where(doors.User.username == "noor@demo.test")).one()
        reset = links.make(user, LinkPurpose.RESET, by=None, now=clock.now())

    crossed = [site.client().get(f"/account/link/{sign_in}"), site.client().get(f"/aanmelden/link/{reset}"), press(site.client(), reset)]

    assert [answer.status_code for answer in crossed] == [404] * 3


def test_signing_in_gives_a_new_cookie_and_ends_the_session_that_was_there(site: Site) -> None:
    noor, made = site.client("noor"), token_for(site)
    before = noor.get_cookie("loket")

    post(noor, f"/aanmelden/link/{made}")

    after = noor.get_cookie("loket")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    thief = site.client()
    thief.set_cookie("loket", before.value)
    assert (thief.get("/kandidaten/list/").status_code, noor.get("/kandidaten/list/").status_code) == (302, 403)


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "/\\evil.test"])
def test_a_link_leads_nowhere_else(target: str, site: Site) -> None:
    browser, made = site.client(), token_for(site)

    answer = post(browser, f"/aanmelden/link/{made}?next={target}", {"next": target}, page="/aanmelden/")

    assert answer.headers["Location"] == "/mijn/"


def test_guessing_links_finds_nothing(site: Site) -> None:
    made, browser = token_for(site), site.client()
    guesses = [made[:-1] + "A", made[1:], made.lower(), made + "=", made.swapcase(), links.hash_of(made)]

    answers = {press(browser, guess).status_code for guess in guesses if guess != made}

    assert answers == {404}


def test_without_the_token_of_the_page_nothing_happens(site: Site) -> None:
    made, browser = token_for(site), site.client()

    answers = [browser.post(path, data={"email": "anna@example.test"}).status_code for path in ("/aanmelden/", f"/aanmelden/link/{made}")]

    assert answers == [400, 400]
    assert press(browser, made).status_code == 302


def test_an_account_that_became_a_colleagues_is_not_opened_by_mail(site: Site) -> None:
    made = token_for(site, FATIMA)
    with site.rows() as session:
        user = session.scalars(sa.select(Membership.user_id).where(Membership.candidate_id == FATIMA)).one()
        session.add(Membership(user_id=user, role=doors.Role.ADVISER, region_id=2, starts_on=date(2026, 1, 1)))

    with site.rows():
        assert doors.token(FATIMA, now=clock.now()) is None
    assert press(site.client(), made).status_code == 404
