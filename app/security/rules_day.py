"""The lines of the wall for the adviser's day: handovers, attachments, templates, what is set out, plans, mails; part of RULES."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app import models as m
from app.enums import ACCEPTED_HANDOVERS, ConsentEvent, ConsentPurpose, HandoverKind, HandoverState, Role
from app.security.criteria import ALL, NONE, Criterion, Rule, in_regions, nobody
from app.security.identity import Identity
from app.security.rules_messages import written_messages

_HANDOVER, _CONSENT = m.Handover.__table__, m.Consent.__table__
_OFFER, _PROGRAMME = m.Offer.__table__, m.Programme.__table__
_OVER = (HandoverState.RETURNED, HandoverState.WITHDRAWN)


def referred_candidates(identity: Identity) -> sa.Select[Any]:
    """Ids of candidates who were referred to one of the person's organisations, which accepted, and who still agree."""
    here = _HANDOVER.c.organisation_id.in_(sorted(identity.organisation_ids))
    accepted = _HANDOVER.c.state.in_([state.name for state in ACCEPTED_HANDOVERS])
    return sa.select(_HANDOVER.c.candidate_id).where(here, accepted, ~sa.exists().where(*_withdrawn(_HANDOVER.c)))


def _withdrawn(handover: Any) -> tuple[Criterion, ...]:
    """A later event that ends the consent to a referral."""
    return (
        _CONSENT.c.candidate_id == handover.candidate_id,
        _CONSENT.c.organisation_id == handover.organisation_id,
        _CONSENT.c.purpose == ConsentPurpose.REFERRAL.name,
        _CONSENT.c.event != ConsentEvent.GIVEN.name,
        _CONSENT.c.id > handover.consent_id,
    )


def asked_organisations(identity: Identity) -> sa.Select[Any]:
    """Ids of the organisations to which the candidate is or may be referred."""
    mine = sa.and_(_HANDOVER.c.candidate_id == identity.candidate_id, _HANDOVER.c.asked_at.is_not(None))
    return sa.select(_HANDOVER.c.organisation_id).where(mine)


def set_out_organisations(identity: Identity) -> sa.Select[Any]:
    """Ids of the organisations that were set out for the candidate, or that teach a programme that was."""
    live = sa.and_(_OFFER.c.candidate_id == identity.candidate_id, _OFFER.c.withdrawn_at.is_(None))
    taught = _OFFER.outerjoin(_PROGRAMME, _PROGRAMME.c.id == _OFFER.c.programme_id)
    return sa.select(sa.func.coalesce(_OFFER.c.organisation_id, _PROGRAMME.c.organisation_id)).select_from(taught).where(live)


def offering_advisers(identity: Identity) -> sa.Select[Any]:
    """Ids of those who set something out for the candidate."""
    return sa.select(_OFFER.c.offered_by).where(_OFFER.c.candidate_id == identity.candidate_id, _OFFER.c.withdrawn_at.is_(None))


def _sent() -> Criterion:
    return m.Handover.sent_at.is_not(None)  # what is refused or taken back before that was never the receiver's


def _handovers(identity: Identity) -> Criterion:
    """Who sends sees all of it; the receiver what was sent; the candidate what they were asked about."""
    h = m.Handover
    if identity.has_files:
        return sa.or_(in_regions(h.from_region_id, identity), sa.and_(in_regions(h.to_region_id, identity), _sent()))
    if identity.role is Role.STUDY_ADVISER:  # nobody else of the institute: that is what the candidate agreed to
        return sa.and_(h.organisation_id.in_(sorted(identity.organisation_ids)), _sent())
    if identity.role is Role.CANDIDATE:
        return sa.and_(h.candidate_id == identity.candidate_id, sa.or_(h.asked_at.is_not(None), _sent()))
    return NONE


def _handover_write(identity: Identity) -> Criterion:
    """Both sides; the candidate what they were asked about and is not sent yet."""
    asked = sa.and_(m.Handover.asked_at.is_not(None), ~_sent())
    return sa.and_(_handovers(identity), asked) if identity.role is Role.CANDIDATE else _handovers(identity)


def _packages(identity: Identity) -> Criterion:
    """Whose package is read: what came back or was taken back only by the sender, what another desk accepted only by that desk, and a
    referral as long as the candidate agrees."""
    h = m.Handover
    if identity.has_files:
        theirs = sa.and_(h.to_region_id.in_(sorted(identity.region_ids)), _sent(), h.state.not_in(_OVER))
        gone = sa.and_(h.kind == HandoverKind.REGION, h.state.in_(ACCEPTED_HANDOVERS))
        return sa.or_(theirs, sa.and_(in_regions(h.from_region_id, identity), ~gone))
    if identity.role is Role.STUDY_ADVISER:
        return sa.and_(_handovers(identity), h.state.not_in(_OVER), ~sa.exists().where(*_withdrawn(h)))
    return _handovers(identity)


