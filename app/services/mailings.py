"""Messages to a group: written, looked at, approved, sent, watched. Each verb keeps the rows of `delivery` in step with the message.

Who gets it and who does not is one rule in SQL (queries/audiences.py), asked when the sender looks and again for each mail that leaves.
Rows are written beside the wall after the audience was limited to what the sender sees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.adapters import clock
from app.enums import CHOSEN_CATEGORIES, TRANSITIONS, DeliveryState, MailCategory, MailingState, NotificationKind, NotSent
from app.errors import BadInput, IllegalTransition, NotAllowed, NotFound
from app.extensions import db
from app.models import Candidate, Capability, Delivery, Mailing, Membership, Region, UserProfile
from app.queries import audiences, live, raw
from app.security.capabilities import COLUMNS, effective
from app.security.identity import Identity
from app.security.scope import SYSTEM_READ
from app.services import edits, log, mail_addresses, mailing_text, notifications, outbox, pace, placeholders
from app.services.bulk import HELD, WAITING

MOST = 100_000  # receivers of one message
FARTHEST = timedelta(days=366)
RUNNING = (MailingState.SENDING, MailingState.PAUSED)
LEFT = "left as it is"  # the reason of an unknown one that its sender decided about
_BESIDE: dict[str, Any] = {**SYSTEM_READ, "synchronize_session": False}
_D = Delivery


@dataclass(frozen=True)
class Change:
    """How the audience differs from the one that was looked at: so many more get it, so many fewer."""

    more: int
    fewer: int

    def __bool__(self) -> bool:
        return bool(self.more or self.fewer)


@dataclass(frozen=True)
class Standing:
    """How far a message is. `lacking` counts receivers for whom a placeholder has nothing to say."""

    by_state: dict[DeliveryState, int]
    not_sent: dict[NotSent, int]
    lacking: dict[str, int]
    open_unknown: int = 0

    @property
    def people(self) -> int:
        return self.to_mail + sum(self.not_sent.values())

    @property
    def to_mail(self) -> int:
        return sum(number for state, number in self.by_state.items() if state is not DeliveryState.SUPPRESSED)

    @property
    def handled(self) -> int:
        return sum(number for state, number in self.by_state.items() if state not in (*WAITING, *HELD, DeliveryState.SUPPRESSED))


# --- writing --------------------------------------------------------------------------------------------------------------


def write(mailing: Mailing, *, by: Identity, now: datetime) -> Mailing:
    """Keep a new or changed draft. Claim the version of a changed one first (`edits.claim_version`).

    Raises NotAllowed without the capability in its region, IllegalTransition once it is sent or waits for approval, BadInput for words that
    cannot be sent (mailing_text.check_both) and a category that is not for groups.
    """
    fields = edits.settle(mailing)
    _allow(mailing, by)
    is_new = not sa.inspect(mailing).has_identity
    if is_new:
        mailing.state, mailing.created_at, mailing.created_by = MailingState.DRAFT, now, by.user_id or 0
    _need(mailing, MailingState.DRAFT)
    if mailing.category not in CHOSEN_CATEGORIES:
        raise BadInput(gettext("Choose what this message is about, so that people can say whether they want it."))
    mailing_text.check_both(mailing)
    if is_new or fields:
        log.changed("write_mailing" if is_new else "change_mailing", mailing, by=by, now=now, fields=fields)
    db.session.flush()
    return mailing


def remove(mailing: Mailing, *, by: Identity, now: datetime) -> None:
    """Throw a draft away. Refuses as `write`."""
    _allow(mailing, by)
    _hold(mailing)
    _need(mailing, MailingState.DRAFT)
    log.changed("remove_mailing", mailing, by=by, now=now, fields=[])
    db.session.execute(sa.delete(_D).where(_D.mailing_id == mailing.id), execution_options=_BESIDE)
    db.session.delete(mailing)
    db.session.flush()


# --- who gets it ----------------------------------------------------------------------------------------------------------


def prepare(
    mailing: Mailing, audience: sa.Select[Any] | None, *, by: Identity, now: datetime, not_before: datetime | None = None
) -> Change:
    """Write down who gets it and who does not, and why: a row for everybody in the audience, a SELECT of candidate ids that is walled when
    it runs; None: who asked for the newsletter on the site. Says what differs from the last look; nothing at the first.

    Raises as `write`, and BadInput for nobody and for more than MOST people.
    """
    _allow(mailing, by)
    _hold(mailing)
    _need(mailing, MailingState.DRAFT)
    if audience is None and mailing.category is not MailCategory.NEWSLETTER:
        raise BadInput(gettext("Who signed up on the site gets the newsletter and nothing else."))
    before, looked = _receivers(mailing), mailing.prepared_at is not None
    db.session.execute(sa.delete(_D).where(_D.mailing_id == mailing.id), execution_options=_BESIDE)
    people = audiences.subscribers(mailing) if audience is None else audiences.recipients(mailing, audience)
    facts = audiences.facts(mailing, _region(mailing).mailings_a_week, now=now, today=clock.day(now))
    freezing = raw.freeze(mailing.id, people.params(facts), now, not_before or now, db.engine.dialect.name)
    done: Any = db.session.execute(freezing, execution_options={**_BESIDE, "preserve_rowcount": True})
    if not 0 < done.rowcount <= MOST:
        raise BadInput(
            gettext("There is nobody in this choice. Change the filters, then look again.")
            if not done.rowcount
            else gettext("A message goes to at most 100,000 people. Use a filter and send it in parts.")
        )
    after = _receivers(mailing)
    mailing.people, mailing.prepared_at = done.rowcount, now
    mailing.audience_hash = hashlib.sha256(",".join(sorted(after)).encode()).hexdigest()
    log.changed("look_at_audience", mailing, by=by, now=now, fields=["audience_hash"])
    db.session.flush()
    return Change(len(after - before), len(before - after)) if looked else Change(0, 0)


def start(
    mailing: Mailing, audience: sa.Select[Any] | None, *, send_after: datetime | None, expected: int, by: Identity, now: datetime
) -> Change | None:
    """Send it, at once or after a moment; above the region's number a second person looks first. None when it goes.

    When the audience differs from the one that was looked at nothing is sent and the difference comes back: the rows are those of now.
    Raises as `prepare`; Stale when somebody else was first; BadInput when nobody is left to mail, a placeholder has nothing to say for
    somebody, and for a moment beyond a year.
    """
    _allow(mailing, by)
    edits.claim_version(mailing, expected, now=now)
    at = max(send_after or now, now)
    if at > now + FARTHEST:
        raise BadInput(gettext("Choose a moment within a year."))
    change = prepare(mailing, audience, by=by, now=now, not_before=at)
    if change:
        return change
    how = standing(mailing)
    if not how.to_mail:
        raise BadInput(gettext("Nobody in this choice can get it. Look at the reasons."))
    if how.lacking:
        names = ", ".join(sorted(how.lacking))
        raise BadInput(gettext("Not everybody has something for %(names)s. Change the text or the choice.", names=names))
    mailing.send_after = at
    mail_addresses.known_all(mailing.id, now=now)
    if how.to_mail > _region(mailing).approve_above:
        _move(mailing, MailingState.ASKED, "ask_approval", by, now)
        _tell(_approvers(mailing, now), mailing, "mailing_asked", now)
    else:
        mailing.started_at = now
        _move(mailing, MailingState.SENDING, "send_mailing", by, now)
    return None


def standing(mailing: Mailing) -> Standing:
    """How far a message is, in numbers. One statement, one more for each placeholder while it is not sent."""
    left = sa.and_(_D.state == DeliveryState.UNKNOWN, sa.func.coalesce(_D.reason, "") != LEFT)
    query = sa.select(_D.state, _D.not_sent, sa.func.count(), sa.func.sum(sa.case((left, 1), else_=0)))
    rows = db.session.execute(query.where(_D.mailing_id == mailing.id).group_by(_D.state, _D.not_sent)).all()
    by_state: dict[DeliveryState, int] = {}
    not_sent: dict[NotSent, int] = {}
    for state, why, number, _ in rows:
        by_state[state] = by_state.get(state, 0) + number
        if state is DeliveryState.SUPPRESSED:
            not_sent[why or NotSent.GONE] = not_sent.get(why or NotSent.GONE, 0) + number
    erased = max(0, (mailing.people or 0) - sum(by_state.values()))
    if erased and by_state:  # after a year the rows are gone, and nobody knows
        not_sent[NotSent.GONE] = not_sent.get(NotSent.GONE, 0) + erased
    lacking = _lacking(mailing) if mailing.state is MailingState.DRAFT else {}
    return Standing(by_state, not_sent, lacking, sum(number or 0 for *_, number in rows))


def eta(mailing: Mailing, *, now: datetime) -> datetime | None:
    """When the last one will have left, as far as the region's rate, its quiet hours and the messages before it say; None: nobody waits."""
    before = sa.and_(Mailing.region_id == mailing.region_id, Mailing.state == MailingState.SENDING, Mailing.id != mailing.id)
    if mailing.started_at is not None:
        before = sa.and_(before, Mailing.started_at <= mailing.started_at)
    waits = sa.select(sa.func.count()).select_from(_D).join(Mailing, Mailing.id == _D.mailing_id).where(_D.state.in_((*WAITING, *HELD)))
    number = db.session.scalar(waits.where(_D.mailing_id == mailing.id)) or 0
    number += (db.session.scalar(waits.where(before), execution_options=SYSTEM_READ) or 0) if number else 0
    return pace.arrival(_region(mailing), number, max(mailing.send_after or now, now)) if number else None


