"""From a screen and its arguments to the page that is drawn: rows, chips, filters, links."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from app.fab import selection, shown
from app.fab.arguments import PAGE_SIZES, ListArguments
from app.fab.filters import parse_date
from app.fab.interface import COUNT_CAP
from app.fab.page import Chip, Column, FilterField, Kept, ListPage, Row
from app.models import UtcDateTime

RELATED_ROWS = 10
ON_A_CARD = 4  # columns beside the first that a phone shows, unless the screen names them
DRAWN_ONCE: Any = (Enum, date, frozenset)
_NEEDS_ITS_LABEL = (sa.Date, sa.Integer, sa.Boolean, UtcDateTime)


def list_page(
    view: Any,
    arguments: ListArguments,
    rows: list[Any],
    total: int,
    *,
    related: bool = False,
    without: str = "",
    kept: Kept | None = None,
) -> ListPage:
    """Everything a template needs to draw this list; `without` is a column that the page around it says already."""
    base = view.address("list")
    columns = [name for name in (view.usual_columns() if related else view.listed()) if name != without]
    return ListPage(
        name=view.list_name,
        title=str(view.list_title),
        columns=tuple(_columns(view, columns, arguments, base, related)),
        rows=tuple(_rows(view, rows, columns)),
        total=f"{COUNT_CAP}+" if total > COUNT_CAP else str(total),
        total_text=shown.count(total),
        url=base,
        page=arguments.page,
        page_size=arguments.size,
        add_url=view.address("add") if view.may("add") and not related else "",
        add_label=str(view.add_title),
        related=related,
        empty=str(view.empty),
        kept=kept,
        **({} if related else _pager(arguments, base, len(rows), total)),
        **({} if related else _tools(view, arguments, base)),
    )


def _pager(arguments: ListArguments, base: str, here: int, total: int) -> dict[str, Any]:
    first = arguments.page * arguments.size
    more = here == arguments.size and total > first + here
    ends = {"first": shown.number(first + 1), "last": shown.number(first + here), "total": shown.count(total)}
    return {
        "range_text": gettext("%(first)s–%(last)s of %(total)s", **ends) if here else "",
        "previous_url": arguments.url(base, page=arguments.page - 1) if arguments.page else "",
        "next_url": arguments.url(base, page=arguments.page + 1) if more else "",
        "first_url": arguments.url(base, page=0) if arguments.page > 1 else "",
        "sizes": tuple((size, "" if size == arguments.size else arguments.url(base, size=size)) for size in PAGE_SIZES)
        if total > PAGE_SIZES[0]
        else (),
    }


def _tools(view: Any, arguments: ListArguments, base: str) -> dict[str, Any]:
    on = tuple(chips(view, arguments, base))
    fields = tuple(filter_fields(view, arguments, on))
    actions = selection.actions(view)
    return {
        "export_url": view.address("export") if view.may("export") else "",
        "query": arguments.query(size=PAGE_SIZES[0]),
        "chips": on,
        "clear_url": base,
        "filters": fields,
        "keep": tuple(arguments.pairs(filters=_unseen(arguments, fields), search="")),
        "searchable": bool(view.searched()),
        "search": arguments.search,
        "search_label": str(view.search_label),
        "choose_url": view.address("choose") if actions else "",
        "actions": actions,
    }


def _columns(view: Any, names: list[str], arguments: ListArguments, base: str, related: bool) -> Iterator[Column]:
    on_card = view.card_columns or names[1 : ON_A_CARD + 1]
    current, descending = arguments.order or view.base_order_pair()
    for name in names:
        label, role = str(view.label_columns.get(name, name)), ""
        if name in on_card:
            kind = getattr(view.datamodel.list_columns.get(name), "type", None)
            speaks = name in view.relative | view.due or hasattr(view, f"cell_{name}")
            role = "brief named" if isinstance(kind, _NEEDS_ITS_LABEL) and not speaks else "brief"
        if related or name not in view.order_columns:
            yield Column(name, label, role=role)
            continue
        direction = ("desc" if descending else "asc") if current == name else ""
        yield Column(name, label, arguments.url(base, order=(name, direction == "asc")), direction, role)


def _rows(view: Any, rows: list[Any], names: list[str]) -> Iterator[Row]:
    """The addresses of the rows' pages are made once a page: making one for each row costs more than fetching it."""
    to = {verb: view.address(verb, pk="~").removesuffix("~") for verb in ("show", "edit", *(verb for verb, _ in view.row_verbs))}
    opens = to["show"] if view.may("show") else ""
    verbs = tuple((verb, str(label)) for verb, label in view.row_verbs)
    of_people = names[:1] in (["name"], ["candidate"])
    made: dict[Any, Any] = {}
    for row in rows:
        pk, number = str(view.datamodel.get_pk_value(row)), view.number_of(row)
        cells = [_cell(view, row, name, made) for name in names]
        if opens and cells and "<a " in str(cells[0]):
            cells[0] = Markup(cells[0]).striptags()  # a link in a link is none
        yield Row(
            pk=pk,
            cells=tuple(cells),
            number=number,
            beside=number if of_people and number != cells[0] else "",
            url=opens + pk if opens else "",
            edit_url=to["edit"] + pk if view.may("edit", row) else "",
            links=tuple((label, to[verb] + pk) for verb, label in verbs if view.may(verb, row)),
        )


