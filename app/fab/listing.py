"""From a screen and its arguments to the page that is drawn: rows, chips, filters, links."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from app.fab.arguments import ListArguments
from app.fab.interface import COUNT_CAP
from app.fab.page import Chip, Column, FilterField, ListPage, Row
from app.fab.shown import number, shown

RELATED_ROWS = 10


def list_page(view: Any, arguments: ListArguments, rows: list[Any], total: int, *, related: bool = False, without: str = "") -> ListPage:
    """Everything a template needs to draw this list; `without` is a column that the page around it says already."""
    base = view.address("list")
    columns = [name for name in view.listed() if name != without]
    more = len(rows) == arguments.size and (total > (arguments.page + 1) * arguments.size)
    return ListPage(
        name=view.list_name,
        title=str(view.list_title),
        columns=tuple(_column(view, name, arguments, base, related) for name in columns),
        rows=tuple(_row(view, row, columns) for row in rows),
        total=f"{COUNT_CAP}+" if total > COUNT_CAP else str(total),
        total_text=number(COUNT_CAP) + "+" if total > COUNT_CAP else number(total),
        url=base,
        page=arguments.page,
        page_size=arguments.size,
        previous_url=arguments.url(base, page=arguments.page - 1) if arguments.page else "",
        next_url=arguments.url(base, page=arguments.page + 1) if more else "",
        first_url=arguments.url(base, page=0) if arguments.page > 1 else "",
        add_url=view.address("add") if view.may("add") and not related else "",
        add_label=str(view.add_title),
        related=related,
        empty=str(view.empty),
        **({} if related else _tools(view, arguments, base)),
    )


def _tools(view: Any, arguments: ListArguments, base: str) -> dict[str, Any]:
    exporting = view.may("export")
    fields = tuple(filter_fields(view, arguments))
    return {
        "export_url": view.address("export") if exporting else "",
        "export_query": arguments.url("", page=0).removeprefix("?") if exporting else "",
        "chips": chips(view, arguments, base),
        "clear_url": base,
        "filters": fields,
        "keep": tuple(arguments.pairs(filters=_unseen(arguments, fields), search="")),
        "searchable": bool(view.searched()),
        "search": arguments.search,
        "search_label": str(view.search_label),
    }


def _column(view: Any, name: str, arguments: ListArguments, base: str, related: bool) -> Column:
    label = str(view.label_columns.get(name, name))
    if related or name not in view.order_columns:
        return Column(name, label)
    current, descending = arguments.order or view.base_order_pair()
    direction = ("desc" if descending else "asc") if current == name else ""
    return Column(name, label, arguments.url(base, order=(name, direction == "asc")), direction)


def _row(view: Any, row: Any, columns: list[str]) -> Row:
    pk = str(view.datamodel.get_pk_value(row))
    return Row(
        pk=pk,
        cells=tuple(cell(view, row, name) for name in columns),
        number=view.number_of(row),
        url=view.address("show", pk=pk) if view.may("show") else "",
        edit_url=view.address("edit", pk=pk) if view.may("edit", row) else "",
    )


def cell(view: Any, row: Any, name: str) -> Any:
    """What stands in one cell: the view's own `cell_<name>`, or the value as it is shown everywhere."""
    own = getattr(view, f"cell_{name}", None)
    value = own(row) if own else getattr(row, name)
    return value if isinstance(value, Markup) else shown(value)


def chips(view: Any, arguments: ListArguments, base: str) -> tuple[Chip, ...]:
    """The filters that are on, each with the address without it."""
    found = []
    for place, (operator, name, values) in enumerate(arguments.filters):
        one = view.filters_of(name)[operator]
        words = ", ".join(value_label(view, one, name, value) for value in values)
        label = str(view.label_columns.get(name, name))
        if operator:
            label = f"{label} {one.name}"
        found.append(Chip(label, words, arguments.url(base, filters=arguments.without(place))))
    if arguments.search:
        found.append(Chip(gettext("Search"), arguments.search, arguments.url(base, search="")))
    return tuple(found)


def value_label(view: Any, one: Any, name: str, value: str) -> str:
    """A filter's value in words."""
    if one.kind == "choice":
        return str(one.member(value).label)
    if one.kind == "bool":
        return gettext("yes") if value in ("1", "true", "y") else gettext("no")
    if one.kind == "relation":
        row = view.related_row(name, value)
        return str(row) if row is not None else value
    return value


def filter_fields(view: Any, arguments: ListArguments) -> Any:
    """The filters that can be set. Choices of a relation are fetched when the panel opens: nothing is asked for them here."""
    for name in view.visible(view.search_columns):
        operators = view.filters_of(name)
        if not operators:
            continue
        one = operators[0]
        label = str(view.label_columns.get(name, name))
        if one.kind == "date":
            after, before = operators[1], operators[2]
            yield FilterField(f"_flt_1_{name}", f"{label} {after.name}", "date", _current(arguments, 1, name))
            yield FilterField(f"_flt_2_{name}", f"{label} {before.name}", "date", _current(arguments, 2, name))
            continue
        choices = tuple((member.name, str(member.label)) for member in one.members()) if one.kind == "choice" else ()
        options = url_for(f"{view.endpoint}.options", name=name) if one.kind == "relation" else ""
        operator = 2 if one.kind == "text" and len(operators) > 4 else 0
        yield FilterField(f"_flt_{operator}_{name}", label, one.kind, _current(arguments, operator, name), choices, options)


def _unseen(arguments: ListArguments, fields: tuple[FilterField, ...]) -> list[tuple[int, str, list[str]]]:
    """Filters that are on and have no field in the panel: they stay on when the panel or the search is used."""
    shown_names = {field.name for field in fields}
    return [one for one in arguments.filters if f"_flt_{one[0]}_{one[1]}" not in shown_names]


def _current(arguments: ListArguments, operator: int, name: str) -> str:
    return next((values[0] for one, column, values in arguments.filters if (one, column) == (operator, name)), "")
