"""Aanmelden: a candidate asks for a mail with a link, and signs in with it. No password, no account to make.

Every address gets the same answer. Looking at a link does nothing, for mail programs look at links too: the button signs in.
"""

from __future__ import annotations

from typing import Any

from flask import make_response, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_babel import gettext

from app.adapters import clock
from app.errors import NotFound
from app.fab import attempts
from app.fab.auth import demo_on, sign_in
from app.fab.editing import REFUSED, doorway
from app.fab.plain import LoketPage
from app.fab.sessions import RowSession
from app.services import doors, knocks, links
from app.services.contact import normalise_email


class AanmeldenView(LoketPage):
    route_base = "/aanmelden"

    @expose("/", methods=["GET", "POST"])
    def index(self) -> Any:
        """Ask for a link; a growing wait for one address from one network."""
        if isinstance(session, RowSession):
            return redirect(url_for("HomeView.index"))
        if request.method == "GET":
            return self._form()
        typed = request.form.get("email", "")
        address, now = normalise_email(typed), clock.now()
        if address is None:
            return self._form(gettext("This is not an e-mail address. Check what you typed."), typed, REFUSED)
        wait = attempts.claim(_counted(address), request.remote_addr, now)
        if wait:
            return self._form(
                gettext("You asked for a link several times. Look in your mail, or wait %(wait)s seconds.", wait=wait), typed, 429
            )
        with doorway():
            knocks.ask(address, now=now)
        return redirect(url_for("AanmeldenView.sent"))

    def _form(self, error: str = "", typed: str = "", status: int = 200) -> Any:
        return self.render_template("loket/ask_link.html", title=gettext("Sign in with your e-mail"), error=error, typed=typed), status

    @expose("/mail")
    def sent(self) -> Any:
        """What now: the same page for everybody."""
        return self.render_template("loket/link_sent.html", title=gettext("Look in your mail"), reads_mail=demo_on())

    @expose("/link/<token>", methods=["GET", "POST"])
    def link(self, token: str) -> Any:
        """A button, and what it does: use the link up and open a new session. A link that does not work (any more) offers a new one."""
        now = clock.now()
        if links.peek(token, links.FOR_SIGN_IN, now=now) is None:
            return self._closed()
        if request.method == "GET":
            return self._quiet(self.render_template("loket/use_link.html", title=gettext("Sign in")), 200)
        try:
            with doorway():
                user = doors.enter(token, now=now)
        except NotFound:
            return self._closed()
        sign_in(user)
        return redirect(url_for("MijnView.index"))

    def _closed(self) -> Any:
        return self._quiet(self.render_template("loket/link_closed.html", title=gettext("This link does not work any more")), 404)

    def _quiet(self, page: str, status: int) -> Any:
        """The address of this page is a secret: it goes nowhere with a click."""
        answer = make_response(page, status)
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer


def _counted(address: str) -> str:
    """Apart from tries at a password: who asks for links keeps nobody from signing in with one."""
    return f"link {address}"
