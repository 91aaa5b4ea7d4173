"""Rollen per regio: what each role may do in a region, as a table to tick."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext

from app.adapters import clock
from app.enums import Role
from app.errors import DomainError
from app.extensions import db
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.models import Region
from app.security.identity import person
from app.services import roles


class RollenView(LoketPage):
    class_permission_name = "Rollen"
    route_base = "/beheer/rollen"
    default_view = "matrix"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def matrix(self) -> Any:
        regions = self._regions()
        region = self._chosen(regions)
        if request.method == "POST":
            return self._save(region, regions)
        return self._page(region, regions)

    def _regions(self) -> list[Region]:
        by = person()
        query = sa.select(Region).where(Region.left_on.is_(None)).order_by(Region.name)
        if by.role is not Role.ADMIN:
            query = query.where(Region.id.in_(sorted(by.region_ids)))
        found = list(db.session.scalars(query))
        if not found or not by.can("manage_roles"):
            abort(403)
        return found

    def _chosen(self, regions: list[Region]) -> Region:
        wanted = request.values.get("region", "")
        if not wanted:
            return regions[0]
        found = next((region for region in regions if str(region.id) == wanted), None)
        if found is None:
            abort(404)
        return found

    def _page(self, region: Region, regions: list[Region], status: int = 200) -> Any:
        page = self.render_template(
            "loket/matrix.html",
            title=gettext("Roles per region"),
            region=region.name,
            regions=[(one.id, one.name, one is region) for one in regions],
            roles=[(role.name, str(role.label)) for role in roles.columns(region)],
            rows=roles.matrix(region, by=person()),
            keep=(("region", str(region.id)),),
        )
        return page, status

    def _save(self, region: Region, regions: list[Region]) -> Any:
        try:
            with doorway():
                self._apply(region, regions)
        except DomainError as refusal:
            flash(str(refusal), "warning")
            return self._page(region, regions, refusal.status)
        flash(gettext("Saved. It works from the next click on."), "success")
        return redirect(url_for("RollenView.matrix", region=region.id))

    def _apply(self, region: Region, regions: list[Region]) -> None:
        by, now = person(), clock.now()
        if source := request.form.get("copy_from"):
            other = next((one for one in regions if str(one.id) == source), None)
            if other is None:
                abort(404)
            roles.copy_from(region, other, by=by, now=now)
            return
        ticked = set(request.form.getlist("cell"))
        for name, _, cells in roles.matrix(region, by=by):
            for role, state, editable, default in cells:
                wanted = f"{name}:{role}" in ticked
                if editable and wanted != (state == "on"):
                    roles.set_capability(region, Role[role], name, None if wanted == default else wanted, by=by, now=now)
