"""What the lines of the wall are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.security.identity import Identity

Criterion = Any

ALL, NONE = sa.true(), sa.false()


@dataclass(frozen=True)
class Rule:
    """`read`, `write` (change and delete) and `add` (new rows; the same as write when left out)."""

    read: Callable[[Identity], Criterion]
    write: Callable[[Identity], Criterion] = lambda identity: NONE
    add: Callable[[Identity], Criterion] | None = None


def everybody(identity: Identity) -> Criterion:
    return ALL if identity.role else NONE


def nobody(identity: Identity) -> Criterion:
    return NONE


def in_regions(column: Any, identity: Identity) -> Criterion:
    return column.in_(sorted(identity.region_ids))
