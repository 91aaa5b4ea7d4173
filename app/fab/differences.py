"""What differs between two texts, marked word by word, for who has to choose between them."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

MOST_WORDS = 4_000  # longer texts are compared line by line
_WORDS = re.compile(r"\s+|[^\s]+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


def marked(text: str, other: str) -> Markup:
    """The text with <mark> around what the other one does not have. Escaped; a text without a counterpart is left unmarked."""
    if not text or not other:
        return Markup(escape(text))
    pattern = _WORDS if len(text.split()) + len(other.split()) <= MOST_WORDS else _LINES
    mine, theirs = pattern.findall(text), pattern.findall(other)
    parts: list[Markup] = []
    for tag, start, end, _, _ in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        piece = "".join(mine[start:end])
        parts.append(escape(piece) if tag == "equal" or not piece.strip() else Markup("<mark>%s</mark>") % piece)
    return Markup("").join(parts)
