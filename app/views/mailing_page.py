"""The page of a message to a group as data: who gets it, what it looks like, when it goes, how far it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import current_app, url_for
from flask_babel import force_locale, format_datetime, gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import joinedload
from wtforms import validators

from app.adapters import clock, markdown
from app.enums import DeliveryState, MailingState, NotSent
from app.errors import DomainError
from app.extensions import db
from app.fab.badges import badge
from app.fab.forms import LocalDateTimeField, form_of
from app.fab.page import Step
from app.fab.shown import ago, moment, number
from app.models import Candidate, Delivery, Mailing
from app.security.fields import may_see
from app.security.identity import Identity, person
from app.services import mail_addresses, mailing_text, mailings, pace, placeholders
from app.views import mailing_audience

S, D = MailingState, DeliveryState
WAY = (_l("Write"), _l("Look who gets it"), _l("Send"))
ONE_BY_ONE = 10  # of those that have to be decided about
SHOWN_STATES = (D.SENT, D.QUEUED, D.CLAIMED, D.HANDING_OVER, D.RETRY, D.FAILED, D.UNKNOWN, D.CANCELLED)


@dataclass(frozen=True)
class Line:
    """A number of people, what is said of them, and the list with their names."""

    label: Any
    count: str
    url: str


@dataclass(frozen=True)
class Preview:
    """The mail as one of the receivers gets it: the how manieth, and the addresses around it."""

    at: int
    total: str
    delivery: int
    frame_url: str
    previous_url: str
    next_url: str
    last: int


@dataclass(frozen=True)
class Progress:
    """How far it is; `poll_url` is empty once nothing moves by itself."""

    done: int
    total: int
    text: str
    lines: tuple[Line, ...]
    when: str
    poll_url: str


@dataclass(frozen=True)
class MailingPage:
    """All that the template draws; `urls` has the address of each step; empty for what this person cannot do now."""

    title: str
    badge: Any
    steps: tuple[Step, ...]
    state: str
    to_mail: str
    left_out: str
    reasons: tuple[Line, ...]
    lacking: tuple[Line, ...]
    preview: Preview | None
    progress: Progress | None
    facts: tuple[tuple[str, Any], ...]
    text: Any
    text_en: Any
    audience: str
    audience_url: str
    people_url: str
    when: str
    needs_approval: str
    refused: str
    unknown: int
    unsure: tuple[tuple[int, str], ...]
    failed: int
    version: int
    urls: dict[str, str]
    form: Any = None
    warning: str = ""
    change: str = ""
    # What fields.html asks of a form.
    picks: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    previews: dict[str, Any] = field(default_factory=dict)

    @property
    def is_draft(self) -> bool:
        return self.state == S.DRAFT.name

    @property
    def is_asked(self) -> bool:
        return self.state == S.ASKED.name


def when_form() -> Any:
    """The moment at which it may leave; empty: at once."""
    told = _l("Leave this empty to send at once. Otherwise for instance 24-11-2026 14:05.")
    return form_of({"at": LocalDateTimeField(_l("Not before"), [validators.Optional()], description=told)})()


def page_of(view: Any, row: Mailing, by: Identity, *, at: int = 1, unsure: Sequence[Delivery] = (), **more: Any) -> MailingPage:
    """The page of a message for one person; `at` says whose mail is shown, `unsure` are the first of those to decide about, `more` is
    what a step that was refused says."""
    now, how = clock.now(), mailings.standing(row)
    is_draft = row.state is S.DRAFT
    urls = {verb: view.address(verb, pk=row.id) if view.may(verb, row) and view.fits(verb, row) else "" for verb in view.verbs}
    return MailingPage(
        title=row.subject,
        badge=badge(row.state),
        steps=tuple(Step(str(words), "done" if place == 0 else "now" if place == 1 else "next") for place, words in enumerate(WAY)),
        state=row.state.name,
        to_mail=number(how.to_mail),
        left_out=number(how.people - how.to_mail),
        reasons=tuple(Line(why.label, number(many), people_url(row, not_sent=why.name)) for why, many in _in_order(how.not_sent)),
        lacking=tuple(_lacking(row, how)),
        preview=_preview(view, row, at, how.to_mail) if row.state in (S.DRAFT, S.ASKED) and view.may("preview", row) else None,
        progress=None if row.state in (S.DRAFT, S.ASKED) else progress_of(view, row, how, now),
        facts=tuple(_facts(row)),
        text=_in_words(row.body),
        text_en=_in_words(row.body_en) if row.body_en else "",
        audience=row.audience,
        audience_url=_list_of(row) if is_draft and row.created_by == by.user_id else "",
        people_url=people_url(row),
        when=_when(row, now),
        needs_approval=_approval(row, how.to_mail) if is_draft else "",
        refused=row.refused_why or "" if is_draft else "",
        unknown=how.open_unknown,
        failed=how.by_state.get(D.FAILED, 0),
        version=row.version,
        urls=urls,
        unsure=tuple((to.id, called(to)) for to in unsure),
        **{"form": when_form(), **more},
    )


def people_url(row: Mailing, **filters: str) -> str:
    """The list of receivers of a message, with filters."""
    pairs = [("_flt_0_mailing", str(row.id)), *((f"_flt_0_{name}", value) for name, value in filters.items())]
    return f"{url_for('OntvangersView.list')}?{urlencode(pairs)}"


def progress_of(view: Any, row: Mailing, how: mailings.Standing, now: datetime) -> Progress:
    """How far a message is."""
    lines = (
        Line(badge(state), number(many), people_url(row, state=state.name))
        for state in SHOWN_STATES
        if (many := how.by_state.get(state, 0))
    )
    text = gettext("%(done)s of %(total)s handled", done=number(how.handled), total=number(how.to_mail))
    poll = view.address("progress", pk=row.id) if row.state is S.SENDING else ""
    return Progress(how.handled, how.to_mail, text, tuple(lines), _when(row, now), poll)


def unsure_of(row: Mailing) -> list[Delivery]:
    """The first of those of whom nobody knows whether they got it, while somebody has to decide."""
    open_ones = (Delivery.mailing_id == row.id, Delivery.state == D.UNKNOWN, sa.func.coalesce(Delivery.reason, "") != mailings.LEFT)
    query = sa.select(Delivery).where(*open_ones).order_by(Delivery.id).limit(ONE_BY_ONE).options(joinedload(Delivery.candidate))
    return list(db.session.scalars(query)) if row.state in (S.SENDING, S.PAUSED, S.DONE) else []


def receiver(row: Mailing, at: int) -> Delivery | None:
    """Who gets the message as the so manieth, or None."""
    mailed = sa.select(Delivery).where(Delivery.mailing_id == row.id, Delivery.state != D.SUPPRESSED)
    found: Delivery | None = db.session.scalar(mailed.order_by(Delivery.id).offset(at - 1).limit(1).options(joinedload(Delivery.candidate)))
    return found


def letter(row: Mailing, to: Delivery) -> tuple[str, str, str]:
    """Subject, text and HTML as this receiver gets them, but for the link to the own preferences."""
    words = mailing_text.words_of(row, to.locale)
    names = placeholders.used(words.body)
    values = _values(to, names, words.locale)
    settings = current_app.config["LOKET"]
    more = {"locale": to.locale, "region_name": mailing_text.sender_of(row), "base_url": settings.base_url}
    return mailing_text.letter(words, values, **more, preferences_path="/")


def _values(to: Delivery, names: list[str], locale: str) -> dict[str, str]:
    """What is filled in for this receiver; examples for who sees no names here."""
    if to.candidate is None:
        return {}
    if may_see(person(), Candidate, "name"):
        return placeholders.values(to.candidate, names, locale=locale)
    with force_locale(locale):
        return placeholders.examples()


def called(to: Delivery) -> str:
    """The receiver by name, by number for who sees no names; of who signed up on the site the address, or its beginning."""
    if to.candidate is not None:
        return to.candidate.name if may_see(person(), Candidate, "name") else to.candidate.number
    if to.candidate_number:
        return str(to.candidate_number)
    return to.address if may_see(person(), Candidate, "email") else mail_addresses.masked(to.address)


def as_mail(row: Mailing, to: Delivery) -> Markup:
    """The HTML of the mail under its receiver and subject, in the colours of a mailbox."""
    subject, _, html = letter(row, to)
    head = Markup('<p style="margin:0;padding:12px 16px;font:14px/1.5 sans-serif;border-bottom:1px solid #c9d1cf">%s<br><b>%s</b></p>')
    return head % (gettext("To: %(name)s", name=called(to)), subject) + Markup(html)


def _in_words(text: str) -> Markup:
    """A text as it was written, with what each placeholder is called in its place."""
    marked = placeholders.PATTERN.sub(_called, markdown.html(text))
    return Markup(marked)


def _called(found: re.Match[str]) -> str:
    one = placeholders.PLACEHOLDERS.get(placeholders.name_of(found))
    return str(Markup('<span class="mailing-slot">%s</span>') % one.label) if one is not None else found[0]


def arrives(until: datetime, now: datetime) -> str:
    """about 8 minutes, done around 14:20."""
    minutes = max(1, round((until - now) / timedelta(minutes=1)))
    at = format_datetime(clock.local(until), "HH:mm", rebase=False) if clock.day(until) == clock.day(now) else moment(until)
    if minutes == 1:
        return gettext("about 1 minute, done around %(at)s", at=at)
    if minutes < 120:
        return gettext("about %(minutes)s minutes, done around %(at)s", minutes=number(minutes), at=at)
    return gettext("about %(hours)s hours, done around %(at)s", hours=number(round(minutes / 60)), at=at)


def _when(row: Mailing, now: datetime) -> str:
    """When it leaves, and until when it takes."""
    if row.state in (S.PAUSED, S.CANCELLED, S.DONE):
        return gettext("Ready: %(at)s", at=moment(row.finished_at)) if row.state is S.DONE and row.finished_at else ""
    until = mailings.eta(row, now=now)
    start = max(row.send_after or now, now)
    said = gettext("Sending takes %(time)s.", time=arrives(until, start)) if until else ""
    if until and pace.is_quiet(row.region, start):
        hours = {"first": row.region.quiet_from, "last": row.region.quiet_until}
        said = " ".join((said, gettext("Nothing leaves between %(first)s and %(last)s o’clock.", **hours)))
    if row.send_after and row.send_after > now and row.state is not S.DRAFT:
        return " ".join((gettext("Leaves on %(at)s.", at=moment(row.send_after)), said))
    return said


def _approval(row: Mailing, receivers: int) -> str:
    """Why somebody else has to look first; empty when nobody has to."""
    most = row.region.approve_above
    return gettext("More than %(most)s people: somebody else looks first.", most=number(most)) if receivers > most else ""


def _lacking(row: Mailing, how: mailings.Standing) -> Iterator[Line]:
    for name, many in how.lacking.items():
        yield Line(placeholders.PLACEHOLDERS[name].label, number(many), people_url(row, lacks=name, state=D.QUEUED.name))


def _preview(view: Any, row: Mailing, at: int, total: int) -> Preview | None:
    to = receiver(row, min(max(at, 1), total)) if total else None
    if to is None:
        return None
    place, page = min(max(at, 1), total), view.address("show", pk=row.id)
    return Preview(
        at=place,
        total=number(total),
        delivery=to.id,
        frame_url=view.address("preview", pk=row.id, nr=place),
        previous_url=f"{page}?nr={place - 1}#voorbeeld" if place > 1 else "",
        next_url=f"{page}?nr={place + 1}#voorbeeld" if place < total else "",
        last=total,
    )


def _facts(row: Mailing) -> Iterator[tuple[str, Any]]:
    yield gettext("About"), row.category.label
    yield gettext("For whom"), row.audience
    yield gettext("Written by"), row.author
    yield gettext("Created"), ago(row.created_at)
    if row.approver is not None:
        yield gettext("Approved by"), row.approver
    if row.send_after is not None and row.state is not S.DRAFT:
        yield gettext("Not before"), moment(row.send_after)
    if row.started_at is not None:
        yield gettext("Started"), moment(row.started_at)
    if row.finished_at is not None:
        yield gettext("Ended"), moment(row.finished_at)


def _list_of(row: Mailing) -> str:
    """The list that the audience was chosen in; empty when it cannot be opened any more."""
    try:
        return mailing_audience.of(row.screen, row.query).list_url
    except DomainError:
        return ""


def _in_order(found: dict[NotSent, int]) -> list[tuple[NotSent, int]]:
    """The reasons in the order in which they are looked at."""
    return [(why, found[why]) for why in NotSent if why in found]
