"""Mail that came back: said by a mail server with a signature, or read from a mailbox. Nobody else can mark a mail, and nothing counts
twice."""

from __future__ import annotations

import hashlib
import hmac
import imaplib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.adapters import clock, imap
from app.enums import DeliveryState
from app.jobs import bounces as job
from app.models import Delivery, DeliveryEvent, Setting, Suppression
from app.services import bounces, outbox
from tests.adapters.test_bounces import KEY, receiver, report
from tests.security import world
from tests.site import BOTH, Site

SECRET = "a-secret-of-the-mail-server-0123456789"
MAIL = "anna@example.test"
GONE = ("5.1.1", "550 no such user")


@pytest.fixture
def site(site: Site) -> Site:
    """With a secret, and one mail that was sent."""
    site.app.config["LOKET"] = replace(site.app.config["LOKET"], bounce_secret=SECRET)
    sent(site)
    return site


def sent(site: Site, state: DeliveryState = DeliveryState.SENT, key: str = KEY) -> None:
    now = clock.now()
    facts = {"kind": "set_out", "address": MAIL, "address_norm": MAIL, "locale": "nl", "created_at": now, "not_before": now}
    with site.rows() as session:
        session.add(Delivery(message_id=key, dedupe_key=key, state=state, **facts))


def mails(site: Site) -> list[tuple[str, str | None]]:
    with site.rows() as session:
        mine = sa.select(Delivery).where(Delivery.address_norm == MAIL).order_by(Delivery.id)
        return [(row.state.name, row.reply) for row in session.scalars(mine)]


def events(site: Site) -> list[tuple[str, str | None]]:
    with site.rows() as session:
        mine = sa.select(DeliveryEvent).join(Delivery).where(Delivery.address_norm == MAIL).order_by(DeliveryEvent.id)
        return [(row.state.name, row.detail) for row in session.scalars(mine)]


def closed(site: Site) -> list[tuple[str, str, str]]:
    with site.rows() as session:
        return [
            (row.category, row.reason, row.source)
            for row in session.scalars(sa.select(Suppression).where(Suppression.address_norm == MAIL))
        ]


def note(site: Site, status: str, reply: str = "no", message_id: str = f"<{KEY}@example.nl>") -> bool:
    with site.rows():
        return bounces.note(message_id, status, reply, now=clock.now())


# -- what a bounce does ----------------------------------------------------------------------------------------------------


@BOTH
def test_a_mail_that_came_back_has_failed_and_its_address_gets_none_any_more(site: Site) -> None:
    done = [note(site, *GONE), note(site, *GONE)]

    assert (done, mails(site)) == ([True, False], [("FAILED", "5.1.1 550 no such user")])
    assert (events(site), closed(site)) == ([("FAILED", "5.1.1 550 no such user")], [("", "5.1.1 550 no such user", "bounce")])
    with site.rows():
        assert outbox.suppressed(MAIL, "set_out") == "5.1.1 550 no such user"


@pytest.mark.parametrize("status", ["5.1.7", "5.1.8", "5.2.2", "5.7.1", "5.0.0"])
def test_what_is_not_about_the_address_leaves_it_open(site: Site, status: str) -> None:
    assert (note(site, status), [state for state, _ in mails(site)], closed(site)) == (True, ["FAILED"], [])


def test_a_delay_is_only_told(site: Site) -> None:
    assert (note(site, "4.4.1", "no answer yet"), mails(site), events(site)) == (True, [("SENT", None)], [("SENT", "4.4.1 no answer yet")])


@pytest.mark.parametrize("status", ["2.0.0", "", "5", "5.1.1.1", "9.1.1", "5.1.1\n"])
def test_what_is_no_status_of_a_failure_changes_nothing(site: Site, status: str) -> None:
    assert (note(site, status), mails(site), events(site)) == (False, [("SENT", None)], [])


@pytest.mark.parametrize("message_id", ["", "<>", "<somebody@else.nl>", "%", KEY[:-1]])
def test_a_mail_that_is_not_ours_is_passed_over(site: Site, message_id: str) -> None:
    assert (note(site, *GONE, message_id=message_id), mails(site), closed(site)) == (False, [("SENT", None)], [])


@pytest.mark.parametrize("state", [DeliveryState.QUEUED, DeliveryState.HANDING_OVER, DeliveryState.CANCELLED, DeliveryState.SUPPRESSED])
def test_a_mail_that_has_not_gone_cannot_come_back(site: Site, state: DeliveryState) -> None:
    sent(site, state, "another")

    assert (note(site, *GONE, message_id="<another@example.nl>"), mails(site)[1], closed(site)) == (False, (state.name, None), [])