def _cell(view: Any, row: Any, name: str, made: dict[Any, Any]) -> Any:
    """A cell of a list; states, days and sets come back in many rows and are drawn once."""
    if getattr(view, f"cell_{name}", None):
        return cell(view, row, name)
    value: Any = getattr(row, name)
    if not isinstance(value, DRAWN_ONCE):
        return shown.cell(value)
    if (name, value) not in made:
        made[name, value] = shown.ago(value) if name in view.relative else cell(view, row, name)
    return made[name, value]


def cell(view: Any, row: Any, name: str) -> Any:
    """What stands in one cell or fact: the view's own `cell_<name>`, or the value as it is shown everywhere."""
    own = getattr(view, f"cell_{name}", None)
    value = own(row) if own else getattr(row, name)
    return shown.due(value) if name in view.due else shown.cell(value)


def chips(view: Any, arguments: ListArguments, base: str) -> Iterator[Chip]:
    """The values that are filtered on, the search and the chosen rows, each with the address without it."""
    for place, (operator, name, values) in enumerate(arguments.filters):
        one = view.filters_of(name)[operator]
        label = str(view.label_columns.get(name, name))
        if operator:
            label = f"{label} {one.name}"
        for value in values:
            left = arguments.url(base, filters=arguments.without(place, value))
            yield Chip(label, value_label(view, one, name, value), left)
    if arguments.search:
        yield Chip(gettext("Search"), arguments.search, arguments.url(base, search=""))
    if arguments.rows:
        yield Chip(gettext("Chosen"), shown.number(len(arguments.rows)), arguments.url(base, rows=()))


def value_label(view: Any, one: Any, name: str, value: str) -> str:
    """A filter's value in words."""
    if one.kind == "choice":
        return str(one.member(value).label)
    if one.kind == "bool":
        return gettext("yes") if value in ("1", "true", "y") else gettext("no")
    if one.kind == "date":
        return shown.moment(parse_date(value))
    if one.kind == "relation":
        row = view.related_row(name, value)
        return str(row) if row is not None else value
    return value


def filter_fields(view: Any, arguments: ListArguments, on: tuple[Chip, ...]) -> Iterator[FilterField]:
    """The filters that can be set. Choices of a relation are fetched when the panel opens: nothing is asked for them here."""
    for name in view.spared(view.visible(view.search_columns)):
        operators = view.filters_of(name)
        if not operators:
            continue
        one = operators[0]
        label = str(view.label_columns.get(name, name))
        if one.kind == "date":
            for operator in (1, 2):
                words = f"{label} {operators[operator].name}"
                yield FilterField(f"_flt_{operator}_{name}", words, "date", _current(arguments, operator, name))
            continue
        operator = 2 if one.kind == "text" and len(operators) > 4 else 0
        values = _current(arguments, operator, name)
        choices = tuple((member.name, str(member.label)) for member in one.members()) if one.kind == "choice" else ()
        options = url_for(f"{view.endpoint}.options", name=name) if one.kind == "relation" else ""
        now = next((chip.value for chip in on if chip.label == label), "") if options and values else ""
        yield FilterField(f"_flt_{operator}_{name}", label, one.kind, values, choices, options, now)


def _unseen(arguments: ListArguments, fields: tuple[FilterField, ...]) -> list[tuple[int, str, list[str]]]:
    """Filters that are on and have no field in the panel: they stay on when the panel or the search is used. A field that holds one
    value says the first."""
    by_name = {field.name: field for field in fields}
    found = []
    for operator, name, values in arguments.filters:
        shows = by_name.get(f"_flt_{operator}_{name}")
        left = values if shows is None else [] if shows.kind == "choice" else values[1:]
        if left:
            found.append((operator, name, left))
    return found


def _current(arguments: ListArguments, operator: int, name: str) -> tuple[str, ...]:
    return next((tuple(values) for one, column, values in arguments.filters if (one, column) == (operator, name)), ())
