"""Handing a candidate over to another desk, and referring one to a study adviser.

Until it is accepted the candidate stays active with the sender; afterwards the file is the receiver's, and the sender sees number
and stage. Each step leaves an event that both sides read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError

from app.adapters import clock
from app.enums import (
    OPEN_STATUSES,
    TRANSITIONS,
    ConsentChannel,
    ConsentPurpose,
    HandoverKind,
    HandoverState,
    OrganisationKind,
    ReturnReason,
    Role,
    TaskKind,
)
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound
from app.extensions import db
from app.models import Candidate, Consent, Handover, HandoverEvent, HandoverItem, Organisation, Region, UserProfile
from app.security.identity import Identity
from app.services import candidates, consents, edits, handover_mail, inbox, log, packages, tasks
from app.services.packages import Item, Page

PROMISED_DAYS = 3  # working days until the first contact, where the receiver promises nothing itself
LONGEST_NOTE = 400
LONGEST_QUESTION = 4_000


def draft(handover: Handover, items: Sequence[Item], *, by: Identity, now: datetime) -> Handover:
    """Begin a handover to `to_region`, or a referral to `organisation`, with what shall go along.

    Raises NotFound for a candidate or receiver out of sight, NotAllowed without the capability in the candidate's region, and
    BadInput for a file that is closed, the own region, a receiver that does not take part, and a handover that runs already.
    """
    edits.settle(handover)
    candidate = edits.candidate_of(handover)
    edits.allow_desk(by, "refer", candidate.region_id)
    with db.session.no_autoflush:
        _check_receiver(handover, candidate)
    handover.state, handover.created_at, handover.created_by = HandoverState.DRAFT, now, by.user_id
    handover.from_region_id = candidate.region_id
    handover.question = _text(handover.question, LONGEST_QUESTION)
    try:
        with db.session.begin_nested():
            log.changed("draft_handover", handover, by=by, now=now, fields=[])
    except IntegrityError as problem:
        raise BadInput(gettext("A handover of %(number)s is on its way already. Look there first.", number=candidate.number)) from problem
    _put_items(handover, candidate, items)
    _event(handover, None, by, now)
    return handover


def choose(handover: Handover, items: Sequence[Item], question: str | None, *, expected: int, by: Identity, now: datetime) -> None:
    """Change what goes along while it is not sent; when it becomes more, the candidate is to be asked again. Refuses as `draft`, and
    IllegalTransition afterwards."""
    candidate = _of_sender(handover, by)
    _still(handover, HandoverState.DRAFT)
    edits.claim_version(handover, expected, now=now)
    handover.question = _text(question, LONGEST_QUESTION)
    if set(items) - {Item(item.kind, item.session_id) for item in handover.items}:
        handover.asked_at = handover.consent_id = None  # they agreed to less than this
    _put_items(handover, candidate, items)
    log.changed("change_handover", handover, by=by, now=now, fields=["items", "question"])


def preview(handover: Handover) -> list[Page]:
    """What the other side will read, item by item; after sending, what it reads."""
    if handover.state is not HandoverState.DRAFT:
        return [Page(item.title, item.text) for item in handover.items]
    candidate = edits.candidate_of(handover)
    return [packages.page_of(candidate, Item(item.kind, item.session_id)) for item in handover.items]


def ask(handover: Handover, *, expected: int, by: Identity, now: datetime) -> None:
    """Put the question to the candidate, who answers in the own place (`answer`); a mail says that a question waits.

    Raises NotAllowed, IllegalTransition and Stale as `send`, and BadInput for a candidate whom no mail reaches or who agreed already.
    """
    candidate = _of_sender(handover, by)
    _still(handover, HandoverState.DRAFT)
    edits.claim_version(handover, expected, now=now)
    if handover.consent_id is not None:
        raise BadInput(gettext("The candidate has agreed already."))
    if not candidate.email:
        raise BadInput(gettext("%(number)s has no e-mail address. Ask by telephone or on paper.", number=candidate.number))
    handover.asked_at = now
    log.changed("ask_handover", handover, by=by, now=now, fields=["asked_at"])
    handover_mail.asked(handover, candidate, now=now)


def answer(handover: Handover, agreed: bool, *, by: Identity, now: datetime) -> None:
    """The candidate's own answer to `ask`: a consent, or the end of this handover. The sender gets a task either way.

    Raises NotAllowed for anybody else, and IllegalTransition when it is not asked any more or was answered.
    """
    if by.role is not Role.CANDIDATE or by.candidate_id != handover.candidate_id:
        raise NotAllowed(gettext("Only the candidate can answer this."))
    _still(handover, HandoverState.DRAFT)
    if handover.asked_at is None or handover.consent_id is not None:
        raise IllegalTransition(gettext("This question is answered already, or not asked any more."))
    edits.claim_version(handover, handover.version, now=now)
    if agreed:
        candidate = edits.candidate_of(handover)
        to = handover.organisation
        said = consents.record(candidate, _purpose(handover), organisation=to, channel=ConsentChannel.ONLINE, by=by, now=now)
        handover.consent_id = said.id
        db.session.flush()
    else:
        handover.state, handover.return_reason = HandoverState.RETURNED, ReturnReason.CANDIDATE_REFUSES
        _event(handover, None, by, now)
        log.changed("return_handover", handover, by=by, now=now, fields=["state"])
    title = gettext("The candidate agrees: send the handover") if agreed else gettext("The candidate does not want the handover")
    inbox.remind_sender(handover, title, now=now)
    handover_mail.answered(handover, "handover_agreed", now=now)


def withdraw(handover: Handover, *, expected: int, by: Identity, now: datetime) -> None:
    """Take it back before it is accepted; the candidate stays with the sender. Raises NotAllowed, IllegalTransition and Stale."""
    _of_sender(handover, by)
    _move(handover, HandoverState.WITHDRAWN, expected, now)
    _event(handover, None, by, now)
    log.changed("withdraw_handover", handover, by=by, now=now, fields=["state"])


def agree(handover: Handover, channel: ConsentChannel, *, expected: int, by: Identity, now: datetime) -> Consent:
    """Write down that the candidate agrees, told by telephone or on paper. Raises NotAllowed, Stale and BadInput as `send`."""
    candidate = _of_sender(handover, by)
    _still(handover, HandoverState.DRAFT)
    edits.claim_version(handover, expected, now=now)
    consent = consents.record(candidate, _purpose(handover), organisation=handover.organisation, channel=channel, by=by, now=now)
    handover.consent_id = consent.id
    db.session.flush()
    return consent


def send(handover: Handover, *, expected: int, by: Identity, now: datetime) -> None:
    """Freeze the package and send it. The sender keeps the candidate, with a task for the day of the promised first contact.

    Raises NotAllowed without the capability, IllegalTransition unless it is a draft, Stale when somebody else changed it first, and
    BadInput without the candidate's live consent.
    """
    candidate = _of_sender(handover, by)
    _claim(handover, HandoverState.SENT, expected, now)
    if handover.consent_id is None or not consents.live(candidate, _purpose(handover), handover.organisation, now=now):
        raise BadInput(gettext("The candidate has not agreed yet. Ask first, and write down the answer."))
    for item in handover.items:
        item.title, item.text = packages.page_of(candidate, Item(item.kind, item.session_id))
    db.session.flush()  # while it is a draft: afterwards nobody changes an item
    handover.state, handover.sent_at = HandoverState.SENT, now
    days = handover.to_region.promised_days if handover.to_region is not None else PROMISED_DAYS
    handover.answer_by = tasks.add_working_days(clock.day(now), days)
    _event(handover, None, by, now)
    log.changed("send_handover", handover, by=by, now=now, fields=["state"])
    title = gettext("Ask whether the handover has been accepted")
    tasks.plan(candidate, title, handover.answer_by, kind=TaskKind.FOLLOW_UP, by=by, now=now)
    handover_mail.received(handover, now=now)


def receive(handover: Handover, *, expected: int, by: Identity, now: datetime) -> None:
    """Tell the sender that it was seen. Raises NotAllowed for who is not the receiver, IllegalTransition, Stale."""
    _of_receiver(handover, by)
    _move(handover, HandoverState.RECEIVED, expected, now)
    _event(handover, None, by, now)
    log.changed("receive_handover", handover, by=by, now=now, fields=["state"])


def accept(handover: Handover, adviser: UserProfile | None = None, *, expected: int, by: Identity, now: datetime) -> None:
    """Take the candidate on. A handover moves the file to the receiving desk: to `adviser`, or into the inbox; a referral lets the
    study adviser look along.

    Raises NotAllowed for who is not the receiver, IllegalTransition, Stale, and BadInput for an adviser of another desk and when the
    candidate took the consent back.
    """
    _of_receiver(handover, by)
    _move(handover, HandoverState.ACCEPTED, expected, now)
    if not consents.stands(handover.candidate_id, _purpose(handover), handover.organisation_id, now=now):
        raise BadInput(gettext("The candidate does not agree to this any more. Send it back; the sender talks to the candidate."))
    handover.accepted_at, handover.accepted_by = now, by.user_id
    _event(handover, None, by, now)
    db.session.flush()
    if handover.kind is HandoverKind.REGION:
        _take_over(handover, adviser, by, now)
    log.changed("accept_handover", handover, by=by, now=now, fields=["state"])
    handover_mail.answered(handover, now=now)


def send_back(handover: Handover, reason: ReturnReason, note: str | None = None, *, expected: int, by: Identity, now: datetime) -> None:
    """Do not take the candidate on, and say why; the sender gets a task. Raises NotAllowed, IllegalTransition and Stale as `accept`."""
    _of_receiver(handover, by)
    _move(handover, HandoverState.RETURNED, expected, now)
    handover.return_reason, handover.return_note = reason, _text(note, LONGEST_NOTE)
    _event(handover, handover.return_note, by, now)
    log.changed("return_handover", handover, by=by, now=now, fields=["state"])
    inbox.remind_sender(handover, gettext("The handover came back: decide what now"), now=now)
    handover_mail.answered(handover, now=now)


def first_contact(handover: Handover, *, expected: int, by: Identity, now: datetime) -> None:
    """The receiver spoke to the candidate: this stops the clock. Raises NotAllowed, IllegalTransition and Stale as `accept`."""
    _of_receiver(handover, by)
    _move(handover, HandoverState.FIRST_CONTACT, expected, now)
    handover.first_contact_at = now
    _event(handover, None, by, now)
    log.changed("first_contact", handover, by=by, now=now, fields=["state"])


def note_contact(candidate: Candidate, *, by: Identity, now: datetime) -> None:
    """A conversation was written down: the first one after a handover stops its clock. Part of `advice.record`, which checked."""
    waiting = sa.select(Handover).where(
        Handover.candidate_id == candidate.id,
        Handover.state == HandoverState.ACCEPTED,
        Handover.to_region_id.in_(sorted(by.region_ids)),
    )
    for handover in db.session.scalars(waiting).all():
        first_contact(handover, expected=handover.version, by=by, now=now)


def finish(handover: Handover, *, expected: int, by: Identity, now: datetime) -> None:
    """The study adviser is done, or the desk needs the handover no more. Raises NotAllowed, IllegalTransition and Stale."""
    _of_receiver(handover, by)
    _move(handover, HandoverState.DONE, expected, now)
    _event(handover, None, by, now)
    log.changed("finish_handover", handover, by=by, now=now, fields=["state"])


def is_sender(handover: Handover, by: Identity) -> bool:
    return by.has_files and handover.from_region_id in by.region_ids


def is_receiver(handover: Handover, by: Identity) -> bool:
    if handover.kind is HandoverKind.REGION:
        return by.has_files and handover.to_region_id in by.region_ids
    return by.role is Role.STUDY_ADVISER and handover.organisation_id in by.organisation_ids


def _of_sender(handover: Handover, by: Identity) -> Candidate:
    if not is_sender(handover, by):
        raise NotAllowed(gettext("Only the desk that sends this can do that."))
    candidate = edits.candidate_of(handover)
    edits.allow_desk(by, "refer", candidate.region_id)
    return candidate


def _of_receiver(handover: Handover, by: Identity) -> None:
    if not is_receiver(handover, by):
        raise NotAllowed(gettext("Only the side that receives this can do that."))


def _still(handover: Handover, state: HandoverState) -> None:
    if handover.state is not state:
        raise IllegalTransition(gettext("This is “%(state)s” already.", state=handover.state.label))


def _claim(handover: Handover, to: HandoverState, expected: int, now: datetime) -> None:
    edits.claim_version(handover, expected, now=now)
    if to not in TRANSITIONS[HandoverState][handover.state]:
        raise IllegalTransition(gettext("This is “%(state)s” already.", state=handover.state.label))


def _move(handover: Handover, to: HandoverState, expected: int, now: datetime) -> None:
    _claim(handover, to, expected, now)
    handover.state = to
    db.session.flush()


def _purpose(handover: Handover) -> ConsentPurpose:
    return ConsentPurpose.HANDOVER if handover.kind is HandoverKind.REGION else ConsentPurpose.REFERRAL


def _text(text: str | None, most: int) -> str | None:
    words = (text or "").strip()
    if len(words) > most:
        raise BadInput(gettext("Write this in at most %(most)d characters.", most=most))
    return words or None


def _check_receiver(handover: Handover, candidate: Candidate) -> None:
    if candidate.status not in OPEN_STATUSES:
        raise BadInput(gettext("The file of %(number)s is closed. Make it active first.", number=candidate.number))
    if (handover.to_region_id is None) == (handover.organisation_id is None):
        raise BadInput(gettext("Choose one receiver: a desk or a training institute."))
    handover.kind = HandoverKind.REGION if handover.to_region_id is not None else HandoverKind.REFERRAL
    if handover.kind is HandoverKind.REGION:
        _check_region(handover.to_region_id, candidate)
    else:
        _check_organisation(handover)


def _check_region(region_id: int | None, candidate: Candidate) -> None:
    region: Region | None = db.session.scalar(sa.select(Region).where(Region.id == region_id))
    if region is None:
        raise NotFound(gettext("This region is not there (any more)."))
    if region.id == candidate.region_id:
        raise BadInput(gettext("%(number)s is in this region already.", number=candidate.number))
    if region.left_on is not None:
        raise BadInput(gettext("%(region)s does not take part any more. Choose another desk.", region=region.name))


def _check_organisation(handover: Handover) -> None:
    organisation: Any = db.session.scalar(sa.select(Organisation).where(Organisation.id == handover.organisation_id))
    if organisation is None:
        raise NotFound(gettext("This organisation is not there (any more)."))
    if organisation.kind is not OrganisationKind.PROVIDER or not organisation.active:
        raise BadInput(gettext("Choose a training institute that takes part."))
    if handover.programme is not None and handover.programme.organisation_id != organisation.id:
        raise BadInput(gettext("This programme belongs to another organisation."))


def _put_items(handover: Handover, candidate: Candidate, items: Sequence[Item]) -> None:
    handover.items.clear()
    db.session.flush()
    for item in dict.fromkeys(items):
        title, _ = packages.page_of(candidate, item)
        key = {"candidate_id": candidate.id, "region_id": candidate.region_id}
        handover.items.append(HandoverItem(**key, kind=item.kind, session_id=item.session_id, title=title))
    db.session.flush()


def _event(handover: Handover, note: str | None, by: Identity, now: datetime) -> None:
    key = {"handover_id": handover.id, "candidate_id": handover.candidate_id, "region_id": handover.region_id}
    by_id = None if by.role is Role.CANDIDATE else by.user_id
    db.session.add(HandoverEvent(**key, state=handover.state, at=now, by_id=by_id, note=note))
    db.session.flush()


def _take_over(handover: Handover, adviser: UserProfile | None, by: Identity, now: datetime) -> None:
    region = handover.to_region
    assert region is not None
    if adviser is not None:
        tasks.check_owner(adviser.user_id, region.id, now)
    inbox.end_waiting(handover, now=now)
    inbox.move_file(handover.candidate_id, region.id, sender=handover.from_region.name, by=by, now=now)
    db.session.expire(handover)
    if adviser is not None:
        candidates.assign(edits.candidate_of(handover), adviser, by=by, now=now)
