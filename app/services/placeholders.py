"""What a message can hold of who gets it: {{voornaam}} in the text becomes the given name. One table; the names are as they are typed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date
from flask_babel import force_locale, gettext, lazy_gettext

from app.models import Candidate, Region, UserProfile

LONGEST_VALUE = 200
PATTERN = re.compile(r"\{\{([^{}]*)\}\}")  # takes one look at each sign; `name_of` what it found
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ue000\ue001]+")


def _empty(column: Any) -> sa.ColumnElement[bool]:
    """Nothing to see in this column: what `values` makes of it is empty, too."""
    return sa.func.trim(sa.func.coalesce(column, "")) == ""


def _of_region(column: Any) -> Callable[[], sa.ColumnElement[bool]]:
    return lambda: Candidate.region_id.not_in(sa.select(Region.id).where(~_empty(column)))


def _without_adviser() -> sa.ColumnElement[bool]:
    """Nobody, or somebody who is out of sight for who writes."""
    return sa.or_(Candidate.lead_adviser_id.is_(None), Candidate.lead_adviser_id.not_in(sa.select(UserProfile.user_id)))


def _greeting(candidate: Candidate, locale: str) -> str:
    name = flat(candidate.given_name) or flat(candidate.name)
    return str(gettext("Dear %(name)s", name=name) if name else gettext("Dear reader"))


def _next_day(candidate: Candidate, locale: str) -> str:
    day = candidate.next_action_on
    return format_date(day, "EEEE d MMMM", locale=locale) if day is not None else ""


@dataclass(frozen=True)
class Placeholder:
    """`label` is what people call it, `example` what it may become. `value` makes it of a candidate, in the language that is on;
    `lacking` says in SQL for whom there is none."""

    label: Any
    example: Any
    value: Callable[[Candidate, str], Any]
    lacking: Callable[[], sa.ColumnElement[bool]] = sa.false


PLACEHOLDERS: Mapping[str, Placeholder] = {
    "aanhef": Placeholder(lazy_gettext("Greeting with the name"), lazy_gettext("Dear Anna"), _greeting),
    "voornaam": Placeholder(
        lazy_gettext("Given name"), "Anna", lambda candidate, _: candidate.given_name, lambda: _empty(Candidate.given_name)
    ),
    "naam": Placeholder(lazy_gettext("Full name"), "Anna de Vries", lambda candidate, _: candidate.name, lambda: _empty(Candidate.name)),
    "woonplaats": Placeholder(
        lazy_gettext("Place of residence"), "Amersfoort", lambda candidate, _: candidate.place, lambda: _empty(Candidate.place)
    ),
    "fase": Placeholder(lazy_gettext("Stage on the journey"), lazy_gettext("orienting"), lambda candidate, _: candidate.stage.label),
    "volgende_stap_datum": Placeholder(
        lazy_gettext("Day of the next step"), lazy_gettext("Tuesday 24 November"), _next_day, lambda: Candidate.next_action_on.is_(None)
    ),
    "adviseur": Placeholder(
        lazy_gettext("Name of the adviser"), "Noor Bakker", lambda candidate, _: candidate.lead_adviser, _without_adviser
    ),
    "regio": Placeholder(lazy_gettext("Name of the region"), "Regio Utrecht", lambda candidate, _: candidate.region),
    "telefoon_loket": Placeholder(
        lazy_gettext("Telephone number of the desk"),
        "030 123 45 67",
        lambda candidate, _: candidate.region.desk_phone,
        _of_region(Region.desk_phone),
    ),
    "mail_loket": Placeholder(
        lazy_gettext("E-mail address of the desk"),
        "loket@utrecht.example",
        lambda candidate, _: candidate.region.desk_email,
        _of_region(Region.desk_email),
    ),
    "website_loket": Placeholder(
        lazy_gettext("Website of the desk"),
        "www.utrecht.example",
        lambda candidate, _: candidate.region.website,
        _of_region(Region.website),
    ),
}


def used(*texts: str | None) -> list[str]:
    """The placeholders in these texts, each once, in the order in which they stand there."""
    return [name for name in _named(texts) if name in PLACEHOLDERS]


def unknown(*texts: str | None) -> list[str]:
    """What stands in braces in these texts and is no placeholder."""
    return [name for name in _named(texts) if name not in PLACEHOLDERS]


def nearest(name: str) -> str | None:
    """The placeholder that was probably meant; None when none looks like it."""
    return next(iter(difflib.get_close_matches(name, PLACEHOLDERS, 1, 0.5)), None)


def lacking(name: str) -> sa.ColumnElement[bool]:
    """Of a select on Candidate: for whom this placeholder cannot be filled. Raises KeyError for a name that is none."""
    return PLACEHOLDERS[name].lacking()


def values(candidate: Candidate, names: Iterable[str], *, locale: str) -> dict[str, str]:
    """What becomes of these placeholders for one person, each on one line; empty where there is nothing. Names that are none are left out.

    `locale` is the language of the text that they go into (`Words.locale`).
    """
    with force_locale(locale):
        return {name: flat(PLACEHOLDERS[name].value(candidate, locale)) for name in names if name in PLACEHOLDERS}


def examples() -> dict[str, str]:
    """What each may become, in the language that is on."""
    return {name: str(one.example) for name, one in PLACEHOLDERS.items()}


def name_of(found: re.Match[str]) -> str:
    """What stands between the braces, as it is known."""
    return found[1].strip().casefold()


def flat(value: Any) -> str:
    """A value on one line, at most LONGEST_VALUE signs, without signs that nobody sees."""
    return _BREAKS.sub(" ", str(value if value is not None else "")).strip()[:LONGEST_VALUE].rstrip()


def _named(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(name_of(found) for text in texts for found in PATTERN.finditer(text or "")))
