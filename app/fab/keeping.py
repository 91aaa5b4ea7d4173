"""What a person keeps of a list: its columns, and its filters under a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext

from app.adapters import clock
from app.errors import BadInput, DomainError, NotAllowed
from app.fab.arguments import PAGE_SIZES, ListArguments
from app.fab.editing import doorway
from app.fab.page import Kept, Tab
from app.fab.people import preference
from app.models import SavedView
from app.security.fields import GROUP_OF, Group
from app.security.identity import person
from app.services import preferences, saved_views

# Filters on what somebody typed about a person are not kept: the filter would hold it.
PERSONAL = {Group.CONTACT, Group.MOTIVATION, Group.EMPLOYER, Group.FUNCTION, Group.SUMMARY, Group.NOTES, Group.OUTCOME}


def _columns() -> dict[str, list[str]]:
    """By list, the columns that this person chose, without the first."""
    kept = preference(session._get_current_object(), "columns")  # type: ignore[attr-defined]
    return dict(kept) if isinstance(kept, dict) else {}


def chosen_columns(view: Any) -> list[str] | None:
    """The columns that this person chose for this list, without the first; None for the usual ones."""
    return _columns().get(view.list_name)


def keep_columns(view: Any) -> Any:
    """Remember the columns that were ticked, in their order; `reset` goes back to the usual ones."""
    kept = _columns()
    kept.pop(view.list_name, None)
    if "reset" not in request.form:
        offered = view.offered_columns()[1:]
        kept[view.list_name] = [name for name in dict.fromkeys(request.form.getlist("column")) if name in offered]
    with doorway():
        preferences.remember("columns", kept or None, by=person())
    return _back(view)


def page(view: Any, arguments: ListArguments) -> Kept:
    """What stands above a list: the columns to choose from and, for who keeps views, the views. One statement, none for a candidate."""
    listed, offered = view.listed(), view.offered_columns()
    columns = [*listed[1:], *(name for name in offered if name not in listed)]
    query = _plain(arguments)
    return Kept(
        query=query,
        columns_url=view.address("keep_columns"),
        columns=tuple((name, str(view.label_columns.get(name, name)), name in listed) for name in columns),
        views_url=view.address("keep_view") if saved_views.may_keep(person()) else "",
        views=(*_fixed(view, query), *(_tabs(view, query) if saved_views.may_keep(person()) else ())),
        all_label=view.all_label(),
        may_share=saved_views.may_share(person()),
        refusal=_refusal(view, arguments),
    )


def _plain(arguments: ListArguments) -> str:
    """The list as it can be kept: its filters and its order."""
    return arguments.query(size=PAGE_SIZES[0])


def _fixed(view: Any, query: str) -> Iterator[Tab]:
    """The views that a screen brings itself."""
    for label, wanted in view.fixed_views():
        yield Tab(label, f"{view.address('list')}?{wanted}", current=sorted(parse_qsl(wanted)) == sorted(parse_qsl(query)))


def _tabs(view: Any, query: str) -> Any:
    base, by = view.address("list"), person()
    for kept in saved_views.of_screen(view.list_name, by=by):
        if not _is_usable(view, kept):
            continue
        mine = kept.user_id == by.user_id
        yield Tab(
            label=kept.name,
            url=f"{base}?{kept.query}",
            current=sorted(parse_qsl(kept.query)) == sorted(parse_qsl(query)),
            shared=kept.shared,
            sharer="" if mine or kept.user is None else kept.user.name,
            change_url=view.address("change_view", key=kept.id) if saved_views.may_change(kept, by) else "",
        )


def _is_usable(view: Any, kept: SavedView) -> bool:
    """A view that asks for a column which this person does not see is not theirs to use."""
    try:
        arguments = view.arguments_of(kept.query)
        view.filtered(arguments), view.order_of(arguments)
    except BadInput:
        return False
    return True


def _refusal(view: Any, arguments: ListArguments) -> str:
    """Why this list cannot be kept, or nothing."""
    groups = GROUP_OF.get(view.datamodel.obj, {})
    if arguments.search or any(groups.get(view.order_by.get(name, name)) in PERSONAL for _, name, _ in arguments.filters):
        return gettext("A view keeps no search and no filter on a name or a text about somebody. Remove those, then save the view.")
    if arguments.rows:
        return gettext("A view keeps filters, not rows that you chose one by one.")
    if len(_plain(arguments)) > saved_views.LONGEST_QUERY:
        return gettext("These are too many filters at once. Use fewer filters.")
    return ""


def keep_view(view: Any) -> Any:
    """Keep the list as it is filtered and ordered under a name. Refusals are said above the list, which stays as it is."""
    if not saved_views.may_keep(person()):
        raise NotAllowed(gettext("You may not do this."))
    arguments = view.arguments_of(request.form.get("query", ""))
    view.filtered(arguments), view.order_of(arguments)
    try:
        if refusal := _refusal(view, arguments):
            raise BadInput(refusal)
        with doorway():
            name, shared = request.form.get("name", ""), "shared" in request.form
            saved_views.keep(view.list_name, name, _plain(arguments), shared=shared, by=person(), now=clock.now())
    except BadInput as refusal:
        flash(str(refusal), "warning")
    else:
        flash(gettext("View saved. It stands above the list."), "success")
    return _back(view)


def change_view(view: Any, key: str) -> Any:
    """Rename or remove a view; 404 for one that this person does not see."""
    kept = saved_views.find(view.list_name, key, by=person())
    try:
        with doorway():
            if "remove" in request.form:
                saved_views.remove(kept, by=person(), now=clock.now())
            else:
                saved_views.rename(kept, request.form.get("name", ""), by=person(), now=clock.now())
    except BadInput as refusal:
        flash(str(refusal), "warning")
    return _back(view)


def _back(view: Any) -> Any:
    """To the list as it was."""
    try:
        arguments = view.arguments_of(request.form.get("query", ""))
    except DomainError:
        arguments = ListArguments(type(view).__name__)
    return redirect(arguments.url(url_for(f"{view.endpoint}.list")))
