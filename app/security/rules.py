"""The lines of the wall: for every table, which rows a person reads, changes and adds.

A rule is an SQL criterion made from the identity. A subquery on a mapped class is walled as well; one on a bare table
(`_MATCH` and the like) looks past the wall on purpose, where a right follows from a row that the person need not see.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app import models as m
from app.enums import ACCEPTED_MATCHES, ConsentChannel, ConsentEvent, ConsentPurpose, Role
from app.security.capabilities import GRANTABLE
from app.security.criteria import ALL, NONE, Criterion, Rule, everybody, nobody
from app.security.criteria import in_regions as _regions
from app.security.identity import Identity
from app.security.rules_day import DAY_RULES, asked_organisations, offering_advisers, referred_candidates, set_out_organisations
from app.security.rules_messages import MESSAGE_RULES, writing_staff
from app.security.rules_own import OWN_RULES

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_MATCH, _MEMBER, _CONSENT = m.Match.__table__, m.Membership.__table__, m.Consent.__table__
_SESSION, _ACTIVITY, _TOKEN, _ORG = m.AdviceSession.__table__, m.Activity.__table__, m.PersonToken.__table__, m.Organisation.__table__
_CANDIDATE, _NEIGHBOUR = m.Candidate.__table__, m.RegionNeighbour.__table__


def _organisations(column: Any, identity: Identity) -> Criterion:
    return column.in_(sorted(identity.organisation_ids))


def accepted_candidates(identity: Identity) -> sa.Select[Any]:
    """Ids of candidates whose match with one of the person's organisations was accepted by both and did not fall through."""
    return sa.select(_MATCH.c.candidate_id).where(
        _organisations(_MATCH.c.organisation_id, identity), _MATCH.c.state.in_([state.name for state in ACCEPTED_MATCHES])
    )


def today() -> date:
    """The day on the Dutch calendar, on which a consent ends."""
    return datetime.now(AMSTERDAM).date()


def consented_candidates(identity: Identity) -> sa.Select[Any]:
    """Ids of candidates who share their reports with one of the person's organisations now: the latest event says given."""
    later = _CONSENT.alias()
    same = sa.and_(
        later.c.candidate_id == _CONSENT.c.candidate_id,
        later.c.purpose == _CONSENT.c.purpose,
        later.c.organisation_id == _CONSENT.c.organisation_id,
        later.c.id > _CONSENT.c.id,
    )
    return sa.select(_CONSENT.c.candidate_id).where(
        _CONSENT.c.purpose == ConsentPurpose.SHARE_REPORTS.name,
        _CONSENT.c.event == ConsentEvent.GIVEN.name,
        _organisations(_CONSENT.c.organisation_id, identity),
        sa.or_(_CONSENT.c.expires_on.is_(None), _CONSENT.c.expires_on >= today()),
        ~sa.exists().where(same),
    )


def _files(candidate_id: Any, region_id: Any, identity: Identity) -> Criterion:
    """Rows of a candidate's file: the desk by region, the candidate's own."""
    if identity.has_files:
        return _regions(region_id, identity)
    if identity.role is Role.CANDIDATE:
        return candidate_id == identity.candidate_id
    return NONE


def _candidates(identity: Identity) -> Criterion:
    if identity.role is Role.STUDY_ADVISER:
        through = (accepted_candidates(identity), consented_candidates(identity), referred_candidates(identity))
        return sa.or_(*(m.Candidate.id.in_(ids) for ids in through))
    if identity.is_organisation:
        return m.Candidate.id.in_(accepted_candidates(identity))
    return _files(m.Candidate.id, m.Candidate.region_id, identity)


def _desk(column: Any) -> Callable[[Identity], Criterion]:
    """Written by the desk whose region it is."""
    return lambda identity: _regions(column, identity) if identity.has_files else NONE


def _of_file(model: Any, shared_with_partners: bool = False) -> Callable[[Identity], Criterion]:
    def read(identity: Identity) -> Criterion:
        if identity.is_organisation and shared_with_partners:
            return model.candidate_id.in_(sa.select(m.Candidate.id))  # walled: those whose file they see
        return _files(model.candidate_id, model.region_id, identity)

    return read


