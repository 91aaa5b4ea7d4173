"""How much is asked of the database: never more with more rows, more menu or another role."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.models import Candidate, Match, Region
from tests.site import BOTH, Site, post

MOST = 8  # of a list page, session and log included
LISTS = {
    "noor": ["kandidaten", "gesprekken", "taken", "matches", "activiteiten", "aanmeldingen", "kennisbank", "opleidingen"],
    "carla": ["kandidaten", "beheer/leden", "beheer/regios", "beheer/logboek", "geschiedenis", "matches/gebeurtenissen"],
    "nadia": ["kandidaten", "activiteiten", "beheer/organisaties"],
    "beheer": ["beheer/leden", "beheer/organisaties", "beheer/regios", "beheer/logboek", "kennisbank"],
    "hr": ["kandidaten", "matches", "activiteiten", "aanmeldingen"],
    "studie": ["kandidaten", "gesprekken", "opleidingen"],
    "fatima": ["gesprekken", "taken", "matches", "inzage"],
}  # fmt: skip


def _statements(site: Site, browser: FlaskClient, url: str) -> list[str]:
    """What the second request of a session asks; the first one stores its token."""
    assert browser.get(url).status_code == 200, url
    seen = site.statements()
    assert browser.get(url).status_code == 200, url
    return list(seen)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_eight_statements_at_most_for_every_role(site: Site, name: str) -> None:
    browser = site.client(name)

    counts = {screen: len(_statements(site, browser, f"/{screen}/list/")) for screen in LISTS[name]}

    assert {screen: count for screen, count in counts.items() if count > MOST} == {}


@BOTH
def test_a_list_takes_the_same_statements_for_one_three_and_twenty_five_rows(site: Site) -> None:
    noor = site.client("noor")
    sizes = (1, 3, 25)

    counts = {
        screen: {len(_statements(site, noor, f"/{screen}/list/?psize_{view}={size}")) for size in sizes}
        for screen, view in (
            ("kandidaten", "KandidatenView"),
            ("gesprekken", "GesprekkenView"),
            ("taken", "TakenView"),
            ("activiteiten", "ActiviteitenView"),
            ("aanmeldingen", "AanmeldingenView"),
        )
    }

    assert {screen: len(found) for screen, found in counts.items()} == dict.fromkeys(counts, 1)
    assert max(count for found in counts.values() for count in found) <= MOST


def test_a_filtered_and_ordered_search_takes_no_more(site: Site) -> None:
    noor = site.client("noor")
    query = "q=an&_flt_0_status=ACTIVE&_flt_0_stage=EXPLORING&_flt_0_stage=ORIENTING&_oc_KandidatenView=name&_od_KandidatenView=asc"

    plain = len(_statements(site, noor, "/kandidaten/list/"))
    filtered = len(_statements(site, noor, f"/kandidaten/list/?{query}"))

    assert (filtered <= plain, plain <= MOST) == (True, True)


def test_a_file_takes_the_same_statements_with_many_rows_in_its_tabs_as_with_few(site: Site) -> None:
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        how_many = sa.func.count(Match.id)
        query = sa.select(Candidate.id).outerjoin(Match, Match.candidate_id == Candidate.id).where(Candidate.region_id == region)
        query = query.group_by(Candidate.id).having(how_many > 0).order_by(how_many)
        ids = list(session.scalars(query))
        busy = session.get(Match, session.scalar(sa.select(Match.id).where(Match.candidate_id == ids[-1]).limit(1)))
        for _ in range(5):
            session.add(_copy(busy))
    noor = site.client("noor")

    few, many = (len(_statements(site, noor, f"/kandidaten/show/{key}?tab=matches")) for key in (ids[0], ids[-1]))

    assert (few, many <= 10) == (many, True)


def _copy(row: Any) -> Any:
    columns = {attribute.key: getattr(row, attribute.key) for attribute in sa.inspect(row).mapper.column_attrs if attribute.key != "id"}
    return type(row)(**columns)


@BOTH
def test_an_export_takes_the_same_statements_for_three_rows_as_for_all(site: Site) -> None:
    carla = site.client("carla")
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        moved = sa.update(Candidate).where(Candidate.region_id != region, Candidate.id < 240).values(region_id=region)
        session.execute(moved, execution_options={"synchronize_session": False})
        name = session.scalar(sa.select(Candidate.name).where(Candidate.region_id == region).order_by(Candidate.id).limit(1))
    counts, lines = [], []

    for query in (f"_flt_3_name={quote(name)}", ""):
        prepared = post(carla, "/kandidaten/export", {"format": "csv", "reason": "counting statements", "query": query})
        seen = site.statements()
        lines.append(len(carla.get(prepared.headers["Location"]).text.splitlines()) - 1)
        counts.append(len(seen))

    assert (counts[0], lines[0], lines[1] >= 200) == (counts[1], 1, True)
