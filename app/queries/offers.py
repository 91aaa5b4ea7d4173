"""What can be set out for a candidate, and what was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.enums import OfferKind, Route
from app.errors import BadInput
from app.extensions import db
from app.models import Activity, Article, Candidate, Offer, Organisation, Programme
from app.security.identity import Identity

READ = "offer"  # the channel in the read log
# Which column of an offer holds the thing.
COLUMN = {
    OfferKind.ARTICLE: "article_id",
    OfferKind.CONTACT: "organisation_id",
    OfferKind.PROGRAMME: "programme_id",
    OfferKind.ROUTE: "route",
    OfferKind.ACTIVITY: "activity_id",
}
_MODEL: dict[OfferKind, Any] = {
    OfferKind.ARTICLE: Article,
    OfferKind.CONTACT: Organisation,
    OfferKind.PROGRAMME: Programme,
    OfferKind.ACTIVITY: Activity,
}
_SEARCHED: dict[OfferKind, tuple[Any, ...]] = {
    OfferKind.ARTICLE: (Article.title, Article.summary),
    OfferKind.CONTACT: (Organisation.name, Organisation.place),
    OfferKind.PROGRAMME: (Programme.name, Programme.place, Organisation.name),
    OfferKind.ACTIVITY: (Activity.title, Activity.place),
}


class Thing(NamedTuple):
    """One thing of a kind: its key, or the name of a route."""

    kind: OfferKind
    key: str

    def __str__(self) -> str:
        return f"{self.kind.name}:{self.key}"

    @classmethod
    def read(cls, text: str) -> Thing:
        """From a form or an address. Raises BadInput for what no page of ours wrote there."""
        name, _, key = text.partition(":")
        kind = OfferKind.__members__.get(name)
        number = key.isascii() and key.isdigit() and len(key) < 16
        if kind is None or not (key in Route.__members__ if kind is OfferKind.ROUTE else number):
            raise BadInput(_l("This thing does not exist. Load the page again."))
        return cls(kind, key)

    @classmethod
    def of(cls, offer: Offer) -> Thing:
        value = getattr(offer, COLUMN[offer.kind])
        return cls(offer.kind, value.name if isinstance(value, Route) else str(value))


def choices(kind: OfferKind, candidate: Candidate, search: str, *, by: Identity, now: datetime, size: int) -> list[Any]:
    """What may be set out of one kind: rows of its model, or routes. Things of the candidate's region first, then national ones."""
    words = search.split()
    if kind is OfferKind.ROUTE:
        return _routes(candidate, words)[:size]
    escaped = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words)
    found = [sa.or_(*(column.ilike(f"%{word}%", escape="\\") for column in _SEARCHED[kind])) for word in escaped]
    return list(db.session.scalars(_on_offer(kind, candidate, by, now).where(*found).limit(size)))


def on_offer(things: Iterable[Thing], candidate: Candidate, *, by: Identity, now: datetime) -> dict[Thing, Any]:
    """Those of the things that may be set out now, with their row or route. One statement a kind."""
    wanted = list(things)
    found: dict[Thing, Any] = {thing: Route[thing.key] for thing in wanted if thing.kind is OfferKind.ROUTE}
    for kind, model in _MODEL.items():
        keys = [int(thing.key) for thing in wanted if thing.kind is kind]
        if keys:
            rows = db.session.scalars(_on_offer(kind, candidate, by, now).where(model.id.in_(keys)))
            found |= {Thing(kind, str(row.id)): row for row in rows}
    return {thing: found[thing] for thing in wanted if thing in found}


def _routes(candidate: Candidate, words: Sequence[str]) -> list[Route]:
    """The routes that somebody wants first."""
    found = [route for route in Route if route is not Route.UNKNOWN and all(word.lower() in str(route.label).lower() for word in words)]
    return sorted(found, key=lambda route: route not in candidate.routes)


def _on_offer(kind: OfferKind, candidate: Candidate, by: Identity, now: datetime) -> sa.Select[Any]:
    """What the candidate may see as well: articles and activities of the own region and of the whole country."""
    here, national = candidate.region_id, by.national_region_id
    if kind is OfferKind.ARTICLE:
        near = sa.or_(Article.region_id.is_(None), Article.region_id.in_((here, national)))
        query = sa.select(Article).where(near, Article.published_on.is_not(None))
        return query.order_by(sa.case((Article.region_id == here, 0), else_=1), Article.title, Article.id)
    if kind is OfferKind.ACTIVITY:
        coming = sa.select(Activity).where(Activity.region_id.in_((here, national)), Activity.cancelled_at.is_(None))
        return coming.where(Activity.starts_at > now).order_by(Activity.starts_at, Activity.id)
    nearest = sa.case((Organisation.region_id == here, 0), (Organisation.region_id == national, 1), else_=2)
    if kind is OfferKind.CONTACT:
        return sa.select(Organisation).where(Organisation.active.is_(True)).order_by(nearest, Organisation.name, Organisation.id)
    taught = sa.select(Programme).join(Programme.organisation).options(joinedload(Programme.organisation))
    taught = taught.where(Programme.active.is_(True), Organisation.active.is_(True))
    return taught.order_by(nearest, Programme.name, Programme.id)


def live(candidate_id: int) -> list[Offer]:
    """What is set out for a candidate and not withdrawn, newest first, with the things as far as this person sees them."""
    mine = sa.select(Offer).where(Offer.candidate_id == candidate_id, Offer.withdrawn_at.is_(None))
    return list(db.session.scalars(mine.options(*with_things()).order_by(Offer.offered_at.desc(), Offer.id.desc())))


def with_things() -> tuple[Any, ...]:
    """Load what was set out along with the offers."""
    programme = joinedload(Offer.programme)
    relations = (Offer.article, Offer.organisation, Offer.activity, Offer.adviser)
    return (programme, programme.joinedload(Programme.organisation), *(joinedload(one) for one in relations))


def share_read(since: datetime) -> int | None:
    """Which percentage of what was set out since then, and not withdrawn, was read; None when there was nothing."""
    query = sa.select(sa.func.count(), sa.func.count(Offer.read_at)).where(Offer.offered_at >= since, Offer.withdrawn_at.is_(None))
    total, opened = db.session.execute(query).one()
    return round(100 * opened / total) if total else None


def is_available(offer: Offer, now: datetime) -> bool:
    """Whether there is still something to read: seen by whoever asks, published, active, not called off."""
    article, activity = offer.article, offer.activity
    thing = {
        OfferKind.ARTICLE: article is not None and article.published_on is not None,
        OfferKind.CONTACT: offer.organisation is not None and offer.organisation.active,
        OfferKind.PROGRAMME: offer.programme is not None and offer.programme.active,
        OfferKind.ACTIVITY: activity is not None and activity.cancelled_at is None,
        OfferKind.ROUTE: offer.route is not None,
    }
    return thing[offer.kind]
