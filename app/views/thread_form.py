"""The form of a message one to one: sent once however often one clicks, kept as a draft while one types, with files as a report has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import IntegrityError
from wtforms import SelectField, StringField, TextAreaField, validators
from wtforms.fields.choices import SelectChoice

from app.adapters import clock
from app.errors import DomainError, Doubtful
from app.fab import drafting, editing
from app.fab.forms import form_of
from app.fab.layout import group_of
from app.fab.page import FormPage
from app.models import Thread
from app.security.identity import person
from app.services import threads
from app.views import report_form

FILES_HELP = _l("PDF, Word (docx) or a picture. At most 5 files of 10 MB each.")
Draw = Callable[[FormPage, str], Any]  # makes the page around the form, with the token
Act = Callable[[dict[str, Any]], Thread]  # writes: gets the text, files, by, now and key that the services ask for


def blank(*, subject: bool, choices: list[tuple[str, str]] | None = None) -> Any:
    """A form for a message: to whom when there are `choices`, what it is about when it is the first one."""
    must = validators.DataRequired(_l("Fill this in."))
    fields: dict[str, Any] = {}
    if choices:
        fields["whom"] = SelectField(_l("To whom"), [must], choices=[SelectChoice(*choice) for choice in choices])
    if subject:
        longest = validators.Length(max=threads.LONGEST_SUBJECT)
        fields["subject"] = StringField(_l("What it is about"), [must, longest], render_kw={"autocomplete": "off"})
    fields["text"] = TextAreaField(_l("Your message"), [must, _fits], filters=[_tidy], render_kw={"rows": 8 if subject else 4})
    fields["files"] = report_form.FilesField(_l("Files"), description=FILES_HELP)
    return form_of(fields)()


def handle(view: Any, form: Any, row: Any, draw: Draw, act: Act, *, leave: str) -> Any:
    """Answer GET and POST of a page with this form. `row` is the candidate or the conversation that it is about; `leave` is where
    somebody goes who does not send, when there is such a place."""

    def page(status: int = 200, *, warning: str = "", draft: Any = None, doubt: str = "", **_more: Any) -> Any:
        seen = ((editing.SEEN, doubt),) if doubt else ()
        made = FormPage(
            title="",
            form=form,
            groups=(group_of("", [field for field in form if field.name != "csrf_token"], {}),),
            submit=gettext("Send anyway") if doubt else gettext("Send message"),
            cancel_url=leave,
            keep=(*editing.key_of_form(), *seen),
            warning=warning,
            action=drafting.address(),
            draft=gettext("This is your draft of %(time)s.", time=drafting.said(draft.saved_at)) if draft is not None else "",
            autosaves=True,
        )
        return draw(made, generate_csrf()), status

    if request.method == "GET":
        return page(draft=drafting.restore(form))
    before = editing.made_before()
    if before:
        return redirect(before)
    answer = drafting.step(view, form, row, page=page, leave=leave or drafting.address(), doorway=editing.doorway)
    if answer:
        return answer
    return _send(view, form, page, act) if form.validate() else page(editing.REFUSED)


def _send(view: Any, form: Any, page: Callable[..., Any], act: Act) -> Any:
    text, files = form.text.data, form.files.examined
    with_files = {"files": files, "folder": report_form.attachment_folder()} if files else {}
    key = editing.key_of_form()[0][1]
    try:
        threads.settle_doubts(text, editing.seen_doubts())
        with editing.doorway():
            thread = act({"text": text, **with_files, "by": person(), "now": clock.now(), "key": key})
            target = view.address_of(thread)
            editing.receipt(target)
            drafting.forget()
    except DomainError as refusal:
        return page(refusal.status, warning=str(refusal), doubt=refusal.seen if isinstance(refusal, Doubtful) else "")
    except IntegrityError:  # two clicks at once: the other one made it
        before = editing.made_before()
        return redirect(before) if before else page(409, warning=gettext("This message was not sent. Send it again."))
    flash(gettext("Your message is sent."), "success")
    return redirect(target)


def _fits(form: Any, field: Any) -> None:
    """It says so after the fact: a browser that is told a maximum cuts a pasted text off without a word."""
    count = len(field.data or "")
    if count > threads.LONGEST_TEXT:
        raise validators.StopValidation(
            gettext("A text has at most %(most)d characters; this one has %(count)d.", most=threads.LONGEST_TEXT, count=count)
        )


def _tidy(text: str | None) -> str | None:
    return (text or "").replace("\x00", "").replace("\r\n", "\n").strip() or None
