"""How heavy a page is: what a browser fetches for the list of candidates, compressed as it travels."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from flask.testing import FlaskClient

from tests.site import Site

LIST = "/kandidaten/list/"
FIRST, NEXT = 250_000, 25_000  # bytes, of the bodies
_FACE = re.compile(r'@font-face\s*\{[^}]*?url\("([^"]+)"\)[^}]*?unicode-range:([^;}]+)', re.S)


class Page(HTMLParser):
    """The addresses that a browser fetches with a page, in its order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.found.append(given["href"])
        elif tag in ("script", "img"):
            self.found.append(given.get("src", ""))
        elif tag == "use":
            self.found.append(given["href"])

    def handle_data(self, data: str) -> None:
        self.words += data


@dataclass
class Fetcher:
    """A browser as far as fetching goes: it unpacks gzip, and keeps what it may keep for good."""

    client: FlaskClient
    kept: set[str] = field(default_factory=set)

    def visit(self, path: str) -> dict[str, int]:
        """The bytes that travelled for each address of a page."""
        sizes: dict[str, int] = {}
        page = Page(self._fetch(path, sizes))
        for address in page.found:
            text = self._fetch(urljoin(path, address).partition("#")[0], sizes)
            for font in fonts(text, page.words) if ".css" in address else ():
                self._fetch(urljoin(address, font), sizes)
        return sizes

    def _fetch(self, address: str, sizes: dict[str, int]) -> str:
        if address in self.kept or address in sizes or not address:
            return ""
        answer = self.client.get(address, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
        assert answer.status_code == 200, address
        sizes[address] = len(answer.data)
        if "immutable" in answer.headers["Cache-Control"]:
            self.kept.add(address)
        body = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
        return body.decode("utf-8", "replace") if answer.mimetype.startswith("text/") else ""


def fonts(sheet: str, words: str) -> Iterator[str]:
    """The fonts of a style sheet that hold a letter of these words."""
    letters = {ord(letter) for letter in words}
    for address, ranges in _FACE.findall(sheet):
        spans = [re.findall(r"[0-9A-F]+", span)[-2:] for span in ranges.replace("U+", "").split(",")]
        if any(int(span[0], 16) <= letter <= int(span[-1], 16) for span in spans for letter in letters):
            yield address


def heaviest(sizes: dict[str, int]) -> str:
    return ", ".join(f"{address.partition('?')[0]} {size}" for address, size in sorted(sizes.items(), key=lambda pair: -pair[1]))


def test_a_first_visit_of_the_list_stays_light(shared_site: Site) -> None:
    sizes = Fetcher(shared_site.client("noor")).visit(LIST)

    assert len(sizes) >= 12
    assert sum(sizes.values()) <= FIRST, heaviest(sizes)


def test_a_first_visit_stays_light_with_names_that_need_the_second_font(shared_site: Site) -> None:
    noor = Fetcher(shared_site.client("noor"))
    sizes = noor.visit(LIST)

    sizes |= {
        font: len(noor.client.get(font).data) for font in ("/static/vendor/inter-latin.woff2", "/static/vendor/inter-latin-ext.woff2")
    }
    fonts_twice = sum(size for address, size in sizes.items() if "woff2?" in address)

    assert sum(sizes.values()) - fonts_twice <= FIRST, heaviest(sizes)


def test_a_next_visit_fetches_the_page_and_nothing_else(shared_site: Site) -> None:
    noor = Fetcher(shared_site.client("noor"))
    noor.visit(LIST)

    again = noor.visit(LIST)

    assert list(again) == [LIST]
    assert sum(again.values()) <= NEXT


def test_charts_are_not_drawn_where_there_are_none(shared_site: Site) -> None:
    assert [address for address in Fetcher(shared_site.client("noor")).visit(LIST) if "echarts" in address or "chart" in address] == []
