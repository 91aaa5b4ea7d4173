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
from wtforms import SelectMultipleField

from app.adapters import clock
from app.errors import DomainError, Doubtful, Stale
from app.extensions import db
from app.fab import choosing, drafting
from app.fab.differences import marked
from app.fab.drafting import BASE, VERSION
from app.fab.layout import group_of
from app.fab.page import FormPage
from app.fab.shown import shown
from app.models import FormReceipt
from app.security.identity import person
from app.security.scope import SYSTEM_READ
from app.services import edits, log

KEY = "form_key"
SEEN = "seen"
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
    _keep_visible(view, form, view.add_columns)

    def page(status: int = 200, **more: Any) -> Any:
        return _page(view, form, view.add_groups, view.add_title, view.add_submit or view.submit, status=status, **more)

    if request.method == "GET":
        view.prefill(form)
        return page(draft=drafting.restore(form))
    made = made_before()
    if made:
        return redirect(made)
    answer = drafting.step(view, form, None, page=page, leave=_cancel(view, None), doorway=doorway)
    if answer:
        return answer
    if not form.validate():
        return page(REFUSED)
    try:
        with doorway(), db.session.no_autoflush:
            row = view.datamodel.obj()
            form.populate_obj(row)
            view.create(row, form)
            db.session.flush()
            target = view.after(row)
            receipt(target)
            drafting.forget()
    except DomainError as refusal:
        return page(**_refused(refusal))
    except IntegrityError:
        # Two clicks at once: the other one made it. Anything else that clashed is said.
        made = made_before()
        return redirect(made) if made else page(409, warning=_clash())
    flash(gettext("Saved."), "success")
    return view.answer(row, form) or redirect(target)


def _refused(refusal: DomainError) -> dict[str, Any]:
    """How a page says no; to what may be saved all the same it gives the button for that."""
    return {"status": refusal.status, "warning": str(refusal), "doubt": refusal.seen if isinstance(refusal, Doubtful) else ""}


def seen_doubts() -> str:
    """Which doubts the writer has seen, and saves all the same."""
    return request.form.get(SEEN, "")


def _clash() -> str:
    return gettext("This clashes with something that is already there. Check what you filled in.")


def made_before() -> str | None:
    """Where the first click on this form led, if this is not the first."""
    key = request.form.get(KEY, "")
    mine = sa.and_(FormReceipt.key == key, FormReceipt.user_id == person().user_id)
    found = db.session.scalar(sa.select(FormReceipt.target).where(mine), execution_options=SYSTEM_READ) if key else None
    return str(found) if found else None


def key_of_form() -> tuple[tuple[str, str], ...]:
    """The hidden field by which a second click is known."""
    return ((KEY, request.form.get(KEY) or secrets.token_urlsafe(24)),)


def receipt(target: str) -> None:
    """Remember, in the same transaction, that this form was handled and where it led."""
    key = request.form.get(KEY, "")
    if key and len(key) <= 64:
        db.session.add(FormReceipt(key=key, user_id=person().user_id, at=clock.now(), target=target))
        db.session.flush()


def edit(view: Any, row: Any) -> Any:
    """The edit form and what it posts, saved only on top of the version that was read; else the page with both texts."""
    form = view.edit_form(formdata=request.form if request.method == "POST" else None, obj=row)
    _keep_visible(view, form, view.edit_columns)

    def page(status: int = 200, **more: Any) -> Any:
        candidate = drafting.about(form, row)
        about = view.name_of(row) if candidate is None else choosing.candidate_text(candidate)
        return _page(view, form, view.edit_groups, view.edit_title, view.submit, row=row, about=about, status=status, **more)

    if request.method == "GET":
        stored = _values(form)
        draft = drafting.restore(form, row)
        return page(draft=draft if _values(form) != stored else None, stored=stored)
    answer = drafting.step(view, form, row, page=page, leave=_cancel(view, row), doorway=doorway)
    if answer:
        return answer
    if not form.validate():
        return page(REFUSED)
    try:
        with doorway(), db.session.no_autoflush:
            _claim(row)
            form.populate_obj(row)
            view.change(row, form, log.changed_fields(row))
            db.session.flush()
            target = view.after(row)
            drafting.forget()
    except Stale:
        return _conflict(view, row, form)
    except DomainError as refusal:
        return page(**_refused(refusal))
    except IntegrityError:
        return page(409, warning=_clash())
    flash(gettext("Saved."), "success")
    return redirect(target)


