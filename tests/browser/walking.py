"""Which pages there are for whom, in which four ways they are looked at, and what may be wrong with a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from app import enums
from app.demo.accounts import DEMO_ACCOUNTS
from tests.browser.axe import axe
from tests.browser.driving import DESK, PHONE, Window

VISITOR = "visitor"
PEOPLE = [VISITOR, *(name.partition("@")[0] for name, *_ in DEMO_ACCOUNTS)]
OPEN_PAGES = ("/", "/login/", "/account/wachtwoord-vergeten", "/geen-pagina")
LINKS = "[...new Set([...document.querySelectorAll('%s')].map(link => link.getAttribute('href')))]"
MENU = LINKS % 'header a[href^="/"]'
FIRST_ROW = LINKS % 'table.list:first-of-type tbody tr:first-child th a[href^="/"]'
# What somebody reads: without what belongs to scripts, and with the words of closed panels and of choices.
WORDS = """() => {
  const page = document.body.cloneNode(true);
  page.querySelectorAll("script, noscript, style, svg, code").forEach(one => one.remove());
  return [document.title, page.textContent, ...[...page.querySelectorAll("[aria-label], [placeholder]")].map(
    one => `${one.getAttribute("aria-label") || ""} ${one.getAttribute("placeholder") || ""}`)].join("\\n");
}"""

# Names of members that are no words on their own. Short ones (PO, MBO) and those that read as an abbreviation stay out.
_NAMES = {
    member.name
    for kind in vars(enums).values()
    if isinstance(kind, type) and issubclass(kind, enums.Labelled)
    for member in kind
    if isinstance(member, Enum) and len(member.name) > 4
}
STRANGE = {
    "a name of the program": re.compile(rf"\b({'|'.join(sorted(_NAMES))}|None|True|False|Labelled|[a-z]+_[a-z_]+)\b"),
    "a date for machines": re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b"),
    "a placeholder": re.compile(r"%\(\w+\)s|\{\{|\}\}|&(amp|lt|quot|#\d+);"),
    "an object": re.compile(r"<[\w.]+ object at|\bfrozenset\b|lazy_gettext"),
}


@dataclass(frozen=True)
class Way:
    """A way of looking at a page."""

    width: int
    theme: str

    def apply(self, opened: Window) -> None:
        """Show the open page in this way; the program needs to know nothing of it."""
        # Without motion: a colour that glides from light to dark is neither yet.
        opened.page.emulate_media(color_scheme=self.theme, reduced_motion="reduce")  # type: ignore[arg-type]
        opened.page.set_viewport_size(DESK if self.width == DESK["width"] else PHONE)


WAYS = (Way(1440, "light"), Way(390, "dark"), Way(1440, "dark"), Way(390, "light"))


def problems(opened: Window, ways: tuple[Way, ...]) -> Iterator[str]:
    """What is wrong with the page that is open, looked at in these ways."""
    page, path = opened.page, urlsplit(opened.page.url).path
    if page.locator("h1").count() != 1:
        yield f"{path} has {page.locator('h1').count()} headings"
    words = page.evaluate(WORDS)
    for what, pattern in STRANGE.items():
        if found := pattern.search(words):
            yield f"{path} shows {what}: …{words[max(0, found.start() - 30) : found.end() + 30].strip()!r}…"
    for width in (1440, 390, 320):
        yield from (f"{path} at {width} px: {one}" for one in opened.overflow(width))
    told: dict[str, list[str]] = {}
    for way in ways:
        way.apply(opened)
        for fault in axe(page):
            told.setdefault(fault, []).append(f"{way.theme} {way.width}")
    yield from (f"{path} ({', '.join(seen)}): {fault}" for fault, seen in told.items())


# Panels and dialogs, opened one after the other: they float over each other when all are open.
_MARK = """(within) => {
  const all = [...document.querySelectorAll(`${within} details:not([open]), dialog:not([open])`)];
  const shut = all.filter((one) => !one.closest("tbody tr:not(:first-child)"));  // the menus of rows are alike
  shut.forEach((one, place) => one.setAttribute("data-panel", place));
  return shut.length;
}"""
_OPEN = """(one) => {
  if (one.tagName === "DIALOG") one.showModal();
  else if (one.querySelector("summary").checkVisibility()) one.open = true;
  else return "";
  return (one.querySelector("summary, h2") || one).textContent.trim().replace(/\\s+/g, " ").slice(0, 40) || one.id;
}"""
_CLOSE = """(one) => one.tagName === "DIALOG" ? one.close() : (one.open = false)"""


def panels(opened: Window, within: str = "main") -> Iterator[str]:
    """What is wrong with the panels (of this part) and the dialogs of the open page, each opened in turn."""
    page, path = opened.page, urlsplit(opened.page.url).path
    for place in range(page.evaluate(_MARK, within)):
        panel = f"[data-panel='{place}']"
        if not (page.locator(panel).count() and (name := page.locator(panel).evaluate(_OPEN))):
            continue
        page.locator("[aria-busy=true]").first.wait_for(state="detached")  # choices are fetched when a panel opens
        yield from (f"{path}, opened {name!r}: {one}" for one in axe(page, panel))
        yield from (f"{path}, opened {name!r}: {one}" for one in opened.overflow(page.evaluate("innerWidth")))
        page.locator(panel).evaluate(_CLOSE)


def sample(opened: Window, name: str) -> Iterator[str]:
    """Some pages of whoever is signed in: where they start, one in four of the menu (others for everybody), and what the first row
    of a list leads to. The page that was yielded is open when the next one is asked for."""
    if name == VISITOR:
        yield from OPEN_PAGES
        return
    start = urlsplit(opened.page.url).path
    yield start
    seen = {start}
    menu = [link for link in opened.page.evaluate(MENU) if link not in seen]
    for link in menu[PEOPLE.index(name) % 4 :: 4]:
        yield link
        for deeper in opened.page.evaluate(FIRST_ROW):
            if deeper not in seen:
                seen.add(deeper)
                yield deeper
