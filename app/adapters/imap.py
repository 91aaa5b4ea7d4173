"""A mailbox at another machine, read over TLS: what is new in it, and marking what was handled."""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

MOST = 200  # mails in one go
MOST_BYTES = 256 * 1024  # of each
PORT = 993
TIMEOUT = 30.0


class Mailbox:
    """An open mailbox. Nothing in it is moved or removed."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """(key, mail) of what nobody has read, oldest first; looking does not mark it as read."""
        keys = (self._asked("SEARCH", None, "UNSEEN")[0] or b"").split()
        for key in keys[:MOST]:
            for part in self._asked("FETCH", key.decode("ascii"), f"(BODY.PEEK[]<0.{MOST_BYTES}>)"):
                if isinstance(part, tuple):
                    yield key.decode("ascii"), part[1]

    def mark_read(self, keys: list[str]) -> None:
        """These were handled, and are not given again."""
        if keys:
            self._asked("STORE", ",".join(keys), "+FLAGS.SILENT", "(\\Seen)")

    def _asked(self, command: str, *words: Any) -> list[Any]:
        state, found = self._server.uid(command, *(word for word in words if word is not None))
        if state != "OK":
            raise OSError(f"the mailbox refused {command}")
        return list(found or ())


@contextmanager
def opened(url: str, dial: Callable[..., Any] = imaplib.IMAP4_SSL) -> Iterator[Mailbox]:
    """The mailbox behind imaps://user:password@host/FOLDER. Raises OSError when it cannot be reached or opened."""
    parts = urlsplit(url)
    server: Any = None
    try:
        server = dial(parts.hostname, parts.port or PORT, timeout=TIMEOUT)
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        if server.select(f'"{unquote(parts.path.strip("/")) or "INBOX"}"')[0] != "OK":
            raise OSError("the mailbox has no such folder")
        yield Mailbox(server)
    except imaplib.IMAP4.error as problem:
        raise OSError(f"the mailbox said no: {str(problem)[:200]}") from None
    finally:
        if server is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()
