"""What can be set out, in words: for the desk that chooses it, and for the candidate who reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.adapters import clock, markdown
from app.enums import OfferKind, Route
from app.fab.page import Link
from app.fab.shown import cell, moment, paragraphs
from app.models import Activity, Article, Offer, Organisation, Programme
from app.queries.offers import COLUMN, Thing
from app.security.identity import person

ROUTES = Path(__file__).resolve().parent.parent / "data" / "routes"
TABS = {
    OfferKind.ARTICLE: _l("Articles and questions"),
    OfferKind.CONTACT: _l("Contacts"),
    OfferKind.PROGRAMME: _l("Programmes"),
    OfferKind.ROUTE: _l("Routes"),
    OfferKind.ACTIVITY: _l("Activities"),
}
_PAGES = {
    OfferKind.ARTICLE: "KennisbankView.show",
    OfferKind.CONTACT: "OrganisatiesView.show",
    OfferKind.PROGRAMME: "OpleidingenView.show",
    OfferKind.ACTIVITY: "ActiviteitenView.show",
}


def title_of(offer: Offer) -> str:
    """How the thing is called; what this person does not see (any more) says so."""
    if offer.kind is OfferKind.ROUTE:
        return name_of(Thing.of(offer), offer.route)
    return str(offer) or gettext("Not available any more")


def kind_of(offer: Offer) -> str:
    """What sort of thing it is: an article and a frequently asked question are told apart."""
    return str(offer.article.kind.label if offer.article is not None else offer.kind.label)


def page_of(offer: Offer) -> str:
    """The desk's page of the thing; empty for a route, and for what is gone."""
    endpoint, key = _PAGES.get(offer.kind), getattr(offer, COLUMN[offer.kind])
    return url_for(endpoint, pk=key) if endpoint and str(offer) else ""


def set_out_link(kind: OfferKind, row: Any) -> tuple[Link, ...]:
    """On the page of a thing: set it out for somebody; for who may do that in the own region."""
    by = person()
    may = by.has_files and by.can("move_stage")
    return (
        (Link(gettext("Set out for…"), url_for("KlaarzettenView.for_whom", ding=f"{kind.name}:{row.id}"), "bookmark", "near"),)
        if may
        else ()
    )


def name_of(thing: Thing, row: Any) -> str:
    if thing.kind is OfferKind.ROUTE:
        label = str(Route[thing.key].label)
        return label[:1].upper() + label[1:]
    return str(row) if row is not None else gettext("Not available any more")


def choice(kind: OfferKind, row: Any, there: Collection[Thing], chosen: Collection[Thing]) -> dict[str, Any]:
    """One thing to choose: what it is, one line about it, and whether it is chosen or stands there already."""
    thing = Thing(kind, row.name if isinstance(row, Route) else str(row.id))
    return {
        "thing": thing,
        "title": name_of(thing, row),
        "about": " · ".join(filter(None, _about(row))),
        "state": "there" if thing in there else "chosen" if thing in chosen else "",
    }


def _about(row: Any) -> Iterator[str]:
    if isinstance(row, Article):
        yield from (str(row.kind.label), row.summary or "")
    elif isinstance(row, Organisation):
        yield from (str(row.kind.label), row.place or "")
    elif isinstance(row, Programme):
        yield from (row.organisation.name, str(row.route.label), row.place or (gettext("online") if row.online else ""))
    elif isinstance(row, Activity):
        yield from (moment(row.starts_at), str(row.kind.label), row.place or str(row.form.label))


# -- for the candidate -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What the candidate reads of a thing: a text, facts as (label, value), how to reach it, and what to keep in mind."""

    lead: str | None = ""
    text: Any = ""
    facts: tuple[tuple[str, Any], ...] = ()
    website: tuple[str, str] | None = None  # address and how it is shown
    phone: str | None = None
    email: str | None = None
    mind: str = ""


def told(offer: Offer) -> Told:
    """A thing in the words of its kind."""
    if offer.kind is OfferKind.ARTICLE:
        return _article(offer.article)
    if offer.kind is OfferKind.CONTACT:
        return _contact(offer.organisation)
    if offer.kind is OfferKind.PROGRAMME:
        return _programme(offer.programme)
    return _activity(offer.activity) if offer.kind is OfferKind.ACTIVITY else _route(offer.route)


def route_text(route: Route) -> Markup:
    """The short explanation of a route."""
    path = ROUTES / f"{route.name.lower()}.md"
    return Markup(markdown.html(path.read_text("utf-8") if path.exists() else ""))


def _facts(*pairs: tuple[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((label, cell(value)) for label, value in pairs if value not in (None, "", frozenset(), False))


def _website(address: str | None) -> tuple[str, str] | None:
    """Only what leads to a page."""
    scheme, mark, rest = (address or "").partition("://")
    return (f"{scheme}{mark}{rest}", rest.rstrip("/")) if scheme in ("http", "https") and rest else None


def _article(row: Any) -> Told:
    facts = _facts((gettext("Source"), row.source), (gettext("Checked"), row.checked_on))
    return Told(lead=row.summary, text=Markup(markdown.html(row.body)), facts=facts)


def _contact(row: Any) -> Told:
    facts = _facts((gettext("Kind"), row.kind), (gettext("Place"), row.place), (gettext("Sectors"), row.sectors))
    return Told(facts=facts, website=_website(row.website), phone=row.phone, email=row.email)


def _programme(row: Any) -> Told:
    facts = _facts(
        (gettext("Training institute"), row.organisation),
        (gettext("Route"), row.route),
        (gettext("Sectors"), row.sectors),
        (gettext("Place"), row.place),
        (gettext("Online"), row.online),
        (gettext("Starts"), row.starts_on),
        (gettext("Months"), row.months),
        (gettext("Education at least"), row.min_education),
        (gettext("Other conditions"), paragraphs(row.conditions)),
    )
    return Told(facts=facts, website=_website(row.website), mind=gettext("This is an indication. The institute decides."))


def _activity(row: Any) -> Told:
    facts = _facts(
        (gettext("Kind"), row.kind),
        (gettext("Starts"), row.starts_at),
        (gettext("Ends"), row.ends_at),
        (gettext("Registration closes"), row.closes_at),
        (gettext("Form"), row.form),
        (gettext("Place"), row.place),
    )
    over = gettext("This activity has been. Ask your adviser when there is another one.") if row.starts_at < clock.now() else ""
    return Told(text=paragraphs(row.description), facts=facts, website=_website(row.website), mind=over)


def _route(route: Any) -> Told:
    return Told(text=route_text(route), mind=gettext("This is an indication. The institute and the school decide."))
