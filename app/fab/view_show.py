"""The detail page of a screen: what a thing is, what can be done with it, and its tabs, of which only the open one is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder import expose, has_access
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import generate_csrf

from app.fab.listing import cell
from app.fab.page import Detail, Fact, FactGroup, Link, Part
from app.fab.screen import Groups, Screen

LONG_TEXT = 400  # characters that a column can hold; from there on it is read as a text, not as a fact


class ShowPart(Screen):
    """What a screen does with one row."""

    first_tab: Any = lazy_gettext("Overview")
    not_missed: frozenset[str] = frozenset()  # facts that most rows do without: nobody is told to fill them in

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        return self.shown(self.found(pk))

    def shown(self, row: Any) -> Any:
        """The detail page of a row, with the tab that the address asks for; one that this person may not see is the first."""
        self.log_read("show", [row])
        related = {view.list_name: view for view in self._related_views if view.may("list")}
        chosen = related.get(request.args.get("tab", ""))
        detail = self.detail(row, related, chosen)
        widgets = {"show": self.show_widget(detail=detail, csrf="", appbuilder=self.appbuilder)}
        if chosen is not None:
            widgets["related"] = chosen.related_widget(self.datamodel.obj, row)
        return self.render_template(
            self.show_template, title=detail.title, pk=detail.number, detail=detail, widgets=widgets, csrf=generate_csrf()
        )

    def detail(self, row: Any, related: Mapping[str, Any], chosen: Any) -> Detail:
        """The page of a row without what this person may not see; facts on the first tab only."""
        links = [Link(*one) for one in self.links_for(row)]
        if self.may("edit", row):
            rank = "" if any(link.rank == "first" for link in links) else "first"
            links.insert(0, Link(gettext("Edit"), self._of(row, "edit"), "pencil", rank))
        return Detail(
            title=self.name_of(row),
            number=self.number_of(row),
            groups=tuple(self.fact_groups(row)) if chosen is None else (),
            links=tuple(links),
            actions=tuple(self.actions_for(row)),
            delete_url=self._of(row, "delete") if self.may("delete", row) else "",
            list_url=self.address("list") if self.may("list") else "",
            list_title=str(self.list_title),
            tabs=tuple(self._tabs(related, chosen)),
            **self.about(row, first=chosen is None),
        )

    def about(self, row: Any, *, first: bool) -> dict[str, Any]:
        """What a screen adds to the page of a row, as values of `Detail`; `first`: the first tab is open."""
        return {}

    def actions_for(self, row: Any) -> Sequence[tuple[str, str]]:
        """(label, address) of what else can be done here by POST."""
        return ()

    def links_for(self, row: Any) -> Sequence[Link | tuple[str, str]]:
        """Further pages about this row."""
        return ()

    def groups_shown(self) -> Groups:
        """The groups of facts for this person."""
        return self.show_groups

    def label_shown(self, name: str) -> str:
        """How a fact is called for this person."""
        return str(self.label_columns.get(name, name))

    def fact_groups(self, row: Any) -> Iterator[FactGroup]:
        """The facts that there are; of those that are not, the names that this person could fill in."""
        groups = self.groups_shown()
        edit = self._of(row, "edit") if self.may("edit", row) else ""
        fillable = set(self.edit_columns) - self.not_missed
        for title, names in groups:
            facts = [self.fact(row, name) for name in self.visible(names)]
            empty = {fact.label for fact in facts if fact.value in (None, "")}
            to_fill = [self.label_shown(name) for name in names if edit and name in fillable]
            missing = tuple(label for label in to_fill if label in empty)
            there = tuple(fact for fact in facts if fact.label not in empty)
            part = self._part_of_form(names) if edit and len(groups) > 1 else 0
            if there or missing:
                yield FactGroup(str(title), there, missing, f"{edit}#groep-{part}" if part else "")

    def fact(self, row: Any, name: str) -> Fact:
        """One fact of a detail page."""
        column = self.datamodel.list_columns.get(name)
        wide = column is not None and isinstance(column.type, sa.String) and (column.type.length or LONG_TEXT) >= LONG_TEXT
        return Fact(self.label_shown(name), cell(self, row, name), wide)

    def _part_of_form(self, names: Sequence[str]) -> int:
        """Which group of the edit form (counted from 1) holds any of these facts; 0 when none does."""
        return next((at for at, (_, fields) in enumerate(self.edit_groups, 1) if set(names) & set(fields)), 0)

    def _tabs(self, related: Mapping[str, Any], chosen: Any) -> Iterator[Part]:
        if related:
            yield Part("", str(self.first_tab), request.path, chosen is None)
        for name, view in related.items():
            yield Part(name, str(view.list_title), f"{request.path}?tab={name}", view is chosen)

    def _of(self, row: Any, method: str) -> str:
        return self.address(method, pk=self.datamodel.get_pk_value(row))
