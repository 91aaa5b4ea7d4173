"""Whatever everybody does, in whatever order: an active candidate always has a holder and a next action with a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from app.adapters import clock
from app.enums import (
    OPEN_STATUSES,
    ConsentChannel,
    HandoverState,
    Holder,
    LeaveReason,
    MatchParty,
    MatchState,
    PackageItem,
    ReturnReason,
    Role,
    Route,
    Signal,
    Stage,
    Status,
    TaskKind,
)
from app.errors import DomainError
from app.extensions import db
from app.models import (
    AdviceSession,
    Candidate,
    Handover,
    Match,
    Membership,
    PersonToken,
    Plan,
    PlanTemplate,
    Region,
    StageSpan,
    Task,
    UserProfile,
)
from app.models.day import PlanStep
from app.queries import signals
from app.security.identity import Identity, acting_as
from app.services import advice, board, candidates, handovers, matches, members, own, plans, regions, sharing, tasks
from app.services.packages import Item
from tests.services.cast import (
    ADA,
    CARLA,
    LANDELIJK,
    NADIA,
    NOON,
    NOOR,
    PIET,
    PROVIDER,
    ROTTERDAM,
    SCHOOL,
    TODAY,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    identity,
    open_tasks,
    registered,
    spans,
)

DESKS = {UTRECHT: (NOOR, PIET, CARLA), ROTTERDAM: (ZEKI,), LANDELIJK: (NADIA,)}
STAFF = {person.user_id: person for desk in DESKS.values() for person in desk}
STEF = identity(7, Role.STUDY_ADVISER, ROTTERDAM, organisation_ids=frozenset({PROVIDER}))
DAYS = st.one_of(*[st.integers(0, 20)] * 3, st.integers(-3, 800)).map(lambda n: TODAY + timedelta(days=n)) | st.none()
TITLES = st.sampled_from([None, "", "Bellen"])
WHO = st.integers(0, 2)
WHICH = st.integers(0, 3)
Act = Callable[[Candidate, Identity], Any]


def one(model: Any, *where: Any) -> Any:
    return db.session.scalars(sa.select(model).where(*where).order_by(sa.inspect(model).primary_key[0].desc()).limit(1)).first()


class Everybody(RuleBasedStateMachine):
    """One candidate, and everything that anybody can do about them. A refusal undoes what it began, as the doorway would."""

    key: int

    @initialize(imported=st.booleans(), national=st.booleans())
    def begin(self, imported: bool, national: bool) -> None:
        db.session.rollback()
        db.session.expunge_all()
        self.clock, self.imported = NOON, imported
        with beyond_the_wall():
            db.session.execute(sa.update(Region).values(left_on=None))
            db.session.execute(sa.update(Membership).where(Membership.user_id.in_(STAFF)).values(ends_on=None))
            if one(PlanTemplate) is None:
                steps = [PlanStep(position=at, title=f"Stap {at}", days=at, holder=holder) for at, holder in enumerate(Holder)]
                db.session.add(PlanTemplate(name="Zij-instroom", route=Route.ZIJ_INSTROOM, steps=steps))
            db.session.commit()
            mail = f"anna{db.session.scalar(sa.select(sa.func.max(Candidate.id))) or 0}@example.test"
        self.key = self.bring_in() if imported else registered("Anna", email=mail, by=NADIA if national else NOOR).id
        db.session.expunge_all()

    def bring_in(self) -> int:
        """A file as an import would bring it: nobody holds it, nothing is planned."""
        with beyond_the_wall():
            facts = {"name": "Ina", "sort_name": "ina", "surname": "Ina", "stage_entered_at": NOON, "created_at": NOON}
            row = Candidate(
                number=f"K-{700_000 + (db.session.scalar(sa.select(sa.func.max(Candidate.id))) or 0)}", region_id=UTRECHT, **facts
            )
            db.session.add(row)
            db.session.flush()
            span = {"seq": 0, "stage": row.stage, "status": row.status, "in_region_id": UTRECHT, "entered_at": NOON}
            db.session.add(PersonToken(candidate_id=row.id, token=f"{row.id:032x}"))
            db.session.add(StageSpan(candidate_id=row.id, region_id=UTRECHT, **span))
            db.session.commit()
            return row.id

    def look(self) -> Candidate:
        return db.session.scalars(sa.select(Candidate).where(Candidate.id == self.key)).one()

    def attempt(self, act: Act, who: int = 0, by: Identity | None = None) -> None:
        """Let somebody of the desk that has the file do this, or `by`."""
        self.clock += timedelta(minutes=1)
        with beyond_the_wall():
            region = self.look().region_id
            desk = [one for one in DESKS[region] if tasks.works_in(one.user_id or 0, region, clock.day(self.clock))]
            db.session.rollback()
        if by is None and not desk:
            return  # a closed file of a desk that has left
        by = by or desk[who % len(desk)]
        db.session.expunge_all()
        with acting_as(by):
            try:
                file = db.session.scalars(sa.select(Candidate).where(Candidate.id == self.key)).first()
                act(file, by)  # type: ignore[arg-type]
                db.session.commit()
            except DomainError:
                db.session.rollback()
        db.session.expunge_all()

    # -- tasks, steps, conversations

    @rule(title=TITLES, due_on=DAYS, holder=st.sampled_from([None, *Holder]), who=WHO)
    def plan(self, title: str | None, due_on: Any, holder: Holder | None, who: int) -> None:
        self.attempt(lambda anna, by: tasks.plan(anna, title or "", due_on, holder=holder, by=by, now=self.clock), who)

    @rule(due_on=DAYS, holder=st.sampled_from(Holder), who=WHO)
    def enter(self, due_on: Any, holder: Holder, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            task = Task(candidate_id=anna.id, kind=TaskKind.NEXT_ACTION, title="Mailen", due_on=due_on, holder=holder)
            tasks.enter(task, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(which=WHICH, title=TITLES, due=DAYS, who=WHO)
    def finish(self, which: int, title: str | None, due: date | None, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            for task in open_tasks(anna)[which : which + 1]:
                tasks.finish(task, next_title=title, next_due=due, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(which=WHICH, due=DAYS, who=WHO)
    def reschedule(self, which: int, due: Any, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            for task in open_tasks(anna)[which : which + 1]:
                tasks.reschedule(task, due, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(title=TITLES, due=DAYS, done=st.integers(0, 3), follows=st.booleans(), who=WHO)
    def talk(self, title: str | None, due: date | None, done: int, follows: bool, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            following = advice.Following(done=open_tasks(anna)[:done], title=title, due_on=due) if follows else None
            report = AdviceSession(candidate_id=anna.id, held_at=self.clock, kinds=frozenset())
            advice.record(report, following=following, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(who=WHO)
    def remove_the_last_report(self, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            if report := one(AdviceSession, AdviceSession.candidate_id == anna.id):
                advice.remove(report, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(which=WHICH)
    def the_candidate_ticks(self, which: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            for task in open_tasks(anna)[which : which + 1]:
                own.tick(task, by=by, now=self.clock)

        with beyond_the_wall():
            region = self.look().region_id
        self.attempt(act, by=Identity(user_id=99, role=Role.CANDIDATE, region_ids=frozenset({region}), candidate_id=self.key))

    @rule(first_on=DAYS, who=WHO)
    def start_a_plan(self, first_on: date | None, who: int) -> None:
        self.attempt(lambda anna, by: plans.start(anna, one(PlanTemplate), first_on, by=by, now=self.clock), who)

    @rule(who=WHO)
    def stop_the_plan(self, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            if plan := one(Plan, Plan.candidate_id == anna.id):
                plans.stop(plan, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(due=DAYS, following=st.booleans(), who=WHO)
    def move_a_step(self, due: date | None, following: bool, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            if step := one(Task, Task.candidate_id == anna.id, Task.plan_id.is_not(None), Task.done_at.is_(None)):
                plans.move_step(step, due, following=following, expected=step.version, by=by, now=self.clock)

        self.attempt(act, who)

    # -- where they stand, and with whom

    @rule(to=st.sampled_from(Status), until=DAYS, why=st.sampled_from([None, LeaveReason.OTHER]), who=WHO)
    def set_status(self, to: Status, until: date | None, why: LeaveReason | None, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            seq = anna.stage_seq
            candidates.set_status(anna, to, expected=seq, until=until, leave_reason=why, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(to=st.sampled_from(Stage), late=st.integers(0, 2), reason=st.sampled_from([None, "Zomaar"]), who=WHO)
    def move(self, to: Stage, late: int, reason: str | None, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            candidates.move_stage(anna, to, expected=max(anna.stage_seq - late, 0), reason=reason, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(to=st.sampled_from([*Stage, *Status]), until=DAYS, who=WHO)
    def drag_on_the_board(self, to: Any, until: date | None, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            asked = {"until": until, "leave_reason": LeaveReason.OTHER, "reason": "Zomaar"}
            board.move(anna, to, expected=anna.stage_seq, **asked, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(to=st.sampled_from([None, *sorted(STAFF)]), who=WHO)
    def assign(self, to: int | None, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            adviser = one(UserProfile, UserProfile.user_id == to) if to else None
            candidates.assign(anna, adviser, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(how=st.sampled_from(["claim", "hand", "share", "stop"]), to=st.sampled_from(sorted(STAFF)), who=WHO)
    def pass_on_to_a_colleague(self, how: str, to: int, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            colleague = () if how == "claim" else (one(UserProfile, UserProfile.user_id == to),)
            getattr(sharing, how)(anna, *colleague, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(which=WHICH, to=st.sampled_from([None, *sorted(STAFF)]), due=DAYS, holder=st.sampled_from(Holder), who=WHO)
    def change_a_task(self, which: int, to: int | None, due: date | None, holder: Holder, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            for task in open_tasks(anna)[which : which + 1]:
                task.owner_id, task.holder, task.due_on = to, holder, due
                tasks.change(task, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(to=st.sampled_from(MatchState), who=WHO)
    def go_on_with_a_match(self, to: MatchState, who: int) -> None:
        def act(anna: Candidate, by: Identity) -> None:
            match = one(Match, Match.candidate_id == anna.id)
            if match is None or match.state in (MatchState.FELL_THROUGH, MatchState.PLACED):
                matches.propose(Match(candidate_id=anna.id, organisation_id=SCHOOL), by=by, now=self.clock)
            else:
                matches.move(match, to, reason="Te ver", party=MatchParty.BOTH, by=by, now=self.clock)

        self.attempt(act, who)

    # -- to another desk

    @rule(to=st.sampled_from([UTRECHT, ROTTERDAM, LANDELIJK, None]), goes=st.booleans(), who=WHO)
    def hand_over(self, to: int | None, goes: bool, who: int) -> None:
        """To a region, or (None) referred to a study adviser; at once, or as a draft that is sent later."""

        def act(anna: Candidate, by: Identity) -> None:
            going = self.handover(HandoverState.DRAFT)
            if going is None:
                made = Handover(candidate_id=anna.id, **({"to_region_id": to} if to else {"organisation_id": PROVIDER}))
                going = handovers.draft(made, [Item(PackageItem.WISHES)], by=by, now=self.clock)
            if goes:
                handovers.agree(going, ConsentChannel.PHONE, expected=going.version, by=by, now=self.clock)
                handovers.send(going, expected=going.version, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(how=st.sampled_from(["ask", "choose", "withdraw"]), who=WHO)
    def go_on_with_a_handover(self, how: str, who: int) -> None:
        def act(_: Any, by: Identity) -> None:
            if going := self.handover(HandoverState.DRAFT, HandoverState.SENT, HandoverState.RECEIVED):
                more = ([Item(PackageItem.WISHES), Item(PackageItem.BACKGROUND)], "Kun jij dit?") if how == "choose" else ()
                getattr(handovers, how)(going, *more, expected=going.version, by=by, now=self.clock)

        self.attempt(act, who)

    @rule(agreed=st.booleans())
    def the_candidate_answers(self, agreed: bool) -> None:
        def act(_: Any, by: Identity) -> None:
            if going := self.handover(HandoverState.DRAFT):
                handovers.answer(going, agreed, by=by, now=self.clock)

        with beyond_the_wall():
            region = self.look().region_id
        self.attempt(act, by=Identity(user_id=99, role=Role.CANDIDATE, region_ids=frozenset({region}), candidate_id=self.key))

    def handover(self, *states: HandoverState) -> Any:
        return one(Handover, Handover.candidate_id == self.key, Handover.state.in_(states))

    @rule(answer=st.sampled_from(["receive", "accept", "accept", "accept_for", "send_back", "first_contact", "finish"]))
    def answer(self, answer: str) -> None:
        with beyond_the_wall():
            going = one(Handover, Handover.candidate_id == self.key)
            receiver = None if going is None else STEF if going.to_region_id is None else DESKS[going.to_region_id][-1]
            db.session.rollback()
        if receiver is None:
            return

        def act(_: Any, by: Identity) -> None:
            going = one(Handover, Handover.candidate_id == self.key)
            if going is None:
                return
            more = {"expected": going.version, "by": by, "now": self.clock}
            if answer == "send_back":
                handovers.send_back(going, ReturnReason.DUPLICATE, "Kennen we al", **more)
            elif answer == "accept_for":
                handovers.accept(going, one(UserProfile, UserProfile.user_id == by.user_id), **more)
            else:
                getattr(handovers, answer)(going, **more)

        self.attempt(act, by=receiver)

    @rule(user=st.sampled_from([one for one in sorted(STAFF) if one != CARLA.user_id]), days=st.integers(-1, 2))
    def an_adviser_leaves(self, user: int, days: int) -> None:
        def act(_: Any, by: Identity) -> None:
            membership = one(Membership, Membership.user_id == user)
            members.end(membership, ends_on=TODAY + timedelta(days=days), by=by, now=self.clock)

        self.attempt(act, by=ADA)

    @rule()
    def a_day_goes_by_and_the_job_runs(self) -> None:
        self.clock += timedelta(days=1)
        with beyond_the_wall():
            members.settle_ended(by=Identity(), now=self.clock)
            db.session.commit()
        db.session.expunge_all()

    @precondition(lambda self: self.clock > NOON + timedelta(minutes=4))
    @rule(which=st.sampled_from([UTRECHT, ROTTERDAM]))
    def a_region_leaves(self, which: int) -> None:
        def act(_: Any, by: Identity) -> None:
            leaving, other = (one(Region, Region.id == key) for key in (which, UTRECHT + ROTTERDAM - which))
            regions.leave(leaving, successor=other, on=clock.day(self.clock), by=by, now=self.clock)

        self.attempt(act, by=ADA)

    # -- what always holds

    @invariant()
    def who_is_active_has_a_holder_and_a_dated_next_action(self) -> None:
        with beyond_the_wall():
            anna = self.look()
            waits = open_tasks(anna)
            at = signals.moment(db.session, self.clock, clock.day(self.clock))
            told = signals.of(db.session, [anna.id], at).get(anna.id, [])
            db.session.rollback()

        if not waits and anna.status in OPEN_STATUSES:
            assert (self.imported, Signal.UNHELD in told or anna.status is not Status.ACTIVE) == (True, True)
        self.imported = self.imported and not waits  # who was picked up once stays so
        assert anna.next_action_on == (waits[0].due_on if waits else None)
        assert not waits or anna.holder is waits[0].holder

    @invariant()
    def who_waits_has_a_day_on_which_somebody_asks(self) -> None:
        with beyond_the_wall():
            anna = self.look()
            db.session.rollback()

        assert anna.status not in (Status.WAITING, Status.PAUSED) or None not in (anna.status_until, anna.next_action_on)

    @invariant()
    def the_adviser_and_who_has_the_ball_work_at_the_desk(self) -> None:
        with beyond_the_wall():
            anna = self.look()
            held_by = {anna.lead_adviser_id} if anna.status in OPEN_STATUSES else set()
            held_by |= {task.owner_id for task in open_tasks(anna)}
            gone = [user for user in held_by - {None} if not tasks.works_in(user or 0, anna.region_id, clock.day(self.clock))]
            db.session.rollback()

        assert gone == []

    @invariant()
    def the_spans_are_one_line_that_ends_here(self) -> None:
        with beyond_the_wall():
            anna = self.look()
            line = spans(anna)
            db.session.rollback()

        assert [span.seq for span in line] == list(range(anna.stage_seq + 1))
        assert [span.left_at for span in line] == [span.entered_at for span in line[1:]] + [None]
        assert (line[-1].stage, line[-1].status, line[-1].lead_adviser_id) == (anna.stage, anna.status, anna.lead_adviser_id)


@pytest.mark.parametrize(("examples", "steps"), [(30, 12), pytest.param(300, 30, marks=pytest.mark.full)])
def test_no_sequence_of_verbs_loses_a_candidate(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Everybody,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=steps < 30,  # the long one looks elsewhere each time
        ),
    )
