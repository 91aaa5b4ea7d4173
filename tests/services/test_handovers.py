"""A handover keeps the candidate with the sender until it is accepted, shows exactly what was chosen, and measures the first contact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import ConsentChannel, ConsentPurpose, HandoverState, Holder, PackageItem, ReturnReason, Role, Stage, Status, TaskKind
from app.errors import BadInput, DomainError, IllegalTransition, NotAllowed, NotFound, Stale
from app.extensions import db
from app.models import AdviceSession, Candidate, Consent, Handover, HandoverEvent, HandoverItem, Organisation, Region, Task
from app.security.identity import Identity, acting_as
from app.services import advice, candidates, consents, handovers
from app.services.packages import Item, offered
from tests.services.cast import (
    DAY,
    HOUR,
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
    profile,
    registered,
    spans,
    without,
)

MOTIVATION = Item(PackageItem.MOTIVATION)
STEF = identity(7, Role.STUDY_ADVISER, ROTTERDAM, organisation_ids=frozenset({PROVIDER}))
Make = Callable[..., Handover]


@pytest.fixture
def anna() -> Candidate:
    return registered("Anna", surname="Vries", infix="de", email="anna@example.test", motivation="Ik wil graag voor de klas.")


def talked(candidate: Candidate, **texts: Any) -> AdviceSession:
    return advice.record(AdviceSession(candidate_id=candidate.id, held_at=NOON - HOUR, kinds=frozenset(), **texts), by=NOOR, now=NOON)


def to_rotterdam(candidate: Candidate, *items: Item, **more: Any) -> Handover:
    made = handovers.draft(Handover(candidate_id=candidate.id, to_region_id=ROTTERDAM, **more), items or (MOTIVATION,), by=NOOR, now=NOON)
    db.session.commit()
    return made


def referred(candidate: Candidate, *items: Item) -> Handover:
    made = handovers.draft(Handover(candidate_id=candidate.id, organisation_id=PROVIDER), items or (MOTIVATION,), by=NOOR, now=NOON)
    db.session.commit()
    return made


def sent(handover: Handover) -> Handover:
    handovers.agree(handover, ConsentChannel.PHONE, expected=handover.version, by=NOOR, now=NOON)
    handovers.send(handover, expected=handover.version, by=NOOR, now=NOON)
    db.session.commit()
    return handover


def here(handover: Handover) -> Handover:
    """The handover as whoever acts now sees it."""
    (key,) = sa.inspect(handover).identity
    db.session.expire_all()
    return db.session.scalars(sa.select(Handover).where(Handover.id == key)).one()


def accepted(handover: Handover, by: Identity = ZEKI, **more: Any) -> None:
    with acting_as(by):
        seen = here(handover)
        handovers.accept(seen, expected=seen.version, by=by, now=NOON + HOUR, **more)
        db.session.commit()
    db.session.expire_all()


def in_sight(by: Identity, model: Any) -> int:
    with acting_as(by):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def stored(candidate_id: int) -> Candidate:
    with beyond_the_wall():
        db.session.expire_all()
        return db.session.scalars(sa.select(Candidate).where(Candidate.id == candidate_id)).one()


# -- preparing and sending


def test_what_can_go_along_is_what_is_there_and_never_the_notes(anna: Candidate) -> None:
    talked(anna, summary="Wat we bespraken", notes="Wat wij ervan vinden")

    pages = [(item.kind, page.text) for item, page in offered(anna)]

    assert dict(pages)[PackageItem.MOTIVATION] == "Ik wil graag voor de klas."
    assert dict(pages)[PackageItem.SESSION] == "Wat we bespraken"
    assert PackageItem.MATCHES not in dict(pages)
    assert not [text for _, text in pages if "vinden" in (text or "")]


def test_a_handover_is_not_sent_without_consent(anna: Candidate) -> None:
    handover = to_rotterdam(anna)

    with pytest.raises(BadInput, match="not agreed"):
        handovers.send(handover, expected=handover.version, by=NOOR, now=NOON)


def test_consent_that_was_withdrawn_does_not_count(anna: Candidate) -> None:
    handover = to_rotterdam(anna)
    handovers.agree(handover, ConsentChannel.PHONE, expected=handover.version, by=NOOR, now=NOON)
    consents.withdraw(anna, ConsentPurpose.HANDOVER, channel=ConsentChannel.PHONE, by=NOOR, now=NOON)

    with pytest.raises(BadInput, match="not agreed"):
        handovers.send(handover, expected=handover.version, by=NOOR, now=NOON)


def test_the_package_is_frozen_when_it_is_sent(anna: Candidate) -> None:
    session = talked(anna, summary="Eerste versie")
    handover = sent(to_rotterdam(anna, MOTIVATION, Item(PackageItem.SESSION, session.id)))
    session.summary, anna.motivation = "Later veranderd", "Toch niet"
    db.session.commit()

    with acting_as(ZEKI):
        read = [page.text for page in handovers.preview(here(handover))]

    assert read == ["Ik wil graag voor de klas.", "Eerste versie"]


def test_until_it_is_accepted_the_candidate_stays_with_the_sender_with_a_next_step(anna: Candidate) -> None:
    handover = sent(to_rotterdam(anna))

    assert (anna.region_id, anna.status, anna.next_action_on <= handover.answer_by) == (UTRECHT, Status.ACTIVE, True)
    assert (handover.state, handover.answer_by) == (HandoverState.SENT, date(2026, 12, 1))  # five working days there
    assert (in_sight(ZEKI, Candidate), in_sight(ZEKI, Handover), in_sight(ZEKI, HandoverItem)) == (0, 1, 1)


def test_a_draft_is_nobodys_but_the_senders(anna: Candidate) -> None:
    to_rotterdam(anna)

    assert (in_sight(ZEKI, Handover), in_sight(ZEKI, HandoverItem), in_sight(ZEKI, HandoverEvent), in_sight(PIET, Handover)) == (0, 0, 0, 1)


def test_a_sent_package_is_changed_by_nobody(anna: Candidate) -> None:
    handover = sent(to_rotterdam(anna))

    with pytest.raises(IllegalTransition):
        handovers.choose(handover, [], "Nog iets", expected=handover.version, by=NOOR, now=NOON)


@pytest.mark.parametrize(
    ("receiver", "refusal"),
    [
        ({"to_region_id": UTRECHT}, BadInput),
        ({"to_region_id": 99}, NotFound),
        ({"organisation_id": SCHOOL}, BadInput),
        ({"to_region_id": ROTTERDAM, "organisation_id": PROVIDER}, BadInput),
        ({}, BadInput),
    ],
    ids=["own region", "no region", "a school", "two at once", "nobody"],
)
def test_a_receiver_that_cannot_be_is_refused(anna: Candidate, receiver: dict[str, int], refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        handovers.draft(Handover(candidate_id=anna.id, **receiver), [], by=NOOR, now=NOON)


def test_a_region_that_left_receives_nobody(anna: Candidate) -> None:
    with beyond_the_wall():
        db.session.execute(sa.update(Region).where(Region.id == ROTTERDAM).values(left_on=TODAY))

    with pytest.raises(BadInput, match="does not take part"):
        to_rotterdam(anna)


def test_there_is_one_handover_at_a_time_and_referrals_beside_it(anna: Candidate) -> None:
    to_rotterdam(anna)
    referred(anna)

    with pytest.raises(BadInput, match="on its way already"):
        to_rotterdam(anna)


def test_a_conversation_of_somebody_else_cannot_go_along(anna: Candidate) -> None:
    other = talked(registered("Bart", email="bart@example.test"), summary="Van Bart")

    with pytest.raises(NotFound):
        to_rotterdam(anna, Item(PackageItem.SESSION, other.id))


def test_who_may_not_refer_may_not_hand_over(anna: Candidate) -> None:
    with pytest.raises(NotAllowed):
        handovers.draft(Handover(candidate_id=anna.id, to_region_id=ROTTERDAM), [], by=without(NOOR, "refer"), now=NOON)


def test_a_closed_file_is_not_handed_over(anna: Candidate) -> None:
    candidates.set_status(anna, Status.COMPLETED, expected=anna.stage_seq, by=NOOR, now=NOON)

    with pytest.raises(BadInput, match="closed"):
        to_rotterdam(anna)


def test_a_second_click_on_send_is_told(anna: Candidate) -> None:
    handover = to_rotterdam(anna)
    handovers.agree(handover, ConsentChannel.PHONE, expected=handover.version, by=NOOR, now=NOON)
    seen = handover.version
    handovers.send(handover, expected=seen, by=NOOR, now=NOON)

    with pytest.raises(Stale):
        handovers.send(handover, expected=seen, by=NOOR, now=NOON)


# -- accepting


def test_accepting_moves_the_file_into_the_inbox_with_a_task_and_a_span(anna: Candidate) -> None:
    key, handover = anna.id, sent(to_rotterdam(anna))

    accepted(handover)

    moved = stored(key)
    assert (moved.region_id, moved.lead_adviser_id, moved.holder, moved.status) == (ROTTERDAM, None, Holder.DESK, Status.ACTIVE)
    with acting_as(ZEKI):
        assert [task.title for task in open_tasks(moved)][-1:] != []
        assert (moved.next_action_on is not None, [span.in_region_id for span in spans(moved)]) == (True, [UTRECHT, ROTTERDAM])


def test_afterwards_the_sender_sees_number_and_history_only(anna: Candidate) -> None:
    number, key = anna.number, anna.id
    talked(anna, summary="Van ons", notes="Alleen van ons")
    handover = sent(to_rotterdam(anna))
    accepted(handover)

    db.session.expunge_all()
    seen = here(handover)

    assert (in_sight(NOOR, Candidate), in_sight(NOOR, Task)) == (0, 0)
    assert (seen.candidate_number, seen.candidate, [event.state for event in _events(seen)]) == (
        number,
        None,
        [HandoverState.DRAFT, HandoverState.SENT, HandoverState.ACCEPTED],
    )
    assert [report.notes for report in db.session.scalars(sa.select(AdviceSession))] == ["Alleen van ons"]
    with acting_as(ZEKI):
        assert db.session.scalars(sa.select(AdviceSession).where(AdviceSession.candidate_id == key)).all() == []


def _events(handover: Handover) -> list[HandoverEvent]:
    return list(db.session.scalars(sa.select(HandoverEvent).where(HandoverEvent.handover_id == handover.id).order_by(HandoverEvent.id)))


def test_accepting_with_an_adviser_gives_the_candidate_to_that_one(anna: Candidate) -> None:
    key, handover = anna.id, sent(to_rotterdam(anna))
    with acting_as(ZEKI):
        zeki = profile(ZEKI)

    accepted(handover, adviser=zeki)

    assert (stored(key).lead_adviser_id, stored(key).holder) == (ZEKI.user_id, Holder.ADVISER)


def test_an_adviser_of_another_desk_is_refused_and_nothing_moves(anna: Candidate) -> None:
    key, handover, noor = anna.id, sent(to_rotterdam(anna)), profile(NOOR)

    with pytest.raises(BadInput):
        accepted(handover, adviser=noor)
    db.session.rollback()

    assert stored(key).region_id == UTRECHT


def test_the_sender_cannot_accept_and_a_third_desk_sees_nothing(anna: Candidate) -> None:
    handover = sent(to_rotterdam(anna))

    with pytest.raises(NotAllowed):
        handovers.accept(handover, expected=handover.version, by=NOOR, now=NOON)


def test_who_clicks_second_is_told(anna: Candidate) -> None:
    handover = sent(to_rotterdam(anna))
    with acting_as(ZEKI):
        seen = here(handover).version
    accepted(handover)

    with acting_as(ZEKI), pytest.raises(Stale):
        handovers.accept(here(handover), expected=seen, by=ZEKI, now=NOON)


def test_the_first_conversation_stops_the_clock(anna: Candidate) -> None:
    key, handover = anna.id, sent(to_rotterdam(anna))
    accepted(handover)

    with acting_as(ZEKI):
        advice.record(AdviceSession(candidate_id=key, held_at=NOON + DAY, kinds=frozenset()), by=ZEKI, now=NOON + DAY)
        db.session.commit()

    seen = here(handover)
    assert (seen.state, seen.first_contact_at) == (HandoverState.FIRST_CONTACT, NOON + DAY)


def test_what_comes_back_says_why_and_gives_the_sender_a_task(anna: Candidate) -> None:
    handover = sent(to_rotterdam(anna))

    with acting_as(ZEKI):
        seen = here(handover)
        handovers.send_back(seen, ReturnReason.OUTSIDE_REGION, "Woont in Gouda", expected=seen.version, by=ZEKI, now=NOON)
        db.session.commit()

    back = here(handover)
    assert (back.state, back.return_reason, back.return_note) == (HandoverState.RETURNED, ReturnReason.OUTSIDE_REGION, "Woont in Gouda")
    assert [task.due_on for task in open_tasks(anna)][0] == date(2026, 11, 25)
    assert anna.next_action_on == date(2026, 11, 25)
    assert to_rotterdam(anna).state is HandoverState.DRAFT  # and there may be another one


# -- referrals


def test_a_study_adviser_sees_a_referred_candidate_after_accepting(anna: Candidate) -> None:
    handover = sent(referred(anna))
    before = in_sight(STEF, Candidate), in_sight(STEF, Handover)

    accepted(handover, by=STEF)

    assert (before, in_sight(STEF, Candidate), anna.region_id) == ((0, 1), 1, UTRECHT)
    assert in_sight(STEF, AdviceSession) == 0


def test_a_candidate_who_withdraws_is_out_of_the_study_advisers_sight(anna: Candidate) -> None:
    handover = sent(referred(anna))
    accepted(handover, by=STEF)
    provider = db.session.get(Organisation, PROVIDER)

    consents.withdraw(anna, ConsentPurpose.REFERRAL, organisation=provider, channel=ConsentChannel.PHONE, by=NOOR, now=NOON + DAY)
    db.session.commit()

    assert in_sight(STEF, Candidate) == 0


def test_a_study_adviser_of_another_institute_sees_nothing(anna: Candidate) -> None:
    with beyond_the_wall():
        db.session.add(Organisation(id=9, region_id=ROTTERDAM, kind=db.session.get(Organisation, PROVIDER).kind, name="Andere"))
        db.session.flush()
    accepted(sent(referred(anna)), by=STEF)
    other = identity(6, Role.STUDY_ADVISER, ROTTERDAM, organisation_ids=frozenset({9}))

    assert (in_sight(other, Candidate), in_sight(other, Handover), in_sight(other, HandoverItem)) == (0, 0, 0)


def test_the_stage_stays_what_it_was(anna: Candidate) -> None:
    key = anna.id
    candidates.move_stage(anna, Stage.DECIDING, expected=anna.stage_seq, by=NOOR, now=NOON)

    accepted(sent(to_rotterdam(anna)))

    assert stored(key).stage is Stage.DECIDING


# -- the candidate's own answer


def own(candidate: Candidate) -> Identity:
    return Identity(user_id=99, role=Role.CANDIDATE, region_ids=frozenset({UTRECHT}), candidate_id=candidate.id)


def asked(handover: Handover) -> Handover:
    handovers.ask(handover, expected=handover.version, by=NOOR, now=NOON)
    db.session.commit()
    return handover


def answered(handover: Handover, agreed: bool, by: Identity) -> None:
    with acting_as(by):
        handovers.answer(here(handover), agreed, by=by, now=NOON + HOUR)
        db.session.commit()
    db.session.expire_all()


def test_a_candidate_who_agrees_online_is_written_down_as_such_and_the_sender_gets_a_task(anna: Candidate) -> None:
    handover = asked(to_rotterdam(anna))

    answered(handover, True, own(anna))

    given = db.session.get(Consent, handover.consent_id)
    assert given is not None
    assert (given.channel, given.recorded_by, given.purpose) == (ConsentChannel.ONLINE, None, ConsentPurpose.HANDOVER)
    assert (handover.state, open_tasks(anna)[0].due_on) == (HandoverState.DRAFT, date(2026, 11, 25))


def test_a_candidate_who_refuses_ends_it_and_the_receiver_never_sees_it(anna: Candidate) -> None:
    handover = asked(to_rotterdam(anna))

    answered(handover, False, own(anna))

    assert (handover.state, handover.return_reason) == (HandoverState.RETURNED, ReturnReason.CANDIDATE_REFUSES)
    assert (in_sight(ZEKI, Handover), in_sight(ZEKI, HandoverEvent), in_sight(ZEKI, HandoverItem)) == (0, 0, 0)
    assert open_tasks(anna)[0].due_on == date(2026, 11, 25)


@pytest.mark.parametrize("agreed", [True, False])
def test_a_question_is_answered_once_and_only_when_asked(anna: Candidate, agreed: bool) -> None:
    handover, by = to_rotterdam(anna), own(anna)
    with pytest.raises(IllegalTransition):
        handovers.answer(handover, True, by=by, now=NOON)
    asked(handover)
    answered(handover, agreed, by)

    with pytest.raises(IllegalTransition):
        answered(handover, True, by)


def test_nobody_answers_for_a_candidate(anna: Candidate) -> None:
    handover = asked(to_rotterdam(anna))
    bart = registered("Bart", email="bart@example.test")

    for by in (NOOR, own(bart)):
        with pytest.raises(NotAllowed):
            handovers.answer(handover, True, by=by, now=NOON)


def test_somebody_without_an_address_is_asked_by_telephone(anna: Candidate) -> None:
    anna.email = None
    handover = to_rotterdam(anna)

    with pytest.raises(BadInput, match="telephone"):
        handovers.ask(handover, expected=handover.version, by=NOOR, now=NOON)


def test_a_consent_to_an_earlier_handover_does_not_count_for_the_next(anna: Candidate) -> None:
    first = sent(to_rotterdam(anna))
    handovers.withdraw(first, expected=first.version, by=NOOR, now=NOON)
    second = to_rotterdam(anna)

    with pytest.raises(BadInput, match="not agreed"):
        handovers.send(second, expected=second.version, by=NOOR, now=NOON)


def test_what_is_taken_back_is_read_by_the_sender_only(anna: Candidate) -> None:
    handover = sent(to_rotterdam(anna))

    handovers.withdraw(handover, expected=handover.version, by=NOOR, now=NOON)
    db.session.commit()

    assert (in_sight(NOOR, HandoverItem), in_sight(ZEKI, HandoverItem), in_sight(ZEKI, HandoverEvent)) == (1, 0, 3)


def test_after_accepting_the_package_is_the_receivers_alone(anna: Candidate) -> None:
    handover = sent(to_rotterdam(anna))

    accepted(handover)

    assert (in_sight(NOOR, HandoverItem), in_sight(ZEKI, HandoverItem)) == (0, 1)
    assert here(handover).candidate_stage is Stage.EXPLORING


def test_accepting_ends_the_senders_wait(anna: Candidate) -> None:
    key, handover = anna.id, sent(to_rotterdam(anna))

    accepted(handover)

    with acting_as(ZEKI):
        assert [task.title for task in open_tasks(stored(key)) if task.kind is TaskKind.FOLLOW_UP] == []
