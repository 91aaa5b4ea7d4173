"""What the candidate's own place says, in the second person: steps, questions, what was set out, conversations, consents, looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import url_for
from flask_babel import format_date, format_time, gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.adapters import clock, markdown
from app.enums import ConsentPurpose, HandoverKind, HandoverState, Holder, OfferKind, Stage, Status, TaskKind
from app.fab.shown import moment, paragraphs, relative, timed
from app.models import AdviceSession, Attachment, Candidate, Consent, Handover, Task
from app.queries.mine import Look
from app.services import consents
from app.services.offers import Shown

# What a stage means for who stands in it.
STAGES = {
    Stage.EXPLORING: _l("You are finding out whether working in education suits you. Nothing is fixed yet."),
    Stage.ORIENTING: _l("You are looking at which work and which training suit you."),
    Stage.DECIDING: _l("You are choosing: is this it, and which way do you go?"),
    Stage.MATCHING: _l("You know what you want. We look together for a school or training institute that suits you."),
    Stage.PREPARING: _l("You have found a place. Now you prepare for the start."),
    Stage.TRAINING: _l("You are in training. Your adviser is still there for you."),
    Stage.TEACHING: _l("You are working in education. Congratulations."),
}
OFFERED = {
    OfferKind.ARTICLE: ("book", _l("To read")),
    OfferKind.CONTACT: ("building", _l("Somebody to talk to")),
    OfferKind.PROGRAMME: ("school", _l("A training programme")),
    OfferKind.ROUTE: ("route", _l("A route into education")),
    OfferKind.ACTIVITY: ("calendar-event", _l("An activity")),
}
LOOKED = {
    "show": _l("opened your file"),
    "edit": _l("worked in your file"),
    "contact": _l("looked up your contact details"),
    "list": _l("saw you in a list"),
    "export": _l("had you in a download"),
    "attachment": _l("opened a file with a conversation"),
}
AGREED = {
    ConsentPurpose.FINDABLE: _l("Schools and training institutes may find you, without your name"),
    ConsentPurpose.SHARE_REPORTS: _l("Reports of conversations may be shared"),
    ConsentPurpose.MESSAGES: _l("You get messages about activities and training"),
    ConsentPurpose.HANDOVER: _l("Your file may go to another region"),
    ConsentPurpose.STATISTICS: _l("You count in national figures, without your name"),
    ConsentPurpose.REFERRAL: _l("A study adviser may look along"),
}


@dataclass(frozen=True)
class Step:
    """Something to do: what, who, before when. `tick_url` is empty for what is not the candidate's to tick off."""

    what: str
    who: str
    when: Any
    is_own: bool
    is_done: bool
    is_late: bool
    tick_url: str


def where_you_are(row: Candidate) -> str:
    """The stage in a sentence; on a pause, until when."""
    if row.status is Status.PAUSED:
        until = f" {gettext('Until %(day)s.', day=moment(row.status_until))}" if row.status_until else ""
        return gettext("You are taking a break.") + until
    return str(STAGES[row.stage])


def step(task: Task, row: Candidate) -> Step:
    """A task as its candidate reads it."""
    own, done = task.holder is Holder.CANDIDATE, task.done_at is not None
    late = not done and task.due_on < clock.day(clock.now())
    when = gettext("It was planned for %(day)s", day=moment(task.due_on)) if late else gettext("before %(day)s", day=moment(task.due_on))
    tick = url_for("MijnView.tick", number=task.id) if own and not done else ""
    return Step(_what(task), _who(task, row), timed(task.due_on, when), own, done, late, tick)


def _what(task: Task) -> str:
    """The title; a follow-up of the desk is written for the desk."""
    return task.title if is_told(task) else gettext("Your adviser is at work for you")


def is_told(task: Task) -> bool:
    """The candidate reads what this task is about."""
    return task.holder is Holder.CANDIDATE or task.kind is not TaskKind.FOLLOW_UP


def _who(task: Task, row: Candidate) -> str:
    if task.holder is Holder.CANDIDATE:
        return gettext("You")
    if task.holder is Holder.ADVISER:
        return task.owner.name if task.owner is not None else gettext("Your adviser")
    return row.region.name if task.holder is Holder.DESK else _first_up(str(task.holder.label))


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def offer(one: Shown) -> dict[str, Any]:
    """Something that was set out, with the way to it."""
    icon, kind = OFFERED[one.kind]
    url = url_for("MijnKlaargezetView.read", number=one.id)
    return {
        "icon": icon,
        "kind": kind,
        "title": one.title,
        "note": one.note,
        "is_new": one.read_at is None,
        "url": url,
        "from": one.adviser,
    }


def talk(session: AdviceSession, files: Sequence[Attachment] = ()) -> dict[str, Any]:
    """A conversation: when, with whom, what was agreed, and the files that came with it."""
    links = [(row.name, url_for("GesprekkenView.attachment", pk=row.id)) for row in files]
    who = session.adviser.name if session.adviser is not None else ""
    day = format_date(clock.day(session.held_at), "EEEE d MMMM yyyy")
    return {"when": Markup('<time datetime="%s">%s</time>') % (session.held_at.isoformat(), day), "who": who,
            "text": paragraphs(session.summary), "files": links}  # fmt: skip


