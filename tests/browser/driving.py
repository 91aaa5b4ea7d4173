"""Chromium for the walks and the pictures: started the same way everywhere, and pages that note what goes wrong in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, sync_playwright

from app.demo.accounts import DEMO_PASSWORD
from tests.browser.install import find_browser

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SMALLEST = {"width": 320, "height": 700}
PATIENCE = 15_000  # milliseconds; a busy machine answers late
QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--lang=nl-NL",
)  # fmt: skip
# Set before anything of the page runs, so that the first violation is noted too.
NOTE_VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.__violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window. Raises AssertionError when this machine has none."""
    path = find_browser()
    assert path, "There is no Chromium or Chrome: run `python -m tests.browser.install`, or set CHROMIUM to one."
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *root])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Window:
    """A browser window with one page. `expected` are status codes that the walk means to get; everything else is noted in `faults`."""

    page: Page
    address: str
    expected: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("pageerror", lambda problem: self.faults.append(f"script: {problem}"))
        self.page.on("console", lambda message: self._console(message.type, message.text))

    def _request(self, request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme in ("http", "https", "ws", "wss") and where.netloc != urlsplit(self.address).netloc:
            self.faults.append(f"another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status}: {response.request.method} {urlsplit(response.url).path}")

    def _console(self, kind: str, text: str) -> None:
        # The browser repeats every answer of 400 and up here; _response has judged those already.
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.faults.append(f"console {kind}: {text}")

    def go(self, path: str) -> Page:
        """Open an address of the program."""
        self.page.goto(self.address + path)
        return self.page

    def sign_in(self, name: str) -> Page:
        """Sign in by hand as this demo account (its part before the @)."""
        self.go("/login/")
        self.page.fill("input[name=username]", f"{name}@demo.test")
        self.page.fill("input[name=password]", DEMO_PASSWORD)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url(lambda url: "/login/" not in url)
        return self.page

    def menu(self, summary: str, item: str) -> None:
        """Open a panel (`summary` is what one clicks on) and choose something in it."""
        self.page.locator(summary).click()
        self.page.locator(item).click()

    def save(self) -> None:
        """Press the button at the foot of the form."""
        self.page.locator(".form-foot button[type=submit]").click()

    def fits(self) -> None:
        """Note it as a fault when this page, as it stands, can be scrolled sideways on a phone."""
        for width in (PHONE["width"], SMALLEST["width"]):
            self.faults += [f"{urlsplit(self.page.url).path} at {width}: {one}" for one in self.overflow(width)]

    def overflow(self, width: int) -> list[str]:
        """What sticks out at this width, when the page or (on a wide screen) a list in it scrolls sideways; empty when nothing does."""
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": width, "height": 844})
        found: list[str] = self.page.evaluate(_STICKS_OUT)
        if size:
            self.page.set_viewport_size(size)
        return found

    def check(self) -> None:
        """Fail when anything went wrong in this window so far."""
        self.faults += [f"CSP: {one}" for one in self.page.evaluate("window.__violations || []")]
        assert not self.faults, "\n".join(self.faults)


_STICKS_OUT = """() => {
  const wide = document.documentElement.clientWidth;
  const cut = [...document.querySelectorAll(".table-wrap:not(.table-scroll)")].filter((one) => one.scrollWidth > one.clientWidth);
  if (wide >= 1440 && cut.length) return cut.map((one) => `a list of ${one.scrollWidth} px in ${one.clientWidth}`);
  if (document.documentElement.scrollWidth <= wide) return [];
  // The innermost ones that make it so: not what scrolls by itself, nor what is drawn nowhere.
  const scrolls = (one) => { for (let at = one; at !== document.body; at = at.parentElement)
    if (getComputedStyle(at).overflowX !== "visible" || getComputedStyle(at).clipPath !== "none") return true; };
  const isOut = (one) => one.checkVisibility() && one.getBoundingClientRect().right > wide + 1 && !scrolls(one);
  const all = [...document.querySelectorAll("body *")].filter(isOut);
  const out = all.filter((one) => !all.some((other) => other !== one && one.contains(other)));
  const names = out.slice(0, 3).map((one) => `${one.tagName.toLowerCase()}.${one.className} “${one.textContent.trim().slice(0, 30)}”`);
  return [`${document.documentElement.scrollWidth} px on ${wide}: ${names.join(", ")}`];
}"""


@contextmanager
def window(browser: Browser, address: str, **options: Any) -> Iterator[Window]:
    """A window of its own, with its own cookies; 1440 × 900 unless told otherwise."""
    context: BrowserContext = browser.new_context(**{"viewport": DESK, "locale": "nl-NL", "timezone_id": "Europe/Amsterdam", **options})
    try:
        context.set_default_timeout(PATIENCE)
        context.add_init_script(NOTE_VIOLATIONS)
        yield Window(context.new_page(), address)
    finally:
        context.close()
