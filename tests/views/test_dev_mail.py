"""/dev/mail: in a demo for whoever comes by, anywhere else as if it were not there; and the switch of the mail of the morning."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from app.adapters.mailer import FolderMailer, Letter
from app.models import Setting, UserProfile
from tests.site import Site, post

KEY = "3f1c1a52-0000-5000-8000-000000000001"
HTML = '<p style="color:red">Hallo</p><script>alert(1)</script>'


@pytest.fixture
def mailed(site: Site) -> Site:
    letter = Letter(KEY, "noor@demo.test", "<b>Wat wacht</b>", "Hallo <b>x</b>\n", HTML, "nl", datetime.now(UTC))
    FolderMailer(site.app.config["LOKET"].mail_folder, "loket@demo.test", "Loket").send(letter)
    return site


@pytest.mark.parametrize("account", ["", "fatima", "beheer"])
def test_in_a_demo_everybody_reads_what_was_not_sent(mailed: Site, account: str) -> None:
    browser = mailed.client(account)

    pages = [browser.get(url) for url in ("/dev/mail/", f"/dev/mail/{KEY}")]

    assert [page.status_code for page in pages] == [200, 200]
    assert [("&lt;b&gt;Wat wacht" in page.text, "<b>Wat" in page.text or "<b>x" in page.text) for page in pages] == [(True, False)] * 2


def test_the_mail_itself_stands_in_a_frame_where_no_script_runs(mailed: Site) -> None:
    answer = mailed.client().get(f"/dev/mail/{KEY}/html")

    assert (answer.status_code, answer.mimetype, answer.headers["X-Frame-Options"]) == (200, "text/html", "SAMEORIGIN")
    policy = answer.headers["Content-Security-Policy"]
    assert ("default-src 'none'" in policy, "script" in policy, "; sandbox" in policy) == (True, False, True)


def test_without_the_mark_of_a_demo_it_is_not_there(mailed: Site) -> None:
    with mailed.rows() as session:
        session.execute(sa.delete(Setting).where(Setting.key == "demo"))
    object.__setattr__(mailed.app.config["LOKET"], "demo", True)

    assert [mailed.client("").get(f"/dev/mail/{path}").status_code for path in ("", KEY, f"{KEY}/html")] == [404] * 3


def test_a_demo_that_is_switched_off_shows_none(mailed: Site) -> None:
    object.__setattr__(mailed.app.config["LOKET"], "demo", False)

    assert [mailed.client("").get(f"/dev/mail/{path}").status_code for path in ("", KEY, f"{KEY}/html")] == [404] * 3


def kept(site: Site) -> object:
    with site.rows() as session:
        profile = session.scalars(sa.select(UserProfile).where(UserProfile.user.has(username="noor@demo.test"))).one()
        return (profile.preferences or {}).get("digest")


def test_the_mail_of_the_morning_is_switched_off_and_on(site: Site) -> None:
    noor = site.client("noor")

    answers = [post(noor, "/account/mail", {"digest": choice}).status_code for choice in ("off", "off")]
    off = kept(site)
    post(noor, "/account/mail", {"digest": "on"})

    assert (answers, off, kept(site)) == ([302, 302], False, None)
    assert post(noor, "/account/mail", {"digest": "maybe"}).status_code == 404


def test_who_gets_no_such_mail_sees_no_switch(site: Site) -> None:
    assert ['id="mail"' in site.client(name).get("/account/").text for name in ("noor", "carla", "nadia", "hr", "fatima")] == [
        True,
        True,
        True,
        False,
        False,
    ]
