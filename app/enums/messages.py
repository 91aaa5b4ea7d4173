"""Messages: what a mail to many is about, how far it is, who tells whom what."""

from __future__ import annotations

from app.enums.labelled import N_, Labelled


class MailCategory(Labelled):
    """What somebody can do without. SERVICE is what an own path needs: it asks no consent and carries no free text."""

    SERVICE = N_("service")
    ACTIVITIES = N_("activities")
    NEWSLETTER = N_("newsletter")
    INVITATIONS = N_("invitations")


CHOSEN_CATEGORIES = (MailCategory.ACTIVITIES, MailCategory.NEWSLETTER, MailCategory.INVITATIONS)  # of a message to a group


class MailingState(Labelled):
    DRAFT = N_("being written")
    ASKED = N_("waits for approval")
    SENDING = N_("on its way")
    PAUSED = N_("on hold")
    CANCELLED = N_("stopped")
    DONE = N_("everything handled")


class NotSent(Labelled):
    """Why somebody in the audience of a group message gets none. The order is that in which they are looked at."""

    GONE = N_("the file is no longer here")
    CLOSED = N_("the file is closed")
    NO_ADDRESS = N_("no e-mail address")
    BOUNCED = N_("mail to this address comes back")
    NO_CONSENT = N_("has not agreed to messages")
    UNSUBSCRIBED = N_("does not want this kind of message")
    TOO_OFTEN = N_("has had enough messages this week")
    NOTHING_TO_FILL_IN = N_("the text asks for something that is not known of this person any more")
    SAME_ADDRESS = N_("somebody with the same address gets it")


class NotificationKind(Labelled):
    MESSAGE = N_("a message for you")
    MAILING = N_("group messages")
    HANDOVER = N_("handovers and referrals")
    TASK = N_("next actions")
    MATCH = N_("matches")
    SYSTEM = N_("how the service runs")


class NotifyWhen(Labelled):
    """When somebody hears of it by mail; on screen it stands at once, unless never."""

    AT_ONCE = N_("at once")
    DAILY = N_("once a day")
    NEVER = N_("never")
