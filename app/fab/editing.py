"""Adding and editing through a form: once per click, against the version that was read, with nothing lost on a refusal."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_appbuilder.widgets import RenderTemplateWidget
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import IntegrityError

from app.adapters import clock
from app.errors import DomainError, Stale
from app.extensions import db
from app.fab.page import FormPage
from app.fab.shown import shown
from app.models import FormReceipt
from app.security.identity import person
from app.security.scope import SYSTEM_READ
from app.services import edits, log

KEY, VERSION, BASE = "form_key", "version", "base"
REFUSED = 422


class FormWidget(RenderTemplateWidget):
    template = "loket/widgets/form.html"


@contextmanager
def doorway() -> Iterator[None]:
    """Commit what happens inside, once; undo all of it when anything goes wrong."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def add(view: Any) -> Any:
    """The add form and what it posts. A second click on the same form leads to what the first one made."""
    form = view.add_form()
    if request.method == "GET":
        view.prefill(form)
        return _page(view, form, view.add_groups, view.add_title)
    made = _made_before()
    if made:
        return redirect(made)
    _keep_visible(view, form, view.add_columns)
    if not form.validate():
        return _page(view, form, view.add_groups, view.add_title, status=REFUSED)
    try:
        with doorway(), db.session.no_autoflush:
            row = view.datamodel.obj()
            form.populate_obj(row)
            view.create(row, form)
            db.session.flush()
            target = view.after(row)
            _receipt(target)
    except DomainError as refusal:
        return _page(view, form, view.add_groups, view.add_title, status=refusal.status, warning=str(refusal))
    except IntegrityError:
        return _after_clash(view, form)
    flash(gettext("Saved."), "success")
    return view.answer(row, form) or redirect(target)


def _after_clash(view: Any, form: Any) -> Any:
    """Two clicks at once: the other one made it. Anything else that clashed is said."""
    made = _made_before()
    if made:
        return redirect(made)
    sentence = gettext("This clashes with something that is already there. Check what you filled in.")
    return _page(view, form, view.add_groups, view.add_title, status=409, warning=sentence)


def _made_before() -> str | None:
    key = request.form.get(KEY, "")
    mine = sa.and_(FormReceipt.key == key, FormReceipt.user_id == person().user_id)
    found = db.session.scalar(sa.select(FormReceipt.target).where(mine), execution_options=SYSTEM_READ) if key else None
    return str(found) if found else None


def _receipt(target: str) -> None:
    key = request.form.get(KEY, "")
    if key and len(key) <= 64:
        db.session.add(FormReceipt(key=key, user_id=person().user_id, at=clock.now(), target=target))
        db.session.flush()


def edit(view: Any, row: Any) -> Any:
    """The edit form and what it posts, saved only on top of the version that was read; else the page with both texts."""
    if request.method == "GET":
        return _page(view, view.edit_form(formdata=None, obj=row), view.edit_groups, view.edit_title, row=row)
    form = view.edit_form(formdata=request.form, obj=row)
    _keep_visible(view, form, view.edit_columns)
    if not form.validate():
        return _page(view, form, view.edit_groups, view.edit_title, row=row, status=REFUSED)
    try:
        with doorway(), db.session.no_autoflush:
            _claim(row)
            form.populate_obj(row)
            view.change(row, form, log.changed_fields(row))
            db.session.flush()
            target = view.after(row)
    except Stale:
        return _conflict(view, row, form)
    except DomainError as refusal:
        return _page(view, form, view.edit_groups, view.edit_title, row=row, status=refusal.status, warning=str(refusal))
    except IntegrityError:
        sentence = gettext("This clashes with something that is already there. Check what you filled in.")
        return _page(view, form, view.edit_groups, view.edit_title, row=row, status=409, warning=sentence)
    flash(gettext("Saved."), "success")
    return redirect(target)


