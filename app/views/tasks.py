"""Taken: what has to happen next, for whom, before when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import request
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField, validators

from app.adapters import clock
from app.enums import Role
from app.fab import editing
from app.fab.forms import DutchDateField, form_of
from app.fab.interface import LoketInterface
from app.fab.page import FactGroup, Link
from app.fab.selection import Bulk
from app.fab.shown import due
from app.fab.view import LoketView
from app.models import Task, UserProfile
from app.security.identity import Identity, person
from app.services import tasks
from app.views.alternatives import after_task
from app.views.base import LABELS, advisers_of_regions

FINISH_GROUPS = ((_l("What happens next"), ("next_title", "next_due")),)


def finish_form() -> Any:
    """The form with which a task is ticked off."""
    may = [validators.Optional()]
    return form_of(
        {
            "next_title": StringField(_l("Next action"), [*may, validators.Length(max=200)]),
            "next_due": DutchDateField(_l("Before"), may),
        }
    )


def _finish(row: Task, form: Any, expected: int | None = None) -> None:
    following = {"next_title": form.next_title.data, "next_due": form.next_due.data}
    tasks.finish(row, expected=expected, by=person(), now=clock.now(), **following)


class TakenView(LoketView):
    datamodel = LoketInterface(Task, eager=("candidate", "owner"))
    class_permission_name = "Taken"
    route_base = "/taken"
    list_name = "taken"
    list_title = _l("Tasks")
    add_title = _l("Plan task")
    edit_title = _l("Edit task")
    show_title = _l("Task")
    submit = _l("Save task")
    empty = _l("There are no tasks yet.")
    base_order = ("due_on", "asc")
    list_columns = ["title", "candidate", "holder", "owner", "due_on", "done_at"]
    more_columns = ("kind", "created_at")
    card_columns = ("candidate", "due_on", "holder")
    relative = frozenset({"created_at", "done_at"})
    row_verbs = (("finish", _l("Tick off")),)
    bulk = {
        "finish": Bulk(
            label=_l("Tick off"),
            submit=_l("Tick off"),
            done=_l("Tasks ticked off: %(count)s."),
            icon="checks",
            form=finish_form,
            act=lambda row, form: _finish(row, form),
            able=lambda: [Task.done_at.is_(None)],
        )
    }
    order_columns = ["due_on", "title"]
    search_columns = ["due_on", "holder", "owner", "kind", "title", "done_at"]
    search_over = ("title",)
    export_columns = ("title", "candidate", "holder", "owner", "due_on", "done_at", "created_at")
    not_missed = frozenset({"owner"})
    show_groups = ((_l("Task"), ("candidate", "kind", "holder", "owner", "due_on", "done_at", "created_at")),)
    add_groups = ((_l("Task"), ("candidate", "title", "holder", "owner", "due_on")),)
    edit_groups = ((_l("Task"), ("title", "holder", "owner", "due_on")),)
    required = frozenset({"candidate"})
    include_route_methods = LoketView.include_route_methods - {"delete"} | {"finish"}
    method_permission_name = {"options": "list", "finish": "edit"}
    capabilities = {"add": "move_stage", "edit": "move_stage", "finish": "move_stage", "export": "export"}
    field_options = {"owner": {"where": advisers_of_regions, "order": UserProfile.name}}
    label_columns = {
        **LABELS,
        "title": _l("What"),
        "holder": _l("Who has the ball"),
        "owner": _l("Adviser"),
        "due_on": _l("Before"),
        "done_at": _l("Done"),
    }
    description_columns = {"title": _l("The candidate can read this.")}

    def may_row(self, verb: str, row: Task, by: Identity) -> bool:
        return verb not in ("edit", "finish") or (by.role is not Role.CANDIDATE and row.done_at is None)

    def links_for(self, row: Task) -> Sequence[Link]:
        return (Link(gettext("Tick off"), self.address("finish", pk=row.id), "check", "first"),) if self.may("finish", row) else ()

    @expose("/klaar/<pk>", methods=["GET", "POST"])
    @has_access
    def finish(self, pk: str) -> Any:
        """Tick a task off and say what happens next: an active candidate is never without a next action."""
        row = self.found(pk)
        self.require("finish", row)
        form = finish_form()()

        def act(posted: Any) -> None:
            _finish(row, posted, editing.seen_version())

        return editing.verb(self, row, form, FINISH_GROUPS, gettext("Tick off: %(task)s", task=row.title), gettext("Tick off"), act)

    def fact_groups(self, row: Task) -> Iterator[FactGroup]:
        yield from super().fact_groups(row)
        yield from after_task(row)

    def cell_due_on(self, row: Task) -> Any:
        return due(row.due_on) if row.done_at is None else row.due_on

    def prefill(self, form: Any) -> None:
        form.candidate.suggest(request.args.get("candidate", ""))

    def create(self, row: Task, form: Any) -> None:
        tasks.enter(row, by=person(), now=clock.now())

    def change(self, row: Task, form: Any, fields: Sequence[str]) -> None:
        tasks.change(row, by=person(), now=clock.now())
