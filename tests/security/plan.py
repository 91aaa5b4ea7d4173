"""What matrix.yaml says, per address and method; and how an address of the application becomes a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from werkzeug.routing import Rule

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROLES = ("adviser", "coordinator", "national", "admin", "school", "provider", "study_adviser", "candidate")
ACCOUNTS = dict(zip(ROLES, ("noor", "carla", "nadia", "beheer", "hr", "opleider", "studie", "fatima"), strict=True))
OPENED = {"GET": 200, "POST": 302}
LOGIN = "to the sign-in page"
_FILE = Path(__file__).with_name("matrix.yaml")


@dataclass(frozen=True)
class Screen:
    """A table, and which rows of it each role sees (the name of a scope)."""

    table: str = ""
    sees: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One address. `answers` holds, per method and role, a status; `acts` the scope of rows on which the role may do this."""

    rule: str
    screen: Screen
    answers: dict[str, dict[str, int]]
    acts: dict[str, dict[str, str]]
    path: dict[str, str]
    body: dict[str, Any]

    @property
    def is_of_row(self) -> bool:
        return "<pk>" in self.rule or "<int:number>" in self.rule

    def expected(self, method: str, role: str) -> int | str:
        """The answer for a role on its own row, or without any row."""
        if method not in self.answers:
            return 405
        return self.answers[method].get(role, LOGIN if role == "anonymous" else 403)

    def is_open(self, method: str, role: str) -> bool:
        return role in self.answers.get(method, {}) and (not self.is_of_row or role in self.screen.sees)

    def acts_on(self, method: str, role: str) -> str:
        """The scope of rows on which an open role may do this."""
        return self.acts.get(method, {}).get(role) or self.screen.sees[role]

    def url(self, pk: int | None = None) -> str:
        """The address with its parts filled in."""
        parts = {**self.path, "pk": pk, "number": pk}
        pieces = (piece.partition("<") for piece in self.rule.split(">"))
        return "".join(text + (str(parts[name.rpartition(":")[2]]) if bar else "") for text, bar, name in pieces)


def members(words: str, groups: dict[str, str]) -> Iterator[str]:
    """The roles that words such as "desk school" stand for."""
    for word in words.split():
        if word in groups:
            yield from members(groups[word], groups)
        else:
            assert word in (*ROLES, "anonymous"), f"{word} is no role and no group"
            yield word


def spread(values: dict[str, Any], groups: dict[str, str]) -> dict[str, Any]:
    """{groups of roles: value} as {role: value}; what comes later wins."""
    return {role: value for words, value in values.items() for role in members(words, groups)}


@cache
def matrix() -> dict[str, Any]:
    """The file as it stands."""
    return dict(yaml.safe_load(_FILE.read_text("utf-8")))


def groups() -> dict[str, str]:
    return dict(matrix()["groups"])


@cache
def routes() -> dict[str, Route]:
    """Every address of the file, by its rule."""
    found = {}
    for base, block in matrix()["routes"].items():
        screen = Screen(block.get("table", ""), spread(block.get("sees", {}), groups()))
        for end, entry in block.items():
            if end not in ("table", "sees"):
                found[base + end] = _route(base + end, screen, entry)
    return found


def _route(rule: str, screen: Screen, entry: dict[str, Any]) -> Route:
    answers: dict[str, dict[str, int]] = {}
    acts: dict[str, dict[str, str]] = {}
    opened = {**OPENED, "POST": entry.get("done", OPENED["POST"])}
    for method in [name for name in entry if name in METHODS]:
        said = entry[method] if isinstance(entry[method], dict) else {entry[method]: opened[method]}
        by_role = spread(said, groups())
        answers[method] = {role: value if isinstance(value, int) else opened[method] for role, value in by_role.items()}
        acts[method] = {role: value for role, value in by_role.items() if isinstance(value, str)}
    return Route(rule, screen, answers, acts, entry.get("path", {}), entry.get("body", {}))


def rules(app: Flask) -> list[Rule]:
    """Every rule of the application, in a fixed order."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def methods_of(rule: Rule) -> set[str]:
    """What a rule answers to, besides what Flask adds."""
    return set(rule.methods or ()) - {"HEAD", "OPTIONS"}


class Form(HTMLParser):
    """The fields of a page's content as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._select: tuple[str, list[str], bool] | None = None
        self._area = ""
        self.feed(html.partition("<main")[2].partition("</main>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in ("submit", "button"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.fields.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "select":
            self._select = (name, [], "multiple" in given)
        elif tag == "option" and self._select is not None:
            chosen = "selected" in given
            if chosen or (not self._select[1] and not self._select[2]):
                self._select = (self._select[0], [given.get("value", "")], self._select[2])
        elif tag == "textarea":
            self._area = name
            self.fields[name] = [""]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            self.fields[self._select[0]] = self._select[1]
            self._select = None
        elif tag == "textarea":
            self._area = ""
