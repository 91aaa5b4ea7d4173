"""How a value looks on screen: Dutch dates, labels instead of names, a dash for nothing. As words, or (`cell`) as HTML."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any

from flask_babel import format_date, format_datetime, format_decimal, gettext
from markupsafe import Markup, escape

from app.adapters import clock
from app.enums import Labelled
from app.fab.badges import BADGES, badge, mark
from app.fab.interface import COUNT_CAP

NEAR = 14  # days before or after today that are counted; what lies farther is a date


def cell(value: Any) -> Any:
    """As `shown`, as a list and a file show it: states as badges, moments that a machine can read as well."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Labelled) and value in BADGES:
        return badge(value)
    return timed(value) if isinstance(value, date) else shown(value)


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
    """di 24 nov, 14:05 on the Dutch clock, with the year when it is another one; a day without a time stays a day."""
    year = "" if day_of(value).year == clock.day(clock.now()).year else " yyyy"
    if isinstance(value, datetime):
        return format_datetime(value, f"EEE d MMM{year}, HH:mm")
    return format_date(value, f"EEE d MMM{year}")


def day_of(value: date) -> date:
    """The Dutch calendar day of a day or a moment."""
    return clock.day(value) if isinstance(value, datetime) else value


def relative(value: date) -> str:
    """vandaag, 3 dagen geleden, over 2 dagen; farther away di 24 nov."""
    day = day_of(value)
    away = (day - clock.day(clock.now())).days
    if abs(away) > NEAR:
        return moment(day)
    if away > 1:
        return gettext("in %(days)s days", days=away)
    if away < -1:
        return gettext("%(days)s days ago", days=-away)
    return gettext("today") if away == 0 else gettext("tomorrow") if away == 1 else gettext("yesterday")


def timed(value: date, words: str = "") -> Markup:
    """A moment in words (`moment` unless others are given), for a machine, and in full for who points at it."""
    said = moment(value)
    full = Markup(' title="%s"') % said if words not in ("", said) else ""
    return Markup('<time datetime="%s"%s>%s</time>') % (value.isoformat(), full, words or said)


def ago(value: date | None) -> Markup | None:
    """When it was or will be, seen from today."""
    return timed(value, relative(value)) if value is not None else None


def due(value: date | None) -> Markup | None:
    """Before when something has to happen; what is late says so, with an icon."""
    if value is None:
        return None
    late = (clock.day(clock.now()) - day_of(value)).days
    if late <= 0:
        return ago(value)
    words = gettext("1 day late") if late == 1 else gettext("%(days)s days late", days=late)
    return mark("clock-exclamation", "stop", timed(value, words))


def number(value: int) -> str:
    """1.240 in Dutch, 1,240 in English."""
    return str(format_decimal(value))


def count(total: int) -> str:
    """How many rows a list has: 1.240, or 10.000+ where counting stopped."""
    return number(COUNT_CAP) + "+" if total > COUNT_CAP else number(total)


def paragraphs(text: str | None) -> Markup | None:
    """Long text with its line breaks, escaped."""
    if not text:
        return None
    return Markup("<br>").join(escape(line) for line in text.splitlines())
