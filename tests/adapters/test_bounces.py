"""Reports of mail servers about mail that did not arrive, as several of them write it; and what is no report."""

from __future__ import annotations

import pytest

from app.adapters.bounces import MOST_BYTES, Bounce, read

KEY = "0b9cf5f6-5d2e-5d0e-8a1e-1d1f3c1b7a52"
BEFORE = (
    "From: MAILER-DAEMON@mail.example.nl\r\nTo: loket@example.nl\r\nSubject: Undelivered Mail Returned to Sender\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\nMIME-Version: 1.0\r\n\r\n'
    "--B\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
)
ABOUT = "Reporting-MTA: dns; mail.example.nl\r\nArrival-Date: Tue, 24 Nov 2026 11:00:00 +0100\r\n\r\n"
ORIGINAL = f"From: loket@example.nl\r\nTo: anna@example.test\r\nMessage-ID: <{KEY}@example.nl>\r\nSubject: Er staat iets klaar\r\n\r\n"


def receiver(action: str = "failed", status: str = "5.1.1", said: str = "smtp; 550 5.1.1 <anna@example.test>: no such user") -> str:
    return f"Final-Recipient: rfc822; anna@example.test\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {said}\r\n\r\n"


def report(*receivers: str, original: str = ORIGINAL, kind: str = "message/rfc822") -> bytes:
    status = f"--B\r\nContent-Type: message/delivery-status\r\n\r\n{ABOUT}{''.join(receivers)}"
    return f"{BEFORE}{status}--B\r\nContent-Type: {kind}\r\n\r\n{original}\r\n--B--\r\n".encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_says_which_mail_did_not_arrive_and_why(kind: str) -> None:
    assert read(report(receiver(), kind=kind)) == Bounce(f"<{KEY}@example.nl>", "5.1.1", "550 5.1.1 <anna@example.test>: no such user")


def test_a_report_of_a_delay_is_one_too() -> None:
    found = read(report(receiver("delayed", "4.2.2", "smtp; 452 mailbox full")))

    assert found == Bounce(f"<{KEY}@example.nl>", "4.2.2", "452 mailbox full")


def test_words_over_several_lines_are_one_sentence_and_a_remark_behind_the_status_is_left_out() -> None:
    found = read(report(receiver(status="5.7.1 (denied)", said="smtp; 550\r\n 5.7.1 not\r\n\twelcome")))

    assert found == Bounce(f"<{KEY}@example.nl>", "5.7.1", "550 5.7.1 not welcome")


def test_without_words_the_status_is_all_there_is() -> None:
    assert read(report("Action: failed\r\nStatus: 5.4.4\r\n\r\n")) == Bounce(f"<{KEY}@example.nl>", "5.4.4", "5.4.4")


def test_of_several_receivers_the_one_that_failed_counts() -> None:
    found = read(report(receiver("delivered", "2.0.0", "smtp; 250 ok"), receiver(status="5.2.1")))

    assert (found and found.status) == "5.2.1"


@pytest.mark.parametrize(
    "raw",
    [
        report(receiver("delivered", "2.0.0")),
        report(receiver("relayed", "2.0.0")),
        report(receiver(status="nonsense")),
        report(),
        report(receiver(), original="Subject: no number\r\n\r\n"),
        ORIGINAL.encode(),
        b"",
        b"\xff\xfe\x00" * 50,
        BEFORE.encode(),
        b'Content-Type: multipart/report; boundary="B"\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n',
        b"Subject: afwezig\r\nAuto-Submitted: auto-replied\r\n\r\nIk ben er niet.\r\n",
    ],
)  # fmt: skip
def test_any_other_mail_is_no_bounce(raw: bytes) -> None:
    assert read(raw) is None


def test_of_an_endless_mail_only_the_beginning_is_read() -> None:
    assert read(report(receiver(), original=ORIGINAL + "x" * 3 * MOST_BYTES)) == read(report(receiver()))
