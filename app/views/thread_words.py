"""What stands on the pages of messages: a line of the list, a message with who wrote it and whether it was read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup, escape

from app.enums import Role
from app.fab.badges import mark
from app.fab.shown import moment, relative, timed
from app.models import Attachment, Candidate, Message, Thread
from app.queries.threads import Line
from app.security.fields import may_see
from app.security.identity import person
from app.services.threads import is_over
from app.views.attachments import about

_ADDRESS = re.compile(r"https?://[^\s<>\"“”]+", re.IGNORECASE)
_ENDS = ".,;:!?)]}'’"  # of the sentence, not of the address in it
_PARTING = re.compile(r"\n[ \t]*\n+")


@dataclass(frozen=True)
class Row:
    """A conversation in the list."""

    url: str
    who: str
    number: str
    subject: str
    text: str
    when: Any
    turn: Any
    is_unread: bool


@dataclass(frozen=True)
class Said:
    """A message on its page."""

    id: int
    who: str
    when: Any
    text: Markup
    is_own: bool
    read: Any
    files: tuple[tuple[str, str, str], ...]  # name, what it is, address


def row_of(line: Line, url: str) -> Row:
    """One line of the list, for either side."""
    thread = line.thread
    who, number = other_side(thread)
    return Row(url, who, number, thread.subject, " ".join(line.text.split()), timed(thread.last_at, relative(thread.last_at)),
               turn(thread, line.from_candidate), line.is_unread)  # fmt: skip


def other_side(thread: Thread) -> tuple[str, str]:
    """With whom this is, and a candidate's number."""
    if person().role is Role.CANDIDATE:
        return (str(thread.organisation) if thread.organisation is not None else gettext("Your desk")), ""
    return candidate_name(thread.candidate), thread.candidate.number


def candidate_name(row: Candidate) -> str:
    return row.name if may_see(person(), Candidate, "name") else row.number


def turn(thread: Thread, from_candidate: bool) -> Any:
    """Whose turn it is, as a badge."""
    if is_over(thread):
        return mark("archive", "plain", gettext("to read back"))
    if thread.closed_at is not None:
        return mark("circle-check", "plain", gettext("finished"))
    if from_candidate is (person().role is Role.CANDIDATE):
        return mark("hourglass", "plain", gettext("waits for an answer"))
    return mark("arrow-back-up", "attention", gettext("your turn"))


def said(thread: Thread, found: Sequence[Message], files: dict[int | None, list[Attachment]]) -> Iterator[Said]:
    """Messages as this person reads them."""
    own = person().role is Role.CANDIDATE
    for message in found:
        mine = message.from_candidate is own
        links = tuple((row.name, about(row), _file(row, own)) for row in files.get(message.id, ()))
        yield Said(
            message.id, _who(thread, message), timed(message.at), paragraphs(message.text), mine, _read(message) if mine else "", links
        )


def paragraphs(text: str) -> Markup:
    """Plain text, escaped, in paragraphs, with its web addresses as links."""
    made = (Markup("<br>").join(_linked(line) for line in part.splitlines()) for part in _PARTING.split(text.strip()))
    return Markup("").join(Markup("<p>%s</p>") % part for part in made)


def _linked(line: str) -> Markup:
    parts, at = [], 0
    for found in _ADDRESS.finditer(line):
        url = found[0].rstrip(_ENDS)
        parts += [escape(line[at : found.start()]), Markup('<a href="%s" rel="noopener noreferrer nofollow">%s</a>') % (url, url)]
        at = found.start() + len(url)
    return Markup("").join([*parts, escape(line[at:])])


def _file(row: Attachment, own: bool) -> str:
    return url_for("MijnBerichtenView.attachment" if own else "BerichtenView.attachment", number=row.id)


def _who(thread: Thread, message: Message) -> str:
    is_candidate = person().role is Role.CANDIDATE
    if message.from_candidate:
        return gettext("You") if is_candidate else candidate_name(thread.candidate)
    if message.author_id == person().user_id:
        return gettext("You")
    place = str(thread.organisation) if thread.organisation is not None and is_candidate else ""
    return " · ".join(filter(None, (message.author.name if message.author is not None else "", place))) or gettext("Your desk")


def _read(message: Message) -> Markup:
    if message.read_at is None:
        return mark("clock", "plain", gettext("not read yet"))
    return mark("eye-check", "good", gettext("read %(when)s", when=moment(message.read_at)))