def verb(view: Any, row: Any, form: Any, groups: Any, title: Any, submit: Any, act: Callable[[Any], None]) -> Any:
    """A form for one step with a thing (move, finish, cancel): `act(form)` does it on POST, refusals stand beside what was typed."""

    def page(status: int = 200, **more: Any) -> Any:
        seen = request.form.get(VERSION) or _version_of(row)
        return _page(view, form, groups, title, submit, row=row, status=status, **{"version": seen, **more})

    if request.method == "GET":
        return page(draft=drafting.restore(form))
    answer = drafting.step(view, form, row, page=page, leave=_cancel(view, row), doorway=doorway)
    if answer:
        return answer
    if not form.validate():
        return page(REFUSED)
    try:
        with doorway():
            act(form)
            drafting.forget()
    except Stale as first:
        return page(first.status, warning=str(first), version=_version_of(row))
    except DomainError as refusal:
        return page(**_refused(refusal))
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


def _page(view: Any, form: Any, groups: Any, title: Any, submit: Any, *, status: int = 200, **more: Any) -> Any:
    """The page of a form. `more` goes to `page_of`."""
    page = page_of(view, form, groups, title, submit, **more)
    widget = FormWidget(page=page, csrf=generate_csrf(), appbuilder=view.appbuilder)
    return view.render_template(view.edit_template, title=page.title, page=page, widgets={"edit": widget, "form": widget}), status


def page_of(
    view: Any,
    form: Any,
    groups: Any,
    title: Any,
    submit: Any,
    *,
    row: Any = None,
    draft: Any = None,
    warning: str = "",
    about: str = "",
    previews: Any = None,
    doubt: str = "",
    **kept: Any,
) -> FormPage:
    """A form as a page draws it; logs whose file it shows. `kept` says what is sent along unseen (`_kept`); with a `doubt` its button
    saves all the same."""
    candidate = drafting.about(form, row)
    seen = candidate if row is None else row
    view.log_read("edit", [seen] if seen is not None else [])
    return FormPage(
        title=str(title),
        form=form,
        groups=tuple(
            group_of(heading, fields, view.leads)
            for heading, names in groups
            if (fields := [form[name] for name in names if name in form._fields])
        ),
        submit=gettext("Save anyway") if doubt else str(submit),
        cancel_url=_cancel(view, row),
        keep=(*_kept(row, draft, **kept), *([(SEEN, doubt)] if doubt else ())),
        warning=warning,
        about=about,
        action=drafting.address(),
        picks={name: view.address("options", name=name, voor=choosing.FOR_FORM) for name in drafting.picks(form)},
        chosen={"candidate": choosing.candidate_text(candidate)} if candidate is not None else {},
        draft=gettext("This is your draft of %(time)s.", time=drafting.said(draft.saved_at)) if draft is not None else "",
        autosaves=drafting.autosaves(form),
        previews=previews or {name: None for name in view.previews if name in form._fields},
    )


def _cancel(view: Any, row: Any) -> str:
    if row is not None and view.may("show"):
        return str(view.address("show", pk=view.datamodel.get_pk_value(row)))
    return str(view.address("list")) if view.may("list") else url_for("HomeView.index")


def _kept(row: Any, draft: Any, *, stored: Any = None, version: str = "") -> tuple[tuple[str, str], ...]:
    """The hidden fields: the key of a new form; of an edit the version that was read and what it held (`stored`), those of a draft
    when there is one."""
    if row is None:
        return key_of_form()
    if version:
        return ((VERSION, drafting.kept_with(draft, VERSION) if draft is not None else version),)
    if not hasattr(row, "version"):
        return ()
    if request.method == "POST":
        return ((VERSION, request.form.get(VERSION, "")), (BASE, request.form.get(BASE, "")))
    if draft is not None:
        return ((VERSION, drafting.kept_with(draft, VERSION)), (BASE, drafting.kept_with(draft, BASE)))
    return ((VERSION, str(row.version)), (BASE, json.dumps(stored)))


def _values(form: Any) -> dict[str, str]:
    return {field.name: _words(field) for field in form if field.name != "csrf_token"}


def _words(field: Any) -> str:
    """What a field holds, as its reader calls it."""
    if isinstance(field, SelectMultipleField):
        return ", ".join(str(choice.label) for choice in field.iter_choices() if choice.selected)
    return str(shown(field.data) or "")


def _conflict(view: Any, row: Any, form: Any) -> Any:
    """409: your text, theirs and what you both started from. Saving again goes on top of theirs, knowingly."""
    db.session.expire_all()
    view.log_read("edit", [row])
    theirs = view.edit_form(formdata=None, obj=row)
    _keep_visible(view, theirs, view.edit_columns)
    yours, other = _values(form), _values(theirs)
    base = _base()
    rows = [
        (str(form[name].label.text), marked(yours[name], other.get(name, "")), marked(other.get(name, ""), yours[name]), base.get(name, ""))
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
