"""LoketChartView: FAB's chart view, grouped by the database instead of in Python, drawn from our own host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.charts.views import GroupByChartView
from flask_babel import gettext

from app.adapters import clock, spreadsheet
from app.extensions import db
from app.security.identity import person


@dataclass(frozen=True)
class Chart:
    """One chart: a name in the address, a title, the grouped query, and how its lines become labels and series.

    `query` makes a select of (label[, series], number) from the present moment; `label` and `series` turn a value into words.
    """

    name: str
    title: Any
    query: Callable[[Any], Any]
    label: Callable[[Any], str] = str
    series: Callable[[Any], str] | None = None
    only_series: Any = ""


class LoketChartView(GroupByChartView):
    """The charts of one screen; each is a tab with its own address."""

    charts: tuple[Chart, ...] = ()
    chart_template = "loket/chart.html"
    include_route_methods = {"chart", "table"}
    method_permission_name = {"chart": "chart", "table": "chart"}
    search_columns = ["id"]

    def _init_forms(self) -> None:
        """No search form: FAB's would put every option of every relation in the page source."""

    def data(self, chart: Chart) -> dict[str, Any]:
        """{labels, series: [{name, values}]} of a chart, over the rows that this person sees. Refused (403) without see_figures."""
        if not person().can("see_figures"):
            abort(403)
        lines = db.session.execute(chart.query(clock.now())).all()
        labels = list(dict.fromkeys(chart.label(line[0]) for line in lines))
        names = list(dict.fromkeys(chart.series(line[1]) if chart.series else str(chart.only_series) for line in lines))
        cells: dict[tuple[str, str], Any] = {}
        for line in lines:
            key = chart.label(line[0]), chart.series(line[1]) if chart.series else str(chart.only_series)
            cells[key] = cells.get(key, 0) + line[-1]
        series = [{"name": name, "values": [cells.get((label, name), 0) for label in labels]} for name in names]
        return {"labels": labels, "series": series}

    def _chosen(self, name: str) -> Chart:
        found = next((chart for chart in self.charts if chart.name == name), None)
        if found is None:
            abort(404)
        return found

    @expose("/")
    @expose("/<name>/")
    @has_access
    def chart(self, name: str = "") -> Any:
        chosen = self._chosen(name or self.charts[0].name)
        tabs = [(str(one.title), url_for(f"{self.endpoint}.chart", name=one.name), one is chosen) for one in self.charts]
        data = {**self.data(chosen), "csv_url": url_for(f"{self.endpoint}.table", name=chosen.name), "name": chosen.name}
        return self.render_template(self.chart_template, title=str(chosen.title), chart=data, tabs=tabs)

    @expose("/<name>/cijfers.csv")
    @has_access
    def table(self, name: str) -> Response:
        """The numbers of a chart as CSV."""
        chosen = self._chosen(name)
        data = self.data(chosen)
        head = [gettext("Group"), *(series["name"] for series in data["series"])]
        lines = [[label, *(series["values"][place] for series in data["series"])] for place, label in enumerate(data["labels"])]
        answer = Response(spreadsheet.csv_stream(head, lines), mimetype="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{chosen.name}.csv"'
        return answer
