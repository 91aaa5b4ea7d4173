"""Forms made from a model's columns: our types, our labels, relations that never load a big table."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from enum import Enum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import request
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext, lazy_gettext
from flask_wtf.form import _Auto
from sqlalchemy.orm import joinedload
from wtforms import BooleanField, Field, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField, validators
from wtforms.fields.choices import Choice
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from app.adapters import clock
from app.extensions import db
from app.fab.dates import day_of, moment_of
from app.models import Candidate, EnumSet, UtcDateTime

LONGEST_TEXT = 200_000
OPTIONS_CAP = 500
PICK_MOST = 50  # options of a relation in the page itself; more are searched for
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)

# What a browser should know of a field that has this name, in whatever form: the right keys on a phone, and no details of its owner.
_MAIL = {"type": "email", "inputmode": "email", "autocomplete": "off", "spellcheck": "false"}
_TELEPHONE = {"type": "tel", "autocomplete": "off"}
_ADDRESS = {"type": "url", "autocomplete": "off", "spellcheck": "false"}
HINTS: dict[str, dict[str, str]] = {
    **dict.fromkeys(("email", "email2", "desk_email", "coordinator_email"), _MAIL),
    **dict.fromkeys(("phone", "desk_phone"), _TELEPHONE),
    **dict.fromkeys(("website", "linkedin"), _ADDRESS),
    **dict.fromkeys(("given_name", "infix", "surname", "place", "person", "coordinator_name"), {"autocomplete": "off"}),
    "pc4": {"inputmode": "numeric", "autocomplete": "off"},
}


class EnumField(SelectField):
    """One of a closed list; shows labels, posts names, holds the member."""

    def __init__(self, label: Any = None, validators: Any = None, *, of: type[Enum], **options: Any) -> None:
        self.of = of
        self.none_allowed = not any(getattr(one, "field_flags", {}).get("required") for one in validators or ())
        super().__init__(label, validators, coerce=self._member, choices=[], **options)

    def _member(self, value: Any) -> Any:
        if value in (None, "", "None"):
            return None
        return value if isinstance(value, Enum) else self.of[str(value)]

    def iter_choices(self) -> Iterable[Any]:
        if self.none_allowed:
            yield Choice("", "–", self.data is None, {})
        for member in self.of:
            yield Choice(member.name, str(member.label), member is self.data, {})  # type: ignore[attr-defined]

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            try:
                self.data = self._member(valuelist[0])
            except KeyError as problem:
                self.data = None
                raise ValueError(gettext("Choose one of the list.")) from problem

    def pre_validate(self, form: Any) -> None:
        """The member was checked when it was read."""


class EnumSetField(SelectMultipleField):
    """Several of a closed list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, validators: Any = None, *, of: type[Enum], **options: Any) -> None:
        self.of = of
        super().__init__(label, validators, choices=[], coerce=str, **options)

    def iter_choices(self) -> Iterable[Any]:
        for member in self.of:
            yield Choice(member.name, str(member.label), member in (self.data or ()), {})  # type: ignore[attr-defined]

    def process_data(self, value: Any) -> None:
        self.data = frozenset(value or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            self.data = frozenset(self.of[str(value)] for value in valuelist)
        except KeyError as problem:
            raise ValueError(gettext("Choose from the list.")) from problem

    def pre_validate(self, form: Any) -> None:
        """The members were checked when they were read."""


def _in_reach(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(gettext("This date is too far away. Check the year."))
    return day


class _Typed(Field):
    """A day or a moment, written in the Dutch order whatever the language of the browser; with scripts it can be picked too."""

    widget = TextInput()
    kind, pattern, example = "", "", lazy_gettext("dd-mm-yyyy")

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        looks = {"data-date": self.kind, "autocomplete": "off", "placeholder": self.example}
        super().__init__(label, validators, **{"render_kw": looks, **options})

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self._local(self.data).strftime(self.pattern) if self.data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if text:
            self.data = self.parse(text)
            self.raw_data = [self._local(self.data).strftime(self.pattern)]

    @abstractmethod
    def parse(self, text: str) -> Any:
        """What the text says. Raises ValueError with a sentence."""

    def _local(self, value: Any) -> Any:
        return value

    def _today(self) -> date:
        return clock.day(clock.now())


class DutchDateField(_Typed):
    """A day: picked, or typed as 24-11-2026, 24/11 or 24 nov."""

    kind, pattern = "date", "%d-%m-%Y"

    def parse(self, text: str) -> date:
        try:
            day = day_of(text, self._today())
        except ValueError as problem:
            raise ValueError(gettext("This is not a date. Write it as 24-11-2026.")) from problem
        return _in_reach(day)


class LocalDateTimeField(_Typed):
    """A moment on the Dutch clock; holds it aware, in UTC."""

    kind, pattern, example = "datetime-local", "%d-%m-%Y %H:%M", lazy_gettext("dd-mm-yyyy hh:mm")

    def parse(self, text: str) -> datetime:
        try:
            day, at = moment_of(text, self._today())
        except ValueError as problem:
            raise ValueError(gettext("This is not a date and time. Write it as 24-11-2026 14:05.")) from problem
        return datetime.combine(_in_reach(day), at, ZoneInfo("Europe/Amsterdam")).astimezone(UTC)

    def _local(self, value: datetime) -> datetime:
        return clock.local(value)


class WholeNumberField(IntegerField):
    """A whole number within what a person would mean."""

    widget = TextInput()  # a number input changes its value when somebody scrolls

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, **{"render_kw": {"inputmode": "numeric", "autocomplete": "off"}, **options})

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not text:
            return
        if not text.lstrip("-").isdigit() or len(text) > 9:
            raise ValueError(gettext("Write a whole number."))
        self.data = int(text)


class OneOf:
    """At least one of these fields is filled in; said at the first of them, where this stands before Optional."""

    field_flags = {"one_of": True}

    def __init__(self, *names: str, message: Any) -> None:
        self.names, self.message = names, message

    def __call__(self, form: Any, field: Any) -> None:
        others = [form._fields[name] for name in self.names if name in form._fields]
        if others and field is others[0] and not any(one.data for one in others):
            raise validators.StopValidation(self.message)


class RelationField(SelectField):
    """A related row, picked from what this person may see; posts the id, holds the row.

    `where` narrows the choices: a function that returns conditions, asked at each use. `called` says how a row is called here, with the
    relations of `load`. With more than PICK_MOST choices the page holds the chosen one only; the rest is searched for (choosing.py).
    """

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        model: Any,
        where: Any = None,
        order: Any = None,
        called: Any = str,
        load: Any = (),
        **options: Any,
    ) -> None:
        self.model, self.where, self.order, self.called, self.load = model, where, order, called, load
        self.key = sa.inspect(model).primary_key[0]
        self.required = any(getattr(one, "field_flags", {}).get("required") for one in validators or ())
        super().__init__(label, validators, coerce=str, choices=[], **options)

    def query(self) -> Any:
        query = sa.select(self.model).options(*(joinedload(relation) for relation in self.load))
        return query.where(*self.where()) if self.where else query

    def ordered(self) -> Any:
        """The choices in their order, which ends in the key."""
        return self.query().order_by(*([self.order] if self.order is not None else []), self.key)

    @cached_property
    def rows(self) -> list[Any]:
        """The choices, one more than the page may hold at most."""
        return list(db.session.scalars(self.ordered().limit(PICK_MOST + 1)))

    @property
    def is_searched(self) -> bool:
        """There are more choices than the page should hold."""
        return len(self.rows) > PICK_MOST

    def identity(self, row: Any) -> str:
        return str(sa.inspect(row).identity[0]) if row is not None else ""

    def iter_choices(self) -> Iterable[Any]:
        chosen = self.identity(self.data)
        if not self.required or not chosen:
            yield Choice("", "–", not chosen, {})
        rows = [] if self.is_searched else list(self.rows)
        if self.data is not None and self.data not in rows:
            rows.append(self.data)
        for row in rows:
            yield Choice(self.identity(row), self.called(row), self.identity(row) == chosen, {})

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        before, self.data = self.data, None
        if not text:
            return
        if text == self.identity(before):
            self.data = before  # kept as it was, also when it is no longer on offer
            return
        found = db.session.scalar(self.query().where(self.key == int(text))) if text.isdigit() and len(text) < 18 else None
        if found is None:
            raise ValueError(gettext("Choose one of the list."))
        self.data = found

    def pre_validate(self, form: Any) -> None:
        """The row was checked when it was read."""

    def populate_obj(self, obj: Any, name: str) -> None:
        """Sets the relation and its key, so that rules can read either before the row is flushed."""
        setattr(obj, name, self.data)
        for local, remote in sa.inspect(type(obj)).attrs[name].local_remote_pairs:
            setattr(obj, local.key, getattr(self.data, remote.key) if self.data is not None else None)


