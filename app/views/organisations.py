"""Organisaties and opleidingen: the schools and training institutes of the regions, and what these offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from app.enums import OfferKind, OrganisationKind, Role
from app.fab.interface import LoketInterface
from app.fab.page import Link
from app.fab.shown import paragraphs
from app.fab.view import LoketView
from app.models import Organisation, Programme, Region, Subject
from app.security.identity import Identity, person
from app.views.base import LABELS
from app.views.offer_words import set_out_link


def _own_regions() -> list[Any]:
    by = person()
    return [] if by.role is Role.ADMIN else [Region.id.in_(sorted(by.region_ids))]


def _providers() -> list[Any]:
    return [Organisation.kind == OrganisationKind.PROVIDER, *_managed()]


def _managed() -> list[Any]:
    by = person()
    return [] if by.role is Role.ADMIN else [Organisation.region_id.in_(sorted(by.region_ids))]


class OpleidingenView(LoketView):
    datamodel = LoketInterface(Programme, eager=("organisation", "subject"))
    class_permission_name = "Opleidingen"
    route_base = "/opleidingen"
    list_name = "opleidingen"
    list_title = _l("Programmes")
    add_title = _l("Add programme")
    edit_title = _l("Edit programme")
    show_title = _l("Programme")
    submit = _l("Save programme")
    empty = _l("There are no programmes yet.")
    search_label = _l("Search by name or place")
    search_over = ("name", "place")
    base_order = ("name", "asc")
    list_columns = ["name", "organisation", "route", "subject", "place", "online", "starts_on"]
    more_columns = ("sectors", "months", "min_education", "active")
    card_columns = ("organisation", "route", "place", "starts_on")
    order_columns = ["name", "starts_on"]
    search_columns = ["route", "sectors", "subject", "organisation", "place", "online", "active", "starts_on"]
    export_columns = ("name", "organisation", "route", "sectors", "subject", "place", "online", "months", "starts_on", "website")
    show_groups = (
        (_l("Programme"), ("organisation", "route", "sectors", "subject", "place", "online", "months", "starts_on", "website")),
        (_l("Conditions (an indication; the institute decides)"), ("min_education", "related_fields", "conditions")),
    )
    add_groups = (
        (_l("Programme"), ("name", "organisation", "route", "sectors", "subject", "place", "online", "months", "starts_on", "website")),
        (_l("Conditions (an indication; the institute decides)"), ("min_education", "related_fields", "conditions", "active")),
    )
    edit_groups = add_groups
    capabilities = {"export": "export"}
    logs_reads = False
    field_options = {"organisation": {"where": _providers, "order": Organisation.name}, "subject": {"order": Subject.name}}
    label_columns = {
        **LABELS,
        "organisation": _l("Training institute"),
        "online": _l("Online"),
        "months": _l("Months"),
        "starts_on": _l("Starts"),
        "min_education": _l("Education at least"),
        "related_fields": _l("Related studies"),
        "conditions": _l("Other conditions"),
    }

    def links_for(self, row: Programme) -> Sequence[Link]:
        return set_out_link(OfferKind.PROGRAMME, row) if row.active else ()

    def may_row(self, verb: str, row: Programme, by: Identity) -> bool:
        return verb not in ("edit", "delete") or by.role is Role.ADMIN or row.organisation.region_id in by.region_ids

    def cell_conditions(self, row: Programme) -> Any:
        return paragraphs(row.conditions)


class OrganisatiesView(LoketView):
    datamodel = LoketInterface(Organisation, eager=("region", "parent"))
    class_permission_name = "Organisaties"
    route_base = "/beheer/organisaties"
    list_name = "organisaties"
    list_title = _l("Organisations")
    add_title = _l("Add organisation")
    edit_title = _l("Edit organisation")
    show_title = _l("Organisation")
    submit = _l("Save organisation")
    empty = _l("There are no organisations yet.")
    search_label = _l("Search by name or place")
    search_over = ("name", "place")
    base_order = ("name", "asc")
    list_columns = ["name", "kind", "parent", "place", "sectors", "region", "active"]
    order_columns = ["name"]
    search_columns = ["kind", "region", "sectors", "place", "active", "name"]
    export_columns = ("name", "kind", "parent", "place", "sectors", "region", "email", "phone", "website", "active")
    not_missed = frozenset({"parent"})
    show_groups = ((_l("Organisation"), ("kind", "parent", "sectors", "place", "region", "email", "phone", "website", "active")),)
    add_groups = ((_l("Organisation"), ("name", "kind", "parent", "region", "sectors", "place", "email", "phone", "website", "active")),)
    edit_groups = ((_l("Organisation"), ("name", "kind", "parent", "sectors", "place", "email", "phone", "website", "active")),)
    include_route_methods = LoketView.include_route_methods - {"delete"}
    capabilities = {"export": "export"}
    logs_reads = False
    field_options = {
        "region": {"where": _own_regions, "order": Region.name},
        "parent": {"where": lambda: [Organisation.kind == OrganisationKind.BOARD, *_managed()], "order": Organisation.name},
    }
    label_columns = {**LABELS, "parent": _l("School board")}
    related_views = [OpleidingenView]

    def links_for(self, row: Organisation) -> Sequence[Link]:
        return set_out_link(OfferKind.CONTACT, row) if row.active else ()

    def may_row(self, verb: str, row: Organisation, by: Identity) -> bool:
        return verb != "edit" or by.role is Role.ADMIN or row.region_id in by.region_ids
