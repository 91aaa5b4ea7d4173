"""Leden: who has which role in which region or organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, g, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import validators
from wtforms.fields.choices import Choice

from app.adapters import clock
from app.enums import OrganisationKind, Role
from app.fab import sessions
from app.fab.editing import doorway
from app.fab.forms import DutchDateField, EnumField, RelationField
from app.fab.interface import LoketInterface
from app.fab.shown import moment
from app.fab.view import LoketView
from app.models import Membership, Organisation, Region
from app.security.identity import Identity, person
from app.services import members
from app.views.base import LABELS
from app.views.matches import AsideText, _Aside


class RoleField(EnumField):
    """Only the roles that this person may hand out."""

    def iter_choices(self) -> Any:
        yield Choice("", "–", self.data is None, {})
        for role in members.grantable(person()):
            yield Choice(role.name, str(role.label), role is self.data, {})


class AsideDate(_Aside, DutchDateField): ...


def _regions() -> list[Any]:
    by = person()
    return [Region.left_on.is_(None)] if by.role is Role.ADMIN else [Region.id.in_(sorted(by.region_ids))]


def _organisations() -> list[Any]:
    by = person()
    kinds = Organisation.kind.in_((OrganisationKind.BOARD, OrganisationKind.SCHOOL, OrganisationKind.PROVIDER))
    if by.role is Role.ADMIN:
        return [kinds]
    if by.is_organisation:
        return [Organisation.id.in_(sorted(by.organisation_ids))]
    return [kinds, Organisation.region_id.in_(sorted(by.region_ids))]


class LedenView(LoketView):
    datamodel = LoketInterface(Membership, eager=("profile", "region", "organisation"))
    class_permission_name = "Leden"
    route_base = "/beheer/leden"
    list_name = "leden"
    list_title = _l("Members")
    add_title = _l("Invite member")
    edit_title = _l("End membership")
    show_title = _l("Membership")
    add_submit = _l("Invite member")
    submit = _l("End membership")
    empty = _l("There are no members yet.")
    include_route_methods = {"list", "show", "add", "edit", "options", "link"}
    method_permission_name = {"options": "list", "add": "invite", "edit": "end"}
    base_order = ("starts_on", "desc")
    list_columns = ["profile", "role", "region", "organisation", "starts_on", "ends_on"]
    card_columns = ("role", "region", "organisation", "ends_on")
    order_columns = ["starts_on", "ends_on"]
    search_columns = ["role", "region", "organisation", "starts_on", "ends_on"]
    not_missed = frozenset({"organisation", "ends_on"})
    show_groups = ((_l("Membership"), ("email", "role", "region", "organisation", "starts_on", "ends_on")),)
    add_groups = (
        (_l("Who"), ("email", "person")),
        (_l("Which role"), ("role", "region", "organisation", "starts_on", "ends_on")),
    )
    edit_groups = ((_l("Membership"), ("ends_on",)),)
    capabilities = {"add": "manage_members", "edit": "manage_members", "link": "manage_members"}
    logs_reads = False
    label_columns = {
        **LABELS,
        "profile": _l("Name"),
        "person": _l("Name"),
        "role": _l("Role"),
        "starts_on": _l("From the day"),
        "ends_on": _l("Up to and including"),
    }
    description_columns = {
        "region": _l("For advisers and coordinators. A school or training institute brings its own region."),
        "organisation": _l("For schools, training institutes and study advisers."),
        "ends_on": _l("The last day. Today or earlier takes effect at once; advisees go back to the inbox of the region."),
    }

    def form_field(self, name: str) -> Any:
        label, help_text = self.label_columns.get(name, name), self.description_columns.get(name, "")
        required, optional = [validators.InputRequired(_l("Fill this in."))], [validators.Optional()]
        made = {
            "email": lambda: AsideText(label, [*required, validators.Length(max=254)]),
            "person": lambda: AsideText(label, [*required, validators.Length(max=128)]),
            "role": lambda: RoleField(label, required, of=Role),
            "region": lambda: RelationField(label, optional, model=Region, where=_regions, order=Region.name, description=help_text),
            "organisation": lambda: RelationField(
                label, optional, model=Organisation, where=_organisations, order=Organisation.name, description=help_text
            ),
            "starts_on": lambda: DutchDateField(label, required),
            "ends_on": lambda: AsideDate(label, optional, description=help_text),
        }
        return made[name]()

    def visible(self, names: Sequence[str]) -> list[str]:
        return list(names)

    def may_row(self, verb: str, row: Membership, by: Identity) -> bool:
        if verb not in ("edit", "link"):
            return True
        ended = row.ends_on is not None and row.ends_on < clock.day(clock.now())
        return not ended and members.may_manage(row, by=by)

    def name_of(self, row: Membership) -> str:
        return str(row.profile or "")

    def cell_email(self, row: Membership) -> Any:
        return row.profile.user.email if row.profile is not None and self.may("edit", row) else None

    def prefill(self, form: Any) -> None:
        form.starts_on.data = clock.day(clock.now())

    def create(self, row: Membership, form: Any) -> None:
        made, token = members.invite(
            form.email.data,
            form.person.data,
            form.role.data,
            region=form.region.data,
            organisation=form.organisation.data,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            by=person(),
            now=clock.now(),
        )
        row.id = made.id
        g.made_token = token

    def answer(self, row: Membership, form: Any) -> Any:
        token = g.pop("made_token", None)
        return link_page(self, token, form.person.data) if token else None

    def change(self, row: Membership, form: Any, fields: Sequence[str]) -> None:
        ends_on = form.ends_on.data or clock.day(clock.now())
        members.end(row, ends_on=ends_on, by=person(), now=clock.now())
        if ends_on <= clock.day(clock.now()):
            sessions.end(row.user_id, why="role", now=clock.now())

    def actions_for(self, row: Membership) -> Sequence[tuple[str, str]]:
        if not self.may("link", row):
            return ()
        return ((gettext("Make a one-time link"), self.address("link", pk=row.id)),)

    @expose("/link/<pk>", methods=["POST"])
    @has_access
    def link(self, pk: str) -> Any:
        """A new one-time link for a member who lost the first one or forgot the password."""
        row = self.found(pk)
        self.require("link", row)
        with doorway():
            token = members.new_link(row, by=person(), now=clock.now())
        return link_page(self, token, str(row.profile))


def link_page(view: Any, token: str, name: str) -> Any:
    """The one-time link, in the answer to who made it and nowhere else: the database keeps its hash only."""
    return view.render_template(
        "loket/link_made.html",
        title=gettext("The link is ready"),
        name=name,
        link=current_app.config["LOKET"].base_url.rstrip("/") + url_for("AccountView.link", token=token),
        until=moment(clock.local(clock.now() + members.LINK_VALID)),
        back_url=url_for("LedenView.list"),
    )