def lacks(mailing: Mailing, name: str) -> sa.Select[Any]:
    """The candidates in the audience who have nothing for a placeholder: a SELECT of keys."""
    mailed = sa.select(_D.candidate_id).where(_D.mailing_id == mailing.id, _D.state == DeliveryState.QUEUED)
    return sa.select(Candidate.id).where(Candidate.id.in_(mailed), placeholders.lacking(name))


def _lacking(mailing: Mailing) -> dict[str, int]:
    """Of who signed up on the site we know no more than an address."""
    names = placeholders.used(mailing.body, mailing.body_en or "")
    if not names:
        return {}
    unknown = (_D.mailing_id == mailing.id, _D.state == DeliveryState.QUEUED, _D.candidate_id.is_(None))
    nameless = db.session.scalar(sa.select(sa.func.count()).where(*unknown), execution_options=SYSTEM_READ) or 0
    counts = (sa.select(sa.func.count()).select_from(lacks(mailing, name).subquery()) for name in names)
    found = {name: nameless + (db.session.scalar(one, execution_options=SYSTEM_READ) or 0) for name, one in zip(names, counts, strict=True)}
    return {name: number for name, number in found.items() if number}


# --- on its way -----------------------------------------------------------------------------------------------------------


def may_approve(mailing: Mailing, by: Identity) -> bool:
    """A second person, who may send group messages here and did not write this one."""
    return mailing.state is MailingState.ASKED and by.user_id != mailing.created_by and by.can("send_mailing", mailing.region_id)


