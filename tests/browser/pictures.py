"""The pictures of the main screens, for the README and to look at: `python -m tests.browser.pictures [name …]` fills docs/img/.

The main screens and one of them in the dark, each as wide as a desk and as narrow as a phone, from a fresh demo database, and
written with at most 256 colours.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.driving import DESK, PHONE, Window, chromium, window
from tests.browser.serving import filled, serving
from tests.browser.squeeze import png

TARGET = Path(__file__).parents[2] / "docs" / "img"
LARGEST = 150_000  # bytes
ROW = "tbody tr:first-child th a"


def _of_list(path: str, row: str = ROW) -> Callable[[Window], None]:
    """The page that a row of this list leads to."""

    def open_it(window: Window) -> None:
        address = window.go(path).locator(row).first.get_attribute("href")
        assert address, f"{path} has no row to open"
        window.go(address)

    return open_it


def _at(path: str) -> Callable[[Window], None]:
    return lambda window: window.go(path) and None


def _filters(window: Window) -> None:
    """The list of candidates with its filters open, two of them on."""
    window.go("/kandidaten/list/?_flt_0_stage=ORIENTING&_flt_0_stage=DECIDING").locator("details[data-filters] > summary").click()
    window.page.locator("[aria-busy=true]").first.wait_for(state="detached")


def _talk(window: Window) -> None:
    """The form of a conversation, with a candidate and the first lines of a report."""
    page = window.go("/gesprekken/add?candidate=K-200001")
    page.fill("textarea[name=summary]", "We spraken over werken en leren tegelijk.\nJe belt deze week de school over een dag meelopen.")


def _group(window: Window) -> None:
    """A message to everybody who orients, before it goes."""
    page = window.go("/berichten/groep/nieuw?screen=KandidatenView&query=_flt_0_stage%3DORIENTING%26_flt_0_status%3DACTIVE")
    page.select_option("select[name=template]", label="Inloopspreekuur")
    page.get_by_role("button", name="Sjabloon gebruiken").click()
    expect(page.locator("[name=subject]")).not_to_have_value("")
    page.get_by_role("button", name="Bekijk wie het krijgt").first.press("Enter")
    page.locator(".mailing-numbers").wait_for()


# name → (demo account, how to get there)
SCREENS: dict[str, tuple[str, Callable[[Window], None]]] = {
    "aanmelden": ("", _at("/login/")),
    "vandaag": ("noor", _at("/")),
    "adviesvragers": ("noor", _at("/adviesvragers/list/")),
    "statusbord": ("noor", _at("/statusbord/")),
    "overdrachten": ("noor", _at("/overdrachten/list/")),
    "kandidaten": ("noor", _at("/kandidaten/list/?_flt_0_stage=ORIENTING")),
    "kandidaten-filters": ("noor", _filters),
    "kandidaat": ("noor", _of_list("/kandidaten/list/?_flt_0_stage=DECIDING")),
    "gesprek": ("noor", _talk),
    "zoeken": ("noor", _at("/zoeken?q=Utrecht")),
    "berichten": ("noor", _at("/berichten/")),
    "meldingen": ("noor", _at("/meldingen/")),
    "groepsbericht": ("carla", _group),
    "berichtsjabloon": ("carla", _of_list("/sjablonen/list/")),
    "activiteiten": ("noor", _at("/activiteiten/list/")),
    "cijfers": ("noor", _at("/cijfers/")),
    "rollen": ("beheer", _at("/beheer/rollen/?region=2")),
    "mijn": ("fatima", _at("/mijn/")),
    "beheer-vandaag": ("beheer", _at("/")),
    "vandaag-donker": ("noor", _at("/")),
}
DARK = frozenset(("vandaag-donker",))


def main(wanted: list[str]) -> int:
    """Take these screens, or all; 1 when a name does not exist or a picture is too large."""
    strange = sorted(set(wanted) - set(SCREENS))
    if strange:
        print(f"There is no screen {strange[0]!r}; choose from {', '.join(SCREENS)}.", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    too_large = 0
    with tempfile.TemporaryDirectory() as folder, chromium() as browser, serving(filled(Path(folder))) as served:
        for name in wanted or SCREENS:
            for suffix, size in (("", DESK), (f"-{PHONE['width']}", PHONE)):
                made = TARGET / f"{name}{suffix}.png"
                made.write_bytes(_picture(browser, served.address, name, size))
                large = made.stat().st_size > LARGEST
                too_large += large
                print(f"{made.relative_to(TARGET.parents[1])}  {made.stat().st_size / 1000:.0f} kB{'  too large' if large else ''}")
    return 1 if too_large else 0


def _picture(browser: Browser, address: str, name: str, size: dict[str, int]) -> bytes:
    account, way = SCREENS[name]
    theme = "dark" if name in DARK else "light"
    with window(browser, address, viewport=size, color_scheme=theme, reduced_motion="reduce") as opened:
        if account:
            opened.sign_in(account)
        way(opened)
        opened.page.wait_for_load_state("networkidle")
        opened.page.evaluate("document.activeElement.blur(); scrollTo(0, 0); document.fonts.ready.then(() => true)")
        opened.check()
        return squeezed(browser, opened.page)


def squeezed(browser: Browser, page: Page) -> bytes:
    """A picture of what the window shows, with at most 256 colours."""
    taken = base64.b64encode(page.screenshot()).decode()
    # A page of its own: the policy of the program rightly keeps scripts like this one out of its pages.
    bench = browser.new_context()
    try:
        found = bench.new_page().evaluate(_COUNT_COLOURS, taken)
    finally:
        bench.close()
    return png(found["width"], found["height"], found["palette"], base64.b64decode(found["pixels"]))


# The 256 commonest colours, alike ones taken together; every pixel becomes the place of the nearest.
_COUNT_COLOURS = """async (taken) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${taken}`;
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const board = canvas.getContext("2d");
  board.drawImage(picture, 0, 0);
  const raw = board.getImageData(0, 0, picture.width, picture.height).data;
  const counts = new Map();
  for (let at = 0; at < raw.length; at += 4) {
    const colour = (raw[at] << 16) | (raw[at + 1] << 8) | raw[at + 2];
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  const far = (one, two) =>
    ((one >> 16) - (two >> 16)) ** 2 + (((one >> 8) & 255) - ((two >> 8) & 255)) ** 2 + ((one & 255) - (two & 255)) ** 2;
  const palette = [];
  for (const [colour, count] of [...counts].sort((one, two) => two[1] - one[1])) {
    if (palette.length === 256) break;
    if (count > 2000 || palette.every((known) => far(known, colour) > 60)) palette.push(colour);
  }
  const places = new Map();
  for (const colour of counts.keys()) {
    let best = 0;
    for (let place = 1; place < palette.length; place++) if (far(palette[place], colour) < far(palette[best], colour)) best = place;
    places.set(colour, best);
  }
  const pixels = new Uint8Array(raw.length / 4);
  for (let at = 0; at < raw.length; at += 4) pixels[at / 4] = places.get((raw[at] << 16) | (raw[at + 1] << 8) | raw[at + 2]);
  let text = "";
  for (let at = 0; at < pixels.length; at += 8192) text += String.fromCharCode(...pixels.subarray(at, at + 8192));
  return { width: picture.width, height: picture.height, palette, pixels: btoa(text) };
}"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
