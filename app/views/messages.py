"""Berichten: what the desk, or an organisation after acceptance, and candidates write to each other, one to one."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.adapters import clock
from app.enums import ACCEPTED_MATCHES, Role
from app.errors import BadInput
from app.fab import editing
from app.fab.interface import LoketInterface
from app.fab.page import Part
from app.fab.plain import LoketPage
from app.fab.shown import number as written
from app.models import Attachment, Candidate, Match, Thread
from app.queries import threads as queries
from app.queries.threads import Which
from app.security.identity import person
from app.services import log, threads
from app.views import thread_form, thread_words
from app.views.attachments import download

PAGE = 25  # conversations
MESSAGES = 50  # of one conversation
NAME = "berichten"
LAST = "laatste"  # where the newest message stands
BEFORE = "voor"


class MessagePage(LoketPage):
    """What the pages of both sides share."""

    previews: dict[str, Any] = {}
    reading, listed = "", ""  # the endpoints of one conversation and of all of them

    def fill(self, form: Any, name: str) -> None:
        raise BadInput(gettext("This button does not exist here. Load the page again."))

    def address_of(self, thread: Thread) -> str:
        """Where a conversation is read, at its newest message."""
        return f"{url_for(self.reading, pk=thread.id)}#{LAST}"

    def found(self, pk: int | str) -> Thread:
        """The conversation, or 404: the same for what is not there and what is not this person's."""
        text = str(pk)
        thread = queries.find(int(text)) if text.isascii() and text.isdigit() and len(text) < 16 else None
        if thread is None:
            abort(404)
        return thread

    def conversation(self, template: str, thread: Thread, **values: Any) -> Any:
        """A conversation with the form to answer. Reading it is noted before it is shown, and not by sending an answer from an old page."""
        asked = request.args.get(BEFORE, "")
        before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
        form = thread_form.blank(subject=False)

        def draw(page: Any, csrf: str) -> Any:
            threads.read(thread, by=person(), now=clock.now())
            found = queries.messages(thread, before=before, size=MESSAGES)
            shown = found[-MESSAGES:]
            older = f"{request.path}?{BEFORE}={shown[0].id}" if len(found) > MESSAGES else ""
            return self.render_template(
                template,
                title=thread.subject,
                thread=thread,
                page=page if threads.may_answer(thread, person()) else None,
                csrf=csrf,
                messages=list(thread_words.said(thread, shown, queries.files_of(shown))),
                older_url=older,
                newest_url=request.path if before is not None else "",
                side=thread_words.other_side(thread)[0],
                is_over=threads.is_over(thread),
                **values,
            )

        def act(sent: dict[str, Any]) -> Thread:
            threads.answer(thread, **sent)
            return thread

        return thread_form.handle(self, form, thread, draw, act, leave="")

    def file_of(self, number: int) -> Attachment:
        """A file with a message that this person reads, or 404."""
        row: Attachment | None = LoketInterface(Attachment).find(number, [Attachment.message_id.is_not(None)])
        if row is None:
            abort(404)
        return row

    def page_asked(self) -> int:
        text = request.args.get("pagina", "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


class BerichtenView(MessagePage):
    """For the desk and organisations."""

    route_base = "/berichten"
    class_permission_name = "Berichten"
    method_permission_name = {
        "index": "list",
        **dict.fromkeys(("show", "close", "reopen", "attachment"), "show"),
        "write": "add",
        "write_to_match": "match",
    }
    list_name = NAME
    list_title = _l("Messages")
    reading, listed = "BerichtenView.show", "BerichtenView.index"

    @expose("/")
    @has_access
    def index(self) -> Any:
        """All conversations, the unread ones first."""
        by, page = person(), self.page_asked()
        which = self._which()
        found = queries.lines(which, by=by, size=PAGE, page=page)
        shown = found[:PAGE]
        log.read(NAME, "list", sorted({line.thread.candidate_id for line in shown}), by=by, now=clock.now())
        return self.render_template(
            "loket/messages.html",
            title=gettext("Messages"),
            rows=[thread_words.row_of(line, self.address_of(line.thread)) for line in shown],
            tabs=list(self._tabs(which)),
            which=which.value,
            newer_url=url_for(self.listed, welke=which.value, pagina=page - 1) if page else "",
            older_url=url_for(self.listed, welke=which.value, pagina=page + 1) if len(found) > PAGE else "",
            is_desk=by.has_files,
        )

    def _which(self) -> Which:
        """What the address asks for; at first an adviser's own ones, else all."""
        asked = {which.value: which for which in Which}.get(request.args.get("welke", ""))
        return asked or (Which.MINE if person().role is Role.ADVISER else Which.ALL)

    def _tabs(self, chosen: Which) -> Any:
        labels = {Which.UNREAD: gettext("Unread"), Which.MINE: gettext("Mine"), Which.ALL: gettext("All")}
        for which, label in labels.items():
            count = queries.count(which, by=person()) if which is Which.UNREAD else 0
            more = "+" if count == queries.MOST else ""
            title = f"{label} · {written(count)}{more}" if count else label
            yield Part(which.value, title, url_for(self.listed, welke=which.value), which is chosen)

    @expose("/<pk>", methods=["GET", "POST"])
    @has_access
    def show(self, pk: str) -> Any:
        """Read a conversation, and answer."""
        thread = self.found(pk)
        log.read(NAME, "show", [thread.candidate_id], by=person(), now=clock.now())
        ways = {
            "close_url": url_for("BerichtenView.close", number=thread.id),
            "reopen_url": url_for("BerichtenView.reopen", number=thread.id),
        }
        sees_file = self.appbuilder.sm.has_access("can_show", "Kandidaten")
        return self.conversation(
            "loket/thread.html",
            thread,
            number=thread.candidate.number,
            candidate_url=url_for("KandidatenView.show", pk=thread.candidate_id) if sees_file else "",
            has_address=bool(thread.candidate.email_norm),
            **ways,
        )

    @expose("/<int:number>/afronden", methods=["POST"])
    @has_access
    def close(self, number: int) -> Any:
        """Nothing has to happen any more; the second click changes nothing."""
        thread = self.found(number)
        with editing.doorway():
            threads.close(thread, by=person(), now=clock.now())
        flash(gettext("This conversation is finished. A new message opens it again."), "success")
        return redirect(url_for(self.listed))

    @expose("/<int:number>/heropenen", methods=["POST"])
    @has_access
    def reopen(self, number: int) -> Any:
        thread = self.found(number)
        with editing.doorway():
            threads.reopen(thread, by=person(), now=clock.now())
        return redirect(self.address_of(thread))

    @expose("/aan/<int:number>", methods=["GET", "POST"])
    @has_access
    def write(self, number: int) -> Any:
        """The desk begins a conversation with a candidate."""
        row: Candidate | None = LoketInterface(Candidate).find(number)
        if row is None:
            abort(404)
        if not person().can("write_reports", row.region_id):
            abort(403)
        return self._begin(row, None, url_for("KandidatenView.show", pk=row.id))

    @expose("/match/<int:number>", methods=["GET", "POST"])
    @has_access
    def write_to_match(self, number: int) -> Any:
        """An organisation begins one, once both have said yes to a match."""
        match: Match | None = LoketInterface(Match, eager=("candidate", "organisation")).find(number)
        if match is None:
            abort(404)
        if match.state not in ACCEPTED_MATCHES or match.candidate is None:
            abort(403)
        return self._begin(match.candidate, match.organisation, url_for("MatchesView.show", pk=match.id))

    def _begin(self, row: Candidate, organisation: Any, back: str) -> Any:
        log.read(NAME, "edit", [row.id], by=person(), now=clock.now())
        form = thread_form.blank(subject=True)

        def draw(page: Any, csrf: str) -> Any:
            title = gettext("Message to %(who)s", who=thread_words.candidate_name(row))
            return self.render_template(
                "loket/thread_new.html", title=title, number=row.number, page=page, csrf=csrf, has_address=bool(row.email_norm)
            )

        def act(sent: dict[str, Any]) -> Thread:
            return threads.write(row, form.subject.data, organisation=organisation, **sent)

        return thread_form.handle(self, form, row, draw, act, leave=back)

    @expose("/bijlage/<int:number>")
    @has_access
    def attachment(self, number: int) -> Any:
        """The bytes of a file; the look is logged first."""
        row = self.file_of(number)
        return download(row, lambda: log.read(NAME, "attachment", [row.candidate_id], by=person(), now=clock.now()))
