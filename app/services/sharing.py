"""Whose a candidate is at the desk: taken from the inbox, handed to a colleague, shared with one who looks along."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError

from app.adapters import clock
from app.enums import OPEN_STATUSES, Holder, TaskKind
from app.errors import BadInput, Stale
from app.extensions import db
from app.models import Candidate, CoAdviser, UserProfile
from app.security.identity import Identity
from app.services import candidates, edits, log, tasks

LONGEST_NOTE = 120


def claim(candidate: Candidate, *, expected: int | None = None, by: Identity, now: datetime) -> None:
    """Take a candidate from the inbox of the region. Claiming again what is one's own changes nothing.

    Raises Stale, naming who has it, for somebody who was first, and NotAllowed and BadInput as `candidates.assign`.
    """
    edits.allow_desk(by, "move_stage", candidate.region_id)
    _refuse_taken(candidate, by)
    try:
        candidates.assign(candidate, _profile(by), expected=expected, by=by, now=now)
    except Stale:
        _refuse_taken(candidate, by)
        if _lead(candidate) is None:
            raise


def hand(candidate: Candidate, colleague: UserProfile, note: str | None = None, *, expected: int | None = None, by: Identity,
         now: datetime) -> None:  # fmt: skip
    """Give a candidate to a colleague, who gets a task about it for the next working day. Whose it is already keeps it.

    Raises NotAllowed, Stale and BadInput as `candidates.assign`, and BadInput for a note that is too long.
    """
    words = " ".join((note or "").split())
    if len(words) > LONGEST_NOTE:
        raise BadInput(gettext("Write the note in at most %(most)d characters.", most=LONGEST_NOTE))
    if candidate.lead_adviser_id == colleague.user_id:
        return
    candidates.assign(candidate, colleague, expected=expected, by=by, now=now)
    if candidate.status in OPEN_STATUSES:
        title = gettext("Taken over from %(name)s", name=_profile(by).name)
        title = f"{title}: {words}" if words else title
        due = tasks.add_working_days(clock.day(now), 1)
        tasks.plan(candidate, title[: tasks.LONGEST_TITLE], due, holder=Holder.ADVISER, owner=colleague, kind=TaskKind.FOLLOW_UP, by=by,
                   now=now)  # fmt: skip


def share(candidate: Candidate, colleague: UserProfile, *, by: Identity, now: datetime) -> None:
    """Let a colleague look along: the candidate stands in their own list too. Who does already, still does.

    Raises NotAllowed without the capability, BadInput for who does not work at the desk and for the adviser of the candidate.
    """
    edits.allow_desk(by, "move_stage", candidate.region_id)
    tasks.check_owner(colleague.user_id, candidate.region_id, now)
    if candidate.lead_adviser_id == colleague.user_id:
        raise BadInput(gettext("%(name)s is the adviser of %(number)s already.", name=colleague.name, number=candidate.number))
    if db.session.scalar(_beside(candidate, colleague.user_id).with_only_columns(CoAdviser.id)) is not None:
        return
    row = CoAdviser(candidate_id=candidate.id, region_id=candidate.region_id, user_id=colleague.user_id, since=now, by_id=by.user_id)
    try:
        with db.session.begin_nested():
            log.changed("share_candidate", row, by=by, now=now, fields=["user_id"])
    except IntegrityError:  # a second click, at the same time: it is shared
        return


def stop(candidate: Candidate, colleague: UserProfile, *, by: Identity, now: datetime) -> None:
    """Let a colleague look along no more. Who does not, still does not. Raises NotAllowed without the capability."""
    edits.allow_desk(by, "move_stage", candidate.region_id)
    row = db.session.scalar(_beside(candidate, colleague.user_id))
    if row is not None:
        log.changed("stop_sharing", row, by=by, now=now, fields=["user_id"])
        db.session.delete(row)
        db.session.flush()


def _beside(candidate: Candidate, user_id: int) -> sa.Select[tuple[CoAdviser]]:
    return sa.select(CoAdviser).where(CoAdviser.candidate_id == candidate.id, CoAdviser.user_id == user_id)


def _profile(by: Identity) -> UserProfile:
    return db.session.scalars(sa.select(UserProfile).where(UserProfile.user_id == by.user_id)).one()


def _lead(candidate: Candidate) -> UserProfile | None:
    """Who leads this candidate now, whatever was read before."""
    query = sa.select(UserProfile).join(Candidate, Candidate.lead_adviser_id == UserProfile.user_id)
    lead: UserProfile | None = db.session.scalar(query.where(Candidate.id == candidate.id))
    return lead


def _refuse_taken(candidate: Candidate, by: Identity) -> None:
    lead = _lead(candidate)
    if lead is not None and lead.user_id != by.user_id:
        said = gettext(
            "%(name)s has taken %(number)s already. There is nothing left for you to do.", name=lead.name, number=candidate.number
        )
        raise Stale(said, now_at=lead.user_id)
