"""/zoeken: one question over everything that this person may open. The page, and (for Ctrl-K) its list alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext

from app.adapters import clock
from app.errors import BadInput
from app.extensions import db
from app.fab.arguments import ListArguments
from app.fab.plain import LoketPage
from app.fab.shown import moment
from app.models import Candidate
from app.queries import find, first, raw
from app.queries.find import Hit, Hits
from app.security.fields import may_see
from app.security.identity import person
from app.services import log
from app.views.today import capped

SHORTEST = 2
MOST = 6  # of a group
# The screens that are searched, in the order of the page, each with its icon.
SCREENS = {
    "KandidatenView": "user",
    "OrganisatiesView": "building",
    "ActiviteitenView": "calendar",
    "KennisbankView": "book",
    "OpleidingenView": "school",
}


@dataclass(frozen=True)
class Group:
    """What was found on one screen, as (address, icon, title, hint), how much there is, and where all of it stands."""

    title: str
    rows: tuple[tuple[str, str, str, str], ...]
    total: str
    url: str


class ZoekenView(LoketPage):
    route_base = ""

    @expose("/zoeken")
    def index(self) -> Any:
        """The page; the list alone for a script that asks with HX-Request."""
        if person().user_id is None:
            return redirect(url_for("LoketAuthView.login", next=request.path))
        part = "HX-Request" in request.headers
        term, problem, groups = "", "", []
        try:
            term = ListArguments.read("", request.args, MOST, request.query_string).search
            groups = self.found(term)
        except BadInput as refused:
            problem = str(refused)
        page = self.render_template(
            "loket/found.html" if part else "loket/search.html",
            title=gettext("Find"),
            term=term,
            groups=groups,
            problem=problem,
            part=part,
        )
        return page, 400 if problem else 200

    def found(self, term: str) -> list[Group]:
        """What the term finds, per screen that this person may list. Logs whose files it shows. Raises BadInput for a term too short."""
        if not term:
            return []
        if len(term) < SHORTEST:
            raise BadInput(gettext("Type at least two letters or digits."))
        views = {name: view for name in SCREENS if (view := self.screen(name)) is not None and view.may("list")}
        others = {
            name: (view.datamodel.obj, tuple(view.where(ListArguments(name, search=term))))
            for name, view in views.items()
            if view.datamodel.obj is not Candidate
        }
        hits = find.things(others, MOST, clock.now())
        if "KandidatenView" in views:
            hits["KandidatenView"] = self._candidates(views["KandidatenView"], term)
        return [_group(name, view, hits[name], term) for name, view in views.items() if name in hits and hits[name].hits]

    def _candidates(self, view: Any, term: str) -> Hits:
        by, common = person(), raw.is_common(db.session(), term)
        where = raw.search(term, view.searched(), db.session.get_bind().dialect.name, common=common)
        asked = find.candidates(term, (where, *view.conditions()), common)
        found = first.gather({"candidates": asked}, MOST, {})["candidates"]
        log.read("zoeken", "list", [row.id for row, _ in found.rows], by=by, now=clock.now())
        named, placed = (may_see(by, Candidate, field) for field in ("name", "place"))
        hits = (
            Hit(row.id, f"{row.name} · {row.number}" if named else row.number, row.place if placed else None, None) for row, _ in found.rows
        )
        return Hits(tuple(hits), found.total)


def _group(name: str, view: Any, found: Hits, term: str) -> Group:
    rows = tuple(
        (view.address("show", pk=hit.id), SCREENS[name], hit.title, " · ".join(filter(None, (moment(hit.at) if hit.at else "", hit.place))))
        for hit in found.hits
    )
    everything = ListArguments(name, search=term).url(view.address("list"))
    return Group(str(view.list_title), rows, capped(found.total), everything)
