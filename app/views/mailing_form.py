"""The fields of the form for a message to a group that are no plain columns: for whom, what it is about, how it begins."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext
from markupsafe import Markup
from wtforms import HiddenField, validators

from app.enums import CHOSEN_CATEGORIES
from app.errors import BadInput
from app.models import MailTemplate
from app.services.report_templates import joined
from app.views import mailing_audience, message_form
from app.views.report_form import TemplateField


class ScreenField(HiddenField):
    """The list that somebody comes from: what the address says goes before what a draft says."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.type = HiddenField.__name__

    def process(self, *args: Any, **more: Any) -> None:
        super().process(*args, **more)
        if request.method == "GET" and "screen" in request.args:
            self.data = request.args.get(self.name, "")


class QueryField(ScreenField):
    """Its filters; says in words who that are."""

    def __init__(self, *args: Any, _form: Any = None, **options: Any) -> None:
        super().__init__(*args, _form=_form, **options)
        self.type, self.form = type(self).__name__, _form
        self.flags.required = True

    def __call__(self, **looks: Any) -> Markup:
        words = mailing_audience.of(self.form.screen.data or "", self.data or "").words
        drawn = Markup('<input type="hidden" name="%s" value="%s"><output id="%s" class="mailing-whom">%s</output>')
        return drawn % (self.name, self.data or "", self.id, words)


def _templates() -> list[Any]:
    return [MailTemplate.active.is_(True), MailTemplate.category.in_(CHOSEN_CATEGORIES)]


def field_of(name: str, label: Any) -> Any:
    """The field of this name; None for a plain column."""
    if name in ("screen", "query"):
        return (ScreenField if name == "screen" else QueryField)(label)
    if name == "template":
        return TemplateField(label, [validators.Optional()], model=MailTemplate, where=_templates, order=MailTemplate.name)
    if name == "category":
        return message_form.category_field(label)
    if name in message_form.LABELS:
        return message_form.field_of(name, must=name in ("subject", "body"))
    return None


def fill(form: Any, name: str) -> None:
    """Put the chosen template behind what was typed. Raises BadInput without one."""
    template = form.template.data if name == "template" else None
    if template is None:
        raise BadInput(gettext("Choose a template first."))
    form.category.data = template.category
    for field in (form.subject, form.subject_en):
        field.data = field.data or getattr(template, field.name)
    for field in (form.body, form.body_en):
        field.data = joined(field.data, getattr(template, field.name))
