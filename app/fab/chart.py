"""LoketChartView: FAB's chart view, grouped by the database instead of in Python, drawn from our own host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Response, abort, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.charts.views import GroupByChartView
from flask_babel import gettext

from app.adapters import clock, spreadsheet
from app.errors import BadInput
from app.extensions import db
from app.models import Candidate
from app.queries.figures import Period
from app.security.fields import may_see
from app.security.identity import person

PERIODS = (3, 6, 12, 18)  # months
USUAL = 12
MOST_SERIES = 6  # as many as there are colours that can be told apart
ROWS_IN_VIEW = 12  # a longer table starts folded


@dataclass(frozen=True)
class Series:
    """The numbers of one group, in the order of the labels. `key` is what the database calls the group."""

    key: tuple[Any, ...]
    name: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class Figures:
    """What a chart shows: a number for every label and every series, zero where the database said nothing."""

    keys: tuple[Any, ...]
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """The sum of all series, for each label."""
        return tuple(sum(one.values[place] for one in self.series) for place in range(len(self.keys)))

    @property
    def total(self) -> int:
        return sum(self.totals)

    def of(self, key: Any) -> int:
        """The total of the label with this key; 0 for one that is not there."""
        return self.totals[self.keys.index(key)] if key in self.keys else 0

    def folded(self) -> Figures:
        """The same with no more series than can be told apart: the largest, and the others together."""
        if len(self.series) <= MOST_SERIES:
            return self
        largest = sorted(self.series, key=lambda one: -sum(one.values))[: MOST_SERIES - 1]
        rest = [one.values for one in self.series if one not in largest]
        others = Series((), gettext("others"), tuple(map(sum, zip(*rest, strict=True))))
        return Figures(self.keys, self.labels, (*(one for one in self.series if one in largest), others))


@dataclass(frozen=True)
class Chart:
    """One chart: its name in the address, the title of its tab, the grouped query, and how the lines become words.

    `query` makes a select of (label[, series …], number). `label` and `series` turn a value into words; `keys` names the labels that
    are there also without a number. `message` says in one sentence what the numbers tell. Who sees the chart is who sees the list of
    `screen` and, of a candidate, the fields that it counts by.
    """

    name: str
    title: Any
    query: Callable[[Period], Any]
    axis: Any
    message: Callable[[Figures], str]
    screen: str
    fields: tuple[str, ...] = ()
    label: Callable[[Any], str] = str
    series: Callable[..., str] | None = None
    only_series: Any = ""
    keys: Callable[[Period], Sequence[Any]] = lambda period: ()
    form: str = "bars"  # bars lie, columns stand
    note: Any = ""
    has_period: bool = True

    def figures(self, lines: Sequence[Any], period: Period) -> Figures:
        """The lines of the query as a table without gaps."""
        keys = tuple(dict.fromkeys([*self.keys(period), *(line[0] for line in lines)]))
        cells = {(line[0], tuple(line[1:-1])): line[-1] for line in lines}
        series = tuple(
            Series(key, self.series(*key) if self.series else str(self.only_series), tuple(cells.get((one, key), 0) for one in keys))
            for key in dict.fromkeys(tuple(line[1:-1]) for line in lines)
        )
        return Figures(keys, tuple(self.label(key) for key in keys), series)


class LoketChartView(GroupByChartView):
    """The charts of one screen; each is a tab with its own address."""

    charts: tuple[Chart, ...] = ()
    chart_template = "loket/chart.html"
    include_route_methods = {"chart", "table"}
    method_permission_name = {"chart": "chart", "table": "chart"}
    search_columns = ["id"]

    def _init_forms(self) -> None:
        """No search form: FAB's would put every option of every relation in the page source."""

    def shown_charts(self) -> list[Chart]:
        """The charts that this person sees. Refused (403) without see_figures, or when there are none."""
        by = person()
        found = [
            chart
            for chart in self.charts
            if self.appbuilder.sm.has_access("can_list", chart.screen) and all(may_see(by, Candidate, name) for name in chart.fields)
        ]
        if not found or not by.can("see_figures"):
            abort(403)
        return found

    @expose("/")
    @expose("/<name>/")
    @has_access
    def chart(self, name: str = "") -> Any:
        charts = self.shown_charts()
        chosen, period = _chosen(charts, name), _period()
        found = self._figures(chosen, period)
        months = period.months if chosen.has_period else None
        return self.render_template(
            self.chart_template,
            title=str(chosen.title),
            axis=str(chosen.axis),
            note=str(chosen.note),
            tabs=[(str(one.title), self._url("chart", one), one is chosen) for one in charts],
            periods=[(number, gettext("%(number)s months", number=number), number == months) for number in PERIODS] if months else [],
            found=found,
            is_open=len(found.keys) <= ROWS_IN_VIEW,
            drawing=_drawing(chosen, found.folded()) if found.total else None,
            csv_url=self._url("table", chosen, maanden=months),
        )

    @expose("/<name>/cijfers.csv")
    @has_access
    def table(self, name: str) -> Response:
        """The numbers of a chart as CSV."""
        chosen = _chosen(self.shown_charts(), name)
        found = self._figures(chosen, _period())
        head = [str(chosen.axis), *(series.name for series in found.series)]
        lines = [[label, *(series.values[place] for series in found.series)] for place, label in enumerate(found.labels)]
        answer = Response(spreadsheet.csv_stream(head, lines), mimetype="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name(chosen)}.csv"'
        return answer

    def _figures(self, chart: Chart, period: Period) -> Figures:
        """The numbers over the rows that this person sees."""
        return chart.figures(db.session.execute(chart.query(period)).all(), period)

    def _url(self, method: str, chart: Chart, **more: Any) -> str:
        return url_for(f"{self.endpoint}.{method}", name=chart.name, **more)


def _chosen(charts: list[Chart], name: str) -> Chart:
    found = next((chart for chart in charts if name in ("", chart.name)), None)
    if found is None:
        abort(404)
    return found


def _period() -> Period:
    text = request.args.get("maanden", str(USUAL))
    if text not in map(str, PERIODS):
        raise BadInput(gettext("This period does not exist. Choose one of the list."))
    return Period(clock.now(), int(text))


def _file_name(chart: Chart) -> str:
    return f"{chart.name}-{clock.day(clock.now()):%Y-%m-%d}"


def _drawing(chart: Chart, found: Figures) -> dict[str, Any]:
    """What the bars in the page and the script beside them draw."""
    return {
        "form": chart.form,
        "message": chart.message(found),
        "labels": found.labels,
        "series": [{"name": series.name, "values": series.values} for series in found.series],
        "totals": found.totals,
        "file": _file_name(chart),
    }
