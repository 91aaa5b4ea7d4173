"""Which fields of a candidate's file a role sees: the table "who sees what" of the domain, as data.

A field that is hidden is hidden everywhere: list, detail, form, filter, order, search and export ask here.
"""

from __future__ import annotations

from enum import Enum

from app.enums import Role
from app.models import AdviceSession, Candidate, Match, MatchEvent, Registration, StageSpan
from app.security.identity import Identity


class Group(Enum):
    NUMBER = "number"
    CONTACT = "name, e-mail, telephone"
    PLACE = "place"
    STUDY = "education, subjects, qualification, hours"
    EMPLOYER = "current employer and sector"
    FUNCTION = "current function"
    MOTIVATION = "motivation"
    STAGE = "stage and status"
    DESK = "how the desk works on it"
    SIGNAL = "why somebody asks for attention, and what reaches them"
    PRIVATE = "birth year"
    SUMMARY = "session summary"
    NOTES = "session notes"
    OUTCOME = "why a match fell through"


_GROUPS: dict[type, dict[Group, str]] = {
    Candidate: {
        Group.CONTACT: "given_name infix surname name sort_name email email2 phone email_norm phone_norm linkedin",
        Group.PLACE: "pc4 place locations",
        Group.STUDY: "education field_of_study diploma_country diploma_valuation dutch_level wanted_sectors wanted_functions"
        " qualifications routes hours_min hours_max available_from anywhere subjects",
        Group.EMPLOYER: "employer current_sector",
        Group.FUNCTION: "current_function",
        Group.MOTIVATION: "motivation",
        Group.PRIVATE: "birth_year",
        Group.STAGE: "stage status status_until leave_reason stage_seq stage_entered_at",
        Group.DESK: "source certainty certainty_at lead_adviser lead_adviser_id holder last_contact_at last_active_at next_action_on"
        " next_action created_at locale version",
        Group.SIGNAL: "signal messages",
        Group.NUMBER: "id number region region_id",
    },
    AdviceSession: {Group.SUMMARY: "summary", Group.NOTES: "notes"},
    Match: {Group.OUTCOME: "fell_through_by fell_through_reason back_in_pool"},
    MatchEvent: {Group.OUTCOME: "reason"},
    StageSpan: {Group.NOTES: "reason"},
    Registration: {Group.DESK: "effect"},
}
GROUP_OF: dict[type, dict[str, Group]] = {
    model: {name: group for group, names in groups.items() for name in names.split()} for model, groups in _GROUPS.items()
}

_FILE = frozenset(Group) - {Group.NOTES}
_PARTNER = frozenset({Group.NUMBER, Group.CONTACT, Group.PLACE, Group.STUDY, Group.FUNCTION, Group.MOTIVATION, Group.SUMMARY})
SEEN_BY: dict[Role | None, frozenset[Group]] = {
    Role.ADVISER: _FILE | {Group.NOTES},
    Role.COORDINATOR: _FILE | {Group.NOTES},
    Role.NATIONAL: _FILE | {Group.NOTES},
    Role.STUDY_ADVISER: _PARTNER | {Group.STAGE},
    Role.SCHOOL: _PARTNER,
    Role.PROVIDER: _PARTNER,
    Role.CANDIDATE: _FILE - {Group.SIGNAL},
    Role.ADMIN: frozenset(),
    None: frozenset(),
}
_CAPABILITY = {Group.CONTACT: "see_contact", Group.NOTES: "see_notes"}


def seen(identity: Identity) -> frozenset[Group]:
    """The groups of fields this person sees, after the region's choices."""
    known: frozenset[Group] | None = identity.cache.get("fields")
    if known is None:
        groups = SEEN_BY[identity.role]
        known = frozenset(group for group in groups if group not in _CAPABILITY or identity.can(_CAPABILITY[group]))
        identity.cache["fields"] = known
    return known


def may_see(identity: Identity, model: type, name: str) -> bool:
    """This person sees this field. A field of a candidate's file that stands in no group is seen by nobody."""
    groups = GROUP_OF.get(model)
    if groups is None:
        return True
    if name in groups:
        return groups[name] in seen(identity)
    return model is not Candidate
