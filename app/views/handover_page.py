"""The page of a handover as data: how it stands, what goes along, who does what next. Each side gets what is theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from app.adapters import clock, markdown
from app.enums import ACCEPTED_HANDOVERS, ConsentPurpose, HandoverKind, HandoverState, PackageItem, ReturnReason, Role
from app.errors import BadInput
from app.extensions import db
from app.fab.badges import BADGES, badge
from app.fab.page import Moment, Step
from app.fab.shown import due, moment, paragraphs, relative, timed
from app.models import Candidate, Consent, Handover, HandoverEvent, UserProfile
from app.security.fields import may_see
from app.security.identity import Identity, person
from app.services import consents, handovers, log
from app.services.packages import Item, Page
from app.views.base import advisers_of_regions

H = HandoverState
ONE_LINE = 120
WAY = (_l("Receiver"), _l("What goes along"), _l("Consent"), _l("Send"))
TRACK = ((H.SENT, _l("Sent")), (H.ACCEPTED, _l("Accepted")), (H.FIRST_CONTACT, _l("First contact")), (H.DONE, _l("Completed")))
_OVER = (H.RETURNED, H.WITHDRAWN)
_BY_RECEIVER = (H.RECEIVED, H.ACCEPTED, H.FIRST_CONTACT, H.DONE, H.RETURNED)


@dataclass(frozen=True)
class HandoverPage:
    """All that the template draws; `urls` has the address of each step; empty for what this person cannot do now."""

    title: str
    number: str
    badge: Any
    steps: tuple[Step, ...]
    now: str
    clock: Any
    receiver: str
    facts: tuple[tuple[str, Any], ...]
    question: Any
    items: tuple[tuple[str, Any], ...]
    package: str  # why there is or is no package to read
    history: tuple[Moment, ...]
    version: int
    urls: dict[str, str]
    is_draft: bool
    is_referral: bool
    candidate_url: str = ""
    consent: str = ""
    asked: str = ""
    consent_text: Any = ""
    text_version: str = ""
    advisers: tuple[UserProfile, ...] = ()
    reasons: tuple[ReturnReason, ...] = tuple(ReturnReason)
    warning: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    me: int | None = None
    refused: bool = False

    @property
    def has_package(self) -> bool:
        """There is something to read, or still to choose."""
        return bool(self.is_draft or self.items or self.question)


def page_of(view: Any, row: Handover, by: Identity, *, warning: str = "", typed: dict[str, str] | None = None) -> HandoverPage:
    """The page of a handover for one person."""
    draft = row.state is H.DRAFT
    reads = reads_package(row, by)
    items = handovers.preview(row) if reads else []
    former = is_former(row, by)
    urls = {verb: view.address(verb, pk=row.id) if view.may(verb, row) else "" for verb in view.steps}
    name = row.candidate.name if row.candidate is not None and may_see(by, Candidate, "name") else ""
    return HandoverPage(
        title=title_of(row),
        number=row.candidate_number,
        badge="" if draft else badge(row.state),
        steps=tuple(way(3 if row.consent_id else 2) if draft else track(row)),
        now=situation(row, by),
        clock=clock_of(row),
        receiver=receiver_of(row),
        facts=tuple(_facts(row, name, former)),
        question=paragraphs(row.question) if reads else None,
        items=tuple((page.title, paragraphs(page.text)) for page in items),
        package=_about_package(row, by),
        history=tuple(_history(row)),
        version=row.version,
        urls=urls,
        is_draft=draft,
        is_referral=row.kind is HandoverKind.REFERRAL,
        candidate_url=view.candidate_url(row),
        warning=warning,
        typed=typed or {"reason": "", "note": ""},
        refused=typed is not None,
        me=by.user_id,
        advisers=tuple(advisers(row)) if urls["accept"] and row.kind is HandoverKind.REGION else (),
        **(_consent(row) if draft else {}),
    )


def title_of(row: Handover) -> str:
    """K-204173 to Regio Utrecht."""
    return gettext("%(number)s to %(receiver)s", number=row.candidate_number, receiver=receiver_of(row))


def receiver_of(row: Handover) -> str:
    return str(row.to_region or row.organisation or gettext("a training institute"))


def is_former(row: Handover, by: Identity) -> bool:
    """The file went to another desk: what is left here is the number, the stage and the history."""
    taken = row.kind is HandoverKind.REGION and row.state in ACCEPTED_HANDOVERS
    return taken and handovers.is_sender(row, by) and not handovers.is_receiver(row, by)


def reads_package(row: Handover, by: Identity) -> bool:
    return not is_former(row, by) and (handovers.is_sender(row, by) or row.state not in _OVER)


def log_reading(screen: str, channel: str, rows: Sequence[Handover]) -> None:
    """Write whose package is read; a former desk reads none."""
    by = person()
    log.read(screen, channel, [row.candidate_id for row in rows if reads_package(row, by)], by=by, now=clock.now())


def way(here: int) -> Iterator[Step]:
    """The four steps of preparing, of which this is one."""
    for place, label in enumerate(WAY):
        yield Step(str(label), "done" if place < here else "now" if place == here else "next")


def track(row: Handover) -> Iterator[Step]:
    """The steps after sending; what came back stopped there."""
    if row.state in _OVER:
        yield Step(str(TRACK[0][1] if row.sent_at else WAY[0]), "done")
        yield Step(str(row.state.label).capitalize(), "stopped")
        return
    here = {H.SENT: 0, H.RECEIVED: 0, H.ACCEPTED: 1, H.FIRST_CONTACT: 2, H.DONE: 3}[row.state]
    for place, (_, label) in enumerate(TRACK):
        yield Step(str(label), "done" if place < here else "now" if place == here else "next")


def situation(row: Handover, by: Identity) -> str:
    """How it stands, and who does what next, in a sentence."""
    other = receiver_of(row)
    sends = handovers.is_sender(row, by) and not handovers.is_receiver(row, by)
    if row.state is H.DRAFT:
        return _of_draft(row, other)
    if row.state is H.WITHDRAWN:
        return gettext("It was taken back. The candidate stayed with %(desk)s.", desk=row.from_region)
    if row.state is H.RETURNED:
        reason = row.return_reason.label if row.return_reason else ""
        return gettext("It came back: %(reason)s. The candidate stayed with %(desk)s.", reason=reason, desk=row.from_region)
    if row.state in (H.SENT, H.RECEIVED):
        if not sends:
            return gettext("%(desk)s asks you to take this candidate on. Read it, and say yes or no.", desk=row.from_region)
        sent = moment(row.sent_at) if row.sent_at else ""
        before = moment(row.answer_by) if row.answer_by else ""
        told = gettext("Sent %(sent)s; an answer is expected before %(before)s.", sent=sent, before=before)
        seen = gettext("%(other)s is on it.", other=other) if row.state is H.RECEIVED else ""
        return " ".join(filter(None, (told, seen, gettext("Until then the candidate stays active with you."))))
    return _of_accepted(row, other, sends)


def _of_draft(row: Handover, other: str) -> str:
    if row.consent_id is not None:
        return gettext("The candidate agrees. Check what goes along, and send it to %(other)s.", other=other)
    if row.asked_at is not None:
        return gettext("The candidate was asked %(when)s. You get a task as soon as there is an answer.", when=moment(row.asked_at))
    return gettext("Nothing has been sent. First ask whether the candidate agrees.")


def _of_accepted(row: Handover, other: str, sends: bool) -> str:
    when = moment(row.accepted_at) if row.accepted_at else ""
    if row.kind is HandoverKind.REFERRAL:
        return gettext(
            "%(other)s accepted it %(when)s. %(desk)s goes on helping the candidate.", other=other, when=when, desk=row.from_region
        )
    if sends:
        return gettext(
            "%(other)s accepted it %(when)s. You see the number, the stage and the history; the file is theirs.", other=other, when=when
        )
    if row.state is H.ACCEPTED:
        return gettext("You accepted it %(when)s. Now make the first contact.", when=when)
    return gettext("You accepted it %(when)s.", when=when)


def clock_of(row: Handover) -> Any:
    """The promised day as long as the first contact is not made, then how long it took."""
    if row.first_contact_at is not None and row.sent_at is not None:
        days = (clock.day(row.first_contact_at) - clock.day(row.sent_at)).days
        return gettext("First contact after 1 day") if days == 1 else gettext("First contact after %(days)s days", days=days)
    waits = row.answer_by is not None and row.state in (H.SENT, H.RECEIVED, H.ACCEPTED)
    return Markup("%s %s") % (gettext("First contact promised:"), due(row.answer_by)) if waits else ""


def _facts(row: Handover, name: str, former: bool) -> Iterator[tuple[str, Any]]:
    if former:
        yield gettext("Candidate"), row.candidate_number
        yield gettext("Stage"), badge(row.candidate_stage)
    else:
        yield gettext("Candidate"), f"{name} · {row.candidate_number}" if name else row.candidate_number
    yield gettext("From"), str(row.from_region)
    if row.sender is not None:
        yield gettext("Prepared by"), row.sender.name
    yield gettext("To"), receiver_of(row)
    if row.programme is not None:
        yield gettext("Programme"), str(row.programme)
    if row.return_note:
        yield gettext("Why it came back"), row.return_note


def _about_package(row: Handover, by: Identity) -> str:
    if not reads_package(row, by):
        return gettext("The package is not shown here any more.")
    if row.state is H.DRAFT:
        return gettext("This is exactly what %(other)s will read. Notes never go along.", other=receiver_of(row))
    return gettext("This is what was sent; later changes in the file do not show here.")


def _consent(row: Handover) -> dict[str, Any]:
    purpose = ConsentPurpose.HANDOVER if row.kind is HandoverKind.REGION else ConsentPurpose.REFERRAL
    text = consents.text_of(purpose, row.candidate.locale if row.candidate else "nl")
    given = db.session.scalar(sa.select(Consent).where(Consent.id == row.consent_id)) if row.consent_id else None
    said = gettext("Agreed %(when)s, %(how)s.", when=moment(given.at), how=given.channel.label) if given else ""
    asked = gettext("Asked online %(when)s; there is no answer yet.", when=moment(row.asked_at)) if row.asked_at and not given else ""
    return {"consent": said, "asked": asked, "consent_text": Markup(markdown.html(text.words)), "text_version": text.version}


def _history(row: Handover) -> Iterator[Moment]:
    """Each step, newest first: who by name on the own side, else which side it was."""
    steps = sa.select(HandoverEvent).where(HandoverEvent.handover_id == row.id).options(joinedload(HandoverEvent.by))
    for event in db.session.scalars(steps.order_by(HandoverEvent.id.desc())):
        side = receiver_of(row) if event.state in _BY_RECEIVER else str(row.from_region)
        who = event.by.name if event.by is not None else gettext("candidate") if event.by_id is None and row.sent_at is None else side
        yield Moment(
            BADGES[event.state][0], str(event.state.label).capitalize(), timed(event.at, relative(event.at)), who, event.note or ""
        )


# -- choosing -----------------------------------------------------------------------------------------------------------------


def advisers(row: Handover) -> list[UserProfile]:
    """Who at the receiving desk can take the candidate on."""
    return list(db.session.scalars(sa.select(UserProfile).where(*advisers_of_regions()).order_by(UserProfile.name)))


def code_of(item: Item) -> str:
    """BACKGROUND, SESSION:12: an item as a form posts it."""
    return item.kind.name if item.session_id is None else f"{item.kind.name}:{item.session_id}"


def item_of(code: str) -> Item:
    """The item of a code. Raises BadInput for anything that no form of ours posts."""
    name, _, key = code.partition(":")
    of_session = name == PackageItem.SESSION.name
    fits = key.isascii() and key.isdigit() and len(key) < 16 if of_session else not key
    if name not in PackageItem.__members__ or not fits:
        raise BadInput(gettext("Choose from the list."))
    return Item(PackageItem[name], int(key) if of_session else None)


def chosen(row: Handover) -> set[str]:
    return {code_of(Item(item.kind, item.session_id)) for item in row.items}


def groups(offered: Sequence[tuple[Item, Page]], wanted: set[str]) -> list[tuple[str, list[dict[str, Any]]]]:
    """What could go along in groups of boxes, each with its first line and, folded, its whole text."""
    found: dict[str, list[dict[str, Any]]] = {}
    for item, page in offered:
        heading = gettext("Conversations") if item.kind is PackageItem.SESSION else gettext("From the file")
        text = page.text or ""
        line = text.partition("\n")[0]
        short = line if len(line) <= ONE_LINE else f"{line[:ONE_LINE].rsplit(' ', 1)[0]}…"
        more = paragraphs(text) if text != short else ""
        box = {"code": code_of(item), "title": page.title, "line": short, "more": more, "on": code_of(item) in wanted}
        found.setdefault(heading, []).append(box)
    return list(found.items())


def usual(kind: HandoverKind) -> list[tuple[str, str]]:
    """The usual questions to the list, as (label, query)."""
    by = person()
    waiting = [("_flt_0_state", state.name) for state in (H.SENT, H.RECEIVED)]
    late = [*waiting, ("_flt_0_state", H.ACCEPTED.name), ("_flt_2_answer_by", clock.day(clock.now()).isoformat())]
    asked: list[tuple[str, list[tuple[str, str]]]] = []
    if kind is HandoverKind.REGION:
        asked.append((gettext("Came in"), [("_flt_0_to_region", str(key)) for key in sorted(by.region_ids)]))
        asked.append((gettext("Sent out"), [("_flt_0_from_region", str(key)) for key in sorted(by.region_ids)]))
    elif by.role is not Role.STUDY_ADVISER:
        asked.append((gettext("Being prepared"), [("_flt_0_state", H.DRAFT.name)]))
    asked += [(gettext("Waiting for an answer"), waiting), (gettext("Late"), late)]
    return [(words, urlencode(pairs)) for words, pairs in asked]
