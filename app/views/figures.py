"""Cijfers: the first charts."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _l

from app.fab.chart import Chart, LoketChartView
from app.fab.interface import LoketInterface
from app.models import Candidate
from app.queries import figures


def label(member: Any) -> str:
    return str(member.label)


def month(text: str) -> str:
    """mrt 2026"""
    year, number = text.split("-")
    return str(format_date(date(int(year), int(number), 1), "MMM yyyy"))


def adviser(name: str | None) -> str:
    return name or gettext("former colleague")


class CijfersView(LoketChartView):
    datamodel = LoketInterface(Candidate)
    class_permission_name = "Cijfers"
    route_base = "/cijfers"
    chart_title = _l("Figures")
    charts = (
        Chart("fasen", _l("Candidates by stage"), figures.candidates_by_stage, label, label),
        Chart("instroom", _l("Intake per month"), figures.intake_per_month, month, label),
        Chart("gesprekken", _l("Conversations per adviser and month"), figures.sessions_per_adviser_and_month, month, adviser),
        Chart("matches", _l("Matches by state"), figures.matches_by_state, label, only_series=_l("matches")),
        Chart("activiteiten", _l("Activities by kind, with attendance"), figures.activities_by_kind_with_attendance, label, label),
    )
