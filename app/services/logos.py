"""The logo that a region shows instead of ours. The administrator's work, and the coordinator's for the own region."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import pictures
from app.enums import Role
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import Region, RegionLogo
from app.security.identity import Identity
from app.services import log

MOST_BYTES = 100_000
WIDEST, HIGHEST = 1000, 400  # pixels


def set_logo(region: Region, content: bytes, *, by: Identity, now: datetime) -> None:
    """Show this picture as the region's logo. NotAllowed for who does not keep the region; BadInput for what is no PNG, JPEG or WebP
    picture (judged by its bytes; SVG can hold scripts), and for one that is too large."""
    _allow(region, by)
    if len(content) > MOST_BYTES:
        raise BadInput(
            gettext("This file is larger than %(most)d kB. Make the picture smaller and choose it again.", most=MOST_BYTES // 1000)
        )
    picture = pictures.look(content)
    if picture is None:
        raise BadInput(gettext("This is not a picture that can be a logo. Choose a PNG, JPEG or WebP file."))
    if picture.width > WIDEST or picture.height > HIGHEST:
        raise BadInput(
            gettext(
                "This picture is %(width)d by %(height)d pixels. A logo is at most %(widest)d by %(highest)d: make it smaller first.",
                width=picture.width,
                height=picture.height,
                widest=WIDEST,
                highest=HIGHEST,
            )
        )
    logo = _logo_of(region)
    if logo is None:
        db.session.add(RegionLogo(region_id=region.id, kind=picture.kind, content=content))
    else:
        logo.kind, logo.content = picture.kind, content
    _changed(region, now, by=by, at=now)


def remove_logo(region: Region, *, by: Identity, now: datetime) -> None:
    """Show our own mark again; nothing happens when the region has no logo. NotAllowed as above."""
    _allow(region, by)
    logo = _logo_of(region)
    if logo is not None:
        db.session.delete(logo)
        _changed(region, None, by=by, at=now)


def _allow(region: Region, by: Identity) -> None:
    if by.role is not Role.ADMIN and (by.role is not Role.COORDINATOR or region.id not in by.region_ids):
        raise NotAllowed(gettext("You cannot change this of a region. Ask an administrator."))


def _logo_of(region: Region) -> RegionLogo | None:
    return db.session.scalar(sa.select(RegionLogo).where(RegionLogo.region_id == region.id))


def _changed(region: Region, logo_at: datetime | None, *, by: Identity, at: datetime) -> None:
    region.logo_at = logo_at
    log.changed("set_logo" if logo_at else "remove_logo", region, by=by, now=at, fields=["logo_at"])
    db.session.flush()
