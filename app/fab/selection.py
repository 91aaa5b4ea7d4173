"""Doing one thing with many chosen rows: ask what and for whom, then do it once, in one transaction.

What is chosen is a query string: the rows that were ticked (`_rows=12,15`) or the filters of the list. The page that asks remembers the
keys it was about, only to tell when the list has changed since; which rows are changed is asked anew, within the wall.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import IntegrityError
from wtforms import SelectField, StringField, validators
from wtforms.fields.choices import SelectChoice

from app.errors import BadInput, DomainError
from app.extensions import db
from app.fab import editing, shown
from app.fab.arguments import ListArguments
from app.fab.forms import form_of
from app.fab.page import BulkPage, FormGroup, FormPage

MOST = 1_000  # rows changed at once: fourteen statements each, and on SQLite nobody else writes meanwhile
NAMED = 10
A_TIME = 500  # rows fetched at once
LONGEST_TARGET = 200
EXPORT = "export"


@dataclass(frozen=True)
class Bulk:
    """Something that can be done with many rows; its name in a screen's `bulk` is the verb that the person must be allowed.

    `form` makes the class of the form with what it needs, `act(row, form)` does it to one row by calling a service, `able` are the
    conditions on rows that it fits, `done` is said afterwards with %(count)s.
    """

    label: Any
    submit: Any
    done: Any
    icon: str
    form: Callable[[], Any]
    act: Callable[[Any, Any], None]
    able: Callable[[], Sequence[Any]] = tuple


@dataclass(frozen=True)
class Leading:
    """Something that begins on a page elsewhere: `to` makes its address of the list that was chosen, for who `may`."""

    label: Any
    icon: str
    to: Callable[[Any, ListArguments], str]
    may: Callable[[], bool]


def actions(view: Any) -> tuple[tuple[str, str, str], ...]:
    """(name, label, icon) of what this person can do with chosen rows of this screen."""
    export = ((EXPORT, gettext("Export"), "file-export"),) if view.may(EXPORT) else ()
    here = [(name, bulk) for name, bulk in view.bulk.items() if view.may(name)]
    elsewhere = [(name, lead) for name, lead in view.leads_to.items() if lead.may()]
    return (*export, *((name, str(one.label), one.icon) for name, one in (*here, *elsewhere)))


def choose(view: Any) -> Any:
    """The page that asks: for whom, and what is needed for it. Nothing changes yet."""
    action = request.form.get("action", "")
    if action not in [name for name, *_ in actions(view)]:
        abort(403)
    arguments = view.arguments_of(request.form.get("query", ""))
    if "all" not in request.form:
        chosen = view.arguments_of("_rows=" + ",".join(request.form.getlist("_rows"))).rows
        if not chosen:
            raise BadInput(gettext("Choose one or more rows in the list first."))
        arguments = replace(arguments, search="", filters=[], rows=chosen)
    if action in view.leads_to:
        return redirect(view.leads_to[action].to(view, arguments))
    if action == EXPORT:
        return _ask_export(view, arguments)
    bulk = view.bulk[action]
    return _ask(view, action, arguments, bulk.form()(formdata=None), _keys(view, arguments, bulk))


def _keys(view: Any, arguments: ListArguments, bulk: Bulk) -> list[int]:
    """The keys of the rows that it will be done to. Raises BadInput for more than MOST."""
    key = view.datamodel.get_pk()
    where = [*view.where(arguments), *bulk.able()]
    query = view.datamodel.narrowed(db.session.query(key), view.filtered(arguments), where).order_by(key)
    keys = [found for (found,) in query.limit(MOST + 1)]
    if len(keys) > MOST:
        raise BadInput(gettext("This can be done with at most %(most)s at once. Use a filter and do it in parts.", most=shown.number(MOST)))
    return keys


def apply(view: Any) -> Any:
    """Do it, once: a second click leads to where the first one did. When the list has changed since it was asked, ask again."""
    action = request.form.get("action", "")
    bulk = view.bulk.get(action) or abort(404)
    view.require(action)
    if made := editing.made_before():
        return redirect(made)
    arguments = view.arguments_of(request.form.get("query", ""))
    form = bulk.form()()
    keys = _keys(view, arguments, bulk)
    changed = _changed(keys)
    if changed or not keys:
        return _ask(view, action, arguments, form, keys, changed, 409)
    if not form.validate():
        return _ask(view, action, arguments, form, keys, status=editing.REFUSED)
    target = arguments.url(view.address("list"), rows=())
    target = target if len(target) <= LONGEST_TARGET else view.address("list")
    try:
        with editing.doorway():
            for row in _each(view, keys):
                bulk.act(row, form)
            editing.receipt(target)
    except DomainError as refusal:
        return _ask(view, action, arguments, form, keys, str(refusal), refusal.status)
    except IntegrityError:
        return redirect(editing.made_before() or abort(409))
    flash(str(bulk.done) % {"count": shown.number(len(keys))}, "success")
    return redirect(target)


def _changed(keys: list[int]) -> str:
    """How the list differs from what the person was asked about; empty when it does not."""
    seen = {int(key) for key in request.form.get("seen", "").split(",") if key.isascii() and key.isdigit() and len(key) < 16}
    more, fewer = len(set(keys) - seen), len(seen - set(keys))
    if not more and not fewer:
        return ""
    return gettext("The list has changed in the meantime: +%(more)s / −%(fewer)s. Look again, then go on.", more=more, fewer=fewer)


def _each(view: Any, keys: list[int]) -> Any:
    key = view.datamodel.get_pk()
    for start in range(0, len(keys), A_TIME):
        query = view.datamodel.with_relations(db.session.query(view.datamodel.obj)).filter(key.in_(keys[start : start + A_TIME]))
        yield from query.order_by(key).all()


def _ask(
    view: Any, action: str, arguments: ListArguments, form: Any, keys: list[int], refusal: str = "", status: int = 200
) -> tuple[Any, int]:
    bulk = view.bulk[action]
    if not keys and not refusal:
        refusal = gettext("There is nothing left in your choice for which this can be done.")
    page = FormPage(
        title=str(bulk.label),
        form=form,
        groups=_group(form),
        submit=str(bulk.submit),
        cancel_url=arguments.url(view.address("list"), rows=()),
        keep=(
            ("action", action),
            ("query", arguments.query()),
            ("seen", ",".join(map(str, keys))),
            (editing.KEY, request.form.get(editing.KEY) or secrets.token_urlsafe(24)),
        ),
        warning=refusal,
        action=view.address("apply") if keys else "",
    )
    return _shown(view, arguments, page, bulk.able(), len(keys)), status


def _ask_export(view: Any, arguments: ListArguments) -> Any:
    form = _export_form()(formdata=None)
    back, keep = arguments.url(view.address("list"), rows=()), (("query", arguments.query()),)
    page = FormPage(gettext("Export"), form, _group(form), gettext("Make file"), back, keep, action=view.address(EXPORT))
    return _shown(view, arguments, page)


def _group(form: Any) -> tuple[FormGroup, ...]:
    return (FormGroup("", tuple((field,) for field in form if field.name != "csrf_token")),)


def _export_form() -> Any:
    why = lazy_gettext("We keep your answer with the file in the log.")
    must = [validators.InputRequired(lazy_gettext("Fill this in.")), validators.Length(max=200)]
    kinds = [SelectChoice("csv", "CSV"), SelectChoice("xlsx", lazy_gettext("Excel (xlsx)"))]
    return form_of(
        {
            "format": SelectField(lazy_gettext("Kind of file"), must[:1], choices=kinds),
            "reason": StringField(lazy_gettext("Why do you need this file?"), must, description=why),
        }
    )


def _shown(view: Any, arguments: ListArguments, form: FormPage, able: Sequence[Any] = (), count: int | None = None) -> Any:
    """The page with how many and who: the first few by name. Without a count it changes nothing, and counts as a list does."""
    where = [*view.where(arguments), *able]
    rows, counted = view.datamodel.page(view.filtered(arguments), where, view.order_of(arguments), 0, NAMED)
    view.log_read("list", rows)
    total = counted if count is None else count
    page = BulkPage(
        form=form,
        count_text=shown.count(total) if count is None else shown.number(total),
        names=tuple(_name(view, row) for row in rows),
        others=shown.count(total - len(rows)) if total > len(rows) else "",
        changes=view.list_name if count is not None else "",
    )
    return view.render_template("loket/bulk.html", title=form.title, page=page, csrf=generate_csrf())


def _name(view: Any, row: Any) -> str:
    name, its_number = view.name_of(row), view.number_of(row)
    return name if its_number in name else f"{name} {its_number}"