def _handover_add(identity: Identity) -> Criterion:
    return in_regions(m.Handover.from_region_id, identity) if identity.has_files else NONE


def _of_handover(model: Any, rule: Callable[[Identity], Criterion]) -> Callable[[Identity], Criterion]:
    """Rows of the handovers that `rule` allows; written out, for what is written is not walled."""
    return lambda identity: model.handover_id.in_(sa.select(m.Handover.id).where(rule(identity)))


def _drafts(identity: Identity) -> Criterion:
    """What the sender still puts together."""
    return sa.and_(_handover_add(identity), m.Handover.state == HandoverState.DRAFT)


def _file(model: Any, *, own: Callable[[], Criterion] | None = None) -> Callable[[Identity], Criterion]:
    """Rows of a file: the desk by region; the candidate the own ones, as far as `own` says."""

    def read(identity: Identity) -> Criterion:
        if identity.has_files:
            return in_regions(model.region_id, identity)
        if identity.role is Role.CANDIDATE:
            mine = model.candidate_id == identity.candidate_id
            return sa.and_(mine, own()) if own else mine
        return NONE

    return read


def _attachments(identity: Identity) -> Criterion:
    """With the messages that somebody reads; with the reports that the desk sees, the candidate what is ticked for them."""
    with_message = m.Attachment.message_id.in_(sa.select(m.Message.id))  # walled
    if identity.has_files:
        return sa.or_(m.Attachment.session_id.in_(sa.select(m.AdviceSession.id)), with_message)  # walled
    if identity.role is Role.CANDIDATE:
        mine = sa.and_(m.Attachment.candidate_id == identity.candidate_id, m.Attachment.for_candidate.is_(True))
        return sa.and_(mine, sa.or_(m.Attachment.session_id.is_not(None), with_message))
    return with_message if identity.is_organisation else NONE


def _attachment_add(identity: Identity) -> Criterion:
    """With reports by the desk, with a message by who wrote it."""
    with_report = sa.and_(m.Attachment.session_id.is_not(None), _desk(m.Attachment)(identity))
    return sa.or_(with_report, m.Attachment.message_id.in_(written_messages(identity))) if identity.role else NONE


def _desk(model: Any) -> Callable[[Identity], Criterion]:
    return lambda identity: in_regions(model.region_id, identity) if identity.has_files else NONE


def _near(model: Any) -> Callable[[Identity], Criterion]:
    """What a desk works with: of the own region and of the whole country."""

    def read(identity: Identity) -> Criterion:
        if identity.role is Role.ADMIN:
            return ALL
        return sa.or_(model.region_id.is_(None), in_regions(model.region_id, identity)) if identity.has_files else NONE

    return read


def _template_write(model: Any) -> Callable[[Identity], Criterion]:
    def write(identity: Identity) -> Criterion:
        if not identity.can("write_articles"):
            return NONE
        if identity.role is Role.ADMIN:
            return ALL
        own = in_regions(model.region_id, identity)
        return sa.or_(own, model.region_id.is_(None)) if identity.role is Role.NATIONAL else own

    return write


def _steps(write: bool) -> Callable[[Identity], Criterion]:
    allowed = _template_write(m.PlanTemplate) if write else _near(m.PlanTemplate)
    return lambda identity: m.PlanStep.template_id.in_(sa.select(m.PlanTemplate.id).where(allowed(identity)))


def _limits(identity: Identity) -> Criterion:
    if identity.role is Role.ADMIN:
        return ALL
    return in_regions(m.StageLimit.region_id, identity) if identity.has_files else NONE


def _limit_write(identity: Identity) -> Criterion:
    return _limits(identity) if identity.role in (Role.ADMIN, Role.COORDINATOR) else NONE


DAY_RULES: dict[type, Rule] = {
    m.Handover: Rule(_handovers, _handover_write, _handover_add),
    m.HandoverItem: Rule(_of_handover(m.HandoverItem, _packages), _of_handover(m.HandoverItem, _drafts)),
    m.HandoverEvent: Rule(_of_handover(m.HandoverEvent, _handovers), nobody, _of_handover(m.HandoverEvent, _handover_write)),
    m.Attachment: Rule(_attachments, _desk(m.Attachment), _attachment_add),
    m.ReportTemplate: Rule(_near(m.ReportTemplate), _template_write(m.ReportTemplate)),
    m.Offer: Rule(_file(m.Offer, own=lambda: m.Offer.withdrawn_at.is_(None)), _desk(m.Offer)),
    m.CoAdviser: Rule(_desk(m.CoAdviser), _desk(m.CoAdviser)),
    m.StageLimit: Rule(_limits, _limit_write),
    m.PlanTemplate: Rule(_near(m.PlanTemplate), _template_write(m.PlanTemplate)),
    m.PlanStep: Rule(_steps(write=False), _steps(write=True)),
    m.Plan: Rule(_file(m.Plan), _desk(m.Plan)),
}
