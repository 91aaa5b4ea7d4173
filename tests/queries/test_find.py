"""Finding things by their words: on both databases, within the wall, one statement for all kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.enums import ActivityKind, OrganisationKind, Role, Route
from app.extensions import db
from app.models import Activity, Article, Candidate, Organisation, Programme, Region
from app.queries import find, first, raw
from app.security.identity import Identity, acting_as
from tests.services.cast import identity
from tests.site import BOTH, Site

pytestmark = BOTH
NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
ASKED = {
    "organisations": (Organisation, Organisation.name),
    "activities": (Activity, Activity.title),
    "articles": (Article, Article.title),
    "programmes": (Programme, Programme.name),
}


@pytest.fixture
def regions(site: Site) -> tuple[int, int]:
    """Two regions, each with a «Zebra» of every kind; the second one has four activities of that name."""
    with site.rows() as session:
        made = []
        for name in ("Testland", "Elsewhere"):
            region = Region(name=name, slug=name.lower())
            session.add(region)
            session.flush()
            school = Organisation(region_id=region.id, kind=OrganisationKind.SCHOOL, name=f"Zebra {name}", place="Zeist")
            session.add(school)
            session.flush()
            session.add(Programme(organisation_id=school.id, name=f"Zebra {name}", route=Route.DUAL))
            session.add(Article(region_id=region.id, title=f"Zebra {name}", body="", published_on=NOW.date()))
            for days in (0,) if name == "Testland" else (-9, -1, 5, 1):
                session.add(_activity(region.id, f"Zebra {name} {days}", days))
            made.append(region.id)
    return made[0], made[1]


def _activity(region_id: int, title: str, days: int) -> Activity:
    at = NOW + timedelta(days=days)
    return Activity(region_id=region_id, kind=ActivityKind.WEBINAR, title=title, place="Zeist", starts_at=at, created_at=NOW)


def _things(site: Site, by: Identity, most: int = 6) -> tuple[dict[str, find.Hits], list[str]]:
    asked: dict[str, Any] = {name: (model, (column.ilike("%zebra%"),)) for name, (model, column) in ASKED.items()}
    with site.app.test_request_context(), acting_as(by):
        seen = site.statements()
        return find.things(asked, most, NOW), [one for one in seen if one.startswith("SELECT")]


def test_each_kind_is_found_with_its_place_and_moment_in_one_statement(site: Site, regions: tuple[int, int]) -> None:
    hits, statements = _things(site, identity(1, Role.ADVISER, regions[0]))

    activity, article = hits["activities"].hits[0], hits["articles"].hits[0]
    assert (activity.title, activity.place, activity.at) == ("Zebra Testland 0", "Zeist", NOW)
    assert (article.title, article.place, article.at) == ("Zebra Testland", None, None)
    assert len(statements) == 1


def test_activities_and_articles_of_another_region_are_not_found_and_not_counted(site: Site, regions: tuple[int, int]) -> None:
    here, there = (_things(site, identity(1, Role.ADVISER, region))[0] for region in regions)

    assert (here["activities"].total, there["activities"].total) == (1, 4)
    assert [hit.title for hit in here["articles"].hits] == ["Zebra Testland"]
    assert [hit.title for hit in there["articles"].hits] == ["Zebra Elsewhere"]


def test_a_candidate_finds_no_organisation_and_no_programme_that_is_not_theirs(site: Site, regions: tuple[int, int]) -> None:
    hits, _ = _things(site, identity(1, Role.CANDIDATE, regions[0], candidate_id=1))

    assert {name: one.total for name, one in hits.items()} == {"activities": 1, "articles": 1}


def test_the_first_hits_are_shown_and_all_are_counted(site: Site, regions: tuple[int, int]) -> None:
    hits, _ = _things(site, identity(1, Role.ADVISER, regions[1]), most=2)

    assert (len(hits["activities"].hits), hits["activities"].total) == (2, 4)


def test_the_next_activity_stands_on_top_and_what_has_been_below_the_latest_first(site: Site, regions: tuple[int, int]) -> None:
    hits, _ = _things(site, identity(1, Role.ADVISER, regions[1]))

    assert [hit.title for hit in hits["activities"].hits] == [f"Zebra Elsewhere {days}" for days in (1, 5, -1, -9)]


def test_nothing_asked_asks_nothing(site: Site) -> None:
    with site.app.test_request_context(), acting_as(identity(1, Role.ADVISER, 2)):
        seen = site.statements()
        assert (find.things({}, 6, NOW), seen) == ({}, [])


@pytest.mark.parametrize("common", [False, True])
def test_the_candidate_with_exactly_this_number_comes_first(site: Site, regions: tuple[int, int], common: bool) -> None:
    with site.rows() as session:
        for number, name, email in (
            ("K-987654", "Wolf", None),
            ("K-987655", "Aap", "k-987654@example.test"),
            ("K-987656", "Beer", "k-987654@example.test"),
        ):
            row = {"region_id": regions[0], "stage_entered_at": NOW, "created_at": NOW}
            session.add(Candidate(number=number, name=name, sort_name=name.casefold(), email=email, **row))
    with site.app.test_request_context(), acting_as(identity(1, Role.ADVISER, regions[0])):
        where = raw.search("k-987654", raw.SEARCHED, db.session.get_bind().dialect.name)
        found = first.gather({"it": find.candidates("k-987654", (where,), common)}, 6, {})["it"]

    named = [row.name for row, _ in found.rows]
    assert named == (["Aap", "Beer", "Wolf"] if common else ["Wolf", "Aap", "Beer"])


def test_who_is_called_like_this_comes_before_who_lives_there(site: Site, regions: tuple[int, int]) -> None:
    with site.rows() as session:
        for number, name, place in (("K-987654", "Aap", "Zwolle"), ("K-987655", "Zwolle", "Delft")):
            row = {"region_id": regions[0], "stage_entered_at": NOW, "created_at": NOW}
            session.add(Candidate(number=number, name=name, sort_name=name.casefold(), place=place, **row))
    with site.app.test_request_context(), acting_as(identity(1, Role.ADVISER, regions[0])):
        where = raw.search("Zwolle", raw.SEARCHED, db.session.get_bind().dialect.name)
        found = first.gather({"it": find.candidates("Zwolle", (where, sa.true()), False)}, 6, {})["it"]

    assert [row.name for row, _ in found.rows] == ["Zwolle", "Aap"]
