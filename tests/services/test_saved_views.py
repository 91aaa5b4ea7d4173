"""Saved views: of one person, or of the desk of a region; twenty at most, each name once, tidied by their owner or a coordinator."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.enums import Role
from app.errors import BadInput, NotAllowed, NotFound
from app.extensions import db
from app.models import ChangeLog
from app.security.identity import Identity, acting_as
from app.services import saved_views
from tests.services.cast import ADA, CARLA, NADIA, NOON, NOOR, PIET, ROTTERDAM, SAM, UTRECHT, ZEKI, identity

ACTIVE = "_flt_0_status=ACTIVE"


def keep(by: Identity, name: str = "Actief", query: str = ACTIVE, *, shared: bool = False, screen: str = "kandidaten") -> int:
    with acting_as(by):
        return saved_views.keep(screen, name, query, shared=shared, by=by, now=NOON).id


def names(by: Identity, screen: str = "kandidaten") -> list[str]:
    with acting_as(by):
        return [view.name for view in saved_views.of_screen(screen, by=by)]


def test_ones_own_views_come_first_then_those_that_the_desk_shares_on_this_screen_only() -> None:
    keep(NOOR, "Mijn"), keep(PIET, "Van Piet", shared=True), keep(PIET, "Privé"), keep(NOOR, "Taken", screen="taken")

    assert (names(NOOR), names(CARLA), names(ZEKI), names(SAM)) == (["Mijn", "Van Piet"], ["Van Piet"], [], [])


def test_saving_the_same_view_twice_is_saving_it_once() -> None:
    first, second = keep(NOOR), keep(NOOR)

    assert (first, names(NOOR)) == (second, ["Actief"])


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "actief"])
def test_a_name_is_there_fits_and_is_free(name: str) -> None:
    keep(NOOR)

    with pytest.raises(BadInput):
        keep(NOOR, name, "_flt_0_status=LEFT")

    assert names(NOOR) == ["Actief"]


@pytest.mark.parametrize("query", ["", "q" * 2_001])
def test_a_list_without_filters_and_one_with_too_many_are_not_kept(query: str) -> None:
    with pytest.raises(BadInput):
        keep(NOOR, query=query)


def test_the_twenty_first_view_of_a_screen_is_refused() -> None:
    for number in range(saved_views.MOST):
        keep(NOOR, f"Weergave {number}")

    with pytest.raises(BadInput):
        keep(NOOR, "Nog een")

    assert (len(names(NOOR)), keep(NOOR, screen="taken") > 0) == (20, True)


def test_a_view_is_shared_by_a_desk_in_one_region_and_by_nobody_else() -> None:
    both = Identity(NOOR.user_id, NOOR.role, frozenset({UTRECHT, ROTTERDAM}), capabilities=NOOR.capabilities)
    for person in (SAM, ADA, both, Identity(user_id=NOOR.user_id)):
        with pytest.raises(NotAllowed):
            keep(person, shared=True)

    assert (keep(SAM) > 0, keep(NADIA, shared=True) > 0) == (True, True)


def test_a_view_of_elsewhere_is_not_there_and_one_of_a_colleague_is_not_changed() -> None:
    mine, shared = keep(PIET, "Privé"), keep(PIET, "Gedeeld", shared=True)

    for person, key, error in ((ZEKI, shared, NotFound), (NOOR, mine, NotFound), (NOOR, shared, NotAllowed)):
        with acting_as(person), pytest.raises(error):
            saved_views.find("kandidaten", str(key), by=person)
    with pytest.raises(NotFound):
        saved_views.find("taken", str(mine), by=NOOR)


@pytest.mark.parametrize("key", ["x", "-1", "9" * 30, "²"])
def test_a_key_that_is_no_number_finds_nothing(key: str) -> None:
    with pytest.raises(NotFound):
        saved_views.find("kandidaten", key, by=NOOR)


def test_a_coordinator_tidies_what_is_shared_and_that_leaves_a_line() -> None:
    key = keep(NOOR, "Oud", shared=True)

    with acting_as(CARLA):
        view = saved_views.find("kandidaten", str(key), by=CARLA)
        saved_views.rename(view, "Nieuw", by=CARLA, now=NOON)
        saved_views.remove(view, by=CARLA, now=NOON)

    lines = db.session.execute(sa.select(ChangeLog.verb, ChangeLog.actor_id).where(ChangeLog.table == "saved_view").order_by(ChangeLog.id))
    assert (names(NOOR), [tuple(line) for line in lines]) == ([], [("add", 1), ("edit", 3), ("delete", 3)])


def test_a_view_takes_no_name_that_its_owner_uses_already() -> None:
    keep(NOOR, "Eerste"), keep(NOOR, "Tweede", "_flt_0_status=LEFT")
    view = saved_views.of_screen("kandidaten", by=NOOR)[1]

    with pytest.raises(BadInput):
        saved_views.rename(view, "eerste", by=NOOR, now=NOON)
    saved_views.rename(view, "TWEEDE", by=NOOR, now=NOON)

    assert names(NOOR) == ["Eerste", "TWEEDE"]


def test_ones_own_view_leaves_no_line_in_the_log() -> None:
    key = keep(NOOR)
    saved_views.remove(saved_views.find("kandidaten", str(key), by=NOOR), by=NOOR, now=NOON)

    assert db.session.scalar(sa.select(sa.func.count()).select_from(ChangeLog).where(ChangeLog.table == "saved_view")) == 0


def test_a_candidate_keeps_no_views() -> None:
    with pytest.raises(NotAllowed):
        keep(identity(9, Role.CANDIDATE, UTRECHT))
