"""A closed list whose members are stored by their English name and shown by a translated label."""

from __future__ import annotations

from enum import Enum
from typing import Any

from flask_babel import lazy_gettext


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return text


class Labelled(Enum):
    """A closed list whose members know how they are called on screen."""

    @property
    def label(self) -> Any:
        """The name on screen, in the language of whoever looks."""
        return lazy_gettext(self.value)

    def __str__(self) -> str:
        return str(self.label)
