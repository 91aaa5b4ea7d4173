"""Against a mail server that answers as it is told: what each answer means, and what the mail looks like that arrives."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from app.adapters import mailer
from app.adapters.mailer import Answer, FolderMailer, Letter, SmtpMailer, Verdict

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
LETTER = Letter("3f1c1a52-0000-5000-8000-000000000001", "anna@example.test", "Wat wacht", "Hallo\n", "<p>Hallo é</p>", "nl", NOON)
SENDER = "loket@example.test"


class Sink:
    """What the server answers to RCPT and at the end of DATA, and what came in."""

    def __init__(self) -> None:
        self.rcpt = self.data = "250 ok"
        self.mails: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data == "silence":
            await asyncio.sleep(30)
        if self.data == "drop":
            server.transport.close()
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return self.data


class Server:
    def __init__(self) -> None:
        self.sink = Sink()
        self.controller = Controller(self.sink, hostname="127.0.0.1", port=free_port())
        self.url = f"smtp://127.0.0.1:{self.controller.port}?tls=none"

    def mailer(self, timeout: float = 5) -> SmtpMailer:
        return SmtpMailer(self.url, SENDER, "Mijn Onderwijsloket", timeout=timeout)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.controller.start()
    try:
        yield made
    finally:
        made.controller.stop()


def sent(server: Server, letter: Letter = LETTER, timeout: float = 5) -> Answer:
    line = server.mailer(timeout)
    try:
        return line.send(letter)
    finally:
        line.close()


@pytest.mark.parametrize(
    ("where", "said", "verdict", "bad"),
    [
        ("data", "250 ok", "SENT", False),
        ("rcpt", "450 4.2.0 busy", "LATER", False),
        ("rcpt", "421 4.3.2 going down", "LATER", False),
        ("rcpt", "550 5.7.1 no", "NEVER", False),
        ("rcpt", "550 5.1.1 unknown", "NEVER", True),
        ("rcpt", "550 5.1.10 no mail here", "NEVER", True),
        ("rcpt", "553 5.1.8 bad sender", "NEVER", False),
        ("data", "421 4.3.2 going down", "LATER", False),
        ("data", "450 4.2.0 busy", "LATER", False),
        ("data", "550 5.7.1 no", "NEVER", False),
        ("data", "554 5.6.0 no", "NEVER", False),
        ("rcpt", "451 4.3.0 try again", "LATER", False),
        ("rcpt", "452 4.2.2 full", "LATER", False),
        ("rcpt", "552 5.2.2 full", "NEVER", False),
        ("data", "451 4.3.0 try again", "LATER", False),
        ("data", "552 5.3.4 too large", "NEVER", False),
    ],
)
def test_what_an_answer_means(server: Server, where: str, said: str, verdict: str, bad: bool) -> None:
    setattr(server.sink, where, said)

    answer = sent(server)

    assert (answer.verdict.name, answer.bad_address) == (verdict, bad)
    assert answer.reply == (said if verdict != "SENT" else "250")


def test_silence_is_cut_short_and_leaves_it_open_whether_it_arrived(server: Server) -> None:
    server.sink.data = "silence"
    begun = time.monotonic()

    answer = sent(server, timeout=1)

    assert (answer.verdict, time.monotonic() - begun < 3) == (Verdict.DOUBT, True)


def test_a_line_that_is_cut_in_the_middle_leaves_it_open_too(server: Server) -> None:
    server.sink.data = "drop"

    assert sent(server).verdict is Verdict.DOUBT


def test_nobody_at_home_says_nothing_about_the_mail() -> None:
    line = SmtpMailer(f"smtp://127.0.0.1:{free_port()}?tls=none", SENDER, "Loket", timeout=1)

    answer = line.send(LETTER)

    assert (answer.verdict, answer.reply.split(":")[0]) == (Verdict.AWAY, "ConnectionRefusedError")


def test_a_server_without_tls_or_with_a_wrong_password_gets_no_mail(server: Server) -> None:
    for url in (server.url.replace("none", "starttls"), server.url.replace("smtp://", "smtp://user:secret@")):
        line = SmtpMailer(url, SENDER, "Loket", timeout=5)
        assert line.send(LETTER).verdict is Verdict.AWAY

    assert server.sink.mails == []


def test_a_server_that_only_dribbles_is_cut_off_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = SmtpMailer(f"smtp://127.0.0.1:{listener.getsockname()[1]}?tls=none", SENDER, "Loket", timeout=1)
        begun = time.monotonic()

        answer = line.send(LETTER)

    assert (answer.verdict, time.monotonic() - begun < 3) == (Verdict.AWAY, True)


def test_several_mails_go_over_one_line_and_a_new_one_is_made_when_it_broke(server: Server) -> None:
    line = server.mailer()

    first = line.send(LETTER).verdict
    server.sink.data = "421 4.3.2 going down"
    broken = line.send(LETTER).verdict
    server.sink.data = "250 ok"
    again = line.send(LETTER).verdict
    line.close()

    assert (first, broken, again) == (Verdict.SENT, Verdict.LATER, Verdict.SENT)


def test_the_mail_that_arrives(server: Server) -> None:
    sent(server)

    ((to, mail),) = server.sink.mails
    assert to == ["anna@example.test"]
    assert {name: str(mail[name]) for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted", "Content-Language")} == {
        "From": "Mijn Onderwijsloket <loket@example.test>",
        "To": "anna@example.test",
        "Subject": "Wat wacht",
        "Message-ID": "<3f1c1a52-0000-5000-8000-000000000001@example.test>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "nl",
    }
    assert mail["Date"].datetime == NOON
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert [mail.get_body((kind,)).get_content().strip() for kind in ("plain", "html")] == ["Hallo", "<p>Hallo é</p>"]


def letter(**changes: Any) -> Letter:
    return Letter(**{**LETTER.__dict__, **changes})


@pytest.mark.parametrize(
    "to", ["a@b.nl\r\nBcc: c@d.nl", "a@b.nl\nX: y", "a b@c.nl", "<a@b.nl>", "a@b.nl,c@d.nl", "anna", "a@", "@b.nl", "a@b..nl", '"a"@b.nl']
)
def test_an_address_that_would_change_the_head_of_the_mail_is_refused(server: Server, to: str) -> None:
    answer = sent(server, letter(to=to))

    assert (answer.verdict, server.sink.mails) == (Verdict.NEVER, [])


def test_a_subject_stays_one_line(server: Server) -> None:
    sent(server, letter(subject="Hallo\r\nBcc: c@d.nl"))

    ((_, mail),) = server.sink.mails
    assert (mail["Subject"], mail["Bcc"]) == ("Hallo Bcc: c@d.nl", None)


def test_a_domain_with_other_letters_travels_in_those_of_the_network(server: Server) -> None:
    sent(server, letter(to="anna@müller.example"))

    ((to, mail),) = server.sink.mails
    assert (to, str(mail["To"])) == (["anna@xn--mller-kva.example"], "anna@xn--mller-kva.example")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


def test_a_demo_keeps_its_mails_in_a_folder_that_only_its_user_reads(folder: Path) -> None:
    answer = FolderMailer(folder, SENDER, "Loket").send(LETTER)

    (path,) = mailer.stored(folder)
    found = mailer.read_stored(folder, LETTER.message_id)
    assert isinstance(found, EmailMessage)
    assert (answer.verdict, found["Subject"], path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (
        Verdict.SENT,
        "Wat wacht",
        0o600,
        0o700,
    )


def test_a_demo_keeps_the_newest_mails_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailer, "KEPT", 2)
    line = FolderMailer(folder, SENDER, "Loket")

    for number in range(4):
        line.send(letter(message_id=f"3f1c1a52-0000-5000-8000-00000000000{number}"))

    assert sorted(path.stem[-1] for path in mailer.stored(folder)) == ["2", "3"]


@pytest.mark.parametrize("key", ["../secret_key", "..", "", "3f1c1a52", "3f1c1a52-0000-5000-8000-0000000000ff"])
def test_no_other_file_is_read(folder: Path, key: str) -> None:
    folder.mkdir()
    (folder.parent / "secret_key.eml").write_text("x")

    assert mailer.read_stored(folder, key) is None