def approve(mailing: Mailing, *, expected: int, by: Identity, now: datetime) -> None:
    """Let it go. Raises NotAllowed for the author and without the capability, IllegalTransition when nobody asks, Stale."""
    _allow(mailing, by)
    _need(mailing, MailingState.ASKED)
    if not may_approve(mailing, by):
        raise NotAllowed(gettext("You wrote this message. Somebody else has to look at it before it goes."))
    edits.claim_version(mailing, expected, now=now)
    mailing.approved_by, mailing.started_at = by.user_id, now
    _move(mailing, MailingState.SENDING, "approve_mailing", by, now)
    _tell([mailing.created_by], mailing, "mailing_approved", now)


def refuse(mailing: Mailing, why: str, *, expected: int, by: Identity, now: datetime) -> None:
    """Give it back to its author with a reason. Raises as `approve`, and BadInput without a reason."""
    _allow(mailing, by)
    _need(mailing, MailingState.ASKED)
    if not edits.reason_of(why):
        raise BadInput(gettext("Say what should change, so that the author knows."))
    edits.claim_version(mailing, expected, now=now)
    mailing.refused_why = edits.reason_of(why)
    _move(mailing, MailingState.DRAFT, "refuse_mailing", by, now)
    _tell([mailing.created_by], mailing, "mailing_refused", now)


