"""Every page that somebody may open, from the matrix of rights; and what a page says, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import sqlalchemy as sa

from app.adapters import clock
from tests.security import world
from tests.security.plan import ACCOUNTS, Route, matrix, routes
from tests.site import Site, post

VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
SILENT = frozenset(("script", "style", "code", "kbd"))
SAID = ("title", "aria-label", "aria-description", "placeholder", "alt", "data-confirm", "label")


def every_page(site: Site, role: str) -> list[str]:
    """Every address that matrix.yaml opens for this role (or `anonymous`) and that answers with a page, on a row of their own."""
    return [path for path, _ in page_texts(site, role)]


def page_texts(site: Site, role: str, locale: str = "") -> Iterator[tuple[str, str]]:
    """The same with what stands there, in the person's language or in `locale`."""
    browser = site.client(ACCOUNTS.get(role, ""))
    if locale:
        post(browser, "/taal", {"locale": locale}, page="/account/" if role in ACCOUNTS else "/login/")
    for route in routes().values():
        path = _address(site, role, route)
        if path is None:
            continue
        answer = browser.get(path)
        if answer.status_code == 200 and answer.text.lstrip().lower().startswith("<!doctype html"):
            yield path, answer.text
        answer.close()


def _address(site: Site, role: str, route: Route) -> str | None:
    if route.expected("GET", role) != 200 or (route.is_of_row and not route.is_open("GET", role)):
        return None
    key = _own_row(site, role, route) if route.is_of_row else None
    return None if route.is_of_row and key is None else route.url(key)


def _own_row(site: Site, role: str, route: Route) -> int | None:
    scopes = matrix()["scopes"]
    where = " AND ".join(f"coalesce(({scopes[name]}), false)" for name in {route.screen.sees[role], route.acts_on("GET", role)})
    words = {"today": clock.day(clock.now()).isoformat(), **world.person(site, role).words}
    with site.rows() as session:
        query = sa.text(f"SELECT max(id) FROM {route.screen.table} WHERE {where.format(**words)}")
        found = session.execute(query, execution_options={"system_read": True}).scalar()
    return None if found is None else int(found)


class Said(HTMLParser):
    """What a page says: each piece of text with the tag around it, and the words in attributes that somebody sees or hears."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[tuple[str, str]] = []
        self._open: list[tuple[str, bool]] = []  # (tag, is it silent)
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not self._is_silent():
            self._add_attributes(tag, given)
        if tag not in VOID:
            # A language is named in itself, and a text of somebody's is data.
            silent = tag in SILENT or ("lang" in given and tag != "html") or "data-text" in given
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not self._is_silent():
            self.pieces.append((self._open[-1][0] if self._open else "", text))

    def _add_attributes(self, tag: str, given: dict[str, str | None]) -> None:
        names = [*SAID, "value"] if tag == "input" and given.get("type") in ("submit", "button") else SAID
        self.pieces += [(f"{tag}[{name}]", " ".join(text.split())) for name in names if (text := given.get(name))]

    def _is_silent(self) -> bool:
        return any(silent for _, silent in self._open)
