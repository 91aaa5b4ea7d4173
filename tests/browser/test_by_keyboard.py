"""The daily tasks with nothing but a keyboard; at each stop one can see where one is."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from app.demo.accounts import DEMO_PASSWORD
from tests.browser.conftest import Open
from tests.browser.driving import Window

LIST = "/kandidaten/list/"
MANY = 150  # more stops than any page has before its content
# Where the focus is, and what is wrong with it: no ring around it (or around what stands for it), out of sight, or under something.
_FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return ["body", ""];
  const name = `${at.tagName.toLowerCase()}${at.id ? "#" + at.id : ""}[${(at.textContent || at.name || "").trim().slice(0, 30)}]`;
  const ring = (one) => {
    const style = one && getComputedStyle(one);
    return style && ((style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none");
  };
  // The parts of a date field (day, month, the calendar) have rings of the browser's own, which cannot be asked for.
  const isDate = at.matches("input[type^=date]");
  if (!isDate && !ring(at) && !ring(at.closest("label, .search, .ts-control"))) return [name, "no ring"];
  const box = at.getBoundingClientRect();
  const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.2], [0.5, 0.8]];
  const isSeen = points.some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (at.contains(top) || top.contains(at));
  });
  const under = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return [name, isSeen ? "" : `out of sight (${Math.round(box.left)}, ${Math.round(box.top)}, under ${under?.outerHTML.slice(0, 60)})`];
}"""


