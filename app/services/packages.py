"""What goes along with a handover: each item in words, as the other side will read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import format_date, gettext

from app.adapters import clock
from app.enums import MatchState, PackageItem
from app.errors import NotFound
from app.extensions import db
from app.models import AdviceSession, Candidate, Match, Task


class Item(NamedTuple):
    """One thing that is chosen; a conversation is named by its key."""

    kind: PackageItem
    session_id: int | None = None


class Page(NamedTuple):
    """What the other side reads of an item."""

    title: str
    text: str | None


def offered(candidate: Candidate) -> list[tuple[Item, Page]]:
    """Everything of this file that could go along, as it would be read; what is empty is left out."""
    items = [Item(kind) for kind in PackageItem if kind is not PackageItem.SESSION]
    items += [Item(PackageItem.SESSION, key) for key in db.session.scalars(_sessions(candidate).with_only_columns(AdviceSession.id))]
    pages = ((item, page_of(candidate, item)) for item in items)
    return [(item, page) for item, page in pages if page.text]


def page_of(candidate: Candidate, item: Item) -> Page:
    """One item in words, now. Raises NotFound for a conversation that is not this candidate's or not in sight."""
    if item.kind is PackageItem.SESSION:
        return _session(candidate, item.session_id)
    return Page(str(item.kind.label), _WRITERS[item.kind](candidate) or None)


def _sessions(candidate: Candidate) -> sa.Select[Any]:
    query = sa.select(AdviceSession).where(AdviceSession.candidate_id == candidate.id)
    return query.order_by(AdviceSession.held_at.desc(), AdviceSession.id.desc())


def _session(candidate: Candidate, key: int | None) -> Page:
    session = db.session.scalar(_sessions(candidate).where(AdviceSession.id == key))
    if session is None:
        raise NotFound(gettext("This conversation is not there (any more)."))
    day = format_date(clock.day(session.held_at), "d MMMM yyyy")
    return Page(gettext("Conversation of %(day)s", day=day), session.summary)  # never the notes: those are the own desk's


def _lines(pairs: Iterable[tuple[Any, Any]]) -> str:
    return "\n".join(f"{label}: {words}" for label, value in pairs if (words := _words(value)))


def _words(value: Any) -> str:
    if isinstance(value, frozenset):  # members of a closed list, in its order
        return ", ".join(str(member) for kind in {type(member) for member in value} for member in kind if member in value)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def _background(c: Candidate) -> str:
    return _lines((
        (gettext("Education"), c.education),
        (gettext("Field of study"), c.field_of_study),
        (gettext("Qualifications"), c.qualifications),
        (gettext("Valuation of foreign diploma"), c.diploma_valuation),
        (gettext("Dutch"), c.dutch_level),
        (gettext("Current sector"), c.current_sector),
        (gettext("Current function"), c.current_function),
    ))  # fmt: skip


def _wishes(c: Candidate) -> str:
    hours = "–".join(str(number) for number in (c.hours_min, c.hours_max) if number is not None)
    return _lines((
        (gettext("Sector"), c.wanted_sectors),
        (gettext("Functions"), c.wanted_functions),
        (gettext("Subjects"), c.subjects),
        (gettext("Routes"), c.routes),
        (gettext("Hours a week"), hours or None),
        (gettext("Available from"), format_date(c.available_from, "d MMMM yyyy") if c.available_from else None),
    ))  # fmt: skip


def _motivation(c: Candidate) -> str:
    return c.motivation or ""


def _tasks(c: Candidate) -> str:
    open_ones = sa.select(Task).where(Task.candidate_id == c.id, Task.done_at.is_(None)).order_by(Task.due_on, Task.id)
    return "\n".join(f"{format_date(task.due_on, 'd MMMM yyyy')}: {task.title}" for task in db.session.scalars(open_ones))


def _matches(c: Candidate) -> str:
    """Those under way; why an earlier one fell through stays with the desk and the candidate."""
    live = sa.select(Match).where(Match.candidate_id == c.id, Match.state != MatchState.FELL_THROUGH).order_by(Match.id)
    return "\n".join(f"{match.organisation}: {match.state.label}" for match in db.session.scalars(live))


_WRITERS: Mapping[PackageItem, Callable[[Candidate], str]] = {
    PackageItem.BACKGROUND: _background,
    PackageItem.WISHES: _wishes,
    PackageItem.MOTIVATION: _motivation,
    PackageItem.TASKS: _tasks,
    PackageItem.MATCHES: _matches,
}