def desk(row: Candidate) -> dict[str, Any]:
    """Who helps, and how to reach them."""
    region = row.region
    return {
        "adviser": row.lead_adviser.name if row.lead_adviser is not None else "",
        "region": region.name,
        "phone": region.desk_phone,
        "email": region.desk_email,
    }


# -- the question of a handover -----------------------------------------------------------------------------------------


def is_asked(handover: Handover) -> bool:
    """The candidate has been asked and has not answered."""
    return handover.state is HandoverState.DRAFT and handover.asked_at is not None and handover.consent_id is None


def purpose_of(handover: Handover) -> ConsentPurpose:
    return ConsentPurpose.REFERRAL if handover.kind is HandoverKind.REFERRAL else ConsentPurpose.HANDOVER


def question(handover: Handover) -> str:
    """The question in one line."""
    if handover.kind is HandoverKind.REFERRAL:
        return gettext("May a study adviser of %(name)s look along?", name=_receiver(handover))
    return gettext("May your file go to %(name)s?", name=_receiver(handover))


def told(handover: Handover) -> str:
    """What the question is about, in two sentences."""
    if handover.kind is HandoverKind.REFERRAL:
        return gettext("A study adviser can tell you more about the training. Your own adviser goes on helping you.")
    return gettext("Another desk would then help you. As long as it has not said yes, your own adviser goes on helping you.")


def consent_text(handover: Handover, locale: str) -> Markup:
    """The words that are agreed to, as they are kept."""
    return Markup(markdown.html(consents.text_of(purpose_of(handover), locale).words))


def answered(handover: Handover, agrees: bool) -> str:
    """What happens now; empty as long as the question is open. `agrees`: the consent that was given still counts."""
    if is_asked(handover):
        return ""
    if handover.state is HandoverState.WITHDRAWN:
        return gettext("Your adviser took the question back. Nothing goes along.")
    if handover.consent_id is None or (handover.state is HandoverState.DRAFT and not agrees):
        return gettext("Nothing goes along, and nobody else sees your file. Your own adviser goes on helping you.")
    name = _receiver(handover)
    if handover.state is HandoverState.DRAFT:
        return gettext("You said yes. Your adviser now sends it to %(name)s. You can still take it back under “About me”.", name=name)
    if handover.state is HandoverState.RETURNED:
        return gettext("%(name)s sent it back. Your own adviser goes on helping you.", name=name)
    if handover.state in (HandoverState.SENT, HandoverState.RECEIVED):
        by = gettext(" You hear from them before %(day)s.", day=moment(handover.answer_by)) if handover.answer_by else ""
        return gettext("You said yes, and it was sent to %(name)s.", name=name) + by
    return gettext("%(name)s helps you now.", name=name)


def _receiver(handover: Handover) -> str:
    return str(handover.to_region or handover.organisation or gettext("another desk"))


# -- consents and looks -------------------------------------------------------------------------------------------------


def consent(event: Consent, is_live: bool) -> dict[str, Any]:
    """The latest word about one purpose."""
    given = gettext("Yes, since %(day)s", day=moment(clock.day(event.at)))
    until = f" {gettext('until %(day)s', day=moment(event.expires_on))}" if event.expires_on else ""
    return {
        "what": str(AGREED[event.purpose]) + (f": {event.organisation}" if event.organisation else ""),
        "state": given + until if is_live else gettext("No, not since %(day)s", day=moment(event.expires_on or clock.day(event.at))),
        "is_live": is_live,
        "withdraw_url": url_for("MijnView.withdraw", number=event.id) if is_live else "",
    }


def looked_last(look: Look | None) -> str:
    return gettext("Last time: %(when)s.", when=relative(look.at)) if look is not None else gettext("Nobody has looked yet.")


def looks_of_day(looks: Sequence[Look]) -> list[dict[str, Any]]:
    """Who looked on one day, each kind of reader and of looking once, with how often and when last."""

    def key(look: Look) -> tuple[str, str, str, str]:
        return (look.role.name if look.role else "", look.region or "", look.organisation or "", f"{look.channel} {look.purpose or ''}")

    found = []
    for _, group in groupby(sorted(looks, key=key), key=key):
        same = list(group)
        last = max(same, key=lambda look: look.at)
        often = gettext("%(times)s times", times=len(same)) if len(same) > 1 else ""
        did = LOOKED.get(last.channel, LOOKED["show"])
        where = last.organisation or last.region or ""
        who = _first_up(str(last.role.label)) if last.role else gettext("Somebody")
        line = {"who": who, "where": where, "did": did, "often": often, "why": last.purpose, "is_list": last.channel == "list"}
        found.append((last.at, {**line, "time": format_time(clock.local(last.at).time(), "HH:mm")}))
    return [line for _, line in sorted(found, key=lambda one: one[0], reverse=True)]
