"""Signing in and out. FAB's form and address; our sessions, our counting of attempts, one answer for every failure."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app, flash, redirect, request, session, url_for
from flask.globals import request_ctx
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import get_locale, gettext, lazy_gettext
from flask_login import login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError

from app.adapters import clock
from app.extensions import db
from app.fab import attempts, sessions
from app.fab.editing import doorway
from app.fab.sessions import RowSession
from app.models import Setting, UserProfile
from app.security.scope import SYSTEM_READ
from app.services import accounts


def demo_on() -> bool:
    """This database holds demo data and shows it: the setting decides; without one the mark in the database, on this machine only."""
    if current_app.config["LOKET"].demo is not None or not demo_allowed():
        return demo_allowed()
    mark = sa.select(Setting.value).where(Setting.key == "demo")
    try:
        return db.session.scalar(mark, execution_options=SYSTEM_READ) == "1"
    except SQLAlchemyError:
        db.session.rollback()
        return False


def demo_allowed() -> bool:
    """The accounts whose password everybody knows may sign in: when the setting says so, or when only this machine can."""
    settings = current_app.config["LOKET"]
    return bool(settings.demo) if settings.demo is not None else settings.is_local


def sign_in(user: Any) -> None:
    """Give this browser a new session for a person who just proved who they are; whatever it held before has ended."""
    before = session._get_current_object()  # type: ignore[attr-defined]
    if isinstance(before, RowSession) and before.row is not None:
        with doorway():
            sessions.end(before.user.id, why="other", now=clock.now(), only=before.row.id)
    profile = sa.select(UserProfile).where(UserProfile.user_id == user.id)
    last = db.session.scalar(profile, execution_options=SYSTEM_READ)
    db.session.expunge_all()
    db.session.rollback()  # nothing of the visitor is left open
    opened = sessions.start(
        user,
        membership_id=last.last_membership_id if last else None,
        address=request.remote_addr,
        device=request.user_agent.string,
        now=clock.now(),
    )
    request_ctx._session = opened  # Flask offers no public way to replace a session
    login_user(user)


def _next() -> str:
    """Where somebody wanted to go before signing in, on this host; else home."""
    wanted = request.args.get("next", "")
    return str(get_safe_redirect(wanted)) if wanted else url_for("HomeView.index")


class LoketAuthView(AuthView):
    """/login/ and /logout/."""

    route_base = ""
    include_route_methods = {"login", "logout"}
    title = lazy_gettext("Sign in")

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        if isinstance(session, RowSession):
            return redirect(_next())
        form = LoginForm_db()
        if request.method == "POST" and form.validate():
            return self._try(form)
        return self._page(form)

    def _page(self, form: Any, wait: int = 0, status: int = 200) -> Any:
        language = 2 if str(get_locale()) == "en" else 1
        demo = [(line[0], line[language]) for line in current_app.config["DEMO_ACCOUNTS"]] if demo_on() else []
        password = current_app.config["DEMO_PASSWORD"] if demo else ""
        page = self.render_template(
            "loket/login.html",
            title=self.title,
            form=form,
            accounts=demo,
            demo_password=password,
            wait=wait,
            next=request.args.get("next", ""),
        )
        return page, status

    def _try(self, form: Any) -> Any:
        name, now = form.username.data, clock.now()
        wait = attempts.claim(name, request.remote_addr, now)
        if wait:
            return self._page(form, wait, 429)
        user = accounts.check_sign_in(name, form.password.data, demo_allowed=demo_allowed())
        if user is None:
            flash(gettext("This e-mail address and password do not belong together. Check them and try again."), "warning")
            return self._page(form, status=401)
        attempts.forget(name, request.remote_addr)
        sign_in(user)
        return redirect(_next())

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        current = session._get_current_object()  # type: ignore[attr-defined]
        if isinstance(current, RowSession) and current.user is not None and current.row is not None:
            with doorway():
                sessions.end(current.user.id, why="logout", now=clock.now(), only=current.row.id)
            logout_user()
            current.ended = True
        return redirect(url_for("HomeView.index"))
