"""Regio's: the desks that take part; how a region joins, and how one leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import redirect, request
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import SelectMultipleField, StringField, TextAreaField, validators
from wtforms.fields.choices import Choice
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from app.adapters import clock
from app.adapters.colour import OWN
from app.enums import Role, Sector
from app.errors import BadInput, DomainError
from app.extensions import db
from app.fab.editing import doorway
from app.fab.forms import DutchDateField, EnumSetField, RelationField, WholeNumberField, form_of
from app.fab.interface import LoketInterface
from app.fab.layout import group_of
from app.fab.page import FormPage
from app.fab.view import LoketView
from app.models import Region, WorkingArea
from app.security.identity import Identity, person
from app.services import logos, regions
from app.views.base import LABELS
from app.views.members import link_page
from app.views.style import logo_address

REQUIRED = _l("Fill this in.")
# How messages to groups leave: label, least, most, whether it has to be there, and what it means.
_SENDING = {
    "mails_a_minute": (
        _l("Mails a minute"), 0, regions.MOST_MAILS, True,
        _l("Of messages to groups. 0: as many as the mail server takes. Exchange Online takes 30."),
    ),
    "mailings_a_week": (
        _l("Messages to one person a week"), 1, regions.MOST_MAILINGS, True,
        _l("At most this many messages to groups to one person in seven days."),
    ),
    "approve_above": (
        _l("A second person approves above"), 1, regions.MOST_APPROVE, True,
        _l("Above this number of receivers somebody else looks before it is sent."),
    ),
    "quiet_from": (
        _l("No messages from"), 0, 23, False, _l("The hour, from 0 to 23. Empty: messages to groups leave at any hour."),
    ),
    "quiet_until": (_l("No messages until"), 0, 23, False, _l("The hour, from 0 to 23, in the morning.")),
}  # fmt: skip


class RegionsField(SelectMultipleField):
    """Regions as boxes to tick; holds the rows."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, coerce=str, choices=[], **options)

    def rows(self) -> list[Region]:
        query = sa.select(Region).where(Region.left_on.is_(None), Region.is_national.is_(False)).order_by(Region.name)
        return list(db.session.scalars(query))

    def iter_choices(self) -> Any:
        for region in self.rows():
            yield Choice(str(region.id), region.name, str(region.id) in (self.data or ()), {})

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or ()) <= {str(region.id) for region in self.rows()}:
            raise validators.ValidationError(gettext("Choose from the list."))

    def chosen(self) -> list[Region]:
        return [region for region in self.rows() if str(region.id) in (self.data or ())]


