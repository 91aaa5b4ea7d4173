"""Feedback from inside the program: sent without a name, answered where the whole region can read it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.adapters import clock
from app.enums import TRANSITIONS, FeedbackState, Role
from app.errors import BadInput, IllegalTransition, NotAllowed
from app.extensions import db
from app.models import Feedback
from app.security.identity import Identity
from app.services import contact, edits, log

SHORTEST, LONGEST = 10, 2000
_AROUND = " .,;:!?()[]<>\"'"
_NUMBER = re.compile(r"\bK-?\d{4,}\b", re.IGNORECASE)
_DIGITS = re.compile(r"[+(]?\d[\d ()./-]{7,}\d")

# What may not stand in a text: a test for it, and what to do.
_PERSONAL = (
    (
        lambda text: any(contact.normalise_email(word.strip(_AROUND)) for word in text.split()),
        _l("There is an e-mail address in your text. Leave it out: say what happened, not to whom."),
    ),
    (
        lambda text: bool(_NUMBER.search(text)),
        _l("There is the number of a candidate in your text. Leave it out: say what happened, not to whom."),
    ),
    (contact.looks_like_bsn, _l("There is a number in your text that looks like a citizen service number (BSN). Leave it out.")),
    (
        lambda text: any(contact.normalise_phone(run) for run in _DIGITS.findall(text)),
        _l("There is a telephone number in your text. Leave it out: say what happened, not to whom."),
    ),
)


def check_text(text: str | None) -> str:
    """The text without spaces around it. Raises BadInput when it is too short or too long, or tells about a person."""
    found = (text or "").strip()
    if not SHORTEST <= len(found) <= LONGEST:
        raise BadInput(gettext("Write between %(least)d and %(most)d characters.", least=SHORTEST, most=LONGEST))
    refuse_personal(found)
    return found


def refuse_personal(text: str) -> None:
    """Raise BadInput for a text with an e-mail address, a telephone number, a candidate's number or a BSN."""
    for holds, sentence in _PERSONAL:
        if holds(text):
            raise BadInput(str(sentence))


def send(item: Feedback, *, by: Identity, now: datetime) -> Feedback:
    """Keep what somebody says about a screen. It names a region, a role and a day: not who, and not the minute.

    Raises NotAllowed for who works nowhere, BadInput as `check_text`. Writes no line in the log of changes: that would say who.
    """
    if by.role is None or not by.region_ids:
        raise NotAllowed(gettext("You have no role here now. Ask your coordinator."))
    item.text = check_text(item.text)
    item.region_id = by.national_region_id if by.national_region_id in by.region_ids else min(by.region_ids)
    item.role = by.role
    item.state, item.answer = FeedbackState.NEW, None
    item.created_at = item.state_at = clock.at_midnight(clock.day(now))
    db.session.add(item)
    db.session.flush()
    return item


def respond(item: Feedback, *, by: Identity, now: datetime) -> None:
    """Keep the state and the answer that a form has put on an item; claim its version first.

    Raises NotAllowed for who is no coordinator of the region and no administrator, IllegalTransition back to new, BadInput for an
    answer to what stays new, for «not now» without an answer, and for an answer as `refuse_personal`.
    """
    with db.session.no_autoflush:  # the state before is the one that stands in the database
        fields = edits.settle(item)
        before = db.session.scalars(sa.select(Feedback.state).where(Feedback.id == sa.inspect(item).identity[0])).one()
    if by.role is not Role.ADMIN and (by.role is not Role.COORDINATOR or item.region_id not in by.region_ids):
        raise NotAllowed(gettext("You may not do this in this region. Ask your coordinator if you think you should."))
    if item.state is not before and item.state not in TRANSITIONS[FeedbackState][before]:
        raise IllegalTransition(gettext("What was looked at is not new any more. Choose planned, done or not now."))
    _check_answer(item)
    if item.state is not before:
        item.state_at = now
    if fields:
        log.changed("answer_feedback", item, by=by, now=now, fields=fields)
    db.session.flush()


def _check_answer(item: Any) -> None:
    item.answer = (item.answer or "").strip() or None
    if item.answer is None:
        if item.state is FeedbackState.DECLINED:
            raise BadInput(gettext("Say in the answer why not now: the region reads it."))
        return
    if item.state is FeedbackState.NEW:
        raise BadInput(gettext("Choose a state with your answer: planned, done or not now. Only then the region can read it."))
    if len(item.answer) > LONGEST:
        raise BadInput(gettext("Write the answer in at most %(most)d characters.", most=LONGEST))
    refuse_personal(item.answer)