def _sessions(identity: Identity) -> Criterion:
    """A desk reads what it wrote, also after a handover; what another desk wrote it reads in the package that came along."""
    s = m.AdviceSession
    if identity.is_organisation:
        seen = s.candidate_id.in_(sa.select(m.Candidate.id))  # walled
        return sa.and_(s.shared.is_(True), s.candidate_id.in_(consented_candidates(identity)), seen)
    return _files(s.candidate_id, s.in_region_id, identity)


def _session_write(identity: Identity) -> Criterion:
    """By the desk that wrote it, as long as the file is there."""
    mine = sa.and_(_regions(m.AdviceSession.region_id, identity), _regions(m.AdviceSession.in_region_id, identity))
    return mine if identity.has_files else NONE


def _matches(model: Any) -> Callable[[Identity], Criterion]:
    def read(identity: Identity) -> Criterion:
        if identity.is_organisation:
            return _organisations(model.organisation_id, identity)
        return _files(model.candidate_id, model.region_id, identity)

    return read


def _region_write(identity: Identity) -> Criterion:
    if identity.role is Role.ADMIN:
        return ALL
    return _regions(m.Region.id, identity) if identity.role is Role.COORDINATOR else NONE


def _admin_only(identity: Identity) -> Criterion:
    return ALL if identity.role is Role.ADMIN else NONE


def _organisation_key(column: Any) -> Callable[[Identity], Criterion]:
    """Organisations and what hangs on them: public to desks; own for an organisation; for a candidate those of
    own matches, consents and referrals, and what was set out."""

    def read(identity: Identity) -> Criterion:
        if identity.has_files or identity.role is Role.ADMIN:
            return ALL
        if identity.is_organisation:
            return _organisations(column, identity)
        if identity.role is Role.CANDIDATE:
            mine = sa.select(_MATCH.c.organisation_id).where(_MATCH.c.candidate_id == identity.candidate_id)
            hosts = sa.select(_ACTIVITY.c.organisation_id).where(_regions(_ACTIVITY.c.region_id, identity))
            agreed = sa.select(_CONSENT.c.organisation_id).where(_CONSENT.c.candidate_id == identity.candidate_id)
            told = (asked_organisations(identity), set_out_organisations(identity))
            return sa.or_(*(column.in_(ids) for ids in (mine, hosts, agreed, *told)))
        return NONE

    return read


def _organisation_write(column: Any) -> Callable[[Identity], Criterion]:
    def write(identity: Identity) -> Criterion:
        if identity.role is Role.ADMIN:
            return ALL
        if identity.role is Role.COORDINATOR:
            return column.in_(sa.select(_ORG.c.id).where(_regions(_ORG.c.region_id, identity)))
        return NONE

    return write


def _profiles(identity: Identity) -> Criterion:
    mine = m.UserProfile.user_id == identity.user_id
    staff = _MEMBER.c.role != Role.CANDIDATE.name
    if identity.role is Role.ADMIN:
        return sa.or_(mine, m.UserProfile.user_id.in_(sa.select(_MEMBER.c.user_id).where(staff)))
    if identity.has_files:
        return sa.or_(mine, m.UserProfile.user_id.in_(sa.select(_MEMBER.c.user_id).where(_regions(_MEMBER.c.region_id, identity), staff)))
    if identity.is_organisation:
        ours = sa.select(_MEMBER.c.user_id).where(_organisations(_MEMBER.c.organisation_id, identity))
        return sa.or_(mine, m.UserProfile.user_id.in_(ours))
    if identity.role is Role.CANDIDATE:
        lead = sa.select(_CANDIDATE.c.lead_adviser_id).where(_CANDIDATE.c.id == identity.candidate_id)
        talked = sa.select(_SESSION.c.adviser_id).where(_SESSION.c.candidate_id == identity.candidate_id)
        known = (lead, talked, offering_advisers(identity), writing_staff(identity))
        return sa.or_(mine, *(m.UserProfile.user_id.in_(ids) for ids in known))
    return NONE


def _profile_write(identity: Identity) -> Criterion:
    return m.UserProfile.user_id == identity.user_id if identity.role else NONE


def _profile_add(identity: Identity) -> Criterion:
    return ALL if identity.can("manage_members") else NONE


