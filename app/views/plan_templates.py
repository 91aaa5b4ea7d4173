"""Stappenplannen: the steps of a route, to start for a candidate; of a region or of the whole country."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field, ValidationError

from app.adapters import clock
from app.enums import Holder, Role
from app.fab.interface import LoketInterface
from app.fab.page import Fact
from app.fab.view import LoketView
from app.models import PlanTemplate, Region
from app.security.identity import Identity, person
from app.services import plans
from app.views.base import LABELS

SPARE = 3  # empty rows for who has no scripts


@dataclass(frozen=True)
class Line:
    """A row of the table of steps as it was typed."""

    place: str = ""
    title: str = ""
    days: str = ""
    holder: str = ""

    def __str__(self) -> str:
        holder = Holder.__members__.get(self.holder)
        return f"{self.place}. {self.title} ({self.days}, {holder.label if holder else '–'})"


class StepsField(Field):
    """A table of steps: what, how many working days after the one before, by whom. A row without words is left out; rows stand in
    the order of their numbers."""

    widget = staticmethod(lambda field, **looks: Markup(render_template("loket/plan_steps.html", field=field, holders=list(Holder))))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.flags.required = True

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        if formdata is not None and any(name.startswith(f"{self.name}-") for name in formdata):
            columns = (formdata.getlist(f"{self.name}-{part}")[:100] for part in ("place", "title", "days", "holder"))
            typed = [Line(*(text.replace("\x00", "").strip() for text in row)) for row in zip(*columns, strict=False)]
            self.data = sorted((line for line in typed if line.title), key=lambda line: _number(line.place, 99))
        elif data is not None and not isinstance(data, str) and hasattr(data, "__iter__"):
            self.data = [Line(f"{at}", step.title, f"{step.days}", step.holder.name) for at, step in enumerate(data, 1)]
        else:
            self.data = []
        self.data = [Line(f"{at}", line.title, line.days, line.holder) for at, line in enumerate(self.data, 1)]

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            raise ValidationError(gettext("A plan needs at least one step."))
        for line in self.data:
            if _number(line.days) is None or line.holder not in Holder.__members__:
                raise ValidationError(gettext("Step %(place)s: write a number of working days, and who does it.", place=line.place))

    def steps(self) -> list[plans.Step]:
        return [plans.Step(line.title, _number(line.days) or 0, Holder[line.holder]) for line in self.data]

    def lines(self) -> list[Line]:
        """What the table shows: the steps, and some empty rows."""
        start = len(self.data) + 1
        return [*self.data, *(Line(f"{at}", days="5", holder=Holder.CANDIDATE.name) for at in range(start, start + SPARE))]

    def populate_obj(self, obj: Any, name: str) -> None:
        """The service writes the steps."""


def _number(text: str, otherwise: Any = None) -> Any:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def _own_regions() -> list[Any]:
    by = person()
    return [] if by.role is Role.ADMIN else [Region.id.in_(sorted(by.region_ids))]


class StappenplannenView(LoketView):
    datamodel = LoketInterface(PlanTemplate, eager=("region",))
    class_permission_name = "Stappenplannen"
    route_base = "/beheer/stappenplannen"
    list_name = "sjablonen-stappenplan"
    list_title = _l("Step plans")
    add_title = _l("Write a step plan")
    edit_title = _l("Edit step plan")
    show_title = _l("Step plan")
    submit = _l("Save step plan")
    empty = _l("There are no step plans yet.")
    search_label = _l("Search by name")
    search_over = ("name",)
    base_order = ("name", "asc")
    list_columns = ["name", "route", "region", "active"]
    card_columns = ("route", "region")
    order_columns = ["name"]
    search_columns = ["route", "region", "active", "name"]
    show_groups = ((_l("Steps"), ("steps",)), (_l("Step plan"), ("route", "region", "active")))
    add_groups = ((_l("Step plan"), ("name", "route", "region", "active")), (_l("Steps"), ("steps",)))
    edit_groups = add_groups
    required = frozenset({"name", "route", "steps"})
    capabilities = {"add": "write_articles", "edit": "write_articles"}
    include_route_methods = LoketView.include_route_methods - {"delete", "export"}
    logs_reads = False
    add_template = edit_template = "loket/plan_form.html"
    field_options = {"region": {"where": _own_regions, "order": Region.name}}
    label_columns = {**LABELS, "active": _l("In use"), "steps": _l("Steps")}
    description_columns = {
        "region": _l("Empty: for the whole country. Only the national desk and the administrator can do that."),
        "steps": _l("The days are working days after the step before. The day of the first step is chosen when the plan starts."),
    }
    leads = {"steps": _l("Changes work for plans that start from now on. Plans that run already stay as they are.")}

    def form_field(self, name: str) -> Any:
        if name == "steps":
            return StepsField(self.label_columns[name], description=self.description_columns[name])
        return super().form_field(name)

    def prefill(self, form: Any) -> None:
        form.active.data = True
        by = person()
        if "region" in form._fields and len(by.region_ids) == 1 and by.role is Role.COORDINATOR:
            form.region.data = next(iter(form.region.rows), None)

    def region_of(self, row: Any) -> int | None:
        return None if row is None or row.region_id is None else super().region_of(row)

    def may_row(self, verb: str, row: PlanTemplate, by: Identity) -> bool:
        if verb != "edit" or by.role is Role.ADMIN:
            return True
        return row.region_id in by.region_ids or (row.region_id is None and by.role is Role.NATIONAL)

    def cell_region(self, row: PlanTemplate) -> Any:
        return row.region or gettext("the whole country")

    def fact(self, row: PlanTemplate, name: str) -> Fact:
        """The steps are read as a text is."""
        return replace(super().fact(row, name), wide=name == "steps")

    def cell_steps(self, row: PlanTemplate) -> Any:
        """The steps as a numbered list."""

        def when(place: int, days: int) -> str:
            return gettext("%(days)s working days later", days=days) if place else gettext("start")

        lines = (
            Markup('<li>%s <span class="number">%s · %s</span></li>') % (step.title, step.holder.label, when(place, step.days))
            for place, step in enumerate(row.steps)
        )
        return Markup('<ol class="plan-list">%s</ol>') % Markup("").join(lines)

    def create(self, row: PlanTemplate, form: Any) -> None:
        plans.save_template(row, form.steps.steps(), by=person(), now=clock.now())

    def change(self, row: PlanTemplate, form: Any, fields: Sequence[str]) -> None:
        plans.save_template(row, form.steps.steps(), by=person(), now=clock.now())
