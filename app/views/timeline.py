"""The timeline of a file: what the database knows, in words for whoever looks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.adapters import clock
from app.enums import (
    ConsentPurpose,
    HandoverState,
    Holder,
    Labelled,
    MatchState,
    RegistrationState,
    Role,
    Route,
    SessionKind,
    Stage,
    Status,
)
from app.fab.badges import BADGES
from app.fab.page import Moment, Part, Timeline
from app.fab.shown import many, moment, paragraphs, relative, timed
from app.models import Candidate
from app.queries.timeline import LONGEST, Event, Kind, Mark, events
from app.security.identity import person
from app.services import attachments

PAGE = 20
ONE_LINE = 140
KIND, AFTER = "soort", "voor"
Granted = Collection[tuple[str, str]]
Files = dict[int | None, list[str]]  # by report

# A kind is shown to who may open the screen on which such things stand.
SCREEN_OF = {
    Kind.STEP: "Geschiedenis",
    Kind.CONSENT: "Geschiedenis",
    Kind.PLANNED: "Taken",
    Kind.DONE: "Taken",
    Kind.REGISTERED: "Aanmeldingen",
    Kind.ATTENDANCE: "Aanmeldingen",
    Kind.MATCH: "Matches",
    Kind.SESSION: "Gesprekken",
    Kind.LOOKED: "Inzage",
    Kind.HANDOVER: "Overdrachten",
    Kind.OFFERED: "Klaargezet",
    Kind.READ: "Klaargezet",
    Kind.MESSAGE: "Berichten",
}
PAGE_OF = {
    Kind.PLANNED: "TakenView.show",
    Kind.DONE: "TakenView.show",
    Kind.REGISTERED: "AanmeldingenView.show",
    Kind.ATTENDANCE: "AanmeldingenView.show",
    Kind.MATCH: "MatchesView.show",
    Kind.SESSION: "GesprekkenView.show",
    Kind.HANDOVER: "OverdrachtenView.show",
    Kind.OFFERED: "KlaargezetView.show",
    Kind.READ: "KlaargezetView.show",
    Kind.MESSAGE: "BerichtenView.show",
}
FILTERS = (
    ("", _l("Everything"), tuple(Kind)),
    ("gesprekken", _l("Conversations"), (Kind.SESSION,)),
    ("berichten", _l("Messages"), (Kind.MESSAGE,)),
    ("stappen", _l("Steps"), (Kind.STEP,)),
    ("matches", _l("Matches"), (Kind.MATCH,)),
    ("overdrachten", _l("Handovers"), (Kind.HANDOVER,)),
    ("activiteiten", _l("Activities"), (Kind.REGISTERED, Kind.ATTENDANCE)),
    ("klaargezet", _l("Set out"), (Kind.OFFERED, Kind.READ)),
    ("taken", _l("Tasks"), (Kind.PLANNED, Kind.DONE)),
    ("toestemmingen", _l("Consents"), (Kind.CONSENT,)),
    ("gekeken", _l("Who looked"), (Kind.LOOKED,)),
)
CODES: dict[Kind, type[Labelled]] = {
    Kind.MATCH: MatchState,
    Kind.REGISTERED: RegistrationState,
    Kind.ATTENDANCE: RegistrationState,
    Kind.CONSENT: ConsentPurpose,
    Kind.PLANNED: Holder,
    Kind.HANDOVER: HandoverState,
    Kind.OFFERED: Route,
    Kind.READ: Route,
}
# what happened → (icon, in words for the desk, in words for the candidate)
SAID: dict[str, tuple[str, Any, Any]] = {
    "SESSION": ("message", _l("Conversation"), _l("You had a conversation")),
    "MESSAGE": ("mail", _l("Messages: %(text)s"), _l("Messages: %(text)s")),
    "start": ("user-plus", _l("Came in"), _l("Your file was opened")),
    "stage": ("route", _l("From %(was)s to %(now)s"), _l("You went from %(was)s to %(now)s")),
    "status": ("activity", _l("Status: %(now)s"), _l("Your status became: %(now)s")),
    "region": ("switch-horizontal", _l("To %(region)s"), _l("Your file went to %(region)s")),
    "adviser": ("user-check", _l("Adviser: %(adviser)s"), _l("%(adviser)s became your adviser")),
    "other adviser": ("user-check", _l("Another adviser"), _l("You got another adviser")),
    "no adviser": ("inbox", _l("To the inbox of the region"), _l("The desk looks for an adviser for you")),
    "MATCH": ("heart-handshake", _l("Match with %(organisation)s: %(now)s"), _l("Match with %(organisation)s: %(now)s")),
    "REGION": ("switch-horizontal", _l("Handover to %(region)s: %(now)s"), _l("Handover to %(region)s: %(now)s")),
    "REFERRAL": ("school", _l("Referral to %(organisation)s: %(now)s"), _l("Referral to %(organisation)s: %(now)s")),
    "CONFIRMED": ("calendar-plus", _l("Registered for %(activity)s"), _l("You registered for %(activity)s")),
    "WAITLISTED": ("hourglass", _l("On the waiting list for %(activity)s"), _l("You are on the waiting list for %(activity)s")),
    "ATTENDANCE": ("calendar-event", _l("%(activity)s: %(now)s"), _l("%(activity)s: %(now)s")),
    "PLANNED": ("checklist", _l("Task planned: %(text)s"), _l("Planned: %(text)s")),
    "OFFERED": ("bookmark", _l("Set out: %(what)s"), _l("Set out for you: %(what)s")),
    "READ": ("eye-check", _l("Read by the candidate: %(what)s"), _l("You read: %(what)s")),
    "DONE": ("checks", _l("Task done: %(text)s"), _l("Done: %(text)s")),
    "GIVEN": ("thumb-up", _l("Consent given: %(now)s"), _l("You gave consent: %(now)s")),
    "WITHDRAWN": ("x", _l("Consent withdrawn: %(now)s"), _l("You withdrew your consent: %(now)s")),
    "EXPIRED": ("clock", _l("Consent expired: %(now)s"), _l("Your consent expired: %(now)s")),
    "show": ("eye", _l("Somebody looked at the file"), _l("Somebody looked at your file")),
    "edit": ("eye", _l("Somebody opened a form"), _l("Somebody opened a form about you")),
    "contact": ("address-book", _l("Somebody looked at the contact details"), _l("Somebody looked at your contact details")),
    "attachment": ("file-text", _l("Somebody opened an attachment"), _l("Somebody opened an attachment about you")),
    "export": ("file-download", _l("Somebody exported the file"), _l("You were in an export")),
}


def timeline_of(row: Candidate, granted: Collection[tuple[str, str]]) -> Timeline:
    """One page of what happened with a candidate, of the kind and from the place that the address asks for.

    Raises BadInput for a place that does not exist; a kind that this person may not see is everything."""
    open_to = {kind for kind, screen in SCREEN_OF.items() if ("can_list", screen) in granted}
    filters = [(name, label, some) for name, label, kinds in FILTERS if (some := open_to & set(kinds))]
    asked = request.args.get(KIND, "")
    name, kinds = next(((name, kinds) for name, _, kinds in filters if name == asked), ("", open_to))
    before = Mark.read(request.args[AFTER]) if AFTER in request.args else None
    found = events(row.id, kinds, by=person(), before=before, size=PAGE + 1)
    files = attachments.names_of([event.id for event in found[:PAGE] if event.kind is Kind.SESSION])
    appended = before is not None and "HX-Request" in request.headers
    return Timeline(
        months=tuple(_months(found[:PAGE], granted, files, before if appended else None)),
        filters=tuple(Part(one, str(label), _address(one), one == name) for one, label, _ in filters) if len(filters) > 2 else (),
        more_url=_address(name, found[PAGE - 1].mark) if len(found) > PAGE else "",
        appended=appended,
    )


def _address(kind: str, mark: Mark | None = None) -> str:
    asked = {KIND: kind} if kind else {}
    if mark is not None:
        asked[AFTER] = str(mark)
    return f"{request.path}?{urlencode(asked)}" if asked else request.path


def _months(found: Sequence[Event], granted: Granted, files: Files, before: Mark | None) -> Iterator[tuple[str, tuple[Moment, ...]]]:
    last = _month(before.at) if before is not None else ""
    for name, lines in groupby(found, lambda event: _month(event.at)):
        yield "" if name == last else name, tuple(_moment(event, granted, files) for event in lines)


def _month(at: Any) -> str:
    return str(format_date(clock.day(at), "MMMM yyyy"))


def _moment(event: Event, granted: Granted, files: Files) -> Moment:
    own = person().role is Role.CANDIDATE
    key = _key(event)
    icon, *words = SAID[key]
    member = _member(event, event.code)
    values = {
        "now": member.label if member is not None else "",
        "was": was.label if (was := _member(event, event.was)) is not None else "",
        "text": event.text or "",
        "what": event.text or (member.label if member is not None else gettext("not available any more")),
        "adviser": event.adviser or "",
        "region": event.region or gettext("another region"),
        "organisation": event.organisation or gettext("an organisation"),
        "activity": event.activity or gettext("an activity"),
    }
    text, more = _text(event)
    kinds = _kinds(event)
    endpoint = "DoorverwijzingenView.show" if key == "REFERRAL" else PAGE_OF.get(event.kind)
    opens = endpoint is not None and ("can_show", SCREEN_OF[event.kind]) in granted
    return Moment(
        icon=BADGES[member][0] if event.kind in (Kind.MATCH, Kind.ATTENDANCE, Kind.HANDOVER) or key == "status" else icon,
        about=str(words[own]) % values + (f" ({kinds})" if kinds else ""),
        when=timed(event.at, relative(event.at)),
        who=_who(event),
        text=text,
        more=more,
        url=url_for(endpoint, pk=event.target) if opens and endpoint else "",
        files=", ".join(files.get(event.id, ())) if event.kind is Kind.SESSION else "",
    )


def _key(event: Event) -> str:
    """Which line of SAID this is."""
    if event.kind is Kind.STEP and event.what == "adviser" and event.adviser is None:
        return "other adviser" if event.many else "no adviser"
    if event.kind in (Kind.STEP, Kind.CONSENT, Kind.HANDOVER):
        return event.what or "start"
    if event.kind is Kind.REGISTERED:
        return "WAITLISTED" if event.code == "WAITLISTED" else "CONFIRMED"
    return (event.code or "show") if event.kind is Kind.LOOKED else event.kind.name


def _member(event: Event, name: str | None) -> Any:
    """The member of a closed list that an event names."""
    of = (Status if event.what == "status" else Stage) if event.kind is Kind.STEP else CODES.get(event.kind)
    return of[name] if of is not None and name is not None else None


def _who(event: Event) -> str:
    if event.kind is Kind.LOOKED:
        role = str(Role[event.what].label) if event.what else ""
        return " · ".join(filter(None, (role, event.organisation or event.region)))
    return event.actor or ""


def _kinds(event: Event) -> str | None:
    """The kinds of a conversation."""
    held = (event.many or 0) if event.kind is Kind.SESSION else 0
    return many([member for bit, member in enumerate(SessionKind) if held & (1 << bit)])


def _text(event: Event) -> tuple[str, Markup | str]:
    """The first line under what happened, and what may be opened beneath it."""
    if event.kind is Kind.PLANNED:
        yours = person().role is Role.CANDIDATE and event.code == Holder.CANDIDATE.name
        holder = gettext("you") if yours else event.adviser if event.code == Holder.ADVISER.name else None
        before = gettext("before %(day)s", day=moment(event.due)) if event.due else ""
        return " · ".join(filter(None, (holder or str(Holder[event.code or "DESK"].label), before))), ""
    if event.kind is Kind.LOOKED:
        return gettext("%(times)s times that day", times=event.many) if (event.many or 1) > 1 else "", ""
    if event.kind is Kind.CONSENT:
        return " · ".join(filter(None, (event.organisation, gettext("until %(day)s", day=moment(event.due)) if event.due else ""))), ""
    if event.kind in (Kind.DONE, Kind.OFFERED, Kind.READ, Kind.MESSAGE):
        return "", ""
    return _first_line(event)


def _first_line(event: Event) -> tuple[str, Markup | str]:
    text = (event.text or "").strip()
    line, _, rest = text.partition("\n")
    if len(line) > ONE_LINE:
        line, rest = f"{line[:ONE_LINE].rsplit(' ', 1)[0]}…", text
    if len(text) >= LONGEST:
        rest = f"{rest.rsplit(' ', 1)[0]}…"
    return line, paragraphs(rest.strip()) or ""
