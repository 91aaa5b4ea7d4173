"""What is left of Tabler's style sheet is all that our pages use of it (scripts/trim.mjs leaves the rest out)."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [
    path for folder, kind in (("templates", "*.html"), ("fab", "*.py"), ("views", "*.py")) for path in (ROOT / "app" / folder).rglob(kind)
]
# class="a b", class='a', and the same in a call: class_="a"
_ATTRIBUTE = re.compile(r"""\bclass_?\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NAME = re.compile(r"[A-Za-z][\w-]*")


def used() -> set[str]:
    """The classes that templates and screens name, with the words of the expressions between them."""
    found = (one or other for path in SOURCES for one, other in _ATTRIBUTE.findall(path.read_text("utf-8")))
    return {name for text in found for name in _NAME.findall(text)}


def test_no_page_uses_a_rule_of_tabler_that_was_left_out() -> None:
    tabler = set((ROOT / "scripts" / "tabler-classes.txt").read_text("utf-8").split())
    kept = set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", (ROOT / "app" / "static" / "vendor" / "tabler.min.css").read_text("utf-8")))

    assert used() & tabler - kept == set(), "run `make vendor`"
    assert len(tabler) > 1000


def test_what_is_sent_of_tabler_is_a_fraction_of_it() -> None:
    assert (ROOT / "app" / "static" / "vendor" / "tabler.min.css").stat().st_size < 150_000