def _memberships(identity: Identity) -> Criterion:
    mine = m.Membership.user_id == identity.user_id
    staff = m.Membership.role != Role.CANDIDATE
    if identity.role is Role.ADMIN:
        return sa.or_(mine, staff)
    if identity.has_files:
        return sa.or_(mine, sa.and_(_regions(m.Membership.region_id, identity), staff))
    if identity.is_organisation:
        return sa.or_(mine, _organisations(m.Membership.organisation_id, identity))
    return mine if identity.role else NONE


def _membership_write(identity: Identity) -> Criterion:
    """By who may manage members, within the roles they may hand out, never their own."""
    if identity.role is None or not identity.can("manage_members"):
        return NONE
    roles = GRANTABLE.get(identity.role, frozenset())
    others = sa.and_(m.Membership.user_id != identity.user_id, m.Membership.role.in_(sorted(roles, key=lambda role: role.name)))
    if identity.role is Role.ADMIN:
        return others
    if identity.is_organisation:
        return sa.and_(others, _organisations(m.Membership.organisation_id, identity))
    return sa.and_(others, _regions(m.Membership.region_id, identity))


def _capabilities(identity: Identity) -> Criterion:
    return ALL if identity.role is Role.ADMIN else _regions(m.Capability.region_id, identity)


def _capability_write(identity: Identity) -> Criterion:
    """Never the row of one's own role, so that nobody widens the own rights."""
    if identity.role is None or not identity.can("manage_roles"):
        return NONE
    others = m.Capability.role != identity.role
    return others if identity.role is Role.ADMIN else sa.and_(others, _regions(m.Capability.region_id, identity))


def _national(column: Any, identity: Identity) -> Criterion:
    return column == identity.national_region_id


def _activities(identity: Identity) -> Criterion:
    if identity.role is Role.NATIONAL:
        return ALL
    near = sa.or_(_regions(m.Activity.region_id, identity), _national(m.Activity.region_id, identity))
    if identity.is_organisation:
        return sa.or_(near, _organisations(m.Activity.organisation_id, identity))
    return near if identity.is_desk or identity.role is Role.CANDIDATE else NONE


def _activity_write(identity: Identity) -> Criterion:
    if not identity.can("manage_activities"):
        return NONE
    if identity.is_organisation:
        return sa.and_(_organisations(m.Activity.organisation_id, identity), _regions(m.Activity.region_id, identity))
    return _regions(m.Activity.region_id, identity)


def _registrations(identity: Identity) -> Criterion:
    """The desk of the candidate, the organiser, and the candidate."""
    if identity.is_organisation:
        hosted = sa.select(_ACTIVITY.c.id).where(_organisations(_ACTIVITY.c.organisation_id, identity))
        return m.Registration.activity_id.in_(hosted)
    own = _files(m.Registration.candidate_id, m.Registration.region_id, identity)
    if identity.has_files:
        organised = sa.select(_ACTIVITY.c.id).where(_regions(_ACTIVITY.c.region_id, identity))
        return sa.or_(own, m.Registration.activity_id.in_(organised))
    return own


def _registration_write(identity: Identity) -> Criterion:
    return _registrations(identity) if identity.has_files else NONE


def _articles(identity: Identity) -> Criterion:
    if identity.role is Role.ADMIN:
        return ALL
    near = sa.or_(m.Article.region_id.is_(None), _regions(m.Article.region_id, identity), _national(m.Article.region_id, identity))
    if identity.has_files:
        return near
    return sa.and_(near, m.Article.published_on.is_not(None)) if identity.role else NONE


def _article_write(identity: Identity) -> Criterion:
    if not identity.can("write_articles"):
        return NONE
    if identity.role is Role.ADMIN:
        return ALL
    own = _regions(m.Article.region_id, identity)
    return sa.or_(own, m.Article.region_id.is_(None)) if identity.role is Role.NATIONAL else own


def _own_token() -> Any:
    return sa.select(_TOKEN.c.token)


def _changes(identity: Identity) -> Criterion:
    if identity.role is Role.ADMIN:
        return ALL
    if identity.role is Role.CANDIDATE:
        return m.ChangeLog.subject.in_(_own_token().where(_TOKEN.c.candidate_id == identity.candidate_id))
    return _regions(m.ChangeLog.region_id, identity) if identity.has_files else NONE