class CandidateField(StringField):
    """A candidate by number (K-204173), within what this person may see; holds the candidate."""

    NUMBER = re.compile(r"K-\d{1,10}", re.ASCII)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.number if self.data is not None else ""

    def suggest(self, number: str) -> None:
        """Fill a new form in; a number that leads to nobody leaves the field empty."""
        with suppress(ValueError):
            self.process_formdata([number])

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip().upper()[:20]
        self.data = None
        if not text:
            return
        self.data = db.session.scalar(sa.select(Candidate).where(Candidate.number == text))
        if self.data is None:
            raise ValueError(gettext("There is no candidate with this number in your region. It looks like K-204173."))

    def populate_obj(self, obj: Any, name: str) -> None:
        if self.data is not None:
            obj.candidate_id, obj.region_id = self.data.id, self.data.region_id


def field_for(
    model: Any, name: str, label: Any, help_text: Any = "", required: bool | None = None, extra: Mapping[str, Any] | None = None
) -> Any:
    """The form field of a column or relation. `extra` goes to the field (a RelationField's `where`, for one)."""
    extra = dict(extra or {})
    prop = sa.inspect(model).attrs[name]
    column = prop.columns[0] if hasattr(prop, "columns") else next(iter(prop.local_columns))
    must = required if required is not None else not column.nullable and column.default is None
    checks: list[Any] = [validators.InputRequired(gettext_lazy_required())] if must else [validators.Optional()]
    options = {"description": help_text, **extra}
    if not hasattr(prop, "columns"):
        return _relation(prop, label, checks, options)
    return _column(column, label, checks, options)


