"""What stands on "Vandaag", per role, as data: which sections, where each leads, and how a row becomes a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.enums import OPEN_STATUSES, MatchState, Role, Signal
from app.extensions import db
from app.fab import attention
from app.fab.badges import badge, mark
from app.fab.shown import ago, count, due, moment, number, relative
from app.models import Activity, AdviceSession, Candidate, Match, Task
from app.queries import advisees, first, signals, today
from app.queries.first import CAP, Found, Loading, Query
from app.queries.today import Ask
from app.security.fields import may_see

ROWS = 7  # of a section


@dataclass(frozen=True)
class Line:
    """One row: who or what, why it stands here, when, and what can be done at once."""

    title: str
    number: str = ""
    url: str = ""
    why: str = ""
    when: Any = ""
    action: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Section:
    """A short list. `screen` is the list that has all of it, `filters` what is filtered there; `query` may bring its own lines."""

    title: Any
    empty: Any
    query: Callable[[Ask], Query | Found]
    line: Callable[[Any, Any, Ask], Line]
    screen: str
    filters: Callable[[Ask], dict[str, Any]]
    beside: bool = False
    reasons: Callable[[Ask], list[tuple[Markup, str, str]]] | None = None  # (badge, number, address of the list of just those)


@dataclass(frozen=True)
class Figure:
    """A number in the side column, and the list behind it."""

    label: Any
    query: Callable[[Ask], Query]
    screen: str
    filters: Callable[[Ask], dict[str, Any]] = lambda ask: {}


def address(base: str, filters: dict[str, Any]) -> str:
    """The list with these filters."""
    return f"{base}?{urlencode(filters, doseq=True)}" if filters else base


def capped(total: int) -> str:
    """A number of rows in words."""
    return number(CAP) + "+" if total > CAP else number(total)


# -- from a row to a line --


def _who(candidate: Candidate | None, ask: Ask, number: str = "") -> tuple[str, str]:
    """The name and the number; the number alone where the name may not be seen."""
    if candidate is None or not may_see(ask.by, Candidate, "name"):
        return (candidate.number if candidate is not None else number), ""
    return candidate.name, candidate.number


def _candidate(row: Candidate, ask: Ask, why: str, when: Any, action: tuple[str, str] = ("", "")) -> Line:
    return Line(*_who(row, ask), url=url_for("KandidatenView.show", pk=row.id), why=why, when=when, action=action)


def _waiting(row: Candidate, title: str | None, ask: Ask) -> Line:
    action = (gettext("Take on"), url_for("AdviesvragersView.claim", pk=row.id))
    return _candidate(row, ask, gettext("came in %(when)s", when=relative(row.created_at)), due(row.next_action_on), action)


def _asks(row: Candidate, bits: int, ask: Ask) -> Line:
    adding = (gettext("Add conversation"), url_for("GesprekkenView.add", candidate=row.number))
    action = adding if row.lead_adviser_id else (gettext("Choose an adviser"), url_for("KandidatenView.assign", pk=row.id))
    return _candidate(
        row,
        ask,
        attention.badges(signal for signal in signals.of_bits(bits) if signal is not Signal.OVERDUE) or "",
        due(row.next_action_on),
        action,
    )


def _came_in(row: Candidate, title: str | None, ask: Ask) -> Line:
    return _candidate(row, ask, f"{row.source.label} · {_adviser_of(row)}", ago(row.created_at))


def _adviser_of(row: Candidate) -> str:
    return row.lead_adviser.name if row.lead_adviser else gettext("Without an adviser")


def _task(row: Task, _extra: None, ask: Ask) -> Line:
    action = (gettext("Tick off"), url_for("TakenView.finish", pk=row.id))
    return Line(*_who(row.candidate, ask), url=url_for("TakenView.show", pk=row.id), why=row.title, when=due(row.due_on), action=action)


def _match(row: Match, ask: Ask, why: str) -> Line:
    who = _who(row.candidate, ask, row.candidate_number)
    return Line(*who, url=url_for("MatchesView.show", pk=row.id), why=why, when=ago(row.state_at))


TO_DO = {
    MatchState.INTEREST_CANDIDATE: _l("The candidate is interested. Let the desk know what you think."),
    MatchState.MUTUAL: _l("You both said yes. Plan a meeting."),
    MatchState.MEETING_PLANNED: _l("A meeting was planned. Let the desk know how it went."),
}


def _ours(row: Match, _extra: None, ask: Ask) -> Line:
    return _match(row, ask, str(TO_DO[row.state]))


def _going_on(row: Match, _extra: None, ask: Ask) -> Line:
    return _match(row, ask, f"{row.state.label} · {row.organisation}")


def _shared(row: AdviceSession, _extra: None, ask: Ask) -> Line:
    why = gettext("Conversation with %(name)s", name=row.adviser.name) if row.adviser else gettext("Conversation")
    return Line(*_who(row.candidate, ask), url=url_for("GesprekkenView.show", pk=row.id), why=why, when=ago(row.held_at))


def _activity(row: Activity, seats: int, ask: Ask) -> Line:
    places = (
        gettext("%(taken)s of %(places)s places taken", taken=seats, places=row.capacity)
        if row.capacity is not None
        else gettext("%(number)s registered", number=seats)
    )
    why = " · ".join(filter(None, (moment(row.starts_at), row.place, places)))
    return Line(row.title, url=url_for("ActiviteitenView.show", pk=row.id), why=why)


def _adviser(row: tuple[int | None, str | None, int], _extra: None, ask: Ask) -> Line:
    user_id, name, number = row
    mine = {"_flt_0_lead_adviser": user_id} if user_id else _inbox(ask)
    url = address(url_for("KandidatenView.list"), mine | _overdue(ask))
    return Line(
        name or gettext("Without an adviser"), url=url, when=mark("clock-exclamation", "stop", gettext("%(number)s overdue", number=number))
    )


def _by_adviser(ask: Ask) -> Found:
    lines = today.overdue_by_adviser(ask)
    return Found(tuple((line, None) for line in lines), sum(line[2] for line in lines))


# -- where each list leads: the filters of its screen, oldest first where that is what counts --


def _day(ask: Ask, days: int = 0) -> str:
    return (ask.today + timedelta(days=days)).isoformat()


def _overdue(ask: Ask) -> dict[str, Any]:
    by_date = {"_oc_KandidatenView": "next_action_on", "_od_KandidatenView": "asc"}
    return {"_flt_0_signal": Signal.OVERDUE.name, **by_date}


def _mine(ask: Ask) -> dict[str, Any]:
    return {"_flt_0_lead_adviser": ask.by.user_id, "_flt_0_status": "ACTIVE"}


def _inbox(ask: Ask) -> dict[str, Any]:
    by_arrival = {"_oc_KandidatenView": "created_at", "_od_KandidatenView": "asc"}
    return {"_flt_0_holder": "DESK", "_flt_0_status": [status.name for status in OPEN_STATUSES], **by_arrival}


def _in_inbox(ask: Ask) -> dict[str, Any]:
    return {"_flt_0_part": "INBOX", "_oc_AdviesvragersView": "created_at", "_od_AdviesvragersView": "asc"}


def _new(ask: Ask) -> dict[str, Any]:
    return {"_flt_1_created_at": _day(ask, -today.WEEK)}


def _coming(ask: Ask) -> dict[str, Any]:
    until = {"_flt_2_starts_at": _day(ask, today.AHEAD_DAYS + 1)}
    return {"_flt_0_region": sorted(ask.by.region_ids), "_flt_1_starts_at": _day(ask, -1), **until, **_EARLIEST}


def _our_coming(ask: Ask) -> dict[str, Any]:
    return {"_flt_0_organisation": sorted(ask.by.organisation_ids), "_flt_1_starts_at": _day(ask, -1), **_EARLIEST}


_EARLIEST = {"_oc_ActiviteitenView": "starts_at", "_od_ActiviteitenView": "asc"}


def _states(*states: MatchState) -> Callable[[Ask], dict[str, Any]]:
    return lambda ask: {"_flt_0_state": [state.name for state in states]}


# -- who asks for attention: an adviser's own people, or everybody of the region --


def _whole(ask: Ask) -> bool:
    return ask.by.role is Role.COORDINATOR


def _whose(ask: Ask) -> tuple[Any, ...]:
    return () if _whole(ask) else (advisees.own(ask.by.user_id),)


def _attention(ask: Ask) -> Found:
    query = {"attention": today.asking(attention.at(), *_whose(ask))}
    return first.gather(query, ROWS, {Candidate: Loading((Candidate.lead_adviser,), attention.bits())})["attention"]


def _with_signals(ask: Ask, *found: Signal) -> dict[str, Any]:
    part = {"_flt_0_part": "MINE"} if ask.by.role is Role.NATIONAL else {}  # begins with everybody
    return part | {"_flt_0_signal": [signal.name for signal in found]}


def _reasons(ask: Ask) -> list[tuple[Markup, str, str]]:
    """Each signal with how many have it, and the list of just those."""
    base = url_for("KandidatenView.list" if _whole(ask) else "AdviesvragersView.list")
    counted = signals.counts(db.session, attention.at(), *_whose(ask))
    seen = signals.seen_by(ask.by)
    return [(badge(signal), count(counted[signal]), address(base, _with_signals(ask, signal))) for signal in seen]


# -- the sections --

_ALL = "KandidatenView"
_ASKS: dict[str, Any] = {
    "title": _l("Asks for attention"),
    "empty": _l("Nobody asks for attention."),
    "query": _attention,
    "line": _asks,
    "filters": lambda ask: _with_signals(ask, *Signal),
    "reasons": _reasons,
}
ATTENTION, ATTENTION_HERE = Section(screen="AdviesvragersView", **_ASKS), Section(screen=_ALL, **_ASKS)
DUE = Section(
    _l("To do today"),
    _l("No tasks for today."),
    today.due_today,
    _task,
    "TakenView",
    lambda ask: {"_flt_0_owner": ask.by.user_id, "_flt_2_due_on": _day(ask, 1)},
)
INBOX = Section(_l("New in the inbox"), _l("The inbox is empty."), today.inbox, _waiting, "AdviesvragersView", _in_inbox)
BY_ADVISER = Section(_l("Overdue per adviser"), _l("Nothing is overdue."), _by_adviser, _adviser, _ALL, _overdue)
NEW = Section(_l("New this week"), _l("Nobody came in this week."), today.new_this_week, _came_in, _ALL, _new)
COMING = Section(
    _l("Coming activities"), _l("Nothing is planned in the coming two weeks."), today.coming, _activity, "ActiviteitenView", _coming, True
)
TO_ACT = Section(
    _l("Up to you"),
    _l("No match waits for you."),
    today.to_act,
    _ours,
    "MatchesView",
    _states(*TO_DO),
)
ACCEPTED = Section(
    _l("Going on with"), _l("No conversations under way."), today.going_on, _going_on, "MatchesView", _states(*today.GOING_ON)
)
SHARED = Section(
    _l("Shared with you lately"),
    _l("No conversation was shared with you in the last month."),
    today.shared_with_us,
    _shared,
    "GesprekkenView",
    lambda ask: {"_flt_1_held_at": _day(ask, -today.SHARED_DAYS - 1)},
)
OUR_COMING = Section(
    _l("Your coming activities"), _l("You have no activities planned."), today.our_coming, _activity, "ActiviteitenView", _our_coming, True
)

_ADVISER = (ATTENTION, DUE, INBOX, COMING)
_ORGANISATION = (TO_ACT, ACCEPTED, OUR_COMING)
SECTIONS: dict[Role | None, tuple[Section, ...]] = {
    Role.ADVISER: _ADVISER,
    Role.NATIONAL: _ADVISER,
    Role.COORDINATOR: (ATTENTION_HERE, BY_ADVISER, NEW, COMING),
    Role.SCHOOL: _ORGANISATION,
    Role.PROVIDER: _ORGANISATION,
    Role.STUDY_ADVISER: (TO_ACT, SHARED, ACCEPTED, OUR_COMING),
}

_UNDER_WAY = Figure(_l("Matches under way"), today.matches_under_way, "MatchesView", _states(*today.UNDER_WAY))
_NEW = Figure(_l("New this week"), today.new_this_week, _ALL, _new)
_DESK = (Figure(_l("Active with me"), today.my_active, _ALL, _mine), _NEW, _UNDER_WAY)
_PARTNER = (_UNDER_WAY, Figure(_l("Placed"), today.placed, "MatchesView", _states(MatchState.PLACED)))
FIGURES: dict[Role | None, tuple[Figure, ...]] = {
    Role.SCHOOL: _PARTNER,
    Role.PROVIDER: _PARTNER,
    Role.STUDY_ADVISER: _PARTNER,
    Role.ADVISER: _DESK,
    Role.NATIONAL: _DESK,
    Role.COORDINATOR: (
        Figure(_l("Active candidates"), today.active, _ALL, lambda ask: {"_flt_0_status": "ACTIVE"}),
        _UNDER_WAY,
        Figure(_l("New feedback"), today.new_feedback, "FeedbackView", lambda ask: {"_flt_0_state": "NEW"}),
    ),
}
