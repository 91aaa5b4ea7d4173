"""FAB's tables are what the code says: exactly, again and again, and when four start at once."""

from __future__ import annotations

import multiprocessing
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu, assoc_permissionview_role

from app import enums
from app.extensions import db
from app.fab import sync
from app.security.identity import system_scope
from app.security.roles import SCREENS
from tests.accounts.cast import small_app

BOTH = True


def builder(*screens: str) -> Any:
    """As many views as there are screens."""
    views = [SimpleNamespace(class_permission_name=name, base_permissions=["can_list"]) for name in screens or SCREENS]
    return SimpleNamespace(baseviews=views)


def granted(role: str) -> set[tuple[str, str]]:
    return {pair for name, pair in sync.stored(db.session).granted if name == role}


@pytest.mark.usefixtures("app")
def test_the_first_time_writes_everything_and_the_second_time_nothing():
    with system_scope():
        before = sync.is_synced()
        changes = [sync.sync_security(builder()) for _ in range(2)]

        assert (before, sync.is_synced()) == (False, True)
        assert (changes[0] > 200, changes[1]) == (True, 0)
        assert ("can_export", "Kandidaten") in granted("adviser")
        assert ("menu_access", "Kandidaten") in granted("adviser")
        assert ("menu_access", "Kandidaten") not in granted("candidate")
        assert granted("Admin") | granted("Public") == set()


@pytest.mark.usefixtures("app")
def test_what_is_gone_from_the_code_goes_and_what_was_taken_away_comes_back():
    with system_scope():
        sync.sync_security(builder())
        with sync.transaction() as own:
            extra = PermissionView(permission=Permission(name="can_fly"), view_menu=ViewMenu(name="Vliegtuigen"))
            own.add(Role(name="pilot", permissions=[extra]))
            school = own.scalars(sa.select(Role).where(Role.name == "school")).one()
            school.permissions = [extra]

        changes = sync.sync_security(builder())

        lost = len(granted("school"))
        assert changes == lost + 6  # pilot, its permission, screen and pair, and two grants of it
        assert sync.stored(db.session) == sync.wanted()


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("screens", "words"),
    [([*SCREENS, "Vliegtuigen"], "stand in no role: Vliegtuigen"), ([*SCREENS][1:], f"have no view: {[*SCREENS][0]}")],
)
def test_screens_and_roles_must_fit(screens, words):
    with system_scope(), pytest.raises(sync.SyncError, match=words):
        sync.sync_security(builder(*screens))


@pytest.mark.usefixtures("app")
def test_a_page_without_guarded_methods_needs_no_role():
    open_page = SimpleNamespace(class_permission_name="HomeView", base_permissions=[])

    sync.check_screens(SimpleNamespace(baseviews=[*builder().baseviews, open_page]))


@pytest.mark.usefixtures("app")
def test_a_database_that_does_not_become_what_the_code_says_is_reported(monkeypatch):
    monkeypatch.setattr(sync, "_add", lambda *arguments: None)

    with system_scope():
        with pytest.raises(sync.SyncError):
            sync.sync_security(builder())
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Role)) == 0


def _sync(url: str, start: Any, answers: Any) -> None:
    with small_app(url), system_scope():
        start.wait()
        try:
            answers.put(sync.sync_security(builder()))
        except Exception as problem:
            answers.put(repr(problem))


@pytest.mark.usefixtures("app")
def test_four_at_once_do_it_once(url):
    spawn = multiprocessing.get_context("spawn")
    start, answers = spawn.Barrier(4), spawn.Queue()
    workers = [spawn.Process(target=_sync, args=(url, start, answers)) for _ in range(4)]

    for worker in workers:
        worker.start()
    said = [answers.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(60)

    assert sorted(said, key=str)[:3] == [0, 0, 0]
    with system_scope():
        rows = db.session.scalar(sa.select(sa.func.count()).select_from(assoc_permissionview_role), execution_options={"system_read": True})
        assert sync.is_synced()
    assert rows == len(sync.wanted().granted)
    assert {role.name.lower() for role in enums.Role} < sync.wanted().roles
