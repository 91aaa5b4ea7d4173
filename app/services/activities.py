"""Activities and who goes there. Every path that touches seats begins with one statement, `_lock`: the mutex.

The source is algorithms §4. An activity may hold registrations from candidates of other regions, whom the person does not see;
the statements marked SYSTEM_READ count, promote and revoke those too, and give nothing of them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from app.adapters import clock
from app.enums import (
    LIVE_REGISTRATIONS,
    SEATED_REGISTRATIONS,
    TRANSITIONS,
    ActivityEffect,
    ActivityForm,
    RegistrationChannel,
    RegistrationState,
)
from app.errors import BadInput, IllegalTransition, NotFound
from app.extensions import db
from app.models import Activity, Candidate, ChangeLog, PersonToken, Registration
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import edits, log

BACK, AHEAD = timedelta(days=366), timedelta(days=731)  # how far from now an activity may be written down
MOST_SEATS = 100_000
_R = RegistrationState
_WAITING_OR_SEATED = (_R.CONFIRMED, _R.OFFERED, _R.WAITLISTED)
_AT_THE_DOOR = (RegistrationChannel.ORGANISER, RegistrationChannel.WALK_IN)
_BEYOND_THE_WALL: dict[str, Any] = {**SYSTEM_READ, "autoflush": False, "synchronize_session": False}


def schedule(activity: Activity, *, by: Identity, now: datetime) -> Activity:
    """Announce an activity. Raises NotAllowed without the capability in its region, BadInput for a time, place or number of seats
    that cannot be."""
    edits.settle(activity)
    if activity.region_id is None and len(by.region_ids) == 1:
        (activity.region_id,) = by.region_ids
    if by.is_organisation and activity.organisation_id is None and len(by.organisation_ids) == 1:
        (activity.organisation_id,) = by.organisation_ids
    _allow(activity, by)
    activity.form = activity.form or ActivityForm.ON_SITE
    activity.reg_seq, activity.created_at, activity.cancelled_at, activity.cancel_reason = 0, now, None, None
    _check(activity, now)
    log.changed("schedule_activity", activity, by=by, now=now)
    return activity


def change(activity: Activity, *, by: Identity, now: datetime) -> None:
    """Keep what a form changed. Claim the version first (`edits.claim_version`).

    More seats go to who waits, in order; fewer seats put nobody out. Refuses as `schedule`, and IllegalTransition once cancelled.
    """
    fields = edits.settle(activity)
    _allow(activity, by)
    if {"region_id", "cancelled_at", "reg_seq"} & set(fields):
        raise BadInput(gettext("An activity stays with its region; cancelling has its own button."))
    _refuse_cancelled(_lock(activity))
    _check(activity, now, moved="starts_at" in fields)
    if fields:
        log.changed("change_activity", activity, by=by, now=now, fields=fields)
    db.session.flush()
    _promote(activity, by, now)


def cancel(activity: Activity, reason: str, *, by: Identity, now: datetime) -> None:
    """Call an activity off; everybody who has a place or waits is told so by their registration. Refuses as `change`, and
    BadInput without a reason."""
    _allow(activity, by)
    _refuse_cancelled(_lock(activity))
    why = edits.reason_of(reason)
    if not why:
        raise BadInput(gettext("Write down why this activity is cancelled: who registered will read it."))
    activity.cancelled_at, activity.cancel_reason = now, why
    log.changed("cancel_activity", activity, by=by, now=now)
    db.session.flush()
    _shift([Registration.activity_id == activity.id, Registration.state.in_(_WAITING_OR_SEATED)], _R.REVOKED, by, now)


def register(
    activity: Activity, candidate: Candidate, *, channel: RegistrationChannel, by: Identity, now: datetime
) -> Registration:
    """Give a candidate a place, or a place in the queue when it is full or somebody waits already.

    Raises NotFound for what the person does not see, NotAllowed without the capability in the candidate's region, BadInput for
    an activity that is cancelled or closed (who organises it may add people at the door) and for a second registration.
    """
    _see(Activity, activity.id)
    _see(Candidate, candidate.id)
    edits.allow_desk(by, "manage_activities", candidate.region_id)
    if channel in _AT_THE_DOOR:
        edits.allow(by, "manage_activities", activity.region_id)
    fresh = _lock(activity)
    _refuse_cancelled(fresh)
    if channel not in _AT_THE_DOOR and _is_closed(fresh, now):
        raise BadInput(gettext("Registration for this activity has closed. Its organiser can still add somebody."))
    if _count(activity, LIVE_REGISTRATIONS, candidate.id):
        raise BadInput(gettext("%(number)s is registered for this activity already.", number=candidate.number))
    free = _has_free_seat(activity, fresh) and not _count(activity, (_R.WAITLISTED,))
    registration = Registration(
        activity_id=activity.id, candidate_id=candidate.id, region_id=candidate.region_id, seq=fresh.reg_seq,
        state=_R.CONFIRMED if free else _R.WAITLISTED, channel=channel, created_at=now, state_at=now,
    )  # fmt: skip
    log.changed("register_for_activity", registration, by=by, now=now)
    db.session.flush()
    return registration


def set_state(registration: Registration, to: RegistrationState, *, by: Identity, now: datetime) -> None:
    """Move a registration on. A place that comes free goes to the first who waits, until registration closes.

    The candidate's desk and the organiser may; revoking is the organiser's. Raises NotFound, NotAllowed, IllegalTransition for
    a step TRANSITIONS does not list, BadInput for a place that is not free or somebody else's turn, and for attendance before the day.
    """
    activity = _see(Activity, registration.activity_id)
    if to is _R.REVOKED or registration.region_id not in by.region_ids:
        edits.allow_desk(by, "manage_activities", activity.region_id)
    else:
        edits.allow_desk(by, "manage_activities", registration.region_id)
    fresh = _lock(activity)
    state = db.session.scalar(sa.select(Registration.state).where(Registration.id == registration.id))
    if state is None:
        raise NotFound(gettext("This is not there (any more)."))
    set_committed_value(registration, "state", state)
    if to not in TRANSITIONS[RegistrationState][state]:
        raise IllegalTransition(gettext("A registration that is “%(now)s” cannot become “%(to)s”.", now=state.label, to=to.label))
    if to in (_R.ATTENDED, _R.NO_SHOW) and clock.day(now) < clock.day(fresh.starts_at):
        raise BadInput(gettext("Attendance can be noted from the day of the activity."))
    if state is _R.WAITLISTED and to in SEATED_REGISTRATIONS:
        _refuse_out_of_turn(activity, registration, fresh)
    registration.state, registration.state_at = to, now
    registration.version += 1
    db.session.flush()
    _note("set_registration", [(registration.id, registration.candidate_id, registration.region_id)], by, now)
    if state in SEATED_REGISTRATIONS and to not in SEATED_REGISTRATIONS:
        _promote(activity, by, now)
    db.session.flush()


def note_effect(registration: Registration, effect: ActivityEffect | None, *, by: Identity, now: datetime) -> None:
    """Write down what an activity did to the decision, as the candidate says; “less certain” asks for attention (queries/signals.py).

    Raises NotAllowed for who may not do that in the candidate's region, and BadInput for who was not there.
    """
    edits.allow_desk(by, "manage_activities", registration.region_id)
    if effect is not None and registration.state is not _R.ATTENDED:
        raise BadInput(gettext("Only somebody who was there can say what it did."))
    if registration.effect is not effect:
        registration.effect = effect
        registration.version += 1
        _note("note_effect", [(registration.id, registration.candidate_id, registration.region_id)], by, now)
        db.session.flush()


def seats_taken(activity: Activity) -> int:
    """How many places are taken, by candidates of all regions."""
    return _count(activity, SEATED_REGISTRATIONS)


def _allow(activity: Activity, by: Identity) -> None:
    own = by.has_files or (by.is_organisation and activity.organisation_id in by.organisation_ids)
    edits.allow(by, "manage_activities", activity.region_id if own else None)


def _check(activity: Activity, now: datetime, moved: bool = True) -> None:
    activity.title = (activity.title or "").strip()
    if not activity.title:
        raise BadInput(gettext("Give the activity a title."))
    if activity.starts_at is None:
        raise BadInput(gettext("Say when the activity starts."))
    if moved and not now - BACK <= activity.starts_at <= now + AHEAD:
        raise BadInput(gettext("This activity would be more than a year ago or two years ahead. Check the year."))
    if activity.ends_at is not None and activity.ends_at < activity.starts_at:
        raise BadInput(gettext("An activity ends after it starts."))
    if activity.closes_at is not None and activity.closes_at > (activity.ends_at or activity.starts_at):
        raise BadInput(gettext("Registration closes before the activity is over."))
    if activity.capacity is not None and not 0 <= activity.capacity <= MOST_SEATS:
        raise BadInput(gettext("Write the number of places, or leave it empty when there is no limit."))


def _see(model: Any, key: int) -> Any:
    """The row, within what the person sees. Raises NotFound."""
    with db.session.no_autoflush:
        row = db.session.scalar(sa.select(model).where(model.id == key))
    if row is None:
        raise NotFound(gettext("This is not there (any more)."))
    return row


def _lock(activity: Activity) -> Any:
    """The mutex: a row lock on PostgreSQL, the write lock on SQLite. Gives the next number in the queue and the fresh facts.

    SYSTEM_READ: a desk registers its candidates for activities that it may see and not write; callers have checked that.
    """
    take = sa.update(Activity).where(Activity.id == activity.id).values(reg_seq=Activity.reg_seq + 1)
    facts = take.returning(Activity.reg_seq, Activity.capacity, Activity.starts_at, Activity.closes_at, Activity.cancelled_at)
    with db.session.no_autoflush:
        fresh = db.session.execute(facts, execution_options=_BEYOND_THE_WALL).one()
    set_committed_value(activity, "reg_seq", fresh.reg_seq)
    return fresh


def _refuse_cancelled(fresh: Any) -> None:
    if fresh.cancelled_at is not None:
        raise IllegalTransition(gettext("This activity was cancelled."))


def _is_closed(fresh: Any, now: datetime) -> bool:
    return bool((fresh.closes_at or fresh.starts_at) <= now)


def _count(activity: Activity, states: Sequence[RegistrationState], candidate_id: int | None = None) -> int:
    """SYSTEM_READ: a place is taken, whoever's candidate sits in it."""
    query = sa.select(sa.func.count()).select_from(Registration)
    query = query.where(Registration.activity_id == activity.id, Registration.state.in_(states))
    if candidate_id is not None:
        query = query.where(Registration.candidate_id == candidate_id)
    return int(db.session.scalar(query, execution_options=_BEYOND_THE_WALL) or 0)


