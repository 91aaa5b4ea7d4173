"""What every generated screen stands on: its names and columns, what may be seen and done there, and its rows within the wall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, g, url_for
from flask_appbuilder import ModelView
from flask_appbuilder.widgets import RenderTemplateWidget
from flask_babel import lazy_gettext
from markupsafe import Markup

from app.adapters import clock
from app.enums import Role
from app.fab import forms
from app.fab.interface import LoketInterface
from app.models import Candidate
from app.security.fields import may_see
from app.security.identity import Identity, person
from app.services import log

Groups = Sequence[tuple[Any, Sequence[str]]]


class ListWidget(RenderTemplateWidget):
    template = "loket/widgets/list.html"


class ShowWidget(RenderTemplateWidget):
    template = "loket/widgets/show.html"


class Screen(ModelView):
    """What all parts of a generated screen stand on: its names, its fields, and what may be seen and done.

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
    export_names: dict[str, str] = {}  # relations that a file says by name, for who exports contact data
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

    # -- rows within the wall

    def found(self, pk: str) -> Any:
        """The row, or 404: the same for what is not there and what is not this person's."""
        row = self.datamodel.find(pk, self.conditions())
        if row is None:
            abort(404)
        return row

    def log_read(self, channel: str, rows: Sequence[Any]) -> None:
        """Write whose files are shown, each once a page; without the log no page."""
        if self.logs_reads and rows and person().role not in (None, Role.CANDIDATE):
            logged: set[int] = g.setdefault("files_logged", set())
            ids = sorted({file for row in rows if (file := self.file_of(row)) is not None} - logged)
            log.read(self.list_name, channel, ids, by=person(), now=clock.now())
            logged.update(ids)

    def file_of(self, row: Any) -> int | None:
        """The candidate whose file this row is part of, as far as this person sees the candidate; None for other rows."""
        if isinstance(row, Candidate):
            return row.id
        candidate = getattr(row, "candidate", None)
        return candidate.id if candidate is not None else None
