"""The own account: sessions that can be ended, a new password, and one-time links."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext

from app.adapters import clock
from app.errors import DomainError
from app.extensions import db
from app.fab import attempts, sessions
from app.fab.auth import sign_in
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.fab.sessions import RowSession
from app.fab.shown import moment
from app.models import LoginSession
from app.security.identity import person
from app.security.scope import SYSTEM_READ
from app.services import accounts, links, preferences


def current() -> RowSession:
    """The session of who is signed in; the sign-in page for everybody else is the caller's 403."""
    found = session._get_current_object()  # type: ignore[attr-defined]
    if not isinstance(found, RowSession) or found.user is None or found.row is None:
        abort(403)
    return found


def _account_of(mine: RowSession) -> User:
    """The person's account as a row of this request: what the session carries was only read, and changing it would change nothing."""
    assert mine.user is not None
    return db.session.scalars(sa.select(User).where(User.id == mine.user.id), execution_options=SYSTEM_READ).one()


class AccountView(LoketPage):
    route_base = "/account"

    @expose("/")
    def index(self) -> Any:
        if not isinstance(session, RowSession):
            return redirect(url_for("LoketAuthView.login", next=request.path))
        return self._page()

    def _page(self, error: str = "", status: int = 200) -> Any:
        mine = current()
        page = self.render_template(
            "loket/account.html",
            title=gettext("Account"),
            name=mine.profile.name if mine.profile else "",
            email=mine.user.email,
            sessions=self._sessions(mine),
            error=error,
            digest=preferences.wants_digest(mine.profile) if mine.profile and person().has_files else None,
            password_url=url_for("AccountView.password"),
        )
        return page, status

    def _sessions(self, mine: RowSession) -> list[dict[str, Any]]:
        query = sa.select(LoginSession).where(LoginSession.user_id == mine.user.id, LoginSession.ended_at.is_(None))
        alive = db.session.scalars(query.order_by(LoginSession.last_seen_at.desc()).limit(50), execution_options=SYSTEM_READ)
        return [
            {
                "device": device_name(row.device),
                "since": moment(row.created_at),
                "last_seen": moment(row.last_seen_at),
                "current": row.id == mine.row.id,
                "end_url": url_for("AccountView.end", number=row.id),
            }
            for row in alive
        ]

    @expose("/sessies/<int:number>", methods=["POST"])
    def end(self, number: int) -> Any:
        """End one of the own sessions; 404 for anybody else's."""
        mine = current()
        with doorway():
            done = sessions.end(mine.user.id, why="ended", now=clock.now(), only=number)
        if not done:
            abort(404)
        flash(gettext("That session has ended."), "success")
        return redirect(url_for("AccountView.index"))

    @expose("/mail", methods=["POST"])
    def mail(self) -> Any:
        """Get the mail of the morning or not."""
        current()
        wanted = {"on": None, "off": False}
        if request.form.get("digest") not in wanted:
            abort(404)
        with doorway():
            preferences.remember(preferences.DIGEST, wanted[request.form["digest"]], by=person())
        return redirect(url_for("AccountView.index", _anchor="mail"))

    @expose("/wachtwoord", methods=["POST"])
    def password(self) -> Any:
        """Change the own password; every other session ends."""
        mine = current()
        if attempts.claim(mine.user.username, request.remote_addr, clock.now()):
            return self._page(gettext("Too many tries. Wait a moment and try again."), 429)
        if not accounts.check_own_password(mine.user, request.form.get("current", "")):
            return self._page(gettext("Your present password is not right."), 403)
        attempts.forget(mine.user.username, request.remote_addr)
        if request.form.get("password") != request.form.get("repeat"):
            return self._page(gettext("The two passwords are not the same."), 422)
        try:
            with doorway():
                accounts.set_password(_account_of(mine), request.form.get("password", ""), now=clock.now())
                sessions.end(mine.user.id, why="password", now=clock.now(), but=mine.row.id)
        except DomainError as refusal:
            return self._page(str(refusal), 422)
        flash(gettext("Your password has been changed. You are signed out everywhere else."), "success")
        return redirect(url_for("AccountView.index"))

    @expose("/wachtwoord-vergeten")
    def forgotten(self) -> Any:
        return self.render_template("loket/forgot.html", title=gettext("Forgot your password?"))

    @expose("/link/<token>", methods=["GET", "POST"])
    def link(self, token: str) -> Any:
        """Choose a password with a one-time link. Looking does nothing; the button uses the link up and signs in."""
        found = links.peek(token, now=clock.now())
        if found is None:
            abort(404)
        if request.method == "GET":
            return self._link_page()
        if request.form.get("password") != request.form.get("repeat"):
            return self._link_page(gettext("The two passwords are not the same."), 422)
        try:
            with doorway():
                user = accounts.use_link(token, request.form.get("password", ""), now=clock.now())
                sessions.end(user.id, why="password", now=clock.now())
        except DomainError as refusal:
            return self._link_page(str(refusal), refusal.status if refusal.status != 400 else 422)
        sign_in(user)
        flash(gettext("Your password is set. Welcome."), "success")
        return redirect(url_for("HomeView.index"))

    def _link_page(self, error: str = "", status: int = 200) -> Any:
        return self.render_template("loket/set_password.html", title=gettext("Choose a password"), error=error), status


def device_name(agent: str) -> str:
    """Browser and system in two words, from what the browser says of itself."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), gettext("a browser"))
    system = next((name for mark, name in systems if mark in agent), "")
    return f"{browser} · {system}" if system else browser
