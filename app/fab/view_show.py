"""The detail page of a screen: facts in groups, what can be done, and the related lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import expose, has_access
from flask_wtf.csrf import generate_csrf

from app.fab.listing import cell
from app.fab.page import Detail, Fact
from app.fab.screen import Screen


class ShowPart(Screen):
    """What a screen does with one row."""

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        return self.shown(self.found(pk))

    def shown(self, row: Any) -> Any:
        """The detail page of a row, with the tabs this person may see."""
        self.log_read("show", [row])
        tabs = [view for view in self._related_views if view.may("list")]
        detail = self.detail(row, tuple((view.list_name, str(view.list_title)) for view in tabs))
        widget = self.show_widget(detail=detail, csrf=generate_csrf(), appbuilder=self.appbuilder)
        related = [view.related_widget(self.datamodel.obj, row) for view in tabs]
        widgets = {"show": widget, "related_views": related}
        return self.render_template(
            self.show_template, title=detail.title, pk=detail.number, detail=detail, widgets=widgets, related_views=tabs
        )

    def detail(self, row: Any, tabs: tuple[tuple[str, str], ...] = ()) -> Detail:
        """The facts of a row in groups, without what this person may not see."""
        pk = str(self.datamodel.get_pk_value(row))
        groups = []
        for title, names in self.show_groups:
            facts = tuple(self.fact(row, name) for name in self.visible(names))
            if facts:
                groups.append((str(title), facts))
        return Detail(
            title=self.name_of(row),
            number=self.number_of(row),
            groups=tuple(groups),
            edit_url=self.address("edit", pk=pk) if self.may("edit", row) else "",
            delete_url=self.address("delete", pk=pk) if self.may("delete", row) else "",
            list_url=self.address("list") if self.may("list") else "",
            list_title=str(self.list_title),
            actions=tuple(self.actions_for(row)),
            links=tuple(self.links_for(row)),
            tabs=tabs,
        )

    def actions_for(self, row: Any) -> Sequence[tuple[str, str]]:
        """(label, address) of what else can be done here by POST."""
        return ()

    def links_for(self, row: Any) -> Sequence[tuple[str, str]]:
        """(label, address) of further pages about this row."""
        return ()

    def fact(self, row: Any, name: str) -> Fact:
        """One fact of a detail page."""
        column = self.datamodel.list_columns.get(name)
        wide = column is not None and isinstance(column.type, sa.Text)
        return Fact(str(self.label_columns.get(name, name)), cell(self, row, name), wide)
