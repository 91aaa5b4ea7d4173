"""The demo keeps its promises: numbers, invariants, and the same rows each time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from werkzeug.security import check_password_hash

from app import models
from app.demo import fill
from app.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from app.demo.articles import read_article
from app.demo.content import FOLDER
from app.demo.content.stories import STORIES
from app.enums import (
    ActivityForm,
    ConsentEvent,
    ConsentPurpose,
    MatchState,
    OrganisationKind,
    RegistrationState,
    Role,
    Stage,
    Status,
)
from app.errors import DomainError
from app.services.consents import text_of
from app.services.contact import normalise_email, normalise_phone
from tests.demo.conftest import NOW, TODAY, dump, filled, new_engine


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
    assert [row.place for row in organisations.values() if row.parent_id == board] == ["Utrecht"] * 3


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
