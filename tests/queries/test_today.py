"""What waits for somebody: the right rows in the right order, never those of another region, one statement a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import ActivityKind, MatchState, Role, Source, Stage, Status
from app.extensions import db
from app.models import Activity, AdviceSession, Candidate, Match, Organisation, Region, Registration, Task, UserProfile
from app.queries import advisees, first, signals, today
from app.queries.first import Found, Query
from app.queries.today import LOADING, Ask
from app.security.identity import Identity, acting_as
from tests.services.cast import identity
from tests.site import BOTH, Site

pytestmark = BOTH
TODAY = date(2026, 11, 24)
MIDNIGHT = datetime(2026, 11, 23, 23, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=12)
DAY = timedelta(days=1)
_numbers = count(900_000)


class Desk:
    """A region of its own in a filled database, with an adviser, and rows put there by hand."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with site.rows() as session:
            region = Region(name="Testland", slug="testland", promised_days=3)
            session.add(region)
            session.flush()
            self.region_id = region.id
            self.user_id, self.colleague_id = session.scalars(sa.select(UserProfile.user_id).order_by(UserProfile.user_id).limit(2))
            self.school_id, self.other_school_id = session.scalars(sa.select(Organisation.id).order_by(Organisation.id).limit(2))

    def by(self, role: Role = Role.ADVISER, region_id: int | None = None, **more: Any) -> Identity:
        return identity(self.user_id, role, region_id or self.region_id, **more)

    def school(self) -> Identity:
        return self.by(Role.SCHOOL, organisation_ids=frozenset({self.school_id}))

    def candidate(self, session: Any, name: str, **fields: Any) -> Candidate:
        """An active candidate of the adviser with a next action tomorrow, unless told otherwise."""
        number = next(_numbers)
        given = {
            "region_id": self.region_id, "lead_adviser_id": self.user_id, "status": Status.ACTIVE, "stage": Stage.EXPLORING,
            "next_action_on": TODAY + DAY, "created_at": NOW - 90 * DAY, "last_contact_at": NOW - DAY, "source": Source.DESK,
        } | fields  # fmt: skip
        row = Candidate(number=f"K-{number}", name=name, sort_name=name.casefold(), stage_entered_at=NOW, **given)
        session.add(row)
        session.flush()
        return row

    def match(self, session: Any, name: str, state: MatchState, ago: int, **fields: Any) -> None:
        candidate = self.candidate(session, name, **fields.pop("of", {}))
        given = {"organisation_id": self.school_id} | fields
        session.add(
            Match(
                candidate_id=candidate.id, region_id=candidate.region_id, state=state, state_at=NOW - ago * DAY,
                created_at=NOW - 60 * DAY, **given,
            )
        )  # fmt: skip
        session.flush()

    @contextmanager
    def asking(self, by: Identity) -> Iterator[Ask]:
        with self.site.app.test_request_context(), acting_as(by):
            yield Ask(by, NOW, TODAY, MIDNIGHT)

    def found(self, section: Any, by: Identity | None = None) -> Found:
        with self.asking(by or self.by()) as ask:
            return first.gather({"it": section(ask)}, 7, LOADING)["it"]

    def names(self, section: Any, by: Identity | None = None) -> list[str]:
        """What a section shows, by the name of the candidate (the number where only that is seen) or the title."""
        return [_called(row) for row, _ in self.found(section, by).rows]


def _called(row: Any) -> str:
    if isinstance(row, (Match, Task, AdviceSession)):
        return row.candidate.name if row.candidate is not None else row.candidate_number
    return str(row)


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


def asking(ask: Ask) -> Query:
    """Who of one's own people asks for attention."""
    return today.asking(signals.moment(db.session, NOW, TODAY), advisees.own(ask.by.user_id))


def asking_here(ask: Ask) -> Query:
    """Who in the region asks for attention."""
    return today.asking(signals.moment(db.session, NOW, TODAY))


