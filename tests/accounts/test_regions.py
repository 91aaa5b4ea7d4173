"""A region joins in one go: area, neighbours, desk and the first coordinator."""

from __future__ import annotations

from typing import Any

import pytest

from app.enums import Role, Sector
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import Membership, Region, RegionNeighbour, WorkingArea
from app.security.identity import Identity, acting_as
from app.services import links, regions
from tests.accounts.cast import ADA, CARLA, GOOI, LANDELIJK, NADIA, NOON, NOOR, ROTTERDAM, TODAY, UTRECHT, every, logged, the

pytestmark = pytest.mark.usefixtures("app")


def region(key: int) -> Region:
    return the(Region, Region.id == key)


def join(by: Identity = ADA, **more: Any) -> Any:
    new = Region(name=more.pop("name", "Regio  Zeeuws-Vlaanderen é"), sectors={Sector.PO}, **more.pop("fields", {}))
    given = {
        "area": [(4500, 4589, None), (4570, 4579, Sector.VO)],
        "neighbours": [region(GOOI), region(ROTTERDAM)],
        "coordinator_email": "jo@example.test",
        "coordinator_name": "Jo de Zeeuw",
    } | more
    with acting_as(by):
        made = regions.join(new, **given, by=by, now=NOON)
        db.session.flush()
        return made


def test_a_region_that_joins_has_an_area_neighbours_both_ways_and_somebody_who_can_sign_in():
    made, token = join()

    row = the(Region, Region.id == made.id)
    assert (row.name, row.slug, row.joined_on) == ("Regio Zeeuws-Vlaanderen é", "regio-zeeuws-vlaanderen-e", TODAY)
    areas = {(area.pc4_from, area.pc4_to, area.sector) for area in every(WorkingArea)}
    assert areas == {(4500, 4589, None), (4570, 4579, Sector.VO)}
    pairs = {(pair.region_id, pair.neighbour_id) for pair in every(RegionNeighbour)}
    assert pairs == {(row.id, GOOI), (GOOI, row.id), (row.id, ROTTERDAM), (ROTTERDAM, row.id)}
    first = the(Membership, Membership.region_id == row.id)
    assert (first.role, first.starts_on) == (Role.COORDINATOR, TODAY)
    assert links.peek(token, now=NOON).user_id == first.user_id
    assert [verb for verb, _, _ in logged()] == ["join", "set_area", "set_neighbours", "invite", "make_link"]


@pytest.mark.parametrize("by", [CARLA, NADIA, NOOR])
def test_only_an_administrator_lets_a_region_join(by):
    with pytest.raises(NotAllowed):
        join(by)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 81},
        {"name": "REGIO UTRECHT"},
        {"name": "Regio-Utrecht"},
        {"name": "???"},
        {"area": []},
        {"area": [(999, 1200, None)]},
        {"area": [(3585, 3500, None)]},
        {"area": [(9990, 10_000, None)]},
        {"area": [(3600, 3600, None)]},  # nobody lives there
        {"coordinator_email": "nobody"},
        {"coordinator_name": ""},
        {"fields": {"colour": "red"}},
        {"fields": {"promised_days": 0}},
        {"fields": {"desk_email": "nobody"}},
    ],
)
def test_what_cannot_be_used_is_refused(wrong):
    with pytest.raises(BadInput):
        join(**wrong)


@pytest.mark.parametrize("key", [LANDELIJK])
def test_the_national_desk_is_nobodys_neighbour(key):
    with pytest.raises(BadInput):
        join(neighbours=[region(key)])


def test_neighbours_and_area_can_be_changed_and_stay_both_ways():
    with acting_as(ADA):
        regions.set_neighbours(region(UTRECHT), [region(GOOI)], by=ADA, now=NOON)
        regions.set_neighbours(region(UTRECHT), [region(ROTTERDAM)], by=ADA, now=NOON)
        regions.set_area(region(UTRECHT), [(3500, 3585, None)], by=ADA, now=NOON)
        regions.set_area(region(UTRECHT), [(3400, 3450, None), (3500, 3585, None)], by=ADA, now=NOON)

    assert {(pair.region_id, pair.neighbour_id) for pair in every(RegionNeighbour)} == {(UTRECHT, ROTTERDAM), (ROTTERDAM, UTRECHT)}
    assert {(area.pc4_from, area.pc4_to) for area in every(WorkingArea)} == {(3400, 3450), (3500, 3585)}


def test_a_coordinator_keeps_the_own_desk_and_not_the_name():
    with acting_as(CARLA):
        row = region(UTRECHT)
        row.desk_email = "desk@example.test"
        regions.update(row, by=CARLA, now=NOON)
        row.name = "Regio Heel Nederland"
        with db.session.no_autoflush, pytest.raises(NotAllowed):
            regions.update(row, by=CARLA, now=NOON)
        db.session.rollback()


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("3500-3585, 3601", [(3500, 3585, None), (3601, 3601, None)]),
        ("3500 - 3585\n 3400 t/m 3420;3430–3439", [(3500, 3585, None), (3400, 3420, None), (3430, 3439, None)]),
    ],
)
def test_ranges_are_read_as_people_write_them(text, ranges):
    assert regions.parse_area(text) == ranges


@pytest.mark.parametrize("text", ["", "Utrecht", "35-36", "3585-3500", "3500-", "٣٥٠٠"])
def test_other_texts_are_no_ranges(text):
    with pytest.raises(BadInput):
        regions.parse_area(text)
