"""What nobody can hand out: more than the ceiling, to themselves, or beyond their own place; and what is taken works at once."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from werkzeug.test import TestResponse

from app.adapters import clock
from app.enums import Role
from app.errors import ScopeError
from app.extensions import db
from app.models import Candidate, Capability, Membership, Region
from app.security.capabilities import LEVELS, Level, effective, level
from app.security.identity import Identity, acting_as
from tests.security import canaries, world
from tests.security.canaries import HOME, NAME, NAME_PARTS, word
from tests.security.test_canary import crawl, files, searched
from tests.security.world import ROTTERDAM, UTRECHT
from tests.site import BOTH, Site, post


def ticked(site: Site, username: str, region: int) -> set[str]:
    """The cells that are on in the table of a region, as this person's page has them."""
    page = site.client(username).get(f"/beheer/rollen/?region={region}").text
    boxes = re.findall(r'<input[^>]*name="cell"[^>]*>', page)
    return {value[1] for box in boxes if " checked" in box and (value := re.search(r'value="([^"]+)"', box))}


def save(site: Site, username: str, region: int, cells: set[str]) -> TestResponse:
    """Send the table of a region with exactly these cells on."""
    return post(site.client(username), "/beheer/rollen/", {"region": str(region), "cell": sorted(cells)})


def departures(site: Site) -> set[tuple[int, str, str, bool]]:
    with site.rows() as session:
        return {(row.region_id, row.role.name, row.name, row.enabled) for row in session.scalars(sa.select(Capability))}


def memberships(site: Site) -> set[tuple[int, str, int]]:
    with site.rows() as session:
        return {(row.user_id, row.role.name, row.region_id) for row in session.scalars(sa.select(Membership))}


def user_id(site: Site, username: str) -> int:
    with site.rows() as session:
        return int(session.scalar(sa.select(User.id).where(User.username == f"{username}@demo.test")))


def identity(site: Site, username: str, role: Role, region: int, **facts: Any) -> Identity:
    """Somebody with everything that the role can have there, for asking the wall directly."""
    everything = frozenset(name for name in LEVELS if level(role, name) is not Level.NEVER)
    return Identity(user_id=user_id(site, username), role=role, region_ids=frozenset({region}), capabilities={region: everything}, **facts)


def refused_by_the_wall(site: Site, by: Identity, row: Any) -> bool:
    with site.app.app_context(), acting_as(by):
        try:
            db.session.add(row)
            db.session.flush()
        except ScopeError:
            return True
        finally:
            db.session.rollback()
            db.session.remove()
    return False


# -- the table of roles ------------------------------------------------------------------------------------------------------


def test_a_coordinator_can_tick_neither_a_ceiling_nor_the_own_role_by_a_forged_form(site: Site) -> None:
    forged = {f"{name}:{role.name}" for name in LEVELS for role in Role if level(role, name) is Level.NEVER}
    forged |= {f"{name}:COORDINATOR" for name in LEVELS}

    answer = save(site, "carla", UTRECHT, ticked(site, "carla", UTRECHT) | forged)

    assert answer.status_code == 302
    assert departures(site) == set()


def test_a_coordinator_can_take_away_neither_what_is_always_on_nor_from_the_own_role(site: Site) -> None:
    on = {cell for cell in ticked(site, "carla", UTRECHT) if not cell.endswith(":COORDINATOR")}

    save(site, "carla", UTRECHT, {cell for cell in on if level(Role[cell.partition(":")[2]], cell.partition(":")[0]) is Level.ON})

    assert departures(site) == set()


def test_a_row_beyond_the_ceiling_counts_for_nothing_even_when_it_stands_in_the_table() -> None:
    rows = [Capability(region_id=UTRECHT, role=Role.SCHOOL, name=name, enabled=True) for name in LEVELS]

    have = effective(Role.SCHOOL, rows)

    assert have == {name for name in LEVELS if level(Role.SCHOOL, name) is not Level.NEVER}


