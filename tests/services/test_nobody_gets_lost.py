"""Whatever a desk does, in whatever order: an open file always has an open, dated task, and its spans are one line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.enums import OPEN_STATUSES, Holder, LeaveReason, MatchParty, MatchState, Stage, Status
from app.errors import DomainError
from app.extensions import db
from app.models import Candidate, Match
from app.services import advice, candidates, matches, tasks
from tests.services.cast import CARLA, NOON, NOOR, PIET, SCHOOL, TODAY, open_tasks, profile, registered, spans

ADVISERS = {"nobody": None, "noor": NOOR, "piet": PIET, "carla": CARLA}
DAYS = st.one_of(st.none(), st.integers(-3, 800).map(lambda n: TODAY + timedelta(days=n)))
TITLES = st.sampled_from([None, "", "Bellen"])


class Desk(RuleBasedStateMachine):
    """One candidate, and everything that can be done about them. A refusal undoes what it began, as the doorway would."""

    anna: Candidate

    @initialize(action=TITLES)
    def register(self, action: str | None) -> None:
        db.session.rollback()
        db.session.expunge_all()
        self.anna = registered("Anna")
        self.clock = NOON

    def attempt(self, act: Callable[[], Any]) -> None:
        self.clock += timedelta(minutes=1)
        try:
            act()
            db.session.commit()
        except DomainError:
            db.session.rollback()

    @rule(title=TITLES, due_on=DAYS, holder=st.sampled_from([None, *Holder]))
    def plan(self, title: str | None, due_on: Any, holder: Holder | None) -> None:
        self.attempt(lambda: tasks.plan(self.anna, title or "", due_on, holder=holder, by=NOOR, now=self.clock))

    @rule(which=st.integers(0, 3), title=TITLES, due=DAYS)
    def finish(self, which: int, title: str | None, due: date | None) -> None:
        for task in open_tasks(self.anna)[which : which + 1]:
            self.attempt(lambda task=task: tasks.finish(task, next_title=title, next_due=due, by=NOOR, now=self.clock))

    @rule(which=st.integers(0, 3), due=DAYS)
    def reschedule(self, which: int, due: Any) -> None:
        for task in open_tasks(self.anna)[which : which + 1]:
            self.attempt(lambda task=task: tasks.reschedule(task, due, by=NOOR, now=self.clock))

    @rule(to=st.sampled_from(Status), until=DAYS, why=st.sampled_from([None, LeaveReason.OTHER]))
    def set_status(self, to: Status, until: date | None, why: LeaveReason | None) -> None:
        seq = self.anna.stage_seq
        self.attempt(
            lambda: candidates.set_status(self.anna, to, expected=seq, until=until, leave_reason=why, by=NOOR, now=self.clock)
        )

    @rule(to=st.sampled_from(Stage), expected=st.integers(0, 2), reason=st.sampled_from([None, "Zomaar"]))
    def move(self, to: Stage, expected: int, reason: str | None) -> None:
        seq = max(self.anna.stage_seq - expected, 0)
        self.attempt(lambda: candidates.move_stage(self.anna, to, expected=seq, reason=reason, by=NOOR, now=self.clock))

    @rule(name=st.sampled_from(sorted(ADVISERS)))
    def assign(self, name: str) -> None:
        person = ADVISERS[name]
        self.attempt(lambda: candidates.assign(self.anna, profile(person) if person else None, by=NOOR, now=self.clock))

    @rule()
    def match_that_falls_through(self) -> None:
        def act() -> None:
            match = matches.propose(Match(candidate_id=self.anna.id, organisation_id=SCHOOL), by=NOOR, now=self.clock)
            matches.move(match, MatchState.FELL_THROUGH, reason="Te ver", party=MatchParty.BOTH, by=NOOR, now=self.clock)

        self.attempt(act)

    @rule()
    def talk(self) -> None:
        talk = advice.AdviceSession(candidate_id=self.anna.id, held_at=self.clock, kinds=frozenset())
        self.attempt(lambda: advice.record(talk, by=NOOR, now=self.clock))

    @invariant()
    def an_open_file_has_a_next_action(self) -> None:
        waits = open_tasks(self.anna)

        assert waits or self.anna.status not in OPEN_STATUSES
        assert self.anna.next_action_on == (waits[0].due_on if waits else None)
        assert not waits or self.anna.holder is waits[0].holder

    @invariant()
    def the_spans_are_one_line_that_ends_here(self) -> None:
        line = spans(self.anna)

        assert [span.seq for span in line] == list(range(self.anna.stage_seq + 1))
        assert [span.left_at for span in line] == [span.entered_at for span in line[1:]] + [None]
        assert (line[-1].stage, line[-1].status, line[-1].lead_adviser_id) == (
            self.anna.stage, self.anna.status, self.anna.lead_adviser_id,
        )  # fmt: skip


@pytest.mark.parametrize("examples", [8, pytest.param(150, marks=pytest.mark.full)])
def test_no_sequence_of_verbs_loses_a_candidate(examples: int) -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=examples, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )
