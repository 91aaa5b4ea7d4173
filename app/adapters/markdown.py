"""Markdown to HTML that can do no harm: no raw HTML, no scripts, only links that a person would follow."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "p",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "a",
    "blockquote",
    "hr",
    "br",
    "code",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def html(text: str | None) -> str:
    """Clean HTML; a first-level heading becomes a second one, because the page has its own."""
    rendered = _PARSER.render(text or "").replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return str(
        nh3.clean(rendered, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel="noopener noreferrer")
    )
