"""How the pages look to somebody: the theme of one's own choice, the colours and the logo of the region."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, redirect, request, session, url_for
from flask_appbuilder import expose

from app.adapters import colour
from app.extensions import db
from app.fab.editing import doorway
from app.fab.plain import LoketPage, back
from app.fab.sessions import RowSession
from app.models import Region, RegionLogo
from app.security.identity import person
from app.services import preferences

SHORT, FOREVER = "private, max-age=300", "private, max-age=31536000, immutable"


def sheet_address(region: Region) -> str:
    """Where the colours of a region are; empty for a region that has ours."""
    if region.colour == colour.OWN:
        return ""
    return url_for("StyleView.sheet", number=region.id, v=_version(colour.sheet(region.colour)))


def logo_address(region: Region) -> str:
    """Where the logo of a region is; empty for a region without one."""
    return url_for("StyleView.logo", number=region.id, v=_logo_version(region)) if region.logo_at else ""


class StyleView(LoketPage):
    route_base = ""
    default_view = "sheet"

    @expose("/thema", methods=["POST"])
    def theme(self) -> Any:
        """Choose light, dark, or what the machine says; remembered for the person."""
        if not isinstance(session._get_current_object(), RowSession):  # type: ignore[attr-defined]
            abort(403)
        wanted = request.form.get("theme", "")
        if wanted not in preferences.THEMES:
            abort(404)
        with doorway():
            preferences.remember("theme", wanted, by=person())
        return redirect(back())

    @expose("/region/<int:number>.css")
    def sheet(self, number: int) -> Response:
        """The brand colours of a region: custom properties and nothing else."""
        text = colour.sheet(_region(number).colour)
        return _kept(Response(text, mimetype="text/css"), _version(text))

    @expose("/region/<int:number>/logo")
    def logo(self, number: int) -> Response:
        """The logo of a region, as a picture that can do nothing: should somebody open it by itself, it is in a sandbox."""
        region = _region(number)
        logo = db.session.scalar(sa.select(RegionLogo).where(RegionLogo.region_id == number))
        if logo is None:
            abort(404)
        answer = Response(logo.content, mimetype=logo.kind)
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return _kept(answer, _logo_version(region))

    @expose("/favicon.ico")
    def favicon(self) -> Any:
        """For browsers that ask here whatever the page says."""
        answer = redirect(url_for("static", filename="icon.svg"))
        answer.headers["Cache-Control"] = "public, max-age=86400"
        return answer


def _region(number: int) -> Region:
    region = db.session.get(Region, number)
    if region is None:
        abort(404)
    return region


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _logo_version(region: Region) -> str:
    return _version(region.logo_at.isoformat()) if region.logo_at else ""


def _kept(answer: Response, version: str) -> Response:
    answer.headers["Cache-Control"] = FOREVER if request.args.get("v") == version else SHORT
    return answer
