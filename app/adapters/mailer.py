"""Giving a mail to a mail server, and what it answered. In a demo: into a folder, where /dev/mail shows it."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from enum import Enum
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT = 30.0  # seconds for one mail, all together; the lease of services/delivering.py is longer
KEPT = 200  # mails in the folder of a demo
_LINE = policy.SMTP.clone(max_line_length=200, cte_type="7bit")
_BAD_ADDRESS = re.compile(r"\b5\.1\.(?!7\b|8\b)\d{1,3}\b")  # RFC 3463: of the receiver; 5.1.7 and 5.1.8 are about the sender
_KEY = re.compile(r"[0-9a-f-]{36}")


class Verdict(Enum):
    """What became of a mail: gone; perhaps later; never; the mail server was away, which says nothing about this mail; or the line broke
    when it had the mail and had not said so."""

    SENT = 1
    LATER = 2
    NEVER = 3
    AWAY = 4
    DOUBT = 5


@dataclass(frozen=True)
class Answer:
    """The verdict and what the server said; `bad_address`: there is no such mailbox."""

    verdict: Verdict
    reply: str = ""
    bad_address: bool = False


@dataclass(frozen=True)
class Letter:
    """One mail, ready to go. `message_id` is the part before the @; `headers` come on top of the usual ones."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str
    locale: str
    at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


class Mailer(Protocol):
    """Takes mails one by one; `close` when done."""

    def send(self, letter: Letter) -> Answer: ...

    def close(self) -> None: ...


