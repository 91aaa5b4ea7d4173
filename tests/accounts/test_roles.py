"""The matrix of a region: what may be switched, by whom, and what no region can switch."""

from __future__ import annotations

from typing import Any

import pytest

from app.enums import Role
from app.errors import BadInput, NotAllowed, ScopeError
from app.extensions import db
from app.models import Capability, Region
from app.security.capabilities import LEVELS, Level, effective, level
from app.security.identity import Identity, acting_as
from app.services import roles
from tests.accounts.cast import (
    ADA,
    CARLA,
    FATIMA,
    GOOI,
    LANDELIJK,
    NADIA,
    NOON,
    NOOR,
    RITA,
    ROTTERDAM,
    SAM,
    UTRECHT,
    beyond_the_wall,
    departures,
    every,
    logged,
    the,
)

pytestmark = pytest.mark.usefixtures("app")


def region(key: int) -> Region:
    return the(Region, Region.id == key)


def switch(by: Identity, role: Role, name: str, enabled: bool | None, at: int = UTRECHT) -> bool:
    with acting_as(by):
        return roles.set_capability(region(at), role, name, enabled, by=by, now=NOON)


def test_an_admin_takes_export_from_the_advisers_of_one_region():
    changed = switch(ADA, Role.ADVISER, "export", False)

    assert changed is True
    assert departures() == {(UTRECHT, Role.ADVISER, "export"): False}
    assert "export" not in effective(Role.ADVISER, every(Capability, Capability.region_id == UTRECHT))
    assert logged() == [("set_capability", ADA.user_id, "capability:1")]


def test_a_departure_that_equals_the_default_is_no_departure():
    switch(CARLA, Role.ADVISER, "export", False)

    answers = [switch(CARLA, Role.ADVISER, "export", value) for value in (True, True, None)]

    assert answers == [True, False, False]
    assert departures() == {}


def test_back_to_the_default_is_logged_too():
    switch(CARLA, Role.ADVISER, "send_mailing", True)

    switch(CARLA, Role.ADVISER, "send_mailing", None)

    assert departures() == {}
    assert [verb for verb, _, _ in logged()] == ["set_capability", "set_capability"]


@pytest.mark.parametrize("by", [ADA, CARLA])
@pytest.mark.parametrize("role", [Role.ADVISER, Role.SCHOOL, Role.PROVIDER, Role.STUDY_ADVISER, Role.CANDIDATE])
def test_no_ceiling_gives_way_schools_never_see_notes(by, role):
    fixed = [name for name in LEVELS if level(role, name) in (Level.ALWAYS, Level.NEVER)]

    for name in fixed:
        with pytest.raises(NotAllowed):
            switch(by, role, name, level(role, name) is Level.NEVER)

    assert departures() == {}
    assert ("see_notes" in fixed) is True


@pytest.mark.parametrize(("by", "role", "at"), [(CARLA, Role.COORDINATOR, UTRECHT), (ADA, Role.ADMIN, LANDELIJK)])
def test_nobody_changes_the_row_of_the_own_role(by, role, at):
    for name in LEVELS:
        with pytest.raises(NotAllowed):
            switch(by, role, name, True, at)

    assert departures() == {}


def test_the_wall_stops_a_coordinator_who_goes_around_the_service():
    with acting_as(CARLA):
        db.session.add(Capability(region_id=UTRECHT, role=Role.COORDINATOR, name="export", enabled=True))
        with pytest.raises(ScopeError):
            db.session.flush()


@pytest.mark.parametrize(
    ("by", "at"), [(CARLA, ROTTERDAM), (CARLA, GOOI), (NOOR, UTRECHT), (NADIA, LANDELIJK), (SAM, UTRECHT), (FATIMA, UTRECHT)]
)
def test_only_who_manages_roles_there_reads_or_changes_the_matrix(by, at):
    with acting_as(by):
        for act in (
            lambda: switch(by, Role.SCHOOL, "invite", False, at),
            lambda: roles.matrix(region(at), by=by),
            lambda: roles.copy_from(region(at), region(UTRECHT), by=by, now=NOON),
        ):
            with pytest.raises(NotAllowed):
                act()


@pytest.mark.parametrize(
    ("role", "name", "at"), [(Role.SCHOOL, "fly", UTRECHT), (Role.NATIONAL, "export", UTRECHT), (Role.ADVISER, "export", LANDELIJK)]
)
def test_what_does_not_exist_there_cannot_be_switched(role, name, at):
    with pytest.raises(BadInput):
        switch(ADA, role, name, True, at)


def cells(by: Identity, at: int = UTRECHT) -> dict[tuple[str, str], tuple[Any, ...]]:
    with acting_as(by):
        return {(row.name, cell.role): cell[1:] for row in roles.matrix(region(at), by=by) for cell in row.cells}


def test_the_matrix_says_of_every_role_what_is_on_what_may_be_changed_and_what_differs():
    switch(CARLA, Role.ADVISER, "export", False)

    shown = cells(CARLA)

    assert shown["export", "ADVISER"] == ("off", True, True)
    assert shown["send_mailing", "ADVISER"] == ("off", True, False)
    assert shown["export", "COORDINATOR"] == ("always", False, True)
    assert shown["export_contact", "COORDINATOR"] == ("on", False, True)  # the own role
    assert shown["see_notes", "SCHOOL"] == ("never", False, False)
    assert {name for name, _ in shown} == set(LEVELS)


def test_a_region_shows_the_roles_that_work_there():
    regional, national = ({role for _, role in cells(ADA, at)} for at in (UTRECHT, LANDELIJK))

    assert regional == {"ADVISER", "COORDINATOR", "SCHOOL", "PROVIDER", "STUDY_ADVISER", "CANDIDATE"}
    assert national == {"NATIONAL", "ADMIN", "SCHOOL", "PROVIDER", "STUDY_ADVISER", "CANDIDATE"}


def test_a_coordinator_copies_another_regions_choices_except_for_the_own_role():
    switch(ADA, Role.COORDINATOR, "export_contact", False, ROTTERDAM)
    switch(RITA, Role.ADVISER, "export", False, ROTTERDAM)
    switch(CARLA, Role.SCHOOL, "invite", False)

    with acting_as(CARLA):
        changed = roles.copy_from(region(UTRECHT), region(ROTTERDAM), by=CARLA, now=NOON)

    with beyond_the_wall():
        assert changed == 2
        assert {key[1:]: value for key, value in departures().items() if key[0] == UTRECHT} == {(Role.ADVISER, "export"): False}
