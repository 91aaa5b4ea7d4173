"""The lines of the wall for messages: to a group, from templates, one to one, notifications; part of RULES."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app import models as m
from app.enums import ACCEPTED_MATCHES, Role
from app.security.criteria import ALL, NONE, Criterion, Rule, everybody, in_regions, nobody
from app.security.identity import Identity

_MATCH = m.Match.__table__
_THREAD, _MESSAGE = m.Thread.__table__, m.Message.__table__
_WRITERS = (Role.SCHOOL, Role.PROVIDER)  # of an organisation: who speaks with candidates about a match


def _mailings(identity: Identity) -> Criterion:
    """A desk those of its region, an organisation its own."""
    if identity.has_files:
        return sa.and_(in_regions(m.Mailing.region_id, identity), m.Mailing.organisation_id.is_(None))
    return m.Mailing.organisation_id.in_(sorted(identity.organisation_ids)) if identity.is_organisation else NONE


def _deliveries(identity: Identity) -> Criterion:
    """Of group messages who may see the message; of the service's own mails the desk of the file, and candidates what they got."""
    d = m.Delivery
    of_mailing = d.mailing_id.in_(sa.select(m.Mailing.id).where(_mailings(identity)))
    if identity.has_files:
        return sa.or_(of_mailing, sa.and_(d.mailing_id.is_(None), in_regions(d.region_id, identity)))
    if identity.is_organisation:
        return of_mailing
    return sa.and_(d.candidate_id == identity.candidate_id, d.mailing_id.is_(None)) if identity.role is Role.CANDIDATE else NONE


def _templates(identity: Identity) -> Criterion:
    """Who sends messages: those of the own region, of the whole country, and (a desk) what other regions share."""
    t = m.MailTemplate
    if identity.role is Role.ADMIN:
        return ALL
    near = sa.or_(t.region_id.is_(None), in_regions(t.region_id, identity))
    if identity.has_files:
        return sa.or_(near, t.shared.is_(True))
    return near if identity.is_organisation else NONE


def _template_write(identity: Identity) -> Criterion:
    if not identity.can("write_articles"):
        return NONE
    if identity.role is Role.ADMIN:
        return ALL
    own = in_regions(m.MailTemplate.region_id, identity)
    return sa.or_(own, m.MailTemplate.region_id.is_(None)) if identity.role is Role.NATIONAL else own


def _versions(rule: Callable[[Identity], Criterion]) -> Callable[[Identity], Criterion]:
    return lambda identity: m.MailTemplateVersion.template_id.in_(sa.select(m.MailTemplate.id).where(rule(identity)))


def _between(thread: Any) -> Callable[[Identity], Criterion]:
    """The two who write: the candidate and, without an organisation, the desk of the region in which it was written; with one, that
    organisation for as long as a match is accepted. `thread` is the mapped class or its bare table."""

    def read(identity: Identity) -> Criterion:
        if identity.has_files:
            here = sa.and_(in_regions(thread.region_id, identity), in_regions(thread.in_region_id, identity))
            return sa.and_(here, thread.organisation_id.is_(None))
        if identity.role is Role.CANDIDATE:
            return thread.candidate_id == identity.candidate_id
        if identity.role in _WRITERS:
            accepted = (_MATCH.c.candidate_id == thread.candidate_id, _MATCH.c.organisation_id == thread.organisation_id)
            live = _MATCH.c.state.in_([state.name for state in ACCEPTED_MATCHES])
            return sa.and_(thread.organisation_id.in_(sorted(identity.organisation_ids)), sa.exists().where(*accepted, live))
        return NONE

    return read


def _messages(identity: Identity) -> Criterion:
    return m.Message.thread_id.in_(sa.select(_THREAD.c.id).where(_between(_THREAD.c)(identity)))


def written_messages(identity: Identity) -> sa.Select[Any]:
    """Ids of what this person wrote, in threads that they read: the messages that they may put files with."""
    threads = sa.select(_THREAD.c.id).where(_between(_THREAD.c)(identity))
    return sa.select(_MESSAGE.c.id).where(_MESSAGE.c.author_id == identity.user_id, _MESSAGE.c.thread_id.in_(threads))


def writing_staff(identity: Identity) -> sa.Select[Any]:
    """Ids of those who wrote to the candidate."""
    to_them = (_MESSAGE.c.candidate_id == identity.candidate_id, _MESSAGE.c.from_candidate.is_(False))
    return sa.select(_MESSAGE.c.author_id).where(*to_them)


def _own(identity: Identity) -> Criterion:
    return m.Notification.user_id == identity.user_id if identity.role else NONE


MESSAGE_RULES: dict[type, Rule] = {
    m.Mailing: Rule(_mailings, _mailings),
    m.Delivery: Rule(_deliveries, nobody, everybody),  # changed by the worker, and by services/mailings.py beside the wall
    m.DeliveryEvent: Rule(nobody, nobody, nobody),
    m.Suppression: Rule(nobody, nobody, nobody),
    m.MailTemplate: Rule(_templates, _template_write),
    m.MailTemplateVersion: Rule(_versions(_templates), nobody, _versions(_template_write)),
    m.MailAddress: Rule(nobody, nobody, nobody),
    m.RegionSending: Rule(nobody, nobody, nobody),
    m.Thread: Rule(_between(m.Thread), _between(m.Thread)),
    m.Message: Rule(_messages, nobody, _messages),
    m.Notification: Rule(_own, _own, everybody),
}
