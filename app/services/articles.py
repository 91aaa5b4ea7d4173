"""Knowledge for candidates: of one region, or (without a region) of the whole country."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock
from app.enums import NATIONAL_ROLES, ArticleKind, Role
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import Article
from app.security.identity import Identity
from app.services import edits, log


def save(article: Article, *, by: Identity, now: datetime) -> Article:
    """Keep a new or changed article. Claim the version of a changed one first (`edits.claim_version`).

    Raises NotAllowed without the capability in its region (for the whole country: at the national desk), and also in the region
    that it is taken from; BadInput without title or text, and for a check that is yet to come.
    """
    fields = edits.settle(article)
    stored: Any = sa.inspect(article).attrs["region_id"].history.deleted or ()
    for region_id in {article.region_id, *stored}:
        _allow(region_id, by)
    article.title, article.body = (article.title or "").strip(), (article.body or "").strip()
    if not article.title or not article.body:
        raise BadInput(gettext("An article needs a title and a text."))
    if article.checked_on is not None and article.checked_on > clock.day(now):
        raise BadInput(gettext("This article cannot have been checked on a day that is still to come."))
    is_new = not sa.inspect(article).has_identity
    if is_new:
        article.kind = article.kind or ArticleKind.ARTICLE
        article.author_id = article.author_id or by.user_id
    if is_new or fields:
        log.changed("write_article" if is_new else "change_article", article, by=by, now=now, fields=fields)
    db.session.flush()
    return article


def remove(article: Article, *, by: Identity, now: datetime) -> None:
    """Delete an article. Raises NotAllowed without the capability in its region."""
    _allow(article.region_id, by)
    log.changed("remove_article", article, by=by, now=now, fields=[])
    db.session.delete(article)
    db.session.flush()


def _allow(region_id: int | None, by: Identity) -> None:
    """The administrator writes everywhere, the national desk also for the whole country, a region for itself."""
    national = by.role in NATIONAL_ROLES if region_id is None else by.role is Role.ADMIN
    if national and not by.can("write_articles"):
        raise NotAllowed(gettext("You may not write articles."))
    if not national:
        edits.allow(by, "write_articles", region_id)
