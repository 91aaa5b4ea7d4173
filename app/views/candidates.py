"""Kandidaten: the list to work from, the file, and who looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField, StringField, validators
from wtforms.fields.choices import Choice
from wtforms.widgets import CheckboxInput, ListWidget

from app.adapters import clock
from app.enums import LeaveReason, Role, Stage, Status
from app.extensions import db
from app.fab import editing
from app.fab.forms import DutchDateField, EnumField, RelationField, WholeNumberField, form_of
from app.fab.interface import LoketInterface
from app.fab.shown import paragraphs
from app.fab.view import LoketView
from app.models import Candidate, Subject, UserProfile
from app.security.identity import person
from app.services import candidates
from app.views.activities import AanmeldingenView
from app.views.base import LABELS, advisers_of_regions
from app.views.history import GeschiedenisView, InzageView
from app.views.matches import MatchesView
from app.views.sessions import GesprekkenView
from app.views.tasks import TakenView


class SubjectsField(SelectMultipleField):
    """Subjects as boxes to tick; holds their ids."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, coerce=int, choices=[], **options)

    def iter_choices(self) -> Any:
        for subject in db.session.scalars(sa.select(Subject).order_by(Subject.name)):
            yield Choice(str(subject.id), subject.name, subject.id in (self.data or ()), {})

    def process_data(self, value: Any) -> None:
        self.data = [subject.id for subject in value or ()]

    def pre_validate(self, form: Any) -> None:
        known = set(db.session.scalars(sa.select(Subject.id)))
        if not set(self.data or ()) <= known:
            raise validators.ValidationError(_l("Choose from the list."))

    def populate_obj(self, obj: Any, name: str) -> None:
        """The service writes the subjects."""


MOVE_GROUPS = (
    (_l("Stage"), ("stage",)),
    (_l("Status"), ("status", "until", "leave_reason")),
    (_l("Why"), ("reason",)),
)


def move_form() -> Any:
    """The form of one step along the journey."""
    must, may = [validators.InputRequired(_l("Fill this in."))], [validators.Optional()]
    waiting = _l("For waiting and paused: until when.")
    return form_of(
        {
            "stage": EnumField(_l("Stage"), must, of=Stage),
            "status": EnumField(_l("Status"), must, of=Status),
            "until": DutchDateField(_l("Until"), may, description=waiting),
            "leave_reason": EnumField(_l("Reason for leaving"), may, of=LeaveReason),
            "reason": StringField(
                _l("Why"), [*may, validators.Length(max=200)], description=_l("Needed for preparing and further, and back.")
            ),
        }
    )


