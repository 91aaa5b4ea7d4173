"""Drafts and the other buttons of a form. They all go to the form's own address, so that a draft is kept behind the form's own door:
its permission, its row within the wall, its fields that this person sees. Nothing but the address says which draft is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import Response, redirect, request
from flask_babel import format_datetime, gettext
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict
from wtforms import TextAreaField

from app.adapters import clock
from app.errors import BadInput
from app.fab import choosing
from app.fab.forms import CandidateField
from app.models import Candidate, Draft
from app.security.identity import person
from app.services import drafts

STEP = "step"  # the name of the buttons; a form without it is to be saved
VERSION, BASE = "version", "base"  # what an edit was made from; kept with its draft


def address() -> str:
    """The form's own address: its path, and the candidate for whom it was opened."""
    number = request.args.get("candidate", "").strip().upper()
    return request.path + (f"?candidate={number}" if CandidateField.NUMBER.fullmatch(number) else "")


def about(form: Any, row: Any) -> Candidate | None:
    """The candidate whom a form is about, as far as this person sees one."""
    if row is None:
        field = form._fields.get("candidate")
        return field.data if isinstance(field, CandidateField) else None
    return row if isinstance(row, Candidate) else getattr(row, "candidate", None)


def autosaves(form: Any) -> bool:
    """Forms with long texts are kept while somebody types."""
    return any(isinstance(field, TextAreaField) for field in form)


def restore(form: Any, row: Any = None) -> Draft | None:
    """Put the person's draft into a form that is opened, and the choice with which somebody comes back from choosing."""
    draft = drafts.find(address(), by=person())
    if draft is not None:
        form.process(MultiDict[str, str](draft.content), obj=row)
    name, value = choosing.chosen() or ("", "")
    if name in form._fields and name in picks(form):
        with suppress(ValueError):
            form[name].raw_data = [value]
            form[name].process_formdata([value])
    return draft


def picks(form: Any) -> set[str]:
    """The fields whose choices are searched for."""
    return {field.name for field in form if isinstance(field, CandidateField) or getattr(field, "is_searched", False)}


def kept_with(draft: Draft, name: str) -> str:
    """What was kept with a draft besides its fields: the version it was made from."""
    return "".join(draft.content.get(name, [])[:1])


def said(at: datetime) -> str:
    """14:05, with the day when that is not today."""
    return str(format_datetime(clock.local(at), "HH:mm" if clock.day(at) == clock.day(clock.now()) else "d MMMM HH:mm"))


def forget() -> None:
    """The form is saved: its draft goes in the same transaction."""
    drafts.forget(address(), by=person())


def step(view: Any, form: Any, row: Any, *, page: Callable[..., Any], leave: str, doorway: Any) -> Any:
    """The answer to another button than «save»; None when the form is to be saved. Raises BadInput for a button that is none.

    `page` draws the form again, `leave` is where somebody goes who stops.
    """
    verb, _, name = request.form.get(STEP, "").partition(":")
    if not verb:
        return None
    if verb in ("forget", "leave"):
        with doorway():
            forget()
        return redirect(leave if verb == "leave" else address())
    if verb in ("preview", "fill"):
        return _in_place(view, form, verb, name, page)
    if verb not in ("draft", "autosave", "choose") or (verb == "choose" and name not in picks(form)):
        raise BadInput(gettext("This button does not exist here. Load the page again."))
    try:
        kept_at = _keep(form, row, doorway)
    except BadInput as refusal:
        return (str(refusal), 413) if verb == "autosave" else page(status=422, warning=str(refusal))
    if verb == "autosave":
        return Response(gettext("Draft kept at %(time)s", time=said(kept_at)), mimetype="text/plain")
    if verb == "choose":
        return redirect(view.address("options", name=name, voor=choosing.FOR_FORM, kies=1, terug=address()))
    return redirect(address())


def _in_place(view: Any, form: Any, verb: str, name: str, page: Callable[..., Any]) -> Any:
    """The form again: with what a text looks like, or with more of it filled in."""
    if verb == "preview" and name in view.previews and name in form._fields:
        return page(previews={name: view.previews[name](form[name].data or "")})
    try:
        view.fill(form, name)
    except BadInput as refusal:
        return page(status=refusal.status, warning=str(refusal))
    return page()


def _keep(form: Any, row: Any, doorway: Any) -> datetime:
    names = [*(field.name for field in form if field.name != "csrf_token"), VERSION, BASE]
    content = {name: request.form.getlist(name) for name in names if name in request.form}
    candidate, by, now = about(form, row), person(), clock.now()
    with suppress(IntegrityError), doorway():  # of two at the same moment the other one was kept
        drafts.keep(address(), content, candidate=candidate, by=by, now=now)
    return now
