"""What goes wrong with the drawing of a page: text that is cut, text over text, text outside its box."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.browser.driving import Window

# Text counts where it is drawn; what is hidden for the eye, floats on purpose or scrolls by itself is left out.
_FAULTS = """() => {
  const found = [];
  const say = (one) => `${one.tagName.toLowerCase()}.${one.className && one.className.baseVal === undefined ? one.className : ""}`
    + ` “${one.textContent.trim().replace(/\\s+/g, " ").slice(0, 40)}”`;
  const up = (one) => { const all = []; for (let at = one; at && at !== document.body; at = at.parentElement) all.push(at); return all; };
  const seen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !up(one).some((at) => at.matches(".skip, svg, noscript, option, dialog") || at.offsetWidth < 3
      || getComputedStyle(at).clipPath !== "none");
  const texts = [];
  for (const one of document.body.querySelectorAll("*")) {
    const own = [...one.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!own.length || !seen(one)) continue;
    const style = getComputedStyle(one);
    for (const at of up(one).slice(0, 4)) {
      const how = getComputedStyle(at);
      const isCut = (["hidden", "clip"].includes(how.overflowX) && at.scrollWidth > at.clientWidth + 1)
        || (["hidden", "clip"].includes(how.overflowY) && at.scrollHeight > at.clientHeight + 2 && at.clientHeight > 0);
      if (isCut && !up(one).some((near) => near.title)) { found.push(`cut: ${say(at)}`); break; }
    }
    if (style.display !== "inline" && style.overflowX === "visible" && one.scrollWidth > one.clientWidth + 8 && one.clientWidth)
      found.push(`sticks out of its box by ${one.scrollWidth - one.clientWidth} px: ${say(one)}`);
    const floats = up(one).some((at) => ["fixed", "sticky", "absolute"].includes(getComputedStyle(at).position));
    if (floats) continue;
    for (const node of own) {
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 2) texts.push([one, box]);
    }
  }
  texts.sort((one, two) => one[1].top - two[1].top);
  for (let first = 0; first < texts.length; first++)
    for (let second = first + 1; second < texts.length; second++) {
      const [one, a] = texts[first], [two, b] = texts[second];
      if (b.top > a.bottom) break;
      if (one === two || one.contains(two) || two.contains(one)) continue;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 3 && high > 5) found.push(`over each other: ${say(one)} and ${say(two)}`);
    }
  return [...new Set(found)].slice(0, 6);
}"""
# As the setting for larger text in a browser does: the size that all others are counted from.
_LARGER = "(size) => { document.documentElement.style.fontSize = size; }"


def drawing(opened: Window, widths: tuple[int, ...] = (1440, 390, 320), text: str = "") -> Iterator[str]:
    """What is wrong with how the open page is drawn at these widths, with text of another size ("200%") when one is given."""
    page = opened.page
    path = urlsplit(page.url).path
    page.evaluate(_LARGER, text)
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        where = f"{path} at {width} px{' with text of ' + text if text else ''}"
        yield from (f"{where}: {one}" for one in [*opened.overflow(width), *page.evaluate(_FAULTS)])
    page.evaluate(_LARGER, "")
