"""Opening a file and keeping it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import Holder, Role, Source, Stage, Status, TaskKind
from app.errors import BadInput, NotAllowed, Stale
from app.extensions import db
from app.models import Candidate, CandidateLocation, PersonToken, Region, Subject, UserProfile
from app.security.identity import Identity, acting_as
from app.services import candidates, edits
from tests.services.cast import (
    ADA,
    CARLA,
    NADIA,
    NOON,
    NOOR,
    ROTTERDAM,
    SAM,
    TODAY,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    logged,
    open_tasks,
    profile,
    registered,
    spans,
)


def subjects(*ids: int) -> list[Subject]:
    return list(db.session.scalars(sa.select(Subject).where(Subject.id.in_(ids))))


def test_a_new_file_has_a_number_a_token_a_span_and_a_first_task() -> None:
    anna = Candidate(given_name="Anna", infix="van den", surname="Berg", email="A.Berg@googlemail.com", phone="06-12345678")

    candidates.register(anna, by=NOOR, now=NOON)

    assert re.fullmatch(r"K-\d{6}", anna.number)
    assert (anna.name, anna.sort_name) == ("Anna van den Berg", "berg anna van den")
    assert (anna.email_norm, anna.phone_norm, anna.region_id) == ("aberg@gmail.com", "+31612345678", UTRECHT)
    assert len(db.session.scalars(sa.select(PersonToken.token)).one()) == 32
    assert [(span.seq, span.stage, span.status, span.entered_at, span.left_at) for span in spans(anna)] == [
        (0, Stage.EXPLORING, Status.ACTIVE, NOON, None)
    ]
    assert [(task.title, task.due_on, task.holder, task.owner_id, task.kind) for task in open_tasks(anna)] == [
        ("Make the first contact", date(2026, 11, 27), Holder.DESK, None, TaskKind.NEXT_ACTION)
    ]
    assert (anna.next_action_on, anna.holder) == (date(2026, 11, 27), Holder.DESK)
    fields = ["created_at", "email", "given_name", "holder", "infix", "phone", "region_id", "source", "stage", "stage_entered_at",
              "stage_seq", "status", "surname"]  # fmt: skip
    assert [row for row in logged() if row[0] == "register"] == [("register", "candidate", fields)]


def test_the_advisers_own_next_action_comes_instead_of_the_first_contact() -> None:
    anna = Candidate(given_name="Anna")

    candidates.register(anna, next_action="Bellen", next_action_on=TODAY, by=NOOR, now=NOON)

    assert [(task.title, task.due_on, task.holder, task.owner_id) for task in open_tasks(anna)] == [
        ("Bellen", TODAY, Holder.ADVISER, NOOR.user_id)
    ]
    assert (anna.next_action_on, anna.holder) == (TODAY, Holder.ADVISER)


def test_a_lead_adviser_from_the_start_makes_the_first_contact() -> None:
    anna = Candidate(given_name="Anna", lead_adviser=profile(CARLA))

    candidates.register(anna, by=NOOR, now=NOON)

    assert [(task.holder, task.owner_id) for task in open_tasks(anna)] == [(Holder.ADVISER, CARLA.user_id)]
    assert [span.lead_adviser_id for span in spans(anna)] == [CARLA.user_id]


def test_a_form_may_name_the_region_by_its_row() -> None:
    region = db.session.scalars(sa.select(Region).where(Region.id == UTRECHT)).one()

    with db.session.no_autoflush:
        anna = candidates.register(Candidate(given_name="Anna", region=region), subjects=subjects(3), by=NOOR, now=NOON)

    assert anna.region_id == UTRECHT


@pytest.mark.parametrize(
    ("fields", "name", "sort_name"),
    [
        ({"phone": "0612345678"}, "0612345678", "0612345678"),
        ({"email": "Anna@example.test"}, "Anna@example.test", "anna@example.test"),
        ({"given_name": "Suhartini"}, "Suhartini", "suhartini"),
    ],
)
def test_a_name_or_an_address_or_a_number_is_enough(fields: dict[str, str], name: str, sort_name: str) -> None:
    anna = candidates.register(Candidate(**fields), by=NOOR, now=NOON)

    assert (anna.name, anna.sort_name) == (name, sort_name)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Fill in a name, an e-mail address or a telephone number: one of the three is enough."),
        ({"given_name": "  "}, "Fill in a name, an e-mail address or a telephone number: one of the three is enough."),
        ({"given_name": "Anna", "email": "geen"}, "This is not an e-mail address: geen"),
        ({"given_name": "Anna", "pc4": "0999"}, "There is no postcode 0999 in the Netherlands."),
        ({"given_name": "Anna", "birth_year": 1826}, "1826 cannot be the year of birth. Check it."),
        ({"given_name": "Anna", "hours_min": 30, "hours_max": 20}, "Write the hours a week from few to many, at most 60."),
        ({"given_name": "Anna", "stage": Stage.TEACHING},
         "A new candidate starts in one of the first four stages. Move them on afterwards, with the reason."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        candidates.register(Candidate(**fields), by=NOOR, now=NOON)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(("action", "on"), [("Bellen", None), ("", TODAY)])
def test_a_next_action_needs_its_day(action: str, on: date | None) -> None:
    with pytest.raises(BadInput) as refused:
        candidates.register(Candidate(given_name="Anna"), next_action=action, next_action_on=on, by=NOOR, now=NOON)

    assert str(refused.value) == "A next action needs both: what will happen, and on which day."


@pytest.mark.parametrize("fields", [{"email": "ANNA@example.test"}, {"phone": "+31612345678"}])
def test_somebody_who_is_in_sight_already_is_refused_by_number(anna: Candidate, fields: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        candidates.register(Candidate(given_name="Anna", **fields), by=NOOR, now=NOON)

    assert str(refused.value) == f"{anna.number} has the same e-mail address or telephone number. Look there first."


def test_a_duplicate_elsewhere_gets_the_answer_of_somebody_new(anna: Candidate) -> None:
    with acting_as(ZEKI):
        other = candidates.register(Candidate(given_name="Anna", email=anna.email), by=ZEKI, now=NOON)

    assert (other.region_id, other.email_norm) == (ROTTERDAM, anna.email_norm)


@pytest.mark.parametrize("by", [SAM, ADA, Identity(user_id=9, role=Role.CANDIDATE, region_ids=frozenset({UTRECHT}))])
def test_only_a_desk_opens_files(by: Identity) -> None:
    with acting_as(by), pytest.raises(NotAllowed):
        candidates.register(Candidate(given_name="Anna", region_id=UTRECHT), by=by, now=NOON)


def test_no_desk_opens_a_file_in_another_region() -> None:
    with pytest.raises(NotAllowed):
        candidates.register(Candidate(given_name="Anna", region_id=ROTTERDAM), by=NOOR, now=NOON)


def test_the_national_desk_opens_its_own_files() -> None:
    anna = registered(by=NADIA)

    assert anna.source is Source.NATIONAL


def test_a_lead_adviser_of_another_region_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        candidates.register(Candidate(given_name="Anna", lead_adviser_id=ZEKI.user_id), by=NOOR, now=NOON)

    assert str(refused.value) == "This person does not work at the desk of this region. Choose somebody who does."


def test_two_files_that_draw_the_same_number_both_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([5, 5, 5, 7])
    monkeypatch.setattr(candidates.secrets, "randbelow", lambda below: next(draws))

    first = candidates.register(Candidate(given_name="Anna"), by=NOOR, now=NOON)
    second = candidates.register(Candidate(given_name="Bart"), by=NOOR, now=NOON)
    db.session.commit()

    assert (first.number, second.number) == ("K-100005", "K-1000007")
    assert (len(open_tasks(first)), len(open_tasks(second))) == (1, 1)


def test_an_edit_composes_the_name_again_and_logs_which_fields_changed(anna: Candidate) -> None:
    chosen = subjects(1, 3)
    anna.surname, anna.infix, anna.email = "Bakker", None, "bakker@example.test"

    candidates.update(anna, subjects=chosen, by=NOOR, now=NOON)
    db.session.commit()

    assert (anna.name, anna.sort_name, anna.email_norm) == ("Anna Bakker", "bakker anna", "bakker@example.test")
    assert [subject.name for subject in anna.subjects] == ["Biologie", "Wiskunde"]
    assert logged()[-1] == ("update", "candidate", ["email", "infix", "surname", "subjects"])


def test_an_edit_that_changes_nothing_leaves_no_trace(anna: Candidate) -> None:
    before = logged()

    candidates.update(anna, subjects=(), by=NOOR, now=NOON)

    assert logged() == before


def test_a_postcode_brings_its_place_along(anna: Candidate) -> None:
    anna.pc4 = "3511 AB"

    candidates.update(anna, by=NOOR, now=NOON)

    assert (anna.pc4, anna.place) == ("3511", "Utrecht")


@pytest.mark.parametrize(
    ("field", "value"),
    [("stage", Stage.MATCHING), ("status", Status.LEFT), ("region_id", ROTTERDAM), ("lead_adviser_id", 4), ("number", "K-1")],
)
def test_what_has_a_verb_of_its_own_is_refused_in_a_form(anna: Candidate, field: str, value: Any) -> None:
    setattr(anna, field, value)

    with db.session.no_autoflush, pytest.raises(NotAllowed):
        candidates.update(anna, by=NOOR, now=NOON)


def test_an_edit_does_not_take_somebody_elses_address(anna: Candidate) -> None:
    bart = registered("Bart")
    bart.email = anna.email

    with db.session.no_autoflush, pytest.raises(BadInput) as refused:
        candidates.update(bart, by=NOOR, now=NOON)

    assert str(refused.value) == f"{anna.number} has the same e-mail address or telephone number. Look there first."


def test_nobody_edits_a_file_of_another_region(anna: Candidate) -> None:
    with acting_as(ZEKI), pytest.raises(NotAllowed):
        candidates.update(anna, by=ZEKI, now=NOON)


def test_subjects_are_exactly_the_ones_that_were_chosen_last(anna: Candidate) -> None:
    candidates.set_subjects(anna, subjects(1, 2), by=NOOR, now=NOON)
    candidates.set_subjects(anna, subjects(2, 3), by=NOOR, now=NOON)

    assert [subject.id for subject in anna.subjects] == [2, 3]


def test_places_to_work_are_found_by_postcode(anna: Candidate) -> None:
    candidates.set_locations(anna, [("3511", 10), ("1012 AB", 25)], by=NOOR, now=NOON)
    candidates.set_locations(anna, [("3511", 15)], by=NOOR, now=NOON)

    rows = db.session.scalars(sa.select(CandidateLocation)).all()
    assert [(row.pc4, row.place, row.radius_km, row.region_id) for row in rows] == [("3511", "Utrecht", 15, UTRECHT)]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (("0000", 10), "There is no postcode 0000 in the Netherlands."),
        (("3511", 0), "Choose a distance from 1 to 350 kilometres."),
        (("3511", 351), "Choose a distance from 1 to 350 kilometres."),
    ],
)
def test_places_that_cannot_be_are_refused(anna: Candidate, wanted: tuple[str, int], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        candidates.set_locations(anna, [wanted], by=NOOR, now=NOON)

    assert str(refused.value) == sentence


def test_the_second_of_two_edits_is_told_that_somebody_was_first(anna: Candidate) -> None:
    edits.claim_version(anna, 1, now=NOON)

    with pytest.raises(Stale) as refused:
        edits.claim_version(anna, 1, now=NOON)

    assert (refused.value.now_at, anna.version) == (2, 2)


def test_claiming_writes_nothing_of_the_edit(anna: Candidate) -> None:
    anna.given_name = "Bea"

    with pytest.raises(Stale):
        edits.claim_version(anna, 7, now=NOON)

    stored = db.session.scalar(sa.select(Candidate.given_name), execution_options={"autoflush": False})
    assert stored == "Anna"


@pytest.mark.parametrize(("by", "refusal"), [(ZEKI, "NotFound"), (SAM, "NotFound"), (ADA, "NotFound")])
def test_a_version_that_one_does_not_see_is_not_there(anna: Candidate, by: Identity, refusal: str) -> None:
    with acting_as(by), pytest.raises(edits.NotFound) as refused:
        edits.claim_version(anna, 1, now=NOON)

    assert type(refused.value).__name__ == refusal


def test_what_one_sees_and_may_not_write_is_not_claimed() -> None:
    region = db.session.scalars(sa.select(Region).where(Region.id == UTRECHT)).one()

    with pytest.raises(NotAllowed):
        edits.claim_version(region, region.version, now=NOON)


def test_a_relation_that_a_form_emptied_empties_its_key(anna: Candidate) -> None:
    with beyond_the_wall():
        anna.lead_adviser_id = NOOR.user_id
        db.session.commit()
    anna.lead_adviser = None

    fields = edits.settle(anna)

    assert (fields, anna.lead_adviser_id) == (["lead_adviser_id"], None)
    assert isinstance(profile(NOOR), UserProfile)
