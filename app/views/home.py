"""/: the public front page, or what waits for the active role. And what everybody may do: switch membership, language, download."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_babel import gettext, refresh

from app.adapters import clock
from app.enums import Role
from app.extensions import db
from app.fab import exporting, people
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.fab.sessions import RowSession
from app.models import UserProfile
from app.queries import figures
from app.security.identity import person
from app.security.scope import SYSTEM_READ

Card = tuple[str, int, str, str]


class HomeView(LoketPage):
    route_base = ""

    @expose("/")
    def index(self) -> Any:
        by = person()
        if by.user_id is None:
            return self.render_template("loket/front.html", title="")
        if by.role is Role.CANDIDATE:
            return redirect(url_for("MijnView.mine"))
        return self.render_template("loket/home.html", title=gettext("Today"), cards=self.cards())

    def cards(self) -> list[Card]:
        """What waits, as (title, number, address, hint), for the screens that the role has."""
        by, today = person(), clock.day(clock.now())
        if by.role is Role.ADMIN:
            return self._admin_cards()
        cards: list[Card] = []
        if by.has_files:
            yesterday = (today - timedelta(days=1)).isoformat()
            mine = f"_flt_0_lead_adviser={by.user_id}&_flt_0_status=ACTIVE"
            overdue = f"{mine}&_flt_2_next_action_on={today.isoformat()}"
            list_url = url_for("KandidatenView.list")
            order = "&_oc_KandidatenView=next_action_on&_od_KandidatenView=asc"
            week = f"_flt_1_created_at={(today - timedelta(days=7)).isoformat()}"
            counts = figures.desk_counts(by, today, clock.at_midnight(today - timedelta(days=6)))
            cards += [
                (gettext("Overdue"), counts["overdue"], f"{list_url}?{overdue}{order}", gettext("The date of the next action has passed.")),
                (gettext("Mine"), counts["mine"], f"{list_url}?{mine}{order}", gettext("Active candidates with you as adviser.")),
                (gettext("New this week"), counts["new"], f"{list_url}?{week}", gettext("Candidates who came in.")),
                (gettext("Due today"), counts["today"], f"{url_for('TakenView.list')}?_flt_1_due_on={yesterday}", gettext("Tasks.")),
            ]
        counts = figures.shared_counts(clock.now())
        if self.appbuilder.sm.has_access("can_list", "Matches"):
            cards.append((gettext("Matches under way"), counts["matches"], url_for("MatchesView.list"), ""))
        if self.appbuilder.sm.has_access("can_list", "Activiteiten"):
            address = f"{url_for('ActiviteitenView.list')}?_flt_1_starts_at={(today - timedelta(days=1)).isoformat()}"
            cards.append((gettext("Coming activities"), counts["activities"], address, ""))
        return cards

    def _admin_cards(self) -> list[Card]:
        counts = figures.admin_counts(clock.day(clock.now()))
        return [
            (gettext("Regions"), counts["regions"], url_for("RegiosView.list"), gettext("Desks that take part.")),
            (gettext("Members"), counts["members"], url_for("LedenView.list"), gettext("Memberships now.")),
            (gettext("Organisations"), counts["organisations"], url_for("OrganisatiesView.list"), ""),
        ]

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
        return redirect(_back())

    def _signed_in(self) -> RowSession:
        current = session._get_current_object()  # type: ignore[attr-defined]
        if not isinstance(current, RowSession):
            abort(403)
        return current


def _back() -> str:
    """The page that the form stood on, on this host; else home."""
    referrer = request.referrer or ""
    return referrer if referrer.startswith(request.host_url) else url_for("HomeView.index")


class ExportView(LoketPage):
    """Downloads, once, in the session that asked for them."""

    route_base = "/uitvoer"
    default_view = "download"

    @expose("/<token>")
    def download(self, token: str) -> Any:
        if person().role is None:
            abort(404)
        return exporting.download(token, self.screen)