class ColourInput(TextInput):
    """A colour to write, with the browser's own picker beside it for who has scripts."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        written = super().__call__(field, **options)
        picker = Markup('<input type="color" class="form-control form-control-color" value="%s" data-colour-of="%s" aria-label="%s">')
        return Markup('<span class="colour">%s%s</span>') % (written, picker % (field.data or OWN, field.id, gettext("Pick a colour")))


class RegiosView(LoketView):
    datamodel = LoketInterface(Region)
    class_permission_name = "Regios"
    route_base = "/beheer/regios"
    list_name = "regios"
    list_title = _l("Regions")
    edit_title = _l("Edit region")
    show_title = _l("Region")
    add_title = _l("Let a region join")
    submit = _l("Save region")
    include_route_methods = {"list", "show", "edit", "options", "join", "leave", "logo"}
    method_permission_name = {"options": "list", "logo": "edit"}
    base_order = ("name", "asc")
    list_columns = ["name", "sectors", "desk_email", "desk_phone", "promised_days", "joined_on", "left_on"]
    order_columns = ["name", "joined_on"]
    search_columns = ["name", "sectors", "joined_on"]
    search_over = ("name",)
    show_groups = (
        (_l("Region"), ("sectors", "area", "neighbours", "joined_on", "left_on")),
        (_l("Desk"), ("desk_email", "desk_phone", "website", "promised_days", "colour")),
        (_l("Messages to groups"), tuple(_SENDING)),
    )
    edit_groups = (
        (_l("Region"), ("name", "sectors")),
        (_l("Desk"), ("desk_email", "desk_phone", "website", "promised_days", "colour")),
        (_l("Messages to groups"), tuple(_SENDING)),
    )
    logs_reads = False
    label_columns = {
        **LABELS,
        **{name: label for name, (label, *_) in _SENDING.items()},
        "area": _l("Working area"),
        "neighbours": _l("Neighbouring regions"),
        "desk_email": _l("E-mail of the desk"),
        "desk_phone": _l("Telephone of the desk"),
        "promised_days": _l("First contact within (working days)"),
        "colour": _l("Colour"),
        "joined_on": _l("Takes part since"),
        "left_on": _l("Left on"),
    }

    def form_field(self, name: str) -> Any:
        label = self.label_columns.get(name, name)
        if name == "promised_days":
            return WholeNumberField(label, [validators.InputRequired(REQUIRED), validators.NumberRange(1, regions.LONGEST_PROMISE)])
        if name in _SENDING:
            _, lowest, most, is_needed, help_text = _SENDING[name]
            must = validators.InputRequired(REQUIRED) if is_needed else validators.Optional()
            return WholeNumberField(label, [must, validators.NumberRange(lowest, most)], description=help_text)
        if name == "colour":
            return StringField(
                label,
                [validators.Regexp(r"^#[0-9a-fA-F]{6}$", message=_l("Write a colour as #15508a."))],
                filters=[lambda text: text.strip() if text else text],
                description=_l("For buttons and links of everybody who works with this region. White letters have to be readable on it."),
                widget=ColourInput(),
            )
        return super().form_field(name)

    def form_columns(self, names: Sequence[str]) -> Sequence[str]:
        """The name is the administrator's."""
        return [name for name in super().form_columns(names) if name != "name" or person().role is Role.ADMIN]

    def conditions(self) -> list[Any]:
        by = person()
        return [] if by.role is Role.ADMIN else [Region.id.in_(sorted(by.region_ids))]

    def address(self, method: str, **values: Any) -> str:
        return super().address("join" if method == "add" else method, **values)

    def may(self, verb: str, row: Any = None) -> bool:
        return super().may("join" if verb == "add" else verb, row)

    def region_of(self, row: Any) -> int | None:
        return row.id if row.id in person().region_ids else None

    def may_row(self, verb: str, row: Region, by: Identity) -> bool:
        if verb == "leave":
            return row.left_on is None and not row.is_national
        return verb not in ("edit", "logo") or by.role is Role.ADMIN or row.id in by.region_ids

    def cell_area(self, row: Region) -> Any:
        areas = db.session.scalars(sa.select(WorkingArea).where(WorkingArea.region_id == row.id).order_by(WorkingArea.pc4_from))
        return ", ".join(f"{area}{f' ({area.sector.label})' if area.sector else ''}" for area in areas)

    def cell_colour(self, row: Region) -> Any:
        patch = '<svg class="swatch" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill="%s"/></svg><span>%s</span>'
        return Markup(patch) % (row.colour, row.colour)

    def cell_neighbours(self, row: Region) -> Any:
        return ", ".join(region.name for region in row.neighbours)

    def change(self, row: Region, form: Any, fields: Sequence[str]) -> None:
        regions.update(row, by=person(), now=clock.now())

    def links_for(self, row: Region) -> Sequence[tuple[str, str]]:
        links = (("logo", gettext("Logo")), ("leave", gettext("Let this region leave")))
        return [(label, self.address(verb, pk=row.id)) for verb, label in links if self.may(verb, row)]

    @expose("/logo/<pk>", methods=["GET", "POST"])
    @has_access
    def logo(self, pk: str) -> Any:
        """The picture that stands in the place of our mark: choose another one, or take it away."""
        row = self.found(pk)
        self.require("logo", row)
        if request.method == "GET":
            return self._logo_page(row)
        try:
            with doorway():
                if "remove" in request.form:
                    logos.remove_logo(row, by=person(), now=clock.now())
                else:
                    logos.set_logo(row, self._sent_file(), by=person(), now=clock.now())
        except BadInput as refusal:
            return self._logo_page(self.found(pk), str(refusal), 422)
        return redirect(self.address("show", pk=pk))

    def _sent_file(self) -> bytes:
        """What was sent, as far as it can be a logo: one byte too many says that it is too large."""
        file = request.files.get("logo")
        if file is None or not file.filename:
            raise BadInput(gettext("Choose a file first."))
        with file.stream as stream:
            return stream.read(logos.MOST_BYTES + 1)

    def _logo_page(self, row: Region, error: str = "", status: int = 200) -> Any:
        page = self.render_template(
            "loket/region_logo.html",
            title=gettext("Logo of %(region)s", region=row.name),
            name=row.name,
            address=logo_address(row),
            error=error,
            back_url=self.address("show", pk=row.id),
        )
        return page, status

    @expose("/nieuw", methods=["GET", "POST"])
    @has_access
    def join(self) -> Any:
        """The guided form for a new region: area, neighbours, sectors, desk, first coordinator."""
        form = _join_form()()
        if request.method == "GET":
            form.promised_days.data = 3
            return self._guided("loket/region_join.html", form, _JOIN_GROUPS, self.add_title, _l("Let the region join"))
        if not form.validate():
            return self._guided("loket/region_join.html", form, _JOIN_GROUPS, self.add_title, _l("Let the region join"), status=422)
        try:
            with doorway():
                token = self._join(form)
        except DomainError as refusal:
            return self._guided(
                "loket/region_join.html", form, _JOIN_GROUPS, self.add_title, _l("Let the region join"), refusal.status, str(refusal)
            )
        return link_page(self, token, form.coordinator_name.data) if token else redirect(self.address("list"))

    def _join(self, form: Any) -> str | None:
        now = clock.now()
        region = Region(
            name=form.name.data.strip(), sectors=form.sectors.data, promised_days=form.promised_days.data, joined_on=clock.day(now)
        )
        region.desk_email, region.desk_phone, region.website = form.desk_email.data, form.desk_phone.data, form.website.data
        made = regions.join(
            region,
            area=regions.parse_area(form.area.data),
            neighbours=form.neighbours.chosen(),
            coordinator_email=form.coordinator_email.data,
            coordinator_name=form.coordinator_name.data,
            by=person(),
            now=now,
        )
        return made[1]

    @expose("/vertrek/<pk>", methods=["GET", "POST"])
    @has_access
    def leave(self, pk: str) -> Any:
        """A region leaves: its candidates go to another region, its memberships end, its coming activities are called off."""
        row = self.found(pk)
        self.require("leave", row)
        form = _leave_form(row)()
        title = gettext("%(region)s leaves", region=row.name)
        if request.method == "GET":
            form.on.data = clock.day(clock.now())
            return self._guided("loket/region_leave.html", form, _LEAVE_GROUPS, title, _l("Let this region leave"))
        if not form.validate():
            return self._guided("loket/region_leave.html", form, _LEAVE_GROUPS, title, _l("Let this region leave"), 422)
        try:
            with doorway():
                regions.leave(row, successor=form.successor.data, on=form.on.data, by=person(), now=clock.now())
        except DomainError as refusal:
            return self._guided(
                "loket/region_leave.html", form, _LEAVE_GROUPS, title, _l("Let this region leave"), refusal.status, str(refusal)
            )
        return redirect(self.address("show", pk=row.id))

    def _guided(self, template: str, form: Any, groups: Any, title: Any, submit: Any, status: int = 200, warning: str = "") -> Any:
        shown = tuple(group_of(heading, [form[name] for name in names], self.leads) for heading, names in groups)
        page = FormPage(str(title), form, shown, str(submit), self.address("list"), warning=warning)
        return self.render_template(template, title=page.title, page=page), status


