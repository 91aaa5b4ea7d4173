"""Who is told what: once, without names, as each person chose; and the alarm when mail does not leave."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters import mail_text
from app.enums import HandoverKind, HandoverState, MatchParty, MatchState, NotificationKind, NotifyWhen, ReturnReason
from app.extensions import db
from app.jobs import housekeeping
from app.models import Candidate, Delivery, Handover, Match, Membership, Notification, UserProfile
from app.security.identity import Identity, acting_as
from app.services import candidates, digest, doors, handovers, mail_alarm, mails, matches, notifications, outbox, sharing, tasks
from tests.services.cast import (
    ADA,
    CARLA,
    DAY,
    HOUR,
    NOON,
    NOOR,
    PIET,
    ROTTERDAM,
    SAM,
    SCHOOL,
    TODAY,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    profile,
    registered,
)
from tests.services.cast import LEFT_LAST_YEAR as LEFT

K, W = NotificationKind, NotifyWhen
MINUTE = timedelta(minutes=1)


def tell(
    users: Sequence[int], kind: K = K.MESSAGE, words: str = "message_new", *, key: str = "a", now: datetime = NOON, **more: Any
) -> int:
    return notifications.tell(users, kind, words, **{"path": "/berichten/show/1", "key": key, "now": now, **more})


def choose(person: Identity, **choices: str) -> None:
    with beyond_the_wall():
        profile(person).preferences = {"notify": choices}
        db.session.commit()


def rows() -> list[tuple[int, str]]:
    """Who was told what."""
    with beyond_the_wall():
        return [(row.user_id, row.words) for row in db.session.scalars(sa.select(Notification).order_by(Notification.id))]


def mailed() -> list[tuple[int | None, str]]:
    with beyond_the_wall():
        return [(row.user_id, row.kind) for row in db.session.scalars(sa.select(Delivery).order_by(Delivery.id))]


def ids(*people: Identity) -> list[int]:
    return [person.user_id for person in people if person.user_id is not None]


# --- telling ---------------------------------------------------------------------------------------------------------


def test_everybody_is_told_once_however_often_it_is_said() -> None:
    first, again = tell(ids(NOOR, PIET, NOOR)), tell(ids(NOOR, PIET, CARLA))

    assert (first, again) == (2, 1)
    assert rows() == [(1, "message_new"), (4, "message_new"), (3, "message_new")]


def test_people_may_be_named_by_their_profile() -> None:
    assert notifications.tell([profile(PIET)], K.MESSAGE, "message_new", path="/", key="a", now=NOON) == 1


def test_it_takes_two_statements_for_however_many_people() -> None:
    seen: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    tell(ids(NOOR, PIET, CARLA))

    assert [one.split()[0] for one in seen if one.split()[0] in ("SELECT", "INSERT")] == ["SELECT", "INSERT"]


def test_who_does_not_work_here_any_more_is_not_told() -> None:
    with beyond_the_wall():
        profile(PIET).user.active = False
        db.session.commit()

    assert (tell(ids(PIET)), tell([987_654]), tell([])) == (0, 0, 0)


def test_it_follows_the_file_and_the_transaction_it_reports(anna: Candidate) -> None:
    tell(ids(NOOR), candidate=anna)
    with beyond_the_wall():
        (row,) = db.session.scalars(sa.select(Notification))
        assert (row.candidate_id, row.region_id, row.read_at) == (anna.id, UTRECHT, None)
    db.session.rollback()

    assert rows() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": "anything"},
        {"kind": K.TASK},
        {"merge": {"count": 3}},
        {"words": "mail_late", "kind": K.SYSTEM},
        {"words": "mail_late", "kind": K.SYSTEM, "merge": {"minutes": "Anna"}},
        {"path": "https://evil.example/"},
        {"path": "//evil.example/"},
        {"path": "/" + "a" * 200},
        {"key": "a" * 120},
    ],
)
def test_other_words_numbers_and_addresses_are_refused(wrong: dict[str, Any]) -> None:
    given = {"kind": K.MESSAGE, "words": "message_new", **wrong}

    with pytest.raises(ValueError, match="notification"):
        tell(ids(NOOR), **given)


def test_every_sentence_can_be_said_and_every_mail_of_it_exists() -> None:
    for words, known in notifications.WORDS.items():
        row = Notification(kind=known.kind, words=words, merge=dict.fromkeys(known.fields, 3))
        assert "%(" not in notifications.sentence(row)
        assert (known.mail in mails.KINDS, len(words) <= 40) == (True, True)


def test_a_sentence_that_is_no_more_says_what_it_is_about() -> None:
    gone = [Notification(kind=K.MESSAGE, words="gone", merge={}), Notification(kind=K.SYSTEM, words="mail_late", merge={})]

    assert [notifications.sentence(row) for row in gone] == [str(K.MESSAGE.label), str(K.SYSTEM.label)]


# --- at once, daily, never -------------------------------------------------------------------------------------------


def test_never_is_neither_a_line_nor_a_mail() -> None:
    choose(NOOR, MESSAGE="NEVER")

    assert (tell(ids(NOOR)), rows(), mailed()) == (0, [], [])


def test_at_once_is_a_mail_that_says_what_it_is_about_and_names_nobody() -> None:
    choose(NOOR, MESSAGE="AT_ONCE")
    tell(ids(NOOR, PIET))

    with beyond_the_wall():
        (row,) = db.session.scalars(sa.select(Delivery))
    assert (row.user_id, row.kind, row.merge) == (NOOR.user_id, "notification", {"kinds": [0]})


def test_at_most_one_mail_an_hour_for_each_kind_and_nothing_unsaid() -> None:
    choose(NOOR, MESSAGE="AT_ONCE", TASK="AT_ONCE")
    for minute in (0, 5, 10, 59):
        tell(ids(NOOR), key=f"m{minute}", now=NOON + minute * MINUTE)
    tell(ids(NOOR), K.TASK, "task_planned", key="t")

    with beyond_the_wall():
        moments = [row.not_before - NOON for row in db.session.scalars(sa.select(Delivery).order_by(Delivery.id))]
    assert moments == [0 * HOUR, HOUR, 0 * HOUR]


def test_the_mail_of_the_morning_counts_what_is_unread_and_new() -> None:
    tell(ids(NOOR, PIET), key="a", now=NOON - HOUR)
    tell(ids(NOOR), key="b", now=NOON - HOUR)
    tell(ids(NOOR), key="old", now=NOON - 2 * DAY)
    choose(PIET, MESSAGE="AT_ONCE")
    with beyond_the_wall():
        digest.queue(now=NOON)
        parts = {
            row.user_id: (row.merge or {})["regions"] for row in db.session.scalars(sa.select(Delivery).where(Delivery.kind == "digest"))
        }

    assert parts == {NOOR.user_id: [{"region": 0, "counts": {"NEWS": 2}}]}
    (line,) = digest.in_words(parts[1], 1, TODAY)["regions"][0]["lines"]
    assert (str(line["label"]), line["count"], line["path"]) == ("new notifications", 2, "/meldingen/")


def test_what_was_read_is_not_counted() -> None:
    tell(ids(NOOR), now=NOON - HOUR)
    notifications.mark_read(by=NOOR, now=NOON)
    with beyond_the_wall():
        assert (digest.queue(now=NOON), notifications.news(NOON - DAY)) == (0, {})


def test_who_gets_no_mail_of_the_morning_gets_one_that_says_that_there_is_something() -> None:
    tell(ids(SAM), now=NOON - HOUR)
    tell(ids(SAM), K.MAILING, "mailing_asked", key="b", now=NOON - HOUR)
    with beyond_the_wall():
        for moment in (NOON, NOON + HOUR):
            digest.queue(now=moment)
        (row,) = db.session.scalars(sa.select(Delivery))

    assert (row.user_id, row.kind, row.merge) == (SAM.user_id, "notification", {"kinds": [0, 1]})


def test_what_was_told_over_the_weekend_is_in_the_mail_of_monday() -> None:
    friday, monday = datetime.fromisoformat("2026-11-20T09:00:00+00:00"), datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    with beyond_the_wall():
        digest.queue(now=friday)
        db.session.commit()
    tell(ids(NOOR), now=friday + 2 * HOUR)
    db.session.commit()
    with beyond_the_wall():
        assert digest.queue(now=monday) == 1


def test_the_mail_knows_every_kind_by_its_place() -> None:
    numbers = list(range(len(K)))

    subject, text, html = mail_text.render(
        "notification", {"kinds": numbers, "path": "/meldingen/"}, locale="en", base_url="https://a.test"
    )

    assert [f"– {kind.label}" for kind in K if f"– {kind.label}" in text] == [f"– {kind.label}" for kind in K]
    assert (subject, "https://a.test/meldingen/" in html) == ("There is something new for you", True)


def test_what_somebody_chose_is_kept_beside_other_preferences() -> None:
    with beyond_the_wall():
        profile(NOOR).preferences = {"theme": "dark"}
    notifications.choose({K.MESSAGE: W.DAILY, K.TASK: W.NEVER}, by=NOOR)

    assert profile(NOOR).preferences == {"theme": "dark", "notify": {"MESSAGE": "DAILY", "TASK": "NEVER"}}


@pytest.mark.parametrize("kept", [None, {}, {"notify": None}, {"notify": {"MESSAGE": "WHENEVER"}}])
def test_what_cannot_be_read_is_as_at_first(kept: Any) -> None:
    someone = profile(NOOR)
    someone.preferences = kept

    assert [notifications.chosen(someone, kind, own=False) for kind in (K.MESSAGE, K.SYSTEM)] == [W.DAILY, W.AT_ONCE]
    assert notifications.chosen(someone, K.MESSAGE, own=True) is W.AT_ONCE


# --- a candidate -----------------------------------------------------------------------------------------------------


def told_own(anna: Candidate) -> tuple[list[tuple[int, str]], list[tuple[int | None, str, int | None]]]:
    notifications.tell_own(anna, "message_own", path="/mijn/berichten/1", key="a", now=NOON)
    with beyond_the_wall():
        return rows(), [(row.user_id, row.kind, row.candidate_id) for row in db.session.scalars(sa.select(Delivery))]


def test_a_candidate_without_an_account_gets_the_mail_alone(anna: Candidate) -> None:
    assert told_own(anna) == ([], [(None, "message", anna.id)])


@pytest.mark.parametrize(("choice", "lines", "letters"), [(None, 1, 1), ("DAILY", 1, 0), ("NEVER", 0, 0)])
def test_a_candidate_with_an_account_hears_it_as_chosen(anna: Candidate, choice: str | None, lines: int, letters: int) -> None:
    with beyond_the_wall():
        doors.account_of(anna, now=NOON)
        user = db.session.scalar(sa.select(Membership.user_id).where(Membership.candidate_id == anna.id)) or 0
        if choice:
            db.session.get_one(UserProfile, user).preferences = {"notify": {"MESSAGE": choice}}
        db.session.commit()

    assert told_own(anna) == ([(user, "message_own")] * lines, [(None, "message", anna.id)] * letters)


# --- reading ---------------------------------------------------------------------------------------------------------


def test_somebody_reads_their_own_and_nobody_elses() -> None:
    tell(ids(NOOR, PIET), key="a")
    tell(ids(NOOR), key="b")
    with beyond_the_wall():
        of_piet = db.session.scalars(sa.select(Notification.id).where(Notification.user_id == PIET.user_id)).one()

    assert (notifications.unread(1), notifications.mark_read([of_piet], by=NOOR, now=NOON)) == (2, 0)
    assert (notifications.mark_read(by=NOOR, now=NOON), notifications.mark_read(by=NOOR, now=NOON)) == (2, 0)
    assert [notifications.unread(one) for one in (1, 4)] == [0, 1]


def test_the_count_stops_at_a_hundred() -> None:
    for number in range(103):
        tell(ids(NOOR), key=f"n{number}")

    assert notifications.unread(1) == notifications.MOST


def test_after_ninety_days_they_are_gone() -> None:
    tell(ids(NOOR), key="old", now=NOON - 91 * DAY)
    tell(ids(NOOR), key="new", now=NOON - 89 * DAY)
    with beyond_the_wall():
        housekeeping.forget_notifications(NOON)

    assert len(rows()) == 1


# --- where they come from --------------------------------------------------------------------------------------------


def test_who_is_given_an_advisee_hears_it_and_who_takes_one_does_not(anna: Candidate) -> None:
    sharing.claim(anna, by=NOOR, now=NOON)
    sharing.hand(anna, profile(PIET), by=NOOR, now=NOON)

    assert rows() == [(PIET.user_id, "advisee_given")]


def test_a_next_action_that_somebody_else_planned_is_told(anna: Candidate) -> None:
    mine = tasks.plan(anna, "Bellen", TODAY, owner=profile(NOOR), by=NOOR, now=NOON)
    tasks.plan(anna, "Mailen", TODAY, owner=profile(PIET), by=NOOR, now=NOON)
    mine.owner_id = CARLA.user_id
    tasks.change(mine, by=NOOR, now=NOON)
    mine.title = "Terugbellen"
    tasks.change(mine, by=NOOR, now=NOON)

    assert rows() == [(PIET.user_id, "task_planned"), (CARLA.user_id, "task_planned")]


def test_the_adviser_hears_of_a_match_that_fell_through_and_of_nothing_twice(anna: Candidate) -> None:
    candidates.assign(anna, profile(NOOR), by=NOOR, now=NOON)
    with acting_as(CARLA):
        match = matches.propose(Match(candidate_id=anna.id, organisation_id=SCHOOL), by=CARLA, now=NOON)
        matches.move(match, MatchState.FELL_THROUGH, reason="Te ver", party=MatchParty.CANDIDATE, by=CARLA, now=NOON)

    assert rows() == [(NOOR.user_id, "match_fell_through")]


def sent(anna: Candidate) -> Handover:
    """A handover from Utrecht that waits in Rotterdam."""
    with beyond_the_wall():
        sides = {"candidate_id": anna.id, "region_id": UTRECHT, "from_region_id": UTRECHT, "to_region_id": ROTTERDAM}
        row = Handover(
            **sides, kind=HandoverKind.REGION, state=HandoverState.SENT, created_at=NOON, created_by=1, sent_at=NOON, answer_by=TODAY
        )
        db.session.add(row)
        db.session.commit()
    return row


def test_the_answer_to_a_handover_is_told_with_its_own_mail(anna: Candidate) -> None:
    row = sent(anna)
    with acting_as(ZEKI):
        handovers.send_back(row, next(iter(ReturnReason)), expected=1, by=ZEKI, now=NOON)

    assert (rows(), mailed()) == ([(NOOR.user_id, "handover_answered")], [(NOOR.user_id, "handover_answered")])


@pytest.mark.parametrize(("choice", "lines", "letters"), [("AT_ONCE", 1, 1), ("DAILY", 1, 0), ("NEVER", 0, 0)])
def test_a_choice_for_handovers_holds_for_their_own_mails_too(anna: Candidate, choice: str, lines: int, letters: int) -> None:
    choose(NOOR, HANDOVER=choice)
    row = sent(anna)
    with acting_as(ZEKI):
        handovers.send_back(row, next(iter(ReturnReason)), expected=1, by=ZEKI, now=NOON)

    assert (len(rows()), len(mailed())) == (lines, letters)


# --- the alarm -------------------------------------------------------------------------------------------------------


def watched(minutes: range) -> list[int]:
    """Let the clock tick; the minutes at which the administrators heard something."""
    heard, known = [], len(rows())
    for minute in minutes:
        with beyond_the_wall():
            mail_alarm.watch(now=NOON + minute * MINUTE)
            db.session.commit()
        if len(rows()) > known:
            heard.append(minute)
            known = len(rows())
    return heard


def test_a_relay_that_is_down_is_told_once_within_a_quarter_of_an_hour_and_once_when_it_is_over(
    anna: Candidate, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.post("set_out", anna, key="a", now=NOON)
    db.session.commit()

    with caplog.at_level(logging.WARNING):
        down = watched(range(72 * 60))
    with beyond_the_wall():
        db.session.execute(sa.delete(Delivery))
        db.session.commit()
    over = watched(range(72 * 60, 72 * 60 + 10))

    assert (down, over) == ([15], [72 * 60])
    assert rows() == [(ADA.user_id, "mail_late"), (ADA.user_id, "mail_well")]
    assert [record.levelname for record in caplog.records if record.name == "app.services.mail_alarm"] == ["ERROR", "WARNING"]


def test_a_queue_that_stays_near_the_limit_is_one_incident(anna: Candidate) -> None:
    outbox.post("set_out", anna, key="a", now=NOON)
    heard = watched(range(16))
    with beyond_the_wall():
        db.session.execute(sa.update(Delivery).values(not_before=NOON + 5 * MINUTE))
        db.session.commit()

    assert (heard, watched(range(16, 60))) == ([15], [])


def test_a_second_incident_is_told_again(anna: Candidate) -> None:
    for start in (0, 100):
        with beyond_the_wall():
            db.session.execute(sa.delete(Delivery))
        outbox.post("set_out", anna, key="a", now=NOON + start * MINUTE)
        db.session.commit()
        watched(range(start, start + 20))

    assert [words for _, words in rows()] == ["mail_late", "mail_well", "mail_late"]
    assert LEFT not in [user_id for user_id, _ in rows()]


def test_what_nobody_waits_for_rings_no_bell() -> None:
    registered("Bram")

    assert watched(range(60)) == []
