"""Ideeën: what is wrong or could be better, said from inside a screen, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from textwrap import shorten
from typing import Any

from flask import current_app, request, session
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField, ValidationError, validators

from app.adapters import clock
from app.enums import FeedbackState
from app.errors import BadInput
from app.fab.arguments import ListArguments
from app.fab.badges import badge
from app.fab.forms import gettext_lazy_required
from app.fab.interface import LoketInterface
from app.fab.page import Fact
from app.fab.shown import moment, paragraphs
from app.fab.view import LoketView
from app.models import Feedback
from app.security.identity import person
from app.services import feedback
from app.views.base import LABELS

MOST_A_DAY = 20
COUNTED = "feedback"  # in the session: the day, and how many were sent on it; not which

FEEDBACK_LABELS = {
    **LABELS,
    "text": _l("What is it about"),
    "kind": _l("Kind"),
    "screen": _l("Screen"),
    "role": _l("Said as"),
    "answer": _l("Answer"),
}


class IdeeenView(LoketView):
    """For everybody: say something, and read what became of what the region said."""

    datamodel = LoketInterface(Feedback)
    class_permission_name = "Ideeen"
    route_base = "/ideeen"
    list_name = "ideeen"
    list_title = _l("What becomes of ideas")
    add_title = _l("Something wrong, or an idea?")
    submit = _l("Send")
    edit_template = "loket/feedback_form.html"
    base_order = ("state_at", "desc")
    add_groups = (("", ("kind", "text", "screen")),)
    include_route_methods = {"answers", "add"}
    method_permission_name = {"answers": "list"}
    logs_reads = False
    page_size = 20
    label_columns = FEEDBACK_LABELS
    description_columns = {
        "text": _l("Name no candidates and give no data about them. Nobody sees who sent this."),
    }

    def form_field(self, name: str) -> Any:
        if name == "screen":
            return HiddenField()
        if name == "text":
            checks = [validators.InputRequired(gettext_lazy_required()), _is_fit]
            return TextAreaField(self.label_columns[name], checks, description=self.description_columns[name])
        return super().form_field(name)

    def conditions(self) -> list[Any]:
        """Of the own region, and looked at: also for who may see more."""
        return [Feedback.region_id.in_(sorted(person().region_ids)), Feedback.state != FeedbackState.NEW]

    @expose("/")
    @has_access
    def answers(self) -> Any:
        arguments = ListArguments.read(type(self).__name__, request.args, self.page_size, request.query_string)
        rows, total = self.rows(arguments)
        base, page = self.address("answers"), arguments.page
        return self.render_template(
            "loket/feedback.html",
            title=gettext("What becomes of ideas"),
            items=[(badge(row.state), _when(row), paragraphs(row.text), paragraphs(row.answer)) for row in rows],
            add_url=self.address("add"),
            newer_url=arguments.url(base, page=page - 1) if page else "",
            older_url=arguments.url(base, page=page + 1) if total > (page + 1) * arguments.size else "",
        )

    @expose("/nieuw", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        return super().add()

    def prefill(self, form: Any) -> None:
        form.screen.data = screen_of(request.args.get("scherm", ""))

    def create(self, row: Feedback, form: Any) -> None:
        now = clock.now()
        row.screen = row.screen if row.screen in screens().values() else ""
        _count(now)
        feedback.send(row, by=person(), now=now)

    def after(self, row: Feedback) -> str:
        return self.address("answers")


class FeedbackView(LoketView):
    """For coordinators and administrators: all of it, to plan and to answer."""

    datamodel = LoketInterface(Feedback, eager=("region",))
    class_permission_name = "Feedback"
    route_base = "/beheer/ideeen"
    list_name = "feedback"
    list_title = _l("Ideas")
    edit_title = _l("Answer")
    show_title = _l("Idea")
    submit = _l("Save answer")
    empty = _l("Nobody has said anything yet.")
    search_label = _l("Search in the text")
    search_over = ("text", "answer")
    base_order = ("created_at", "desc")
    list_columns = ["text", "kind", "state", "screen", "role", "region", "created_at"]
    order_columns = ["created_at", "state_at"]
    search_columns = ["state", "kind", "role", "screen", "region", "created_at"]
    export_columns = ("text", "kind", "state", "answer", "screen", "role", "region", "created_at", "state_at")
    in_several_regions = frozenset({"region"})
    show_groups = (
        (_l("Idea"), ("text", "kind", "screen", "role", "region", "created_at")),
        (_l("What becomes of it"), ("state", "state_at", "answer")),
    )
    edit_groups = ((_l("What becomes of it"), ("state", "answer")),)
    required = frozenset({"state"})
    include_route_methods = LoketView.include_route_methods - {"add", "delete"}
    logs_reads = False
    label_columns = FEEDBACK_LABELS
    description_columns = {"answer": _l("Everybody in the region can read this. Name nobody.")}

    def name_of(self, row: Feedback) -> str:
        return shorten(row.text, 160, placeholder=" …")

    def cell_text(self, row: Feedback) -> Any:
        return shorten(row.text, 80, placeholder=" …")

    def fact(self, row: Feedback, name: str) -> Fact:
        """The whole text; the list has its first words."""
        return Fact(str(self.label_columns["text"]), paragraphs(row.text), True) if name == "text" else super().fact(row, name)

    def cell_created_at(self, row: Feedback) -> Any:
        return moment(clock.day(row.created_at))

    def change(self, row: Feedback, form: Any, fields: Sequence[str]) -> None:
        feedback.respond(row, by=person(), now=clock.now())


def screens() -> dict[str, str]:
    """Every screen by the name of its address in the code, as an address without its numbers: /kandidaten/show/…"""
    longest_last = sorted(current_app.url_map.iter_rules(), key=lambda rule: len(rule.rule))
    return {rule.endpoint: re.sub(r"<[^>]*>", "…", rule.rule)[:120] for rule in longest_last}


def screen_of(endpoint: str) -> str:
    """The screen that the link was on; empty for what is no screen of ours, so that nothing strange is kept."""
    return screens().get(endpoint, "")


def _when(row: Feedback) -> str:
    return f"{row.kind.label} · {moment(clock.day(row.state_at))}"


def _is_fit(form: Any, field: Any) -> None:
    try:
        feedback.check_text(field.data)
    except BadInput as refusal:
        raise ValidationError(str(refusal)) from refusal


def _count(now: datetime) -> None:
    """Count one more of this session today. Raises BadInput beyond MOST_A_DAY."""
    today = f"{clock.day(now)}"
    day, sent = session.get(COUNTED, ("", 0))
    sent = sent if day == today else 0
    if sent >= MOST_A_DAY:
        raise BadInput(gettext("You have sent %(most)d today. Go on tomorrow, or tell your coordinator.", most=MOST_A_DAY))
    session[COUNTED] = (today, sent + 1)