def _has_free_seat(activity: Activity, fresh: Any) -> bool:
    return fresh.capacity is None or seats_taken(activity) < fresh.capacity


def _waiting(activity: Activity) -> sa.Select[Any]:
    """Ids of those who wait, first come first."""
    queue = sa.select(Registration.id).where(Registration.activity_id == activity.id, Registration.state == _R.WAITLISTED)
    return queue.order_by(Registration.seq)


def _refuse_out_of_turn(activity: Activity, registration: Registration, fresh: Any) -> None:
    if not _has_free_seat(activity, fresh):
        raise BadInput(gettext("There is no free place. Somebody has to cancel first, or the number of places has to go up."))
    if db.session.scalar(_waiting(activity).limit(1), execution_options=_BEYOND_THE_WALL) != registration.id:
        raise BadInput(gettext("Somebody else has waited longer. Offer them the place first."))


def _promote(activity: Activity, by: Identity, now: datetime) -> None:
    """Give free places to who waits, in order, under the lock. Stops when registration closes. SYSTEM_READ as at the top."""
    facts = sa.select(Activity.capacity, Activity.starts_at, Activity.closes_at, Activity.cancelled_at)
    fresh = db.session.execute(facts.where(Activity.id == activity.id), execution_options=_BEYOND_THE_WALL).one()
    if fresh.cancelled_at is not None or _is_closed(fresh, now):
        return
    first = _waiting(activity)
    if fresh.capacity is not None:
        first = first.limit(max(0, fresh.capacity - seats_taken(activity)))
    ids = db.session.scalars(first, execution_options=_BEYOND_THE_WALL).all()
    if ids:
        _shift([Registration.id.in_(ids)], _R.CONFIRMED, by, now)


