"""The forms about a candidate: what is asked when adding, editing and moving one."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField, StringField, validators
from wtforms.fields.choices import Choice
from wtforms.widgets import CheckboxInput, ListWidget

from app.enums import LeaveReason, Stage, Status
from app.extensions import db
from app.fab.forms import DutchDateField, EnumField, OneOf, form_of
from app.models import Subject

_PERSON = (
    (_l("Name and contact"), ("given_name", "infix", "surname", "email", "email2", "phone", "birth_year", "pc4", "place", "linkedin")),
    (_l("What they want"), ("motivation", "wanted_sectors", "wanted_functions", "subjects", "routes", "hours_min", "hours_max",
                            "available_from", "anywhere")),
    (_l("What they bring"), ("education", "field_of_study", "qualifications", "diploma_country", "diploma_valuation", "dutch_level",
                             "employer", "current_sector", "current_function")),
)  # fmt: skip
ONE_OF = OneOf(
    "given_name",
    "surname",
    "email",
    "phone",
    message=_l("Fill in a name, an e-mail address or a telephone number: one of the three is enough."),
)
LEADS = {
    "given_name": _l("A name, an e-mail address or a telephone number: one of the three is enough to begin."),
    "stage": _l("The stages follow each other. Going back is possible, with a reason."),
}
ADD_GROUPS = (*_PERSON, (_l("Desk"), ("region", "source", "certainty", "lead_adviser")))
EDIT_GROUPS = (*_PERSON, (_l("Desk"), ("source", "certainty")))


class SubjectsField(SelectMultipleField):
    """Subjects as boxes to tick; holds their ids."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, coerce=int, choices=[], **options)

    @cached_property
    def rows(self) -> list[Subject]:
        return list(db.session.scalars(sa.select(Subject).order_by(Subject.name)))

    def iter_choices(self) -> Any:
        for subject in self.rows:
            yield Choice(str(subject.id), subject.name, subject.id in (self.data or ()), {})

    def process_data(self, value: Any) -> None:
        self.data = [subject.id for subject in value or ()]

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or ()) <= {subject.id for subject in self.rows}:
            raise validators.ValidationError(_l("Choose from the list."))

    def chosen(self) -> list[Subject]:
        return [subject for subject in self.rows if subject.id in (self.data or ())]

    def populate_obj(self, obj: Any, name: str) -> None:
        """The service writes the subjects."""


MOVE_GROUPS = ((_l("Where they stand"), ("stage", "status", "until", "leave_reason", "reason")),)


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
