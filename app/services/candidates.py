"""The candidate's file: opening it, keeping it, and moving it along the journey. Each step closes one span and opens the next."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from app.adapters import clock, geo
from app.enums import ORIENTATION, SUCCESS, TRANSITIONS, Holder, LeaveReason, MatchState, Role, Source, Stage, Status, TaskKind
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound, Stale
from app.extensions import db
from app.models import (
    Candidate,
    CandidateLocation,
    CandidateSubject,
    CoAdviser,
    Match,
    PersonToken,
    Region,
    StageSpan,
    Subject,
    UserProfile,
    full_name,
    sort_name_of,
)
from app.security.identity import Identity
from app.services import edits, log, notifications, tasks
from app.services.contact import normalise_email, normalise_phone

OLDEST = 100  # years
WIDEST_KM = 350  # from one end of the country to the other
MOST_HOURS = 60
_ATTEMPTS = 8
_WITH_A_DATE = (Status.WAITING, Status.PAUSED)
_OWN_VERB = frozenset({"number", "region_id", "stage", "stage_seq", "stage_entered_at", "status", "status_until", "leave_reason",
                       "lead_adviser_id", "holder", "created_at"})  # fmt: skip


def register(
    candidate: Candidate,
    *,
    subjects: Iterable[Subject] | None = None,
    next_action: str | None = None,
    next_action_on: date | None = None,
    by: Identity,
    now: datetime,
) -> Candidate:
    """Open a file: number, token, first span, and the first task, so that somebody has the ball from the first minute.

    The next action is the adviser's; without one the inbox of the region makes the first contact within the promised days.
    Raises NotAllowed outside the own region, BadInput without a name, e-mail address or telephone number, for somebody whom the
    person can already see (naming that file; elsewhere says nothing), and for a next action without its date.
    """
    if sa.inspect(candidate).pending:
        db.session.expunge(candidate)  # a query would write it before it has a number
    edits.settle(candidate)
    region = _region_of(candidate, by)
    _compose(candidate, now)
    _refuse_duplicate(candidate)
    _begin(candidate, by, now)
    if bool((next_action or "").strip()) != (next_action_on is not None):
        raise BadInput(gettext("A next action needs both: what will happen, and on which day."))
    fields = [name for name in log.changed_fields(candidate) if getattr(candidate, name) is not None]
    _insert(candidate)
    db.session.add(PersonToken(candidate_id=candidate.id, token=secrets.token_hex(16)))
    _open_span(candidate, now, by, None)
    db.session.flush()
    log.changed("register", candidate, by=by, now=now, fields=fields)
    _put_subjects(candidate, subjects or ())
    if next_action_on is not None:
        tasks.plan(candidate, next_action or "", next_action_on, holder=Holder.ADVISER, by=by, now=now)
    else:
        due = tasks.add_working_days(clock.day(now), region.promised_days)
        tasks.plan(candidate, gettext("Make the first contact"), due, by=by, now=now)
    return candidate


def update(candidate: Candidate, *, subjects: Iterable[Subject] | None = None, by: Identity, now: datetime) -> None:
    """Keep what a form changed; the subjects too when they are given. Claim the version first (`edits.claim_version`).

    Raises NotAllowed outside the own region and for what has a verb of its own (stage, status, adviser), BadInput as `register`.
    """
    with db.session.no_autoflush:  # what a query flushed is no change any more
        fields = edits.settle(candidate)
        edits.allow_desk(by, "see_candidates", _stored_region(candidate))
        if _OWN_VERB & set(fields):
            raise NotAllowed(gettext("Stage, status, region and adviser are changed by their own buttons, not in this form."))
        _compose(candidate, now)
        if {"email", "phone"} & set(fields):
            _refuse_duplicate(candidate)
        fields = log.changed_fields(candidate)
    if subjects is not None and _put_subjects(candidate, subjects):
        fields.append("subjects")
    if fields:
        log.changed("update", candidate, by=by, now=now, fields=fields)
    db.session.flush()


def set_subjects(candidate: Candidate, subjects: Iterable[Subject], *, by: Identity, now: datetime) -> None:
    """The subjects that the candidate would like to teach are these. Raises NotAllowed outside the own region."""
    edits.allow_desk(by, "see_candidates", _stored_region(candidate))
    if _put_subjects(candidate, subjects):
        log.changed("update", candidate, by=by, now=now, fields=["subjects"])


def set_locations(candidate: Candidate, wanted: Iterable[tuple[str, int]], *, by: Identity, now: datetime) -> None:
    """The candidate wants to work around these postcodes, each with its own radius in km.

    Raises BadInput for a postcode that does not exist and a radius outside 1–350 km, NotAllowed outside the own region.
    """
    edits.allow_desk(by, "see_candidates", _stored_region(candidate))
    areas = {}
    for pc4, radius_km in wanted:
        area = _area(pc4)
        if not 1 <= radius_km <= WIDEST_KM:
            raise BadInput(gettext("Choose a distance from 1 to %(most)d kilometres.", most=WIDEST_KM))
        areas[area.pc4] = (area, radius_km)
    for row in db.session.scalars(sa.select(CandidateLocation).where(CandidateLocation.candidate_id == candidate.id)).all():
        db.session.delete(row)
    for area, radius_km in areas.values():
        db.session.add(
            CandidateLocation(
                candidate_id=candidate.id, region_id=candidate.region_id, pc4=area.pc4, place=area.place,
                latitude=area.latitude, longitude=area.longitude, radius_km=radius_km,
            )
        )  # fmt: skip
    log.changed("update", candidate, by=by, now=now, fields=["locations"])
    db.session.flush()


def move_stage(candidate: Candidate, to: Stage, *, expected: int, reason: str | None = None, by: Identity, now: datetime) -> None:
    """Move a candidate along the journey, close the open span and open the next where it ended.

    Raises NotAllowed without the capability in the candidate's region, IllegalTransition for a step TRANSITIONS does not list,
    BadInput for a step into success without a reason or a placed match and for a step back from there without a reason, and
    Stale when somebody moved the card first (`expected` is the stage_seq the caller saw; `now_at` is the stage now).
    """
    edits.allow_desk(by, "move_stage", candidate.region_id)
    _same_step(candidate, expected, Candidate.stage)
    if to not in TRANSITIONS[Stage][candidate.stage]:
        raise IllegalTransition(gettext("%(number)s stands at “%(stage)s” already.", number=candidate.number, stage=to.label))
    why = edits.reason_of(reason)
    if candidate.stage in ORIENTATION and to in SUCCESS and not why and not _is_placed(candidate):
        raise BadInput(gettext("There is no placed match yet. Write down why this candidate goes on to “%(stage)s”.", stage=to.label))
    if candidate.stage in SUCCESS and to in ORIENTATION and not why:
        raise BadInput(gettext("Write down why this candidate goes back to “%(stage)s”.", stage=to.label))
    at = _step(candidate, expected, Candidate.stage, why, by, now, stage=to)
    candidate.stage_entered_at = at
    log.changed("move_stage", candidate, by=by, now=now, fields=["stage"])
    db.session.flush()


def set_status(
    candidate: Candidate,
    to: Status,
    *,
    expected: int,
    until: date | None = None,
    leave_reason: LeaveReason | None = None,
    reason: str | None = None,
    by: Identity,
    now: datetime,
) -> None:
    """Change a candidate's status, with a span as in `move_stage` and what has to happen next.

    Waiting and paused need a day after today and get a task on it; left needs its leave reason; back to active makes a task when
    none is open; the three that close the file tick off what is open. Raises NotAllowed, IllegalTransition and Stale
    (`now_at` is the status now) as `move_stage`, BadInput for what is missing.
    """
    edits.allow_desk(by, "move_stage", candidate.region_id)
    _same_step(candidate, expected, Candidate.status)
    if to not in TRANSITIONS[Status][candidate.status]:
        raise IllegalTransition(gettext("The status of %(number)s is “%(status)s” already.", number=candidate.number, status=to.label))
    until, leave_reason = _status_details(to, until, leave_reason, now)
    _step(candidate, expected, Candidate.status, edits.reason_of(reason), by, now, status=to)
    candidate.status_until, candidate.leave_reason = until, leave_reason
    log.changed("set_status", candidate, by=by, now=now, fields=["status"])
    db.session.flush()
    if until is not None:
        tasks.plan(candidate, gettext("Ask how things are now"), until, kind=TaskKind.FOLLOW_UP, by=by, now=now)
    elif to is Status.ACTIVE:
        tasks.ensure_next_action(candidate, by=by, now=now)
    else:
        tasks.close_all(candidate, by=by, now=now)


def assign(candidate: Candidate, adviser: UserProfile | None, *, expected: int | None = None, by: Identity, now: datetime) -> None:
    """Give a candidate a lead adviser, or (None) back to the region's inbox, with the open tasks of whoever had them.

    Raises NotAllowed without the capability, BadInput for somebody who does not work at the desk of the candidate's region today,
    Stale when somebody changed the file first (`expected` is the stage_seq the caller saw). The same adviser again changes nothing.
    """
    edits.allow_desk(by, "move_stage", candidate.region_id)
    after = adviser.user_id if adviser is not None else None
    before = candidate.lead_adviser_id
    if after == before:
        return
    if after is not None:
        tasks.check_owner(after, candidate.region_id, now)
    _step(candidate, candidate.stage_seq if expected is None else expected, Candidate.stage, None, by, now, lead_adviser_id=after)
    db.session.expire(candidate, ["lead_adviser"])
    db.session.execute(sa.delete(CoAdviser).where(CoAdviser.candidate_id == candidate.id, CoAdviser.user_id == after))
    log.changed("assign", candidate, by=by, now=now, fields=["lead_adviser_id"])
    tasks.hand_on(candidate, before, after, by=by, now=now)
    key = f"advisee_given:{candidate.id}:{candidate.stage_seq}"
    notifications.tell_colleague(after, "advisee_given", candidate, path=f"/kandidaten/show/{candidate.id}", key=key, by=by, now=now)


def _stored_region(candidate: Candidate) -> int:
    """The region in which the file stands in the database, whatever a form has put on the object."""
    stored: Any = sa.inspect(candidate).attrs["region_id"].history.deleted
    return int(stored[0]) if stored else candidate.region_id


def _region_of(candidate: Candidate, by: Identity) -> Region:
    if candidate.region_id is None and len(by.region_ids) == 1:
        (candidate.region_id,) = by.region_ids
    edits.allow_desk(by, "see_candidates", candidate.region_id)
    region: Region | None = db.session.scalar(sa.select(Region).where(Region.id == candidate.region_id))
    if region is None:
        raise NotFound(gettext("This region is not there (any more)."))
    return region


def _compose(candidate: Candidate, now: datetime) -> None:
    """Check what was written, and work out the columns that follow from it."""
    c = candidate
    if c.email and not normalise_email(c.email):
        raise BadInput(gettext("This is not an e-mail address: %(text)s", text=c.email[:80]))
    c.email_norm, c.phone_norm = normalise_email(c.email), normalise_phone(c.phone)
    parts = (c.given_name, c.infix, c.surname)
    name = full_name(*parts) or (c.email or c.phone or "").strip()
    if not name:
        raise BadInput(gettext("Fill in a name, an e-mail address or a telephone number: one of the three is enough."))
    c.name, c.sort_name = name[:160], sort_name_of(*parts) or name.casefold()[:160]
    if c.pc4:
        area = _area(c.pc4)
        c.pc4, c.place = area.pc4, c.place or area.place
    if c.birth_year is not None and not clock.day(now).year - OLDEST <= c.birth_year <= clock.day(now).year - 12:
        raise BadInput(gettext("%(year)d cannot be the year of birth. Check it.", year=c.birth_year))
    hours = [number for number in (c.hours_min, c.hours_max) if number is not None]
    if hours != sorted(hours) or any(not 0 <= number <= MOST_HOURS for number in hours):
        raise BadInput(gettext("Write the hours a week from few to many, at most %(most)d.", most=MOST_HOURS))


def _area(pc4: str) -> geo.Area:
    area = geo.find(pc4)
    if area is None:
        raise BadInput(gettext("There is no postcode %(pc4)s in the Netherlands.", pc4=pc4[:7]))
    return area


def _refuse_duplicate(candidate: Candidate) -> None:
    """Within what the person may see only: elsewhere the answer is the one for somebody new."""
    same = [
        column == value
        for column, value in ((Candidate.email_norm, candidate.email_norm), (Candidate.phone_norm, candidate.phone_norm))
        if value
    ]
    if not same:
        return
    query = sa.select(Candidate.number).where(sa.or_(*same)).order_by(Candidate.id).limit(1)
    known = db.session.scalar(query if candidate.id is None else query.where(Candidate.id != candidate.id))
    if known is not None:
        raise BadInput(gettext("%(number)s has the same e-mail address or telephone number. Look there first.", number=known))


def _begin(candidate: Candidate, by: Identity, now: datetime) -> None:
    """Where every file starts."""
    c = candidate
    c.source = c.source or (Source.NATIONAL if by.role is Role.NATIONAL else Source.DESK)
    c.stage = c.stage or Stage.EXPLORING
    if c.stage not in ORIENTATION:
        raise BadInput(gettext("A new candidate starts in one of the first four stages. Move them on afterwards, with the reason."))
    c.status, c.status_until, c.leave_reason = Status.ACTIVE, None, None
    c.stage_seq, c.stage_entered_at, c.created_at = 0, now, now
    c.holder = Holder.DESK
    if c.lead_adviser_id is not None:
        tasks.check_owner(c.lead_adviser_id, c.region_id, now)


def _insert(candidate: Candidate) -> None:
    """Write the file under a number that nobody has: a savepoint per try, for two desks can draw the same one."""
    for attempt in range(_ATTEMPTS):
        lowest = 10 ** (5 + attempt // 2)
        candidate.number = f"K-{lowest + secrets.randbelow(9 * lowest)}"
        try:
            with db.session.begin_nested():
                db.session.add(candidate)
            return
        except IntegrityError as problem:
            if attempt + 1 == _ATTEMPTS or "number" not in str(problem.orig):
                raise


def _put_subjects(candidate: Candidate, subjects: Iterable[Subject]) -> bool:
    wanted = {subject.id for subject in subjects}
    present = db.session.scalars(sa.select(CandidateSubject).where(CandidateSubject.candidate_id == candidate.id)).all()
    for row in present:
        if row.subject_id not in wanted:
            db.session.delete(row)
    new = wanted - {row.subject_id for row in present}
    for subject_id in sorted(new):
        db.session.add(CandidateSubject(candidate_id=candidate.id, region_id=candidate.region_id, subject_id=subject_id))
    db.session.flush()
    db.session.expire(candidate, ["subjects"])
    return bool(new) or len(present) != len(wanted)


def _is_placed(candidate: Candidate) -> bool:
    placed = sa.select(Match.id).where(Match.candidate_id == candidate.id, Match.state == MatchState.PLACED)
    return db.session.scalar(placed.limit(1)) is not None


def _status_details(
    to: Status, until: date | None, leave_reason: LeaveReason | None, now: datetime
) -> tuple[date | None, LeaveReason | None]:
    """The day and the leave reason that belong to a status, and nothing that does not."""
    if to is Status.LEFT and leave_reason is None:
        raise BadInput(gettext("Choose why this candidate leaves."))
    if to in _WITH_A_DATE:
        if until is None:
            raise BadInput(gettext("Choose until which day, so that nobody is forgotten."))
        tasks.check_due(until, now)
        if until <= clock.day(now):
            raise BadInput(gettext("Choose a day after today."))
    return until if to in _WITH_A_DATE else None, leave_reason if to is Status.LEFT else None


def _same_step(candidate: Candidate, expected: int, shown: Any) -> None:
    """Raise Stale, with what the column shows now, unless the file is at the step that the caller saw."""
    found = db.session.execute(sa.select(Candidate.stage_seq, shown).where(Candidate.id == candidate.id)).one_or_none()
    if found is None:
        raise NotFound(gettext("There is no candidate with this number in your region."))
    seq, now_at = found
    if seq != expected:
        raise Stale(gettext("Somebody else changed %(number)s first. Look where it stands now.", number=candidate.number), now_at=now_at)


def _step(candidate: Candidate, expected: int, shown: Any, reason: str | None, by: Identity, now: datetime, **new: Any) -> datetime:
    """Compare-and-set on stage_seq, then from one span into the next. Returns the moment between them."""
    claim = sa.update(Candidate).where(Candidate.id == candidate.id, Candidate.stage_seq == expected)
    if edits.rows_changed(claim.values(stage_seq=expected + 1)) != 1:
        _same_step(candidate, expected, shown)
        raise NotAllowed(gettext("You may see this, but not change it."))
    set_committed_value(candidate, "stage_seq", expected + 1)
    for name, value in new.items():
        setattr(candidate, name, value)
    span = db.session.scalar(sa.select(StageSpan).where(StageSpan.candidate_id == candidate.id, StageSpan.left_at.is_(None)))
    at = now
    if span is not None:
        at = span.left_at = max(now, span.entered_at)
        db.session.flush()  # closed before the next one opens: there is one open span at a time
    _open_span(candidate, at, by, reason)
    db.session.flush()
    return at


def _open_span(candidate: Candidate, at: datetime, by: Identity, reason: str | None) -> None:
    db.session.add(
        StageSpan(
            candidate_id=candidate.id, region_id=candidate.region_id, seq=candidate.stage_seq, stage=candidate.stage,
            status=candidate.status, in_region_id=candidate.region_id, lead_adviser_id=candidate.lead_adviser_id,
            entered_at=at, moved_by=by.user_id, reason=reason,
        )
    )  # fmt: skip
