"""The arithmetic of the seals under the logs: tags of rows, chains of seals, and the number by which rows find their seal.

A tag or a seal can be made, and checked, only by who holds the key; the database does not hold it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

RANDOM_BITS = 20  # of a seal's number, under the milliseconds: numbers grow with time, and nobody hands them out
TAG_LENGTH = 32
FIRST = ""  # what the first seal of a chain follows


@dataclass
class Opened:
    """What one transaction writes into the logs, until the seal that closes it."""

    number: int
    unknown: set[str] = field(default_factory=set)  # tables whose rows must be read back
    known: list[tuple[str, int, list[Any]]] = field(default_factory=list)  # letter, key and content of rows that need not

    def wrote(self, table: str) -> int:
        """A row of this table is on its way; says under which seal it stands."""
        self.unknown.add(table)
        return self.number


@dataclass(frozen=True)
class Chain:
    """Where a line of seals has got to."""

    name: str
    seq: int = 0
    mac: str = FIRST


class Sealer:
    """Holds the key, and the chains of this process that no transaction is using now."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._idle: deque[Chain] = deque()

    def tag(self, row: Iterable[Any]) -> str:
        """Stands for the content of one row."""
        return hmac.digest(self._key, canonical(list(row)), "sha256").hex()[:TAG_LENGTH]

    def mac(self, *parts: Any) -> str:
        """Stands for everything in `parts`, in this order."""
        return hmac.digest(self._key, canonical(parts), "sha256").hex()

    def take(self) -> Chain:
        """A chain that nobody else is adding to: one that was given back, else a new one."""
        try:
            return self._idle.pop()
        except IndexError:
            return Chain(secrets.token_hex(8))

    def give_back(self, chain: Chain) -> None:
        """This chain may be gone on with. One that is not given back has ended, which is as good."""
        self._idle.append(chain)

    def forget(self) -> None:
        """Begin new chains from here on: what a process that was forked does."""
        self._idle.clear()


def canonical(value: Any) -> bytes:
    """The one way in which these values are written down, whatever database they come from."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Enum):
        return value.name
    raise TypeError(f"{type(value).__name__} cannot be sealed")


def content_of(columns: Iterable[Any], tokens: Iterable[str]) -> list[Any]:
    """What is sealed of a row: its columns, and one digest of whose files it was about, however many."""
    total = hashlib.sha256()
    for token in tokens:
        total.update(f"{token}\n".encode())
    return [*columns, total.hexdigest()]


def new_number() -> int:
    """A number for a seal: the milliseconds, and chance below them."""
    return number_at(time.time_ns() // 1_000_000) | secrets.randbits(RANDOM_BITS)


def number_at(milliseconds: float) -> int:
    """The lowest number of a seal begun at this moment, in milliseconds since 1970."""
    return int(milliseconds) << RANDOM_BITS