def test_asking_for_attention_are_ones_own_active_candidates_with_a_signal_the_latest_first(desk: Desk) -> None:
    with desk.site.rows() as session:
        desk.candidate(session, "Two days", next_action_on=TODAY - 2 * DAY)
        desk.candidate(session, "Nine days", next_action_on=TODAY - 9 * DAY)
        desk.candidate(session, "Today", next_action_on=TODAY)
        desk.candidate(session, "Of a colleague", next_action_on=TODAY - DAY, lead_adviser_id=desk.colleague_id)
        desk.candidate(session, "Paused", next_action_on=TODAY - DAY, status=Status.PAUSED)
        desk.candidate(session, "Paused longer", next_action_on=TODAY + DAY, status=Status.PAUSED)

    assert desk.names(asking) == ["Nine days", "Two days", "Paused"]


def test_a_line_brings_the_first_open_task_of_its_candidate(desk: Desk) -> None:
    with desk.site.rows() as session:
        anna = desk.candidate(session, "Anna", next_action_on=TODAY - DAY)
        for title, due_on, done_at in (("Done", -9, NOW), ("Later", 5, None), ("First", -1, None)):
            session.add(_task(anna, title, due_on, done_at=done_at))

    assert [extra for _, extra in desk.found(_late).rows] == ["First"]


def _late(ask: Ask) -> Query:
    return Query(Candidate, (Candidate.lead_adviser_id == ask.by.user_id, Candidate.next_action_on < TODAY), (Candidate.next_action_on,))


def _task(candidate: Candidate, title: str, days: int, **fields: Any) -> Task:
    given = {"holder": "ADVISER", "created_at": NOW - 9 * DAY} | fields
    return Task(candidate_id=candidate.id, region_id=candidate.region_id, title=title, due_on=TODAY + days * DAY, **given)


def test_due_today_are_ones_own_open_tasks_of_today(desk: Desk) -> None:
    with desk.site.rows() as session:
        for name, days, fields in (
            ("Today", 0, {"owner_id": desk.user_id}),
            ("Ticked off", 0, {"owner_id": desk.user_id, "done_at": NOW}),
            ("Tomorrow", 1, {"owner_id": desk.user_id}),
            ("Of a colleague", 0, {"owner_id": desk.colleague_id}),
            ("Saturday, an own candidate", -2, {"owner_id": desk.user_id}),
        ):
            session.add(_task(desk.candidate(session, name), "Call", days, **fields))
        theirs = desk.candidate(session, "Saturday, of a colleague's", lead_adviser_id=desk.colleague_id)
        session.add(_task(theirs, "Call", -2, owner_id=desk.user_id))

    assert desk.names(today.due_today) == ["Saturday, of a colleague's", "Today"]


def test_the_inbox_holds_open_candidates_without_an_adviser_who_waits_longest_first(desk: Desk) -> None:
    with desk.site.rows() as session:
        desk.candidate(session, "Yesterday", lead_adviser_id=None, created_at=NOW - DAY)
        desk.candidate(session, "Last week", lead_adviser_id=None, created_at=NOW - 7 * DAY, next_action_on=TODAY - DAY)
        desk.candidate(session, "Led")
        desk.candidate(session, "Gone", lead_adviser_id=None, status=Status.LEFT)
        desk.candidate(session, "Paused", lead_adviser_id=None, status=Status.PAUSED)

    assert desk.names(today.inbox) == ["Paused", "Last week", "Yesterday"]


def test_a_match_that_fell_through_asks_its_own_adviser_and_the_coordinator(desk: Desk) -> None:
    silent = {"last_contact_at": NOW - 20 * DAY}
    with desk.site.rows() as session:
        desk.match(session, "Mine", MatchState.FELL_THROUGH, 3, of=silent)
        desk.match(session, "Of a colleague", MatchState.FELL_THROUGH, 2, of=silent | {"lead_adviser_id": desk.colleague_id})
        desk.match(session, "Spoken with", MatchState.FELL_THROUGH, 2)
        desk.match(session, "Goes on", MatchState.MUTUAL, 1, of=silent)

    assert desk.names(asking) == ["Mine"]
    assert desk.names(asking_here, desk.by(Role.COORDINATOR)) == ["Mine", "Of a colleague"]


