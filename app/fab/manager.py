"""FAB's security manager, with our sessions and memberships behind it.

FAB's roles of a person are those of the active membership; permissions are read once a request instead of once per button.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g, session
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu, assoc_permissionview_role
from flask_jwt_extended import JWTManager

from app.extensions import reading
from app.fab.auth import LoketAuthView
from app.fab.sessions import RowSession
from app.security.identity import person
from app.security.scope import SYSTEM_READ


class LoketSecurityManager(SecurityManager):
    """Keeps FAB's tables and checks, replaces where they come from. Registers none of FAB's own security screens:
    who may edit its users sees every user and can hand out every role."""

    authdbview = LoketAuthView

    def register_views(self) -> None:
        """Only the sign-in screen; views/__init__.py hangs the others."""
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def create_jwt_manager(self, app: Any) -> JWTManager:
        """FAB wants one; nothing hands out tokens (its login endpoint is not registered)."""
        manager = JWTManager()
        manager.init_app(app)
        return manager

    def load_user(self, pk: str) -> Any:
        """The person of the open session row: read already, so no statement."""
        if isinstance(session, RowSession) or hasattr(session, "user"):
            user = session.user
            return user if user is not None and str(user.id) == str(pk) else None
        return None

    def get_user_roles(self, user: Any) -> list[Any]:
        """The role of the active membership, as FAB's role; nobody has roles in any other way."""
        identity = person()
        return [identity.role] if identity.role else []

    def granted(self) -> frozenset[tuple[str, str]]:
        """(permission, screen) pairs of the active role; one statement a request."""
        identity = person()
        if identity.role is None:
            return frozenset()
        known = g.get("granted")
        if known is None:
            known = g.granted = _permissions_of(identity.role.name.lower())
        return known

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """The active role has this permission on this screen. FAB's own version fetches the user anew for every button."""
        return (permission_name, view_name) in self.granted()

    def _has_view_access(self, user: Any, permission_name: str, view_name: str) -> bool:
        return self.has_access(permission_name, view_name)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing that FAB guards is public; public pages are our own routes."""
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        return {screen for permission, screen in self.granted() if permission == "menu_access"}


def _permissions_of(role: str) -> frozenset[tuple[str, str]]:
    query = (
        sa.select(Permission.name, ViewMenu.name)
        .select_from(Role)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.role_id == Role.id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(Role.name == role)
    )
    with reading() as session:
        return frozenset((permission, screen) for permission, screen in session.execute(query, execution_options=SYSTEM_READ))
