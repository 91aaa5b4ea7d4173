"""The files of a report: their page, and the one address where their bytes come out."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from flask import Response, abort, redirect, request, send_file
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.adapters import clock
from app.errors import DomainError
from app.fab import choosing, drafting, editing
from app.fab.badges import icon
from app.fab.interface import LoketInterface
from app.fab.layout import group_of
from app.fab.page import Fact, FormPage
from app.fab.shown import number
from app.fab.view_show import ShowPart
from app.models import AdviceSession, Attachment
from app.security.identity import person
from app.services import attachments
from app.views import report_form

# A file that somebody else made: never drawn in our place, whatever it holds.
LOCKED = "default-src 'none'; sandbox"
FILES = LoketInterface(Attachment, eager=("session", "candidate"))


class FileLine(NamedTuple):
    """A file on the page of a report's files."""

    name: str
    about: str
    for_candidate: bool
    url: str
    show_url: str
    remove_url: str


class AttachmentPart(ShowPart):
    """What the screen of reports does with files. Rows come through the wall; the candidate sees what is ticked."""

    def file_found(self, pk: str) -> Attachment:
        """The attachment, or 404: the same for what is not there and what is not this person's."""
        row: Attachment | None = FILES.find(pk, [Attachment.session_id.is_not(None)])
        if row is None:
            abort(404)
        return row

    @expose("/bijlage/<pk>", methods=["GET"])
    @has_access
    def attachment(self, pk: str) -> Response:
        row = self.file_found(pk)
        return download(row, lambda: self.log_read("attachment", [row]))

    @expose("/bijlagen/<pk>", methods=["GET", "POST"])
    @has_access
    def attachments(self, pk: str) -> Any:
        """The files of a report, and the form to add some."""
        row = self.found(pk)
        self.require("attachments", row)
        form = report_form.files_form()
        if request.method == "GET":
            self.log_read("edit", [row])
            return self._files_page(row, form)
        made = editing.made_before()
        if made:
            return redirect(made)
        if not form.validate():
            return self._files_page(row, form, status=422)
        if not form.files.examined:
            return self._files_page(row, form, gettext("Choose a file first."), 422)
        back = self.address("attachments", pk=pk)
        try:
            with editing.doorway():
                report_form.keep_files(row, form, by=person(), now=clock.now())
                editing.receipt(back)
        except DomainError as refusal:
            return self._files_page(self.found(pk), form, str(refusal), 422)
        return redirect(back)

    @expose("/bijlage-tonen/<pk>", methods=["POST"])
    @has_access
    def show_attachment(self, pk: str) -> Any:
        """Tick a file for the candidate, or take the tick away."""
        row = self._file_to_change("show_attachment", pk)
        back = self.address("attachments", pk=row.session_id)
        with editing.doorway():
            attachments.show_to_candidate(row, request.form.get("shown") == "1", by=person(), now=clock.now())
        return redirect(back)

    @expose("/bijlage-weg/<pk>", methods=["POST"])
    @has_access
    def remove_attachment(self, pk: str) -> Any:
        row = self._file_to_change("remove_attachment", pk)
        back = self.address("attachments", pk=row.session_id)
        with editing.doorway():
            attachments.remove(row, by=person(), now=clock.now())
        return redirect(back)

    def cell_attachments(self, row: AdviceSession) -> Any:
        """The files of a report as links; None without any."""
        line = Markup('<li><a href="%s" download>%s<span>%s</span></a> <span class="file-size">%s</span></li>')
        lines = [line % (self.address("attachment", pk=one.id), icon("file-text"), one.name, about(one)) for one in attachments.of(row)]
        return Markup('<ul class="files">%s</ul>') % Markup("").join(lines) if lines else None

    def fact(self, row: Any, name: str) -> Fact:
        """The files stand below the texts, over the whole width."""
        found = super().fact(row, name)
        return replace(found, wide=True) if name == "attachments" else found

    def _file_to_change(self, verb: str, pk: str) -> Attachment:
        row = self.file_found(pk)
        self.require(verb, row.session)
        return row

    def _line(self, row: Attachment) -> FileLine:
        verbs = ("attachment", "show_attachment", "remove_attachment")
        return FileLine(row.name, about(row), row.for_candidate, *(self.address(verb, pk=row.id) for verb in verbs))

    def _files_page(self, row: AdviceSession, form: Any, warning: str = "", status: int = 200) -> Any:
        candidate = drafting.about(form, row)
        page = FormPage(
            title=gettext("Attachments"),
            form=form,
            groups=(group_of(gettext("Add files"), [form.files, form.for_candidate], {}),),
            submit=gettext("Add files"),
            cancel_url="",
            keep=editing.key_of_form(),
            warning=warning,
            about=f"{self.name_of(row)} · {choosing.candidate_text(candidate)}" if candidate is not None else self.name_of(row),
        )
        found = [self._line(one) for one in attachments.of(row)]
        full = len(found) >= attachments.MOST_FILES
        shown = {"title": page.title, "page": page, "files": found, "full": full, "csrf": generate_csrf()}
        return self.render_template("loket/attachments.html", **shown, back_url=self.address("show", pk=row.id)), status


def download(row: Attachment, log: Callable[[], None]) -> Response:
    """The bytes of a file that this person may read, once `log` has written down that they look; 404 when they are gone."""
    content = report_form.attachment_folder().get(row.key)
    if content is None:
        abort(404)
    log()
    answer = send_file(
        io.BytesIO(content), mimetype=row.kind, as_attachment=True, download_name=row.name, conditional=False, etag=False, max_age=0
    )
    answer.headers["Content-Security-Policy"] = LOCKED
    answer.headers["Cache-Control"] = "no-store"
    return answer


def about(row: Attachment) -> str:
    """What a file is, and how large: PDF, 1.240 kB."""
    return gettext("%(kind)s, %(size)s kB", kind=attachments.KINDS.get(row.kind, row.kind), size=number(max(1, row.size // 1000)))
