"""Where something stands, as a badge: an icon and the word, in one of five tones. One table; never meaning by colour alone."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from markupsafe import Markup

from app.enums import (
    DeliveryState,
    FeedbackState,
    HandoverState,
    MailingState,
    MatchState,
    RegistrationState,
    Signal,
    Stage,
    Status,
)

# member → (icon of the sprite, tone): plain, info, good, attention or stop
BADGES: dict[Any, tuple[str, str]] = {
    Stage.EXPLORING: ("compass", "info"),
    Stage.ORIENTING: ("map-2", "info"),
    Stage.DECIDING: ("route", "info"),
    Stage.MATCHING: ("heart-handshake", "info"),
    Stage.PREPARING: ("clipboard-list", "good"),
    Stage.TRAINING: ("school", "good"),
    Stage.TEACHING: ("chalkboard", "good"),
    Status.ACTIVE: ("circle-dot", "plain"),
    Status.WAITING: ("hourglass", "attention"),
    Status.PAUSED: ("player-pause", "attention"),
    Status.HANDED_OVER: ("switch-horizontal", "plain"),
    Status.COMPLETED: ("circle-check", "good"),
    Status.LEFT: ("door-exit", "plain"),
    MatchState.PROPOSED: ("send", "plain"),
    MatchState.INTEREST_CANDIDATE: ("user-check", "info"),
    MatchState.INTEREST_ORGANISATION: ("building", "info"),
    MatchState.MUTUAL: ("heart-handshake", "info"),
    MatchState.MEETING_PLANNED: ("calendar-event", "info"),
    MatchState.MEETING_HELD: ("messages", "info"),
    MatchState.ASSESSMENT: ("clipboard-list", "attention"),
    MatchState.PLACED: ("circle-check", "good"),
    MatchState.FELL_THROUGH: ("heart-broken", "stop"),
    RegistrationState.CONFIRMED: ("check", "good"),
    RegistrationState.OFFERED: ("bell", "attention"),
    RegistrationState.WAITLISTED: ("hourglass", "attention"),
    RegistrationState.CANCELLED: ("calendar-x", "plain"),
    RegistrationState.REVOKED: ("user-x", "stop"),
    RegistrationState.EXPIRED: ("clock-exclamation", "plain"),
    RegistrationState.ATTENDED: ("user-check", "good"),
    RegistrationState.NO_SHOW: ("user-exclamation", "stop"),
    Signal.OVERDUE: ("clock-exclamation", "stop"),
    Signal.UNHELD: ("help-circle", "stop"),
    Signal.STALE: ("clock-pause", "attention"),
    Signal.MATCH_FELL_THROUGH: ("heart-broken", "attention"),
    Signal.HANDOVER_SLOW: ("hourglass", "attention"),
    Signal.NEGATIVE_EVALUATION: ("mood-empty", "attention"),
    Signal.LEAVES: ("door-exit", "attention"),
    HandoverState.DRAFT: ("pencil", "plain"),
    HandoverState.SENT: ("send", "info"),
    HandoverState.RECEIVED: ("eye-check", "info"),
    HandoverState.ACCEPTED: ("circle-check", "good"),
    HandoverState.FIRST_CONTACT: ("phone-call", "good"),
    HandoverState.DONE: ("checks", "good"),
    HandoverState.RETURNED: ("arrow-back-up", "attention"),
    HandoverState.WITHDRAWN: ("x", "plain"),
    MailingState.DRAFT: ("pencil", "plain"),
    MailingState.ASKED: ("hourglass", "attention"),
    MailingState.SENDING: ("send", "info"),
    MailingState.PAUSED: ("player-pause", "attention"),
    MailingState.CANCELLED: ("x", "plain"),
    MailingState.DONE: ("circle-check", "good"),
    DeliveryState.SUPPRESSED: ("user-x", "plain"),
    DeliveryState.QUEUED: ("clock", "plain"),
    DeliveryState.CLAIMED: ("clock", "plain"),
    DeliveryState.HANDING_OVER: ("send", "info"),
    DeliveryState.SENT: ("check", "good"),
    DeliveryState.RETRY: ("refresh", "attention"),
    DeliveryState.FAILED: ("alert-circle", "stop"),
    DeliveryState.UNKNOWN: ("help-circle", "attention"),
    DeliveryState.CANCELLED: ("x", "plain"),
    FeedbackState.NEW: ("inbox", "attention"),
    FeedbackState.PLANNED: ("calendar-event", "info"),
    FeedbackState.DONE: ("circle-check", "good"),
    FeedbackState.DECLINED: ("clock", "plain"),
}


def icon(name: str) -> Markup:
    """An icon of the sprite, for code that makes HTML; templates have `ui.icon`."""
    sprite = g.get("sprite")
    if sprite is None:
        sprite = g.sprite = url_for("static", filename="vendor/icons.svg")
    return Markup('<svg class="icon" aria-hidden="true"><use href="%s#%s"/></svg>') % (sprite, name)


def mark(name: str, tone: str, words: Any) -> Markup:
    """An icon and words in a tone."""
    return Markup('<span class="mark mark-%s">%s%s</span>') % (tone, icon(name), words)


def badge(member: Any) -> Markup:
    """The badge of a state; a member without a line in the table is its label alone."""
    return mark(*BADGES[member], member.label) if member in BADGES else Markup.escape(member.label)
