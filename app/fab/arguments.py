"""The query string of a list, read strictly: what cannot be understood is refused with a sentence, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

from flask_appbuilder.models.filters import Filters
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from app.errors import BadInput

LARGEST_PAGE = 100
LAST_PAGE = 1_000_000
LONGEST_SEARCH = 100
LONGEST_NUMBER = 7  # digits
LONGEST_KEY = 15
MOST_VALUES = 50  # of one filter
MOST_ROWS = 1_000  # chosen by hand
LONGEST_QUERY = 12_000  # of a list that is kept or posted: as many rows, and filters
MOST_FIELDS = 100
PAGE_SIZES = (25, 50, 100)
_FILTER = re.compile(r"_flt_(\d{1,2})_(\w{1,60})", re.ASCII)


@dataclass
class ListArguments:
    """What a list is asked to show. `filters` holds (operator, column, values); `order` (column, descending) or None; `rows` are the
    keys of rows that were chosen by hand, one more narrowing."""

    view: str
    page: int = 0
    size: int = 25
    order: tuple[str, bool] | None = None
    search: str = ""
    filters: list[tuple[int, str, list[str]]] = field(default_factory=list)
    rows: tuple[int, ...] = ()

    @classmethod
    def read(cls, view: str, args: MultiDict[str, str], size: int, raw: bytes = b"") -> ListArguments:
        """From the request's arguments; `raw` is the query string as it came, in which broken text can still be told.

        Raises BadInput for numbers that are none, pages out of reach and broken text.
        """
        _refuse_broken(args, raw)
        found = cls(view, size=size, search=args.get("q", "").strip())
        if len(found.search) > LONGEST_SEARCH:
            raise BadInput(gettext("Search for fewer words."))
        found.page = _number(args.get(f"page_{view}"), 0, LAST_PAGE, 0)
        found.size = _number(args.get(f"psize_{view}"), 1, LARGEST_PAGE, size)
        if name := args.get(f"_oc_{view}"):
            found.order = (name, args.get(f"_od_{view}", "asc") == "desc")
        found.rows = _keys(args.getlist("_rows"))
        for key in args:
            if match := _FILTER.fullmatch(key):
                values = [value for value in args.getlist(key) if value.strip()]
                if len(values) > MOST_VALUES:
                    raise BadInput(gettext("A filter has at most %(most)s values.", most=MOST_VALUES))
                if values:
                    found.filters.append((int(match[1]), match[2], values))
            elif key.startswith("_flt_"):
                raise BadInput(gettext("This filter does not exist. Remove it and choose again."))
        return found

    @classmethod
    def of_query(cls, view: str, query: str, size: int) -> ListArguments:
        """From a query string that was kept or posted. Raises BadInput as `read`, and when it is too long."""
        try:
            pairs = parse_qsl(query, max_num_fields=MOST_FIELDS)
        except ValueError:
            pairs = None
        if pairs is None or len(query) > LONGEST_QUERY:
            raise BadInput(gettext("These are too many filters at once. Use fewer filters."))
        return cls.read(view, MultiDict(pairs), size)

    def pairs(self, **changes: Any) -> Iterator[tuple[str, str]]:
        """The arguments as they would stand in an address, with changes to page, size, order, search, filters or rows."""
        page, size, order = changes.get("page", 0), changes.get("size", self.size), changes.get("order", self.order)
        search, filters, rows = changes.get("search", self.search), changes.get("filters", self.filters), changes.get("rows", self.rows)
        if search:
            yield "q", search
        for operator, name, values in filters:
            for value in values:
                yield f"_flt_{operator}_{name}", value
        if rows:
            yield "_rows", ",".join(map(str, rows))
        if order:
            yield f"_oc_{self.view}", order[0]
            yield f"_od_{self.view}", "desc" if order[1] else "asc"
        if page:
            yield f"page_{self.view}", str(page)
        if size != PAGE_SIZES[0]:
            yield f"psize_{self.view}", str(size)

    def url(self, base: str, **changes: Any) -> str:
        """The address of this list with changes."""
        query = self.query(**changes)
        return f"{base}?{query}" if query else base

    def query(self, **changes: Any) -> str:
        """The query string of this list with changes."""
        return urlencode(list(self.pairs(**changes)), safe=",")

    def without(self, index: int, value: str) -> list[tuple[int, str, list[str]]]:
        """The filters but this value of the one at this place."""
        operator, name, values = self.filters[index]
        left = [one for one in values if one != value]
        return [*self.filters[:index], *([(operator, name, left)] if left else []), *self.filters[index + 1 :]]

    def apply(self, datamodel: Any, allowed: Mapping[str, list[Any]]) -> Filters:
        """FAB's filters for these arguments. A column that is not allowed is refused as one that does not exist: BadInput."""
        filters = Filters(datamodel.filter_converter_class, datamodel)
        for operator, name, values in self.filters:
            choices = allowed.get(name, [])
            if operator >= len(choices):
                raise BadInput(gettext("This filter does not exist. Remove it and choose again."))
            filters.filters.append(choices[operator])
            filters.values.append(values)
        return _Together(filters)


class _Together(Filters):
    """Several values of one filter mean: one of them. FAB would want all at once, which no row can be."""

    def __init__(self, filters: Filters) -> None:
        self.__dict__.update(filters.__dict__)

    def apply_all(self, query: Any) -> Any:
        for one, values in zip(self.filters, self.values, strict=True):
            query = one.apply(query, values)
        return query


def _number(text: str | None, least: int, most: int, default: int) -> int:
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER) or not least <= int(text) <= most:
        raise BadInput(gettext("This page number or page size does not exist. Go back to the first page."))
    return int(text)


def _keys(texts: list[str]) -> tuple[int, ...]:
    """The keys of chosen rows: 12,15 in one argument or in several."""
    keys = [key for text in texts for key in text.split(",") if key]
    if not all(key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY for key in keys):
        raise BadInput(gettext("This choice of rows cannot be read. Choose the rows again."))
    if len(keys) > MOST_ROWS:
        raise BadInput(gettext("You can choose at most %(most)s rows by hand. Use a filter and choose all that it finds.", most=MOST_ROWS))
    return tuple(dict.fromkeys(int(key) for key in keys))


def _refuse_broken(args: MultiDict[str, str], raw: bytes) -> None:
    try:
        unquote_to_bytes(raw).decode()
        broken = any("\ufffd" in key + value or "\x00" in key + value for key, value in args.items(multi=True))
    except UnicodeDecodeError:
        broken = True
    if broken:
        raise BadInput(gettext("The address holds text that cannot be read. Type it again."))
