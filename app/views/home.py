"""/: the public front page, or what waits for the active role. And what everybody may do: switch membership, language, download."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_babel import format_date, gettext, refresh

from app.adapters import clock
from app.enums import Role
from app.extensions import db
from app.fab import exporting, people
from app.fab.editing import doorway
from app.fab.plain import LoketPage, back
from app.fab.sessions import RowSession
from app.models import Candidate, UserProfile
from app.queries import first
from app.queries.first import Found, Query
from app.queries.today import LOADING, Ask
from app.security.identity import person
from app.security.scope import SYSTEM_READ
from app.services import log
from app.views import system
from app.views.today import FIGURES, ROWS, SECTIONS, Section, address, capped


class HomeView(LoketPage):
    route_base = ""

    @expose("/")
    def index(self) -> Any:
        by, now = person(), clock.now()
        if by.user_id is None:
            return self.render_template("loket/front.html", title="")
        if by.role is Role.CANDIDATE:
            return redirect(url_for("MijnView.index"))
        today = clock.day(now)
        ask = Ask(by, now, today, clock.at_midnight(today))
        sections = self._sections(ask)
        return self.render_template(
            "loket/home.html",
            title=gettext("Today"),
            greeting=_greeting(clock.local(now).hour, self._signed_in()),
            date_line=format_date(today, "EEEE d MMMM"),
            sections=[drawn for section, drawn in sections if not section.beside],
            beside=[drawn for section, drawn in sections if section.beside],
            figures=self._figures(ask),
            states=system.states(self, ask) if by.role is Role.ADMIN else (),
        )

    def _sections(self, ask: Ask) -> list[tuple[Section, dict[str, Any]]]:
        """The role's sections with their lines; logs whose files they show."""
        asked = {str(place): section for place, section in enumerate(SECTIONS.get(ask.by.role, ())) if self.list_of(section.screen)}
        made = {name: section.query(ask) for name, section in asked.items()}
        found = {name: one for name, one in made.items() if isinstance(one, Found)}
        found |= first.gather({name: one for name, one in made.items() if isinstance(one, Query)}, ROWS, LOADING)
        files = sorted({file for one in found.values() for row, _ in one.rows if (file := _file_of(row)) is not None})
        log.read("vandaag", "list", files, by=ask.by, now=ask.now)
        return [(section, self._drawn(section, found[name], ask)) for name, section in asked.items()]

    def _drawn(self, section: Section, found: Found, ask: Ask) -> dict[str, Any]:
        return {
            "title": section.title,
            "total": capped(found.total),
            "url": address(self.list_of(section.screen), section.filters(ask)),
            "lines": [section.line(row, extra, ask) for row, extra in found.rows[:ROWS]],
            "empty": section.empty,
            "reasons": section.reasons(ask) if section.reasons is not None else (),
        }

    def _figures(self, ask: Ask) -> list[tuple[Any, str, str]]:
        """(label, number, address) of the side column."""
        shown = {str(place): one for place, one in enumerate(FIGURES.get(ask.by.role, ())) if self.list_of(one.screen)}
        counted = first.count({name: one.query(ask) for name, one in shown.items()})
        return [(one.label, capped(counted[name]), address(self.list_of(one.screen), one.filters(ask))) for name, one in shown.items()]

    def list_of(self, screen: str) -> str:
        """The address of the list on a screen; empty when there is none for this person."""
        view = self.screen(screen)
        return view.address("list") if view is not None and view.may("list") else ""

    @expose("/lidmaatschap", methods=["POST"])
    def membership(self) -> Any:
        """Make another membership the active one; 404 for one that is not the person's own."""
        current = self._signed_in()
        chosen = people.choose(current, request.form.get("membership", ""))
        if chosen is None:
            abort(404)
        with doorway():
            people.remember(current, *chosen)
            own = sa.update(UserProfile).where(UserProfile.user_id == current.user.id)
            db.session.execute(own.values(last_membership_id=chosen[0]), execution_options=SYSTEM_READ)
        return redirect(url_for("HomeView.index"))

    @expose("/taal", methods=["POST"])
    def language(self) -> Any:
        """Choose a language; remembered for the person, or for the browser of a visitor."""
        wanted = request.form.get("locale", "")
        if wanted not in self.appbuilder.languages:
            abort(404)
        current = session._get_current_object()  # type: ignore[attr-defined]
        if isinstance(current, RowSession) and current.user is not None:
            with doorway():
                own = sa.update(UserProfile).where(UserProfile.user_id == current.user.id)
                db.session.execute(own.values(locale=wanted), execution_options=SYSTEM_READ)
        else:
            session["locale"] = wanted
        refresh()
        return redirect(back())

    def _signed_in(self) -> RowSession:
        current = session._get_current_object()  # type: ignore[attr-defined]
        if not isinstance(current, RowSession):
            abort(403)
        return current


def _greeting(hour: int, current: RowSession) -> str:
    """Good morning, Noor; at night too it is evening."""
    name = (current.profile.name if current.profile else "").partition(" ")[0]
    if 5 <= hour < 12:
        return gettext("Good morning, %(name)s", name=name)
    return gettext("Good afternoon, %(name)s", name=name) if 12 <= hour < 18 else gettext("Good evening, %(name)s", name=name)


def _file_of(row: Any) -> int | None:
    """The candidate whose file a row shows, as far as this person sees the candidate."""
    candidate = row if isinstance(row, Candidate) else getattr(row, "candidate", None)
    return candidate.id if candidate is not None else None


class ExportView(LoketPage):
    """Downloads, once, in the session that asked for them."""

    route_base = "/uitvoer"
    default_view = "download"

    @expose("/<token>")
    def download(self, token: str) -> Any:
        if person().role is None:
            abort(404)
        return exporting.download(token, self.screen)
