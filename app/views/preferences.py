"""/voorkeuren and /afmelden: what somebody gets by mail, chosen by the link of a mail and without signing in.

Looking changes nothing, for mail programs look at links too. The addresses of these pages are secrets; like that of every page, a browser
tells them to no other host (fab/headers.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from babel.lists import format_list
from flask import current_app, flash, redirect, request, session
from flask_appbuilder import expose
from flask_babel import force_locale, get_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf

from app.adapters import clock
from app.enums import CHOSEN_CATEGORIES, MailCategory
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.models import MailAddress
from app.security.identity import person
from app.services import mail_addresses, mail_links

ONE_CLICK = "One-Click"  # what a mail program posts: RFC 8058
ABOUT = {
    MailCategory.ACTIVITIES: _l("Open days, information evenings and meetings near you."),
    MailCategory.NEWSLETTER: _l("News about working in education, a few times a year."),
    MailCategory.INVITATIONS: _l("An invitation to something that fits what you are looking for."),
}
ICONS = {MailCategory.ACTIVITIES: "calendar-event", MailCategory.NEWSLETTER: "news", MailCategory.INVITATIONS: "mail"}


class VoorkeurenView(LoketPage):
    route_base = "/voorkeuren"

    @expose("/<token>", methods=["GET", "POST"])
    def index(self, token: str) -> Any:
        """Each kind of message with a switch, and a button that turns all of them off."""
        row = found(token)
        if row is None:
            return broken(self)
        with language_of(row):
            if request.method == "POST":
                with doorway():
                    done = mail_addresses.choose(row, asked(), source=mail_addresses.BY_LINK, by=person(), now=clock.now())
                flash(said(*done), "success" if any(done) else "info")
                return redirect(request.path)
            return self.render_template(
                "loket/preferences.html",
                title=gettext("What may we send you?"),
                address=mail_addresses.masked(row.address),
                kinds=kinds(mail_addresses.categories(row)),
                has_file=mail_addresses.is_of_candidate(row),
                bounced=mail_addresses.bounced(row.address_norm) is not None,
                csrf=generate_csrf(),
            )


class AfmeldenView(LoketPage):
    route_base = "/afmelden"
    default_view = "leave"

    @expose("/<token>/<category>", methods=["GET", "POST"])
    def leave(self, token: str, category: str) -> Any:
        """One kind of message ends, by one button. A mail program may press it too: the signed link is the proof, there is no session."""
        row, kind = found(token), mail_links.category_of(category)
        if row is None or kind is None:
            return broken(self)
        with language_of(row):
            done = request.method == "POST"
            if done:
                by_program = request.form.get("List-Unsubscribe") == ONE_CLICK
                source = mail_addresses.BY_BUTTON if by_program else mail_addresses.BY_LINK
                with doorway():
                    mail_addresses.opt_out(row, kind, source=source, by=person(), now=clock.now())
            return self.render_template(
                "loket/unsubscribe.html",
                title=gettext("You have unsubscribed") if done else gettext("Unsubscribe?"),
                kind=kind.label,
                address=mail_addresses.masked(row.address),
                done=done or not mail_addresses.categories(row)[kind],
                preferences_url=mail_links.preferences_path(row.id),
                csrf=generate_csrf(),
            )


def found(token: str) -> MailAddress | None:
    """Whose link this is; None for one that does not work (any more)."""
    return mail_addresses.find(mail_links.read(token))


def kinds(wanted: dict[MailCategory, bool]) -> list[dict[str, Any]]:
    """The switches of a page."""
    return [
        {"name": mail_links.NAMES[one], "label": one.label, "about": ABOUT[one], "icon": ICONS[one], "on": wanted[one]} for one in wanted
    ]


def asked() -> set[MailCategory]:
    """The switches that are on in what was posted; none after the button that turns all of them off."""
    names = [] if "none" in request.form else request.form.getlist("kind")
    return {one for one in CHOSEN_CATEGORIES if mail_links.NAMES[one] in names}


def said(ended: list[MailCategory], back: list[MailCategory]) -> str:
    """What a change did, as a sentence or two."""
    lines = []
    if ended:
        lines.append(gettext("From now on you get none of these: %(kinds)s.", kinds=_listed(ended)))
    if back:
        lines.append(gettext("From now on you get these again: %(kinds)s.", kinds=_listed(back)))
    return " ".join(lines) or gettext("Nothing has changed: it stood like this already.")


def _listed(found: list[MailCategory]) -> str:
    return str(format_list([str(one.label) for one in found], locale=get_locale()))


def broken(view: Any) -> Any:
    """The same for a link that is wrong and one that is too old."""
    return view.render_template("loket/mail_link_closed.html", title=gettext("This link does not work any more")), 404


@contextmanager
def language_of(row: MailAddress) -> Iterator[None]:
    """The language in which this address gets its mails, unless the reader chose another one in this browser."""
    chosen = session.get("locale")
    with force_locale(chosen if chosen in current_app.config["LANGUAGES"] else row.locale):
        yield
