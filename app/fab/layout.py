"""How the fields of a form stand on the page: in groups, one under the other, and side by side where they belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.fab.page import FormGroup

# Short fields that follow each other in this order share a row where there is room, in whatever form.
SIDE_BY_SIDE = (
    ("given_name", "infix", "surname"),
    ("email", "email2"),
    ("email", "phone"),
    ("email", "person"),
    ("phone", "birth_year"),
    ("pc4", "place"),
    ("hours_min", "hours_max"),
    ("education", "field_of_study"),
    ("diploma_country", "diploma_valuation"),
    ("current_sector", "current_function"),
    ("source", "certainty"),
    ("status", "until"),
    ("starts_at", "ends_at"),
    ("months", "starts_on"),
    ("published_on", "checked_on"),
    ("holder", "owner"),
    ("next_holder", "next_due"),
    ("adviser", "minutes"),
    ("desk_email", "desk_phone"),
    ("coordinator_name", "coordinator_email"),
)


def group_of(title: Any, fields: Sequence[Any], leads: Mapping[str, Any]) -> FormGroup:
    """A group of these fields; `leads` has the sentence under its heading by the name of the first one."""
    rows: list[tuple[Any, ...]] = []
    place = 0
    while place < len(fields):
        names = tuple(field.short_name for field in fields[place:])
        size = max((len(beside) for beside in SIDE_BY_SIDE if names[: len(beside)] == beside), default=1)
        rows.append(tuple(fields[place : place + size]))
        place += size
    return FormGroup(str(title), tuple(rows), str(leads.get(fields[0].short_name, "")) if fields else "")
