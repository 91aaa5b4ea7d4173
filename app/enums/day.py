"""The adviser's day: signals, handovers and referrals, what is set out for a candidate, mails of the service."""

from __future__ import annotations

from app.enums.labelled import N_, Labelled


class Signal(Labelled):
    """Why a candidate asks for attention; each is one query of queries/signals.py."""

    OVERDUE = N_("overdue")
    UNHELD = N_("without a next step")
    STALE = N_("standing still")
    MATCH_FELL_THROUGH = N_("match fell through")
    HANDOVER_SLOW = N_("no first contact yet")
    NEGATIVE_EVALUATION = N_("put off by an activity")
    LEAVES = N_("wants to leave")


class HandoverKind(Labelled):
    """To another desk, which takes the file over; or to a study adviser, who looks along."""

    REGION = N_("handover")
    REFERRAL = N_("referral")


class HandoverState(Labelled):
    DRAFT = N_("being prepared")
    SENT = N_("sent")
    RECEIVED = N_("seen by the receiver")
    ACCEPTED = N_("accepted")
    FIRST_CONTACT = N_("first contact made")
    DONE = N_("completed")
    RETURNED = N_("sent back")
    WITHDRAWN = N_("taken back by the sender")


LIVE_HANDOVERS = (HandoverState.DRAFT, HandoverState.SENT, HandoverState.RECEIVED)
ACCEPTED_HANDOVERS = (HandoverState.ACCEPTED, HandoverState.FIRST_CONTACT, HandoverState.DONE)


class ReturnReason(Labelled):
    OUTSIDE_REGION = N_("outside the region")
    DUPLICATE = N_("known already")
    OTHER_SECTOR = N_("not this sector")
    CANDIDATE_REFUSES = N_("the candidate does not want it")


class PackageItem(Labelled):
    """What can go along with a handover; conversations one by one."""

    BACKGROUND = N_("background")
    WISHES = N_("wishes")
    MOTIVATION = N_("motivation")
    SESSION = N_("conversation")
    TASKS = N_("open tasks")
    MATCHES = N_("matches")


class OfferKind(Labelled):
    ARTICLE = N_("article or question")
    CONTACT = N_("contact")
    PROGRAMME = N_("programme")
    ROUTE = N_("route")
    ACTIVITY = N_("activity")


class ActivityEffect(Labelled):
    """What an activity did to the decision, in the candidate's own judgement."""

    POSITIVE = N_("more certain")
    NONE = N_("no difference")
    NEGATIVE = N_("less certain")


class DeliveryState(Labelled):
    SUPPRESSED = N_("not mailed")
    QUEUED = N_("waiting")
    CLAIMED = N_("taken up")
    HANDING_OVER = N_("being sent")
    SENT = N_("sent")
    RETRY = N_("tried again later")
    FAILED = N_("failed")
    UNKNOWN = N_("may have arrived")
    CANCELLED = N_("not needed any more")
