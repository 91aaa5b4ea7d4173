"""The lines of the wall for what people keep for themselves or say about the product; part of RULES."""

from __future__ import annotations

import sqlalchemy as sa

from app import models as m
from app.enums import FeedbackState, Role
from app.security.criteria import ALL, NONE, Criterion, Rule, everybody, in_regions
from app.security.identity import Identity


def _saved_views(identity: Identity) -> Criterion:
    """One's own, and what colleagues at the desk share."""
    mine = m.SavedView.user_id == identity.user_id
    if identity.has_files:
        mine = sa.or_(mine, m.SavedView.shared.is_(True))
    return sa.and_(in_regions(m.SavedView.region_id, identity), mine)


def _saved_view_write(identity: Identity) -> Criterion:
    """One's own; a coordinator also tidies what is shared."""
    mine = m.SavedView.user_id == identity.user_id
    if identity.role is Role.COORDINATOR:
        mine = sa.or_(mine, m.SavedView.shared.is_(True))
    return sa.and_(in_regions(m.SavedView.region_id, identity), mine)


def _saved_view_add(identity: Identity) -> Criterion:
    return sa.and_(in_regions(m.SavedView.region_id, identity), m.SavedView.user_id == identity.user_id)


def _logo_write(identity: Identity) -> Criterion:
    """By who may change the region itself."""
    if identity.role is Role.ADMIN:
        return ALL
    return in_regions(m.RegionLogo.region_id, identity) if identity.role is Role.COORDINATOR else NONE


def _drafts(identity: Identity) -> Criterion:
    return m.Draft.user_id == identity.user_id if identity.role else NONE


def _feedback(identity: Identity) -> Criterion:
    """Coordinators see all of their region; everybody else there what somebody has looked at."""
    if not identity.role or identity.role is Role.ADMIN:
        return ALL if identity.role else NONE
    here = in_regions(m.Feedback.region_id, identity)
    return here if identity.role is Role.COORDINATOR else sa.and_(here, m.Feedback.state != FeedbackState.NEW)


def _feedback_write(identity: Identity) -> Criterion:
    if identity.role is Role.ADMIN:
        return ALL
    return in_regions(m.Feedback.region_id, identity) if identity.role is Role.COORDINATOR else NONE


def _feedback_add(identity: Identity) -> Criterion:
    return in_regions(m.Feedback.region_id, identity) if identity.role else NONE


OWN_RULES: dict[type, Rule] = {
    m.SavedView: Rule(_saved_views, _saved_view_write, _saved_view_add),
    m.Draft: Rule(_drafts, _drafts),
    m.Feedback: Rule(_feedback, _feedback_write, _feedback_add),
    m.RegionLogo: Rule(everybody, _logo_write),
}
