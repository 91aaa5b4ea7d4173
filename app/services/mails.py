"""The mails that the service sends by itself, each kind as data. The words are those of templates/messages/<kind>.html.

A new kind is a line in KINDS and a template. What a mail says never names anybody: it counts, and it leads to a page behind the sign-in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

_PATH = re.compile(r"/(?!/)[\w/?&=.,~%+-]*", re.ASCII)


@dataclass(frozen=True)
class Kind:
    """What one kind of mail holds, and when it is of use.

    `path` is where its button leads. `fields` are the names of what `outbox.post` gets along. `staff`: only to who still works here.
    `closed`: also to a candidate whose file is closed. `useful`: not sent later than that.
    """

    path: str
    fields: frozenset[str] = frozenset()
    staff: bool = False
    closed: bool = False
    useful: timedelta | None = None


KINDS: Mapping[str, Kind] = {
    "sign_in": Kind("/aanmelden/", closed=True, useful=timedelta(hours=1)),
    "digest": Kind("/", frozenset({"regions"}), staff=True, useful=timedelta(hours=12)),
    "handover_asked": Kind("/mijn/"),
    "handover_received": Kind("/", staff=True),
    "handover_answered": Kind("/", staff=True),
    "step_due": Kind("/mijn/"),
    "set_out": Kind("/mijn/"),
    "message": Kind("/mijn/berichten/", closed=True),
    "newsletter_confirm": Kind("/nieuwsbrief/", frozenset({"confirm"}), useful=timedelta(hours=48)),
    "mailing": Kind("/"),  # its words are the sender's: services/bulk.py
    "mailing_test": Kind("/", frozenset({"mailing", "candidate"}), staff=True, useful=timedelta(hours=1)),
    "notification": Kind("/meldingen/", frozenset({"kinds"}), useful=timedelta(days=1)),
}


def check(kind: str, merge: Mapping[str, Any]) -> None:
    """Refuse (ValueError) an unknown kind, other fields than it has, and any value but numbers and paths: the outbox names nobody."""
    if kind not in KINDS or merge.keys() != KINDS[kind].fields:
        raise ValueError(f"a mail {kind!r} with {sorted(merge)} is not known")
    if not _is_plain(merge):
        raise ValueError(f"a mail {kind!r} holds numbers and paths only")


def is_path(text: str) -> bool:
    """A page of ours, without the address of the place."""
    return _PATH.fullmatch(text) is not None


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and key.isidentifier() and _is_plain(one) for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return isinstance(value, int) or (isinstance(value, str) and is_path(value))
