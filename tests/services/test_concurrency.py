"""Many at once, on both databases: no seat is given twice, none stays empty while somebody waits, and no two files share a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.enums import SEATED_REGISTRATIONS, RegistrationChannel, RegistrationState, Stage
from app.errors import DomainError, Stale
from app.extensions import db
from app.models import Activity, Candidate, Registration, Task
from app.security.identity import Identity, acting_as, set_person, system_scope
from app.services import activities, candidates, sharing, tasks
from tests.services.cast import CARLA, NOON, NOOR, PIET, TODAY, fill, open_tasks, registered, scheduled, small_app, spans

THREADS = 8
R = RegistrationState


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.pg, pytest.mark.xdist_group("pg")])])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        shared = request.getfixturevalue("filled_database")
        mine = request.getfixturevalue("tmp_path") / "loket.db"
        mine.write_bytes(shared.read_bytes())
        yield f"sqlite:///{mine}"
        return
    url = request.getfixturevalue("migrated_postgres_url")
    with small_app(url), system_scope():
        fill()
        db.session.commit()
    yield url


def at_once(app: Flask, acts: list[Callable[[], Any]]) -> list[str]:
    """Run these side by side, each in a transaction of its own as the doorway would; gives how each ended, sorted."""

    def run(act: Callable[[], Any]) -> str:
        set_person(None)
        with app.app_context(), acting_as(NOOR):
            try:
                act()
                db.session.commit()
            except DomainError as refusal:
                db.session.rollback()
                return type(refusal).__name__
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(THREADS) as pool:
        return sorted(pool.map(run, acts))


def find(model: Any, key: int) -> Any:
    return db.session.scalars(sa.select(model).where(model.id == key)).one()


def test_no_seat_is_given_twice_and_none_stays_empty(app: Flask) -> None:
    activity_id = scheduled(capacity=6).id
    people = [registered(f"P{number}").id for number in range(24)]

    def sign_up(person: int) -> None:
        activities.register(
            find(Activity, activity_id), find(Candidate, person), channel=RegistrationChannel.ADVISER, by=NOOR, now=NOON
        )

    def cancel(person: int) -> None:
        mine = db.session.scalars(sa.select(Registration).where(Registration.candidate_id == person)).first()
        if mine is not None:
            activities.set_state(mine, R.CANCELLED, by=NOOR, now=NOON)

    def resize(capacity: int) -> None:
        activity = find(Activity, activity_id)
        activity.capacity = capacity
        activities.change(activity, by=NOOR, now=NOON)

    db.session.commit()
    ended = at_once(app, [lambda p=person: sign_up(p) for person in people + people[:8]])
    full = sorted(state.name for state in db.session.scalars(sa.select(Registration.state)))
    db.session.commit()
    mixed = [lambda p=person: cancel(p) for person in people[::3]] + [lambda n=n: resize(n) for n in (7, 8)]
    at_once(app, mixed + [lambda p=person: sign_up(p) for person in people[::3]])

    db.session.expire_all()
    rows = db.session.scalars(sa.select(Registration).order_by(Registration.seq)).all()
    seated = [row for row in rows if row.state in SEATED_REGISTRATIONS]
    live = [row.candidate_id for row in rows if row.state is not R.CANCELLED]
    assert (ended, full) == (["BadInput"] * 8 + ["done"] * 24, ["CONFIRMED"] * 6 + ["WAITLISTED"] * 18)
    assert find(Activity, activity_id).capacity <= len(seated) <= 8  # full, as people wait, and never more than there were places
    assert len(live) == len(set(live))
    assert len({row.seq for row in rows}) == len(rows)


def test_of_eight_who_drag_one_card_one_does(app: Flask) -> None:
    anna = registered().id
    db.session.commit()

    ended = at_once(
        app, [lambda: candidates.move_stage(find(Candidate, anna), Stage.DECIDING, expected=0, by=NOOR, now=NOON)] * THREADS
    )

    db.session.expire_all()
    assert ended == [Stale.__name__] * (THREADS - 1) + ["done"]
    assert [(span.seq, span.left_at is None) for span in spans(find(Candidate, anna))] == [(0, False), (1, True)]


def test_two_who_finish_the_last_two_tasks_do_not_leave_the_file_without(app: Flask) -> None:
    anna = registered()
    later = tasks.plan(anna, "Later", TODAY, by=NOOR, now=NOON)
    db.session.commit()
    both = [task.id for task in open_tasks(anna)]
    db.session.commit()

    ended = at_once(app, [lambda k=key: tasks.finish(find(Task, k), by=NOOR, now=NOON) for key in both])

    db.session.expire_all()
    assert ended == ["BadInput", "done"]
    assert (len(open_tasks(anna)), len(both), later.id in both) == (1, 2, True)


def test_files_that_open_at_once_have_numbers_of_their_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    real = candidates.secrets.randbelow
    monkeypatch.setattr(candidates.secrets, "randbelow", lambda below: real(min(below, 20)))

    def open_file() -> None:
        candidates.register(Candidate(given_name="Anna"), by=NOOR, now=NOON)

    ended = at_once(app, [open_file] * 16)

    numbers = list(db.session.scalars(sa.select(Candidate.number)))
    assert ended == ["done"] * 16
    assert len(set(numbers)) == 16


def test_of_several_who_take_one_candidate_from_the_inbox_one_has_them_and_the_others_are_told(app: Flask) -> None:
    key, people = registered().id, (NOOR, PIET, CARLA)
    db.session.remove()

    def take(person: Identity) -> Callable[[], Any]:
        def act() -> None:
            with acting_as(person):
                sharing.claim(find(Candidate, key), by=person, now=NOON)
                db.session.commit()

        return act

    ended = at_once(app, [take(person) for person in people for _ in range(2)])

    row = find(Candidate, key)
    assert (ended.count("Stale"), ended.count("done")) == (4, 2)  # who has it may click twice
    assert (row.stage_seq, row.lead_adviser_id in {person.user_id for person in people}, len(spans(row))) == (1, True, 2)
