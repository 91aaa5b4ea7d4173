"""Gesprekken: conversation reports, with a text for the candidate and a text for advisers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from flask import request
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.adapters import clock
from app.enums import Holder, Role
from app.errors import BadInput
from app.extensions import db
from app.fab.editing import seen_doubts
from app.fab.interface import LoketInterface
from app.fab.page import Link
from app.fab.screen import Groups
from app.fab.shown import moment, paragraphs
from app.fab.view import LoketView
from app.models import AdviceSession, UserProfile
from app.security.identity import person
from app.services import advice, report_templates
from app.views import report_form
from app.views.attachments import AttachmentPart
from app.views.base import LABELS, advisers_of_regions

_CONVERSATION = ("candidate", "held_at", "kinds", "adviser", "minutes", "shared")


class GesprekkenView(AttachmentPart, LoketView):
    datamodel = LoketInterface(AdviceSession, eager=("candidate", "adviser"))
    class_permission_name = "Gesprekken"
    route_base = "/gesprekken"
    list_name = "gesprekken"
    list_title = _l("Conversations")
    add_title = _l("Add conversation")
    edit_title = _l("Edit conversation")
    show_title = _l("Conversation")
    submit = _l("Save conversation")
    empty = _l("There are no conversations yet.")
    base_order = ("held_at", "desc")
    list_columns = ["held_at", "candidate", "kinds", "adviser", "minutes"]
    more_columns = ("shared", "created_at")
    card_columns = ("candidate", "kinds", "adviser")
    order_columns = ["held_at"]
    search_columns = ["held_at", "kinds", "adviser", "shared", "summary", "notes"]
    search_over = ("summary",)
    search_label = _l("Search in summaries")
    export_columns = ("held_at", "candidate", "kinds", "adviser", "minutes", "summary", "shared")
    show_groups = (
        (_l("Conversation"), _CONVERSATION),
        (_l("The candidate sees this"), ("summary",)),
        (_l("Only advisers see this"), ("notes",)),
        (_l("Attachments"), ("attachments",)),
    )
    own_groups = (
        (_l("Conversation"), ("held_at", "kinds", "adviser", "minutes")),
        (_l("What you agreed"), ("summary",)),
        (_l("Attachments"), ("attachments",)),
    )
    add_groups = (
        (_l("Conversation"), ("candidate", "template", "held_at", "kinds", "adviser", "minutes")),
        (_l("The candidate sees this"), ("summary", "shared")),
        (_l("Only advisers see this"), ("notes",)),
        (_l("What happens next"), ("done", "next_title", "next_holder", "next_due")),
        (_l("Attachments"), ("files", "for_candidate")),
    )
    edit_groups = (
        (_l("Conversation"), ("held_at", "kinds", "adviser", "minutes")),
        (_l("The candidate sees this"), ("summary", "shared")),
        (_l("Only advisers see this"), ("notes",)),
    )
    leads = {"done": _l("A candidate whom you help always has a next action with a date.")}
    add_template = "loket/report_form.html"
    edit_template = "loket/report_form.html"
    show_template = "loket/report.html"
    include_route_methods = LoketView.include_route_methods | {"attachment", "attachments", "show_attachment", "remove_attachment", "print"}
    method_permission_name = {
        "options": "list",
        "attachment": "show",
        "print": "show",
        "attachments": "edit",
        "show_attachment": "edit",
        "remove_attachment": "edit",
    }
    required = frozenset({"candidate", "held_at"})
    capabilities = {
        "add": "write_reports",
        "edit": "write_reports",
        "attachments": "write_reports",
        "delete": "write_reports",
        "export": "export",
    }
    field_options = {"adviser": {"where": advisers_of_regions, "order": UserProfile.name}}
    label_columns = {
        **LABELS,
        **report_form.LABELS,
        "held_at": _l("When"),
        "kinds": _l("Kind"),
        "adviser": _l("Adviser"),
        "minutes": _l("Minutes"),
        "summary": _l("Summary"),
        "notes": _l("Notes"),
        "shared": _l("May be shared outside the desk"),
        "attachments": _l("Attachments"),
    }
    description_columns = {
        "summary": _l("Write what you agreed, for the candidate to read back."),
        "notes": _l("The candidate can ask for these notes as well. Write what you would say."),
        "shared": _l("Only with consent of the candidate, and only the summary."),
    }

    def form_field(self, name: str) -> Any:
        if name in ("summary", "notes"):
            return report_form.text_field(self.label_columns[name], self.description_columns[name])
        return report_form.field_of(name) if name in report_form.FIELDS else super().form_field(name)

    def prefill(self, form: Any) -> None:
        form.candidate.suggest(request.args.get("candidate", ""))
        form.held_at.data = clock.now().replace(second=0, microsecond=0)
        form.adviser.data = db.session.get(UserProfile, person().user_id)
        form.next_holder.data = Holder.ADVISER
        with suppress(ValueError, BadInput):
            form.template.process_formdata([request.args.get("sjabloon", "")])
            self.fill(form, "template")

    def fill(self, form: Any, name: str) -> None:
        """Put a template behind what was typed."""
        template = form.template.data if name == "template" else None
        if template is None:
            raise BadInput(gettext("Choose a template first."))
        form.kinds.data = frozenset(form.kinds.data or ()) | template.kinds
        for field in (form.summary, form._fields.get("notes")):
            if field is not None:
                field.data = report_templates.joined(field.data, getattr(template, field.name))

    def groups_shown(self) -> Groups:
        return self.own_groups if person().role is Role.CANDIDATE else self.show_groups

    def links_for(self, row: AdviceSession) -> Sequence[Link]:
        links = [Link(gettext("Print"), self.address("print", pk=row.id), "printer", "near")]
        if self.may("attachments", row):
            links.append(Link(gettext("Attachments"), self.address("attachments", pk=row.id), "file-text", "near"))
        return links

    @expose("/print/<pk>", methods=["GET"])
    @has_access
    def print(self, pk: str) -> Any:
        """A report as it stands on paper, with what this person sees of it."""
        row = self.found(pk)
        self.require("print", row)
        self.log_read("show", [row])
        title = self.name_of(row)
        groups = self.fact_groups(row)
        return self.render_template(
            "loket/report_print.html",
            title=title,
            groups=list(groups),
            number=self.number_of(row),
            back_url=self.address("show", pk=row.id),
        )

    def name_of(self, row: AdviceSession) -> str:
        return f"{self.show_title} · {moment(clock.local(row.held_at).date())}"

    def cell_summary(self, row: AdviceSession) -> Any:
        return paragraphs(row.summary)

    def cell_notes(self, row: AdviceSession) -> Any:
        return paragraphs(row.notes)

    def create(self, row: AdviceSession, form: Any) -> None:
        by, now = person(), clock.now()
        advice.settle_doubts(row, seen_doubts())
        advice.record(row, following=report_form.following(form), by=by, now=now)
        report_form.keep_files(row, form, by=by, now=now)

    def change(self, row: AdviceSession, form: Any, fields: Sequence[str]) -> None:
        if {"summary", "notes"} & set(fields):
            advice.settle_doubts(row, seen_doubts())
        advice.change(row, by=person(), now=clock.now())

    def remove(self, row: AdviceSession) -> None:
        advice.remove(row, by=person(), now=clock.now())