def test_a_mail_of_which_nobody_knew_whether_it_arrived_did_not(site: Site) -> None:
    sent(site, DeliveryState.UNKNOWN, "another")

    assert (note(site, "5.2.1", message_id="<another@example.nl>"), mails(site)[1][0]) == (True, "FAILED")


# -- said by a mail server -------------------------------------------------------------------------------------------------


def hand_in(site: Site, body: Any, *, secret: str = SECRET, ago: float = 0, **heads: str) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    moment = str(int(time.time() - ago))
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + raw, hashlib.sha256).hexdigest()
    kind = "message/rfc822" if isinstance(body, bytes) else "application/json"
    given = {"X-Loket-Signature": signature, "X-Loket-Timestamp": moment, "Content-Type": kind, **heads}
    return site.app.test_client(use_cookies=False).post("/api/bounces", data=raw, headers=given)


LIST = [{"message_id": f"<{KEY}@example.nl>", "status": "5.1.1", "reply": "550 no such user"}]


@BOTH
def test_a_mail_server_says_it_with_a_signature_and_without_a_session(site: Site) -> None:
    answer = hand_in(site, [*LIST, {**LIST[0], "message_id": "<other@example.nl>"}])

    assert (answer.status_code, answer.json, "Set-Cookie" in answer.headers) == (200, {"noted": 1}, False)
    assert (mails(site), len(closed(site))) == ([("FAILED", "5.1.1 550 no such user")], 1)


def test_a_report_as_it_came_is_taken_too(site: Site) -> None:
    assert (hand_in(site, report(receiver())).json, hand_in(site, b"Subject: x\r\n\r\nx").json) == ({"noted": 1}, {"noted": 0})
    assert [state for state, _ in mails(site)] == ["FAILED"]


@BOTH
def test_the_same_message_is_taken_once(site: Site) -> None:
    first, again = hand_in(site, LIST), hand_in(site, LIST)

    assert (first.status_code, again.status_code, len(events(site))) == (200, 400, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "another-secret-0123456789-0123456789"}, {"X-Loket-Signature": ""}, {"X-Loket-Signature": "é"}, {"X-Loket-Timestamp": "1"},
     {"X-Loket-Timestamp": ""}],
)  # fmt: skip
def test_without_the_right_signature_nothing_is_taken(site: Site, wrong: dict[str, str]) -> None:
    before = world.dump(site)

    answer = hand_in(site, LIST, **wrong)

    assert (answer.status_code, world.dump(site) == before) == (403, True)


@pytest.mark.parametrize("ago", [301, 86400, -302])
def test_what_was_signed_long_ago_or_tomorrow_is_not_taken(site: Site, ago: int) -> None:
    answer = hand_in(site, LIST, ago=ago)

    assert (answer.status_code, mails(site)) == (400, [("SENT", None)])


@pytest.mark.parametrize("body", [{}, [1], [{"message_id": 1, "status": "5.1.1", "reply": ""}], [{}], LIST * 1001, "x", None])
def test_what_is_no_list_of_bounces_is_refused_whole(site: Site, body: Any) -> None:
    answer = hand_in(site, body)

    assert (answer.status_code, mails(site)) == (400, [("SENT", None)])


def test_a_list_is_taken_whole_or_not_at_all_and_then_again(site: Site) -> None:
    assert hand_in(site, [*LIST, {}]).status_code == 400
    assert hand_in(site, LIST).json == {"noted": 1}


def test_where_no_secret_is_set_the_address_is_not_there(site: Site) -> None:
    site.app.config["LOKET"] = replace(site.app.config["LOKET"], bounce_secret=None)

    assert (hand_in(site, LIST).status_code, mails(site)) == (404, [("SENT", None)])


def test_what_was_taken_is_remembered_for_as_long_as_it_could_come_again(site: Site) -> None:
    hand_in(site, LIST)
    with site.rows():
        bounces.once("later", clock.now() + timedelta(minutes=15), now=clock.now() + timedelta(minutes=15))

    with site.rows() as session:
        assert len(session.scalars(sa.select(Setting).where(Setting.key.like("bounces:%"))).all()) == 1


# -- read from a mailbox ---------------------------------------------------------------------------------------------------


