"""From the outbox to the mail server: claimed once, looked at again before it leaves, tried again with patience, and wiped when done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from app.adapters.mailer import Answer, Letter, Verdict
from app.enums import DeliveryState, Status
from app.extensions import db
from app.models import Candidate, Delivery, DeliveryEvent, Membership, OneTimeLink, Suppression
from app.services import delivering, outbox
from tests.services.cast import DAY, HOUR, NOON, NOOR, TODAY, beyond_the_wall, profile

SENT = Answer(Verdict.SENT, "250 ok")
LATER = Answer(Verdict.LATER, "450 4.2.0 busy")
NEVER = Answer(Verdict.NEVER, "550 5.7.1 no")
AWAY = Answer(Verdict.AWAY, "ConnectionRefusedError")
GONE = Answer(Verdict.NEVER, "550 5.1.1 unknown", bad_address=True)


@pytest.fixture(autouse=True)
def system(app: Any) -> Iterator[None]:
    with beyond_the_wall():
        yield


def posted(to: Any, kind: str = "set_out", key: str = "a", **more: Any) -> Delivery:
    row = outbox.post(kind, to, key=key, now=NOON, **more)
    assert row is not None
    db.session.commit()
    return row


def make(row: Delivery, address: str, values: dict[str, Any]) -> Letter:
    return Letter(row.message_id, address, row.kind, str(values["path"]), "", row.locale, NOON)


def go(answer: Answer, now: datetime = NOON) -> bool:
    """Claim what waits longest, hand it over, and write down this answer."""
    token, keys = delivering.claim(1, now=now)
    assert [delivering.hand_over(key, token, make, now=now) is not None for key in keys] == [True]
    return delivering.settle(keys[0], token, answer, now=now)


def state(row: Delivery) -> tuple[str, int, str | None]:
    db.session.refresh(row)
    return row.state.name, row.attempts, row.reply


def events(row: Delivery) -> list[str]:
    query = sa.select(DeliveryEvent.state).where(DeliveryEvent.delivery_id == row.id).order_by(DeliveryEvent.id)
    return [one.name for one in db.session.scalars(query)]


def not_sent(row: Delivery, now: datetime = NOON) -> tuple[str, str | None]:
    """Try it: it is not handed over; what became of it and why."""
    token, (key,) = delivering.claim(1, now=now)
    assert delivering.hand_over(key, token, make, now=now) is None
    db.session.refresh(row)
    assert (row.claim, row.merge) == (None, None)
    return row.state.name, row.reason


def test_a_mail_that_is_sent_is_wiped_and_its_history_kept() -> None:
    row = posted(profile(NOOR), "digest", merge={"regions": [{"region": 2, "counts": {"OVERDUE": 1}}]})

    assert go(SENT)

    assert state(row) == ("SENT", 1, "250 ok")
    assert (row.merge, row.claim, row.lease_until, row.sent_at) == (None, None, None, NOON)
    assert events(row) == ["HANDING_OVER", "SENT"]


def test_what_is_claimed_is_nobody_elses(anna: Candidate) -> None:
    for key in "abc":
        posted(anna, key=key)

    claims = [delivering.claim(2, now=NOON) for _ in range(3)]

    assert [len(keys) for _, keys in claims] == [2, 1, 0]
    assert len({key for _, keys in claims for key in keys}) == 3
    assert delivering.hand_over(claims[0][1][0], claims[1][0], make, now=NOON) is None


def test_a_mail_waits_for_its_moment(anna: Candidate) -> None:
    posted(anna, not_before=NOON + HOUR)

    assert (delivering.claim(1, now=NOON)[1], len(delivering.claim(1, now=NOON + HOUR)[1])) == ([], 1)


def test_an_answer_that_asks_for_patience_is_tried_again_for_65_hours_and_then_fails(anna: Candidate) -> None:
    row, now, waits = posted(anna), NOON, []
    for _ in range(8):
        go(LATER, now)
        assert state(row)[0] == "RETRY"
        waits.append((row.not_before - now).total_seconds())
        now = row.not_before
    go(LATER, now)

    wanted = (30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
    assert [0.8 * long <= wait <= 1.2 * long for wait, long in zip(waits, wanted, strict=True)] == [True] * 8
    assert (state(row), row.claim) == (("FAILED", 9, "450 4.2.0 busy"), None)
    assert now - NOON < 3 * DAY * 1.2


def test_a_refusal_fails_at_once_and_says_what_was_answered(anna: Candidate) -> None:
    row = posted(anna)

    go(NEVER)

    assert (state(row), row.reason, row.merge) == (("FAILED", 1, NEVER.reply), NEVER.reply, None)
    assert db.session.scalars(sa.select(Suppression)).all() == []


def test_a_mailbox_that_does_not_exist_gets_no_other_mail(anna: Candidate) -> None:
    waiting = posted(anna, key="z", not_before=NOON + HOUR)
    posted(anna)

    go(GONE)

    later = outbox.post("step_due", anna, key="b", now=NOON)
    assert later is not None
    assert (later.state, later.reason) == (DeliveryState.SUPPRESSED, GONE.reply)
    assert not_sent(waiting, NOON + HOUR) == ("SUPPRESSED", GONE.reply)


def test_a_mail_server_that_is_away_costs_nobody_an_attempt(anna: Candidate) -> None:
    row = posted(anna)

    go(AWAY)

    assert state(row) == ("QUEUED", 0, AWAY.reply)
    assert row.not_before == NOON


def test_ten_connections_that_fail_in_a_row_pause_sending_and_one_that_works_starts_it() -> None:
    counted = [delivering.note_connection(False, now=NOON) for _ in range(9)]
    assert (counted[-1], delivering.is_paused(db.session, NOON)) == (9, False)

    delivering.note_connection(False, now=NOON)
    paused = [delivering.is_paused(db.session, NOON + wait) for wait in (timedelta(0), delivering.PAUSE)]
    delivering.note_connection(True, now=NOON)

    assert (paused, delivering.is_paused(db.session, NOON)) == ([True, False], False)


def test_what_a_dead_worker_claimed_is_queued_again(anna: Candidate) -> None:
    row = posted(anna)
    token, (key,) = delivering.claim(1, now=NOON)

    early = delivering.free_expired(now=NOON + delivering.LEASE)
    late = delivering.free_expired(now=NOON + delivering.LEASE + timedelta(seconds=1))

    assert (early, late, state(row), events(row)) == (0, 1, ("QUEUED", 0, None), [])
    assert delivering.hand_over(key, token, make, now=NOON) is None


def test_what_a_dead_worker_was_handing_over_goes_again_under_the_same_message_id(anna: Candidate) -> None:
    row = posted(anna)
    name = row.message_id
    token, (key,) = delivering.claim(1, now=NOON)
    delivering.hand_over(key, token, make, now=NOON)
    later = NOON + delivering.LEASE + timedelta(seconds=1)
    delivering.free_expired(now=later)

    lost = delivering.settle(key, token, SENT, now=later)
    again = go(SENT, later)

    assert (lost, again, row.message_id == name) == (False, True, True)
    assert events(row) == ["HANDING_OVER", "QUEUED", "HANDING_OVER", "SENT"]


def test_each_mail_renews_the_lease_of_those_behind_it(anna: Candidate) -> None:
    rows = [posted(anna, key=key) for key in "ab"]
    token, keys = delivering.claim(2, now=NOON)

    delivering.hand_over(keys[0], token, make, now=NOON + HOUR)

    leases = [row.lease_until for row in rows if not db.session.refresh(row)]
    assert leases == [NOON + HOUR + delivering.LEASE] * 2


def test_what_was_not_begun_is_given_back(anna: Candidate) -> None:
    rows = [posted(anna, key=key) for key in "ab"]
    token, keys = delivering.claim(2, now=NOON)
    delivering.hand_over(keys[0], token, make, now=NOON)

    delivering.release(token)

    assert [state(row)[0] for row in rows] == ["HANDING_OVER", "QUEUED"]


@pytest.mark.parametrize("status", [Status.LEFT, Status.COMPLETED, Status.HANDED_OVER])
def test_a_closed_file_gets_no_mail(anna: Candidate, status: Status) -> None:
    row = posted(anna)
    db.session.execute(sa.update(Candidate).values(status=status), execution_options={"synchronize_session": False})

    assert not_sent(row) == ("CANCELLED", "the file is closed")


def test_with_a_file_go_its_mails(anna: Candidate) -> None:
    posted(anna)
    db.session.delete(db.session.get(Candidate, anna.id))
    db.session.commit()

    assert db.session.scalars(sa.select(Delivery.id)).all() == []


def test_a_mail_goes_where_the_person_reads_now(anna: Candidate) -> None:
    row = posted(anna)
    db.session.execute(sa.update(Candidate).values(email="new@example.test"))

    go(SENT)

    assert (state(row)[0], row.address, row.address_norm) == ("SENT", "new@example.test", "new@example.test")


def test_without_an_address_it_is_cancelled(anna: Candidate) -> None:
    row = posted(anna)
    db.session.execute(sa.update(Candidate).values(email=None))

    assert not_sent(row) == ("CANCELLED", "no address any more")


@pytest.mark.parametrize("change", [sa.update(User).values(active=False), sa.update(Membership).values(ends_on=TODAY - DAY)])
def test_who_does_not_work_here_any_more_gets_no_mail(change: Any) -> None:
    row = posted(profile(NOOR), "handover_received")
    db.session.execute(change)

    assert not_sent(row) == ("CANCELLED", "the account is closed")


def test_a_mail_that_cannot_be_made_fails_and_leaves_nothing_behind(anna: Candidate) -> None:
    row = posted(anna, "sign_in")
    token, (key,) = delivering.claim(1, now=NOON)

    found = delivering.hand_over(key, token, lambda *_: 1 / 0, now=NOON)  # type: ignore[arg-type,return-value]

    db.session.refresh(row)
    assert (found, row.state, row.reason) == (None, DeliveryState.FAILED, "the mail could not be made")
    assert db.session.scalars(sa.select(OneTimeLink)).all() == []


def test_a_digest_of_yesterday_is_not_sent() -> None:
    row = posted(profile(NOOR), "digest", merge={"regions": []})

    assert not_sent(row, NOON + 13 * HOUR) == ("CANCELLED", "too late to be of use")


def test_a_link_to_sign_in_is_made_as_the_mail_leaves_and_kept_nowhere(anna: Candidate) -> None:
    row = posted(anna, "sign_in")
    token, (key,) = delivering.claim(1, now=NOON)

    found = delivering.hand_over(key, token, make, now=NOON)

    assert found is not None
    path = found.text
    secret = path.removeprefix("/aanmelden/link/")
    db.session.refresh(row)
    assert (path != secret, len(secret) >= 43, row.merge) == (True, True, {})
    assert secret not in str([dict(one._mapping) for one in db.session.execute(sa.text("SELECT * FROM one_time_link"))])


def test_the_queue_says_how_many_wait_and_since_when(anna: Candidate) -> None:
    assert delivering.queue(NOON) == (0, None)
    for number in range(3):
        posted(anna, key=str(number), not_before=NOON + number * HOUR)

    assert delivering.queue(NOON + HOUR) == (2, 3600)
