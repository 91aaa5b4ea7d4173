"""What stands in the two logs: who, about whom, which fields; and what does not stand there."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import Role
from app.errors import ScopeError
from app.extensions import db
from app.models import Candidate, ChangeLog, PersonToken, ReadEvent, ReadSubject
from app.security.identity import Identity
from app.services import candidates, log
from tests.services.cast import NOON, NOOR, SAM, UTRECHT, beyond_the_wall, registered


def looks() -> list[tuple[Any, ...]]:
    """Who looked at what, how, and at how many files."""
    with beyond_the_wall():
        subjects = sa.select(sa.func.count()).where(ReadSubject.event_id == ReadEvent.id).scalar_subquery()
        query = sa.select(ReadEvent.actor_id, ReadEvent.screen, ReadEvent.channel, ReadEvent.purpose, subjects).order_by(ReadEvent.id)
        return [tuple(row) for row in db.session.execute(query)]


def changes() -> list[ChangeLog]:
    with beyond_the_wall():
        return list(db.session.scalars(sa.select(ChangeLog).order_by(ChangeLog.id)))


def test_a_look_names_who_and_whose_files_it_was() -> None:
    ids = [registered(name).id for name in ("Anna", "Bram")]

    log.read("kandidaten", "list", ids, by=NOOR, now=NOON)

    with beyond_the_wall():
        tokens = sa.select(PersonToken.token).where(PersonToken.candidate_id.in_(ids))
        assert set(db.session.scalars(sa.select(ReadSubject.token))) == set(db.session.scalars(tokens))
    assert looks() == [(NOOR.user_id, "kandidaten", "list", None, 2)]


def test_an_export_is_one_look_with_its_reason_at_what_the_person_sees() -> None:
    registered("Anna")

    log.read("kandidaten", "export", sa.select(Candidate.id), by=NOOR, now=NOON, purpose="for the meeting")
    log.read("activiteiten", "export", None, by=NOOR, now=NOON, purpose="about nobody")

    assert looks() == [
        (NOOR.user_id, "kandidaten", "export", "for the meeting", 1),
        (NOOR.user_id, "activiteiten", "export", "about nobody", 0),
    ]


def test_candidates_who_look_at_the_own_file_and_pages_about_nobody_are_not_logged() -> None:
    anna = registered("Anna").id

    log.read("kandidaten", "show", [anna], by=Identity(user_id=9, role=Role.CANDIDATE, candidate_id=anna), now=NOON)
    log.read("kandidaten", "list", [], by=NOOR, now=NOON)

    assert looks() == []


def test_a_look_stays_when_what_the_request_does_next_is_undone() -> None:
    anna = registered("Anna").id

    log.read("kandidaten", "show", [anna], by=NOOR, now=NOON)
    db.session.rollback()

    assert len(looks()) == 1


def test_a_look_that_cannot_be_written_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = registered("Anna").id

    def fails(*args: Any) -> None:
        raise RuntimeError("no log")

    monkeypatch.setattr("app.services.log.raw.log_each", fails)
    with pytest.raises(RuntimeError):
        log.read("kandidaten", "show", [anna], by=NOOR, now=NOON)

    assert looks() == []


def test_a_change_names_fields_and_no_values() -> None:
    anna = registered("Anna", email="anna@example.test")
    anna.place, anna.email = "Zeist", "nieuw@example.test"
    candidates.update(anna, by=NOOR, now=NOON)
    db.session.commit()

    last = changes()[-1]

    assert (last.verb, last.table, last.fields) == ("update", "candidate", ["email", "place"])
    assert (last.actor_id, last.actor_role, last.actor_region_id, last.region_id) == (NOOR.user_id, Role.ADVISER, UTRECHT, UTRECHT)
    assert [value for value in (last.subject, *last.fields, last.verb) if "Zeist" in value or "@" in value] == []


def test_a_change_stands_under_a_token_that_does_not_tell_who_it_is() -> None:
    anna = registered("Anna")
    key = anna.id
    with beyond_the_wall():
        token = db.session.scalar(sa.select(PersonToken.token).where(PersonToken.candidate_id == key))
        last = db.session.scalars(sa.select(ChangeLog).where(ChangeLog.table == "task")).one()

    assert (last.subject, len(token), str(key) == token) == (token, 32, False)


def test_a_candidate_without_a_token_cannot_be_changed_unseen(anna: Candidate) -> None:
    with beyond_the_wall():
        db.session.execute(sa.delete(PersonToken).where(PersonToken.candidate_id == anna.id))
        db.session.commit()

    with pytest.raises(ScopeError):
        log.changed("update", anna, by=NOOR, now=NOON, fields=["place"])


def test_an_actor_of_an_organisation_is_named_with_it() -> None:
    assert log.actor(SAM, NOON) == {
        "at": NOON,
        "actor_id": SAM.user_id,
        "actor_role": Role.SCHOOL,
        "actor_region_id": UTRECHT,
        "actor_organisation_id": 1,
    }
