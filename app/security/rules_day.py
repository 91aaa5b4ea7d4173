"""The lines of the wall for the adviser's day: handovers, attachments, templates, what is set out, plans, mails; part of RULES."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app import models as m
from app.enums import HandoverState, Role
from app.security.criteria import ALL, NONE, Criterion, Rule, everybody, in_regions, nobody
from app.security.identity import Identity


def _sent() -> Criterion:
    return m.Handover.state != HandoverState.DRAFT


def _handovers(identity: Identity) -> Criterion:
    """Who sends sees all of it; the receiver what was sent; the candidate what they were asked about."""
    h = m.Handover
    if identity.has_files:
        return sa.or_(in_regions(h.from_region_id, identity), sa.and_(in_regions(h.to_region_id, identity), _sent()))
    if identity.is_organisation:
        return sa.and_(h.organisation_id.in_(sorted(identity.organisation_ids)), _sent())
    if identity.role is Role.CANDIDATE:
        return sa.and_(h.candidate_id == identity.candidate_id, sa.or_(h.asked_at.is_not(None), _sent()))
    return NONE


def _handover_write(identity: Identity) -> Criterion:
    return NONE if identity.role is Role.CANDIDATE else _handovers(identity)


def _handover_add(identity: Identity) -> Criterion:
    return in_regions(m.Handover.from_region_id, identity) if identity.has_files else NONE


def _of_handover(identity: Identity) -> Criterion:
    return m.HandoverEvent.handover_id.in_(sa.select(m.Handover.id)) if identity.role else NONE  # walled


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
    m.HandoverEvent: Rule(_of_handover, nobody, _of_handover),
    m.Attachment: Rule(_file(m.Attachment, own=lambda: m.Attachment.for_candidate.is_(True)), _desk(m.Attachment)),
    m.ReportTemplate: Rule(_near(m.ReportTemplate), _template_write(m.ReportTemplate)),
    m.Offer: Rule(_file(m.Offer, own=lambda: m.Offer.withdrawn_at.is_(None)), _desk(m.Offer)),
    m.StageLimit: Rule(_limits, _limit_write),
    m.PlanTemplate: Rule(_near(m.PlanTemplate), _template_write(m.PlanTemplate)),
    m.PlanStep: Rule(_steps(write=False), _steps(write=True)),
    m.Plan: Rule(_file(m.Plan), _desk(m.Plan)),
    m.Delivery: Rule(_file(m.Delivery), nobody, everybody),  # changed by the worker alone
    m.DeliveryEvent: Rule(nobody, nobody, nobody),
    m.Suppression: Rule(nobody, nobody, nobody),
}
