"""Role → screens → permissions: the one table, synced exactly into FAB's tables by `flask sync-security`.

A permission opens a screen; which rows and verbs follow is the wall's and the capabilities' business. A verb with a capability
behind it stands here for every role that could have it; the screen asks the capability as well.
"""

from __future__ import annotations

from app.enums import Role

READ = frozenset({"list", "show"})
EDIT = READ | {"add", "edit"}
FULL = EDIT | {"delete"}
EXPORT = frozenset({"export"})

_DESK = (Role.ADVISER, Role.COORDINATOR, Role.NATIONAL)
_PARTNERS = (Role.SCHOOL, Role.PROVIDER, Role.STUDY_ADVISER)

# screen (FAB's class_permission_name) → role → verbs
SCREENS: dict[str, dict[Role, frozenset[str]]] = {
    "Kandidaten": {
        **dict.fromkeys(_DESK, EDIT | EXPORT),
        **dict.fromkeys(_PARTNERS, READ | EXPORT),
        Role.CANDIDATE: frozenset({"show"}),
    },
    "Statusbord": dict.fromkeys(_DESK, frozenset({"list", "move"})),
    "Mijn": {Role.CANDIDATE: frozenset({"show", "edit"})},
    "Adviesvragers": dict.fromkeys(_DESK, frozenset({"list", "edit"})),
    "Gesprekken": {**dict.fromkeys(_DESK, FULL | EXPORT), Role.STUDY_ADVISER: READ | EXPORT, Role.CANDIDATE: READ},
    "Sjablonen": {**dict.fromkeys(_DESK, FULL), Role.ADMIN: FULL},
    "Klaargezet": {**dict.fromkeys(_DESK, READ | {"add"}), Role.CANDIDATE: frozenset({"read"})},
    "Plannen": dict.fromkeys(_DESK, frozenset({"list", "add"})),
    "Stappenplannen": dict.fromkeys((*_DESK, Role.ADMIN), EDIT),
    "Taken": {**dict.fromkeys(_DESK, EDIT | EXPORT), Role.CANDIDATE: READ},
    "Overdrachten": dict.fromkeys(_DESK, READ | {"add", "answer"}),
    "Doorverwijzingen": {**dict.fromkeys(_DESK, READ | {"add"}), Role.STUDY_ADVISER: READ | {"answer"}},
    "Berichten": {
        **dict.fromkeys(_DESK, READ | {"add"}),
        **dict.fromkeys((Role.SCHOOL, Role.PROVIDER), READ | {"match"}),
        Role.CANDIDATE: frozenset({"own"}),
    },
    "Berichtsjablonen": {**dict.fromkeys(_DESK, FULL), Role.ADMIN: FULL},
    "Groepsberichten": dict.fromkeys(_DESK, READ | {"add"} | EXPORT),
    "Matches": {
        **dict.fromkeys(_DESK, EDIT | EXPORT),
        **dict.fromkeys(_PARTNERS, READ | EXPORT),
        Role.CANDIDATE: READ,
    },
    "Activiteiten": {
        **dict.fromkeys(_DESK, EDIT | EXPORT),
        **dict.fromkeys(_PARTNERS, EDIT | EXPORT),
        Role.CANDIDATE: READ,
    },
    "Aanmeldingen": {**dict.fromkeys(_DESK, EDIT | EXPORT), **dict.fromkeys(_PARTNERS, READ | EXPORT), Role.CANDIDATE: READ},
    "Opleidingen": {
        **dict.fromkeys((*_DESK, Role.PROVIDER, Role.STUDY_ADVISER), READ | EXPORT),
        Role.COORDINATOR: FULL | EXPORT,
        Role.ADMIN: FULL,
    },
    "Organisaties": {
        **dict.fromkeys((*_DESK, *_PARTNERS), READ | EXPORT),
        Role.COORDINATOR: EDIT | EXPORT,
        Role.ADMIN: EDIT,
    },
    "Kennisbank": {
        **dict.fromkeys(_DESK, FULL | EXPORT),
        **dict.fromkeys(_PARTNERS, READ),
        Role.CANDIDATE: READ,
        Role.ADMIN: FULL,
    },
    "Regios": {Role.ADMIN: READ | {"edit", "join", "leave"}, Role.COORDINATOR: READ | {"edit"}},
    "Leden": {
        **dict.fromkeys((Role.ADMIN, Role.COORDINATOR, Role.NATIONAL, Role.SCHOOL, Role.PROVIDER), READ | {"invite", "end", "link"}),
    },
    "Rollen": {Role.ADMIN: frozenset({"matrix"}), Role.COORDINATOR: frozenset({"matrix"})},
    "Termijnen": dict.fromkeys((Role.ADMIN, Role.COORDINATOR), frozenset({"per_stage"})),
    "Logboek": dict.fromkeys((Role.ADMIN, Role.COORDINATOR), frozenset({"list"})),
    "Inzage": {Role.CANDIDATE: frozenset({"list"})},
    "Geschiedenis": {**dict.fromkeys(_DESK, frozenset({"list"})), Role.CANDIDATE: frozenset({"list"})},
    "Ideeen": dict.fromkeys(Role, frozenset({"list", "add"})),
    "Meldingen": dict.fromkeys(Role, frozenset({"list", "edit"})),
    "Feedback": dict.fromkeys((Role.ADMIN, Role.COORDINATOR), READ | EXPORT | {"edit"}),
    "Cijfers": dict.fromkeys((*_DESK, *_PARTNERS), frozenset({"chart"})),
}


def permissions(role: Role) -> frozenset[tuple[str, str]]:
    """What FAB stores for a role: (can_<verb>, screen) pairs."""
    return frozenset((f"can_{verb}", screen) for screen, roles in SCREENS.items() for verb in roles.get(role, ()))
