"""Saved views: a list with its filters and order under a name, of one person or shared with the desk of a region."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import joinedload

from app.enums import Role
from app.errors import BadInput, NotAllowed, NotFound
from app.extensions import db
from app.models import SavedView
from app.security.identity import Identity
from app.services import log

MOST = 20  # own views of one screen
LONGEST_NAME = 60
LONGEST_QUERY = 2_000


def may_keep(by: Identity) -> bool:
    """Everybody who works here; a candidate has no lists to filter."""
    return by.role is not None and by.role is not Role.CANDIDATE


def may_share(by: Identity) -> bool:
    """The desk, in one region at a time."""
    return by.has_files and len(by.region_ids) == 1


def may_change(view: SavedView, by: Identity) -> bool:
    """The owner; a coordinator tidies what is shared."""
    return view.user_id == by.user_id or (view.shared and by.role is Role.COORDINATOR)


def of_screen(screen: str, *, by: Identity) -> list[SavedView]:
    """The views of a screen that this person sees: their own first, then what colleagues share. One statement."""
    query = sa.select(SavedView).where(SavedView.screen == screen).options(joinedload(SavedView.user))
    return list(db.session.scalars(query.order_by(SavedView.user_id != by.user_id, SavedView.name, SavedView.id)))


def find(screen: str, key: str, *, by: Identity) -> SavedView:
    """One view; NotFound for one that is not there or not there for this person, NotAllowed for one of a colleague."""
    number = int(key) if key.isascii() and key.isdigit() and len(key) < 16 else 0
    view: SavedView | None = db.session.scalar(sa.select(SavedView).where(SavedView.id == number, SavedView.screen == screen))
    if view is None:
        raise NotFound(gettext("This is not there (any more)."))
    if not may_change(view, by):
        raise NotAllowed(gettext("This view belongs to a colleague. Save one of your own."))
    return view


def keep(screen: str, name: str, query: str, *, shared: bool = False, by: Identity, now: datetime) -> SavedView:
    """Save a view; saving the same one again changes nothing (a second click).

    Raises NotAllowed for who may not keep or share one, BadInput for a name that is empty, too long or in use, for a list without
    filters or order, and for more than MOST.
    """
    if not may_keep(by) or (shared and not may_share(by)) or not by.region_ids:
        raise NotAllowed(gettext("You may not share views here. Save it for yourself."))
    if not query or len(query) > LONGEST_QUERY:
        raise BadInput(gettext("There are no filters on and no order is chosen. Set those first, then save the view."))
    name = _name(name)
    mine = _own(screen, by)
    same = next((view for view in mine if view.name == name), None)
    if same is not None and (same.query, same.shared) == (query, shared):
        return same
    _refuse_double(mine, name)
    if len(mine) >= MOST:
        raise BadInput(gettext("You have %(most)s views of this list. Remove one first.", most=MOST))
    region_id = min(by.region_ids)
    view = SavedView(user_id=by.user_id, region_id=region_id, screen=screen, name=name, query=query, shared=shared, created_at=now)
    db.session.add(view)
    db.session.flush()
    _log("add", view, by, now)
    return view


def rename(view: SavedView, name: str, *, by: Identity, now: datetime) -> None:
    """Give a view another name. Raises BadInput as `keep`."""
    name = _name(name)
    if name == view.name:
        return
    query = sa.select(SavedView).where(SavedView.screen == view.screen, SavedView.user_id == view.user_id)
    _refuse_double([one for one in db.session.scalars(query) if one.id != view.id], name)
    view.name = name
    db.session.flush()
    _log("edit", view, by, now)


def remove(view: SavedView, *, by: Identity, now: datetime) -> None:
    """Forget a view."""
    _log("delete", view, by, now)
    db.session.delete(view)
    db.session.flush()


def _own(screen: str, by: Identity) -> list[SavedView]:
    query = sa.select(SavedView).where(SavedView.screen == screen, SavedView.user_id == by.user_id)
    return list(db.session.scalars(query))


def _name(text: str) -> str:
    name = " ".join(text.replace("\x00", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(gettext("Give the view a name of at most %(most)s characters.", most=LONGEST_NAME))
    return name


def _refuse_double(views: list[SavedView], name: str) -> None:
    if any(view.name.casefold() == name.casefold() for view in views):
        raise BadInput(gettext("You have a view with this name already. Choose another name."))


def _log(verb: str, view: SavedView, by: Identity, now: datetime) -> None:
    """What colleagues see leaves a line; what is one's own does not."""
    if view.shared:
        log.changed(verb, view, by=by, now=now, fields=["name"])
