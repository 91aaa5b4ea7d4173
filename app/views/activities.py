"""Activiteiten and aanmeldingen: what there is to go to, and who goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import StringField, validators

from app.adapters import clock
from app.enums import ActivityEffect, OfferKind, RegistrationState
from app.extensions import db
from app.fab import editing
from app.fab.badges import mark
from app.fab.forms import form_of
from app.fab.interface import LoketInterface
from app.fab.page import Link
from app.fab.shown import moment, paragraphs
from app.fab.view import LoketView
from app.models import Activity, Location, Organisation, Region, Registration
from app.security.identity import Identity, person
from app.services import activities, edits
from app.views.base import LABELS, organisations_in_use
from app.views.mailing_audience import MESSAGE, begin_url, may_send
from app.views.matches import AsideEnum
from app.views.offer_words import set_out_link


def _own_regions() -> list[Any]:
    return [Region.id.in_(sorted(person().region_ids))]


def _own_organisations() -> list[Any]:
    by = person()
    return [Organisation.id.in_(sorted(by.organisation_ids))] if by.is_organisation else organisations_in_use()


class AanmeldingenView(LoketView):
    datamodel = LoketInterface(Registration, eager=("candidate", "activity"))
    class_permission_name = "Aanmeldingen"
    route_base = "/aanmeldingen"
    list_name = "aanmeldingen"
    list_title = _l("Registrations")
    add_title = _l("Register candidate")
    edit_title = _l("Change registration")
    show_title = _l("Registration")
    add_submit = _l("Register candidate")
    submit = _l("Save registration")
    empty = _l("There are no registrations yet.")
    base_order = ("created_at", "desc")
    list_columns = ["candidate", "activity", "state", "channel", "created_at"]
    more_columns = ("effect", "state_at")
    relative = frozenset({"state_at", "created_at"})
    card_columns = ("state", "activity")
    order_columns = ["created_at", "state_at"]
    search_columns = ["state", "effect", "channel", "activity", "created_at"]
    export_columns = ("candidate", "activity", "state", "effect", "channel", "created_at", "state_at")
    show_groups = ((_l("Registration"), ("candidate", "activity", "state", "effect", "state_at", "channel", "created_at")),)
    add_groups = ((_l("Registration"), ("candidate", "activity", "channel")),)
    edit_groups = ((_l("Registration"), ("state", "effect")),)
    include_route_methods = LoketView.include_route_methods - {"delete"}
    required = frozenset({"candidate", "activity", "channel"})
    capabilities = {"add": "manage_activities", "edit": "manage_activities", "export": "export"}
    leads_to = {"message": MESSAGE}
    field_options = {
        "activity": {
            "where": lambda: [Activity.cancelled_at.is_(None)],
            "order": Activity.starts_at.desc(),
            "called": lambda row: f"{row.title} · {moment(row.starts_at)}",
        }
    }
    label_columns = {**LABELS, "activity": _l("Activity"), "channel": _l("Registered by"), "effect": _l("Effect on the decision")}
    description_columns = {"effect": _l("Did it make the candidate more certain? Ask, and choose what they say.")}

    def form_field(self, name: str) -> Any:
        if name == "state":
            return AsideEnum(self.label_columns[name], [validators.InputRequired()], of=RegistrationState)
        if name == "effect":
            about = self.description_columns[name]
            return AsideEnum(self.label_columns[name], [validators.Optional()], of=ActivityEffect, description=about)
        return super().form_field(name)

    def may_row(self, verb: str, row: Registration, by: Identity) -> bool:
        return verb != "edit" or by.has_files

    def region_of(self, row: Any) -> int | None:
        """A registration for the own activity by a candidate of elsewhere is judged in the region of the activity."""
        region = super().region_of(row)
        return region if region is not None or row.activity is None else super().region_of(row.activity)

    def prefill(self, form: Any) -> None:
        form.candidate.suggest(request.args.get("candidate", ""))

    def name_of(self, row: Registration) -> str:
        return " · ".join(filter(None, (self.number_of(row), str(row.activity or ""))))

    def create(self, row: Registration, form: Any) -> None:
        made = activities.register(form.activity.data, form.candidate.data, channel=form.channel.data, by=person(), now=clock.now())
        row.id = made.id

    def after(self, row: Registration) -> str:
        return self.address("list")

    def change(self, row: Registration, form: Any, fields: Sequence[str]) -> None:
        if form.state.data is not row.state:
            activities.set_state(row, form.state.data, by=person(), now=clock.now())
        if "effect" in form._fields:
            activities.note_effect(row, form.effect.data, by=person(), now=clock.now())

    def option_query(self, name: str) -> Any:
        query = super().option_query(name)
        return query.order_by(None).order_by(Activity.starts_at.desc(), Activity.id) if name == "activity" else query


class ActiviteitenView(LoketView):
    datamodel = LoketInterface(Activity, eager=("region", "organisation", "location"))
    class_permission_name = "Activiteiten"
    route_base = "/activiteiten"
    list_name = "activiteiten"
    list_title = _l("Activities")
    add_title = _l("Plan activity")
    edit_title = _l("Edit activity")
    show_title = _l("Activity")
    submit = _l("Save activity")
    empty = _l("There are no activities yet.")
    search_label = _l("Search by title or place")
    search_over = ("title", "place")
    base_order = ("starts_at", "desc")
    list_columns = ["title", "kind", "starts_at", "form", "place", "capacity", "region"]
    more_columns = ("organisation", "ends_at", "closes_at", "sectors")
    card_columns = ("starts_at", "kind", "place")
    row_verbs = (("cancel", _l("Cancel activity")),)
    order_columns = ["starts_at", "title"]
    search_columns = ["kind", "form", "starts_at", "sectors", "region", "organisation", "place", "title"]
    export_columns = ("title", "kind", "form", "starts_at", "ends_at", "place", "capacity", "region", "organisation", "cancelled_at")
    show_groups = (
        (_l("Description"), ("description",)),
        (_l("Activity"), ("kind", "form", "starts_at", "ends_at", "closes_at", "place", "location", "website")),
        (_l("Organisation"), ("region", "organisation", "sectors", "capacity", "cancelled_at", "cancel_reason")),
    )
    add_groups = (
        (_l("What"), ("title", "kind", "description", "sectors")),
        (_l("When"), ("starts_at", "ends_at", "closes_at")),
        (_l("Where"), ("form", "place", "location", "website")),
        (_l("Who"), ("region", "organisation", "capacity")),
    )
    edit_groups = (*add_groups[:3], (_l("Who"), ("organisation", "capacity")))
    required = frozenset({"title", "kind", "starts_at", "region"})
    capabilities = {"add": "manage_activities", "edit": "manage_activities", "cancel": "manage_activities", "export": "export"}
    logs_reads = False
    field_options = {
        "region": {"where": _own_regions, "order": Region.name},
        "organisation": {"where": _own_organisations, "order": Organisation.name},
        "location": {"order": Location.name},
    }
    label_columns = {
        **LABELS,
        "form": _l("Form"),
        "starts_at": _l("Starts"),
        "ends_at": _l("Ends"),
        "closes_at": _l("Registration closes"),
        "location": _l("Location"),
        "capacity": _l("Places"),
        "cancelled_at": _l("Cancelled"),
        "cancel_reason": _l("Why cancelled"),
        "description": _l("Description"),
    }
    description_columns = {"capacity": _l("Empty: as many as come. A smaller number never takes a place away from anybody.")}
    include_route_methods = LoketView.include_route_methods - {"delete"} | {"cancel"}
    method_permission_name = {"options": "list", "cancel": "edit"}
    related_views = [AanmeldingenView]

    def may_row(self, verb: str, row: Activity, by: Identity) -> bool:
        if verb not in ("edit", "cancel"):
            return True
        if row.cancelled_at is not None:
            return False
        return row.region_id in by.region_ids and (not by.is_organisation or row.organisation_id in by.organisation_ids)

    def prefill(self, form: Any) -> None:
        if len(person().region_ids) == 1:
            form.region.data = db.session.get(Region, next(iter(person().region_ids)))

    def links_for(self, row: Activity) -> Sequence[Link]:
        cancel = (Link(gettext("Cancel activity"), self.address("cancel", pk=row.id)),) if self.may("cancel", row) else ()
        coming = row.cancelled_at is None and row.starts_at > clock.now()
        url = begin_url("AanmeldingenView", f"_flt_0_activity={row.id}") if may_send() else ""
        message = (Link(gettext("Message to participants"), url, "send", "near"),) if url else ()
        return (*(set_out_link(OfferKind.ACTIVITY, row) if coming else ()), *message, *cancel)

    @expose("/afzeggen/<pk>", methods=["GET", "POST"])
    @has_access
    def cancel(self, pk: str) -> Any:
        """Call an activity off, with a reason for who registered."""
        row = self.found(pk)
        self.require("cancel", row)
        form = form_of(
            {"why": StringField(_l("Why cancelled"), [validators.InputRequired(_l("Fill this in.")), validators.Length(max=200)])}
        )()

        def act(posted: Any) -> None:
            edits.claim_version(row, editing.seen_version(), now=clock.now())
            activities.cancel(row, posted.why.data, by=person(), now=clock.now())

        title, groups = gettext("Cancel %(activity)s", activity=row.title), (("", ("why",)),)
        return editing.verb(self, row, form, groups, title, gettext("Cancel activity"), act)

    def cell_title(self, row: Activity) -> Any:
        if row.cancelled_at is None:
            return row.title
        return Markup("%s %s") % (row.title, mark("calendar-x", "stop", self.label_columns["cancelled_at"]))

    def cell_description(self, row: Activity) -> Any:
        return paragraphs(row.description)

    def create(self, row: Activity, form: Any) -> None:
        row.region_id = form.region.data.id
        activities.schedule(row, by=person(), now=clock.now())

    def change(self, row: Activity, form: Any, fields: Sequence[str]) -> None:
        activities.change(row, by=person(), now=clock.now())