def _shift(which: Sequence[Any], to: RegistrationState, by: Identity, now: datetime) -> None:
    """Move registrations of whichever region to a state, under the lock, and log each. SYSTEM_READ as at the top."""
    values = {"state": to, "state_at": now, "version": Registration.version + 1}
    moving = sa.update(Registration).where(*which).values(values)
    moved = db.session.execute(
        moving.returning(Registration.id, Registration.candidate_id, Registration.region_id), execution_options=_BEYOND_THE_WALL
    ).all()
    for registration_id, _, _ in moved:
        known = db.session.identity_map.get(identity_key(Registration, registration_id))
        if known is not None:
            db.session.expire(known)
    _note("promote_registration" if to is _R.CONFIRMED else "set_registration", [tuple(row) for row in moved], by, now)
    db.session.flush()


def _note(verb: str, rows: Sequence[tuple[Any, ...]], by: Identity, now: datetime) -> None:
    """Log a registration's move under the candidate's token. SYSTEM_READ: the organiser does not see the token of somebody
    else's candidate, and does not get it."""
    tokens: dict[int, str] = {}
    if rows:
        query = sa.select(PersonToken.candidate_id, PersonToken.token).where(PersonToken.candidate_id.in_([row[1] for row in rows]))
        tokens = {key: token for key, token in db.session.execute(query, execution_options=_BEYOND_THE_WALL)}
    for registration_id, candidate_id, region_id in sorted(rows):
        db.session.add(
            ChangeLog(
                verb=verb, subject=tokens.get(candidate_id, f"registration:{registration_id}"), region_id=region_id,
                table="registration", fields=["state"], **log.actor(by, now),
            )
        )  # fmt: skip
