"""Who a message to a group is meant for: a list of the desk with its filters, read again as that list reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.fab.arguments import LONGEST_QUERY, MOST_ROWS, PAGE_SIZES, ListArguments
from app.fab.keeping import PERSONAL
from app.fab.listing import chips
from app.fab.selection import Leading
from app.models import Candidate, Registration
from app.queries.audiences import TOOK_PART
from app.security.fields import GROUP_OF
from app.security.identity import person

LISTS = ("KandidatenView", "AdviesvragersView", "AanmeldingenView")
SUBSCRIBERS = "Nieuwsbrief"  # who asked for the newsletter on the site: no list of candidates
LONGEST_WORDS = 400
LONGEST_ADDRESS = 3_000  # of the page that a list leads to; a web server refuses longer ones


@dataclass(frozen=True)
class Audience:
    """A list and its filters, as they are kept with the message. `select` has the keys of the candidates; None: the subscribers."""

    screen: str
    query: str
    words: str
    select: sa.Select[Any] | None
    list_url: str = ""


def screen_of(name: str) -> Any:
    """The list of this name, as far as this person may open it. Raises BadInput for one that is none."""
    found = next((view for view in current_app.appbuilder.baseviews if type(view).__name__ == name), None)  # type: ignore[attr-defined]
    if name not in LISTS or found is None or not found.may("list"):
        raise BadInput(gettext("This list does not exist. Go to the list of candidates and choose who gets the message."))
    return found


def of(screen: str, query: str) -> Audience:
    """The audience of a list as it is now. Raises BadInput for a list or a filter that does not exist."""
    if screen == SUBSCRIBERS:
        return Audience(SUBSCRIBERS, "", gettext("Who signed up for the newsletter on the site"), None)
    view = screen_of(screen)
    arguments = replace(view.arguments_of(query), page=0, order=None, size=PAGE_SIZES[0])
    view.filtered(arguments)  # refuses what does not exist
    arguments = _named_nobody(view, arguments)
    list_url = arguments.url(view.address("list"))
    return Audience(screen, arguments.query(), _words(view, arguments), _keys(view, arguments).statement.distinct(), list_url)


def one_region() -> int:
    """The region that a message goes out from. Raises NotAllowed without the right there, BadInput for who works for several now."""
    regions = person().region_ids
    if len(regions) > 1:
        raise BadInput(gettext("You work for several regions now. Choose one of them at your name first: a message goes out from one."))
    if not regions or not person().can("send_mailing"):
        raise NotAllowed(gettext("You may not send messages to a group in this region. Ask your coordinator if you think you should."))
    return next(iter(regions))


def may_send() -> bool:
    """This person sends messages to groups."""
    granted = current_app.appbuilder.sm.has_access("can_add", "Groepsberichten")  # type: ignore[attr-defined]
    return bool(granted and person().can("send_mailing"))


def begin_url(screen: str, query: str) -> str:
    """Where a message to this list begins. Raises BadInput for more than an address can hold."""
    url = url_for("GroepsberichtenView.add", screen=screen, query=query)
    if len(url) > LONGEST_ADDRESS:
        raise BadInput(gettext("These are too many filters at once. Use fewer filters."))
    return url


MESSAGE = Leading(
    label=_l("Message these people"),
    icon="send",
    to=lambda view, arguments: begin_url(type(view).__name__, arguments.query(order=None, size=PAGE_SIZES[0])),
    may=may_send,
)


def _keys(view: Any, arguments: ListArguments) -> Any:
    """A query for the candidates of a list: of registrations those who take part."""
    is_list_of_candidates = view.datamodel.obj is Candidate
    key = Candidate.id if is_list_of_candidates else Registration.candidate_id
    narrower: Sequence[Any] = () if is_list_of_candidates else (Registration.state.in_(TOOK_PART),)
    return view.datamodel.narrowed(db.session.query(key), view.filtered(arguments), [*view.where(arguments), *narrower])


def _named_nobody(view: Any, arguments: ListArguments) -> ListArguments:
    """A search or a filter on what is known of a person is not kept; who it finds now is, by key."""
    groups = GROUP_OF.get(view.datamodel.obj, {})
    told = any(groups.get(view.order_by.get(name, name)) in PERSONAL for _, name, _ in arguments.filters)
    if not (arguments.search or told):
        return arguments
    key = view.datamodel.get_pk()
    found = view.datamodel.narrowed(db.session.query(key), view.filtered(arguments), view.where(arguments))
    keys = tuple(one for (one,) in found.order_by(key).limit(MOST_ROWS + 1))
    kept = replace(arguments, search="", filters=[], rows=keys)
    if not keys or len(keys) > MOST_ROWS or len(kept.query()) > LONGEST_QUERY:
        raise BadInput(gettext("Use filters without names for a message to so many people, or choose the rows one by one."))
    return kept


def _words(view: Any, arguments: ListArguments) -> str:
    """The list and its filters as they stand above it."""
    said = [f"{chip.label}: {chip.value}" for chip in chips(view, arguments, "")]
    title = view.all_label() or str(view.list_title)
    text = " · ".join([title, *said])
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + "…"
