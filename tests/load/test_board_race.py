"""Eight desks, each a process of its own, drag the same ten cards: no move is lost or made twice, and whoever was second is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.models import Candidate, StageSpan, Task
from app.security.identity import system_scope
from tests.pg import engine_of, migrate
from tests.services.cast import fill, registered, small_app, spans

DESKS, CARDS = 8, 10
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.pg, pytest.mark.xdist_group("pg")])])
def cards(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with ten cards in it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'loket.db'}"
        with engine_of(url) as engine:
            migrate(engine)
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    with small_app(url):
        with system_scope():
            fill()
            db.session.commit()
        for number in range(CARDS):
            registered(f"Kaart {number}")
    return url


def race(url: str, moves: int) -> Counter[str]:
    """Let the desks loose at once; how their moves ended, together."""
    command = [sys.executable, "-m", "tests.load.board_race", url]
    each = str(moves // DESKS)
    desks = [subprocess.Popen([*command, str(seed), each], cwd=ROOT, stdout=subprocess.PIPE, text=True) for seed in range(DESKS)]
    ended: Counter[str] = Counter()
    for desk in desks:
        told, _ = desk.communicate(timeout=300)
        assert desk.returncode == 0
        ended.update(json.loads(told.splitlines()[-1]))
    return ended


def faults(candidate: Candidate) -> list[str]:
    """What is wrong with the history of a card."""
    history = spans(candidate)
    wrong = []
    if [span.seq for span in history] != list(range(candidate.stage_seq + 1)):
        wrong.append("a step is missing or double")
    if [span.left_at is None for span in history] != [False] * candidate.stage_seq + [True]:
        wrong.append("not exactly one open span, the last")
    if any(before.left_at != after.entered_at for before, after in pairwise(history)):
        wrong.append("a gap")
    if any(span.left_at is not None and span.left_at < span.entered_at for span in history):
        wrong.append("a negative duration")
    if (history[-1].stage, history[-1].status) != (candidate.stage, candidate.status):
        wrong.append("the open span is not where the card stands")
    return wrong


@pytest.mark.parametrize("moves", [104, pytest.param(800, marks=pytest.mark.full)])
def test_eight_who_drag_ten_cards_leave_a_history_without_gaps(cards: str, moves: int, capsys: pytest.CaptureFixture[str]) -> None:
    ended = race(cards, moves)

    steps = ended.pop("steps")
    with small_app(cards), system_scope():
        everyone = list(db.session.scalars(sa.select(Candidate).order_by(Candidate.id)))
        wrong = {one.number: found for one in everyone if (found := faults(one))}
        made = sum(one.stage_seq for one in everyone)
        without = [one.number for one in everyone if one.status.name in ("ACTIVE", "WAITING", "PAUSED") and one.next_action_on is None]
        total = db.session.scalar(sa.select(sa.func.count()).select_from(StageSpan))
        tasks = db.session.scalar(sa.select(sa.func.count()).select_from(Task))
    with capsys.disabled():
        print(f"\nboard race: {dict(ended)}, {total} spans, {tasks} tasks", file=sys.stderr)
    assert (wrong, without) == ({}, [])
    assert set(ended) <= {"done", "Stale"}
    assert (sum(ended.values()), steps, total) == (moves, made, made + CARDS)
