"""A move on the board: every column leads to every other one, with what it needs, and the second who moves a card is told."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import ORIENTATION, SUCCESS, LeaveReason, Stage, Status
from app.errors import BadInput, IllegalTransition, NotAllowed, Stale
from app.extensions import db
from app.models import Candidate
from app.queries.board import COLUMNS, Column, column_of
from app.security.identity import acting_as
from app.services import board
from tests.services.cast import DAY, NOON, NOOR, TODAY, ZEKI, open_tasks, registered, spans, without

FILLED: dict[str, Any] = {"until": TODAY + 7 * DAY, "leave_reason": LeaveReason.OTHER, "reason": "Past beter"}


def put(candidate: Candidate, to: Column, **given: Any) -> None:
    board.move(candidate, to, **({"expected": candidate.stage_seq, "by": NOOR, "now": NOON} | given))


def asked(to: Column, *, but: str = "") -> dict[str, Any]:
    """What the board asks for a column, filled in."""
    return {name: FILLED[name] for name in board.ASKED.get(to, board.REASON) if name != but}


@pytest.mark.parametrize(("start", "to"), [pair for pair in product(COLUMNS, COLUMNS) if pair[0] is not pair[1]])
def test_what_the_board_asks_is_enough_to_go_from_every_column_to_every_other_one(start: Column, to: Column, anna: Candidate) -> None:
    if start is not Stage.EXPLORING:
        put(anna, start, **FILLED)

    put(anna, to, **asked(to))

    history = spans(anna)
    assert column_of(anna.stage, anna.status) is to
    assert [span.seq for span in history] == list(range(anna.stage_seq + 1))
    assert all(before.left_at == after.entered_at for before, after in zip(history, history[1:], strict=False))
    assert bool(open_tasks(anna)) is (to not in (Status.COMPLETED, Status.LEFT))


@pytest.mark.parametrize(("to", "name"), [(Status.WAITING, "until"), (Status.PAUSED, "until"), (Status.LEFT, "leave_reason")])
def test_what_must_be_filled_in_is_refused_when_it_is_left_out(to: Column, name: str, anna: Candidate) -> None:
    with pytest.raises(BadInput):
        put(anna, to, **asked(to, but=name))

    assert (column_of(anna.stage, anna.status), anna.stage_seq) == (Stage.EXPLORING, 0)


def test_only_the_crossing_between_the_halves_of_the_journey_wants_a_reason() -> None:
    wants = set()
    for start, to in product(Stage, Stage):
        if start is to:
            continue
        candidate = registered(f"{start.name} {to.name}")
        if start is not Stage.EXPLORING:
            put(candidate, start, reason="proef")
        try:
            put(candidate, to)
        except BadInput:
            wants.add((start, to))
        db.session.rollback()

    assert wants == {*product(ORIENTATION, SUCCESS), *product(SUCCESS, ORIENTATION)}


def test_from_a_status_into_another_stage_is_one_move_of_two_steps(anna: Candidate) -> None:
    put(anna, Status.PAUSED, **FILLED)

    put(anna, Stage.DECIDING)

    assert [(span.stage, span.status) for span in spans(anna)[1:]] == [
        (Stage.EXPLORING, Status.PAUSED), (Stage.DECIDING, Status.PAUSED), (Stage.DECIDING, Status.ACTIVE),
    ]  # fmt: skip


def test_the_same_move_again_says_that_it_stands_there_already(anna: Candidate) -> None:
    put(anna, Stage.DECIDING)

    with pytest.raises(Stale, match="already") as refused:
        put(anna, Stage.DECIDING, expected=0)

    assert (refused.value.now_at, len(spans(anna))) == (Stage.DECIDING, 2)


def test_another_move_of_a_card_that_was_moved_says_where_it_went(anna: Candidate) -> None:
    put(anna, Status.WAITING, **FILLED)

    with pytest.raises(Stale, match="Somebody else was first") as refused:
        put(anna, Stage.MATCHING, expected=0)

    assert (refused.value.now_at, len(spans(anna))) == (Status.WAITING, 2)


def test_a_move_into_the_column_itself_is_refused(anna: Candidate) -> None:
    with pytest.raises(IllegalTransition):
        put(anna, Stage.EXPLORING)


def test_who_may_not_move_moves_nothing(anna: Candidate) -> None:
    for nobody in (without(NOOR, "move_stage"), ZEKI):
        with acting_as(nobody), pytest.raises(NotAllowed):
            put(anna, Stage.DECIDING, by=nobody)

    db.session.rollback()
    stored = db.session.scalar(sa.select(Candidate.stage).where(Candidate.id == anna.id))
    assert stored is Stage.EXPLORING
