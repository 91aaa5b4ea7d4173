"""Kandidaten: the list to work from, the file, and who looked at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, current_app, url_for
from flask_appbuilder import expose, has_access
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import validators

from app.adapters import clock
from app.enums import Holder, Role, Signal
from app.extensions import db
from app.fab import attention, editing
from app.fab.forms import RelationField, WholeNumberField, form_of
from app.fab.interface import LoketInterface
from app.fab.page import Link
from app.fab.screen import Groups
from app.fab.selection import Bulk
from app.fab.shown import paragraphs
from app.fab.view import LoketView
from app.models import Candidate, Subject, UserProfile
from app.security.identity import person
from app.services import candidates
from app.views.activities import AanmeldingenView
from app.views.base import LABELS, advisers_of_regions
from app.views.candidate_access import access_page
from app.views.candidate_forms import ADD_GROUPS, EDIT_GROUPS, LEADS, MOVE_GROUPS, ONE_OF, SubjectsField, move_form
from app.views.candidate_show import CONTACT, OWN_GROUPS, OWN_LABELS, SHOW_GROUPS, further_of, head_of, links_of, way_to
from app.views.history import GeschiedenisView, InzageView
from app.views.mailing_audience import MESSAGE
from app.views.matches import MatchesView
from app.views.message_consent import in_words, messages_page
from app.views.offers import KlaargezetView
from app.views.plans import PlannenView
from app.views.sessions import GesprekkenView
from app.views.tasks import TakenView
from app.views.timeline import timeline_of


def assign_form(required: bool = False) -> Any:
    """The form that asks for an adviser; without one a candidate goes back to the inbox of the region."""
    checks = [validators.InputRequired(_l("Fill this in."))] if required else [validators.Optional()]
    help_text = "" if required else _l("Empty: the inbox of the region.")
    chosen = {"model": UserProfile, "where": advisers_of_regions, "order": UserProfile.name}
    return form_of({"adviser": RelationField(_l("Adviser"), checks, description=help_text, **chosen)})


class KandidatenView(LoketView):
    datamodel = LoketInterface(Candidate, eager=("lead_adviser", "region"), worked_out={"signal": (attention.SignalIs,)})
    class_permission_name = "Kandidaten"
    route_base = "/kandidaten"
    list_name = "kandidaten"
    list_title = _l("Candidates")
    add_title = _l("Add candidate")
    edit_title = _l("Edit candidate")
    show_title = _l("Candidate")
    submit = _l("Save candidate")
    empty = _l("There are no candidates yet.")
    search_label = _l("Search by name, number, e-mail or place")
    search_over = ("name", "number", "email", "place")
    base_order = ("created_at", "desc")
    order_by = {"name": "sort_name"}
    in_several_regions = frozenset({"region"})
    list_columns = ["name", "number", "stage", "status", "signal", "next_action_on", "holder", "place", "region"]
    more_columns: Sequence[str] = (
        "lead_adviser", "wanted_sectors", "routes", "education", "certainty", "source", "created_at", "last_contact_at",
        "stage_entered_at", "status_until",
    )  # fmt: skip
    card_columns: Sequence[str] = ("stage", "status", "signal", "next_action_on", "holder", "place")
    due = frozenset({"next_action_on"})
    relative = frozenset({"created_at", "last_contact_at", "stage_entered_at"})
    row_verbs: Sequence[tuple[str, Any]] = (("move", _l("Move stage or status")), ("assign", _l("Choose an adviser")))
    bulk = {
        "assign": Bulk(
            label=_l("Choose an adviser"),
            submit=_l("Save adviser"),
            done=_l("Candidates with this adviser now: %(count)s."),
            icon="user-edit",
            form=lambda: assign_form(required=True),
            act=lambda row, form: candidates.assign(row, form.adviser.data, by=person(), now=clock.now()),
        )
    }
    leads_to = {"message": MESSAGE}
    order_columns = ["name", "created_at", "next_action_on", "number"]
    search_columns = [
        "signal", "stage", "status", "wanted_sectors", "subjects", "lead_adviser", "place", "source", "created_at", "name", "email",
        "region", "next_action_on", "routes", "education", "certainty", "holder", "last_contact_at",
    ]  # fmt: skip
    export_columns = (
        "number", "name", "email", "phone", "pc4", "place", "region", "lead_adviser", "stage", "status", "wanted_sectors", "subjects",
        "routes", "education", "source", "next_action_on", "created_at",
    )  # fmt: skip
    show_groups = SHOW_GROUPS
    add_groups = ADD_GROUPS
    edit_groups = EDIT_GROUPS
    leads = LEADS
    same_choices = {"adviser": "lead_adviser"}
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
        "signal": _l("Signal"),
        "status_until": _l("Until"),
        "leave_reason": _l("Reason for leaving"),
        "certainty": _l("How sure they are"),
        "holder": _l("Who has the ball"),
        "next_action_on": _l("Next action"),
        "lead_adviser": _l("Adviser"),
        "last_contact_at": _l("Last contact"),
        "messages": _l("Messages to groups"),
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
    include_route_methods = LoketView.include_route_methods - {"delete"} | {"move", "assign", "contact", "access", "messages"}
    method_permission_name = {"options": "list", "contact": "show", **dict.fromkeys(("move", "assign", "access", "messages"), "edit")}
    capabilities = {"export": "export", **dict.fromkeys(("move", "assign", "access", "messages"), "move_stage")}
    related_views = [TakenView, GesprekkenView, KlaargezetView, PlannenView, MatchesView, AanmeldingenView, GeschiedenisView, InzageView]
    first_tab = _l("Timeline")

    def form_field(self, name: str) -> Any:
        if name == "subjects":
            return SubjectsField(self.label_columns[name], [validators.Optional()])
        if name == "birth_year":
            return WholeNumberField(self.label_columns[name], [validators.Optional(), validators.NumberRange(1920, 2015)])
        if name in ("hours_min", "hours_max"):
            return WholeNumberField(self.label_columns[name], [validators.Optional(), validators.NumberRange(0, 60)])
        field = super().form_field(name)
        if name in ONE_OF.names:
            field.args[1].insert(0, ONE_OF)
        return field

    def prefill(self, form: Any) -> None:
        if "region" in form._fields and len(person().region_ids) == 1:
            form.region.data = db.session.get(Candidate.region.property.mapper.class_, next(iter(person().region_ids)))

    def beside(self) -> Mapping[str, Any]:
        return {"signal": attention.bits()} if "signal" in self.listed() else {}

    def cell_signal(self, row: Candidate) -> Any:
        """Why they ask for attention; that it is late says the next action, where that is shown."""
        told = {Signal.OVERDUE} if "next_action_on" in self.listed() else ()
        return attention.badges(signal for signal in attention.of_row(row) if signal not in told)

    def links_for(self, row: Candidate) -> Sequence[Link]:
        if not self.may("move", row):
            return ()
        return (*links_of(lambda verb: self.address(verb, pk=row.id), row.number), *further_of(row))

    def groups_shown(self) -> Groups:
        return OWN_GROUPS if person().role is Role.CANDIDATE else super().groups_shown()

    def label_shown(self, name: str) -> str:
        own = OWN_LABELS.get(name) if person().role is Role.CANDIDATE else None
        return str(own) if own is not None else super().label_shown(name)

    def about(self, row: Candidate, *, first: bool) -> dict[str, Any]:
        plan_url = url_for("TakenView.add", candidate=row.number) if self.may("move", row) else ""
        opens_tasks = self.appbuilder.sm.has_access("can_list", "Taken")
        said = head_of(row, frozenset(self.visible(("stage", "next_action_on"))), plan_url, opens_tasks)
        if person().role is not Role.CANDIDATE and self.visible(CONTACT):
            said["contact_url"] = self.address("contact", pk=row.id)
        if marks := attention.badges(attention.of_file(row)):
            said["badge"] = Markup("%s %s") % (said.get("badge", ""), marks)
        if first:
            said["timeline"] = timeline_of(row, self.appbuilder.sm.granted())
        return said

    @expose("/contact/<pk>")
    @has_access
    def contact(self, pk: str) -> Any:
        """How to reach a candidate, on request: each look is logged, and the candidate sees it."""
        row = self.found(pk)
        names = self.visible(CONTACT)
        if not names:
            abort(403)
        self.log_read("contact", [row])
        ways = [(self.label_shown(name), value, way_to(name, value)) for name in names if (value := getattr(row, name))]
        back = self.address("show", pk=row.id)
        return self.render_template("loket/contact.html", title=self.name_of(row), number=row.number, ways=ways, back_url=back)

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
        form = assign_form()(data={"adviser": row.lead_adviser})

        def act(posted: Any) -> None:
            candidates.assign(row, posted.adviser.data, expected=editing.seen_version(), by=person(), now=clock.now())

        title, groups = gettext("Adviser of %(name)s", name=self.name_of(row)), ((_l("Adviser"), ("adviser",)),)
        return editing.verb(self, row, form, groups, title, gettext("Save adviser"), act)

    @expose("/toegang/<pk>", methods=["GET", "POST"])
    @has_access
    def access(self, pk: str) -> Any:
        """Whether the candidate can get into the own place, and a button that mails a link."""
        row = self.found(pk)
        self.require("access", row)
        self.log_read("show", [row])
        return access_page(self, row)

    @expose("/berichten/<pk>", methods=["GET", "POST"])
    @has_access
    def messages(self, pk: str) -> Any:
        """Whether messages reach the candidate, and writing down what the candidate says about it."""
        row = self.found(pk)
        self.require("messages", row)
        self.log_read("show", [row])
        return messages_page(self, row)

    def name_of(self, row: Candidate) -> str:
        return row.name if "name" in self.visible(["name"]) else row.number

    def cell_holder(self, row: Candidate) -> Any:
        """Who has the ball: the adviser by name."""
        return row.lead_adviser if row.holder is Holder.ADVISER and row.lead_adviser else row.holder

    def cell_messages(self, row: Candidate) -> Any:
        return in_words(row)

    def cell_locale(self, row: Candidate) -> Any:
        return current_app.config["LANGUAGES"].get(row.locale, {}).get("name", row.locale)

    def cell_diploma_country(self, row: Candidate) -> Any:
        code = row.diploma_country or ""
        return get_locale().territories.get(code.upper(), code)

    def cell_motivation(self, row: Candidate) -> Any:
        return paragraphs(row.motivation)

    def create(self, row: Candidate, form: Any) -> None:
        if row.region is not None:
            row.region_id = row.region.id
        candidates.register(row, subjects=self._subjects(form), by=person(), now=clock.now())

    def change(self, row: Candidate, form: Any, fields: Sequence[str]) -> None:
        candidates.update(row, subjects=self._subjects(form), by=person(), now=clock.now())

    def _subjects(self, form: Any) -> list[Subject] | None:
        return form.subjects.chosen() if "subjects" in form._fields else None

    def option_query(self, name: str) -> Any:
        query = super().option_query(name)
        return query.where(*advisers_of_regions()) if name == "lead_adviser" else query