def test_the_coordinator_sees_who_has_nothing_planned_who_is_new_and_who_is_behind(desk: Desk) -> None:
    with desk.site.rows() as session:
        desk.candidate(session, "Nothing planned", next_action_on=None)
        desk.candidate(session, "Completed", next_action_on=None, status=Status.COMPLETED)
        desk.candidate(session, "New", created_at=NOW - 6 * DAY, next_action_on=TODAY - DAY)
        desk.candidate(session, "Just too old", created_at=NOW - 8 * DAY, next_action_on=TODAY - DAY, lead_adviser_id=None)
        desk.candidate(session, "Late", next_action_on=TODAY - DAY)
    carla = desk.by(Role.COORDINATOR)

    assert set(desk.names(asking_here, carla)) == {"Nothing planned", "New", "Just too old", "Late"}
    assert desk.names(today.new_this_week, carla) == ["New"]
    with desk.asking(carla) as ask:
        assert [(user, number) for user, _, number in today.overdue_by_adviser(ask)] == [(desk.user_id, 2), (None, 1)]


def test_coming_activities_are_those_of_the_region_in_two_weeks_with_the_seats_that_are_taken(desk: Desk) -> None:
    with desk.site.rows() as session:
        rows = {
            title: Activity(
                region_id=desk.region_id, kind=ActivityKind.OPEN_DAY, title=title, starts_at=NOW + days * DAY,
                created_at=NOW, cancelled_at=NOW if title == "Cancelled" else None,
            )
            for title, days in (("Second", 3), ("First", 1), ("Past", -1), ("Far", 20), ("Cancelled", 2))
        }  # fmt: skip
        session.add_all(rows.values())
        session.flush()
        for seq, state in enumerate(("CONFIRMED", "ATTENDED", "CANCELLED", "WAITLISTED"), 1):
            candidate = desk.candidate(session, state)
            session.add(
                Registration(
                    activity_id=rows["Second"].id, candidate_id=candidate.id, region_id=desk.region_id, seq=seq, state=state,
                    channel="ADVISER", created_at=NOW, state_at=NOW,
                )
            )  # fmt: skip

    assert [(row.title, seats) for row, seats in desk.found(today.coming).rows] == [("First", 0), ("Second", 2)]


def test_a_school_sees_what_it_has_to_do_by_number_alone_until_both_said_yes(desk: Desk) -> None:
    with desk.site.rows() as session:
        session.execute(sa.delete(Match).where(Match.organisation_id == desk.school_id))
        desk.match(session, "Interested", MatchState.INTEREST_CANDIDATE, 5)
        desk.match(session, "Both", MatchState.MUTUAL, 4)
        desk.match(session, "Met", MatchState.MEETING_PLANNED, 9)
        desk.match(session, "Will meet", MatchState.MEETING_PLANNED, 2)
        desk.match(session, "Judged", MatchState.ASSESSMENT, 1)
        desk.match(session, "Proposed", MatchState.PROPOSED, 3)
        desk.match(session, "Of another school", MatchState.MUTUAL, 3, organisation_id=desk.other_school_id)
        number = session.scalar(sa.select(Candidate.number).where(Candidate.name == "Interested"))

    assert desk.names(today.to_act, desk.school()) == ["Met", number, "Both"]
    assert desk.names(today.going_on, desk.school()) == ["Judged", "Will meet"]


