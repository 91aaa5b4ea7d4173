"""How a value looks on screen: Dutch dates, labels instead of names, a dash for nothing."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any

from flask_babel import format_date, format_datetime, format_decimal, gettext
from markupsafe import Markup, escape

from app.enums import Labelled


def shown(value: Any) -> Any:
    """Text for a cell or a fact; None stays None and becomes a dash in the template."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, (datetime, date)):
        return moment(value)
    if isinstance(value, (frozenset, list)):
        return many(value)
    if isinstance(value, Labelled):
        return str(value.label)
    return value if isinstance(value, (int, Markup)) else str(value)


def many(values: Any) -> str | None:
    """Several things in one cell, in their own order."""
    ordered = sorted(values, key=_place) if isinstance(values, frozenset) else values
    return ", ".join(str(shown(one)) for one in ordered) or None


def _place(member: Enum) -> int:
    return list(type(member)).index(member)


def moment(value: date) -> str:
    """di 24 nov 14:05, with the year when it is another one; a day without a time stays a day."""
    this_year = value.year == date.today().year
    if isinstance(value, datetime):
        return format_datetime(value, "EEE d MMM HH:mm" if this_year else "EEE d MMM yyyy HH:mm")
    return format_date(value, "EEE d MMM" if this_year else "EEE d MMM yyyy")


def number(value: int) -> str:
    """1.240 in Dutch, 1,240 in English."""
    return str(format_decimal(value))


def paragraphs(text: str | None) -> Markup | None:
    """Long text with its line breaks, escaped."""
    if not text:
        return None
    return Markup("<br>").join(escape(line) for line in text.splitlines())
