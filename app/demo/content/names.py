"""Names as diverse as the country, from names.json: groups with their share and country, given names, surnames by infix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.demo.content import load, words


@dataclass(frozen=True)
class NameGroup:
    """Given names and surnames that go together."""

    share: float
    country: str
    given: tuple[str, ...]
    surnames: tuple[tuple[str | None, str], ...]


def _group(data: dict[str, Any]) -> NameGroup:
    surnames = tuple((infix or None, name) for infix, lines in data["surnames"].items() for name in words(lines))
    return NameGroup(data["share"], data["country"], words(data["given"]), surnames)


_DATA = load("names.json")
GROUPS: tuple[NameGroup, ...] = tuple(_group(group) for group in _DATA["groups"])
# 1,000 made-up mail domains, so that an address is unique by the number of its owner alone.
MAIL_DOMAINS: tuple[str, ...] = tuple(
    f"{first}{second}.test" for first in words(_DATA["mail_first"]) for second in words(_DATA["mail_second"])
)
