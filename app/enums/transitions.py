"""What may follow what, as data."""

from __future__ import annotations

from enum import Enum
from typing import Any

from app.enums.day import HandoverState
from app.enums.events import FeedbackState, MatchState, RegistrationState
from app.enums.journey import Stage, Status
from app.enums.messages import MailingState


def _match_moves() -> dict[MatchState, frozenset[MatchState]]:
    m = MatchState
    forward = {
        m.PROPOSED: {m.INTEREST_CANDIDATE, m.INTEREST_ORGANISATION, m.MUTUAL},
        m.INTEREST_CANDIDATE: {m.MUTUAL},
        m.INTEREST_ORGANISATION: {m.MUTUAL},
        m.MUTUAL: {m.MEETING_PLANNED},
        m.MEETING_PLANNED: {m.MEETING_HELD},
        m.MEETING_HELD: {m.MEETING_PLANNED, m.ASSESSMENT, m.PLACED},
        m.ASSESSMENT: {m.PLACED},
    }
    moves = {state: frozenset(after | {m.FELL_THROUGH}) for state, after in forward.items()}
    return moves | {m.PLACED: frozenset({m.FELL_THROUGH}), m.FELL_THROUGH: frozenset()}


def _registration_moves() -> dict[RegistrationState, frozenset[RegistrationState]]:
    r = RegistrationState
    return {
        r.CONFIRMED: frozenset({r.CANCELLED, r.REVOKED, r.ATTENDED, r.NO_SHOW}),
        r.OFFERED: frozenset({r.CONFIRMED, r.CANCELLED, r.REVOKED, r.EXPIRED}),
        r.WAITLISTED: frozenset({r.OFFERED, r.CONFIRMED, r.CANCELLED, r.REVOKED}),
        r.ATTENDED: frozenset({r.NO_SHOW}),
        r.NO_SHOW: frozenset({r.ATTENDED}),
        r.CANCELLED: frozenset(),
        r.REVOKED: frozenset(),
        r.EXPIRED: frozenset(),
    }


def _handover_moves() -> dict[HandoverState, frozenset[HandoverState]]:
    h = HandoverState
    return {
        h.DRAFT: frozenset({h.SENT, h.RETURNED, h.WITHDRAWN}),
        h.SENT: frozenset({h.RECEIVED, h.ACCEPTED, h.RETURNED, h.WITHDRAWN}),
        h.RECEIVED: frozenset({h.ACCEPTED, h.RETURNED, h.WITHDRAWN}),
        h.ACCEPTED: frozenset({h.FIRST_CONTACT, h.DONE}),
        h.FIRST_CONTACT: frozenset({h.DONE}),
        h.DONE: frozenset(),
        h.RETURNED: frozenset(),
        h.WITHDRAWN: frozenset(),
    }


def _mailing_moves() -> dict[MailingState, frozenset[MailingState]]:
    m = MailingState
    return {
        m.DRAFT: frozenset({m.ASKED, m.SENDING}),
        m.ASKED: frozenset({m.DRAFT, m.SENDING, m.CANCELLED}),
        m.SENDING: frozenset({m.PAUSED, m.CANCELLED, m.DONE}),
        m.PAUSED: frozenset({m.SENDING, m.CANCELLED}),
        m.CANCELLED: frozenset(),
        m.DONE: frozenset({m.SENDING}),
    }


# What may follow what. Stage: any step within one half; crossing between the halves asks a reason (services/candidates.py).
TRANSITIONS: dict[type[Enum], dict[Any, frozenset[Any]]] = {
    Stage: {stage: frozenset(Stage) - {stage} for stage in Stage},
    Status: {status: frozenset(Status) - {status} for status in Status},
    MatchState: _match_moves(),
    RegistrationState: _registration_moves(),
    HandoverState: _handover_moves(),
    MailingState: _mailing_moves(),
    FeedbackState: {state: frozenset(FeedbackState) - {state, FeedbackState.NEW} for state in FeedbackState},
}
