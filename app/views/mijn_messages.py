"""Mijn berichten: what the desk, or an organisation after acceptance, wrote to the candidate; and answering, or beginning."""

from __future__ import annotations

from typing import Any

from flask import abort, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext

from app.errors import BadInput
from app.models import Candidate, Organisation, Thread
from app.queries import mine
from app.queries import threads as queries
from app.queries.threads import Which
from app.security.identity import person
from app.services import threads
from app.views import thread_form, thread_words
from app.views.attachments import download
from app.views.messages import MessagePage

PAGE = 20
DESK = "desk"


class MijnBerichtenView(MessagePage):
    route_base = "/mijn/berichten"
    class_permission_name = "Berichten"
    method_permission_name = dict.fromkeys(("index", "show", "write", "attachment"), "own")
    reading, listed = "MijnBerichtenView.show", "MijnBerichtenView.index"

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The own conversations, the unread ones first."""
        page = self.page_asked()
        found = queries.lines(Which.ALL, by=person(), size=PAGE, page=page)
        return self.render_template(
            "loket/mijn_messages.html",
            title=gettext("Messages"),
            rows=[thread_words.row_of(line, self.address_of(line.thread)) for line in found[:PAGE]],
            newer_url=url_for(self.listed, pagina=page - 1) if page else "",
            older_url=url_for(self.listed, pagina=page + 1) if len(found) > PAGE else "",
        )

    @expose("/<pk>", methods=["GET", "POST"])
    @has_access
    def show(self, pk: str) -> Any:
        """Read a conversation, and answer."""
        return self.conversation("loket/mijn_thread.html", self.found(pk))

    @expose("/nieuw", methods=["GET", "POST"])
    @has_access
    def write(self) -> Any:
        """Begin one: with the desk, or with an organisation that both said yes to."""
        row = self._file()
        organisations = {str(one.id): one for one in queries.organisations_of(row)}
        desk = row.lead_adviser.name if row.lead_adviser is not None else row.region.name
        choices = [(DESK, f"{desk} · {row.region.name}" if desk != row.region.name else desk)]
        choices += [(key, str(one)) for key, one in organisations.items()]
        form = thread_form.blank(subject=True, choices=choices if organisations else None)

        def draw(page: Any, csrf: str) -> Any:
            return self.render_template("loket/mijn_thread_new.html", title=gettext("Write a message"), page=page, csrf=csrf, desk=desk)

        def act(sent: dict[str, Any]) -> Thread:
            return threads.write(row, form.subject.data, organisation=_chosen(form, organisations), **sent)

        return thread_form.handle(self, form, row, draw, act, leave=url_for(self.listed))

    @expose("/bijlage/<int:number>")
    @has_access
    def attachment(self, number: int) -> Any:
        """The bytes of a file with a message; the own looks are not logged."""
        return download(self.file_of(number), lambda: None)

    def _file(self) -> Candidate:
        row = mine.file(person().candidate_id or 0)
        if row is None:
            abort(404)
        return row


def _chosen(form: Any, organisations: dict[str, Organisation]) -> Organisation | None:
    whom = form.whom.data if "whom" in form._fields else DESK
    if whom != DESK and whom not in organisations:
        raise BadInput(gettext("Choose to whom you write."))
    return organisations.get(whom)