def pause(mailing: Mailing, *, expected: int, by: Identity, now: datetime) -> None:
    """Put it on hold: no further mail leaves. Raises IllegalTransition when it is not on its way, Stale, NotAllowed."""
    _step(mailing, MailingState.PAUSED, "pause_mailing", (MailingState.SENDING,), expected, by, now)


def resume(mailing: Mailing, *, expected: int, by: Identity, now: datetime) -> None:
    """Let it go on. Refuses as `pause`."""
    _step(mailing, MailingState.SENDING, "resume_mailing", (MailingState.PAUSED,), expected, by, now)


def cancel(mailing: Mailing, *, expected: int, by: Identity, now: datetime) -> None:
    """Stop it for good; who has it has it. What is being handed over this moment may still arrive. Refuses as `pause`."""
    _step(mailing, MailingState.CANCELLED, "cancel_mailing", (*RUNNING, MailingState.ASKED), expected, by, now)
    mailing.finished_at = now
    waits = sa.update(_D).where(_D.mailing_id == mailing.id, _D.state.in_((*WAITING, DeliveryState.CLAIMED)))
    values = {"state": DeliveryState.CANCELLED, "claim": None, "lease_until": None}
    db.session.execute(waits.values(values), execution_options=_BESIDE)


def retry_failed(mailing: Mailing, *, by: Identity, now: datetime) -> int:
    """Try the failed ones again; says how many. Refuses as `pause`."""
    _allow(mailing, by)
    _hold(mailing)
    _need(mailing, *RUNNING, MailingState.DONE)
    number = _again(mailing, _D.state == DeliveryState.FAILED, now)
    log.changed("retry_mailing", mailing, by=by, now=now, fields=["state"] if number else [])
    return number


def resolve(mailing: Mailing, delivery_ids: Sequence[int], resend: bool, *, by: Identity, now: datetime) -> int:
    """Decide about those of whom nobody knows whether they got it: send again, or leave it. Says how many. Refuses as `pause`."""
    _allow(mailing, by)
    _hold(mailing)
    _need(mailing, *RUNNING, MailingState.DONE)
    undecided = sa.func.coalesce(_D.reason, "") != LEFT
    these = sa.and_(_D.id.in_(list(delivery_ids)[:MOST]), _D.state == DeliveryState.UNKNOWN, undecided)
    if resend:
        number = _again(mailing, these, now)
    else:
        number = _changed(sa.update(_D).where(_D.mailing_id == mailing.id, these).values(reason=LEFT))
    log.changed("resolve_mailing", mailing, by=by, now=now, fields=["state"] if number else [])
    return number


def test_to_me(mailing: Mailing, candidate_id: int | None, *, by: Identity, now: datetime) -> bool:
    """Mail it to oneself, as this receiver would get it; False when one went a moment ago. Raises as `write`, NotFound for who is not in
    the audience, BadInput without an own address."""
    _allow(mailing, by)
    if candidate_id is not None and not db.session.scalar(
        sa.select(_D.id).where(_D.mailing_id == mailing.id, _D.candidate_id == candidate_id)
    ):
        raise NotFound(gettext("This person is not in the audience (any more)."))
    me = db.session.scalars(sa.select(UserProfile).where(UserProfile.user_id == by.user_id)).one()
    key = f"mailing_test:{mailing.id}:{by.user_id}:{int(now.timestamp()) // 5}"
    if outbox.address_of(me) is None:
        raise BadInput(gettext("Your account has no e-mail address."))
    return outbox.post("mailing_test", me, key=key, now=now, merge={"mailing": mailing.id, "candidate": candidate_id or 0}) is not None


