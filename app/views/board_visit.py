"""What a browser keeps of one visit to the status board: how far the log of changes was, and whose cards are in the read log already.

It is signed and tied to the session, so that nobody can look unseen: who has no visit, or another one, starts a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

from flask import current_app, session
from itsdangerous import BadData, URLSafeTimedSerializer

from app.fab.sessions import LONGEST, RowSession
from app.queries.board import Mark

MOST_FILES = 2_000  # beyond that a visit starts again: what the browser sends along stays short


@dataclass
class Visit:
    """The mark of the log at which the board was drawn, and the candidates who were logged in this visit."""

    mark: Mark
    files: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, text: str) -> Visit | None:
        """The visit that a browser sends along; None for none of this session."""
        try:
            owner, newest, count, *steps = _signer().loads(text, max_age=int(LONGEST.total_seconds()))
        except (BadData, ValueError, TypeError):
            return None
        return cls(Mark(newest, count), set(accumulate(steps))) if owner == _owner() else None

    def sealed(self) -> str:
        """The visit for the browser to keep; whole numbers as steps from one to the next, which makes them short."""
        files = sorted(self.files) if len(self.files) <= MOST_FILES else []
        steps = [*files[:1], *(after - before for before, after in pairwise(files))]
        return str(_signer().dumps([_owner(), self.mark.newest, self.mark.count, *steps]))

    def unlogged(self, files: set[int]) -> list[int]:
        """Those who are not in the log yet; from here on they are."""
        new = sorted(files - self.files)
        self.files |= files
        return new


def _signer() -> Any:
    return URLSafeTimedSerializer(current_app.secret_key, salt="statusbord")  # type: ignore[arg-type]


def _owner() -> int:
    current = session._get_current_object()  # type: ignore[attr-defined]
    return int(current.row.id) if isinstance(current, RowSession) and current.row is not None else 0
