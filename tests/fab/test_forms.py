"""What a form reads: days in the Dutch order, what a phone's keys should be, and what is marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField, TextAreaField, validators

from app.fab.dates import day_of, moment_of
from app.fab.differences import marked
from app.fab.forms import DutchDateField, LocalDateTimeField, OneOf, WholeNumberField, form_of
from app.fab.layout import group_of

TODAY = date(2026, 11, 24)


@pytest.fixture
def request_() -> Iterator[None]:
    app = Flask("forms")
    app.config.update(SECRET_KEY="test", WTF_CSRF_ENABLED=False)
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-24", TODAY), ("24-11-2026", TODAY), ("24/11/2026", TODAY), ("24.11.26", TODAY), ("24 nov 2026", TODAY),
        ("24 november 2026", TODAY), ("di 24 nov", TODAY), ("  24   NOV  2026 ", TODAY), ("24/11", TODAY), ("1-12", date(2026, 12, 1)),
        ("3 jan", date(2027, 1, 3)), ("30 juni", date(2026, 6, 30)), ("1 mrt", date(2027, 3, 1)), ("1 maart 2027", date(2027, 3, 1)),
        ("5 okt", date(2026, 10, 5)), ("29 feb 2028", date(2028, 2, 29)),
    ],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(text: str, day: date) -> None:
    assert day_of(text, TODAY) == day


@pytest.mark.parametrize(
    "text", ["", "morgen", "31-02-2026", "24-13-2026", "30 feb", "11/24/2026", "24-11-12026", "2026", "٢٤-11-2026", "1" * 400]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        day_of(text, TODAY)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-24T14:05", time(14, 5)),
        ("24-11-2026 14:05", time(14, 5)),
        ("di 24 nov 9.30", time(9, 30)),
        ("2026-11-24T14:05:33", time(14, 5)),
    ],
)
def test_a_moment_is_a_day_with_a_time(text: str, at: time) -> None:
    assert moment_of(text, TODAY) == (TODAY, at)


@pytest.mark.parametrize("text", ["24-11-2026", "24-11-2026 25:00", "14:05", "24-11-2026 1405"])
def test_a_moment_without_a_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        moment_of(text, TODAY)


def _form(posted: dict[str, str] | None = None, **data: Any) -> Any:
    fields = {
        "born": DutchDateField("Born", [validators.Optional()]),
        "at": LocalDateTimeField("At", [validators.Optional()]),
        "hours": WholeNumberField("Hours", [validators.Optional()]),
        "email": StringField("E-mail"),
    }
    return form_of(fields)(formdata=MultiDict(posted) if posted is not None else None, data=data)


@pytest.mark.usefixtures("request_")
def test_a_day_and_a_moment_stand_in_the_dutch_order_whatever_was_typed() -> None:
    stored = _form(born=TODAY, at=datetime(2026, 11, 24, 13, 5, tzinfo=UTC))
    typed = _form({"born": "24 nov 2026", "at": "2026-11-24T14:05"})

    assert [stored.born._value(), stored.at._value()] == ["24-11-2026", "24-11-2026 14:05"]
    assert [typed.born._value(), typed.at._value(), typed.at.data] == ["24-11-2026", "24-11-2026 14:05", stored.at.data]


@pytest.mark.usefixtures("request_")
@pytest.mark.parametrize(("name", "text"), [("born", "soon"), ("at", "24-11-2026"), ("born", "1-1-1800"), ("hours", "a lot")])
def test_what_cannot_be_read_stays_as_it_was_typed_with_a_sentence(name: str, text: str) -> None:
    form = _form({name: text})

    valid = form.validate()

    assert (valid, form[name]._value(), len(form[name].errors)) == (False, text, 1)


@pytest.mark.usefixtures("request_")
def test_a_phone_gets_the_right_keys() -> None:
    form = _form()

    assert ('type="email"' in form.email(), 'inputmode="email"' in form.email()) == (True, True)
    assert ('type="text"' in form.hours(), 'inputmode="numeric"' in form.hours()) == (True, True)


ONE = OneOf("name", "email", message="One of the two.")


@pytest.mark.usefixtures("request_")
@pytest.mark.parametrize(("posted", "errors"), [({}, ["One of the two."]), ({"email": "a@b"}, []), ({"name": "Anna"}, [])])
def test_one_of_several_fields_is_enough(posted: dict[str, str], errors: list[str]) -> None:
    fields = {"name": StringField("Name", [ONE, validators.Optional()]), "email": StringField("E-mail", [ONE, validators.Optional()])}
    form = form_of(fields)(formdata=MultiDict({"sent": "1", **posted}))

    form.validate()

    assert (list(form.name.errors), list(form.email.errors)) == (errors, [])


def _field(name: str, kind: str = "StringField", **flags: bool) -> Any:
    return SimpleNamespace(short_name=name, type=kind, flags=SimpleNamespace(**{"required": False, "one_of": False, **flags}))


def test_fields_that_belong_together_share_a_row() -> None:
    names = ("given_name", "infix", "surname", "email", "pc4", "place", "infix")

    group = group_of("Who", [_field(name) for name in names], {"given_name": "A name."})

    rows = [tuple(field.short_name for field in row) for row in group.rows]
    assert (rows, group.lead) == ([("given_name", "infix", "surname"), ("email",), ("pc4", "place"), ("infix",)], "A name.")


@pytest.mark.parametrize(
    ("fields", "optional"),
    [
        ([_field("a"), _field("b")], True),
        ([_field("a"), _field("b", required=True)], False),
        ([_field("a", one_of=True)], False),
        ([_field("a", "BooleanField")], False),
    ],
)
def test_a_heading_says_optional_when_all_under_it_is(fields: list[Any], optional: bool) -> None:
    assert group_of("Who", fields, {}).is_optional is optional


def test_no_field_of_another_kind_is_touched_by_the_hints() -> None:
    form = form_of({"email": TextAreaField("Text"), "active": BooleanField("Active")})

    assert form.active.kwargs.get("render_kw") is None


def test_what_differs_between_two_texts_is_marked_and_everything_is_escaped() -> None:
    yours, theirs = "We visit a <b>school</b> in Zeist.", "We visit a <b>school</b> in Houten."

    assert str(marked(yours, theirs)) == "We visit a &lt;b&gt;school&lt;/b&gt; in <mark>Zeist.</mark>"
    assert (str(marked("<i>", "")), str(marked("", "x")), str(marked("same", "same"))) == ("&lt;i&gt;", "", "same")


def test_long_texts_are_compared_by_the_line() -> None:
    line = "word " * 100 + "\n"
    text = line * 60

    assert str(marked(text + "the end\n", text + "an end\n")).endswith("<mark>the end\n</mark>")