@dataclass
class Hands:
    """Somebody without a mouse at a window."""

    window: Window

    def press(self, *keys: str) -> None:
        """Press these keys, one after the other."""
        for key in keys:
            self.window.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Type over what stands in the field."""
        self.press("ControlOrMeta+a")
        self.window.page.keyboard.type(text)

    def to(self, where: str | Locator, *keys: str, by: str = "Tab") -> None:
        """Go to this element and press the keys there. Fails when it cannot be reached, or when a stop on the way cannot be seen."""
        page = self.window.page
        wanted = (page.locator(where) if isinstance(where, str) else where).first
        wanted.wait_for(state="attached")
        for _ in range(MANY):
            if wanted.evaluate("one => one === document.activeElement"):
                break
            self.press(by)
            name, fault = page.evaluate(_FOCUS)
            assert not fault, f"{fault} at {name} on {page.url}"
        else:
            raise AssertionError(f"{where} cannot be reached on {page.url}")
        self.press(*keys)

    def sign_in(self, name: str) -> None:
        """Sign in as this demo account."""
        page = self.window.go("/login/")
        self.to("input[name=username]")
        self.write(f"{name}@demo.test")
        self.press("Tab")
        self.write(DEMO_PASSWORD)
        self.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)

    def pick(self, summary: str | Locator, item: str | Locator) -> None:
        """Open a panel and choose something in it."""
        self.to(summary, "Enter")
        self.to(item, "Enter")


def hands(open_window: Open, name: str) -> Hands:
    made = Hands(open_window(reduced_motion="reduce"))  # a page that glides to the next stop has not arrived yet
    made.sign_in(name)
    return made


def test_signing_in_and_out(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.page
    assert page.locator(".side .whoami b").inner_text().startswith("Noor")

    noor.pick(".side-foot > summary", ".side form[action='/logout/'] button")

    page.wait_for_url(noor.window.address + "/")
    expect(page.locator(".side")).to_have_count(0)


def test_the_first_stop_skips_the_menu(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go(LIST)

    noor.press("Tab")
    assert page.locator(".skip").evaluate("one => one === document.activeElement")
    noor.press("Enter", "Tab")

    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_switching_to_another_membership(open_window: Open) -> None:
    carla = hands(open_window, "carla")
    page = carla.window.page

    for place in ("Regio Gooi", "Regio Utrecht"):
        carla.pick(".side-foot > summary", f".side button[name=membership]:has-text('{place}'):not(:has-text('alle'))")
        page.locator(".side .whoami", has_text=place).wait_for()


def test_searching_and_opening_a_row(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go(LIST)

    noor.press("/")
    noor.write("K-200001")
    noor.press("Enter")
    page.wait_for_url("**q=K-200001*")
    assert page.locator("table.list").get_attribute("data-total") == "1"
    noor.press("j", "Enter")

    page.wait_for_url("**/kandidaten/show/*")
    assert "Fatima" in page.locator("h1").inner_text()


def test_rows_are_walked_with_letters_that_can_be_switched_off(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go(LIST)
    at = "document.activeElement.closest('tr')?.sectionRowIndex ?? -1"

    noor.press("j", "j", "j", "k")
    assert page.evaluate(at) == 1
    noor.press("?")
    assert page.locator("dialog.keys").evaluate("one => one.open")
    noor.to("dialog.keys [data-keys-on]", "Space")
    noor.press("Escape")

    noor.press("j")
    assert page.evaluate(at) == 1
    page.evaluate("localStorage.clear()")


def test_filtering_and_removing_the_filter(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go(LIST)
    everybody = page.locator("table.list").get_attribute("data-total")

    noor.to("details[data-filters] > summary", "Enter")
    noor.to("details[data-filters] input[name=_flt_0_stage][value=DECIDING]", "Space")
    noor.to("details[data-filters] button[type=submit]", "Enter")
    page.wait_for_url("**_flt_0_stage=DECIDING*")
    assert page.locator("table.list").get_attribute("data-total") != everybody
    noor.to(".chip a", "Enter")

    page.wait_for_url(lambda url: "_flt_0_stage" not in url)
    assert page.locator("table.list").get_attribute("data-total") == everybody


def test_escape_closes_a_panel_and_one_is_where_one_was(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go(LIST)

    noor.to("details[data-filters] > summary", "Enter", "Tab", "Escape")

    assert not page.locator("details[data-filters]").evaluate("one => one.open")
    assert page.locator("details[data-filters] > summary").evaluate("one => one === document.activeElement")


def test_editing_and_saving(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go(LIST + "?q=K-200001")
    noor.press("j", "Enter")
    page.wait_for_url("**/kandidaten/show/*")

    noor.to("main a[href*='/kandidaten/edit/']:visible", "Enter")
    page.wait_for_url("**/kandidaten/edit/*")
    noor.to("input[name=employer]")
    noor.write("Bakkerij van de toetsen")
    noor.to(".form-foot button[type=submit]", "Enter")

    page.wait_for_url("**/kandidaten/show/*")
    assert "Bakkerij van de toetsen" in page.locator("main").inner_text()


def test_choosing_columns(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go(LIST)
    columns = page.locator("details:has(input[name=column])")
    shown = page.locator("table.list thead th").count()

    noor.to(columns.locator("> summary"), "Enter")
    noor.to(columns.locator("input[name=column]:not(:checked)"), "Space")
    noor.to(columns.locator("button:not([name]).btn-dark"), "Enter")

    expect(page.locator("table.list thead th")).to_have_count(shown + 1)
    noor.window.go(LIST)
    assert page.locator("table.list thead th").count() == shown + 1
    noor.to(columns.locator("> summary"), "Enter")
    noor.to(columns.locator("button[name=reset]"), "Enter")
    expect(page.locator("table.list thead th")).to_have_count(shown)


def test_choosing_everything_that_is_filtered_and_making_a_file(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go(LIST + "?_flt_0_stage=DECIDING")
    total = page.locator("table.list").get_attribute("data-total")

    noor.press("j", "x")
    noor.to("form.bulk input[name=all]", "Space")
    noor.to("form.bulk button[name=action][value=export]", "Enter")
    page.locator("main input[name=reason]").wait_for()
    assert str(total) in page.locator("h1").inner_text()
    noor.to("main input[name=reason]")
    noor.write("Voor het overleg met de besturen")
    with page.expect_download() as waiting:
        noor.to(".form-foot button[type=submit]", "Enter")

    assert waiting.value.suggested_filename.startswith("kandidaten-")


def test_the_table_of_a_chart(open_window: Open) -> None:
    noor = hands(open_window, "noor")
    page = noor.window.go("/cijfers/")
    fold = page.locator("details.chart-numbers")

    if not fold.evaluate("one => one.open"):
        noor.to(fold.locator("> summary"), "Enter")
    noor.to(".numbers-wrap")

    assert page.locator("table.numbers").is_visible()
    noor.to("a[href$='.csv']")