class KandidatenView(LoketView):
    datamodel = LoketInterface(Candidate, eager=("lead_adviser", "region"))
    class_permission_name = "Kandidaten"
    route_base = "/kandidaten"
    list_name = "kandidaten"
    list_title = _l("Candidates")
    add_title = _l("Add candidate")
    edit_title = _l("Edit candidate")
    show_title = _l("Candidate")
    submit = _l("Save candidate")
    empty = _l("No candidates with these filters.")
    search_label = _l("Search by name, number, e-mail or place")
    search_over = ("name", "number", "email", "place")
    base_order = ("created_at", "desc")
    order_by = {"name": "sort_name"}
    in_several_regions = frozenset({"region"})
    list_columns = ["name", "number", "stage", "status", "lead_adviser", "place", "next_action_on", "created_at", "region"]
    order_columns = ["name", "created_at", "next_action_on", "number"]
    search_columns = [
        "stage", "status", "wanted_sectors", "subjects", "lead_adviser", "place", "source", "created_at", "name", "email", "region",
        "next_action_on", "routes", "education", "certainty",
    ]  # fmt: skip
    export_columns = (
        "number", "name", "email", "phone", "pc4", "place", "region", "lead_adviser", "stage", "status", "wanted_sectors", "subjects",
        "routes", "education", "source", "next_action_on", "created_at",
    )  # fmt: skip
    show_groups = (
        (_l("Contact"), ("name", "email", "email2", "phone", "linkedin", "place", "pc4", "birth_year", "locale")),
        (_l("Where they stand"), ("stage", "stage_entered_at", "status", "status_until", "leave_reason", "certainty", "holder",
                                  "next_action_on", "lead_adviser", "last_contact_at", "source", "created_at", "region")),
        (_l("What they want"), ("motivation", "wanted_sectors", "wanted_functions", "subjects", "routes", "hours_min", "hours_max",
                                "available_from", "anywhere")),
        (_l("What they bring"), ("education", "field_of_study", "qualifications", "diploma_country", "diploma_valuation", "dutch_level",
                                 "employer", "current_sector", "current_function")),
    )  # fmt: skip
    _both = (
        (_l("Name and contact"), ("given_name", "infix", "surname", "email", "email2", "phone", "pc4", "place", "birth_year", "linkedin")),
        (_l("What they want"), ("motivation", "wanted_sectors", "wanted_functions", "subjects", "routes", "hours_min", "hours_max",
                                "available_from", "anywhere")),
        (_l("What they bring"), ("education", "field_of_study", "qualifications", "diploma_country", "diploma_valuation", "dutch_level",
                                 "employer", "current_sector", "current_function")),
        (_l("Desk"), ("source", "certainty", "lead_adviser")),
    )  # fmt: skip
    add_groups = (*_both[:3], (_l("Desk"), ("region", "source", "certainty", "lead_adviser")))
    edit_groups = (*_both[:3], (_l("Desk"), ("source", "certainty")))
    field_options = {
        "lead_adviser": {"where": advisers_of_regions, "order": UserProfile.name},
        "region": {"where": lambda: [Candidate.region.property.mapper.class_.id.in_(sorted(person().region_ids))]},
    }
    label_columns = {
        **LABELS,
        "sort_name": _l("Name"),
        "given_name": _l("Given name"),
        "infix": _l("Infix"),
        "surname": _l("Surname"),
        "email2": _l("Second e-mail"),
        "linkedin": _l("LinkedIn"),
        "pc4": _l("Postcode (four digits)"),
        "birth_year": _l("Year of birth"),
        "locale": _l("Language"),
        "stage": _l("Stage"),
        "stage_entered_at": _l("In this stage since"),
        "status": _l("Status"),
        "status_until": _l("Until"),
        "leave_reason": _l("Reason for leaving"),
        "certainty": _l("How sure they are"),
        "holder": _l("Who has the ball"),
        "next_action_on": _l("Next action"),
        "lead_adviser": _l("Adviser"),
        "last_contact_at": _l("Last contact"),
        "source": _l("Came in through"),
        "motivation": _l("Motivation"),
        "wanted_sectors": _l("Sector"),
        "wanted_functions": _l("Functions"),
        "subjects": _l("Subjects"),
        "routes": _l("Routes"),
        "hours_min": _l("Hours at least"),
        "hours_max": _l("Hours at most"),
        "available_from": _l("Available from"),
        "anywhere": _l("Anywhere in the Netherlands"),
        "education": _l("Education"),
        "field_of_study": _l("Field of study"),
        "qualifications": _l("Qualifications"),
        "diploma_country": _l("Country of diploma"),
        "diploma_valuation": _l("Valuation of foreign diploma"),
        "dutch_level": _l("Dutch"),
        "employer": _l("Employer"),
        "current_sector": _l("Current sector"),
        "current_function": _l("Current function"),
    }
    description_columns = {
        "diploma_country": _l("Two letters, such as NL or SY. Leave empty for the Netherlands."),
        "pc4": _l("Only the four digits; we keep no address."),
        "lead_adviser": _l("Empty: the inbox of the region."),
    }
    include_route_methods = LoketView.include_route_methods - {"delete"} | {"move", "assign"}
    method_permission_name = {"options": "list", "move": "edit", "assign": "edit"}
    capabilities = {"export": "export", "move": "move_stage", "assign": "move_stage"}
    related_views = [TakenView, GesprekkenView, MatchesView, AanmeldingenView, GeschiedenisView, InzageView]

    def form_field(self, name: str) -> Any:
        if name == "subjects":
            return SubjectsField(self.label_columns[name], [validators.Optional()])
        if name == "birth_year":
            return WholeNumberField(self.label_columns[name], [validators.Optional(), validators.NumberRange(1920, 2015)])
        if name in ("hours_min", "hours_max"):
            return WholeNumberField(self.label_columns[name], [validators.Optional(), validators.NumberRange(0, 60)])
        return super().form_field(name)

    def prefill(self, form: Any) -> None:
        if "region" in form._fields and len(person().region_ids) == 1:
            form.region.data = db.session.get(Candidate.region.property.mapper.class_, next(iter(person().region_ids)))

    def links_for(self, row: Candidate) -> Sequence[tuple[str, str]]:
        if not self.may("move", row):
            return ()
        add: dict[str, Any] = {"candidate": row.number}
        return (
            (gettext("Move stage or status"), self.address("move", pk=row.id)),
            (gettext("Choose an adviser"), self.address("assign", pk=row.id)),
            (gettext("Add conversation"), url_for("GesprekkenView.add", **add)),
            (gettext("Plan task"), url_for("TakenView.add", **add)),
            (gettext("Propose match"), url_for("MatchesView.add", **add)),
            (gettext("Register for activity"), url_for("AanmeldingenView.add", **add)),
        )

    @expose("/verplaatsen/<pk>", methods=["GET", "POST"])
    @has_access
    def move(self, pk: str) -> Any:
        """One step along the journey, or another status: what it needs is asked in the same form."""
        row = self.found(pk)
        self.require("move", row)
        form = move_form()(data={"stage": row.stage, "status": row.status, "until": row.status_until, "leave_reason": row.leave_reason})

        def act(posted: Any) -> None:
            step = {"reason": posted.reason.data, "by": person(), "now": clock.now()}
            expected = editing.seen_version()
            if posted.stage.data is not row.stage:
                candidates.move_stage(row, posted.stage.data, expected=expected, **step)
                expected = row.stage_seq
            if posted.status.data is not row.status or posted.until.data != row.status_until:
                details = {"until": posted.until.data, "leave_reason": posted.leave_reason.data}
                candidates.set_status(row, posted.status.data, expected=expected, **details, **step)

        title = gettext("Move %(name)s", name=self.name_of(row))
        return editing.verb(self, row, form, MOVE_GROUPS, title, gettext("Save move"), act)

    @expose("/toewijzen/<pk>", methods=["GET", "POST"])
    @has_access
    def assign(self, pk: str) -> Any:
        """Give a candidate another adviser, or back to the inbox of the region."""
        row = self.found(pk)
        self.require("assign", row)
        form = form_of({"adviser": self._adviser_field()})(data={"adviser": row.lead_adviser})

        def act(posted: Any) -> None:
            candidates.assign(row, posted.adviser.data, expected=editing.seen_version(), by=person(), now=clock.now())

        title, groups = gettext("Adviser of %(name)s", name=self.name_of(row)), ((_l("Adviser"), ("adviser",)),)
        return editing.verb(self, row, form, groups, title, gettext("Save adviser"), act)

    def _adviser_field(self) -> RelationField:
        help_text = self.description_columns["lead_adviser"]
        chosen = {"model": UserProfile, "where": advisers_of_regions, "order": UserProfile.name}
        return RelationField(_l("Adviser"), [validators.Optional()], description=help_text, **chosen)

    def name_of(self, row: Candidate) -> str:
        return row.name if "name" in self.visible(["name"]) else row.number

    def cell_locale(self, row: Candidate) -> Any:
        return current_app.config["LANGUAGES"].get(row.locale, {}).get("name", row.locale)

    def cell_motivation(self, row: Candidate) -> Any:
        return paragraphs(row.motivation)

    def create(self, row: Candidate, form: Any) -> None:
        if row.region is not None:
            row.region_id = row.region.id
        candidates.register(row, subjects=self._subjects(form), by=person(), now=clock.now())

    def change(self, row: Candidate, form: Any, fields: Sequence[str]) -> None:
        candidates.update(row, subjects=self._subjects(form), by=person(), now=clock.now())

    def _subjects(self, form: Any) -> list[Subject] | None:
        if "subjects" not in form._fields:
            return None
        return list(db.session.scalars(sa.select(Subject).where(Subject.id.in_(form.subjects.data or []))))

    def option_query(self, name: str) -> Any:
        query = super().option_query(name)
        return query.where(*advisers_of_regions()) if name == "lead_adviser" else query


class MijnView(LoketView):
    """The candidate's own file, at an address of its own."""

    datamodel = LoketInterface(Candidate, eager=("lead_adviser", "region"))
    class_permission_name = "Kandidaten"
    route_base = "/mijn"
    include_route_methods = {"mine"}
    method_permission_name = {"mine": "show"}
    default_view = "mine"

    @expose("/")
    @has_access
    def mine(self) -> Any:
        by = person()
        if by.role is not Role.CANDIDATE:
            return redirect(url_for("HomeView.index"))
        screen = next(view for view in self.appbuilder.baseviews if type(view) is KandidatenView)
        return screen.shown(screen.found(str(by.candidate_id)))
