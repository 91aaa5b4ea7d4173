"""Termijnen: after how many days without contact somebody stands still, per stage, as a region wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext

from app.adapters import clock
from app.enums import Role, Stage
from app.errors import BadInput, DomainError
from app.extensions import db
from app.fab import attention
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.models import Region
from app.queries.signals import LIMITS
from app.security.identity import person
from app.services import limits


class TermijnenView(LoketPage):
    class_permission_name = "Termijnen"
    route_base = "/beheer/termijnen"
    default_view = "per_stage"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def per_stage(self) -> Any:
        regions = _regions()
        region = _chosen(regions)
        if request.method == "GET":
            return self._page(region, regions)
        try:
            with doorway():
                days = {} if "reset" in request.form else _days("days")
                limits.change(region, days, seen=_days("seen"), by=person(), now=clock.now())
        except DomainError as refusal:
            typed = {stage: request.form.get(f"days_{stage.name}", "") for stage in Stage} if refusal.status == BadInput.status else {}
            return self._page(region, regions, refusal.status, str(refusal), typed)
        attention.forget()
        flash(gettext("Saved. The signals count with these numbers now."), "success")
        return redirect(url_for("TermijnenView.per_stage", region=region.id))

    def _page(
        self, region: Region, regions: list[Region], status: int = 200, warning: str = "", typed: Mapping[Stage, str] | None = None
    ) -> Any:
        own = limits.of_region(region)
        page = self.render_template(
            "loket/limits.html",
            title=gettext("Limits per stage"),
            region=region.name,
            regions=[(one.id, one.name, one is region) for one in regions],
            rows=[_row(stage, own.get(stage), (typed or {}).get(stage)) for stage in Stage],
            keep=(("region", str(region.id)), *((f"seen_{stage.name}", str(days)) for stage, days in own.items())),
            changed=bool(own),
            warning=warning,
            bounds=(limits.LEAST, limits.MOST),
        )
        return page, status


def _row(stage: Stage, own: int | None, typed: str | None) -> tuple[str, str, str, int, bool]:
    """(name, label, what stands in the field, the usual number, whether the region has its own)."""
    return stage.name, str(stage.label), typed if typed is not None else str(own or LIMITS[stage]), LIMITS[stage], own is not None


def _regions() -> list[Region]:
    by = person()
    query = sa.select(Region).where(Region.left_on.is_(None)).order_by(Region.name)
    found = list(db.session.scalars(query if by.role is Role.ADMIN else query.where(Region.id.in_(sorted(by.region_ids)))))
    return found or abort(403)


def _chosen(regions: list[Region]) -> Region:
    wanted = request.values.get("region", "")
    if not wanted:
        return regions[0]
    return next((region for region in regions if str(region.id) == wanted), None) or abort(404)


def _days(prefix: str) -> dict[Stage, int]:
    """The numbers of days in the form; empty is the usual one. Raises BadInput for what is no whole number."""
    found = {}
    for stage in Stage:
        text = request.form.get(f"{prefix}_{stage.name}", "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 6):
            raise BadInput(gettext("Write the days of “%(stage)s” as a whole number.", stage=stage.label))
        if text:
            found[stage] = int(text)
    return found
