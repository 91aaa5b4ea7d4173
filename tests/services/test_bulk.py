"""The worker and messages to a group: within the rate and the hours, everything asked again for each mail, doubt shown, never doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters.mailer import Answer, Letter, Verdict
from app.enums import ConsentChannel, ConsentEvent, ConsentPurpose, DeliveryState, MailingState, NotSent, Status
from app.extensions import db
from app.models import Candidate, Consent, Delivery, Mailing, Notification, Region, RegionSending, Suppression
from app.security.identity import acting_as
from app.services import bulk, delivering, mailings, outbox
from tests.services.cast import CARLA, DAY, HOUR, NOON, ROTTERDAM, UTRECHT, beyond_the_wall, profile
from tests.services.test_mailings import draft, look, people, start

SENT = Answer(Verdict.SENT, "250 ok")
DOUBT = Answer(Verdict.DOUBT, "SMTPServerDisconnected: gone")


def make(row: Delivery, address: str, values: dict[str, Any]) -> Letter:
    said = f"{values['values']}" if "values" in values else ""
    return Letter(row.message_id, address, row.kind, said, "", row.locale, NOON)


def sending(number: int = 2, **region: Any) -> Mailing:
    """A message on its way to so many; without a rate and quiet hours unless said."""
    people(number)
    with beyond_the_wall():
        usual = {"mails_a_minute": 0, "quiet_from": None, "quiet_until": None}
        db.session.execute(sa.update(Region).where(Region.id == UTRECHT).values(**usual | region))
        db.session.commit()
    mailing = draft()
    look(mailing)
    start(mailing)
    return mailing


@pytest.fixture
def system(app: Any) -> Iterator[None]:
    with beyond_the_wall():
        yield


def claim(most: int = 20, now: datetime = NOON) -> tuple[str, list[int]]:
    token, keys = delivering.claim(most, now=now)
    db.session.commit()
    return token, keys


def go(answer: Answer = SENT, now: datetime = NOON) -> list[bool]:
    """Everything that can be claimed now, handed over and answered so: who it went to."""
    token, keys = claim(now=now)
    went = []
    for key in keys:
        letter = delivering.hand_over(key, token, make, now=now)
        db.session.commit()
        went.append(letter is not None)
        if letter is not None:
            delivering.settle(key, token, answer, now=now)
            db.session.commit()
    return went


def rows() -> list[tuple[str, str | None]]:
    """State and reason of each mail, in order."""
    found = db.session.execute(sa.select(Delivery.state, Delivery.not_sent).order_by(Delivery.id))
    return [(state.name, why.name if why else None) for state, why in found]


def withdraw(candidate_id: int) -> None:
    facts = {"purpose": ConsentPurpose.MESSAGES, "event": ConsentEvent.WITHDRAWN, "channel": ConsentChannel.ONLINE}
    db.session.add(Consent(candidate_id=candidate_id, region_id=UTRECHT, at=NOON, text_version="1.nl", text_sha256="0", **facts))
    db.session.commit()


def test_everybody_gets_it_once_with_the_own_name_and_then_it_is_done() -> None:
    mailing = sending()
    with beyond_the_wall():
        went, again = go(), go()
        ended = bulk.ended(db.session())
        bulk.finish(mailing.id, now=NOON)
        bulk.finish(mailing.id, now=NOON)
        db.session.commit()

        assert (went, again, rows(), ended) == ([True, True], [], [("SENT", None)] * 2, [mailing.id])
        db.session.refresh(mailing)
        assert (mailing.state, mailing.finished_at) == (MailingState.DONE, NOON)
        told = db.session.execute(sa.select(Notification.user_id, Notification.words, Notification.merge)).all()
        assert [tuple(one) for one in told] == [(CARLA.user_id, "mailing_done", {"count": 2})]


@pytest.mark.parametrize("why", ["NO_CONSENT", "UNSUBSCRIBED", "BOUNCED", "CLOSED", "NO_ADDRESS", "TOO_OFTEN", "NOTHING_TO_FILL_IN"])
def test_what_changed_since_it_was_looked_at_counts(why: str) -> None:
    sending(1)
    with beyond_the_wall():
        one = db.session.scalars(sa.select(Candidate)).one()
        _ruin(one, why)

        went = go()

        assert (went, rows()) == ([False], [("SUPPRESSED", why)])


def _ruin(one: Candidate, why: str) -> None:
    off = {"address_norm": one.email_norm, "reason": "x", "source": "x", "at": NOON}
    if why == "NO_CONSENT":
        withdraw(one.id)
    elif why in ("UNSUBSCRIBED", "BOUNCED"):
        db.session.add(Suppression(category="ACTIVITIES" if why == "UNSUBSCRIBED" else "", **off))
    elif why == "CLOSED":
        one.status = Status.LEFT
    elif why == "NO_ADDRESS":
        one.email = one.email_norm = None
    elif why == "NOTHING_TO_FILL_IN":
        one.given_name = None
    else:
        db.session.execute(sa.update(Region).values(mailings_a_week=0))
    db.session.commit()


def test_who_is_erased_or_in_another_region_by_now_gets_nothing_and_is_counted() -> None:
    mailing = sending(3)
    with beyond_the_wall():
        first, second, _ = db.session.scalars(sa.select(Candidate.id).order_by(Candidate.id))
        db.session.execute(sa.update(Candidate).where(Candidate.id == first).values(region_id=ROTTERDAM))
        db.session.execute(sa.delete(Candidate).where(Candidate.id == second))
        db.session.commit()

        go()

    with acting_as(CARLA):
        how = mailings.standing(mailing)
    assert (how.not_sent, how.by_state[DeliveryState.SENT], how.people) == ({NotSent.GONE: 2}, 1, 3)


def test_an_address_that_became_that_of_somebody_else_is_mailed_once() -> None:
    sending(2)
    with beyond_the_wall():
        first, second = db.session.scalars(sa.select(Candidate).order_by(Candidate.id))
        second.email = second.email_norm = first.email_norm
        db.session.commit()

        assert (go(), rows()) == ([True, False], [("SENT", None), ("SUPPRESSED", "SAME_ADDRESS")])


def test_who_shares_an_address_gets_the_mail_when_the_other_does_not_want_it_any_more() -> None:
    people(3)
    with beyond_the_wall():
        db.session.execute(sa.update(Candidate).values(email="samen@example.test", email_norm="samen@example.test"))
        db.session.commit()
    mailing = draft()
    look(mailing)
    start(mailing)
    with beyond_the_wall():
        db.session.execute(sa.update(Region).values(mails_a_minute=0, quiet_from=None))
        first, second, _ = db.session.scalars(sa.select(Candidate.id).order_by(Candidate.id))
        for one in (first, second):
            withdraw(one)

        went = go(), go(), go(), go()

        assert went == ([False], [False], [True], [])
        assert rows() == [("SUPPRESSED", "NO_CONSENT"), ("SUPPRESSED", "NO_CONSENT"), ("SENT", None)]


def test_what_is_filled_in_is_in_the_language_of_the_text() -> None:
    people(1, locale="en")
    mailing = draft(body="Je spreekt ons op {{volgende_stap_datum}}.")
    look(mailing)
    start(mailing)
    with beyond_the_wall():
        db.session.execute(sa.update(Region).values(quiet_from=None))
        token, (key,) = claim()
        letter = delivering.hand_over(key, token, make, now=NOON)

    assert letter is not None
    assert "november" in letter.text.lower()
    assert letter.text == letter.text.lower()  # "Friday 27 November" is English


def test_what_was_on_its_way_when_the_message_was_stopped_does_not_wait_for_ever() -> None:
    mailing = sending(1)
    with beyond_the_wall():
        token, (key,) = claim()
        assert delivering.hand_over(key, token, make, now=NOON) is not None
        db.session.commit()
    with acting_as(CARLA):
        mailings.cancel(mailing, expected=mailing.version, by=CARLA, now=NOON)
        db.session.commit()
    with beyond_the_wall():
        delivering.settle(key, token, Answer(Verdict.LATER, "450 busy"), now=NOON)
        db.session.commit()

        assert rows() == [("CANCELLED", None)]


def test_on_hold_nothing_leaves_also_of_what_a_worker_holds_already() -> None:
    mailing = sending()
    with beyond_the_wall():
        token, keys = claim()
        mailing.state = MailingState.PAUSED
        db.session.commit()

        letters = [delivering.hand_over(key, token, make, now=NOON) for key in keys]
        db.session.commit()

        assert (letters, rows(), claim()[1]) == ([None, None], [("QUEUED", None)] * 2, [])


def test_a_worker_that_is_shot_leaves_one_mail_in_doubt_and_nobody_sends_it_again() -> None:
    sending(3)
    with beyond_the_wall():
        token, keys = claim()
        delivering.hand_over(keys[0], token, make, now=NOON)
        db.session.commit()
        later = NOON + delivering.LEASE + timedelta(seconds=1)

        delivering.free_expired(now=later)
        db.session.commit()

        assert (go(now=later), rows()) == ([True, True], [("UNKNOWN", None), ("SENT", None), ("SENT", None)])


def test_a_line_that_breaks_when_the_mail_server_has_it_leaves_doubt_too() -> None:
    sending(1)
    with beyond_the_wall():
        go(DOUBT)

        assert (rows(), go(now=NOON + DAY)) == ([("UNKNOWN", None)], [])


def test_mails_of_the_service_go_first_and_in_the_quiet_hours_too() -> None:
    sending(1, quiet_from=12, quiet_until=13)
    with beyond_the_wall():
        outbox.post("digest", profile(CARLA), key="x", now=NOON, merge={"regions": []})
        db.session.commit()
        kinds = [db.session.get(Delivery, key).kind for key in claim()[1]]  # type: ignore[union-attr]

        assert (kinds, claim()[1], len(claim(now=NOON + HOUR)[1])) == (["digest"], [], 1)


def test_a_region_sends_no_faster_than_it_says() -> None:
    sending(12, mails_a_minute=30)
    with beyond_the_wall():
        taken = [len(claim(now=NOON + second * timedelta(seconds=1))[1]) for second in range(12)]
        free_at = db.session.scalars(sa.select(RegionSending.free_at)).one()

    assert (taken[0], sum(taken)) == (6, 11)
    assert free_at > NOON + timedelta(seconds=10)


def test_a_message_for_later_waits() -> None:
    people(1)
    mailing = draft()
    look(mailing)
    start(mailing, send_after=NOON + DAY)
    with beyond_the_wall():
        db.session.execute(sa.update(Region).values(quiet_from=None))
        db.session.commit()

        assert (claim()[1], len(claim(now=NOON + DAY)[1])) == ([], 1)


def test_a_message_that_does_not_move_is_late_and_one_at_its_rate_is_not(system: None) -> None:
    assert delivering.queue(NOON) == (0, None)
    sending(200, mails_a_minute=30)
    late = delivering.queue(NOON + HOUR)

    token, _ = claim(now=NOON + HOUR)  # and the mail server is away
    delivering.release(token)
    still = delivering.queue(NOON + HOUR)
    go(now=NOON + 2 * HOUR)

    assert (late, still, delivering.queue(NOON + 2 * HOUR)[1]) == ((0, 3600), (0, 3600), 0)


def test_the_test_to_oneself_says_what_this_receiver_would_read() -> None:
    mailing = sending(1)
    with acting_as(CARLA):
        (candidate_id,) = db.session.scalars(sa.select(Candidate.id))
        assert mailings.test_to_me(mailing, candidate_id, by=CARLA, now=NOON)
        assert not mailings.test_to_me(mailing, candidate_id, by=CARLA, now=NOON)
        db.session.commit()
    with beyond_the_wall():
        token, (key,) = claim()
        letter = delivering.hand_over(key, token, make, now=NOON)

        assert letter is not None
        assert (letter.to, letter.text) == (profile(CARLA).user.email, "{'voornaam': 'P0'}")
