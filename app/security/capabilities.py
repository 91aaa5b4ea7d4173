"""What a role may do, per region: the table of defaults and ceilings. The source is the capability table of the domain.

ALWAYS can never be switched off, NEVER never on; ON and OFF are defaults that a region may change.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from app.enums import N_, Role
from app.models import Capability


class Level(Enum):
    ALWAYS = "always"
    ON = "on"
    OFF = "off"
    NEVER = "never"


_A, _1, _0, _N = Level.ALWAYS, Level.ON, Level.OFF, Level.NEVER
COLUMNS = (Role.ADVISER, Role.COORDINATOR, Role.NATIONAL, Role.SCHOOL, Role.PROVIDER, Role.STUDY_ADVISER, Role.ADMIN, Role.CANDIDATE)

# "after acceptance", "own", "when shared" are limits on rows: security/scope.py draws them. Here they count as ALWAYS.
LEVELS: dict[str, tuple[Level, ...]] = {
    "see_candidates": (_A, _A, _A, _A, _A, _A, _N, _A),
    "see_contact": (_1, _A, _1, _A, _A, _1, _N, _A),
    "see_notes": (_A, _1, _A, _N, _N, _N, _N, _N),
    "see_summaries": (_A, _A, _A, _N, _N, _A, _N, _A),
    "write_reports": (_A, _A, _A, _N, _N, _1, _N, _N),
    "move_stage": (_A, _A, _A, _N, _N, _0, _N, _N),
    "refer": (_1, _A, _A, _N, _N, _N, _N, _N),
    "export": (_1, _A, _1, _0, _0, _0, _N, _N),
    "export_contact": (_0, _1, _0, _N, _N, _N, _N, _N),
    "send_mailing": (_0, _1, _1, _0, _0, _N, _N, _N),
    "manage_activities": (_A, _A, _A, _1, _1, _1, _N, _N),
    "invite": (_1, _1, _1, _1, _1, _1, _N, _N),
    "write_articles": (_0, _1, _A, _N, _N, _N, _1, _N),
    "manage_fields": (_N, _1, _1, _N, _N, _N, _A, _N),
    "manage_members": (_N, _1, _1, _A, _A, _N, _A, _N),
    "see_figures": (_1, _A, _A, _A, _A, _A, _1, _N),
    "manage_roles": (_N, _1, _N, _N, _N, _N, _A, _N),
}

LABELS: dict[str, str] = {
    "see_candidates": N_("See candidates within the own scope"),
    "see_contact": N_("See names and contact data"),
    "see_notes": N_("See internal notes"),
    "see_summaries": N_("See summaries of conversations"),
    "write_reports": N_("Write conversation reports"),
    "move_stage": N_("Move stages, plan and offer"),
    "refer": N_("Refer and transfer"),
    "export": N_("Export lists"),
    "export_contact": N_("Export lists with contact data"),
    "send_mailing": N_("Send group messages"),
    "manage_activities": N_("Manage activities"),
    "invite": N_("Find and invite candidates"),
    "write_articles": N_("Write articles and templates"),
    "manage_fields": N_("Manage fields"),
    "manage_members": N_("Manage members"),
    "see_figures": N_("See figures"),
    "manage_roles": N_("Manage roles per region (this table)"),
}

# Which roles may be handed out by whom, in the own region or organisation. Nobody grants anything to themselves.
GRANTABLE: dict[Role, frozenset[Role]] = {
    Role.ADMIN: frozenset(Role) - {Role.CANDIDATE},
    Role.COORDINATOR: frozenset({Role.ADVISER, Role.SCHOOL, Role.PROVIDER, Role.STUDY_ADVISER}),
    Role.NATIONAL: frozenset({Role.NATIONAL}),
    Role.SCHOOL: frozenset({Role.SCHOOL}),
    Role.PROVIDER: frozenset({Role.PROVIDER, Role.STUDY_ADVISER}),
}


def level(role: Role, capability: str) -> Level:
    """The default and ceiling of a capability for a role. Raises KeyError for a name that does not exist."""
    return LEVELS[capability][COLUMNS.index(role)]


def effective(role: Role, overrides: Iterable[Capability]) -> frozenset[str]:
    """The capabilities that are on for a role, given a region's departures; a departure beyond a ceiling counts for nothing."""
    chosen = {row.name: row.enabled for row in overrides if row.role is role}
    return frozenset(name for name in LEVELS if _is_on(level(role, name), chosen.get(name)))


def _is_on(default: Level, chosen: bool | None) -> bool:
    if default in (Level.ALWAYS, Level.NEVER) or chosen is None:
        return default in (Level.ALWAYS, Level.ON)
    return chosen