# --- the same for all -----------------------------------------------------------------------------------------------------


def _allow(mailing: Mailing, by: Identity) -> None:
    """A desk in its region; an organisation for itself."""
    edits.allow(by, "send_mailing", mailing.region_id)
    if by.has_files is not (mailing.organisation_id is None) or not (by.has_files or mailing.organisation_id in by.organisation_ids):
        raise NotAllowed(gettext("You may not send this message."))


def _hold(mailing: Mailing) -> None:
    """Nobody else moves it until the commit: what follows is decided on the state as it is now."""
    db.session.flush()
    db.session.refresh(mailing, ["state"], with_for_update=True)


def _need(mailing: Mailing, *states: MailingState) -> None:
    if mailing.state not in states:
        raise IllegalTransition(gettext("This message is %(state)s now. Look at where it stands.", state=mailing.state.label))


def _move(mailing: Mailing, to: MailingState, verb: str, by: Identity, now: datetime) -> None:
    if to not in TRANSITIONS[MailingState][mailing.state]:
        raise IllegalTransition(gettext("This message is %(state)s now. Look at where it stands.", state=mailing.state.label))
    mailing.state = to
    log.changed(verb, mailing, by=by, now=now, fields=["state"])
    db.session.flush()


def _step(
    mailing: Mailing, to: MailingState, verb: str, states: tuple[MailingState, ...], expected: int, by: Identity, now: datetime
) -> None:
    _allow(mailing, by)
    _need(mailing, *states)
    edits.claim_version(mailing, expected, now=now)
    _move(mailing, to, verb, by, now)


def _again(mailing: Mailing, which: Any, now: datetime) -> int:
    """Queue rows once more under their own Message-ID; a message that was done is on its way again."""
    values = {"state": DeliveryState.QUEUED, "attempts": 0, "not_before": now, "reason": None, "claim": None, "lease_until": None}
    number = _changed(sa.update(_D).where(_D.mailing_id == mailing.id, which).values(values))
    if number and mailing.state is MailingState.DONE:
        mailing.state, mailing.finished_at = MailingState.SENDING, None
        db.session.flush()
    return number


def _changed(statement: Any) -> int:
    done: Any = db.session.execute(statement, execution_options=_BESIDE)
    return int(done.rowcount)


def _receivers(mailing: Mailing) -> set[str]:
    get_it = sa.select(_D.dedupe_key).where(_D.mailing_id == mailing.id, _D.state == DeliveryState.QUEUED)
    return set(db.session.scalars(get_it, execution_options=SYSTEM_READ))


def _region(mailing: Mailing) -> Region:
    return db.session.scalars(sa.select(Region).where(Region.id == mailing.region_id), execution_options=SYSTEM_READ).one()


def _approvers(mailing: Mailing, now: datetime) -> list[int]:
    """Everybody but the author who may send group messages in the same place."""
    departures = sa.select(Capability).where(Capability.region_id == mailing.region_id)
    switched = db.session.scalars(departures, execution_options=SYSTEM_READ).all()
    roles = [role for role in COLUMNS if "send_mailing" in effective(role, switched)]
    live_ones = live.memberships(clock.day(now))
    here = (Membership.region_id == mailing.region_id, Membership.organisation_id.is_not_distinct_from(mailing.organisation_id))
    people = sa.select(Membership.user_id).where(*here, Membership.role.in_(roles), *live_ones, Membership.user_id != mailing.created_by)
    return sorted(set(db.session.scalars(people, execution_options=SYSTEM_READ)))


def _tell(users: Sequence[int], mailing: Mailing, words: str, now: datetime) -> None:
    path, key = f"/berichten/groep/{mailing.id}", f"{words}:{mailing.idem_key}:{mailing.version}"  # a key of the row may come again
    notifications.tell(users, NotificationKind.MAILING, words, path=path, key=key, now=now)
