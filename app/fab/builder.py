"""The AppBuilder without the screens that we do not want: its language links (a GET that writes), API manager and /back."""

from __future__ import annotations

from typing import Any

from flask import current_app, has_request_context, session, url_for
from flask_appbuilder import AppBuilder

from app.fab.manager import LoketSecurityManager
from app.fab.sessions import RowSession


class LoketAppBuilder(AppBuilder):
    """FAB's wiring on our terms: nothing is written at start, only our own screens are registered."""

    def _add_admin_views(self) -> None:
        self.sm.register_views()

    def _add_menu_permissions(self, update_perms: bool = False) -> None:
        """`flask sync-security` writes permissions, never a start."""

    @property
    def get_url_for_index(self) -> str:
        """Where FAB sends somebody without a better place to go."""
        return url_for("HomeView.index")

    def init_app(self, app: Any, session: Any) -> None:
        self.security_manager_class = LoketSecurityManager
        self.indexview = None
        super().init_app(app, session)
        app.extensions["babel"].locale_selector = locale


def locale() -> str:
    """The language of this person: of the profile, else the one chosen in this browser, else the default."""
    default = str(current_app.config["BABEL_DEFAULT_LOCALE"])
    if not has_request_context():
        return default
    if isinstance(session, RowSession) and session.profile is not None:
        return session.profile.locale
    chosen = session.get("locale")
    return str(chosen) if chosen in current_app.config["LANGUAGES"] else default
