"""What happens with candidates: conversations, activities, matches; what is written for them and said about the product."""

from __future__ import annotations

from app.enums.labelled import N_, Labelled


class SessionKind(Labelled):
    PHONE = N_("by telephone")
    EMAIL = N_("by e-mail")
    IN_PERSON = N_("in person")
    VIDEO = N_("by video")
    INTRODUCTION = N_("introductory conversation")
    ADVICE = N_("advice conversation")
    REFERRAL = N_("referral")
    ACTIVITY_SIGN_UP = N_("sign-up for an activity")
    OTHER = N_("other")


class ActivityKind(Labelled):
    OPEN_DAY = N_("open day")
    WEBINAR = N_("webinar")
    INFO_MEETING = N_("information meeting")
    TRAINING = N_("training")
    SHADOWING = N_("shadowing day")
    TRIAL_LESSON = N_("trial lesson")
    JOB_FAIR = N_("job fair")
    SPEED_DATE = N_("speed date")
    WALK_IN = N_("walk-in hour")


class ActivityForm(Labelled):
    ON_SITE = N_("on site")
    ONLINE = N_("online")
    HYBRID = N_("on site and online")


class RegistrationState(Labelled):
    CONFIRMED = N_("registered")
    OFFERED = N_("place offered")
    WAITLISTED = N_("waiting list")
    CANCELLED = N_("cancelled")
    REVOKED = N_("revoked by the organiser")
    EXPIRED = N_("expired")
    ATTENDED = N_("attended")
    NO_SHOW = N_("did not show up")


LIVE_REGISTRATIONS = (
    RegistrationState.CONFIRMED,
    RegistrationState.OFFERED,
    RegistrationState.WAITLISTED,
    RegistrationState.ATTENDED,
    RegistrationState.NO_SHOW,
)
SEATED_REGISTRATIONS = (RegistrationState.CONFIRMED, RegistrationState.OFFERED, RegistrationState.ATTENDED, RegistrationState.NO_SHOW)


class RegistrationChannel(Labelled):
    SELF = N_("self")
    ADVISER = N_("adviser")
    ORGANISER = N_("organiser")
    WALK_IN = N_("walk-in")
    REGION_SITE = N_("regional website")


class MatchState(Labelled):
    PROPOSED = N_("proposed")
    INTEREST_CANDIDATE = N_("candidate interested")
    INTEREST_ORGANISATION = N_("organisation interested")
    MUTUAL = N_("mutual interest")
    MEETING_PLANNED = N_("meeting planned")
    MEETING_HELD = N_("meeting held")
    ASSESSMENT = N_("assessment or offer")
    PLACED = N_("placed")
    FELL_THROUGH = N_("fell through")


ACCEPTED_MATCHES = (MatchState.MUTUAL, MatchState.MEETING_PLANNED, MatchState.MEETING_HELD, MatchState.ASSESSMENT, MatchState.PLACED)


class MatchParty(Labelled):
    """By whom a match fell through."""

    CANDIDATE = N_("candidate")
    ORGANISATION = N_("organisation")
    BOTH = N_("both")


class ArticleKind(Labelled):
    ARTICLE = N_("article")
    FAQ = N_("frequently asked question")


class FeedbackKind(Labelled):
    WRONG = N_("something is wrong")
    IDEA = N_("an idea")


class FeedbackState(Labelled):
    NEW = N_("new")
    PLANNED = N_("planned")
    DONE = N_("done")
    DECLINED = N_("not now")