def test_a_school_is_shown_its_own_activities_however_far_ahead(desk: Desk) -> None:
    with desk.site.rows() as session:
        session.execute(sa.update(Activity).where(Activity.organisation_id == desk.school_id).values(organisation_id=None))
        for title, school in (("Ours", desk.school_id), ("Theirs", desk.other_school_id)):
            session.add(
                Activity(
                    region_id=desk.region_id, organisation_id=school, kind=ActivityKind.OPEN_DAY, title=title,
                    starts_at=NOW + 60 * DAY, created_at=NOW,
                )
            )  # fmt: skip

    assert desk.names(today.our_coming, desk.school()) == ["Ours"]


SECTIONS = (
    asking, asking_here, today.due_today, today.inbox, today.new_this_week, today.coming, today.to_act, today.going_on,
    today.shared_with_us, today.our_coming,
)  # fmt: skip


def _seed(desk: Desk, many: int) -> None:
    """Rows for every section of the desk."""
    with desk.site.rows() as session:
        for _ in range(many):
            late = {"next_action_on": TODAY - DAY, "last_contact_at": NOW - 50 * DAY, "created_at": NOW - DAY}
            candidate = desk.candidate(session, "Late", **late)
            desk.candidate(session, "Waits", **late | {"lead_adviser_id": None})
            desk.candidate(session, "Nothing planned", next_action_on=None)
            desk.match(session, "Ended", MatchState.FELL_THROUGH, 2)
            session.add(_task(candidate, "Call", 0, owner_id=desk.user_id))
            session.add(Activity(region_id=desk.region_id, kind=ActivityKind.WEBINAR, title="Soon", starts_at=NOW + DAY, created_at=NOW))


def test_rows_of_another_region_are_in_no_section_and_in_no_count(desk: Desk) -> None:
    _seed(desk, 1)
    with desk.site.rows() as session:
        elsewhere = Region(name="Elsewhere", slug="elsewhere")
        session.add(elsewhere)
        session.flush()
        region_id = elsewhere.id

    for role in (Role.ADVISER, Role.COORDINATOR):
        with desk.asking(desk.by(role, region_id)) as ask:
            asked = {section.__name__: section(ask) for section in SECTIONS}
            found, counted = first.gather(asked, 7, LOADING), first.count(asked)
            assert {name for name, one in found.items() if one.rows or one.total} == set()
            assert {name for name, number in counted.items() if number} == set()
            assert today.overdue_by_adviser(ask) == []


def test_all_sections_together_take_one_statement_a_table_for_one_and_for_three_rows(desk: Desk) -> None:
    counts = []

    for more in (1, 2):
        _seed(desk, more)
        with desk.asking(desk.by()) as ask:
            asked = {section.__name__: section(ask) for section in SECTIONS}
            seen = desk.site.statements()
            found = first.gather(asked, 7, LOADING)
            [_called(row) for one in found.values() for row, _ in one.rows]
        counts.append(len([one for one in seen if one.startswith("SELECT")]))
        assert found["asking"].total == (2 if more == 1 else 6)

    assert counts == [len({Candidate, Task, Match, Activity, AdviceSession})] * 2


def test_a_section_shows_its_first_rows_and_counts_no_further_than_it_has_to(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.site.rows() as session:
        for days in range(9):
            desk.candidate(session, f"{days + 1} days", next_action_on=TODAY - (days + 1) * DAY)

    whole = desk.found(_late)
    monkeypatch.setattr(first, "CAP", 3)
    capped = desk.found(_late)

    assert ([str(row) for row, _ in whole.rows], whole.total) == ([f"{days} days" for days in range(9, 2, -1)], 9)
    assert (len(capped.rows), capped.total) == (4, 4)


def test_counting_asks_once_and_of_nothing_asks_nothing(desk: Desk) -> None:
    _seed(desk, 2)
    with desk.asking(desk.by()) as ask:
        seen = desk.site.statements()
        counted = first.count({"mine": today.my_active(ask), "none": Query(Candidate, (sa.false(),))})
        nothing = first.count({})

    assert (counted, nothing, len([one for one in seen if one.startswith("SELECT")])) == ({"mine": 6, "none": 0}, {}, 1)
