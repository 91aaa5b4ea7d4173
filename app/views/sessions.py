"""Gesprekken: conversation reports, with a text for the candidate and a text for advisers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from app.adapters import clock
from app.fab.interface import LoketInterface
from app.fab.shown import moment, paragraphs
from app.fab.view import LoketView
from app.models import AdviceSession, UserProfile
from app.security.identity import person
from app.services import advice
from app.views.base import LABELS, advisers_of_regions


class GesprekkenView(LoketView):
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
        (_l("Conversation"), ("candidate", "held_at", "kinds", "adviser", "minutes", "shared")),
        (_l("The candidate sees this"), ("summary",)),
        (_l("Only advisers see this"), ("notes",)),
    )
    add_groups = (
        (_l("Conversation"), ("candidate", "held_at", "kinds", "adviser", "minutes")),
        (_l("The candidate sees this"), ("summary", "shared")),
        (_l("Only advisers see this"), ("notes",)),
    )
    edit_groups = (
        (_l("Conversation"), ("held_at", "kinds", "adviser", "minutes")),
        (_l("The candidate sees this"), ("summary", "shared")),
        (_l("Only advisers see this"), ("notes",)),
    )
    required = frozenset({"candidate", "held_at"})
    capabilities = {"add": "write_reports", "edit": "write_reports", "delete": "write_reports", "export": "export"}
    field_options = {"adviser": {"where": advisers_of_regions, "order": UserProfile.name}}
    label_columns = {
        **LABELS,
        "held_at": _l("When"),
        "kinds": _l("Kind"),
        "adviser": _l("Adviser"),
        "minutes": _l("Minutes"),
        "summary": _l("Summary"),
        "notes": _l("Notes"),
        "shared": _l("May be shared outside the desk"),
    }
    description_columns = {
        "summary": _l("Write what you agreed, for the candidate to read back."),
        "notes": _l("The candidate can ask for these notes as well. Write what you would say."),
        "shared": _l("Only with consent of the candidate, and only the summary."),
    }

    def prefill(self, form: Any) -> None:
        form.candidate.suggest(request.args.get("candidate", ""))
        form.held_at.data = clock.now().replace(second=0, microsecond=0)

    def name_of(self, row: AdviceSession) -> str:
        return f"{self.show_title} · {moment(clock.local(row.held_at).date())}"

    def cell_summary(self, row: AdviceSession) -> Any:
        return paragraphs(row.summary)

    def cell_notes(self, row: AdviceSession) -> Any:
        return paragraphs(row.notes)

    def create(self, row: AdviceSession, form: Any) -> None:
        advice.record(row, by=person(), now=clock.now())

    def change(self, row: AdviceSession, form: Any, fields: Sequence[str]) -> None:
        advice.change(row, by=person(), now=clock.now())

    def remove(self, row: AdviceSession) -> None:
        advice.remove(row, by=person(), now=clock.now())
