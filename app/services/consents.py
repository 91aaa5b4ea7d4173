"""Consents: events that are only ever added. Each names the text that the candidate agreed to, and the hash of its words."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock
from app.enums import ConsentChannel, ConsentEvent, ConsentPurpose, Role
from app.errors import BadInput, NotFound
from app.extensions import db
from app.models import Candidate, Consent, Organisation
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import edits, log

TEXTS = Path(__file__).resolve().parent.parent / "data" / "consent_texts"
FOR_ONE = frozenset({ConsentPurpose.SHARE_REPORTS, ConsentPurpose.REFERRAL})  # agreed for one organisation each
_FILE_NAME = re.compile(r"([a-z_]+)\.(\d+)\.(nl|en)\.md")


class Text(NamedTuple):
    """What a candidate agrees to, as it was shown. `version` is number and language: 1.nl."""

    version: str
    words: str
    sha256: str


@cache
def text_of(purpose: ConsentPurpose, locale: str) -> Text:
    """The newest text for a purpose, in Dutch unless the locale is English. Its file never changes: a new text is a new file."""
    language = "en" if locale.startswith("en") else "nl"
    names = [found for path in TEXTS.iterdir() if (found := _FILE_NAME.fullmatch(path.name))]
    newest = max(int(name[2]) for name in names if name[1] == purpose.name.lower() and name[3] == language)
    words = (TEXTS / f"{purpose.name.lower()}.{newest}.{language}.md").read_bytes()
    return Text(f"{newest}.{language}", words.decode(), hashlib.sha256(words).hexdigest())


def record(
    candidate: Candidate,
    purpose: ConsentPurpose,
    *,
    organisation: Organisation | None = None,
    channel: ConsentChannel,
    expires_on: date | None = None,
    by: Identity,
    now: datetime,
) -> Consent:
    """Write down that a candidate agrees, in the candidate's language: told to the desk by telephone or on paper, or said online by the
    candidate, who nobody else speaks for.

    Raises NotAllowed outside the own region and file, NotFound for an organisation out of sight, and BadInput for sharing reports with
    nobody in particular, an organisation where none belongs, a channel that is not theirs, and an end that has passed.
    """
    _check(candidate, purpose, organisation, channel, by)
    if expires_on is not None and expires_on <= clock.day(now):
        raise BadInput(gettext("This consent would be over already. Choose a day after today."))
    return _event(candidate, purpose, organisation, ConsentEvent.GIVEN, channel, by, now, expires_on)


def withdraw(
    candidate: Candidate,
    purpose: ConsentPurpose,
    *,
    organisation: Organisation | None = None,
    channel: ConsentChannel,
    by: Identity,
    now: datetime,
) -> Consent:
    """Write down that a candidate does not agree any more; it works from the next request. Refuses as `record`, and BadInput when
    there is nothing to withdraw."""
    _check(candidate, purpose, organisation, channel, by)
    if not live(candidate, purpose, organisation, now=now):
        raise BadInput(gettext("There is no consent to withdraw here."))
    return _event(candidate, purpose, organisation, ConsentEvent.WITHDRAWN, channel, by, now, None)


def live(candidate: Candidate, purpose: ConsentPurpose, organisation: Organisation | None = None, *, now: datetime) -> bool:
    """The candidate agrees to this now: the latest event says so, and it has not expired."""
    return _latest_agrees(candidate.id, purpose, organisation.id if organisation is not None else None, now, {})


def stands(candidate_id: int, purpose: ConsentPurpose, organisation_id: int | None, *, now: datetime) -> bool:
    """As `live`, for who is about to receive a candidate and does not see the consents yet."""
    return _latest_agrees(candidate_id, purpose, organisation_id, now, SYSTEM_READ)


def _latest_agrees(
    candidate_id: int, purpose: ConsentPurpose, organisation_id: int | None, now: datetime, options: dict[str, bool]
) -> bool:
    latest = sa.select(Consent).where(
        Consent.candidate_id == candidate_id,
        Consent.purpose == purpose,
        Consent.organisation_id.is_not_distinct_from(organisation_id),
    )
    event = db.session.scalar(latest.order_by(Consent.id.desc()).limit(1), execution_options=options)
    if event is None or event.event is not ConsentEvent.GIVEN:
        return False
    return event.expires_on is None or event.expires_on >= clock.day(now)


def _check(candidate: Candidate, purpose: ConsentPurpose, organisation: Organisation | None, channel: ConsentChannel, by: Identity) -> None:
    own = by.role is Role.CANDIDATE and by.candidate_id == candidate.id
    if not own:
        edits.allow_desk(by, "see_candidates", candidate.region_id)
    if own is not (channel is ConsentChannel.ONLINE):
        raise BadInput(gettext("Online is what candidates do themselves. Choose by telephone or on paper."))
    if (purpose in FOR_ONE) != (organisation is not None):
        raise BadInput(gettext("Sharing reports and a referral are agreed for one organisation; everything else for none in particular."))
    if organisation is not None and db.session.scalar(sa.select(Organisation.id).where(Organisation.id == organisation.id)) is None:
        raise NotFound(gettext("This organisation is not there (any more)."))


def _event(
    candidate: Candidate, purpose: ConsentPurpose, organisation: Organisation | None, event: ConsentEvent,
    channel: ConsentChannel, by: Identity, now: datetime, expires_on: date | None,
) -> Consent:  # fmt: skip
    text = text_of(purpose, candidate.locale)
    consent = Consent(
        candidate_id=candidate.id, region_id=candidate.region_id, purpose=purpose, event=event, at=now, expires_on=expires_on,
        organisation_id=organisation.id if organisation is not None else None, channel=channel,
        text_version=text.version, text_sha256=text.sha256, recorded_by=None if by.role is Role.CANDIDATE else by.user_id,
    )  # fmt: skip
    log.changed("give_consent" if event is ConsentEvent.GIVEN else "withdraw_consent", consent, by=by, now=now)
    db.session.flush()
    return consent
