"""What people say from inside: without a name, without personal data, answered where the region can read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import FeedbackKind, FeedbackState, Role
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound, ScopeError, Stale
from app.extensions import db
from app.jobs import housekeeping
from app.models import Feedback
from app.security.identity import Identity, acting_as
from app.services import edits, feedback
from tests.services.cast import (
    ADA,
    CARLA,
    DAY,
    LANDELIJK,
    NADIA,
    NOON,
    NOOR,
    PIET,
    ROTTERDAM,
    SAM,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    identity,
    logged,
)

TEXT = "De lijst opent traag op maandagochtend."
FATIMA = identity(9, Role.CANDIDATE, UTRECHT, candidate_id=1)
RIET = identity(10, Role.COORDINATOR, ROTTERDAM)


def said(text: str = TEXT, *, by: Identity = NOOR, now: datetime = NOON) -> Feedback:
    """An item that somebody sent."""
    with acting_as(by):
        item = feedback.send(Feedback(text=text, kind=FeedbackKind.IDEA, screen="/taken/list/"), by=by, now=now)
        db.session.commit()
    return item


def answered(
    item: Feedback, *, by: Identity = CARLA, state: FeedbackState = FeedbackState.PLANNED, answer: str | None = "Komt eraan."
) -> None:
    with acting_as(by):
        item.state, item.answer = state, answer
        feedback.respond(item, by=by, now=NOON)
        db.session.commit()


def seen_by(who: Identity) -> set[int]:
    with acting_as(who):
        return set(db.session.scalars(sa.select(Feedback.id)))


# -- sending ----------------------------------------------------------------------------------------------------------------


def test_what_is_kept_says_region_role_screen_and_day_and_not_who() -> None:
    item = said(f"  {TEXT} ")
    kept = {column.key: getattr(item, column.key) for column in sa.inspect(Feedback).column_attrs}

    assert kept == {
        "id": item.id,
        "version": 1,
        "region_id": UTRECHT,
        "role": Role.ADVISER,
        "screen": "/taken/list/",
        "kind": FeedbackKind.IDEA,
        "text": TEXT,
        "state": FeedbackState.NEW,
        "answer": None,
        "created_at": datetime(2026, 11, 23, 23, tzinfo=UTC),  # midnight in Amsterdam
        "state_at": datetime(2026, 11, 23, 23, tzinfo=UTC),
    }
    assert [line for line in logged() if line[1] == "feedback"] == []


def test_who_works_for_several_regions_speaks_from_the_national_one_or_the_first() -> None:
    both = Identity(1, Role.ADVISER, frozenset({ROTTERDAM, UTRECHT}), national_region_id=LANDELIJK)
    national = Identity(5, Role.NATIONAL, frozenset({UTRECHT, LANDELIJK}), national_region_id=LANDELIJK)

    assert (said(by=both).region_id, said(by=national).region_id) == (UTRECHT, LANDELIJK)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Te kort", "between 10 and 2000"),
        ("x" * 2001, "between 10 and 2000"),
        ("   \n        \t   ", "between 10 and 2000"),
        ("Mail naar anna.devries@voorbeeld.nl komt niet aan.", "e-mail address"),
        ("Mail naar (anna@voorbeeld.nl), zei ze.", "e-mail address"),
        ("Bij K-204173 staat de fase verkeerd.", "number of a candidate"),
        ("Bij k204173 staat de fase verkeerd.", "number of a candidate"),
        ("Haar BSN is 111222333 en dat mag niet.", "BSN"),
        ("Bel haar op 06 12 34 56 78 en vraag het.", "telephone number"),
        ("Bel haar op +31 6-12345678.", "telephone number"),
        ("Het loket (030) 253 91 11 neemt niet op.", "telephone number"),
    ],
)
def test_a_text_that_tells_about_a_person_or_says_nothing_is_refused(text: str, about: str) -> None:
    with pytest.raises(BadInput) as refused, acting_as(NOOR):
        feedback.send(Feedback(text=text, kind=FeedbackKind.WRONG, screen=""), by=NOOR, now=NOON)

    assert about in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "Sinds 24-11-2026 14:05 is de lijst leeg.",
        "Met 1.240 kandidaten duurt het 12,5 seconden.",
        "De postcodes 3500-3599 en 3700 t/m 3799 ontbreken.",
        "@beheer: kan de knop groter?",
        "Fout 500 op regel 1234567 van het bestand.",
        "Mijn idee: 2 × 2 kolommen (of 3) in K-vorm.",
    ],
)
def test_numbers_that_are_nobodys_are_fine(text: str) -> None:
    assert feedback.check_text(text) == text


def test_who_has_no_role_says_nothing() -> None:
    nobody = Identity(user_id=3)

    with pytest.raises(NotAllowed), acting_as(nobody):
        feedback.send(Feedback(text=TEXT, kind=FeedbackKind.IDEA, screen=""), by=nobody, now=NOON)


# -- the wall ---------------------------------------------------------------------------------------------------------------


def test_new_ones_are_for_the_coordinator_and_the_administrator_and_what_was_looked_at_for_the_region() -> None:
    new, looked_at, elsewhere = said(), said(), said(by=ZEKI)
    answered(looked_at)
    answered(elsewhere, by=RIET)

    found = {who.role: seen_by(who) for who in (NOOR, SAM, FATIMA, CARLA, ADA, NADIA)}

    assert found == {
        Role.ADVISER: {looked_at.id},
        Role.SCHOOL: {looked_at.id},
        Role.CANDIDATE: {looked_at.id},
        Role.COORDINATOR: {new.id, looked_at.id},
        Role.ADMIN: {new.id, looked_at.id, elsewhere.id},
        Role.NATIONAL: set(),
    }
    assert (seen_by(ZEKI), seen_by(RIET), seen_by(Identity(user_id=1))) == ({elsewhere.id}, {elsewhere.id}, set())


@pytest.mark.parametrize("who", [NOOR, SAM, FATIMA, ZEKI, NADIA, RIET])
def test_nobody_else_changes_an_item_past_the_service(who: Identity) -> None:
    item = said()
    answered(item)
    with acting_as(who):
        this = sa.update(Feedback).where(Feedback.id == item.id)
        changed: Any = db.session.execute(this.values(answer="x"), execution_options={"synchronize_session": False})
        db.session.rollback()

    assert changed.rowcount == 0


def test_nobody_speaks_from_a_region_of_others() -> None:
    facts = {"text": TEXT, "kind": FeedbackKind.IDEA, "screen": "", "role": Role.ADVISER, "created_at": NOON, "state_at": NOON}
    db.session.add(Feedback(region_id=ROTTERDAM, **facts))

    with pytest.raises(ScopeError), acting_as(NOOR):
        db.session.flush()


# -- answering --------------------------------------------------------------------------------------------------------------


def test_an_answer_gets_its_day_and_its_line_in_the_log() -> None:
    item = said()
    answered(item, answer=" Staat op de lijst. ")

    assert (item.state, item.answer, item.state_at) == (FeedbackState.PLANNED, "Staat op de lijst.", NOON)
    assert logged()[-1] == ("answer_feedback", "feedback", ["answer", "state"])


def test_another_answer_in_the_same_state_keeps_the_day() -> None:
    item = said(now=NOON - 3 * DAY)
    answered(item)
    with acting_as(CARLA):
        item.answer = "Volgende week."
        feedback.respond(item, by=CARLA, now=NOON + DAY)
        db.session.commit()

    assert (item.answer, item.state_at) == ("Volgende week.", NOON)


@pytest.mark.parametrize(
    ("state", "answer", "refusal"),
    [
        (FeedbackState.NEW, "We kijken ernaar.", BadInput),
        (FeedbackState.DECLINED, "  ", BadInput),
        (FeedbackState.DECLINED, None, BadInput),
        (FeedbackState.DONE, "x" * 2001, BadInput),
        (FeedbackState.DONE, "Bel Anna op 06 12345678.", BadInput),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(state: FeedbackState, answer: str | None, refusal: type[Exception]) -> None:
    item = said()

    with pytest.raises(refusal):
        answered(item, state=state, answer=answer)


def test_what_was_looked_at_does_not_become_new_again() -> None:
    item = said()
    answered(item, state=FeedbackState.DONE, answer=None)

    with pytest.raises(IllegalTransition):
        answered(item, state=FeedbackState.NEW, answer=None)


@pytest.mark.parametrize("who", [NOOR, PIET, ZEKI, NADIA, RIET, SAM])
def test_only_the_coordinator_of_the_region_and_the_administrator_answer(who: Identity) -> None:
    item = said()

    with beyond_the_wall():
        item.state = FeedbackState.DONE
        with pytest.raises(NotAllowed):
            feedback.respond(item, by=who, now=NOON)


def test_two_coordinators_at_once_the_second_one_is_told() -> None:
    item = said()
    with acting_as(CARLA):
        edits.claim_version(item, 1, now=NOON)

        with pytest.raises(Stale) as refused:
            edits.claim_version(item, 1, now=NOON)

    assert refused.value.now_at == 2


def test_an_item_of_another_region_is_not_there_to_claim() -> None:
    item = said(by=ZEKI)

    with pytest.raises(NotFound), acting_as(CARLA):
        edits.claim_version(item, 1, now=NOON)


def test_after_two_years_it_goes() -> None:
    for text, days in (("Dit is al heel lang geleden.", 732), (TEXT, 729)):
        said(text, now=NOON - days * DAY)

    with beyond_the_wall():
        housekeeping.forget_feedback(NOON)
        left = list(db.session.scalars(sa.select(Feedback.text)))

    assert left == [TEXT]
