"""The Markdown of a message as the two parts of a mail: HTML for mail programs, and plain text.

The rules are those of markdown.py; the styles are put on afterwards, each on its tag, since mail programs know no style sheet. Nothing is
fetched from elsewhere: an image is its description.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from html.parser import HTMLParser

from app.adapters import markdown

LONGEST_LINE = 900  # RFC 5322 allows 998 signs; the rest is for what is put in
_LONGEST_ADDRESS = 500

_CELL = "padding:6px 12px 6px 0;border-bottom:1px solid #c9d1cf;text-align:left;vertical-align:top"
STYLES = {
    "p": "margin:0 0 16px",
    "h2": "margin:20px 0 8px;font-size:20px;line-height:1.3;font-weight:600",
    "h3": "margin:16px 0 8px;font-size:17px;line-height:1.3;font-weight:600",
    "h4": "margin:16px 0 8px;font-size:16px;line-height:1.3;font-weight:600",
    "ul": "margin:0 0 16px;padding:0 0 0 24px",
    "ol": "margin:0 0 16px;padding:0 0 0 24px",
    "li": "margin:0 0 6px",
    "a": "color:#0b4552;text-decoration:underline",
    "blockquote": "margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #c9d1cf",
    "hr": "margin:24px 0;border:0;border-top:1px solid #c9d1cf",
    "code": "font-family:Consolas,Menlo,monospace;font-size:15px",
    "table": "width:100%;margin:0 0 16px;border-collapse:collapse",
    "th": _CELL + ";font-weight:600",
    "td": _CELL,
}
_BUTTON = (
    'class="button" style="display:inline-block;padding:12px 20px;background:#0f5c6e;border-radius:6px;'
    'color:#ffffff;font-weight:600;text-decoration:none"'
)
_ALONE = re.compile(r'<p>(<a href="[^"]*" rel="[^"]*")>(?!https?:)([^<]+)</a></p>')
_TAG = re.compile(rf"<({'|'.join(STYLES)})(?=[ >])(?![^>]* style=)")
_LINK = re.compile(r'<a href="([^"]*)" rel="[^"]*">(.*?)</a>', re.DOTALL)
_IMAGE = re.compile(r"!(?=\[[^\]]*\]\()")
_SPACE = re.compile(r"(.{120,200}) ")
_PARAGRAPH = re.compile(r"<p>.*?</p>", re.DOTALL)
_WORD = re.compile(r"((?:&#?\w+;|[^\s<>&]){100})(?=[^\s<>])")


def html(text: str) -> str:
    """The text between the head and the foot of a mail; every line can be sent."""
    buttons = _ALONE.sub(rf'<p style="margin:20px 0 24px">\1 {_BUTTON}>\2</a></p>', _clean(text))
    return folded_html(_TAG.sub(lambda tag: f'<{tag[1]} style="{STYLES[tag[1]]}"', buttons))


def plain(text: str) -> str:
    """The same for who reads no HTML."""
    reader = _Plain()
    reader.feed(_clean(text))
    reader.close()
    written = re.sub(r"[ \t]+(?=\n)", "", "".join(reader.written))
    tight = re.sub(r"\n{2,}(?= {2,}(?:- |\d+\. ))", "\n", written)  # a list within a list
    return folded(re.sub(r"\n{3,}", "\n\n", tight).strip())


def folded(text: str) -> str:
    """Plain text of which no line is too long to be sent."""
    lines = text.split("\n")
    if all(len(line) <= LONGEST_LINE for line in lines):
        return text
    return "\n".join(textwrap.fill(line, 78, break_on_hyphens=False) if len(line) > LONGEST_LINE else line for line in lines)


def folded_html(text: str) -> str:
    """HTML of which no line is too long to be sent: there a line break is a space."""
    for within in (_SPACE, _WORD):
        lines = text.split("\n")
        if all(len(line) <= LONGEST_LINE for line in lines):
            break
        text = "\n".join(within.sub(r"\1\n", line) if len(line) > LONGEST_LINE else line for line in lines)
    return text


def addresses(text: str) -> list[str]:
    """Where the links in a text lead, as far as markdown.py lets them."""
    return [found[1] for found in _LINK.finditer(_without_images(text))]


def is_address(link: str) -> bool:
    """An address that a mail can lead to: a whole one, not one within a site."""
    return link.startswith(("https://", "http://", "mailto:")) and len(link) <= _LONGEST_ADDRESS


def _clean(text: str) -> str:
    return _LINK.sub(lambda found: found[0] if is_address(found[1]) else found[2], _without_images(text))


def _without_images(text: str) -> str:
    """Clean HTML in which an image is a link with its description, and a new line is one: who writes a mail sees it so."""
    drawn = markdown.html(_IMAGE.sub("", text))
    return _PARAGRAPH.sub(lambda found: re.sub(r"(?<!<br>)\n", "<br>\n", found[0]), drawn)


class _Plain(HTMLParser):
    """Clean HTML as plain text: lists with their marks, links with their addresses."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._lists: list[int | None] = []  # the next number of each list that is open; None: no numbers
        self._at, self._link, self._words = "", "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._at = tag
        if tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
        if tag == "a":
            self._link, self._words = dict(attrs).get("href") or "", ""
        self.written.append(_OPENING.get(tag, lambda reader: "")(self))

    def handle_endtag(self, tag: str) -> None:
        self._at = tag
        if tag in ("ul", "ol"):
            self._lists.pop()
        self.written.append(_CLOSING.get(tag, lambda reader: "")(self))

    def handle_data(self, data: str) -> None:
        self._words += data
        if data.strip() or self._at in _WITHIN_A_LINE:
            self.written.append(data)

    def indent(self, less: int = 0) -> str:
        return "  " * (len(self._lists) - less)

    def mark(self) -> str:
        """What a line of the innermost list begins with."""
        number = self._lists[-1]
        if number is None:
            return f"\n{self.indent(1)}- "
        self._lists[-1] = number + 1
        return f"\n{self.indent(1)}{number}. "

    def address(self) -> str:
        """Behind the words of a link: where it leads, unless the words say so."""
        address, words = self._link.removeprefix("mailto:"), self._words.strip()
        return "" if words in (address, self._link) else f": {address}"


_Said = Callable[[_Plain], str]
_WITHIN_A_LINE = frozenset({"a", "strong", "em", "code", "br"})
_OPENING: dict[str, _Said] = {
    "li": _Plain.mark,
    "hr": lambda reader: "\n\n---\n\n",
    **dict.fromkeys(("h2", "h3", "h4", "blockquote"), lambda reader: "\n\n"),
}
_CLOSING: dict[str, _Said] = {
    "a": _Plain.address,
    "p": lambda reader: f"\n{reader.indent()}" if reader.indent() else "\n\n",
    "tr": lambda reader: "\n",
    **dict.fromkeys(("td", "th"), lambda reader: "  "),
    **dict.fromkeys(("ul", "ol"), lambda reader: "" if reader.indent() else "\n\n"),
    **dict.fromkeys(("h2", "h3", "h4", "table"), lambda reader: "\n\n"),
}