class FakeImap(threading.Thread):
    """A mailbox that speaks the few commands that are needed."""

    def __init__(self, mails: list[bytes]) -> None:
        super().__init__(daemon=True)
        self.mails, self.seen, self.said = mails, set[int](), list[str]()
        self.password = "p@ss"
        self.line = socket.create_server(("127.0.0.1", 0))
        self.port = self.line.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                caller, _ = self.line.accept()
            except OSError:
                return
            with caller, caller.makefile("rwb") as talk:
                self._serve(talk)

    def _serve(self, talk: Any) -> None:
        self._say(talk, "* OK ready")
        for raw in iter(talk.readline, b""):
            tag, _, command = raw.decode().strip().partition(" ")
            self.said.append(command)
            self._say(talk, f"{tag} {self._answer(talk, command)}")
            if command == "LOGOUT":
                return

    def _answer(self, talk: Any, command: str) -> str:
        if command.startswith("LOGIN"):
            return "OK welcome" if command.endswith(f'"{self.password}"') else "NO who are you"
        if command.startswith("SELECT") and "INBOX" not in command:
            return "NO no such folder"
        if command == "CAPABILITY":
            self._say(talk, "* CAPABILITY IMAP4REV1")
        elif command == "LOGOUT":
            self._say(talk, "* BYE")
        elif command == "UID SEARCH UNSEEN":
            self._say(talk, f"* SEARCH {' '.join(str(key + 1) for key in range(len(self.mails)) if key not in self.seen)}")
        elif found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command):
            body = self.mails[int(found[1]) - 1][: int(found[2])]
            self._say(talk, f"* {found[1]} FETCH (UID {found[1]} BODY[]<0> {{{len(body)}}}", body, b")\r\n")
        elif found := re.match(r"UID STORE ([\d,]+) \+FLAGS\.SILENT \(\\Seen\)", command):
            self.seen |= {int(key) - 1 for key in found[1].split(",")}
        return "OK done"

    def _say(self, talk: Any, line: str, *more: bytes) -> None:
        talk.write(f"{line}\r\n".encode() + b"".join(more))
        talk.flush()


@pytest.fixture
def mailbox(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImap]:
    """A mailbox with a report about our mail and something else, and settings that lead to it; TLS is left to the library."""
    fake = FakeImap([report(receiver()), b"Subject: Hallo\r\n\r\nIs daar iemand?\r\n"])
    fake.start()
    url = f"imaps://loket%40example.nl:p%40ss@127.0.0.1:{fake.port}/INBOX"
    site.app.config["LOKET"] = replace(site.app.config["LOKET"], bounce_imap_url=url)
    monkeypatch.setattr(imap.opened.__wrapped__, "__defaults__", (imaplib.IMAP4,))
    yield fake
    fake.line.close()


def read(site: Site) -> None:
    with site.rows():
        job.read_mailbox(clock.now())


def test_the_mailbox_is_read_marked_and_left_as_it_was(site: Site, mailbox: FakeImap) -> None:
    read(site)
    first = (mails(site), events(site), len(closed(site)))
    read(site)

    assert first == ([("FAILED", "5.1.1 550 5.1.1 <…>: no such user")], events(site), 1)
    assert (mailbox.seen, [one for one in mailbox.said if re.search("COPY|MOVE|EXPUNGE|Deleted", one)]) == ({0, 1}, [])
    assert len([one for one in mailbox.said if "FETCH" in one]) == 2


def test_a_mail_that_cannot_be_read_keeps_no_other_from_being_read(site: Site, mailbox: FakeImap) -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (at, at) for at in range(1200))
    hostile = b'Content-Type: multipart/report; boundary="x"\r\n\r\n--x\r\n' + nested
    mailbox.mails.insert(0, hostile)

    read(site)

    assert (mails(site)[0][0], mailbox.seen) == ("FAILED", {0, 1, 2})


def test_what_was_read_and_not_marked_is_noted_once(site: Site, mailbox: FakeImap) -> None:
    read(site)
    mailbox.seen.clear()
    read(site)

    assert len(events(site)) == 1


@pytest.mark.parametrize("fault", ["password", "folder", "away"])
def test_a_mailbox_that_cannot_be_read_is_said_and_changes_nothing(
    site: Site, mailbox: FakeImap, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = site.app.config["LOKET"]
    if fault == "password":
        mailbox.password = "another"
    elif fault == "folder":
        site.app.config["LOKET"] = replace(settings, bounce_imap_url=settings.bounce_imap_url.replace("INBOX", "Nergens"))
    else:
        mailbox.line.close()
        site.app.config["LOKET"] = replace(settings, bounce_imap_url=settings.bounce_imap_url.replace(str(mailbox.port), "1"))

    read(site)

    assert ("cannot be read" in caplog.text, "p%40ss" in caplog.text, mails(site)) == (True, False, [("SENT", None)])


def test_without_a_mailbox_in_the_settings_nothing_is_read(site: Site) -> None:
    read(site)

    assert mails(site) == [("SENT", None)]


def test_a_mailbox_is_reached_over_tls_only() -> None:
    assert imap.opened.__wrapped__.__defaults__ == (imaplib.IMAP4_SSL,)  # type: ignore[attr-defined]
