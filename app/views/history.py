"""What happened: changes of a file, moves of a match, and who looked."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.extensions import db
from app.fab.interface import LoketInterface
from app.fab.view import LoketView
from app.models import ChangeLog, MatchEvent, Organisation, PersonToken, ReadEvent, ReadSubject, Region, UserProfile
from app.views.base import LABELS

# The log says precisely which verb; people read what became of which part.
ADDED = frozenset(
    {
        "add", "register", "plan_task", "record_session", "propose_match", "register_for_activity", "schedule_activity", "write_article",
        "invite", "join", "make_link", "give_consent", "install_admin",
    }
)  # fmt: skip
DELETED = frozenset({"delete", "remove_session", "remove_article", "end_membership", "withdraw_consent"})
SCREENS = {
    "list": _l("list"),
    "show": _l("file"),
    "edit": _l("form"),
    "contact": _l("contact details"),
    "export": _l("export"),
}


def _of_token(model: Any, column: Any, row: Any) -> Any:
    return column.in_(sa.select(PersonToken.token).where(PersonToken.candidate_id == row.id))


def _named(model: Any, key: int | None) -> str | None:
    """The name of a row that this person may see. The log keeps ids, not rows: `_LogView.rows` looks the names of a page up at once."""
    found: str | None = g.get("names_in_log", {}).get((model, key))
    return found


# Pages that are no list screen, by the name under which they write the read log.
OTHER_SCREENS = {"vandaag": _l("Today"), "zoeken": _l("Find")}


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
        "actor_role": _l("Role"),
        "actor_region_id": _l("Region"),
        "verb": _l("What"),
        "subject": _l("Of"),
        "table": _l("Part"),
        "fields": _l("Fields"),
        "screen": _l("Screen"),
        "channel": _l("How"),
        "purpose": _l("Why"),
        "actor_organisation_id": _l("Organisation"),
    }

    def rows(self, *asked: Any, **options: Any) -> Any:
        rows, total = super().rows(*asked, **options)
        names = g.setdefault("names_in_log", {})
        for column, model in self.named.items():
            keys = {key for row in rows if column in self.list_columns and (key := getattr(row, column)) is not None}
            if keys:
                found = db.session.scalars(sa.select(model).where(sa.inspect(model).primary_key[0].in_(keys)))
                names.update({(model, sa.inspect(one).identity[0]): str(one) for one in found})
        return rows, total

    def cell_actor_id(self, row: Any) -> Any:
        return _named(UserProfile, row.actor_id)

    def cell_actor_region_id(self, row: Any) -> Any:
        return _named(Region, row.actor_region_id)

    def cell_actor_organisation_id(self, row: Any) -> Any:
        return _named(Organisation, row.actor_organisation_id)

    def cell_verb(self, row: Any) -> Any:
        return gettext("added") if row.verb in ADDED else gettext("deleted") if row.verb in DELETED else gettext("changed")

    def cell_table(self, row: Any) -> Any:
        screen = self._screen_of(row.table)
        return str(screen.show_title) if screen else row.table.replace("_", " ")

    def cell_channel(self, row: Any) -> Any:
        return SCREENS.get(row.channel, row.channel)

    def cell_fields(self, row: Any) -> Any:
        screen = self._screen_of(row.table)
        labels = screen.label_columns if screen else {}
        return ", ".join(str(labels.get(name.removesuffix("_id"), name.replace("_", " "))) for name in row.fields or []) or None

    def cell_screen(self, row: Any) -> Any:
        found = (view for view in self.appbuilder.baseviews if getattr(view, "list_name", None) == row.screen)
        screen = next(found, None)
        return str(screen.list_title if screen else OTHER_SCREENS.get(row.screen, row.screen))

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
    list_columns = ["at", "actor_id", "actor_role", "verb", "table", "fields"]
    search_columns = ["at", "table"]

    def belongs_to(self, parent: Any, row: Any) -> Any:
        return _of_token(parent, ChangeLog.subject, row)


class InzageView(_LogView):
    datamodel = LoketInterface(ReadEvent)
    class_permission_name = "Inzage"
    route_base = "/inzage"
    list_name = "inzage"
    list_title = _l("Who looked")
    empty = _l("Nobody has looked at this file yet.")
    list_columns = ["at", "actor_role", "actor_region_id", "actor_organisation_id", "screen", "channel", "purpose"]
    search_columns = ["at", "channel"]

    def belongs_to(self, parent: Any, row: Any) -> Any:
        return ReadEvent.id.in_(sa.select(ReadSubject.event_id).where(_of_token(parent, ReadSubject.token, row)))


class LogboekView(_LogView):
    datamodel = LoketInterface(ChangeLog)
    class_permission_name = "Logboek"
    route_base = "/beheer/logboek"
    list_name = "logboek"
    list_title = _l("Log")
    empty = _l("Nothing has happened yet.")
    include_route_methods = {"list"}
    list_columns = ["at", "actor_id", "actor_role", "verb", "table", "subject", "fields"]
    search_columns = ["at", "table", "verb", "actor_role"]


class GebeurtenissenView(_LogView):
    datamodel = LoketInterface(MatchEvent, eager=("by",))
    class_permission_name = "Matches"
    route_base = "/matches/gebeurtenissen"
    list_name = "gebeurtenissen"
    list_title = _l("What happened")
    empty = _l("Nothing has happened yet.")
    list_columns = ["at", "state", "by", "reason"]
    search_columns = ["at", "state"]
    label_columns = {**_LogView.label_columns, "by": _l("By"), "reason": _l("Reason")}
