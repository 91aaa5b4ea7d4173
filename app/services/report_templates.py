"""How a report begins: templates of a region, or (without a region) of the whole country."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.enums import NATIONAL_ROLES, Role
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import ReportTemplate
from app.security.identity import Identity
from app.services import edits, log
from app.services.advice import LONGEST_TEXT


def save(template: ReportTemplate, *, by: Identity, now: datetime) -> ReportTemplate:
    """Keep a new or changed template. Claim the version of a changed one first (`edits.claim_version`).

    Raises NotAllowed without the capability in its region (for the whole country: at the national desk), and also in the region that it
    is taken from; BadInput without a name, with nothing to begin with, and for a text that no report can hold.
    """
    fields = edits.settle(template)
    stored: Any = sa.inspect(template).attrs["region_id"].history.deleted or ()
    for region_id in {template.region_id, *stored}:
        _allow(region_id, by)
    template.name = (template.name or "").strip()
    if not template.name:
        raise BadInput(gettext("Give this template a name."))
    if not (template.kinds or template.summary or template.notes):
        raise BadInput(gettext("Say what a report begins with: kinds, a text, or both."))
    if max(len(template.summary or ""), len(template.notes or "")) > LONGEST_TEXT:
        raise BadInput(gettext("A text in a template has at most %(most)d characters.", most=LONGEST_TEXT))
    is_new = not sa.inspect(template).has_identity
    if is_new or fields:
        log.changed("write_template" if is_new else "change_template", template, by=by, now=now, fields=fields)
    db.session.flush()
    return template


def remove(template: ReportTemplate, *, by: Identity, now: datetime) -> None:
    """Delete a template; reports that began with it stay as they are. Raises NotAllowed without the capability in its region."""
    _allow(template.region_id, by)
    log.changed("remove_template", template, by=by, now=now, fields=[])
    db.session.delete(template)
    db.session.flush()


def joined(typed: str | None, text: str | None) -> str:
    """What was typed with a template's text behind it: nothing that was typed goes away, and a text stands there once."""
    typed, text = (typed or "").rstrip(), (text or "").strip()
    if not text or text in typed.replace("\r\n", "\n"):
        return typed
    return f"{typed}\n\n{text}" if typed else text


def _allow(region_id: int | None, by: Identity) -> None:
    """The administrator writes everywhere, the national desk also for the whole country, a region for itself."""
    national = by.role in NATIONAL_ROLES if region_id is None else by.role is Role.ADMIN
    if national and not by.can("write_articles"):
        raise NotAllowed(gettext("You may not change templates."))
    if not national:
        edits.allow(by, "write_articles", region_id)
