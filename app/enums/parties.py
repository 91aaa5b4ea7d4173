"""Who takes part: roles and organisations."""

from __future__ import annotations

from app.enums.labelled import N_, Labelled


class Role(Labelled):
    """Who somebody is in one membership; the lower-case name is the role in FAB's tables."""

    CANDIDATE = N_("candidate")
    SCHOOL = N_("school HR")
    PROVIDER = N_("training institute")
    STUDY_ADVISER = N_("study adviser")
    ADVISER = N_("regional adviser")
    COORDINATOR = N_("regional coordinator")
    NATIONAL = N_("national adviser")
    ADMIN = N_("administrator")


DESK_ROLES = frozenset({Role.ADVISER, Role.COORDINATOR})
NATIONAL_ROLES = frozenset({Role.NATIONAL, Role.ADMIN})
ORGANISATION_ROLES = frozenset({Role.SCHOOL, Role.PROVIDER, Role.STUDY_ADVISER})
STAFF_ROLES = frozenset(Role) - {Role.CANDIDATE}


class OrganisationKind(Labelled):
    BOARD = N_("school board")
    SCHOOL = N_("school")
    PROVIDER = N_("training institute")


class LinkPurpose(Labelled):
    INVITE = N_("invitation")
    RESET = N_("new password")
    SIGN_IN = N_("signing in")
