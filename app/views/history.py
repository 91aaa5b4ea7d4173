"""What happened: changes of a file, moves of a match, and who looked."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from flask import g, request
from flask_appbuilder.widgets import RenderTemplateWidget
from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.adapters import clock
from app.enums import Role
from app.extensions import db
from app.fab.arguments import ListArguments
from app.fab.interface import LoketInterface
from app.fab.page import Moment
from app.fab.shown import count, timed
from app.fab.view import LoketView
from app.models import ChangeLog, MatchEvent, Organisation, PersonToken, ReadEvent, ReadSubject, Region, UserProfile
from app.security.identity import person
from app.views import told
from app.views.base import LABELS

# Pages that are no list screen, by the name under which they write the read log.
OTHER_SCREENS = {"vandaag": _l("Today"), "zoeken": _l("Find")}
# Things that have no screen of their own.
PARTS = {
    "ab_user": _l("account"),
    "one_time_link": _l("one-time link"),
    "capability": _l("rights of a role"),
    "saved_view": _l("view"),
    "handover": _l("handover"),
    "region": _l("region"),
}
OLDER = "blad"
LINES = 30


def _of_token(model: Any, column: Any, row: Any) -> Any:
    return column.in_(sa.select(PersonToken.token).where(PersonToken.candidate_id == row.id))


def _named(model: Any, key: int | None) -> str | None:
    """The name of a row that this person may see. The log keeps ids, not rows: `_LogView.rows` looks the names of a page up at once."""
    found: str | None = g.get("names_in_log", {}).get((model, key))
    return found


class ToldWidget(RenderTemplateWidget):
    template = "loket/widgets/told.html"


class _LogView(LoketView):
    """Rows of a log: read only, and looking at them is not logged again."""

    logs_reads = False
    named: dict[str, Any] = {"actor_id": UserProfile, "actor_region_id": Region, "actor_organisation_id": Organisation}
    include_route_methods = {"list"}
    base_order = ("at", "desc")
    order_columns = ["at"]
    label_columns = {
        **LABELS,
        "at": _l("When"),
        "actor_id": _l("Who"),
        "actor_role": _l("Who"),
        "verb": _l("What"),
        "subject": _l("Of"),
        "table": _l("Part"),
        "channel": _l("What"),
    }

    def rows(self, *asked: Any, **options: Any) -> Any:
        rows, total = super().rows(*asked, **options)
        names = g.setdefault("names_in_log", {})
        for column, model in self.named.items():
            keys = {key for row in rows if (key := getattr(row, column)) is not None}
            if keys:
                found = db.session.scalars(sa.select(model).where(sa.inspect(model).primary_key[0].in_(keys)))
                names.update({(model, sa.inspect(one).identity[0]): str(one) for one in found})
        return rows, total

    def related_widget(self, parent: Any, row: Any) -> Any:
        """The lines about one thing, as sentences under their months."""
        page = request.args.get(OLDER, 0, type=int)
        asked = ListArguments(type(self).__name__, page=max(page, 0), size=LINES)
        rows, total = self.rows(asked, [self.belongs_to(parent, row)])
        lines = [(str(format_date(clock.day(one.at), "MMMM yyyy")), self.moment_of(one)) for one in rows]
        months = [(month, [line for _, line in group]) for month, group in groupby(lines, key=itemgetter(0))]
        tab = request.args.get("tab", "")
        older = f"{request.path}?tab={tab}&{OLDER}={asked.page + 1}" if total > (asked.page + 1) * LINES else ""
        return ToldWidget(
            title=self.list_title, total=count(total), months=months, older=older, empty=self.empty, appbuilder=self.appbuilder
        )

    def moment_of(self, row: Any) -> Moment:
        """A row as one line."""
        icon, words = self.said(row)
        return Moment(icon, Markup("%s %s") % (self.who(row), words), timed(row.at))

    def said(self, row: Any) -> tuple[str, str]:
        """The icon and the words for what happened."""
        labels = screen.label_columns if (screen := self._screen_of(row.table)) else {}
        return told.change(row.verb, row.fields or (), self._part(row.table), labels)

    def who(self, row: Any) -> Markup:
        """Who did it, as far as this person may know."""
        by = person()
        place = _named(Region, row.actor_region_id) or _named(Organisation, row.actor_organisation_id)
        is_self = row.actor_id is not None and row.actor_id == by.user_id and by.role is Role.CANDIDATE
        return told.who(_named(UserProfile, row.actor_id), row.actor_role, place, is_self=is_self)

    def cell_actor_id(self, row: Any) -> Any:
        return self.who(row)

    cell_actor_role = cell_actor_id

    def cell_verb(self, row: Any) -> Any:
        return self.said(row)[1]

    cell_channel = cell_verb

    def cell_subject(self, row: Any) -> Any:
        table, _, key = row.subject.partition(":")
        return f"{self._part(table)} {key}" if key else gettext("candidate (%(code)s)", code=table[:8])

    def _part(self, table: str) -> str:
        screen = self._screen_of(table)
        return told.lowered(str(screen.show_title)) if screen else str(PARTS.get(table, _l("settings")))

    def _screen_of(self, table: str) -> Any:
        """The screen on which rows of this table are changed, which knows what they and their fields are called."""
        made = (view for view in self.appbuilder.baseviews if isinstance(view, LoketView) and view.show_groups)
        return next((view for view in made if view.datamodel.obj.__tablename__ == table), None)


class GeschiedenisView(_LogView):
    datamodel = LoketInterface(ChangeLog)
    class_permission_name = "Geschiedenis"
    route_base = "/geschiedenis"
    list_name = "geschiedenis"
    list_title = _l("History")
    empty = _l("Nothing has changed here yet.")
    list_columns = ["at", "actor_id", "verb"]
    search_columns = ["at", "table"]

    def belongs_to(self, parent: Any, row: Any) -> Any:
        return _of_token(parent, ChangeLog.subject, row)


class InzageView(_LogView):
    """Whoever looks is told by role and place: a candidate need not know the name of every colleague who saw a list."""

    datamodel = LoketInterface(ReadEvent)
    named = {"actor_region_id": Region, "actor_organisation_id": Organisation}
    class_permission_name = "Inzage"
    route_base = "/inzage"
    list_name = "inzage"
    list_title = _l("Who looked")
    empty = _l("Nobody has looked at this file yet.")
    list_columns = ["at", "actor_role", "channel"]
    search_columns = ["at"]

    def belongs_to(self, parent: Any, row: Any) -> Any:
        return ReadEvent.id.in_(sa.select(ReadSubject.event_id).where(_of_token(parent, ReadSubject.token, row)))

    def said(self, row: Any) -> tuple[str, str]:
        return told.look(row.channel, self._screen_name(row.screen), row.purpose)

    def _screen_name(self, name: str) -> str:
        found = (view for view in self.appbuilder.baseviews if getattr(view, "list_name", None) == name)
        screen = next(found, None)
        return str(screen.list_title if screen else OTHER_SCREENS.get(name, _l("another page")))


class LogboekView(_LogView):
    datamodel = LoketInterface(ChangeLog)
    class_permission_name = "Logboek"
    route_base = "/beheer/logboek"
    list_name = "logboek"
    list_title = _l("Log")
    empty = _l("Nothing has happened yet.")
    list_columns = ["at", "actor_id", "verb", "subject"]
    search_columns = ["at", "table", "actor_role"]


class GebeurtenissenView(LoketView):
    """The moves of a match: read only, and looking at them is not logged again."""

    logs_reads = False
    include_route_methods = {"list"}
    base_order = ("at", "desc")
    order_columns = ["at"]
    datamodel = LoketInterface(MatchEvent, eager=("by",))
    class_permission_name = "Matches"
    route_base = "/matches/gebeurtenissen"
    list_name = "gebeurtenissen"
    list_title = _l("What happened")
    empty = _l("Nothing has happened yet.")
    list_columns = ["at", "state", "by", "reason"]
    search_columns = ["at", "state"]
    label_columns = {**LABELS, "at": _l("When"), "by": _l("By"), "reason": _l("Reason")}