@BOTH
def test_the_wall_itself_refuses_a_capability_for_the_own_role_or_another_region(site: Site) -> None:
    carla = identity(site, "carla", Role.COORDINATOR, UTRECHT)
    rows = [
        Capability(region_id=UTRECHT, role=Role.COORDINATOR, name="manage_fields", enabled=True),
        Capability(region_id=ROTTERDAM, role=Role.ADVISER, name="export", enabled=False),
    ]

    assert [refused_by_the_wall(site, carla, row) for row in rows] == [True, True]


def test_a_table_of_another_region_answers_as_one_that_is_not_there(site: Site) -> None:
    carla = site.client("carla")

    foreign, missing = (carla.get(f"/beheer/rollen/?region={region}") for region in (ROTTERDAM, 987654321))
    posted = [post(carla, "/beheer/rollen/", {"region": str(region), "cell": ["export:ADVISER"]}) for region in (ROTTERDAM, 987654321)]

    assert (foreign.status_code, posted[0].status_code) == (404, 404)
    assert world.plain(foreign) == world.plain(missing)
    assert world.plain(posted[0]) == world.plain(posted[1])


# -- memberships ---------------------------------------------------------------------------------------------------------------


def invitation(role: str, region: int | str, organisation: int | str = "", email: str = "iemand@voorbeeld.test") -> dict[str, Any]:
    """The form of Leden with everything filled in."""
    who = {"email": email, "person": "Iemand Anders", "starts_on": clock.day(clock.now()).isoformat()}
    return {**who, "role": role, "region": str(region), "organisation": str(organisation)}


@pytest.mark.parametrize("role", ["COORDINATOR", "ADMIN", "NATIONAL", "CANDIDATE"])
@pytest.mark.parametrize("region", [UTRECHT, world.NATIONAL])
def test_a_coordinator_cannot_invite_a_coordinator_or_anybody_above(role: str, region: int, shared_site: Site) -> None:
    before = memberships(shared_site)

    answer = post(shared_site.client("carla"), "/beheer/leden/add", invitation(role, region))

    assert answer.status_code in (403, 422)
    assert memberships(shared_site) == before


@pytest.mark.parametrize(
    ("username", "role", "region", "organisation"),
    [
        ("beheer", "ADVISER", UTRECHT, ""),
        ("beheer", "COORDINATOR", UTRECHT, ""),
        ("beheer", "NATIONAL", world.NATIONAL, ""),
        ("carla", "ADVISER", UTRECHT, ""),
        ("nadia", "NATIONAL", world.NATIONAL, ""),
        ("hr", "SCHOOL", "", 41),
        ("opleider", "STUDY_ADVISER", "", world.PROVIDER),
    ],
)
def test_nobody_gives_a_membership_to_themselves(
    username: str, role: str, region: int | str, organisation: int | str, shared_site: Site
) -> None:
    before = memberships(shared_site)
    form = invitation(role, region, organisation, f"{username.upper()}@demo.test")

    answer = post(shared_site.client(username), "/beheer/leden/add", form)

    assert answer.status_code == 403
    assert memberships(shared_site) == before


def test_an_admin_does_not_become_the_coordinator_of_a_region_that_joins(site: Site) -> None:
    before = memberships(site)
    form = {"name": "Regio Zeeland", "area": "4300-4389", "promised_days": "3"}

    answer = post(
        site.client("beheer"), "/beheer/regios/nieuw", {**form, "coordinator_name": "Ben", "coordinator_email": "beheer@demo.test"}
    )

    assert answer.status_code == 403
    assert memberships(site) == before
    with site.rows() as session:
        assert session.scalar(sa.select(Region.id).where(Region.name == "Regio Zeeland")) is None


