"""/nieuwsbrief: asking for the newsletter without a file, and the link in the mail that confirms it. Every address gets the same answer."""

from __future__ import annotations

import re
from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import get_locale, gettext
from flask_wtf.csrf import generate_csrf

from app.adapters import clock
from app.fab import attempts
from app.fab.auth import demo_on
from app.fab.editing import REFUSED, doorway
from app.fab.plain import LoketPage
from app.security.identity import person
from app.services import mail_addresses, mail_links, newsletter
from app.services.contact import normalise_email
from app.views.preferences import broken, language_of

TRAP = "website"  # a field that people do not see: who fills it in is a program


class NieuwsbriefView(LoketPage):
    route_base = "/nieuwsbrief"

    @expose("/", methods=["GET", "POST"])
    def index(self) -> Any:
        """Ask for the newsletter; a growing wait for one address from one network."""
        if request.method == "GET":
            return self._form()
        typed, now = request.form.get("email", "").strip(), clock.now()
        norm = normalise_email(typed)
        if norm is None:
            return self._form(gettext("This is not an e-mail address. Check what you typed."), typed, REFUSED)
        box = re.sub(r"\+[^@]*@", "@", norm)  # one mailbox, whatever is put behind its name
        wait = attempts.claim(f"newsletter {box}", request.remote_addr, now) or attempts.claim("newsletter", request.remote_addr, now)
        if wait:
            words = gettext("You asked for this several times. Look in your mail, or wait %(wait)s seconds.", wait=wait)
            return self._form(words, typed, 429)
        if not request.form.get(TRAP):
            with doorway():
                newsletter.ask(typed, norm, region_id=_region(), locale=str(get_locale() or "nl"), now=now)
        return redirect(url_for("NieuwsbriefView.sent"))

    @expose("/mail/")
    def sent(self) -> Any:
        """What now: the same page for everybody."""
        return self.render_template("loket/newsletter_sent.html", title=gettext("One more step: look in your mail"), reads_mail=demo_on())

    @expose("/<token>", methods=["GET", "POST"])
    def confirm(self, token: str) -> Any:
        """A button, and what it does. Looking changes nothing."""
        asked = mail_links.read_newsletter(token, now=clock.now())
        row = mail_addresses.find(asked[0]) if asked is not None else None
        if asked is None or row is None:
            return broken(self)
        with language_of(row):
            done = request.method == "POST"
            if done:
                with doorway():
                    newsletter.confirm(row, asked[1], by=person(), now=clock.now())
            return self.render_template(
                "loket/newsletter_confirm.html",
                title=gettext("The newsletter comes to you") if done else gettext("Do you want our newsletter?"),
                done=done,
                address=mail_addresses.masked(row.address),
                preferences_url=mail_links.preferences_path(row.id),
                csrf=generate_csrf(),
            )

    def _form(self, error: str = "", typed: str = "", status: int = 200) -> Any:
        chosen = request.form.get("region", "")
        regions = [(str(one.id), one.name, str(one.id) == chosen) for one in newsletter.regions()]
        page = self.render_template(
            "loket/newsletter.html", title=gettext("Newsletter"), error=error, typed=typed, regions=regions, trap=TRAP, csrf=generate_csrf()
        )
        return page, status


def _region() -> int | None:
    """The region that was chosen; None for the whole country, and for one that is not there."""
    return next((one.id for one in newsletter.regions() if str(one.id) == request.form.get("region")), None)
