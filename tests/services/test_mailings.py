"""A message to a group: who gets it and who does not, looked at again before it goes, approved by a second person, watched."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import (
    ConsentChannel,
    ConsentPurpose,
    DeliveryState,
    MailCategory,
    MailingState,
    Status,
)
from app.errors import BadInput, DomainError, IllegalTransition, NotAllowed, Stale
from app.extensions import db
from app.models import Candidate, ChangeLog, Delivery, MailAddress, Mailing, Notification, Region, Suppression
from app.security.capabilities import effective
from app.security.identity import Identity, acting_as
from app.security.scope import SYSTEM_READ
from app.services import candidates, consents, mailings, pace
from tests.services.cast import CARLA, DAY, HOUR, NADIA, NOON, NOOR, PIET, SAM, UTRECHT, ZEKI, beyond_the_wall, registered

OK = DeliveryState.QUEUED


def sender(person: Identity) -> Identity:
    """The same person where the region lets advisers send group messages."""
    (region,) = person.region_ids
    return replace(person, capabilities={region: effective(person.role, []) | {"send_mailing"}})  # type: ignore[arg-type]


PAUL = sender(PIET)


def people(number: int, **fields: Any) -> list[Candidate]:
    """Candidates of Utrecht who agreed to messages."""
    made = []
    for at in range(number):
        one = registered(f"P{at}", **({"email": f"p{at}@example.test"} | fields))
        agree(one)
        made.append(one)
    return made


def agree(candidate: Candidate) -> None:
    with acting_as(NOOR):
        consents.record(candidate, ConsentPurpose.MESSAGES, channel=ConsentChannel.PHONE, by=NOOR, now=NOON)
        db.session.commit()


def everybody() -> sa.Select[Any]:
    return sa.select(Candidate.id)


def draft(by: Identity = CARLA, **fields: Any) -> Mailing:
    (region,) = by.region_ids
    told = {"subject": "Open dag", "body": "Beste {{voornaam}}, kom langs.", "category": MailCategory.ACTIVITIES, "region_id": region}
    about = {"screen": "KandidatenView", "query": "", "audience": "alle kandidaten", "idem_key": f"key-{fields.get('subject', '')}"}
    with acting_as(by):
        made = mailings.write(Mailing(**told | about | fields), by=by, now=NOON)
        db.session.commit()
        return made


def look(mailing: Mailing, by: Identity = CARLA, audience: Any = ..., now: datetime = NOON) -> mailings.Change:
    with acting_as(by):
        change = mailings.prepare(mailing, everybody() if audience is ... else audience, by=by, now=now)
        db.session.commit()
        return change


def start(mailing: Mailing, by: Identity = CARLA, now: datetime = NOON, **more: Any) -> mailings.Change | None:
    asked: dict[str, Any] = {"send_after": None, "expected": mailing.version} | more
    with acting_as(by):
        change = mailings.start(mailing, asked.pop("audience", everybody()), **asked, by=by, now=now)
        db.session.commit()
        return change


def reasons(mailing: Mailing) -> dict[str, str]:
    """Who gets it (an empty reason) and who does not, by given name."""
    with beyond_the_wall():
        rows = db.session.execute(
            sa.select(Candidate.given_name, Delivery.not_sent, Delivery.state)
            .join(Candidate, Candidate.id == Delivery.candidate_id)
            .where(Delivery.mailing_id == mailing.id)
        ).all()
    return {name or "": why.name if why else "" for name, why, state in rows if (why is None) == (state is OK)}


def test_everybody_in_the_audience_has_a_row_with_the_first_reason_that_fits() -> None:
    fine, closed, bounced, unsubscribed, often = people(5)
    registered("Silent", email="silent@example.test")
    nobody = registered("Nobody")
    agree(nobody)
    twin = registered("Twin", email="twin@example.test")
    agree(twin)
    earlier = draft(subject="Eerder")
    with beyond_the_wall():
        closed.status = Status.LEFT
        twin.email = twin.email_norm = fine.email_norm  # of one household
        db.session.add(Suppression(address_norm="p2@example.test", category="", reason="550", source="mail server", at=NOON))
        off = {"address_norm": "p3@example.test", "category": "ACTIVITIES", "reason": "unsubscribed", "source": "page", "at": NOON}
        db.session.add(Suppression(**off))
        db.session.get(Region, UTRECHT).mailings_a_week = 1  # type: ignore[union-attr]
        sent = {"kind": "mailing", "mailing_id": earlier.id, "address": "p4@example.test", "address_norm": "p4@example.test"}
        more = {"locale": "nl", "state": DeliveryState.SENT, "not_before": NOON, "created_at": NOON, "sent_at": NOON - 2 * DAY}
        db.session.add(Delivery(**sent, **more, message_id="m", dedupe_key="d"))
        db.session.commit()
    mailing = draft()

    change = look(mailing)

    assert reasons(mailing) == {
        "P0": "", "P1": "CLOSED", "P2": "BOUNCED", "P3": "UNSUBSCRIBED", "P4": "TOO_OFTEN",
        "Silent": "NO_CONSENT", "Nobody": "NO_ADDRESS", "Twin": "SAME_ADDRESS",
    }  # fmt: skip
    assert (bool(change), mailing.people, fine.id is not None) == (False, 8, True)
    with acting_as(CARLA):
        how = mailings.standing(mailing)
    assert (how.to_mail, how.people, how.handled) == (1, 8, 0)


def test_a_consent_that_is_withdrawn_or_has_expired_is_none() -> None:
    gone, over = people(2)
    with acting_as(NOOR):
        consents.withdraw(gone, ConsentPurpose.MESSAGES, channel=ConsentChannel.PHONE, by=NOOR, now=NOON)
        until = (NOON + 2 * DAY).date()
        consents.record(over, ConsentPurpose.MESSAGES, channel=ConsentChannel.PHONE, expires_on=until, by=NOOR, now=NOON)
        db.session.commit()
    mailing = draft()

    look(mailing, now=NOON + 3 * DAY)

    assert reasons(mailing) == {"P0": "NO_CONSENT", "P1": "NO_CONSENT"}


def test_a_sender_reaches_nobody_outside_the_own_region() -> None:
    people(1)
    with acting_as(ZEKI):
        far = candidates.register(Candidate(given_name="Far", email="far@example.test"), by=ZEKI, now=NOON)
        consents.record(far, ConsentPurpose.MESSAGES, channel=ConsentChannel.PHONE, by=ZEKI, now=NOON)
        db.session.commit()
    mailing = draft()

    look(mailing, audience=sa.select(Candidate.id).where(Candidate.id.in_([far.id, 1, 2, 3])))

    assert reasons(mailing) == {"P0": ""}


def test_an_audience_that_changed_is_shown_and_asked_again() -> None:
    _, leaves = people(2)
    mailing = draft()
    look(mailing)
    for at in range(3):
        agree(registered(f"New{at}", email=f"new{at}@example.test"))
    with acting_as(NOOR):
        consents.withdraw(leaves, ConsentPurpose.MESSAGES, channel=ConsentChannel.PHONE, by=NOOR, now=NOON)
        db.session.commit()

    first, again = start(mailing), start(mailing)

    assert (first, again, mailing.state) == (mailings.Change(3, 1), None, MailingState.SENDING)
    assert sorted(name for name, why in reasons(mailing).items() if not why) == ["New0", "New1", "New2", "P0"]


def test_a_second_click_and_a_stale_tab_start_nothing() -> None:
    people(1)
    mailing = draft()
    look(mailing)
    seen = mailing.version

    start(mailing, expected=seen)
    with pytest.raises(DomainError) as second:
        start(mailing, expected=seen)
    db.session.rollback()

    assert type(second.value) in (Stale, IllegalTransition)
    with beyond_the_wall():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 1


def test_above_the_number_of_the_region_somebody_else_looks_first() -> None:
    people(3)
    with beyond_the_wall():
        db.session.get(Region, UTRECHT).approve_above = 2  # type: ignore[union-attr]
        db.session.commit()
    mailing = draft()
    look(mailing)

    start(mailing)

    assert (mailing.state, mailing.started_at) == (MailingState.ASKED, None)
    with acting_as(CARLA), pytest.raises(NotAllowed):
        mailings.approve(mailing, expected=mailing.version, by=CARLA, now=NOON)
    with acting_as(NOOR), pytest.raises(NotAllowed):
        mailings.approve(mailing, expected=mailing.version, by=NOOR, now=NOON)
    with acting_as(PAUL):
        mailings.approve(mailing, expected=mailing.version, by=PAUL, now=NOON + HOUR)
        db.session.commit()
    assert (mailing.state, mailing.approved_by, mailing.started_at) == (MailingState.SENDING, PAUL.user_id, NOON + HOUR)
    with beyond_the_wall():
        told = db.session.execute(sa.select(Notification.user_id, Notification.words)).all()
    assert [tuple(row) for row in told] == [(CARLA.user_id, "mailing_approved")]


def test_who_looks_may_give_it_back_with_a_reason_and_it_can_be_changed() -> None:
    people(3)
    with beyond_the_wall():
        db.session.get(Region, UTRECHT).approve_above = 2  # type: ignore[union-attr]
        db.session.commit()
    mailing = draft()
    look(mailing)
    start(mailing)

    with acting_as(PAUL), pytest.raises(BadInput):
        mailings.refuse(mailing, " ", expected=mailing.version, by=PAUL, now=NOON)
    with acting_as(PAUL):
        mailings.refuse(mailing, "De datum klopt niet", expected=mailing.version, by=PAUL, now=NOON)
        db.session.commit()
    with acting_as(CARLA):
        mailing.body = "Beste {{voornaam}}, kom op 3 december."
        mailings.write(mailing, by=CARLA, now=NOON)

    assert (mailing.state, mailing.refused_why) == (MailingState.DRAFT, "De datum klopt niet")


def test_a_placeholder_that_has_nothing_to_say_for_somebody_holds_the_message_back() -> None:
    people(2)
    agree(registered("", surname="Zonder", email="zonder@example.test"))
    mailing = draft()
    look(mailing)

    with acting_as(CARLA):
        lacking = mailings.standing(mailing).lacking
    with pytest.raises(BadInput, match="voornaam"):
        start(mailing)

    assert lacking == {"voornaam": 1}


def test_a_message_can_be_held_resumed_and_stopped() -> None:
    people(2)
    mailing = draft()
    look(mailing)
    start(mailing)

    with acting_as(CARLA):
        mailings.pause(mailing, expected=mailing.version, by=CARLA, now=NOON)
        held = mailing.state
        mailings.resume(mailing, expected=mailing.version, by=CARLA, now=NOON)
        mailings.cancel(mailing, expected=mailing.version, by=CARLA, now=NOON)
        db.session.commit()
        stopped = mailings.standing(mailing).by_state

    assert (held, mailing.state, stopped) == (MailingState.PAUSED, MailingState.CANCELLED, {DeliveryState.CANCELLED: 2})
    with acting_as(CARLA), pytest.raises(IllegalTransition):
        mailings.resume(mailing, expected=mailing.version, by=CARLA, now=NOON)


def test_failed_ones_are_tried_again_and_unknown_ones_are_decided_about() -> None:
    people(4)
    mailing = draft()
    look(mailing)
    start(mailing)
    with beyond_the_wall():
        rows = list(db.session.scalars(sa.select(Delivery).order_by(Delivery.id)))
        for row, state in zip(rows, ("FAILED", "UNKNOWN", "UNKNOWN", "SENT"), strict=True):
            row.state = DeliveryState[state]
        mailing.state = MailingState.DONE
        db.session.commit()

    with acting_as(CARLA):
        before = mailings.standing(mailing).open_unknown
        left = mailings.resolve(mailing, [rows[1].id], False, by=CARLA, now=NOON)
        again = mailings.resolve(mailing, [row.id for row in rows[1:]], True, by=CARLA, now=NOON)  # what was left stays left
        failed = mailings.retry_failed(mailing, by=CARLA, now=NOON)
        db.session.commit()
        how = mailings.standing(mailing)

    assert (before, left, again, failed, how.open_unknown) == (2, 1, 1, 1, 0)
    assert how.by_state == {DeliveryState.UNKNOWN: 1, DeliveryState.QUEUED: 2, DeliveryState.SENT: 1}
    assert mailing.state is MailingState.SENDING


def test_what_goes_before_it_counts_for_when_it_will_be_there() -> None:
    people(4)
    first, second = draft(subject="Eerst"), draft(subject="Daarna")
    for mailing in (first, second):
        look(mailing)
        start(mailing)
    with beyond_the_wall():
        db.session.execute(sa.update(Region).where(Region.id == UTRECHT).values(mails_a_minute=1, quiet_from=None))
        db.session.execute(sa.update(Mailing).where(Mailing.id == second.id).values(started_at=NOON + HOUR))
        db.session.commit()

    with acting_as(CARLA):
        db.session.expire_all()
        ends = [mailings.eta(mailing, now=NOON) for mailing in (first, second)]

    assert ends == [NOON + timedelta(minutes=4), NOON + timedelta(minutes=8)]


@pytest.mark.parametrize("person", [NOOR, ZEKI, NADIA, SAM])
def test_nobody_without_the_right_writes_or_sends(person: Identity) -> None:
    people(1)
    mailing = draft()

    for act in (
        lambda: mailings.write(mailing, by=person, now=NOON),
        lambda: mailings.prepare(mailing, everybody(), by=person, now=NOON),
        lambda: mailings.start(mailing, everybody(), send_after=None, expected=1, by=person, now=NOON),
        lambda: mailings.remove(mailing, by=person, now=NOON),
        lambda: mailings.test_to_me(mailing, None, by=person, now=NOON),
    ):
        with acting_as(person), pytest.raises(NotAllowed):
            act()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"subject": ""}, "Write a subject"),
        ({"subject": "Hallo {{voornaam}}"}, "no placeholders"),
        ({"body": " "}, "Write the text"),
        ({"body": "Beste {{vornaam}}"}, "voornaam"),
        ({"category": MailCategory.SERVICE}, "what this message is about"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_what_is_wrong(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        draft(**fields)


def test_nobody_in_the_audience_is_said() -> None:
    mailing = draft()

    with pytest.raises(BadInput, match="nobody"):
        look(mailing)


def test_who_signed_up_on_the_site_gets_the_newsletter_and_nothing_else() -> None:
    with beyond_the_wall():
        for at, region in enumerate((UTRECHT, None, 3)):
            one = {"address": f"s{at}@example.test", "address_norm": f"s{at}@example.test", "region_id": region}
            db.session.add(MailAddress(**one, newsletter_at=NOON, created_at=NOON))
        db.session.add(MailAddress(address="asked@example.test", address_norm="asked@example.test", created_at=NOON))
        db.session.commit()
    letter = draft(category=MailCategory.NEWSLETTER, body="Het nieuws van deze maand.", subject="Nieuwsbrief")

    look(letter, audience=None)
    with pytest.raises(BadInput):
        look(draft(), audience=None)
    db.session.rollback()

    with beyond_the_wall():
        got = db.session.scalars(sa.select(Delivery.address).where(Delivery.mailing_id == letter.id).order_by(Delivery.address))
        assert list(got) == ["s0@example.test", "s1@example.test"]


def test_a_draft_can_be_thrown_away_with_all_that_hangs_on_it() -> None:
    people(2)
    mailing = draft()
    look(mailing)

    with acting_as(CARLA):
        mailings.remove(mailing, by=CARLA, now=NOON)
        db.session.commit()

    with beyond_the_wall():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 0


def test_each_step_leaves_a_line_in_the_log() -> None:
    people(1)
    mailing = draft()
    look(mailing)
    start(mailing)

    verbs = db.session.scalars(
        sa.select(ChangeLog.verb).where(ChangeLog.table == "mailing").order_by(ChangeLog.id), execution_options=SYSTEM_READ
    )

    assert list(verbs) == ["write_mailing", "look_at_audience", "look_at_audience", "send_mailing"]


@pytest.mark.parametrize(
    ("number", "at", "last"),
    [
        (30, "2026-11-24T11:00", "2026-11-24T11:01"),
        (60 * 30, "2026-11-24T19:30", "2026-11-25T07:30"),
        (1, "2026-11-24T22:00", "2026-11-25T07:00"),
    ],
)
def test_when_the_last_one_arrives_follows_the_rate_and_the_quiet_hours(number: int, at: str, last: str) -> None:
    region = Region(mails_a_minute=30, quiet_from=21, quiet_until=8)
    begin, end = (datetime.fromisoformat(f"{text}:00+00:00") for text in (at, last))

    arrives = pace.arrival(region, number, begin)

    assert abs(arrives - end) <= timedelta(seconds=2)


def test_the_rate_lets_no_more_through_than_it_says() -> None:
    region = Region(mails_a_minute=30, quiet_from=None, quiet_until=None)
    free, sent, moment = pace.LONG_AGO, 0, NOON
    for _ in range(120):
        number = pace.allowance(region, free, 20, moment)
        free = max(free, moment - pace.BURST) + number * timedelta(seconds=2)
        sent, moment = sent + number, moment + timedelta(seconds=1)

    assert 60 <= sent <= 66


@pytest.mark.parametrize(("hour", "quiet"), [(20, False), (21, True), (3, True), (7, True), (8, False)])
def test_quiet_hours_go_over_midnight(hour: int, quiet: bool) -> None:
    region = Region(mails_a_minute=30, quiet_from=21, quiet_until=8)

    assert pace.is_quiet(region, datetime.fromisoformat(f"2026-11-24T{hour - 1:02}:30:00+00:00")) is quiet
