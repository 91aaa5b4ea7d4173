"""Cijfers: the first charts, each with the sentence that its numbers tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import format_date, format_percent, gettext
from flask_babel import lazy_gettext as _l

from app.enums import MatchState, RegistrationState, Stage
from app.fab.chart import Chart, Figures, LoketChartView
from app.fab.interface import LoketInterface
from app.fab.shown import number
from app.models import Candidate
from app.queries import figures


def label(member: Any) -> str:
    return str(member.label)


def month(name: str, form: str = "MMM yyyy") -> str:
    """mrt 2026"""
    year, number_of = name.split("-")
    return str(format_date(date(int(year), int(number_of), 1), form))


def adviser(user_id: int | None, name: str | None) -> str:
    return name or gettext("another adviser")


def largest_stage(found: Figures) -> str:
    most = max(found.totals)
    names = [name for name, total in zip(found.labels, found.totals, strict=True) if total == most]
    if len(names) > 1:
        together = gettext("%(first)s and %(last)s", first=", ".join(names[:-1]), last=names[-1])
        return gettext("The largest groups are as large as each other: %(stages)s, with %(num)s each", stages=together, num=number(most))
    return gettext(
        "The largest group is %(stage)s: %(num)s of %(all)s, %(share)s",
        stage=names[0],
        num=number(most),
        all=number(found.total),
        share=format_percent(most / found.total),
    )


def per_month(none: Any, one: Any, many: Any, so_far: Any) -> Callable[[Figures], str]:
    """A message about the last whole month beside the one before; as long as only the running month has numbers, about that one."""

    def message(found: Figures) -> str:
        *_, earlier, last, running = found.totals
        names = [month(key, "MMMM") for key in found.keys]
        if last == found.total - running == 0:
            return str(so_far) % {"month": names[-1], "num": number(running)}
        sentence = none if last == 0 else one if last == 1 else many
        return str(sentence) % {"month": names[-2], "num": number(last)} + beside(last, earlier, names[-3])

    return message


def beside(last: int, earlier: int, name: str) -> str:
    """, 12 meer dan in september"""
    if last == earlier:
        return gettext(", as many as in %(month)s", month=name) if last else ""
    sentence = _l(", %(num)s more than in %(month)s") if last > earlier else _l(", %(num)s fewer than in %(month)s")
    return str(sentence) % {"num": number(abs(last - earlier)), "month": name}


def how_matches_went(found: Figures) -> str:
    placed, fell = found.of(MatchState.PLACED), found.of(MatchState.FELL_THROUGH)
    return gettext(
        "Of %(all)s matches %(placed)s led to a placement; %(open)s are under way, %(fell)s fell through",
        all=number(found.total),
        placed=number(placed),
        open=number(found.total - placed - fell),
        fell=number(fell),
    )


def who_came(found: Figures) -> str:
    came = sum(sum(series.values) for series in found.series if series.key == (RegistrationState.ATTENDED,))
    return gettext(
        "Of %(all)s people with a place %(came)s came: %(share)s",
        all=number(found.total),
        came=number(came),
        share=format_percent(came / found.total),
    )


INTAKE = per_month(
    _l("No new candidates in %(month)s"),
    _l("One new candidate in %(month)s"),
    _l("%(num)s new candidates in %(month)s"),
    _l("New candidates in %(month)s so far: %(num)s"),
)
CONVERSATIONS = per_month(
    _l("No conversations were held in %(month)s"),
    _l("One conversation was held in %(month)s"),
    _l("%(num)s conversations were held in %(month)s"),
    _l("Conversations held in %(month)s so far: %(num)s"),
)
_SO_FAR = _l("The last month counts up to today.")


class CijfersView(LoketChartView):
    datamodel = LoketInterface(Candidate)
    class_permission_name = "Cijfers"
    route_base = "/cijfers"
    chart_title = _l("Figures")
    charts = (
        Chart(
            "fasen",
            _l("Candidates by stage"),
            figures.candidates_by_stage,
            _l("Stage"),
            largest_stage,
            screen="Kandidaten",
            fields=("stage", "status"),
            label=label,
            series=label,
            keys=lambda period: tuple(Stage),
            has_period=False,
        ),
        Chart(
            "instroom",
            _l("Intake per month"),
            figures.intake_per_month,
            _l("Month"),
            INTAKE,
            screen="Kandidaten",
            fields=("created_at", "source"),
            label=month,
            series=label,
            keys=lambda period: period.names,
            form="columns",
            note=_SO_FAR,
        ),
        Chart(
            "gesprekken",
            _l("Conversations per adviser and month"),
            figures.sessions_per_adviser_and_month,
            _l("Month"),
            CONVERSATIONS,
            screen="Gesprekken",
            label=month,
            series=adviser,
            keys=lambda period: period.names,
            form="columns",
            note=_SO_FAR,
        ),
        Chart(
            "matches",
            _l("Matches by state"),
            figures.matches_by_state,
            _l("State"),
            how_matches_went,
            screen="Matches",
            label=label,
            only_series=_l("matches"),
            keys=lambda period: tuple(MatchState),
            has_period=False,
        ),
        Chart(
            "activiteiten",
            _l("Attendance by kind of activity"),
            figures.attendance_by_kind,
            _l("Kind of activity"),
            who_came,
            screen="Aanmeldingen",
            label=label,
            series=label,
        ),
    )
