"""The table of security/roles.py, written exactly into FAB's tables: what is missing is added, what is gone is removed.

FAB's own sync swallows its errors, only ever adds, and races when several workers start. This one is a command of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu, assoc_permissionview_role
from sqlalchemy.orm import Session

from app import enums
from app.extensions import db, transaction
from app.security.roles import SCREENS, permissions
from app.security.scope import SYSTEM_READ

EMPTY_ROLES = frozenset({"Admin", "Public"})  # FAB wants them to exist; nobody has them and they open nothing
OPENS = frozenset({"list", "chart", "matrix"})  # verbs with which a screen stands in the menu
MENU = "menu_access"
_LOCK = 4_713_001  # any number that no other advisory lock uses
_OPTIONS: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}

Pair = tuple[str, str]  # permission, screen


class SyncError(RuntimeError):
    """The screens and the table of roles do not fit, or the database did not become what the code says."""


@dataclass(frozen=True)
class Tables:
    """What FAB's tables hold, by name."""

    roles: frozenset[str]
    names: frozenset[str]
    screens: frozenset[str]
    pairs: frozenset[Pair]
    granted: frozenset[tuple[str, Pair]]

    def differences(self, other: Tables) -> int:
        """How many rows one has and the other has not."""
        mine, theirs = ([one.roles, one.names, one.screens, one.pairs, one.granted] for one in (self, other))
        return sum(len(here ^ there) for here, there in zip(mine, theirs, strict=True))


def wanted() -> Tables:
    """What the code says."""
    granted = {(role.name.lower(), pair) for role in enums.Role for pair in permissions(role) | _menu(role)}
    pairs = frozenset(pair for _, pair in granted)
    return Tables(
        roles=frozenset(role.name.lower() for role in enums.Role) | EMPTY_ROLES,
        names=frozenset(name for name, _ in pairs),
        screens=frozenset(SCREENS),
        pairs=pairs,
        granted=frozenset(granted),
    )


def _menu(role: enums.Role) -> frozenset[Pair]:
    return frozenset((MENU, screen) for screen, roles in SCREENS.items() if roles.get(role, frozenset()) & OPENS)


def sync_security(appbuilder: Any) -> int:
    """Make FAB's tables equal to the code, in one transaction under one lock; says how many rows changed (0 the second time).

    Raises SyncError when a screen is named in only one of views and roles, and when the tables are not as they should be afterwards.
    """
    check_screens(appbuilder)
    target = wanted()
    with transaction() as own:
        if own.get_bind().dialect.name == "postgresql":
            own.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)), execution_options=SYSTEM_READ)
        changes = stored(own).differences(target)
        if changes:
            _remove(own, target)
            _add(own, target)
        if stored(own) != target:
            raise SyncError("The permissions in the database are not what the code says; nothing was changed.")
    return changes


def check_screens(appbuilder: Any) -> None:
    """Raise SyncError for a screen in roles that no view has, and for a guarded view that stands in no role."""
    ours = [view for view in appbuilder.baseviews if not type(view).__module__.startswith("flask_appbuilder.")]
    guarded = {view.class_permission_name for view in ours if view.base_permissions}
    for problem, screens in (("have no view", SCREENS.keys() - guarded), ("stand in no role", guarded - SCREENS.keys())):
        if screens:
            raise SyncError(f"These screens {problem}: {', '.join(sorted(screens))}. See app/security/roles.py.")


def is_synced() -> bool:
    """FAB's tables are what the code says."""
    return stored(db.session) == wanted()


def stored(session: Any) -> Tables:
    """What the database holds."""

    def read(*columns: Any, start: Any = None) -> list[Any]:
        query = sa.select(*columns) if start is None else sa.select(*columns).select_from(start)
        return list(session.execute(query, execution_options=SYSTEM_READ))

    through = sa.join(PermissionView, Permission, Permission.id == PermissionView.permission_id).join(
        ViewMenu, ViewMenu.id == PermissionView.view_menu_id
    )
    link = assoc_permissionview_role.c
    given = through.join(assoc_permissionview_role, link.permission_view_id == PermissionView.id).join(Role, Role.id == link.role_id)
    return Tables(
        roles=frozenset(name for (name,) in read(Role.name)),
        names=frozenset(name for (name,) in read(Permission.name)),
        screens=frozenset(name for (name,) in read(ViewMenu.name)),
        pairs=frozenset((name, screen) for name, screen in read(Permission.name, ViewMenu.name, start=through)),
        granted=frozenset((role, (name, screen)) for role, name, screen in read(Role.name, Permission.name, ViewMenu.name, start=given)),
    )


def _remove(session: Session, target: Tables) -> None:
    """From the leaves to the roots, so that no key points to nothing."""
    for role, pair in stored(session).granted - target.granted:
        link = assoc_permissionview_role.c
        this = sa.and_(link.role_id == _id_of(Role, role), link.permission_view_id == _id_of_pair(pair))
        session.execute(sa.delete(assoc_permissionview_role).where(this), execution_options=_OPTIONS)
    for pair in stored(session).pairs - target.pairs:
        session.execute(sa.delete(PermissionView).where(PermissionView.id == _id_of_pair(pair)), execution_options=_OPTIONS)
    for model, keep in ((Permission, target.names), (ViewMenu, target.screens), (Role, target.roles)):
        session.execute(sa.delete(model).where(model.name.not_in(keep)), execution_options=_OPTIONS)


def _add(session: Session, target: Tables) -> None:
    here = stored(session)
    for model, missing in (
        (Permission, target.names - here.names),
        (ViewMenu, target.screens - here.screens),
        (Role, target.roles - here.roles),
    ):
        _insert(session, model, [{"name": name} for name in sorted(missing)])
    ids = {model: _ids(session, model) for model in (Permission, ViewMenu, Role)}
    pairs = sorted(target.pairs - here.pairs)
    _insert(
        session, PermissionView, [{"permission_id": ids[Permission][name], "view_menu_id": ids[ViewMenu][screen]} for name, screen in pairs]
    )
    query = sa.select(PermissionView.permission_id, PermissionView.view_menu_id, PermissionView.id)
    keys = {(permission, screen): key for permission, screen, key in session.execute(query, execution_options=SYSTEM_READ)}
    _insert(
        session,
        assoc_permissionview_role,
        [
            {"role_id": ids[Role][role], "permission_view_id": keys[ids[Permission][name], ids[ViewMenu][screen]]}
            for role, (name, screen) in sorted(target.granted - here.granted)
        ],
    )


def _insert(session: Session, into: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(sa.insert(into), rows, execution_options=SYSTEM_READ)


def _ids(session: Session, model: Any) -> dict[str, int]:
    return {name: key for name, key in session.execute(sa.select(model.name, model.id), execution_options=SYSTEM_READ)}


def _id_of(model: Any, name: str) -> Any:
    return sa.select(model.id).where(model.name == name).scalar_subquery()


def _id_of_pair(pair: Pair) -> Any:
    name, screen = pair
    mine = sa.and_(PermissionView.permission_id == _id_of(Permission, name), PermissionView.view_menu_id == _id_of(ViewMenu, screen))
    return sa.select(PermissionView.id).where(mine).scalar_subquery()
