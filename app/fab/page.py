"""What a template needs to draw a list, a detail or a form: plain values, worked out once, no questions to the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column head. `order_url` is empty when the list cannot be ordered on it; `direction` is asc, desc or empty."""

    name: str
    label: str
    order_url: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Row:
    """One thing in a list. Cells stand in the order of the columns; the first one is the thing itself."""

    pk: str
    cells: tuple[Any, ...]
    number: str = ""
    url: str = ""
    edit_url: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter that is on: «Fase: oriënteren ×»."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True)
class FilterField:
    """A filter that can be set. `kind`: choice, relation, text, date, bool. A relation has no choices until they are fetched from
    `options_url` (it answers `<option>`s)."""

    name: str
    label: str
    kind: str
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    options_url: str = ""


@dataclass(frozen=True)
class ListPage:
    """A list as it is shown; `related` is true when it is a tab of a detail page."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: str  # "1240", "10000+"
    total_text: str  # "1.240", "10.000+"
    url: str = ""
    page: int = 0
    page_size: int = 25
    previous_url: str = ""
    next_url: str = ""
    first_url: str = ""
    add_url: str = ""
    add_label: str = ""
    export_url: str = ""
    export_query: str = ""
    chips: tuple[Chip, ...] = ()
    clear_url: str = ""
    filters: tuple[FilterField, ...] = ()
    keep: tuple[tuple[str, str], ...] = ()  # hidden inputs of the search and filter form
    searchable: bool = False
    search: str = ""
    search_label: str = ""
    empty: str = ""
    related: bool = False


@dataclass(frozen=True)
class Fact:
    label: str
    value: Any
    wide: bool = False  # long text


@dataclass(frozen=True)
class Detail:
    """One thing with its facts in groups. `actions` are (label, url) of small POST forms."""

    title: str
    number: str
    groups: tuple[tuple[str, tuple[Fact, ...]], ...]
    edit_url: str = ""
    delete_url: str = ""
    list_url: str = ""
    list_title: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()  # (label, url) of further pages about this thing
    tabs: tuple[tuple[str, str], ...] = ()  # (id, title) of the related lists that follow


@dataclass(frozen=True)
class FormPage:
    """A form in groups. `keep` are hidden fields: the token against double clicks, the version that was read."""

    title: str
    form: Any
    groups: tuple[tuple[str, tuple[Any, ...]], ...]
    submit: str
    cancel_url: str
    keep: tuple[tuple[str, str], ...] = ()
    warning: str = ""


@dataclass(frozen=True)
class MenuItem:
    label: str
    url: str
    icon: str
    active: bool = False
    children: tuple[MenuItem, ...] = ()


@dataclass(frozen=True)
class Me:
    """Who is signed in, for the page around the content."""

    name: str
    role: str
    place: str
    memberships: tuple[tuple[str, str, bool], ...] = ()  # (value to post, label, active)
    menu: tuple[MenuItem, ...] = field(default=())
    colour: str = ""
    desk: bool = True  # the working mood; false: the candidate's own place
