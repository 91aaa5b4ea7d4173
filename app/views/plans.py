"""Stappenplan: starting one for a candidate, how far it is, moving a step, stopping."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.widgets import RenderTemplateWidget
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from sqlalchemy.exc import IntegrityError
from wtforms import BooleanField, validators

from app.adapters import clock
from app.enums import OPEN_STATUSES, Holder
from app.errors import DomainError, IllegalTransition
from app.fab import choosing, editing
from app.fab.arguments import ListArguments
from app.fab.forms import DutchDateField, RelationField, form_of
from app.fab.interface import LoketInterface
from app.fab.plain import LoketPage
from app.fab.shown import due, moment, timed
from app.fab.view import LoketView
from app.models import Candidate, Plan, PlanTemplate, Task
from app.security.identity import person
from app.services import log, plans, tasks
from app.views.base import LABELS

NAME = "stappenplan"
FIRST_AFTER = 2  # working days, until somebody chooses another first day


class TrackWidget(RenderTemplateWidget):
    template = "loket/widgets/plans.html"


class PlannenView(LoketView):
    """Plans that run or ran."""

    datamodel = LoketInterface(Plan, eager=("candidate",))
    class_permission_name = "Plannen"
    route_base = "/stappenplannen"
    list_name = NAME
    list_title = _l("Step plan")
    empty = _l("No step plan has been started yet.")
    base_order = ("started_at", "desc")
    list_columns = ["candidate", "name", "progress", "next", "started_at"]
    card_columns = ("name", "progress", "next")
    order_columns = ["started_at"]
    search_columns = ["route", "started_at", "stopped_at"]
    relative = frozenset({"started_at"})
    include_route_methods = {"list", "options", "stop"}
    method_permission_name = {"options": "list", "stop": "add"}
    capabilities = {"stop": "move_stage"}
    label_columns = {
        **LABELS,
        "name": _l("Step plan"),
        "progress": _l("Done"),
        "next": _l("Next step"),
        "started_at": _l("Started"),
        "stopped_at": _l("Stopped"),
    }

    def rows(self, arguments: ListArguments, extra: Sequence[Any] = ()) -> tuple[list[Plan], int]:
        """With how far each is, learned for the whole page at once."""
        found, total = super().rows(arguments, extra)
        g.progress = {one.plan.id: one for one in plans.progress_of(found)}
        return found, total

    def cell_progress(self, row: Plan) -> Any:
        return said(g.progress[row.id]).replace(" ", "\N{NO-BREAK SPACE}")

    def cell_next(self, row: Plan) -> Any:
        step = g.progress[row.id].now
        return Markup("%s · %s") % (step.title, timed(step.due_on)) if step is not None else None

    def related_widget(self, parent: Any, row: Any) -> Any:
        """The tab of a candidate: each plan as a track of its steps."""
        may = may_plan(row)

        def parts(one: plans.Progress) -> tuple[Any, ...]:
            stop_url = self.address("stop", pk=one.plan.id) if may and one.is_running else ""
            return one, said(one), [step_of(task, state, may) for task, state in one.steps], stop_url

        return TrackWidget(
            plans=[parts(one) for one in plans.of_candidate(row.id)],
            start_url=url_for("PlanStartView.start", pk=row.id) if may and row.status in OPEN_STATUSES else "",
            csrf=generate_csrf(),
            appbuilder=self.appbuilder,
        )

    @expose("/stop/<pk>", methods=["POST"])
    @has_access
    def stop(self, pk: str) -> Any:
        """Stop a plan; the second click finds it stopped."""
        row = self.found(pk)
        self.require("stop", row)
        try:
            with editing.doorway():
                plans.stop(row, by=person(), now=clock.now())
            flash(gettext("The plan is stopped. Its open steps are closed; the next action stays."), "success")
        except IllegalTransition as refusal:
            flash(str(refusal), "info")
        return redirect(url_for("KandidatenView.show", pk=row.candidate_id, tab=NAME))


def said(one: plans.Progress) -> str:
    """How far a plan is, in words."""
    if one.plan.stopped_at is not None:
        return gettext("stopped")
    return gettext("%(done)s of %(all)s steps", done=one.done, all=len(one.steps))


def step_of(task: Task, state: str, may: bool) -> dict[str, Any]:
    """One step of the track."""
    is_open = state in ("now", "next")
    who = task.owner.name if task.holder is Holder.ADVISER and task.owner is not None else str(task.holder.label)
    return {
        "title": task.title,
        "state": state,
        "who": who,
        "when": due(task.due_on) if is_open else moment(clock.day(task.done_at)) if task.done_at and state == "done" else "",
        "day": moment(task.due_on) if is_open else "",
        "finish_url": url_for("TakenView.finish", pk=task.id) if is_open and may else "",
        "move_url": url_for("PlanStepView.move", pk=task.id) if is_open and may else "",
    }


def may_plan(row: Any) -> bool:
    by = person()
    return by.has_files and by.can("move_stage", row.region_id)


def _start_form(row: Candidate, found: Sequence[PlanTemplate]) -> Any:
    must = [validators.InputRequired(_l("Fill this in."))]
    ids = [template.id for template in found]
    chosen = {"model": PlanTemplate, "where": lambda: [PlanTemplate.id.in_(ids)], "order": PlanTemplate.name}
    help_text = _l("Weekends and holidays are skipped.")
    return form_of(
        {
            "template": RelationField(_l("Step plan"), must, called=_called, load=(PlanTemplate.region,), **chosen),
            "first_on": DutchDateField(_l("Day of the first step"), must, description=help_text),
        }
    )


def _called(template: PlanTemplate) -> str:
    return " · ".join((template.name, str(template.region) if template.region else gettext("the whole country")))


class PlanStartView(LoketPage):
    """Starting a plan for a candidate, with its days in sight first."""

    route_base = "/stappenplannen/starten"
    class_permission_name = "Plannen"
    method_permission_name = {"start": "add"}

    @expose("/<pk>", methods=["GET", "POST"])
    @has_access
    def start(self, pk: str) -> Any:
        row = LoketInterface(Candidate, eager=("region",)).find(pk)
        if row is None:
            abort(404)
        if not may_plan(row) or row.status not in OPEN_STATUSES:
            abort(403)
        found = plans.templates_for(row)
        usual = tasks.add_working_days(clock.day(clock.now()), FIRST_AFTER)
        form = _start_form(row, found)(data={"template": next(iter(found), None), "first_on": usual})
        if request.method == "GET" or request.form.get("step") == "preview":
            return self._page(row, form)
        target = url_for("KandidatenView.show", pk=row.id, tab=NAME)
        before = editing.made_before()
        if before:
            return redirect(before)
        if not form.validate():
            return self._page(row, form, status=editing.REFUSED)
        try:
            with editing.doorway():
                plans.start(row, form.template.data, form.first_on.data, by=person(), now=clock.now())
                editing.receipt(target)
        except DomainError as refusal:
            return self._page(row, form, warning=str(refusal), status=refusal.status)
        except IntegrityError:  # two clicks at once: the other one started it
            return redirect(target)
        flash(gettext("The plan is started. Its steps are tasks now, each with a day."), "success")
        return redirect(target)

    def _page(self, row: Candidate, form: Any, warning: str = "", status: int = 200) -> Any:
        log.read(NAME, "edit", [row.id], by=person(), now=clock.now())
        template, first_on = form.template.data, form.first_on.data
        steps = plans.dated(template, first_on) if template is not None and first_on is not None else []
        page = self.render_template(
            "loket/plan_start.html",
            title=gettext("Step plan for %(who)s", who=choosing.candidate_text(row)),
            form=form,
            steps=[(step.title, moment(step.due_on), step.holder.label) for step in steps],
            warning=warning,
            key=request.form.get(editing.KEY) or secrets.token_urlsafe(24),
            back_url=url_for("KandidatenView.show", pk=row.id, tab=NAME),
            csrf=generate_csrf(),
        )
        return page, status


def _move_form() -> Any:
    must = [validators.InputRequired(_l("Fill this in."))]
    return form_of({"due_on": DutchDateField(_l("Before"), must), "following": BooleanField(_l("Move the steps after it along"))})


class PlanStepView(LoketView):
    """Giving one step another day, with or without those after it."""

    datamodel = LoketInterface(Task, eager=("candidate",))
    class_permission_name = "Plannen"
    route_base = "/stappenplannen/stap"
    list_name = "stappen"
    include_route_methods = {"move"}
    method_permission_name = {"move": "add"}
    capabilities = {"move": "move_stage"}
    default_view = "move"

    def conditions(self) -> list[Any]:
        return [Task.plan_id.is_not(None), Task.done_at.is_(None)]

    @expose("/<pk>", methods=["GET", "POST"])
    @has_access
    def move(self, pk: str) -> Any:
        row = self.found(pk)
        self.require("move", row)
        form = _move_form()(data={"due_on": row.due_on, "following": True})

        def act(posted: Any) -> None:
            day, along, seen = posted.due_on.data, bool(posted.following.data), editing.seen_version()
            plans.move_step(row, day, following=along, expected=seen, by=person(), now=clock.now())

        groups = (("", ("due_on", "following")),)
        title = gettext("Another day for: %(task)s", task=row.title)
        answer = editing.verb(self, row, form, groups, title, gettext("Save the day"), act)
        if request.method == "POST" and getattr(answer, "status_code", 0) == 302:
            return redirect(url_for("KandidatenView.show", pk=row.candidate_id, tab=NAME))
        return answer