def compose(letter: Letter, sender: str, name: str) -> EmailMessage:
    """The mail as it travels. Raises ValueError for an address that cannot stand in a header, such as one with a line break."""
    message = EmailMessage(policy=_LINE)
    message["From"] = _address(sender, name)
    message["To"] = _address(letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = letter.at
    message["Message-ID"] = f"<{letter.message_id}@{_address(sender).domain}>"
    message["Auto-Submitted"] = "auto-generated"
    for header, value in letter.headers.items():
        message[header] = value
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message["Content-Language"] = letter.locale  # of the whole: set earlier, it goes with the first part
    return message


def _address(text: str, name: str = "") -> Address:
    """An address for a header, the part behind the @ in the letters that the network knows."""
    if not text.isprintable() or any(sign in text for sign in ' ,;<>()"\\'):
        raise ValueError("an address with signs that do not belong there")
    local, at, domain = text.rpartition("@")
    if not (local and at and domain):
        raise ValueError("no address")
    return Address(name, local, domain.encode("idna").decode("ascii"))


class _Noting:
    """Knows whether the server has the whole mail: what breaks after that leaves in doubt whether it arrived."""

    has_mail = False

    def send(self, s: Any) -> None:
        self.has_mail = isinstance(s, bytes) and s.endswith(b"\r\n.\r\n")
        super().send(s)  # type: ignore[misc]


class _Smtp(_Noting, smtplib.SMTP):
    pass


class _SmtpSsl(_Noting, smtplib.SMTP_SSL):
    pass


class SmtpMailer:
    """A mail server, spoken to over one connection for as long as that holds."""

    def __init__(self, url: str, sender: str, name: str, *, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        self._implicit = parts.scheme == "smtps" or parse_qs(parts.query).get("tls") == ["tls"]
        self._starttls = not self._implicit and parse_qs(parts.query).get("tls", ["starttls"]) == ["starttls"]
        self._place = (parts.hostname or "", parts.port or (465 if self._implicit else 587))
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender, self._name, self._timeout = sender, name, timeout
        self._server: _Smtp | _SmtpSsl | None = None

    def send(self, letter: Letter) -> Answer:
        """Give one mail to the server; never takes longer than the time-out, never raises for what may be expected to go wrong."""
        try:
            message = compose(letter, self._sender, self._name)
        except (ValueError, UnicodeError) as problem:
            return Answer(Verdict.NEVER, f"the address cannot be used: {problem}")
        with self._in_time():
            try:
                server = self._connected()
            except (OSError, smtplib.SMTPException) as problem:
                self.close()
                return Answer(Verdict.AWAY, _said(problem))
            return self._hand_over(server, message)

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError, smtplib.SMTPException):
                if server.sock is not None:
                    server.sock.settimeout(2)
                    server.quit()
            server.close()

    def _hand_over(self, server: _Smtp | _SmtpSsl, message: EmailMessage) -> Answer:
        to, sender = message["To"].addresses[0].addr_spec, message["From"].addresses[0].addr_spec
        if not (to.isascii() or server.has_extn("smtputf8")):
            return Answer(Verdict.NEVER, "the mail server takes no address with such letters")
        try:
            server.send_message(message, sender, [to])
        except smtplib.SMTPSenderRefused as problem:  # about us, not about who gets it
            self.close()
            return Answer(Verdict.AWAY, _said(problem))
        except smtplib.SMTPRecipientsRefused as problem:
            code, reply = next(iter(problem.recipients.values()))
            return self._refused(code, _text(code, reply))
        except smtplib.SMTPResponseException as problem:
            return self._refused(problem.smtp_code, _said(problem))
        except (OSError, smtplib.SMTPException) as problem:  # silence, or the line was cut: nobody knows whether it arrived
            self._drop()
            return Answer(Verdict.DOUBT if server.has_mail else Verdict.LATER, _said(problem))
        return Answer(Verdict.SENT, "250")

    def _refused(self, code: int, reply: str) -> Answer:
        if code == 421:
            self._drop()
        if 500 <= code < 600:
            return Answer(Verdict.NEVER, reply, bad_address=bool(_BAD_ADDRESS.search(reply)))
        return Answer(Verdict.LATER, reply)

    def _connected(self) -> _Smtp | _SmtpSsl:
        """The open line when it still answers, else a new one."""
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._server.rset()[0] == 250:
                    return self._server
            self._drop()
        context = ssl.create_default_context()
        kind: Any = _SmtpSsl if self._implicit else _Smtp
        self._server = server = kind(*self._place, timeout=self._timeout, **({"context": context} if self._implicit else {}))
        server.ehlo_or_helo_if_needed()
        if self._starttls:
            server.starttls(context=context)
            server.ehlo()
        if self._user:
            server.login(self._user, self._password)
        return server

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Cut the line when one mail takes too long: smtplib's own time-out starts again with every byte that comes in."""

        def cut() -> None:
            line = getattr(self._server, "sock", None)
            if line is not None:
                with suppress(OSError):
                    line.shutdown(2)

        alarm = threading.Timer(self._timeout, cut)
        alarm.daemon = True
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()


def _said(problem: BaseException) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        return _text(problem.smtp_code, problem.smtp_error)
    return f"{type(problem).__name__}: {problem}"[:400]


def _text(code: int, reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(f"{code} {words}".split())[:400]


class FolderMailer:
    """The mail server of a demo: a folder. Nothing leaves the machine."""

    def __init__(self, folder: Path, sender: str, name: str) -> None:
        self._folder, self._sender, self._name = folder, sender, name

    def send(self, letter: Letter) -> Answer:
        try:
            message = compose(letter, self._sender, self._name)
        except (ValueError, UnicodeError) as problem:
            return Answer(Verdict.NEVER, f"the address cannot be used: {problem}")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f".{letter.message_id}"
        draft.touch(mode=0o600)
        draft.write_bytes(message.as_bytes())
        os.replace(draft, self._folder / f"{letter.message_id}.eml")
        for old in stored(self._folder)[KEPT:]:
            old.unlink(missing_ok=True)
        return Answer(Verdict.SENT, "kept in the folder of the demo")

    def close(self) -> None:
        """Nothing is open."""


def stored(folder: Path) -> list[Path]:
    """The mails in a demo's folder, newest first."""
    found = [(path.stat().st_mtime_ns, path) for path in folder.glob("*.eml")] if folder.is_dir() else []
    return [path for _, path in sorted(found, reverse=True)]


def read_stored(folder: Path, key: str) -> EmailMessage | None:
    """One mail of a demo's folder by the part of its Message-ID before the @; None when it is not there."""
    path = folder / f"{key}.eml"
    return read_message(path) if _KEY.fullmatch(key) and path.is_file() else None


def read_message(path: Path) -> EmailMessage:
    """A mail from its file."""
    found = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found
