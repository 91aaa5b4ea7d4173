"""One to one: who may write to whom, what is kept, who hears of it, and what counts as read."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters.storage import Folder
from app.enums import MatchParty, MatchState, NotificationKind, Role
from app.errors import BadInput, Doubtful, NotAllowed, NotFound
from app.extensions import db
from app.models import Attachment, Candidate, Delivery, Match, Message, Notification, Organisation, Thread
from app.queries import threads as queries
from app.queries.threads import Which
from app.security.identity import Identity, acting_as
from app.services import attachments, candidates, matches, threads
from tests import files
from tests.services.cast import (
    CARLA,
    DAY,
    HOUR,
    NADIA,
    NOON,
    NOOR,
    PIET,
    PROVIDER,
    ROTTERDAM,
    SAM,
    SCHOOL,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    identity,
    logged,
    profile,
    registered,
)

MINUTE = timedelta(minutes=1)
FATIMAS_USER = 8  # an account of the cast that stands for the candidate's


def herself(anna: Candidate) -> Identity:
    return replace(identity(FATIMAS_USER, Role.CANDIDATE, UTRECHT), candidate_id=anna.id)


def written(anna: Candidate, by: Identity = NOOR, *, now: Any = NOON, **more: Any) -> Thread:
    with acting_as(by):
        given = {"subject": "Je vraag", "text": "Hoi Anna", "by": by, "now": now, "key": f"{by.user_id} {now}"} | more
        thread = threads.write(anna, given.pop("subject"), given.pop("text"), **given)
        db.session.commit()
    return thread


def answered(thread: Thread, by: Identity, *, now: Any, text: str = "Dank je", **more: Any) -> Message:
    with acting_as(by):
        message = threads.answer(thread, text, **{"by": by, "now": now, "key": f"{by.user_id} {now} {text}"} | more)
        db.session.commit()
    return message


def looked(thread: Thread, by: Identity, now: Any) -> None:
    with acting_as(by):
        threads.read(thread, by=by, now=now)


def unread(by: Identity) -> list[str]:
    with acting_as(by):
        return [line.thread.subject for line in queries.lines(Which.UNREAD, by=by, size=10)]


def read_marks(thread: Thread, by: Identity = NOOR) -> list[Any]:
    db.session.expire_all()
    with acting_as(by):
        return [message.read_at for message in queries.messages(thread, before=None, size=20)]


def told() -> list[tuple[int, NotificationKind, str]]:
    with beyond_the_wall():
        rows = db.session.scalars(sa.select(Notification).where(Notification.words == "message_new").order_by(Notification.id))
        return [(row.user_id, row.kind, row.path) for row in rows]


def mailed() -> list[int | None]:
    with beyond_the_wall():
        return list(db.session.scalars(sa.select(Delivery.candidate_id).where(Delivery.kind == "message").order_by(Delivery.id)))


def accepted(anna: Candidate, state: MatchState = MatchState.MUTUAL) -> Match:
    match = matches.propose(Match(candidate_id=anna.id, organisation_id=SCHOOL), by=NOOR, now=NOON)
    with beyond_the_wall():
        match.state = state
        db.session.commit()
    return match


def school() -> Organisation:
    with beyond_the_wall():
        return db.session.get_one(Organisation, SCHOOL)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_message_of_the_desk_is_kept_counts_as_contact_and_leaves_one_mail(anna: Candidate) -> None:
    thread = written(anna, subject=" Je\x00 vraag\n", text="  Hoi Anna\r\n\r\nTot morgen\x00 ")

    message = db.session.scalars(sa.select(Message)).one()
    assert (message.text, message.from_candidate, message.author_id, message.at) == ("Hoi Anna\n\nTot morgen", False, NOOR.user_id, NOON)
    assert (thread.subject, thread.in_region_id, thread.last_at, anna.last_contact_at, mailed(), told()) == (
        "Je vraag",
        UTRECHT,
        NOON,
        NOON,
        [anna.id],
        [],
    )
    assert logged()[-2:] == [("begin_thread", "thread", ["subject"]), ("write_message", "message", ["text"])]


def test_the_same_key_again_makes_nothing_new_and_a_key_of_somebody_else_does_not_clash(anna: Candidate) -> None:
    first = written(anna, key="one")
    again = written(anna, key="one", now=NOON + HOUR)
    carlas = written(anna, CARLA, key="one", now=NOON + HOUR)
    answers = {answered(first, NOOR, now=NOON + HOUR, key="two").id for _ in range(2)}

    assert (again.id, carlas.id == first.id, len(answers), len(db.session.scalars(sa.select(Message)).all())) == (first.id, False, 1, 3)


@pytest.mark.parametrize(("given", "sentence"), [
    ({"text": " \n "}, "Write a message first."),
    ({"text": "x" * 10_001}, "at most 10000 characters"),
    ({"subject": "  "}, "what the message is about"),
    ({"subject": "x" * 121}, "what the message is about"),
])  # fmt: skip
def test_an_empty_or_endless_text_is_refused(anna: Candidate, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        written(anna, **given)

    assert sentence in str(refused.value)


def test_the_adviser_of_another_region_finds_neither_candidate_nor_conversation(anna: Candidate) -> None:
    thread = written(anna)

    with pytest.raises(NotFound):
        written(anna, ZEKI)
    with acting_as(ZEKI):
        seen = (queries.find(thread.id), queries.lines(Which.ALL, by=ZEKI, size=5))

    assert seen == (None, [])


def test_a_text_that_seems_to_hold_a_bsn_is_asked_about_once() -> None:
    with pytest.raises(Doubtful) as first:
        threads.settle_doubts("Mijn nummer is 111222333", "")

    threads.settle_doubts("Mijn nummer is 111222333", first.value.seen)
    threads.settle_doubts("Bel 0612345678", "")
    with pytest.raises(Doubtful):
        threads.settle_doubts("Mijn nummer is 111222333!", first.value.seen)


# -- who hears of it ----------------------------------------------------------------------------------------------------


def test_an_answer_of_the_candidate_is_told_to_the_adviser_and_to_who_wrote(anna: Candidate) -> None:
    candidates.assign(anna, profile(PIET), by=NOOR, now=NOON)
    thread = written(anna)

    answered(thread, herself(anna), now=NOON + HOUR)

    path = f"/berichten/{thread.id}"
    assert told() == [(NOOR.user_id, NotificationKind.MESSAGE, path), (PIET.user_id, NotificationKind.MESSAGE, path)]


def test_without_an_adviser_the_whole_desk_hears_of_it_and_nobody_who_left(anna: Candidate) -> None:
    written(anna, herself(anna))

    assert [user for user, _, _ in told()] == [NOOR.user_id, CARLA.user_id, PIET.user_id]


def test_who_has_something_unread_hears_of_it_once_an_hour_and_again_after_reading(anna: Candidate) -> None:
    thread = written(anna)
    answered(thread, NOOR, now=NOON + 10 * MINUTE)
    merged = mailed()
    looked(thread, herself(anna), NOON + 20 * MINUTE)
    answered(thread, NOOR, now=NOON + 30 * MINUTE)
    after_reading = mailed()
    answered(thread, NOOR, now=NOON + 2 * HOUR)

    assert (len(merged), len(after_reading), len(mailed())) == (1, 2, 3)


# -- read ---------------------------------------------------------------------------------------------------------------


def test_read_follows_from_the_log_of_looks_for_either_side(anna: Candidate) -> None:
    thread = written(anna)
    before = (read_marks(thread), unread(herself(anna)), unread(NOOR))
    looked(thread, herself(anna), NOON + HOUR)
    looked(thread, herself(anna), NOON + 2 * HOUR)
    answered(thread, herself(anna), now=NOON + 3 * HOUR)
    between = (read_marks(thread), unread(herself(anna)), unread(CARLA))
    looked(thread, CARLA, NOON + 4 * HOUR)

    assert before == ([None], ["Je vraag"], [])
    assert between == ([NOON + HOUR, None], [], ["Je vraag"])
    assert (read_marks(thread), unread(NOOR)) == ([NOON + HOUR, NOON + 4 * HOUR], [])


def test_a_look_that_finds_nothing_new_is_not_written_down(anna: Candidate) -> None:
    thread = written(anna)
    looked(thread, NOOR, NOON + HOUR)

    assert read_marks(thread, herself(anna)) == [None]


def test_the_list_begins_with_what_is_unread_and_knows_whose_turn_it_is(anna: Candidate) -> None:
    bob = registered("Bob", email="bob@example.test")
    first = written(anna, herself(anna), subject="Oud")
    written(bob, subject="Nieuw", now=NOON + DAY)

    found = queries.lines(Which.ALL, by=NOOR, size=10)

    assert [(line.thread.subject, line.is_unread, line.from_candidate) for line in found] == [("Oud", True, True), ("Nieuw", False, False)]
    assert [line.thread.subject for line in queries.lines(Which.MINE, by=NOOR, size=10)] == ["Nieuw"]
    assert (queries.count(Which.UNREAD, by=NOOR), first.closed_at) == (1, None)


# -- closing, moving ------------------------------------------------------------------------------------------------------


def test_what_is_finished_stays_so_until_somebody_writes(anna: Candidate) -> None:
    thread = written(anna)
    for _ in range(2):
        threads.close(thread, by=NOOR, now=NOON + HOUR)
    closed = thread.closed_at
    with pytest.raises(NotAllowed), acting_as(herself(anna)):
        threads.close(thread, by=herself(anna), now=NOON + HOUR)
    answered(thread, herself(anna), now=NOON + 2 * HOUR)

    assert (closed, thread.closed_at, [line for line in logged() if line[0] == "close_thread"]) == (
        NOON + HOUR,
        None,
        [("close_thread", "thread", ["closed_at"])],
    )


def test_after_a_transfer_the_new_desk_reads_nothing_of_it_and_the_candidate_reads_it_back(anna: Candidate) -> None:
    thread = written(anna)
    with beyond_the_wall():
        db.session.execute(sa.update(Candidate).where(Candidate.id == anna.id).values(region_id=ROTTERDAM))
        db.session.commit()
        db.session.expire_all()
    moved = replace(herself(anna), region_ids=frozenset({ROTTERDAM}))

    with acting_as(ZEKI):
        seen_there = queries.find(thread.id)
    with acting_as(NOOR):
        seen_here = queries.find(thread.id)
    with pytest.raises(BadInput), acting_as(moved):
        threads.answer(queries.find(thread.id), "Hoi", by=moved, now=NOON, key="k")  # type: ignore[arg-type]

    assert (seen_there, seen_here) == (None, None)


# -- organisations ----------------------------------------------------------------------------------------------------------


def test_an_organisation_and_a_candidate_write_after_acceptance_and_the_desk_reads_none_of_it(anna: Candidate) -> None:
    accepted(anna)
    thread = written(anna, SAM, organisation=school())
    answered(thread, herself(anna), now=NOON + HOUR)

    with acting_as(NOOR):
        seen = (queries.find(thread.id), db.session.scalars(sa.select(Message)).all())

    assert (seen, told(), unread(SAM)) == ((None, []), [(SAM.user_id, NotificationKind.MESSAGE, f"/berichten/{thread.id}")], ["Je vraag"])
    assert anna.last_contact_at is None


def test_before_acceptance_nobody_writes_and_after_it_fell_through_nobody_reads(anna: Candidate) -> None:
    match = accepted(anna, MatchState.PROPOSED)
    with pytest.raises(NotFound):
        written(anna, SAM, organisation=school())
    with pytest.raises(NotAllowed):
        written(anna, herself(anna), organisation=school())
    with beyond_the_wall():
        match.state = MatchState.MUTUAL
        db.session.commit()
    thread = written(anna, SAM, organisation=school())
    matches.move(match, MatchState.FELL_THROUGH, reason="Te ver", party=MatchParty.CANDIDATE, by=NOOR, now=NOON)
    db.session.commit()

    with acting_as(SAM):
        seen = queries.find(thread.id)
    with pytest.raises(NotAllowed):
        answered(thread, herself(anna), now=NOON + HOUR)

    assert seen is None


@pytest.mark.parametrize("other", [
    identity(6, Role.STUDY_ADVISER, UTRECHT, organisation_ids=frozenset({SCHOOL})),
    identity(6, Role.SCHOOL, UTRECHT, organisation_ids=frozenset({PROVIDER})),
    NADIA,
])  # fmt: skip
def test_nobody_else_reads_what_an_organisation_writes(anna: Candidate, other: Identity) -> None:
    accepted(anna)
    thread = written(anna, SAM, organisation=school())

    with acting_as(other):
        seen = queries.find(thread.id)

    assert seen is None


def test_a_desk_does_not_write_in_the_name_of_an_organisation(anna: Candidate) -> None:
    accepted(anna)

    with pytest.raises(NotAllowed):
        written(anna, organisation=school())


# -- files ------------------------------------------------------------------------------------------------------------------


def test_files_go_with_a_message_and_are_seen_by_who_reads_it(anna: Candidate, tmp_path: Path) -> None:
    folder, her = Folder(tmp_path / "attachments"), herself(anna)
    examined = attachments.examine([attachments.Sent("foto.png", io.BytesIO(files.png()))], scanner=None)
    thread = written(anna)
    message = answered(thread, her, now=NOON + HOUR, files=examined, folder=folder)

    seen = {}
    for name, by in (("herself", her), ("noor", NOOR), ("zeki", ZEKI), ("sam", SAM)):
        with acting_as(by):
            seen[name] = [row.name for row in attachments.of(message)]
    row = db.session.scalars(sa.select(Attachment)).one()

    assert seen == {"herself": ["foto.png"], "noor": ["foto.png"], "zeki": [], "sam": []}
    assert (row.message_id, row.session_id, folder.get(row.key)) == (message.id, None, files.png())


def test_nobody_puts_a_file_with_the_message_of_somebody_else(anna: Candidate, tmp_path: Path) -> None:
    message = answered(written(anna), herself(anna), now=NOON + HOUR)
    examined = attachments.examine([attachments.Sent("foto.png", io.BytesIO(files.png()))], scanner=None)

    with pytest.raises(NotAllowed):
        attachments.attach(message, examined, for_candidate=True, folder=Folder(tmp_path), by=NOOR, now=NOON)