def gettext_lazy_required() -> Any:
    """The sentence beside an empty field that must be filled."""
    return lazy_gettext("Fill this in.")


def _relation(prop: Any, label: Any, checks: list[Any], options: dict[str, Any]) -> Any:
    target = prop.mapper.class_
    if target is Candidate:
        return CandidateField(label, checks, **{"description": lazy_gettext("The number, such as K-204173."), **options})
    return RelationField(label, checks, model=target, **options)


def _column(column: Any, label: Any, checks: list[Any], options: dict[str, Any]) -> Any:
    kind = column.type
    if isinstance(kind, EnumSet):
        return EnumSetField(label, [validators.Optional()], of=kind.of, **options)
    if isinstance(kind, sa.Enum):
        members: Any = kind.enum_class
        return EnumField(label, checks, of=members, **options)
    if isinstance(kind, UtcDateTime):
        return LocalDateTimeField(label, checks, **options)
    if isinstance(kind, sa.Boolean):
        return BooleanField(label, **options)
    if isinstance(kind, sa.Date):
        return DutchDateField(label, checks, **options)
    if isinstance(kind, sa.Integer):
        return WholeNumberField(label, checks, **options)
    if isinstance(kind, sa.Text):
        return TextAreaField(label, [*checks, validators.Length(max=LONGEST_TEXT)], filters=[_tidy], **options)
    return StringField(label, [*checks, validators.Length(max=kind.length)], filters=[_tidy], **options)


def _tidy(text: str | None) -> str | None:
    """Empty text is nothing; NUL bytes never reach the database."""
    cleaned = (text or "").replace("\x00", "").strip()
    return cleaned or None


class LoketForm(DynamicForm):
    """FAB's form without files and JSON: a field that is sent as either would hold no text."""

    class Meta(DynamicForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            if formdata is _Auto:
                return request.form if request.method == "POST" else None
            return formdata


def form_of(fields: Mapping[str, Any]) -> type[LoketForm]:
    """A form class with these fields; what HINTS says of a name goes along."""
    for name, unbound in fields.items():
        if name in HINTS:
            unbound.kwargs["render_kw"] = {**HINTS[name], **(unbound.kwargs.get("render_kw") or {})}
    return type("LoketForm", (LoketForm,), dict(fields))
