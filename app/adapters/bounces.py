"""Reading a mail that says that another mail did not arrive: a report of RFC 3464, such as every mail server sends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

MOST_BYTES = 256 * 1024  # of a report; behind it may stand all that was sent
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_REPORTED = ("failed", "delayed")


@dataclass(frozen=True)
class Bounce:
    """A mail of ours that did not arrive (5.x.x) or not yet (4.x.x), and what the other side said."""

    message_id: str
    status: str
    reply: str


def read(raw: bytes) -> Bounce | None:
    """The first failure in a report; None for any other mail, and for a report that does not say about which one."""
    mail = message_from_bytes(raw[:MOST_BYTES])
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return None
    message_id = next((found for part in mail.walk() if (found := _original(part))), "")
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and (failure := _failure(part)) and message_id:
            return Bounce(message_id, *failure)
    return None


def _original(part: Message) -> str:
    """The Message-ID of the mail that came back: whole, or its headers."""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        return next((_header(inner, "Message-ID") for inner in part.get_payload() if isinstance(inner, Message)), "")
    if part.get_content_type() == "text/rfc822-headers":
        body = part.get_payload(decode=True)
        return _header(message_from_bytes(body), "Message-ID") if isinstance(body, bytes) else ""
    return ""


def _failure(part: Message) -> tuple[str, str] | None:
    """The status and the words of the first receiver whom it did not reach."""
    for about in part.get_payload() if part.is_multipart() else ():
        if isinstance(about, Message) and _header(about, "Action").lower() in _REPORTED:
            status = _STATUS.search(_header(about, "Status"))
            if status is not None:
                return status[0], _header(about, "Diagnostic-Code").partition(";")[2].strip() or status[0]
    return None


def _header(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).replace("\x00", "").split())