_JOIN_GROUPS = (
    (_l("Region"), ("name", "sectors", "area", "neighbours")),
    (_l("Desk"), ("desk_email", "desk_phone", "website", "promised_days")),
    (_l("First coordinator"), ("coordinator_name", "coordinator_email")),
)
_LEAVE_GROUPS = ((_l("Who goes where"), ("successor", "on")),)


def _join_form() -> Any:
    must = [validators.InputRequired(REQUIRED)]
    optional = [validators.Optional()]
    return form_of(
        {
            "name": StringField(_l("Name"), [*must, validators.Length(max=80)]),
            "sectors": EnumSetField(_l("Sectors"), optional, of=Sector),
            "area": TextAreaField(
                _l("Working area"),
                [*must, validators.Length(max=20_000)],
                description=_l("One range of postcodes a line, such as 3500-3599. Only for one sector: 3500-3599 VO."),
            ),
            "neighbours": RegionsField(_l("Neighbouring regions"), optional),
            "desk_email": StringField(_l("E-mail of the desk"), [*optional, validators.Length(max=254)]),
            "desk_phone": StringField(_l("Telephone of the desk"), [*optional, validators.Length(max=20)]),
            "website": StringField(_l("Website"), [*optional, validators.Length(max=200)]),
            "promised_days": WholeNumberField(
                _l("First contact within (working days)"), [*must, validators.NumberRange(1, regions.LONGEST_PROMISE)]
            ),
            "coordinator_name": StringField(_l("Name"), [*must, validators.Length(max=128)]),
            "coordinator_email": StringField(_l("E-mail"), [*must, validators.Length(max=254)]),
        }
    )


def _leave_form(region: Region) -> Any:
    def others() -> list[Any]:
        return [Region.id != region.id, Region.left_on.is_(None), Region.is_national.is_(False)]

    return form_of(
        {
            "successor": RelationField(
                _l("Candidates go to"),
                [validators.Optional()],
                model=Region,
                where=others,
                order=Region.name,
                description=_l("Needed as long as there are open candidates."),
            ),
            "on": DutchDateField(_l("Last day"), [validators.InputRequired(REQUIRED)]),
        }
    )
