"""The list of a screen: its rows within the wall, its search, its filters and their choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, request
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from app.errors import BadInput
from app.extensions import db
from app.fab import forms
from app.fab.arguments import ListArguments
from app.fab.interface import LoketInterface
from app.fab.listing import RELATED_ROWS, list_page
from app.fab.screen import Screen
from app.models import Candidate
from app.queries import raw


class ListPart(Screen):
    """What a screen does with many rows."""

    def filters_of(self, name: str) -> list[Any]:
        """The operators of a column."""
        return self._operators.get(name, [])

    def base_order_pair(self) -> tuple[str, bool]:
        """The order without an argument: (column, descending)."""
        return self.base_order[0], self.base_order[1] == "desc"

    def searched(self) -> list[str]:
        """The columns that the search box looks in, for this person."""
        return self.visible(self.search_over)

    def order_of(self, arguments: ListArguments) -> tuple[Any, bool]:
        """The expression to order by. Refuses (BadInput) a column that is not on show for this person."""
        name, descending = arguments.order or self.base_order_pair()
        fixed = arguments.order is None
        if not fixed and (name not in self.order_columns or name not in self.visible(self.order_columns)):
            raise BadInput(gettext("The list cannot be ordered by this column."))
        return getattr(self.datamodel.obj, self.order_by.get(name, name)), descending

    def where(self, arguments: ListArguments) -> list[Any]:
        """The conditions besides the filters: the screen's scope and the search."""
        found = self.conditions()
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
        rows, total = self.datamodel.page(filters, where, order, arguments.page, arguments.size)
        self.log_read("list", rows)
        return rows, total

    @expose("/list/")
    @has_access
    def list(self) -> Any:
        arguments = ListArguments.read(type(self).__name__, request.args, self.page_size, request.query_string)
        rows, total = self.rows(arguments)
        table = list_page(self, arguments, rows, total)
        widget = self.list_widget(table=table, csrf=generate_csrf(), appbuilder=self.appbuilder)
        return self.render_template(self.list_template, title=self.list_title, table=table, widgets={"list": widget})

    @expose("/opties/<name>")
    @has_access
    def options(self, name: str) -> Response:
        """The choices of a relation's filter, fetched when the panel opens."""
        if name not in self.visible(list(self._operators)) or not self.filters_of(name) or self.filters_of(name)[0].kind != "relation":
            abort(404)
        rows = db.session.scalars(self.option_query(name).limit(forms.OPTIONS_CAP))
        pairs = (Markup('<option value="%s">%s</option>') % (sa.inspect(row).identity[0], escape(str(row))) for row in rows)
        return Response(Markup("").join(pairs), mimetype="text/html")

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
