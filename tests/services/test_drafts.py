"""A draft is its writer's alone, goes with the candidate it is about, and holds no more than a form can hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.errors import BadInput, ScopeError
from app.extensions import db
from app.jobs import housekeeping
from app.models import Candidate, Draft
from app.security.identity import acting_as
from app.services import drafts
from tests.services.cast import CARLA, NOON, NOOR, PIET, UTRECHT, ZEKI, beyond_the_wall, registered

FORM = "/gesprekken/add"


def kept(form: str = FORM, text: str = "so far", candidate: Candidate | None = None) -> Draft:
    return drafts.keep(form, {"summary": [text], "kinds": ["PHONE", "EMAIL"]}, candidate=candidate, by=NOOR, now=NOON)


def count() -> int:
    with beyond_the_wall():
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(Draft)) or 0)


def test_what_was_kept_last_is_what_is_found() -> None:
    kept(text="first")
    kept(text="second")

    found = drafts.find(FORM, by=NOOR)

    assert found is not None
    assert (found.content, found.saved_at, count()) == ({"summary": ["second"], "kinds": ["PHONE", "EMAIL"]}, NOON, 1)


def test_two_forms_have_two_drafts_and_forgetting_one_leaves_the_other() -> None:
    kept()
    kept("/gesprekken/edit/1", "other")

    drafts.forget(FORM, by=NOOR)

    found = drafts.find("/gesprekken/edit/1", by=NOOR)
    assert (drafts.find(FORM, by=NOOR), found and found.content["summary"]) == (None, ["other"])


@pytest.mark.parametrize("other", [PIET, CARLA, ZEKI])
def test_nobody_else_finds_or_forgets_it(other: object) -> None:
    kept()
    db.session.commit()

    with acting_as(other):
        found = drafts.find(FORM, by=other)
        drafts.forget(FORM, by=other)
        as_noor = drafts.find(FORM, by=NOOR)

    assert (found, as_noor, count()) == (None, None, 1)


def test_nobody_writes_a_draft_in_the_name_of_another() -> None:
    with acting_as(PIET), pytest.raises(ScopeError):
        kept()


def test_a_draft_about_a_candidate_is_out_of_sight_when_the_candidate_is(anna: Candidate) -> None:
    kept(candidate=anna)
    db.session.commit()
    with beyond_the_wall():
        db.session.execute(sa.update(Candidate).where(Candidate.id == anna.id).values(region_id=UTRECHT + 1))
        db.session.commit()
    db.session.expire_all()

    found = drafts.find(FORM, by=NOOR)

    assert (found, count()) == (None, 1)


def test_a_draft_goes_when_the_candidate_is_erased() -> None:
    bob = registered("Bob")
    kept(candidate=bob)
    db.session.commit()

    with beyond_the_wall():
        for table in ("candidate_subject", "task", "stage_span"):
            db.session.execute(sa.delete(sa.table(table, sa.column("candidate_id"))).where(sa.column("candidate_id") == bob.id))
        db.session.execute(sa.delete(Candidate).where(Candidate.id == bob.id))
        db.session.commit()

    assert count() == 0


@pytest.mark.parametrize(("size", "refused"), [(drafts.LARGEST, False), (drafts.LARGEST + 1, True)])
def test_a_draft_has_a_largest_size(size: int, refused: bool) -> None:
    content = {"summary": ["é" * (size // 2) + "x" * (size % 2)]}

    try:
        drafts.keep(FORM, content, candidate=None, by=NOOR, now=NOON)
        told = False
    except BadInput:
        told = True

    assert (told, count()) == (refused, 0 if refused else 1)


def test_a_draft_nobody_came_back_to_is_forgotten_after_thirty_days() -> None:
    kept("/old")
    drafts.keep("/new", {}, candidate=None, by=NOOR, now=NOON + timedelta(days=1))
    db.session.flush()

    with beyond_the_wall():
        housekeeping.forget_drafts(NOON + timedelta(days=30, hours=1))
        left = list(db.session.scalars(sa.select(Draft.form)))

    assert left == ["/new"]
