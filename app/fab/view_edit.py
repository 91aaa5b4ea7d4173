"""Adding, editing, deleting and exporting: the doors of a screen behind which something is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import redirect
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError

from app.adapters import clock
from app.errors import BadInput, Stale
from app.extensions import db
from app.fab import editing, exporting
from app.fab.screen import Screen
from app.security.identity import person
from app.services import log


class EditPart(Screen):
    """What a screen does by forms.

    `leads` has a sentence for the heading of a group, under the name of its first field; `previews` draws the text of a field;
    `same_choices` says, of a field in the form of a step, which field of the add form has the same choices.
    """

    add_submit: Any = ""  # the button of the add form, where `submit` does not say it
    leads: dict[str, Any] = {}
    previews: dict[str, Callable[[str], Any]] = {}
    same_choices: dict[str, str] = {}

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

    def fill(self, form: Any, name: str) -> None:
        """Fill in more of a form after the button `fill:<name>` in it. Raises BadInput where there is no such button."""
        raise BadInput(gettext("This button does not exist here. Load the page again."))

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