def verb(view: Any, row: Any, form: Any, groups: Any, title: Any, submit: Any, act: Callable[[Any], None]) -> Any:
    """A form for one step with a thing (move, finish, cancel): `act(form)` does it on POST, refusals stand beside what was typed."""

    def page(status: int = 200, warning: str = "", version: str = "") -> Any:
        view.log_read("edit", [row])
        shown_groups = tuple((str(heading), tuple(form[name] for name in names)) for heading, names in groups)
        keep = ((VERSION, version or request.form.get(VERSION) or _version_of(row)),)
        made = FormPage(str(title), form, shown_groups, str(submit), _cancel(view, row), keep, warning)
        widget = FormWidget(page=made, csrf=generate_csrf(), appbuilder=view.appbuilder)
        return view.render_template(view.edit_template, title=made.title, page=made, widgets={"edit": widget, "form": widget}), status

    if request.method == "GET":
        return page()
    if not form.validate():
        return page(REFUSED)
    try:
        with doorway():
            act(form)
    except Stale as first:
        return page(first.status, str(first), _version_of(row))
    except DomainError as refusal:
        return page(refusal.status, str(refusal))
    flash(gettext("Saved."), "success")
    return redirect(_cancel(view, row))


def _version_of(row: Any) -> str:
    """What a step is made against: the place on the journey for a candidate, else the version of the row."""
    return str(getattr(row, "stage_seq", row.version))


def seen_version() -> int:
    """The version (or step) that the posted form was made from; -1 when it says none."""
    text = request.form.get(VERSION, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _claim(row: Any) -> None:
    if hasattr(row, "version"):
        edits.claim_version(row, seen_version(), now=clock.now())


def _keep_visible(view: Any, form: Any, columns: Sequence[str]) -> None:
    """Fields that this person does not see are not in the form, so a posted value for them is not read either."""
    seen = set(view.form_columns(columns))
    for name in [name for name in columns if name in form._fields and name not in seen]:
        del form._fields[name]


def _page(view: Any, form: Any, groups: Any, title: Any, *, row: Any = None, status: int = 200, warning: str = "") -> Any:
    if row is not None:
        view.log_read("edit", [row])
    columns = view.edit_columns if row is not None else view.add_columns
    _keep_visible(view, form, columns)
    shown_groups = tuple((str(heading), tuple(form[name] for name in names if name in form._fields)) for heading, names in groups)
    page = FormPage(
        title=str(title),
        form=form,
        groups=tuple(group for group in shown_groups if group[1]),
        submit=str(view.submit),
        cancel_url=_cancel(view, row),
        keep=_kept(form, row),
        warning=warning,
    )
    widget = FormWidget(page=page, csrf=generate_csrf(), appbuilder=view.appbuilder)
    name = "edit" if row is not None else "add"
    return view.render_template(view.edit_template, title=page.title, page=page, widgets={name: widget, "form": widget}), status


def _cancel(view: Any, row: Any) -> str:
    if row is not None and view.may("show"):
        return str(view.address("show", pk=view.datamodel.get_pk_value(row)))
    return str(view.address("list")) if view.may("list") else url_for("HomeView.index")


def _kept(form: Any, row: Any) -> tuple[tuple[str, str], ...]:
    if row is None:
        return ((KEY, request.form.get(KEY) or secrets.token_urlsafe(24)),)
    if not hasattr(row, "version"):
        return ()
    if request.method == "POST":
        return ((VERSION, request.form.get(VERSION, "")), (BASE, request.form.get(BASE, "")))
    return ((VERSION, str(row.version)), (BASE, json.dumps(_values(form))))


def _values(form: Any) -> dict[str, str]:
    return {field.name: str(shown(field.data) or "") for field in form if field.name != "csrf_token"}


def _conflict(view: Any, row: Any, form: Any) -> Any:
    """409: your text, theirs and what you both started from. Saving again goes on top of theirs, knowingly."""
    db.session.expire_all()
    view.log_read("edit", [row])
    theirs = view.edit_form(formdata=None, obj=row)
    _keep_visible(view, theirs, view.edit_columns)
    yours, other = _values(form), _values(theirs)
    base = _base()
    rows = [
        (str(form[name].label.text), yours[name], other.get(name, ""), base.get(name, ""))
        for name in yours
        if yours[name] != other.get(name, "")
    ]
    fields = [(key, value) for key, value in request.form.items(multi=True) if key not in ("csrf_token", VERSION, BASE)]
    fields += [(VERSION, str(row.version)), (BASE, json.dumps(other))]
    page = view.render_template(
        "loket/conflict.html",
        title=gettext("Somebody else changed this in the meantime"),
        rows=rows,
        edit_url=view.address("edit", pk=view.datamodel.get_pk_value(row)),
        keep_url=_cancel(view, row),
        csrf=generate_csrf(),
        form_fields=fields,
    )
    return page, 409


def _base() -> dict[str, str]:
    try:
        found = json.loads(request.form.get(BASE, "{}"))
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
