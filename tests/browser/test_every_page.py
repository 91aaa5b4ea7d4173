"""Every page of every role, wide and on a phone: it answers, has one heading, speaks in words, and fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from app import enums
from app.demo.accounts import DEMO_ACCOUNTS
from tests.browser.conftest import Open
from tests.browser.driving import Window, window
from tests.browser.serving import Served

VISITOR = "visitor"
ROLES = [VISITOR, *(name.partition("@")[0] for name, *_ in DEMO_ACCOUNTS)]
OPEN_PAGES = ("/", "/login/", "/account/wachtwoord-vergeten", "/geen-pagina")
LINKS = "[...new Set([...document.querySelectorAll('%s')].map(link => link.getAttribute('href')))]"
MENU = LINKS % 'header a[href^="/"]'
TABS = LINKS % 'nav.jump a[href^="/"]'
ADD = LINKS % '.head-actions a.btn-primary[href^="/"]'
FURTHER = LINKS % '.head-actions a.btn-primary[href^="/"], .head-actions a.pop-item[href^="/"]'
FIRST_ROW = LINKS % 'table.list:first-of-type tbody tr:first-child th a[href^="/"]'
# What somebody reads: without what belongs to scripts, and with the words of closed panels and of choices.
WORDS = """() => {
  const page = document.body.cloneNode(true);
  page.querySelectorAll("script, style, svg, code").forEach(one => one.remove());
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


@pytest.fixture(scope="module", autouse=True)
def something_happened(browser: Browser, served: Served) -> None:
    """History to show: a file that was looked at, changed and moved."""
    with window(browser, served.address) as noor:
        noor.sign_in("noor")
        page = noor.go("/kandidaten/list/?q=K-200001")
        key = page.locator("tbody tr").get_attribute("data-id")
        noor.go(f"/kandidaten/edit/{key}").fill("input[name=phone]", "06 61 00 00 02")
        noor.save()
        page.wait_for_url("**/kandidaten/show/*")
        noor.go(f"/kandidaten/verplaatsen/{key}").locator("select[name=stage]").select_option("DECIDING")
        noor.save()
        page.wait_for_url("**/kandidaten/show/*")
        noor.check()


def problems(opened: Window) -> Iterator[str]:
    """What is wrong with the page that is open."""
    page, path = opened.page, urlsplit(opened.page.url).path
    if page.locator("h1").count() != 1:
        yield f"{path} has {page.locator('h1').count()} headings"
    words = page.evaluate(WORDS)
    for what, pattern in STRANGE.items():
        if found := pattern.search(words):
            yield f"{path} shows {what}: …{words[max(0, found.start() - 30) : found.end() + 30].strip()!r}…"
    for width in (1440, 390, 320):
        yield from (f"{path} at {width} px: {one}" for one in opened.overflow(width))


def addresses(opened: Window, *, sample: bool) -> Iterator[str]:
    """The pages of whoever is signed in: the menu, and from there what the first row and the buttons lead to. The page that was
    yielded is open when the next one is asked for."""
    start = urlsplit(opened.page.url).path
    yield start
    seen = {start}
    menu = [link for link in opened.page.evaluate(MENU) if link not in seen]
    for link in menu[:: 4 if sample else 1]:
        seen.add(link)
        yield link
        further = opened.page.evaluate(FIRST_ROW) + ([] if sample else opened.page.evaluate(TABS) + opened.page.evaluate(ADD))
        for deeper in further:
            if deeper in seen:
                continue
            seen.add(deeper)
            yield deeper
            if sample or "/add" in deeper:
                continue
            for deepest in opened.page.evaluate(FURTHER):
                kind = re.sub(r"\d+", "N", deepest.partition("?")[0])
                if kind not in seen and deepest not in seen:
                    seen |= {kind, deepest}
                    yield deepest


def visit(opened: Window, name: str, *, sample: bool) -> tuple[int, list[str]]:
    found: list[str] = []
    visited = 0
    for path in OPEN_PAGES if name == VISITOR else addresses(opened, sample=sample):
        opened.expected = {404} if path == "/geen-pagina" else set()
        opened.go(path)
        visited += 1
        found += problems(opened)
    return visited, found


@pytest.mark.parametrize("name", ROLES)
def test_a_sample_of_the_pages_is_in_order(open_window: Open, name: str) -> None:
    visited, found = visit(open_window("" if name == VISITOR else name), name, sample=True)

    assert found == []
    assert visited >= 4


@pytest.mark.full
@pytest.mark.parametrize("name", ROLES)
def test_every_page_is_in_order(open_window: Open, name: str) -> None:
    visited, found = visit(open_window("" if name == VISITOR else name), name, sample=False)

    assert found == []
    assert visited >= (4 if name == VISITOR else 12)
