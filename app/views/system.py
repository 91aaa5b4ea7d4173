"""The state of the system, for an administrator: one line for each thing that may need somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import format_decimal, gettext

from app.fab import attempts, checks
from app.fab.shown import moment, number, relative
from app.queries import first, today
from app.queries.today import Ask
from app.services import delivering

TICK_LATE = timedelta(minutes=15)
BACKUP_LATE = timedelta(days=2)
CHECK_LATE = timedelta(days=2)
MANY_TRIES = 20
GOOD, ATTENTION, STOP = "good", "attention", "stop"
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class State:
    """One thing, how it is (good, attention, stop), in words, and where to go."""

    title: str
    kind: str
    words: str
    url: str = ""


def states(home: Any, ask: Ask) -> list[tuple[str, list[State]]]:
    """The states in groups."""
    counts = first.count(
        {
            "members": today.members(ask),
            "away": today.members_away(ask),
            "links": today.open_links(ask),
            "regions": today.regions(ask),
            "joined": today.joined(ask),
            "left": today.left(ask),
            "feedback": today.new_feedback(ask),
        }
    )
    return [
        (gettext("The system"), [_migrations(), *_marks(ask), _mail(ask), _size()]),
        (gettext("People"), list(_people(home, ask, counts))),
        (gettext("Regions and feedback"), list(_regions(home, counts))),
    ]


def _migrations() -> State:
    now, head = checks.revisions(current_app._get_current_object())  # type: ignore[attr-defined]
    title = gettext("Tables")
    if now == head:
        return State(title, GOOD, gettext("Up to date."))
    return State(title, STOP, gettext("The database is older than the program. Run “flask db upgrade”."))


def _marks(ask: Ask) -> Iterator[State]:
    """When the scheduler last ticked, and when the last back-up was made."""
    marks = today.settings("last_tick", "last_backup", "audit_checked")
    ticked, saved = _moment(marks.get("last_tick")), _moment(marks.get("last_backup"))
    title = gettext("Scheduler")
    if ticked is None:
        yield State(title, ATTENTION, gettext("Has not run yet. Without it nothing happens by itself."))
    elif ask.now - ticked > TICK_LATE:
        yield State(title, ATTENTION, gettext("Stands still since %(when)s. Start it again.", when=moment(ticked)))
    else:
        yield State(
            title, GOOD, gettext("Runs; the last time was %(minutes)s minutes ago.", minutes=int((ask.now - ticked).total_seconds()) // 60)
        )
    title = gettext("Back-up")
    if saved is None:
        yield State(title, ATTENTION, gettext("No back-up was made yet."))
    else:
        kind = ATTENTION if ask.now - saved > BACKUP_LATE else GOOD
        yield State(title, kind, gettext("The last one was made %(when)s.", when=relative(saved)))
    yield _log(marks.get("audit_checked", ""), ask)


def _mail(ask: Ask) -> State:
    """Whether what the program mails goes out."""
    waiting, seconds = delivering.queue(ask.now)
    if (seconds or 0) > delivering.LATE:
        words = gettext(
            "%(waiting)s mails wait; the oldest since %(minutes)s minutes. Look at the mail server and its settings.",
            waiting=number(waiting),
            minutes=number((seconds or 0) // 60),
        )
        return State(gettext("Mail"), STOP, words)
    words = gettext("%(waiting)s mails go out now.", waiting=number(waiting)) if waiting else gettext("Nothing waits.")
    return State(gettext("Mail"), GOOD, words)


def _log(mark: str, ask: Ask) -> State:
    """How the nightly check of the logs went: the moment, the lines it saw, the faults."""
    at, _, found = mark.partition(" ")
    checked, (lines, _, faults) = _moment(at), found.partition(" ")
    title = gettext("Log")
    if checked is None:
        return State(title, ATTENTION, gettext("Not checked yet. The scheduler does it every night."))
    if faults != "0":
        words = gettext(
            "Checked %(when)s: lines that were changed, removed or added from outside: %(faults)s. Run “flask audit verify”.",
            when=relative(checked),
            faults=faults,
        )
        return State(title, STOP, words)
    words = gettext(
        "Checked %(when)s: nobody changed the %(lines)s lines of the last two days.", when=relative(checked), lines=number(int(lines))
    )
    return State(title, ATTENTION if ask.now - checked > CHECK_LATE else GOOD, words)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _size() -> State:
    kind, size = checks.size()
    megabytes = format_decimal(round(size / 1_000_000, 1))
    return State(gettext("Database"), GOOD, gettext("%(kind)s, %(size)s MB.", kind=KINDS.get(kind, kind), size=megabytes))


def _people(home: Any, ask: Ask, counts: dict[str, int]) -> Iterator[State]:
    kept = attempts.FORGOTTEN_AFTER
    tries, accounts = today.failures(ask.now - kept)
    said = {"tries": number(tries), "accounts": number(accounts), "hours": int(kept.total_seconds()) // 3600}
    words = gettext("%(tries)s failed tries in the last %(hours)s hours, for %(accounts)s accounts.", **said)
    none = gettext("No failed tries in the last %(hours)s hours.", **said)
    yield State(gettext("Sign-in"), ATTENTION if tries >= MANY_TRIES else GOOD, words if tries else none)
    members = home.list_of("LedenView")
    words = gettext(
        "%(all)s now; %(away)s of them did not sign in for a month.", all=number(counts["members"]), away=number(counts["away"])
    )
    yield State(gettext("Members"), GOOD, words, members)
    words = gettext("%(number)s links still open.", number=number(counts["links"]))
    yield State(gettext("One-time links"), GOOD, words if counts["links"] else gettext("No open links."), members)


def _regions(home: Any, counts: dict[str, int]) -> Iterator[State]:
    words = gettext(
        "%(all)s take part; %(joined)s joined and %(left)s left in the last month.",
        all=number(counts["regions"]),
        joined=number(counts["joined"]),
        left=number(counts["left"]),
    )
    yield State(gettext("Regions"), GOOD, words, home.list_of("RegiosView"))
    feedback = counts["feedback"]
    words = gettext("%(number)s new.", number=number(feedback)) if feedback else gettext("Nothing new.")
    yield State(gettext("Feedback"), ATTENTION if feedback else GOOD, words, home.list_of("FeedbackView"))
