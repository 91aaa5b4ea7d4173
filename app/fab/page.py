"""What a template needs to draw a list, a detail or a form: plain values, worked out once, no questions to the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Column:
    """A column head. `order_url` is empty when the list cannot be ordered on it; `direction` is asc, desc or empty. `role` says how
    its cells stand on a phone: `brief` with their value, `brief named` with the label before it, empty not at all."""

    name: str
    label: str
    order_url: str = ""
    direction: str = ""
    role: str = "brief"


@dataclass(frozen=True)
class Row:
    """One thing in a list. Cells stand in the order of the columns; the first one is the thing itself, with `beside` it the number of
    the candidate when that is what the thing is. `links` are (label, url)."""

    pk: str
    cells: tuple[Any, ...]
    number: str = ""
    beside: str = ""
    url: str = ""
    edit_url: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Chip:
    """A filter that is on: «Fase: oriënteren ×»."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True)
class FilterField:
    """A filter that can be set. `kind`: choice, relation, text, date, bool. A relation has no choices until they are fetched from
    `options_url` (it answers `<option>`s); `label_now` is what is chosen now."""

    name: str
    label: str
    kind: str
    values: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    options_url: str = ""
    label_now: str = ""

    @property
    def value(self) -> str:
        """What a field that holds one value has now."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True)
class Tab:
    """A saved view above a list. `change_url` is empty for who may not change it; `sharer` is who shares it."""

    label: str
    url: str
    current: bool = False
    shared: bool = False
    sharer: str = ""
    change_url: str = ""


@dataclass(frozen=True)
class Kept:
    """What a person keeps of a list: the columns to choose from as (name, label, shown), the views, and where they are sent to.
    `refusal` says why the list as it is cannot be kept as a view."""

    query: str
    columns_url: str
    columns: tuple[tuple[str, str, bool], ...]
    views_url: str = ""
    views: tuple[Tab, ...] = ()
    all_label: str = ""  # what the whole list is called
    may_share: bool = False
    refusal: str = ""


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
    range_text: str = ""  # "1–25 van 1.240"
    previous_url: str = ""
    next_url: str = ""
    first_url: str = ""
    sizes: tuple[tuple[int, str], ...] = ()  # (rows a page, url); no url for the size that is on
    add_url: str = ""
    add_label: str = ""
    export_url: str = ""
    query: str = ""  # the list without its page, as an address would have it
    chips: tuple[Chip, ...] = ()
    clear_url: str = ""
    filters: tuple[FilterField, ...] = ()
    keep: tuple[tuple[str, str], ...] = ()  # hidden inputs of the search and filter form
    searchable: bool = False
    search: str = ""
    search_label: str = ""
    empty: str = ""
    related: bool = False
    kept: Kept | None = None
    choose_url: str = ""
    actions: tuple[tuple[str, str, str], ...] = ()  # (name, label, icon) of what can be done with chosen rows


@dataclass(frozen=True)
class Fact:
    label: str
    value: Any
    wide: bool = False  # long text


@dataclass(frozen=True)
class FactGroup:
    """Facts under one heading; `missing` are the names of those that nobody filled in. `edit_url` leads to this part of the form."""

    title: str
    facts: tuple[Fact, ...]
    missing: tuple[str, ...] = ()
    edit_url: str = ""

    @property
    def is_text(self) -> bool:
        """Something to read, rather than facts to look up."""
        return any(fact.wide for fact in self.facts)


class Link(NamedTuple):
    """Something to do with a thing on a page of its own. `rank` says where it stands: `first` is the one primary button, `near` a
    button beside it, anything else is behind "More"."""

    label: str
    url: str
    icon: str = ""
    rank: str = ""


@dataclass(frozen=True)
class Step:
    """A step of the journey. `state`: done, now, next, or stopped (this far, and no farther)."""

    label: str
    state: str


@dataclass(frozen=True)
class Ahead:
    """What happens next: who has the ball, what, before when. Without `what` nothing is planned; `url` leads to it, or to planning."""

    who: str = ""
    what: str = ""
    when: Any = ""
    url: str = ""


@dataclass(frozen=True)
class Part:
    """A tab of a detail page: an address of its own."""

    name: str
    title: str
    url: str
    current: bool = False


@dataclass(frozen=True)
class Moment:
    """One line of a timeline. `about` is what happened, `text` its first line, `more` the rest of it, `files` what goes along."""

    icon: str
    about: str
    when: Any
    who: str = ""
    text: str = ""
    more: Any = ""
    url: str = ""
    files: str = ""


@dataclass(frozen=True)
class Timeline:
    """Lines under their months, newest first; a month without a name goes on where the page before stopped. `filters` are the kinds to
    choose from; `appended`: it is put under lines that are there already."""

    months: tuple[tuple[str, tuple[Moment, ...]], ...]
    filters: tuple[Part, ...] = ()
    more_url: str = ""
    appended: bool = False


@dataclass(frozen=True)
class Detail:
    """One thing: what it is called, what can be done (`links`, and `actions`: small POST forms), and the open tab: its facts in groups,
    a timeline, or a related list. The last five are for people: where they stand, what is next, how to reach them."""

    title: str
    number: str
    groups: tuple[FactGroup, ...]
    links: tuple[Link, ...] = ()
    actions: tuple[tuple[str, str], ...] = ()
    delete_url: str = ""
    list_url: str = ""
    list_title: str = ""
    tabs: tuple[Part, ...] = ()
    timeline: Timeline | None = None
    badge: Any = ""
    steps: tuple[Step, ...] = ()
    ahead: Ahead | None = None
    closed: str = ""  # why nothing is next
    contact_url: str = ""


@dataclass(frozen=True)
class FormGroup:
    """Fields under one heading, in rows; `lead` is a sentence under the heading."""

    title: str
    rows: tuple[tuple[Any, ...], ...]
    lead: str = ""

    @property
    def fields(self) -> tuple[Any, ...]:
        return tuple(field for row in self.rows for field in row)

    @property
    def is_optional(self) -> bool:
        """None of it has to be filled in: the heading says so, and the fields need not."""
        plain = [field for field in self.fields if field.type != "BooleanField"]
        return bool(self.title and plain) and not any(field.flags.required or field.flags.one_of for field in plain)


@dataclass(frozen=True)
class FormPage:
    """A form in groups. `about` says what is edited; `keep` are hidden fields: the token against double clicks, the version.

    `picks` has, by field, where its choices are searched; `chosen` how what is chosen now is called. `draft` says that this is a draft
    and of when; `autosaves` that it is kept while somebody types. `previews` has, by field, what its text looks like.
    """

    title: str
    form: Any
    groups: tuple[FormGroup, ...]
    submit: str
    cancel_url: str
    keep: tuple[tuple[str, str], ...] = ()
    warning: str = ""
    about: str = ""
    action: str = ""
    picks: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    draft: str = ""
    autosaves: bool = False
    previews: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Any, ...]:
        return tuple(field for group in self.groups for field in group.fields)

    @property
    def takes_files(self) -> bool:
        return any(field.type == "FilesField" for field in self.fields)

    @property
    def has_optional(self) -> bool:
        return any(not field.flags.required for field in self.fields)


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
    theme: str = "auto"  # or light, dark
    style: str = ""  # address of the region's colours; empty for our own
    logo: str = ""  # address of the region's logo; empty for our own mark
    region: str = ""
    desk: bool = True  # the working mood; false: the candidate's own place
    bell: tuple[str, str, str] = ("", "", "")  # unread notifications as a number and in words, and where to ask for them again


@dataclass(frozen=True)
class BulkPage:
    """What will happen with chosen rows, asked before it happens: how many, who (`others` is how many besides the names), and the form.
    A form without an action cannot be sent. `changes`: it does something to the rows of this list."""

    form: FormPage
    count_text: str
    names: tuple[str, ...]
    others: str
    changes: str = ""
