"""The timeline: everybody sees exactly their own lines of it, newest first, page by page, in one quick statement."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app import models as m
from app.enums import (
    ConsentChannel,
    ConsentEvent,
    ConsentPurpose,
    Holder,
    MatchState,
    RegistrationChannel,
    RegistrationState,
    Role,
    SessionKind,
    Stage,
    Status,
)
from app.errors import BadInput
from app.extensions import db
from app.queries.timeline import LONGEST, Event, Kind, Mark, events, next_task
from app.security.capabilities import effective
from app.security.identity import Identity, acting_as
from tests.security.world import NATIONAL, OTHER_SCHOOL, PROVIDER, ROTTERDAM, SCHOOL, UTRECHT, new_activity, new_file
from tests.site import BOTH, Site

NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
KINDS = frozenset(Kind)


def identity(role: Role, region: int = UTRECHT, **more: Any) -> Identity:
    """Somebody whom the demo does not know, in one membership."""
    rights = {region: effective(role, [])}
    return Identity(user_id=987_654, role=role, region_ids=frozenset({region}), national_region_id=NATIONAL, capabilities=rights, **more)


def without(person: Identity, capability: str) -> Identity:
    fewer = {region: names - {capability} for region, names in person.capabilities.items()}
    return Identity(person.user_id, person.role, person.region_ids, person.organisation_ids, None, NATIONAL, fewer)


NOOR, ZEKI = identity(Role.ADVISER), identity(Role.ADVISER, ROTTERDAM)
CARLA = identity(Role.COORDINATOR)
SAM = identity(Role.SCHOOL, organisation_ids=frozenset({SCHOOL}))
STINE = identity(Role.STUDY_ADVISER, organisation_ids=frozenset({PROVIDER}))
BEHEER = identity(Role.ADMIN, NATIONAL)


@contextmanager
def asking(site: Site, person: Identity) -> Iterator[None]:
    with site.app.test_request_context(), acting_as(person):
        yield


def file_of(site: Site) -> int:
    """A file in which one of everything happened, an hour after the other."""
    with site.rows() as session:
        row = new_file(session, UTRECHT, "K-880001", given_name="Anna")
        of: dict[str, Any] = {"candidate_id": row.id, "region_id": UTRECHT}
        first = session.scalar(sa.select(m.StageSpan).where(m.StageSpan.candidate_id == row.id))
        first.entered_at, first.left_at = NOON, NOON + HOUR
        session.flush()
        moves = ((Stage.ORIENTING, Status.ACTIVE), (Stage.ORIENTING, Status.PAUSED))
        for seq, (stage, status) in enumerate(moves, 1):
            left = NOON + HOUR * 2 if seq == 1 else None
            moved = {"seq": seq, "stage": stage, "status": status, "in_region_id": UTRECHT, "reason": f"reason {seq}"}
            session.add(m.StageSpan(**of, **moved, entered_at=NOON + HOUR * seq, left_at=left))
        text = {"channel": ConsentChannel.PHONE, "text_version": "1.nl", "text_sha256": "0" * 64}
        share = {"purpose": ConsentPurpose.SHARE_REPORTS, "organisation_id": PROVIDER}
        session.add(m.Consent(**of, **share, **text, event=ConsentEvent.GIVEN, at=NOON + HOUR * 3))
        done = {"holder": Holder.CANDIDATE, "due_on": date(2026, 3, 3), "created_at": NOON + HOUR * 4, "done_at": NOON + HOUR * 5}
        session.add(m.Task(**of, title="Bellen", **done))
        hosted = new_activity(session, UTRECHT, SCHOOL, "Open dag")
        seat = {"seq": 1, "channel": RegistrationChannel.ADVISER, "created_at": NOON + HOUR * 6, "state_at": NOON + HOUR * 7}
        session.add(m.Registration(**of, activity_id=hosted.id, state=RegistrationState.ATTENDED, **seat))
        for hours, organisation in ((8, SCHOOL), (9, OTHER_SCHOOL), (10, PROVIDER)):
            match = m.Match(**of, organisation_id=organisation, state=MatchState.MUTUAL, state_at=NOON, created_at=NOON)
            session.add(match)
            session.flush()
            moved = {"state": MatchState.MUTUAL, "at": NOON + HOUR * hours, "reason": f"outcome {organisation}"}
            session.add(m.MatchEvent(**of, match_id=match.id, organisation_id=organisation, **moved))
        for hours, shared in ((11, True), (12, False)):
            held = {"held_at": NOON + HOUR * hours, "created_at": NOON, "kinds": frozenset({SessionKind.PHONE}), "shared": shared}
            session.add(m.AdviceSession(**of, **held, in_region_id=of["region_id"], summary=f"summary {hours}", notes=f"notes {hours}"))
        for minutes in (0, 10):
            looked = m.ReadEvent(at=NOON + HOUR * 13 + timedelta(minutes=minutes), screen="kandidaten", channel="contact")
            looked.actor_role, looked.actor_region_id = Role.ADVISER, UTRECHT
            session.add(looked)
            session.flush()
            session.add(m.ReadSubject(token=f"token-{row.id}", event_id=looked.id))
        session.flush()
        return int(row.id)


def said(found: list[Event]) -> list[str]:
    """The lines as words, newest first."""
    return [" ".join(filter(None, (e.kind.name, e.what, e.code, e.was, e.text, e.organisation, e.activity))) for e in found]


ALL = [
    "SESSION summary 12",
    "SESSION summary 11",
    "MATCH MUTUAL outcome 221 {provider}",
    "MATCH MUTUAL outcome 5 {other}",
    "MATCH MUTUAL outcome 1 {school}",
    "ATTENDANCE ATTENDED Open dag",
    "REGISTERED CONFIRMED Open dag",
    "DONE Bellen",
    "PLANNED CANDIDATE Bellen",
    "CONSENT GIVEN SHARE_REPORTS {provider}",
    "STEP status PAUSED ACTIVE reason 2",
    "STEP stage ORIENTING EXPLORING reason 1",
    "STEP start EXPLORING",
]


def named(site: Site, lines: list[str]) -> list[str]:
    with site.rows() as session:
        names = {key: session.get(m.Organisation, number).name for key, number in _PARTIES.items()}
    return [line.format(**names) for line in lines]


_PARTIES = {"school": SCHOOL, "other": OTHER_SCHOOL, "provider": PROVIDER}


@BOTH
def test_the_desk_of_the_region_sees_all_that_happened_and_the_desk_of_another_nothing(site: Site) -> None:
    candidate, lines = file_of(site), named(site, ALL)

    with asking(site, NOOR):
        mine = said(events(candidate, KINDS, by=NOOR, size=50))
    with asking(site, ZEKI):
        theirs = said(events(candidate, KINDS, by=ZEKI, size=50))

    assert (mine, theirs) == (lines, [])


def test_who_may_not_see_notes_sees_no_reason_of_a_step(site: Site) -> None:
    candidate, blind = file_of(site), without(CARLA, "see_notes")
    lines = [line.partition(" reason")[0] for line in named(site, ALL)]

    with asking(site, blind):
        found = said(events(candidate, KINDS, by=blind, size=50))

    assert found == lines


@BOTH
def test_the_candidate_sees_the_own_lines_and_once_a_day_who_looked_and_no_reason_of_the_desk(site: Site) -> None:
    candidate = file_of(site)
    anna, other = identity(Role.CANDIDATE, candidate_id=candidate), identity(Role.CANDIDATE, candidate_id=candidate - 1)
    lines = named(site, ["LOOKED ADVISER contact", *(line.partition(" reason")[0] for line in ALL)])

    with asking(site, anna):
        found = events(candidate, KINDS, by=anna, size=50)
    with asking(site, other):
        foreign = events(candidate, KINDS, by=other, size=50)

    assert (said(found), foreign) == (lines, [])
    assert (found[0].many, found[0].region) == (2, "Regio Utrecht")


def test_a_school_sees_its_own_match_and_activity_without_why_and_nothing_of_others(site: Site) -> None:
    candidate = file_of(site)

    with asking(site, SAM):
        found = said(events(candidate, KINDS, by=SAM, size=50))

    assert found == named(site, ["MATCH MUTUAL {school}", "ATTENDANCE ATTENDED Open dag", "REGISTERED CONFIRMED Open dag"])


def test_a_study_adviser_sees_the_own_match_and_the_report_that_is_shared(site: Site) -> None:
    candidate = file_of(site)

    with asking(site, STINE):
        found = said(events(candidate, KINDS, by=STINE, size=50))

    assert found == named(site, ["SESSION summary 11", "MATCH MUTUAL {provider}"])


def test_an_administrator_sees_no_line(site: Site) -> None:
    candidate = file_of(site)

    with asking(site, BEHEER):
        assert events(candidate, KINDS - {Kind.LOOKED}, by=BEHEER, size=50) == []
        assert events(candidate, {Kind.LOOKED}, by=BEHEER, size=50) == []


@BOTH
def test_pages_of_any_size_put_together_are_the_whole_even_when_all_happened_at_once(site: Site) -> None:
    candidate = file_of(site)
    with site.rows() as session:
        for model, column in ((m.StageSpan, "entered_at"), (m.Task, "created_at"), (m.MatchEvent, "at"), (m.AdviceSession, "held_at")):
            now = {column: NOON, **({"left_at": NOON} if model is m.StageSpan else {})}
            mine = sa.update(model).where(model.candidate_id == candidate)
            if model is m.StageSpan:
                mine = mine.where(m.StageSpan.left_at.is_not(None))
            session.execute(mine.values(**now))

    with asking(site, NOOR):
        whole = events(candidate, KINDS, by=NOOR, size=50)
        for size in (1, 2, 3, 5):
            pages: list[Event] = []
            while page := events(candidate, KINDS, by=NOOR, before=Mark.read(str(pages[-1].mark)) if pages else None, size=size):
                pages += page
            assert pages == whole

    assert len(whole) == len(ALL)


def test_only_the_asked_kinds_come_along_and_none_asks_nothing(site: Site) -> None:
    candidate = file_of(site)

    with asking(site, NOOR):
        sessions = events(candidate, {Kind.SESSION}, by=NOOR, size=50)
        seen = site.statements()
        nothing = events(candidate, set(), by=NOOR, size=50)

    assert ([event.kind for event in sessions], nothing, seen) == ([Kind.SESSION, Kind.SESSION], [], [])


def test_a_long_report_brings_its_beginning_along_only(site: Site) -> None:
    candidate = file_of(site)
    with site.rows() as session:
        session.execute(sa.update(m.AdviceSession).where(m.AdviceSession.candidate_id == candidate).values(summary="woord " * 2000))

    with asking(site, NOOR):
        found = events(candidate, {Kind.SESSION}, by=NOOR, size=1)

    assert len(found[0].text or "") == LONGEST


BROKEN = (
    *("", "x", "20260302T110000000000", "20260302T110000000000-3", "20260302T110000000000-3-x", "20261302T110000000000-3-1"),
    *("99991231T235959999999-3-1", "20260302T110000000000-99-1", "20260302T110000000000--1"),
    *("20260302T110000000000-300-1", "20260302T110000000000-3-1' OR 1", "2026-03-02-3-1", "²0260302T110000000000-3-1"),
)


@pytest.mark.parametrize("text", BROKEN)
def test_a_place_that_no_timeline_wrote_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Mark.read(text)


def test_the_next_task_is_the_open_one_with_the_earliest_day(site: Site) -> None:
    candidate = file_of(site)
    of: dict[str, Any] = {"candidate_id": candidate, "region_id": UTRECHT, "holder": Holder.DESK, "created_at": NOON}
    with site.rows() as session:
        session.add_all([m.Task(**of, title=title, due_on=date(2026, 4, day)) for title, day in (("later", 3), ("first", 2))])

    with asking(site, NOOR):
        mine = next_task(candidate)
    with asking(site, ZEKI):
        theirs = next_task(candidate)

    assert (mine.title if mine else None, theirs) == ("first", None)


def test_thousands_of_lines_take_one_statement_and_no_walk_through_the_region(site: Site) -> None:
    candidate = file_of(site)
    of: dict[str, Any] = {"candidate_id": candidate, "region_id": UTRECHT}
    with site.rows() as session:
        for number in range(3000):
            at = NOON + timedelta(minutes=number)
            session.add(m.AdviceSession(**of, in_region_id=UTRECHT, held_at=at, created_at=at, kinds=frozenset(), summary="kort"))
            session.add(m.Task(**of, title="Bellen", holder=Holder.DESK, due_on=at.date(), created_at=at))

    with asking(site, NOOR):
        plans = _plan(candidate)
        seen, began = site.statements(), time.perf_counter()
        found = events(candidate, KINDS - {Kind.LOOKED}, by=NOOR, before=Mark(NOON + HOUR * 40, 3, 1), size=21)
        took = time.perf_counter() - began

    assert (len(found), len(seen)) == (21, 1)
    assert [
        line
        for line in plans
        if line.startswith("SCAN") and not line.startswith(("SCAN line", "SCAN anon", "SCAN (subquery", "SCAN CONSTANT"))
    ] == []
    assert took < 0.5


def _plan(candidate: int) -> list[str]:
    """What SQLite does for the statement."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    events(candidate, KINDS - {Kind.LOOKED}, by=NOOR, size=21)
    sa.event.remove(db.engine, "before_cursor_execute", note)
    explained = db.session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + asked[-1][0], asked[-1][1])
    return [row[3] for row in explained]
