"""Messages that are sent again and again: of a region or (without a region) of the whole country, shared, adopted, and never lost.

Each change of what a template says leaves a version: 1, 2, 3 and so on. An adopted one knows from which version it was copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import joinedload

from app.enums import CHOSEN_CATEGORIES, NATIONAL_ROLES, MailCategory, Role
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import MailTemplate, MailTemplateVersion
from app.security.identity import Identity
from app.services import edits, log, mailing_text

CONTENT = ("name", "category", "subject", "body", "subject_en", "body_en")


def save(template: MailTemplate, *, by: Identity, now: datetime) -> MailTemplate:
    """Keep a new or changed template. Claim the version of a changed one first (`edits.claim_version`).

    Raises NotAllowed without the capability in its region (for the whole country: at the national desk), and also in the region that it
    is taken from; BadInput without a name, and for words that cannot be sent (`mailing_text.check_both`).
    """
    with db.session.no_autoflush:  # until it is known what changed
        is_new, fields = not sa.inspect(template).has_identity, _settled(template, by)
    if is_new or fields:
        _write("write_mail_template" if is_new else "change_mail_template", template, by, now, fields)
    return template


def remove(template: MailTemplate, *, by: Identity, now: datetime) -> None:
    """Delete a template with its versions; messages that began with it, and copies elsewhere, stay as they are."""
    allow(template.region_id, by)
    log.changed("remove_mail_template", template, by=by, now=now, fields=[])
    db.session.delete(template)
    db.session.flush()


def share(template: MailTemplate, shared: bool, *, by: Identity, now: datetime) -> None:
    """Let other regions adopt it, or no longer; copies that they have stay. Raises BadInput for one of the whole country."""
    allow(template.region_id, by)
    if template.region_id is None:
        raise BadInput(gettext("A template of the whole country is there for every region already."))
    if template.shared is not shared:
        template.shared = shared
        log.changed("share_mail_template" if shared else "unshare_mail_template", template, by=by, now=now, fields=["shared"])
        db.session.flush()


def adopt(template: MailTemplate, region_id: int | None, *, by: Identity, now: datetime) -> MailTemplate:
    """A copy for this region (None: for the whole country) that knows its original; where there is one of this version already, that one.

    Raises NotAllowed without the capability there, and BadInput for one of this region itself.
    """
    allow(region_id, by)
    if region_id == template.region_id:
        raise BadInput(gettext("This template is yours already."))
    db.session.execute(sa.select(MailTemplate.id).where(MailTemplate.id == template.id).with_for_update())  # two clicks make one copy
    original, here = _latest(template), MailTemplate.region_id.is_not_distinct_from(region_id)
    same = sa.and_(MailTemplate.adopted_from_id == template.id, MailTemplate.adopted_version == original, here)
    found: MailTemplate | None = db.session.scalar(sa.select(MailTemplate).where(same).order_by(MailTemplate.id).limit(1))
    if found is not None:
        return found
    copy = MailTemplate(region_id=region_id, adopted_from_id=template.id, adopted_version=original, **_content(template))
    _write("adopt_mail_template", copy, by, now, list(CONTENT))
    return copy


def newer(template: MailTemplate) -> int | None:
    """The version of the original that came after this one was adopted; None when there is none, or none to see any more."""
    latest = _latest(template.adopted_from) if template.adopted_from is not None else 0
    return latest if latest > (template.adopted_version or 0) else None


def follow(template: MailTemplate, *, by: Identity, now: datetime) -> None:
    """Bring an adopted template to what its original says now; what it said stays as a version. Nothing to bring: nothing happens."""
    allow(template.region_id, by)
    latest = newer(template)
    if latest is not None and template.adopted_from is not None:
        _put("follow_mail_template", template, {**_content(template.adopted_from), "adopted_version": latest}, by, now)


def restore(template: MailTemplate, number: int, *, by: Identity, now: datetime) -> None:
    """Let a template say again what it said in this version, as a new version. BadInput for a version that there is not."""
    allow(template.region_id, by)
    _put("restore_mail_template", template, content_of(version(template, number)), by, now)


def versions(template: MailTemplate) -> list[MailTemplateVersion]:
    """Newest first."""
    this = sa.select(MailTemplateVersion).where(MailTemplateVersion.template_id == template.id)
    return list(db.session.scalars(this.options(joinedload(MailTemplateVersion.by)).order_by(MailTemplateVersion.version.desc())))


def version(template: MailTemplate, number: int) -> MailTemplateVersion:
    """One of its versions. Raises BadInput for one that there is not."""
    this = sa.and_(MailTemplateVersion.template_id == template.id, MailTemplateVersion.version == number)
    found: MailTemplateVersion | None = db.session.scalar(sa.select(MailTemplateVersion).where(this))
    if found is None:
        raise BadInput(gettext("This version is not there (any more). Choose one of the list."))
    return found


def content_of(row: MailTemplateVersion) -> dict[str, Any]:
    """What a template said in this version, as its columns hold it."""
    return {**{name: row.content.get(name) for name in CONTENT}, "category": MailCategory[row.content["category"]]}


def targets(template: MailTemplate, by: Identity) -> list[int | None]:
    """For which regions (None: the whole country) this person can adopt it."""
    mine: list[int | None] = [None] if by.role in NATIONAL_ROLES else [*sorted(by.region_ids)]
    return [region_id for region_id in mine if region_id != template.region_id and _may(region_id, by)]


def allow(region_id: int | None, by: Identity) -> None:
    """The administrator writes everywhere, the national desk also for the whole country, a region for itself. Else NotAllowed."""
    if not _may(region_id, by):
        raise NotAllowed(gettext("You may not change message templates here. Ask your coordinator if you think you should."))


def _may(region_id: int | None, by: Identity) -> bool:
    national = by.role in NATIONAL_ROLES if region_id is None else by.role is Role.ADMIN
    return by.can("write_articles", None if national else region_id) if national or region_id is not None else False


def _settled(template: MailTemplate, by: Identity) -> list[str]:
    """Check it, and name the columns that change."""
    edits.settle(template)
    stored: Any = sa.inspect(template).attrs["region_id"].history.deleted or ()
    for region_id in {template.region_id, *stored}:
        allow(region_id, by)
    for name in CONTENT:
        if name != "category":
            setattr(template, name, (getattr(template, name) or "").replace("\r\n", "\n").strip() or None)
    if not template.name:
        raise BadInput(gettext("Give this template a name."))
    if template.category not in CHOSEN_CATEGORIES:
        raise BadInput(gettext("Choose what the message is about."))
    mailing_text.check_both(template)
    return log.changed_fields(template)


def _content(template: MailTemplate) -> dict[str, Any]:
    return {name: getattr(template, name) for name in CONTENT}


def _latest(template: MailTemplate) -> int:
    query = sa.select(sa.func.max(MailTemplateVersion.version)).where(MailTemplateVersion.template_id == template.id)
    return db.session.scalar(query) or 0


def _put(verb: str, template: MailTemplate, content: Mapping[str, Any], by: Identity, now: datetime) -> None:
    """Change what differs; a form that is open on it elsewhere hears of it."""
    changes = {name: value for name, value in content.items() if getattr(template, name) != value}
    if changes:
        edits.claim_version(template, template.version, now=now)
        for name, value in changes.items():
            setattr(template, name, value)
        _write(verb, template, by, now, sorted(changes))


def _write(verb: str, template: MailTemplate, by: Identity, now: datetime, fields: list[str]) -> None:
    """Log the change and keep what the template says from now on as a version."""
    template.changed_at = now
    log.changed(verb, template, by=by, now=now, fields=fields)
    db.session.flush()
    if set(fields) & set(CONTENT):
        said = {**_content(template), "category": template.category.name}
        number = _latest(template) + 1
        db.session.add(MailTemplateVersion(template_id=template.id, version=number, content=said, at=now, by_id=by.user_id))
        db.session.flush()
