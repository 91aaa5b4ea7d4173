"""The list of a screen: its rows within the wall, its search, its filters and their choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf

from app.errors import BadInput
from app.extensions import db
from app.fab import choosing, keeping, selection
from app.fab.arguments import ListArguments
from app.fab.interface import LoketInterface
from app.fab.listing import RELATED_ROWS, list_page
from app.fab.screen import Screen
from app.models import Candidate
from app.queries import raw
from app.security.identity import person


class ListPart(Screen):
    """What a screen does with many rows.

    `list_columns` are shown until a person chooses others among these and `more_columns`; the first is the thing itself. `relative`
    columns say when as seen from today, `due` ones also what is late; `card_columns` are what a phone shows. `row_verbs` are (method,
    label) of pages about a row, `bulk` what can be done with many rows at once, `leads_to` what begins with them on another page.
    """

    more_columns: Sequence[str] = ()
    relative: frozenset[str] = frozenset()
    due: frozenset[str] = frozenset()
    card_columns: Sequence[str] = ()
    row_verbs: Sequence[tuple[str, Any]] = ()
    bulk: dict[str, selection.Bulk] = {}
    leads_to: dict[str, selection.Leading] = {}

    def __init__(self) -> None:
        """A screen with a list has what belongs to lists, under the permission for the list."""
        methods, named = set(self.include_route_methods), {"options": "list"}
        if "list" in methods:
            methods |= {"keep_columns", "keep_view", "change_view"} | (
                {"choose"} if "export" in methods or self.bulk or self.leads_to else set()
            )
            methods |= {"apply"} if self.bulk else set()
            named |= dict.fromkeys(("keep_columns", "keep_view", "change_view", "choose", "apply"), "list")
        self.include_route_methods = methods
        self.method_permission_name = {**named, **self.method_permission_name}
        super().__init__()

    def usual_columns(self) -> list[str]:
        """The list's columns for this person, unless they chose others."""
        return self._in_a_list(self.list_columns)

    def fixed_views(self) -> Sequence[tuple[str, str]]:
        """(name, query) of the views that this screen brings itself, before those that people keep."""
        return ()

    def all_label(self) -> str:
        """What the whole list is called beside its views; empty for the usual word."""
        return ""

    def offered_columns(self) -> list[str]:
        """The columns that this person can choose from."""
        return self._in_a_list([*self.list_columns, *self.more_columns])

    def listed(self) -> list[str]:
        """The list's columns for this person: the first one, and the usual or the chosen others."""
        chosen = keeping.chosen_columns(self)
        if chosen is None:
            return self.usual_columns()
        offered = self.offered_columns()
        return [*offered[:1], *(name for name in chosen if name in offered[1:])]

    def _in_a_list(self, names: Sequence[str]) -> list[str]:
        """Those that this person sees; the number stands beside the first column, and by itself only when it is that column."""
        seen = self.spared(self.visible(names))
        return [name for place, name in enumerate(seen) if name != "number" or not place]

    def spared(self, names: Sequence[str]) -> list[str]:
        """Without what says nothing to who works in one region."""
        spare = self.in_several_regions if len(person().region_ids) == 1 else frozenset()
        return [name for name in names if name not in spare]

    def filters_of(self, name: str) -> list[Any]:
        """The operators of a column."""
        return self._operators.get(name, [])

    def base_order_pair(self) -> tuple[str, bool]:
        """The order without an argument: (column, descending)."""
        return self.base_order[0], self.base_order[1] == "desc"

    def beside(self) -> Mapping[str, Any]:
        """More expressions to ask about each row of a page, in the same statement; `interface.beside_of` has the answers."""
        return {}

    def searched(self) -> list[str]:
        """The columns that the search box looks in, for this person."""
        return self.visible(self.search_over)

    def arguments_of(self, query: str) -> ListArguments:
        """What a query string that was kept or posted asks of this list; BadInput for one that cannot be read."""
        return ListArguments.of_query(type(self).__name__, query, self.page_size)

    def order_of(self, arguments: ListArguments) -> tuple[Any, bool]:
        """The expression to order by. Refuses (BadInput) a column that is not on show for this person."""
        name, descending = arguments.order or self.base_order_pair()
        fixed = arguments.order is None
        if not fixed and (name not in self.order_columns or name not in self.visible(self.order_columns)):
            raise BadInput(gettext("The list cannot be ordered by this column."))
        return getattr(self.datamodel.obj, self.order_by.get(name, name)), descending

    def where(self, arguments: ListArguments) -> list[Any]:
        """The conditions besides the filters: the screen's scope, the rows that were chosen and the search."""
        found = self.conditions()
        if arguments.rows:
            found.append(self.datamodel.get_pk().in_(arguments.rows))
        if arguments.search and self.searched():
            found.append(self.search_condition(arguments.search))
        return found

    def search_condition(self, term: str) -> Any:
        """The search box as a condition: each word in one of the columns."""
        if self.datamodel.obj is Candidate:
            dialect = db.session.get_bind().dialect.name
            return raw.search(term, self.searched(), dialect, common=raw.is_common(db.session(), term))
        columns = [getattr(self.datamodel.obj, name) for name in self.searched()]
        words = [word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in term.split()]
        return sa.and_(*(sa.or_(*(column.ilike(f"%{word}%", escape="\\") for column in columns)) for word in words))

    def filtered(self, arguments: ListArguments) -> Any:
        """FAB's filters for these arguments, on the columns that this person sees."""
        return arguments.apply(self.datamodel, {name: self.filters_of(name) for name in self.visible(list(self._operators))})

    def rows(self, arguments: ListArguments, extra: Sequence[Any] = ()) -> tuple[list[Any], int]:
        """The rows of one page and the capped count; logs whose files they show."""
        filters, where, order = self.filtered(arguments), [*self.where(arguments), *extra], self.order_of(arguments)
        rows, total = self.datamodel.page(filters, where, order, arguments.page, arguments.size, self.beside())
        self.log_read("list", rows)
        return rows, total

    @expose("/list/")
    @has_access
    def list(self) -> Any:
        arguments = ListArguments.read(type(self).__name__, request.args, self.page_size, request.query_string)
        rows, total = self.rows(arguments)
        table = list_page(self, arguments, rows, total, kept=keeping.page(self, arguments))
        widget = self.list_widget(table=table, csrf=generate_csrf(), appbuilder=self.appbuilder)
        return self.render_template(self.list_template, title=self.list_title, table=table, widgets={"list": widget})

    @expose("/kolommen", methods=["POST"])
    @has_access
    def keep_columns(self) -> Any:
        """Which columns this person wants to see here."""
        return keeping.keep_columns(self)

    @expose("/weergaven", methods=["POST"])
    @has_access
    def keep_view(self) -> Any:
        """Keep the filters and the order under a name."""
        return keeping.keep_view(self)

    @expose("/weergaven/<key>", methods=["POST"])
    @has_access
    def change_view(self, key: str) -> Any:
        """Rename or remove a view."""
        return keeping.change_view(self, key)

    @expose("/keuze", methods=["POST"])
    @has_access
    def choose(self) -> Any:
        """Ask before something is done with the chosen rows."""
        return selection.choose(self)

    @expose("/keuze/uitvoeren", methods=["POST"])
    @has_access
    def apply(self) -> Any:
        """Do it with the chosen rows."""
        return selection.apply(self)

    @expose("/opties/<name>")
    @has_access
    def options(self, name: str) -> Any:
        """The choices of a relation, in a filter or in a form (choosing.py)."""
        return choosing.answer(self, name)

    def option_query(self, name: str) -> Any:
        """The rows that a relation's filter offers."""
        target = getattr(self.datamodel.obj, name).property.mapper.class_
        return sa.select(target).order_by(getattr(target, "name", sa.inspect(target).primary_key[0]))

    def related_row(self, name: str, value: str) -> Any:
        """The visible row that a relation's filter points at, or None."""
        target = getattr(self.datamodel.obj, name).property.mapper.class_
        return LoketInterface(target).find(value)

    def related_widget(self, parent: Any, row: Any) -> Any:
        """This screen's rows that belong to a row of another screen, as a tab there."""
        arguments = ListArguments(type(self).__name__, size=RELATED_ROWS)
        rows, total = self.rows(arguments, [self.belongs_to(parent, row)])
        table = list_page(self, arguments, rows, total, related=True, without=parent.__name__.lower())
        return self.list_widget(table=table, csrf="", appbuilder=self.appbuilder)

    def belongs_to(self, parent: Any, row: Any) -> Any:
        """The condition under which a row of this screen hangs on `row`."""
        relation = getattr(self.datamodel.obj, self.datamodel.get_related_fk(parent)).property
        return getattr(self.datamodel.obj, next(iter(relation.local_columns)).key) == sa.inspect(row).identity[0]
