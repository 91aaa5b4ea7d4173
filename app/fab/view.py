"""LoketView: FAB's ModelView with its holes closed, and the only base of a generated screen.

A screen names its model, columns, labels and rules as class attributes. Nothing of a request is kept on the view object.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, redirect, request, url_for
from flask_appbuilder import ModelView, expose, has_access
from flask_appbuilder.widgets import RenderTemplateWidget
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from sqlalchemy.exc import IntegrityError

from app.adapters import clock
from app.enums import Role
from app.errors import BadInput, Stale
from app.extensions import db
from app.fab import editing, exporting, forms
from app.fab.arguments import ListArguments
from app.fab.interface import LoketInterface
from app.fab.listing import RELATED_ROWS, cell, list_page
from app.fab.page import Detail, Fact
from app.models import Candidate
from app.queries import raw
from app.security.fields import may_see
from app.security.identity import Identity, person
from app.services import log

Groups = Sequence[tuple[Any, Sequence[str]]]


class ListWidget(RenderTemplateWidget):
    template = "loket/widgets/list.html"


class ShowWidget(RenderTemplateWidget):
    template = "loket/widgets/show.html"


class LoketView(ModelView):
    """A generated screen over one model.

    `capabilities` maps a verb (add, edit, delete, export) to the capability that it needs besides FAB's permission.
    """

    datamodel: LoketInterface
    list_name = ""
    empty: Any = lazy_gettext("There is nothing here yet.")
    submit: Any = lazy_gettext("Save")
    search_label: Any = lazy_gettext("Search")
    search_columns: Any = None
    order_columns: Any = None
    search_over: Sequence[str] = ()  # columns for the one search box
    order_by: dict[str, str] = {}  # a shown column → the column that orders it
    show_groups: Groups = ()
    add_groups: Groups = ()
    edit_groups: Groups = ()
    required: frozenset[str] = frozenset()
    field_options: dict[str, dict[str, Any]] = {}
    capabilities: dict[str, str] = {}
    export_columns: Sequence[str] = ()
    base_order: Any = ("id", "desc")
    logs_reads = True
    in_several_regions: frozenset[str] = frozenset()  # list columns that say nothing to who works in one region

    include_route_methods = {"list", "show", "add", "edit", "delete", "export", "options"}
    method_permission_name = {"options": "list"}
    list_template = "loket/list.html"
    show_template = "loket/show.html"
    add_template = "loket/form.html"
    edit_template = "loket/form.html"
    list_widget = ListWidget
    show_widget = ShowWidget

    # -- set-up ---------------------------------------------------------------------------------------------------

    def _init_properties(self) -> None:
        names = [name for _, group in self.add_groups for name in group], [name for _, group in self.edit_groups for name in group]
        self.add_columns, self.edit_columns = (list(dict.fromkeys(part)) or ["id"] for part in names)
        self.show_columns = [name for _, group in self.show_groups for name in group] or ["id"]
        self.search_columns = self.search_columns or ["id"]
        self.order_columns = self.order_columns or ["id"]
        super()._init_properties()
        allowed = {name: self.datamodel.get_filters([name]).get_search_filters().get(name) or [] for name in self.search_columns}
        self._operators = {name: found for name, found in allowed.items() if name != "id"}

    def _init_forms(self) -> None:
        """Our forms come from app/fab/forms.py; FAB's search form would put every option of every relation in the page source."""
        self.add_form = self._form(self.add_columns)
        self.edit_form = self._form(self.edit_columns)
        self.search_form = None

    def _form(self, columns: Sequence[str]) -> Any:
        made = {name: self.form_field(name) for name in columns if name != "id"}
        return forms.form_of(made)

    def form_field(self, name: str) -> Any:
        """The form field of one column; a screen adds fields of its own by overriding this."""
        must = True if name in self.required else None
        label, help_text = self.label_columns.get(name, name), self.description_columns.get(name, "")
        return forms.field_for(self.datamodel.obj, name, label, help_text, must, self.field_options.get(name))

    # -- what may be seen and done ----------------------------------------------------------------------------------

    def visible(self, names: Sequence[str]) -> list[str]:
        """Those of the columns that this person sees."""
        by = person()
        return [name for name in names if may_see(by, self.datamodel.obj, self.order_by.get(name, name))]

    def listed(self) -> list[str]:
        """The list's columns for this person."""
        spare = self.in_several_regions if len(person().region_ids) == 1 else frozenset()
        return [name for name in self.visible(self.list_columns) if name not in spare]

    def may(self, verb: str, row: Any = None) -> bool:
        """This person may do this here: FAB's permission, the capability behind it, and the row's own rule."""
        permission = self.method_permission_name.get(verb, verb)
        if verb not in self.include_route_methods or not self.appbuilder.sm.has_access(f"can_{permission}", self.class_permission_name):
            return False
        capability = self.capabilities.get(verb)
        if capability and not person().can(capability, self.region_of(row) if row is not None else None):
            return False
        return row is None or self.may_row(verb, row, person())

    def may_row(self, verb: str, row: Any, by: Identity) -> bool:
        """Whether this verb fits this row; screens with rows that some may read and not change say so here."""
        return True

    def region_of(self, row: Any) -> int | None:
        """The region in which a verb on this row is judged."""
        return None if person().role is Role.ADMIN else getattr(row, "region_id", None)

    def require(self, verb: str, row: Any = None) -> None:
        """403 unless this person may."""
        if not self.may(verb, row):
            abort(403)

    def conditions(self) -> list[Any]:
        """The screen's business scope ("my own"), on top of the wall; never isolation."""
        return []

    # -- addresses and names -----------------------------------------------------------------------------------------

    def address(self, method: str, **values: Any) -> str:
        """The address of one of this screen's pages; empty when it has no such page."""
        if method not in self.include_route_methods:
            return ""
        return url_for(f"{self.endpoint}.{method}", **values)

    def number_of(self, row: Any) -> str:
        """The candidate's number that a row is about; empty for rows about nobody."""
        if isinstance(row, Candidate):
            return row.number
        candidate = getattr(row, "candidate", None)
        return candidate.number if candidate is not None else (getattr(row, "candidate_number", None) or "")

    def name_of(self, row: Any) -> str:
        """How this row is called at the top of its page."""
        return str(row)

    def cell_candidate(self, row: Any) -> Any:
        """The candidate of a row: a link with the name where that may be seen, else the number."""
        candidate = row.candidate
        if candidate is None:
            return getattr(row, "candidate_number", None)
        label = candidate.name if may_see(person(), Candidate, "name") else candidate.number
        if not self.appbuilder.sm.has_access("can_show", "Kandidaten"):
            return label
        return Markup('<a href="%s">%s</a>') % (url_for("KandidatenView.show", pk=candidate.id), label)

    # -- lists ---------------------------------------------------------------------------------------------------------

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

    def log_read(self, channel: str, rows: Sequence[Any]) -> None:
        """Write whose files are shown; without the log no page."""
        if self.logs_reads and rows and person().role not in (None, Role.CANDIDATE):
            ids = sorted({file for row in rows if (file := self.file_of(row)) is not None})
            log.read(self.list_name, channel, ids, by=person(), now=clock.now())

    def file_of(self, row: Any) -> int | None:
        """The candidate whose file this row is part of, as far as this person sees the candidate; None for other rows."""
        if isinstance(row, Candidate):
            return row.id
        candidate = getattr(row, "candidate", None)
        return candidate.id if candidate is not None else None

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

    # -- detail --------------------------------------------------------------------------------------------------------

    def found(self, pk: str) -> Any:
        """The row, or 404: the same for what is not there and what is not this person's."""
        row = self.datamodel.find(pk, self.conditions())
        if row is None:
            abort(404)
        return row

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

    # -- add, edit, delete, export ----------------------------------------------------------------------------------

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        self.require("add")
        return editing.add(self)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        row = self.found(pk)
        self.require("edit", row)
        return editing.edit(self, row)

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> Any:
        row = self.found(pk)
        self.require("delete", row)
        try:
            with editing.doorway():
                self.remove(row)
        except IntegrityError as problem:
            raise Stale(gettext("Other things still hang on this. Make it inactive instead, or remove those first.")) from problem
        return redirect(self.address("list"))

    @expose("/export", methods=["POST"])
    @has_access
    def export(self) -> Any:
        self.require("export")
        return exporting.prepare(self)

    def form_columns(self, names: Sequence[str]) -> Sequence[str]:
        """The form's fields that this person sees."""
        return [name for name in self.visible(names) if name != "id"]

    def prefill(self, form: Any) -> None:
        """Fill a new form from the address (`?candidate=K-204173`) or with what is usual."""

    def create(self, row: Any, form: Any) -> None:
        """Save a new row: its rules and its log line, flushed, not committed. Screens call their service here."""
        log.changed("add", row, by=person(), now=clock.now())

    def change(self, row: Any, form: Any, fields: Sequence[str]) -> None:
        """Save a changed row; `fields` are the names that changed."""
        log.changed("edit", row, by=person(), now=clock.now(), fields=fields)

    def remove(self, row: Any) -> None:
        """Delete a row with its log line."""
        log.changed("delete", row, by=person(), now=clock.now(), fields=[])
        db.session.delete(row)

    def answer(self, row: Any, form: Any) -> Any:
        """A page to show right after adding, instead of going on to `after`; None for none."""
        return None

    def after(self, row: Any) -> str:
        """Where a saved form leads."""
        return self.address("show", pk=self.datamodel.get_pk_value(row)) if self.may("show") else self.address("list")
