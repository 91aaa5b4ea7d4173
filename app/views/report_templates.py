"""Sjablonen: what a conversation report can begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.adapters import clock
from app.enums import Role
from app.fab.interface import LoketInterface
from app.fab.page import Link
from app.fab.shown import paragraphs
from app.fab.view import LoketView
from app.models import Region, ReportTemplate
from app.security.identity import Identity, person
from app.services import report_templates
from app.views import report_form
from app.views.base import LABELS


def _own_regions() -> list[Any]:
    by = person()
    return [] if by.role is Role.ADMIN else [Region.id.in_(sorted(by.region_ids))]


class SjablonenView(LoketView):
    datamodel = LoketInterface(ReportTemplate, eager=("region",))
    class_permission_name = "Sjablonen"
    route_base = "/gesprekken/sjablonen"
    list_name = "sjablonen"
    list_title = _l("Report templates")
    add_title = _l("Add template")
    edit_title = _l("Edit template")
    show_title = _l("Template")
    submit = _l("Save template")
    empty = _l("There are no templates yet. A template saves typing: it fills in the kinds and the first words of a report.")
    base_order = ("name", "asc")
    list_columns = ["name", "region", "kinds", "active"]
    order_columns = ["name"]
    search_columns = ["region", "kinds", "active", "name"]
    search_over = ("name",)
    search_label = _l("Search in names")
    include_route_methods = LoketView.include_route_methods - {"export"}
    show_groups = (
        (_l("Template"), ("region", "kinds", "active")),
        (_l("The candidate sees this"), ("summary",)),
        (_l("Only advisers see this"), ("notes",)),
    )
    add_groups = (
        (_l("Template"), ("name", "region", "kinds", "active")),
        (_l("The candidate sees this"), ("summary",)),
        (_l("Only advisers see this"), ("notes",)),
    )
    edit_groups = add_groups
    capabilities = dict.fromkeys(("add", "edit", "delete"), "write_articles")
    logs_reads = False
    field_options = {"region": {"where": _own_regions, "order": Region.name}}
    label_columns = {**LABELS, "kinds": _l("Kind of conversation"), "summary": _l("Summary"), "notes": _l("Notes"), "active": _l("In use")}
    description_columns = {
        "region": _l("Empty: for the whole country. Only the national desk and the administrator can do that."),
        "summary": _l("A report begins with this text. Use short headings and questions, so that the adviser only has to fill in."),
    }

    def form_field(self, name: str) -> Any:
        if name in ("summary", "notes"):
            return report_form.text_field(self.label_columns[name], self.description_columns.get(name, ""))
        return super().form_field(name)

    def prefill(self, form: Any) -> None:
        form.active.data = True

    def may_row(self, verb: str, row: ReportTemplate, by: Identity) -> bool:
        if verb not in ("edit", "delete") or by.role is Role.ADMIN:
            return True
        return row.region_id in by.region_ids or (row.region_id is None and by.role is Role.NATIONAL)

    def links_for(self, row: ReportTemplate) -> Sequence[Link]:
        if not (row.active and self.appbuilder.sm.has_access("can_add", "Gesprekken")):
            return ()
        return (Link(gettext("Write a report with this"), url_for("GesprekkenView.add", sjabloon=row.id), "message-plus", "near"),)

    def cell_region(self, row: ReportTemplate) -> Any:
        return row.region or gettext("the whole country")

    def cell_summary(self, row: ReportTemplate) -> Any:
        return paragraphs(row.summary)

    def cell_notes(self, row: ReportTemplate) -> Any:
        return paragraphs(row.notes)

    def create(self, row: ReportTemplate, form: Any) -> None:
        report_templates.save(row, by=person(), now=clock.now())

    def change(self, row: ReportTemplate, form: Any, fields: Sequence[str]) -> None:
        report_templates.save(row, by=person(), now=clock.now())

    def remove(self, row: ReportTemplate) -> None:
        report_templates.remove(row, by=person(), now=clock.now())
