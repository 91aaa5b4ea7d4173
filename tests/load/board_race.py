"""One of several who drag the same cards at once: a process of its own that prints how each of its moves ended.

python -m tests.load.board_race DATABASE_URL SEED MOVES
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from app.adapters import clock
from app.enums import LeaveReason
from app.errors import DomainError
from app.extensions import db
from app.models import Candidate
from app.queries.board import COLUMNS, Column, column_of
from app.security.identity import acting_as
from app.services import board
from tests.services.cast import NOOR, small_app


def look(key: int) -> tuple[Column, int]:
    """Where a card stands, as a page would show it."""
    stage, status, seq = db.session.execute(
        sa.select(Candidate.stage, Candidate.status, Candidate.stage_seq).where(Candidate.id == key)
    ).one()
    db.session.rollback()
    return column_of(stage, status), seq


def drag(key: int, to: Column, seen: int) -> tuple[str, int]:
    """How a move ended, and how many steps it made."""
    now = clock.now()
    details = {"until": clock.day(now) + timedelta(days=7), "leave_reason": LeaveReason.OTHER, "reason": "proef"}
    try:
        row = db.session.scalars(sa.select(Candidate).where(Candidate.id == key)).one()
        board.move(row, to, expected=seen, **details, by=NOOR, now=now)  # type: ignore[arg-type]
        steps = row.stage_seq - seen
        db.session.commit()
    except DomainError as refusal:
        db.session.rollback()
        return type(refusal).__name__, 0
    return "done", steps


def main(url: str, seed: str, moves: str) -> dict[str, int]:
    """Drag cards at random from where they were last seen, which is looked at again after each move, as a page would."""
    luck, ended = random.Random(seed), Counter[str]()
    with small_app(url), acting_as(NOOR):
        keys = list(db.session.scalars(sa.select(Candidate.id).order_by(Candidate.id)))
        seen = {key: look(key) for key in keys}
        for _ in range(int(moves)):
            key = luck.choice(keys)
            column, seq = seen[key]
            how, steps = drag(key, luck.choice([one for one in COLUMNS if one is not column]), seq)
            ended.update({how: 1, "steps": steps})
            seen[key] = look(key)
    return dict(ended)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
