"""Setting things out for a candidate: articles, contacts, programmes, routes and activities, with a note; and whether it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock
from app.enums import OfferKind, Role, Route
from app.errors import BadInput, NotFound
from app.extensions import db
from app.models import Candidate, Offer
from app.queries import offers as queries
from app.queries.offers import Thing
from app.security.identity import Identity
from app.services import edits, log, outbox

MOST = 20  # things at once
LONGEST_NOTE = 400


@dataclass(frozen=True)
class Shown:
    """An offer as its candidate reads it. `title` is empty when the thing is not available any more."""

    id: int
    kind: OfferKind
    title: str
    note: str | None
    offered_at: datetime
    read_at: datetime | None
    adviser: str


def set_out(candidate: Candidate, notes: Mapping[Thing, str | None], *, by: Identity, now: datetime) -> list[Offer]:
    """Set things out for a candidate, each with its note (or None); returns what is new. What stands there already is left as it is.

    Raises NotFound for a candidate out of sight, NotAllowed without the capability in the candidate's region, and BadInput for
    nothing at all, more than MOST, a note that is too long, a thing that is not on offer (any more), and nothing new.
    """
    _hold(candidate)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    if not notes:
        raise BadInput(gettext("Choose something to set out first."))
    if len(notes) > MOST:
        raise BadInput(gettext("Set out at most %(most)d things at once.", most=MOST))
    there = {Thing.of(offer) for offer in queries.live(candidate.id)}
    wanted = {thing: _note(text) for thing, text in notes.items() if thing not in there}
    if not wanted:
        raise BadInput(gettext("All of this is set out for this candidate already."))
    if len(queries.on_offer(wanted, candidate, by=by, now=now)) < len(wanted):
        raise BadInput(gettext("Something you chose is not available any more. Look at your choice again."))
    made = [_add(candidate, thing, note, by, now) for thing, note in wanted.items()]
    outbox.post("set_out", candidate, key=f"set_out:{candidate.id}:{clock.day(now)}", now=now)
    return made


def withdraw(offer: Offer, *, by: Identity, now: datetime) -> None:
    """Take back what was set out; the candidate does not see it any more. The second time does nothing. Raises NotAllowed."""
    candidate = edits.of_same_candidate(offer)
    edits.allow_desk(by, "move_stage", candidate.region_id)
    if offer.withdrawn_at is None:
        offer.withdrawn_at = now
        log.changed("withdraw_offer", offer, by=by, now=now)
        db.session.flush()


def read(offer: Offer, *, by: Identity, now: datetime) -> None:
    """Note in the read log that the candidate opened this; nothing when somebody else looks."""
    if by.role is Role.CANDIDATE and offer.candidate_id == by.candidate_id:
        log.opened(offer, queries.READ, by=by, now=now)


def for_candidate(candidate_id: int, *, now: datetime) -> list[Shown]:
    """What is set out for a candidate, newest first, as far as whoever asks sees it. One statement."""
    return [
        Shown(
            id=offer.id,
            kind=offer.kind,
            title=str(offer) if queries.is_available(offer, now) else "",
            note=offer.note,
            offered_at=offer.offered_at,
            read_at=offer.read_at,
            adviser=offer.adviser.name if offer.adviser is not None else "",
        )
        for offer in queries.live(candidate_id)
    ]


def _add(candidate: Candidate, thing: Thing, note: str | None, by: Identity, now: datetime) -> Offer:
    key: Any = Route[thing.key] if thing.kind is OfferKind.ROUTE else int(thing.key)
    offer = Offer(candidate_id=candidate.id, region_id=candidate.region_id, kind=thing.kind, note=note)
    setattr(offer, queries.COLUMN[thing.kind], key)
    offer.offered_at, offer.offered_by = now, by.user_id
    log.changed("set_out", offer, by=by, now=now)
    return offer


def _note(text: str | None) -> str | None:
    note = (text or "").strip()
    if len(note) > LONGEST_NOTE:
        raise BadInput(gettext("Write a note of at most %(most)d characters.", most=LONGEST_NOTE))
    return note or None


def _hold(candidate: Candidate) -> None:
    """Keep others off this file until the commit: of two who set out the same thing at once the second sees the first."""
    with db.session.no_autoflush:
        seen = db.session.scalar(sa.select(Candidate.id).where(Candidate.id == candidate.id).with_for_update())
    if seen is None:
        raise NotFound(gettext("There is no candidate with this number in your region."))
