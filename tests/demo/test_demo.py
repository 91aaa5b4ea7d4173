"""The demo keeps its promises: numbers, invariants, and the same rows each time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from werkzeug.security import check_password_hash

from app import models
from app.adapters import geo
from app.demo import fill
from app.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from app.demo.articles import read_article
from app.demo.content import FOLDER
from app.demo.content.stories import STORIES
from app.enums import (
    OPEN_STATUSES,
    SEATED_REGISTRATIONS,
    TRANSITIONS,
    ActivityForm,
    ConsentEvent,
    ConsentPurpose,
    Holder,
    MatchState,
    OrganisationKind,
    RegistrationState,
    Role,
    Source,
    Stage,
    Status,
)
from app.errors import DomainError
from app.services.consents import text_of
from app.services.contact import normalise_email, normalise_phone

NOW = datetime(2026, 6, 17, 9, 30, tzinfo=UTC)
TODAY = NOW.astimezone(ZoneInfo("Europe/Amsterdam")).date()


def new_engine() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
    Model.metadata.create_all(engine)
    return engine


def filled(candidates: int, seed: int = 2026, now: datetime = NOW) -> sa.Engine:
    engine = new_engine()
    with engine.begin() as connection:
        fill(connection, candidates=candidates, seed=seed, now=now)
    return engine


def dump(engine: sa.Engine) -> dict[str, str]:
    """A hash of each table; the salt of the password hash differs on purpose."""
    hashes = {}
    with engine.connect() as connection:
        for table in Model.metadata.sorted_tables:
            columns = [column for column in table.c if column.name != "password"]
            rows = sorted(map(repr, connection.execute(sa.select(*columns)).all()))
            hashes[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return hashes


@pytest.fixture(scope="module")
def engine() -> Iterator[sa.Engine]:
    engine = filled(3_000)
    yield engine
    engine.dispose()


@pytest.fixture
def rows(engine: sa.Engine) -> Any:
    """All rows of a model, as they read back."""

    @cache
    def read(model: Any) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(sa.select(model.__table__)).all())

    return read


def by_candidate(rows: list[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.candidate_id, []).append(row)
    return found


def test_the_set_up_has_the_numbers_of_the_domain(rows: Any) -> None:
    kinds = Counter(row.kind for row in rows(models.Organisation))
    roles = Counter(row.role for row in rows(models.Membership))

    assert [row.name for row in rows(models.Region) if row.is_national] == ["Landelijk"]
    assert len(rows(models.Region)) == 13
    assert {"Regio Utrecht", "Regio Rotterdam", "Regio Gooi"} < {row.name for row in rows(models.Region)}
    assert kinds == {OrganisationKind.BOARD: 40, OrganisationKind.SCHOOL: 180, OrganisationKind.PROVIDER: 18}
    assert len(rows(models.Programme)) == 60
    assert len(rows(models.Article)) == 60
    assert roles == {
        Role.ADVISER: 26 + 2,  # two people work for a second desk
        Role.COORDINATOR: 12,
        Role.NATIONAL: 4,
        Role.ADMIN: 1,
        Role.STUDY_ADVISER: 16,
        Role.SCHOOL: 24,
        Role.PROVIDER: 18,
        Role.CANDIDATE: 1,
    }


def test_the_files_have_the_numbers_of_the_domain(rows: Any) -> None:
    matches = rows(models.Match)
    fell = sum(row.state is MatchState.FELL_THROUGH for row in matches) / len(matches)

    assert len(rows(models.Candidate)) == 3_000
    assert len(rows(models.AdviceSession)) == pytest.approx(5_500, rel=0.02)
    assert len(rows(models.Activity)) == 260
    assert len(rows(models.Registration)) == pytest.approx(4_000, rel=0.01)
    assert len(matches) == pytest.approx(320, abs=3)
    assert fell == pytest.approx(0.22, abs=0.01)
    assert {row.key: row.value for row in rows(models.Setting)} == {"demo": "1"}


def test_stages_leavers_and_the_findable_have_their_shares(rows: Any) -> None:
    candidates = rows(models.Candidate)
    left = [row for row in candidates if row.status is Status.LEFT]
    stages = Counter(row.stage for row in candidates if row.status is not Status.LEFT)
    latest = {row.candidate_id: row.event for row in sorted(rows(models.Consent), key=lambda row: (row.at, row.id)) if is_findable(row)}

    for stage, share in zip(Stage, (32, 30, 13, 9, 3, 5, 3), strict=True):
        assert stages[stage] / 30 == pytest.approx(share, abs=2.0), stage
    assert len(left) / 30 == pytest.approx(5, abs=1)
    assert all((row.leave_reason is not None) == (row.status is Status.LEFT) for row in candidates)
    assert sum(event is ConsentEvent.GIVEN for event in latest.values()) / 30 == pytest.approx(55, abs=2)


def is_findable(row: Any) -> bool:
    return bool(row.purpose is ConsentPurpose.FINDABLE)


def test_no_key_points_nowhere(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_spans_of_a_candidate_follow_each_other_and_end_in_the_present(rows: Any) -> None:
    spans = by_candidate(rows(models.StageSpan))

    for candidate in rows(models.Candidate):
        own = sorted(spans[candidate.id], key=lambda span: span.seq)
        assert [span.seq for span in own] == list(range(len(own)))
        assert [span.left_at for span in own[:-1]] == [span.entered_at for span in own[1:]]
        assert all(span.left_at > span.entered_at for span in own[:-1])
        last = own[-1]
        assert last.left_at is None
        assert (last.stage, last.status, last.in_region_id, last.lead_adviser_id, last.seq) == (
            candidate.stage,
            candidate.status,
            candidate.region_id,
            candidate.lead_adviser_id,
            candidate.stage_seq,
        )
        assert own[0].entered_at == candidate.created_at
        assert candidate.stage_entered_at in [span.entered_at for span in own if span.stage is candidate.stage]
        assert last.entered_at <= NOW
        states = [(span.stage, span.status, span.in_region_id, span.lead_adviser_id) for span in own]
        assert all(before != after for before, after in zip(states, states[1:], strict=False))


def test_nobody_active_is_without_a_next_action_but_the_forgotten_imports(rows: Any) -> None:
    open_tasks = by_candidate([row for row in rows(models.Task) if row.done_at is None])
    candidates = rows(models.Candidate)
    active = [row for row in candidates if row.status is Status.ACTIVE]
    forgotten = [row for row in active if row.id not in open_tasks]

    for candidate in candidates:
        own = open_tasks.get(candidate.id, [])
        assert candidate.next_action_on == min((task.due_on for task in own), default=None)
        if own:
            assert candidate.holder in {task.holder for task in own if task.due_on == candidate.next_action_on}
        if candidate.status not in OPEN_STATUSES:
            assert own == []
    assert {row.source for row in forgotten} == {Source.IMPORT}
    assert 0.004 < len(forgotten) / len(active) < 0.02
    assert 0.04 < sum(row.next_action_on < TODAY for row in active if row.next_action_on) / len(active) < 0.15


def test_who_waits_or_pauses_has_a_date_and_a_task_on_it(rows: Any) -> None:
    due = {(row.candidate_id, row.due_on) for row in rows(models.Task) if row.done_at is None}
    still = [row for row in rows(models.Candidate) if row.status in (Status.WAITING, Status.PAUSED)]

    assert len(still) > 100
    assert all((row.id, row.status_until) in due and row.status_until >= TODAY for row in still)
    assert all(row.status_until is None for row in rows(models.Candidate) if row not in still)


def test_an_adviser_leads_only_in_regions_with_a_membership(rows: Any) -> None:
    desks = {(row.user_id, row.region_id) for row in rows(models.Membership) if row.role in (Role.ADVISER, Role.NATIONAL)}
    led = {(row.lead_adviser_id, row.region_id) for row in rows(models.Candidate) if row.lead_adviser_id}

    assert led <= desks
    assert all(row.holder is Holder.DESK for row in rows(models.Candidate) if row.lead_adviser_id is None)


def test_places_are_handed_out_in_order_and_never_more_than_there_are(rows: Any) -> None:
    registrations: dict[int, list[Any]] = {}
    for row in rows(models.Registration):
        registrations.setdefault(row.activity_id, []).append(row)

    for activity in rows(models.Activity):
        own = sorted(registrations.get(activity.id, []), key=lambda row: row.seq)
        assert [row.seq for row in own] == list(range(1, activity.reg_seq + 1))
        assert [row.created_at for row in own] == sorted(row.created_at for row in own)
        assert len({row.candidate_id for row in own}) == len(own)
        seated = sum(row.state in SEATED_REGISTRATIONS for row in own)
        assert activity.capacity is None or seated <= activity.capacity
        if activity.cancelled_at:
            assert {row.state for row in own} <= {RegistrationState.REVOKED}


def test_the_special_activities_are_there(rows: Any) -> None:
    activities = rows(models.Activity)
    states: dict[int, Counter[RegistrationState]] = {}
    for row in rows(models.Registration):
        states.setdefault(row.activity_id, Counter())[row.state] += 1
    coming = [row for row in activities if row.starts_at > NOW]

    full = [row for row in coming if row.capacity and states.get(row.id, Counter())[RegistrationState.CONFIRMED] == row.capacity]
    assert any(states[row.id][RegistrationState.WAITLISTED] for row in full)
    assert any(row.cancelled_at and states[row.id][RegistrationState.REVOKED] for row in coming)
    assert any(row.form is ActivityForm.ONLINE and row.capacity is None for row in coming)
    assert Counter(row.series for row in activities if row.series) == {"inloop-utrecht": 12}
    assert {row.starts_at.astimezone(ZoneInfo("Europe/Amsterdam")).weekday() for row in activities if row.series} == {2}


def test_each_match_made_only_moves_that_are_allowed(rows: Any) -> None:
    events: dict[int, list[Any]] = {}
    for row in rows(models.MatchEvent):
        events.setdefault(row.match_id, []).append(row)
    moves = TRANSITIONS[MatchState]

    for match in rows(models.Match):
        own = sorted(events[match.id], key=lambda row: row.id)
        assert own[0].state is MatchState.PROPOSED
        assert all(after.state in moves[before.state] for before, after in zip(own, own[1:], strict=False))
        assert [row.at for row in own] == sorted(row.at for row in own)
        assert (own[-1].state, own[-1].at) == (match.state, match.state_at)
        assert (match.fell_through_by is not None) == (match.state is MatchState.FELL_THROUGH)


def test_nothing_happened_before_the_candidate_came_or_after_now(rows: Any) -> None:
    created = {row.id: row.created_at for row in rows(models.Candidate)}

    def in_time(candidate: int, *moments: datetime | None) -> bool:
        return all(created[candidate] <= moment <= NOW for moment in moments if moment)

    assert all(in_time(row.candidate_id, row.held_at, row.created_at) for row in rows(models.AdviceSession))
    assert all(in_time(row.candidate_id, row.created_at, row.done_at) for row in rows(models.Task))
    assert all(in_time(row.candidate_id, row.at) for row in rows(models.Consent))
    assert all(in_time(row.candidate_id, row.created_at, row.state_at) for row in rows(models.Registration))
    assert all(in_time(row.candidate_id, row.at) for row in rows(models.MatchEvent))
    assert all(in_time(row.id, row.last_active_at, row.last_contact_at, row.certainty_at) for row in rows(models.Candidate))


def test_the_last_contact_is_the_last_conversation(rows: Any) -> None:
    sessions = by_candidate(rows(models.AdviceSession))

    for row in rows(models.Candidate):
        assert row.last_contact_at == max((session.held_at for session in sessions.get(row.id, [])), default=None)


def test_people_can_be_told_apart_and_none_of_them_is_real(rows: Any) -> None:
    candidates = rows(models.Candidate)
    addresses = [row.email for row in candidates if row.email] + [row.email2 for row in candidates if row.email2]
    norms = Counter(row.email_norm for row in candidates if row.email_norm)
    phones = Counter(row.phone_norm for row in candidates if row.phone_norm)

    assert [row.number for row in candidates] == [f"K-{200_000 + row.id}" for row in candidates]
    assert all(address.endswith(".test") for address in addresses)
    assert all(row.email.endswith(".test") for row in rows(User))
    assert all(row.phone_norm.startswith("+3166") and len(row.phone_norm) == 12 for row in candidates if row.phone_norm)
    assert [norm for norm, count in norms.items() if count > 1] == ["rachid.bouzid@havenmail.test"]
    assert [norm for norm, count in phones.items() if count > 1] == ["+31661000009"]
    assert all((row.email_norm is None) == (row.email is None) for row in candidates)
    assert all(row.email or row.phone for row in candidates)
    assert len({row.token for row in rows(models.PersonToken)}) == len(candidates)


def test_addresses_and_telephones_are_normalised_as_the_product_does_it(rows: Any) -> None:
    for row in rows(models.Candidate)[:500]:
        assert row.email_norm == normalise_email(row.email)
        assert row.phone_norm == normalise_phone(row.phone)


def test_a_consent_names_the_text_that_was_shown(rows: Any) -> None:
    locales = {row.id: row.locale for row in rows(models.Candidate)}

    for row in rows(models.Consent):
        text = text_of(row.purpose, locales[row.candidate_id])
        assert (row.text_version, row.text_sha256) == (text.version, text.sha256)


def test_the_names_are_as_diverse_as_the_country(rows: Any) -> None:
    candidates = rows(models.Candidate)
    names = {row.name for row in candidates}

    assert {len(name) for name in names} >= {9, 45}
    assert max(len(name) for name in names) == 45
    assert any(row.given_name and row.surname is None for row in candidates)
    assert any(row.email is None and row.phone for row in candidates)
    assert {row.surname for row in candidates} >= {"Vries", "El Idrissi", "Yılmaz", "Heuvel", "Kowalska", "Tesfay"}
    assert len(names) > 2_000
    for row in candidates:
        assert row.name == models.full_name(row.given_name, row.infix, row.surname)
        assert row.sort_name == models.sort_name_of(row.given_name, row.infix, row.surname)


def test_regions_work_where_their_candidates_live(rows: Any) -> None:
    areas: dict[int, list[Any]] = {}
    for row in rows(models.WorkingArea):
        areas.setdefault(row.region_id, []).append(row)
        assert geo.between(row.pc4_from, row.pc4_to)
    national = {row.id for row in rows(models.Region) if row.is_national}
    neighbours = {(row.region_id, row.neighbour_id) for row in rows(models.RegionNeighbour)}

    assert neighbours == {(other, region) for region, other in neighbours}
    for row in rows(models.Candidate):
        assert geo.areas()[row.pc4].place == row.place
        if row.region_id not in national:
            assert any(area.pc4_from <= int(row.pc4) <= area.pc4_to for area in areas[row.region_id])


def test_the_accounts_of_the_contract_can_sign_in_and_stand_where_it_says(rows: Any) -> None:
    users = {row.username: row for row in rows(User)}
    regions = {row.id: row.name for row in rows(models.Region)}
    organisations = {row.id: row for row in rows(models.Organisation)}
    memberships: dict[str, set[tuple[Role, str]]] = {}
    for row in rows(models.Membership):
        username = next(user.username for user in users.values() if user.id == row.user_id)
        memberships.setdefault(username, set()).add((row.role, regions[row.region_id]))
        assert row.starts_on < TODAY

    assert {hash_ for username, *_ in DEMO_ACCOUNTS if (hash_ := users[username].password)} == {users["noor@demo.test"].password}
    assert check_password_hash(users["noor@demo.test"].password, DEMO_PASSWORD)
    assert not any(check_password_hash(row.password, DEMO_PASSWORD) for row in users.values() if not row.username.endswith("@demo.test"))
    assert {username: memberships[username] for username, *_ in DEMO_ACCOUNTS} == {
        "noor@demo.test": {(Role.ADVISER, "Regio Utrecht")},
        "zeki@demo.test": {(Role.ADVISER, "Regio Rotterdam")},
        "carla@demo.test": {(Role.COORDINATOR, "Regio Utrecht"), (Role.ADVISER, "Regio Gooi")},
        "nadia@demo.test": {(Role.NATIONAL, "Landelijk")},
        "beheer@demo.test": {(Role.ADMIN, "Landelijk")},
        "hr@demo.test": {(Role.SCHOOL, "Regio Utrecht")},
        "opleider@demo.test": {(Role.PROVIDER, "Regio Utrecht")},
        "studie@demo.test": {(Role.STUDY_ADVISER, "Regio Utrecht")},
        "fatima@demo.test": {(Role.CANDIDATE, "Regio Utrecht")},
    }
    work = {row.user_id: row.organisation_id for row in rows(models.Membership) if row.organisation_id}
    board = work[users["hr@demo.test"].id]
    assert work[users["opleider@demo.test"].id] == work[users["studie@demo.test"].id]
    assert organisations[board].kind is OrganisationKind.BOARD
    assert sum(row.parent_id == board for row in organisations.values()) == 3


def test_the_story_candidates_show_their_promise(rows: Any) -> None:
    candidates = {row.id: row for row in rows(models.Candidate)}
    regions = {row.id: row.name for row in rows(models.Region)}
    matches = {row.candidate_id: row.state for row in rows(models.Match)}
    waiting = {row.candidate_id for row in rows(models.Registration) if row.state is RegistrationState.WAITLISTED}
    withdrawn = {row.candidate_id: row.at for row in rows(models.Consent) if row.event is ConsentEvent.WITHDRAWN}
    fatima = next(row for row in rows(models.Membership) if row.candidate_id)

    assert [candidates[number].name for number in range(1, 15)] == [models.full_name(*story.name) for story in STORIES[:14]]
    assert (candidates[1].email, fatima.candidate_id, matches[1]) == ("fatima@demo.test", 1, MatchState.MEETING_PLANNED)
    assert matches[4] is MatchState.FELL_THROUGH
    assert regions[candidates[5].region_id] == "Landelijk"
    assert [regions[row.in_region_id] for row in rows(models.StageSpan) if row.candidate_id == 6][::4] == ["Regio Gooi", "Regio Rotterdam"]
    assert NOW - timedelta(days=2) < withdrawn[8] < NOW
    assert candidates[9].email_norm == candidates[15].email_norm
    assert 14 in waiting


def test_the_same_seed_and_moment_give_the_same_rows() -> None:
    assert dump(filled(200)) == dump(filled(200))


def test_another_seed_gives_other_people_and_the_same_set_up() -> None:
    one, other = dump(filled(60)), dump(filled(60, seed=7))

    assert one["candidate"] != other["candidate"]
    assert one["region_neighbour"] == other["region_neighbour"]


@pytest.mark.parametrize(
    ("candidates", "now"),
    [(0, NOW), (1, NOW), (20, datetime(2028, 2, 29, 0, 5, tzinfo=UTC)), (150, datetime(2027, 1, 2, 23, 50, tzinfo=UTC))],
)
def test_a_small_demo_works_on_any_day(candidates: int, now: datetime) -> None:
    engine = filled(candidates, now=now)

    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(models.Candidate)).scalar() == candidates
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_a_database_with_regions_is_refused(engine: sa.Engine) -> None:
    with engine.connect() as connection, pytest.raises(DomainError, match="not empty"):
        fill(connection, candidates=10, now=NOW)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with new_engine().begin() as connection, pytest.raises(ValueError, match="time zone"):
        fill(connection, candidates=10, now=datetime(2026, 6, 17))


def test_a_large_fill_builds_the_indexes_afterwards_and_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.demo.filling.MANY", 100)
    indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name"

    with filled(100).connect() as one, filled(101).connect() as other:
        assert one.exec_driver_sql(indexes).all() == other.exec_driver_sql(indexes).all()


def test_progress_is_told_up_to_the_end() -> None:
    heard: list[tuple[str, int, int]] = []

    with new_engine().begin() as connection:
        fill(connection, candidates=50, now=NOW, progress=lambda *step: heard.append(step))

    assert heard == [("candidate", 50, 50), ("activity", 260, 260)]


def test_the_articles_are_real_texts() -> None:
    files = sorted((FOLDER / "articles").glob("*.md"))
    articles = [read_article(file.read_text("utf-8")) for file in files]

    assert len({head["title"] for head, _ in articles}) == 60
    assert all(80 <= len(body.split()) <= 250 for _, body in articles)
    assert all({"title", "summary"} <= set(head) for head, _ in articles)


def test_reports_vary_and_have_no_open_slots(rows: Any) -> None:
    summaries = [row.summary for row in rows(models.AdviceSession)]

    assert len(set(summaries)) > 0.6 * len(summaries)
    for model, columns in (
        (models.AdviceSession, ("summary", "notes")),
        (models.Candidate, ("motivation",)),
        (models.Task, ("title",)),
        (models.Activity, ("title", "description")),
    ):
        assert not [row for row in rows(model) if any("{" in (getattr(row, column) or "") for column in columns)]