@BOTH
def test_the_wall_itself_refuses_a_membership_of_oneself_or_of_a_role_beyond_ones_own(site: Site) -> None:
    admin = identity(site, "beheer", Role.ADMIN, world.NATIONAL)
    carla = identity(site, "carla", Role.COORDINATOR, UTRECHT)
    noor, since = user_id(site, "noor"), {"starts_on": date(2026, 1, 1)}
    rows = [
        (admin, Membership(user_id=admin.user_id, role=Role.ADVISER, region_id=UTRECHT, **since)),
        (carla, Membership(user_id=carla.user_id, role=Role.ADVISER, region_id=UTRECHT, **since)),
        (carla, Membership(user_id=noor, role=Role.COORDINATOR, region_id=UTRECHT, **since)),
        (carla, Membership(user_id=noor, role=Role.ADMIN, region_id=world.NATIONAL, **since)),
        (carla, Membership(user_id=noor, role=Role.ADVISER, region_id=ROTTERDAM, **since)),
    ]

    assert [refused_by_the_wall(site, by, row) for by, row in rows] == [True] * len(rows)


# -- what is taken, is taken at once -------------------------------------------------------------------------------------------


def switch_off(site: Site, cell: str, *, by: str = "beheer", region: int = UTRECHT) -> None:
    cells = ticked(site, by, region)
    assert cell in cells
    assert save(site, by, region, cells - {cell}).status_code == 302


REASON = {"reason": "for the meeting of the team", "format": "csv"}


@BOTH
def test_an_admin_takes_export_and_the_next_request_is_refused_there_and_nowhere_else(site: Site) -> None:
    noor, zeki = site.client("noor"), site.client("zeki")
    prepared = post(noor, "/kandidaten/export", REASON)

    switch_off(site, "export:ADVISER")
    again, late = post(noor, "/kandidaten/export", REASON), noor.get(prepared.headers["Location"])
    elsewhere = post(zeki, "/kandidaten/export", REASON)

    assert (prepared.status_code, again.status_code, late.status_code, elsewhere.status_code) == (303, 403, 403, 303)
    assert departures(site) == {(UTRECHT, "ADVISER", "export", False)}
    assert "/kandidaten/export" not in noor.get("/kandidaten/list/").text


def test_without_see_contact_an_adviser_comes_across_numbers_instead_of_names_at_once(site: Site) -> None:
    with site.rows() as session:
        canaries.plant(session)
        number = session.scalar(sa.select(Candidate.number).where(Candidate.name == word(HOME, "name")))
    noor = site.client("noor")
    wanted = {(letter, name) for letter, name in canaries.expected("noor") if name not in NAME | NAME_PARTS}

    switch_off(site, "see_contact:ADVISER", by="carla")
    page, file = "\n".join(crawl(site, "noor", noor)), "\n".join(files(noor, "adviser"))

    assert canaries.said(canaries.found_in(page), "noor") == canaries.said(wanted, "noor")
    assert canaries.found_in(file) <= wanted
    assert number in page
    assert number in file


@BOTH
def test_without_see_contact_no_filter_order_or_search_finds_a_name_or_an_address(site: Site) -> None:
    with site.rows() as session:
        canaries.plant(session)
    noor = site.client("noor")
    switch_off(site, "see_contact:ADVISER", by="carla")
    miss = searched(noor, "zqnobodyhasthisx")

    hits = {name for name in ("name", "surname", "email", "phone", "email_norm", "place") if searched(noor, word(HOME, name)) != miss}
    short = searched(noor, "zq") == searched(noor, "qz")
    asked = [f"_flt_2_{name}={word(HOME, name)}" for name in ("name", "email", "phone")] + ["_oc_KandidatenView=name"]

    assert hits == {"place"}
    assert short
    assert [noor.get(f"/kandidaten/list/?{query}").status_code for query in asked] == [400] * 4


def test_a_coordinator_without_see_notes_sees_no_notes_and_keeps_the_summaries(site: Site) -> None:
    with site.rows() as session:
        canaries.plant(session)
        session.add(Capability(region_id=UTRECHT, role=Role.COORDINATOR, name="see_notes", enabled=False))
    carla = site.client("carla")

    found = canaries.found_in("\n".join(crawl(site, "carla", carla)))

    wanted = {key for key in canaries.expected("carla") if key[1] not in canaries.NOTES | {"span"}}  # why somebody moved, too

    assert canaries.said(found, "carla") == canaries.said(wanted, "carla")
