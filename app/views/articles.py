"""Kennisbank: what a person who wants to teach should know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.adapters import clock, markdown
from app.enums import OfferKind, Role
from app.fab.interface import LoketInterface
from app.fab.page import Link
from app.fab.view import LoketView
from app.models import Article, Region
from app.security.identity import Identity, person
from app.services import articles
from app.views.base import LABELS
from app.views.offer_words import set_out_link


def _own_regions() -> list[Any]:
    by = person()
    return [] if by.role is Role.ADMIN else [Region.id.in_(sorted(by.region_ids))]


class KennisbankView(LoketView):
    datamodel = LoketInterface(Article, eager=("region", "author"))
    class_permission_name = "Kennisbank"
    route_base = "/kennisbank"
    list_name = "kennisbank"
    list_title = _l("Knowledge")
    add_title = _l("Write article")
    edit_title = _l("Edit article")
    show_title = _l("Article")
    submit = _l("Save article")
    empty = _l("There are no articles yet.")
    search_label = _l("Search in titles and summaries")
    search_over = ("title", "summary")
    base_order = ("title", "asc")
    list_columns = ["title", "kind", "sectors", "region", "published_on", "checked_on"]
    order_columns = ["title", "published_on", "checked_on"]
    search_columns = ["kind", "sectors", "region", "published_on", "checked_on", "locale", "title"]
    export_columns = ("title", "kind", "summary", "sectors", "region", "published_on", "checked_on", "source")
    show_groups = (
        (_l("Article"), ("summary", "body")),
        (_l("About this article"), ("kind", "sectors", "region", "published_on", "checked_on", "author", "source")),
    )
    add_groups = (
        (_l("Article"), ("title", "summary", "body")),
        (_l("About this article"), ("kind", "sectors", "region", "published_on", "checked_on", "source")),
    )
    edit_groups = add_groups
    previews = {"body": lambda text: Markup(markdown.html(text))}
    capabilities = {"add": "write_articles", "edit": "write_articles", "delete": "write_articles", "export": "export"}
    logs_reads = False
    field_options = {"region": {"where": _own_regions, "order": Region.name}}
    label_columns = {
        **LABELS,
        "summary": _l("Summary"),
        "body": _l("Text"),
        "published_on": _l("Published"),
        "checked_on": _l("Checked"),
        "author": _l("Author"),
        "source": _l("Source"),
        "locale": _l("Language"),
    }
    description_columns = {
        "body": _l("Markdown: # for a heading, - for a list, [text](address) for a link."),
        "region": _l("Empty: for the whole country. Only the national desk and the administrator can do that."),
        "published_on": _l("Empty: candidates do not see it yet."),
    }

    def may_row(self, verb: str, row: Article, by: Identity) -> bool:
        if verb not in ("edit", "delete") or by.role is Role.ADMIN:
            return True
        return row.region_id in by.region_ids or (row.region_id is None and by.role is Role.NATIONAL)

    def links_for(self, row: Article) -> Sequence[Link]:
        return set_out_link(OfferKind.ARTICLE, row) if row.published_on is not None else ()

    def cell_body(self, row: Article) -> Any:
        return Markup(markdown.html(row.body))

    def create(self, row: Article, form: Any) -> None:
        articles.save(row, by=person(), now=clock.now())

    def change(self, row: Article, form: Any, fields: Sequence[str]) -> None:
        articles.save(row, by=person(), now=clock.now())