def _read_subjects(identity: Identity) -> Criterion:
    if identity.role is Role.CANDIDATE:
        return m.ReadSubject.token.in_(_own_token().where(_TOKEN.c.candidate_id == identity.candidate_id))
    return NONE


def _read_events(identity: Identity) -> Criterion:
    if identity.role is Role.ADMIN:
        return ALL
    if identity.role is Role.CANDIDATE:
        return m.ReadEvent.id.in_(sa.select(m.ReadSubject.event_id))  # walled: the own token
    return NONE


def _tokens(identity: Identity) -> Criterion:
    return _files(m.PersonToken.candidate_id, _region_of_token(), identity)


def _region_of_token() -> Any:
    return sa.select(_CANDIDATE.c.region_id).where(_CANDIDATE.c.id == m.PersonToken.candidate_id).scalar_subquery()


def _consent_add(identity: Identity) -> Criterion:
    """What the desk was told; and what candidates say for themselves, online."""
    if identity.role is Role.CANDIDATE:
        online = sa.and_(m.Consent.channel == ConsentChannel.ONLINE, m.Consent.recorded_by.is_(None))
        return sa.and_(m.Consent.candidate_id == identity.candidate_id, online)
    return _desk(m.Consent.region_id)(identity)


RULES: dict[type, Rule] = {
    m.Region: Rule(everybody, _region_write, _admin_only),
    m.RegionNeighbour: Rule(everybody, _admin_only),
    m.WorkingArea: Rule(everybody, _admin_only),
    m.Organisation: Rule(_organisation_key(m.Organisation.id), _organisation_write(m.Organisation.id)),
    m.Location: Rule(_organisation_key(m.Location.organisation_id), _organisation_write(m.Location.organisation_id)),
    m.Programme: Rule(_organisation_key(m.Programme.organisation_id), _organisation_write(m.Programme.organisation_id)),
    m.Subject: Rule(everybody),
    m.UserProfile: Rule(_profiles, _profile_write, _profile_add),
    m.Membership: Rule(_memberships, _membership_write),
    m.Capability: Rule(_capabilities, _capability_write),
    m.Candidate: Rule(_candidates, _desk(m.Candidate.region_id)),
    m.CandidateSubject: Rule(_of_file(m.CandidateSubject, True), _desk(m.CandidateSubject.region_id)),
    m.CandidateLocation: Rule(_of_file(m.CandidateLocation, True), _desk(m.CandidateLocation.region_id)),
    m.PersonToken: Rule(_tokens, nobody, _desk(_region_of_token())),
    m.Task: Rule(_of_file(m.Task), _desk(m.Task.region_id)),
    m.Consent: Rule(_of_file(m.Consent), nobody, _consent_add),
    m.StageSpan: Rule(_of_file(m.StageSpan), _desk(m.StageSpan.region_id)),
    m.AdviceSession: Rule(_sessions, _session_write),
    m.Match: Rule(_matches(m.Match), _desk(m.Match.region_id)),
    m.MatchEvent: Rule(_matches(m.MatchEvent), nobody, _desk(m.MatchEvent.region_id)),
    m.Activity: Rule(_activities, _activity_write),
    m.Registration: Rule(_registrations, _registration_write),
    m.Article: Rule(_articles, _article_write),
    m.ChangeLog: Rule(_changes, nobody, everybody),
    m.ReadEvent: Rule(_read_events, nobody, everybody),
    m.ReadSubject: Rule(_read_subjects, nobody, everybody),
    **OWN_RULES,
    **DAY_RULES,
    **MESSAGE_RULES,
}

# FAB's own tables and what carries a sign-in: no rows of the product, read before anybody is known. Never on a screen.
SYSTEM_TABLES = frozenset(
    {
        *("ab_user", "ab_role", "ab_group", "ab_permission", "ab_view_menu", "ab_permission_view", "ab_register_user", "ab_api_key"),
        *("login_session", "login_attempt", "one_time_link", "export_ticket", "form_receipt", "setting"),
        *("log_seal", "log_head"),
    }
)
