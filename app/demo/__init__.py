"""Demo data: real places, routes and subjects; made-up people, schools and institutes. The same seed and moment give the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa


def fill(
    connection: sa.Connection,
    *,
    candidates: int = 3_000,
    seed: int = 2026,
    now: datetime,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, int]:
    """Fill an empty database and mark it as a demo; answers how many rows each table got. The caller owns the transaction.

    `progress` hears (table, done, total). Beyond 50,000 candidates there is one report for each instead of 1.8, and the number of
    activities stops growing at 5,200. Raises DomainError when the database already has regions or users, ValueError for a naive `now`.
    """
    from app.demo.filling import fill_all  # noqa: PLC0415  the sign-in page imports app.demo.accounts and should load no generators

    return fill_all(connection, candidates=candidates, seed=seed, now=now, progress=progress)
