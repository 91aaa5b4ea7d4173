"""Every closed list of the product, stored by its English name, shown by a translated label; TRANSITIONS as data.

A member's value is its English label, which is also the message id in the catalogue. New members go at the end of a
list that is stored as a set (EnumSet counts bits in the order of definition).
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from flask_babel import lazy_gettext


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it yet."""
    return text


class Labelled(Enum):
    """A closed list whose members know how they are called on screen."""

    @property
    def label(self) -> Any:
        """The name on screen, in the language of whoever looks."""
        return lazy_gettext(self.value)

    def __str__(self) -> str:
        return str(self.label)


class Role(Labelled):
    """Who somebody is in one membership; the lower-case name is the role in FAB's tables."""

    CANDIDATE = N_("candidate")
    SCHOOL = N_("school HR")
    PROVIDER = N_("training institute")
    STUDY_ADVISER = N_("study adviser")
    ADVISER = N_("regional adviser")
    COORDINATOR = N_("regional coordinator")
    NATIONAL = N_("national adviser")
    ADMIN = N_("administrator")


DESK_ROLES = frozenset({Role.ADVISER, Role.COORDINATOR})
NATIONAL_ROLES = frozenset({Role.NATIONAL, Role.ADMIN})
ORGANISATION_ROLES = frozenset({Role.SCHOOL, Role.PROVIDER, Role.STUDY_ADVISER})
STAFF_ROLES = frozenset(Role) - {Role.CANDIDATE}


class Stage(Labelled):
    """The journey. Orientation is the product's scope; the last three record success."""

    EXPLORING = N_("exploring")
    ORIENTING = N_("orienting")
    DECIDING = N_("deciding")
    MATCHING = N_("matching")
    PREPARING = N_("preparing")
    TRAINING = N_("in training")
    TEACHING = N_("teaching")


ORIENTATION = (Stage.EXPLORING, Stage.ORIENTING, Stage.DECIDING, Stage.MATCHING)
SUCCESS = (Stage.PREPARING, Stage.TRAINING, Stage.TEACHING)


class Status(Labelled):
    ACTIVE = N_("active")
    WAITING = N_("waiting for candidate")
    PAUSED = N_("paused")
    HANDED_OVER = N_("handed over outside")
    COMPLETED = N_("completed")
    LEFT = N_("left")


OPEN_STATUSES = (Status.ACTIVE, Status.WAITING, Status.PAUSED)


class LeaveReason(Labelled):
    FINANCIAL = N_("financial")
    TOO_DEMANDING = N_("weight or length of the path")
    NO_SUITABLE_PLACE = N_("no suitable place")
    NOT_SUITABLE = N_("found not suitable")
    PRIVATE = N_("private circumstances")
    OTHER_JOB = N_("other job")
    STAYS = N_("stays in current sector")
    NO_RESPONSE = N_("no longer responds")
    MOVED = N_("moved to another region")
    OTHER = N_("other")


class Certainty(Labelled):
    """Self-assessed; suggests a stage and never sets it."""

    JUST_AN_IDEA = N_("just an idea")
    LOOKING = N_("I am looking for information")
    FAIRLY_SURE = N_("fairly sure")
    READY = N_("I want to start")


class Sector(Labelled):
    PO = N_("primary education")
    SO = N_("special education")
    VO = N_("secondary education")
    PRO = N_("practical training (pro)")
    MBO = N_("vocational education (mbo)")
    HO = N_("higher education")


class Function(Labelled):
    TEACHER = N_("teacher")
    INSTRUCTOR = N_("instructor (mbo)")
    CLASSROOM_SUPPORT = N_("classroom support staff")
    SUPPORT = N_("general support")
    PUPIL_CARE = N_("pupil care")
    MIDDLE_MANAGEMENT = N_("middle management")
    SCHOOL_LEADERSHIP = N_("school leadership")
    OTHER = N_("other")


class Qualification(Labelled):
    PABO = N_("primary education (pabo)")
    LIMITED_SECOND_DEGREE = N_("limited second-degree")
    SECOND_DEGREE = N_("second-degree")
    FIRST_DEGREE = N_("first-degree")
    PDG = N_("PDG")
    BKO_BDB = N_("BKO/BDB")
    OOP = N_("support staff qualification")
    INSTRUCTOR = N_("instructor qualification (mbo)")
    GUEST = N_("none: guest teaching")
    UNKNOWN = N_("unknown")
    NO_IDEA_YET = N_("no idea yet")
    NOT_APPLICABLE = N_("not applicable")


class Education(Labelled):
    """Prior education, in rising order; the rank is the position."""

    NONE = N_("none")
    PRAKTIJKONDERWIJS = N_("practical training")
    VMBO_BL = N_("vmbo-bl")
    VMBO_KL = N_("vmbo-kl")
    VMBO_GL = N_("vmbo-gl")
    VMBO_TL = N_("vmbo-tl")
    HAVO = N_("havo")
    VWO = N_("vwo")
    MBO_ENTREE = N_("mbo entree")
    MBO_2 = N_("mbo-2")
    MBO_3 = N_("mbo-3")
    MBO_4 = N_("mbo-4")
    ASSOCIATE_DEGREE = N_("associate degree")
    HBO_PROPEDEUSE = N_("hbo foundation year")
    HBO_BACHELOR = N_("hbo bachelor")
    HBO_MASTER = N_("hbo master")
    WO_BACHELOR = N_("university bachelor")
    WO_MASTER = N_("university master")
    PHD = N_("PhD")

    @property
    def rank(self) -> int:
        """Position in the order, 0 for none."""
        return list(type(self)).index(self)


class Valuation(Labelled):
    """Valuation of a foreign diploma."""

    NOT_APPLICABLE = N_("not applicable")
    REQUESTED = N_("requested")
    RECEIVED = N_("received")


class DutchLevel(Labelled):
    NATIVE = N_("native")
    NT2_I = N_("NT2-I")
    NT2_II = N_("NT2-II")
    OTHER = N_("other")


class Route(Labelled):
    ZIJ_INSTROOM = N_("lateral entry (zij-instroom)")
    PART_TIME = N_("part-time")
    SHORT_PART_TIME = N_("shortened part-time")
    FULL_TIME = N_("full-time")
    DUAL = N_("dual")
    KOPOPLEIDING = N_("kopopleiding")
    EDUCATIEVE_MODULE = N_("educational module")
    EDUCATIEVE_MASTER = N_("educational master")
    PDG = N_("PDG")
    ASSISTANT_TO_TEACHER = N_("from classroom assistant to teacher")
    RETURNING = N_("returning teacher")
    HYBRID = N_("hybrid teacher")
    GUEST = N_("guest teacher")
    UNKNOWN = N_("I do not know yet")


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


class Source(Labelled):
    """How a candidate came in."""

    NATIONAL = N_("national desk")
    DESK = N_("regional desk")
    EMBED = N_("website of the region")
    ACTIVITY = N_("activity")
    IMPORT = N_("import")


class Holder(Labelled):
    """Who has the ball."""

    CANDIDATE = N_("candidate")
    ADVISER = N_("adviser")
    SCHOOL = N_("school")
    PROVIDER = N_("training institute")
    STUDY_ADVISER = N_("study adviser")
    DESK = N_("inbox of the region")


class TaskKind(Labelled):
    NEXT_ACTION = N_("next action")
    FOLLOW_UP = N_("follow-up")
    STEP = N_("step of a plan")


class OrganisationKind(Labelled):
    BOARD = N_("school board")
    SCHOOL = N_("school")
    PROVIDER = N_("training institute")


class ConsentPurpose(Labelled):
    FINDABLE = N_("being found by schools and training institutes")
    SHARE_REPORTS = N_("sharing reports with an organisation")
    MESSAGES = N_("receiving messages")
    HANDOVER = N_("handover to another region")
    STATISTICS = N_("national statistics")


class ConsentEvent(Labelled):
    GIVEN = N_("given")
    WITHDRAWN = N_("withdrawn")
    EXPIRED = N_("expired")


class ConsentChannel(Labelled):
    ONLINE = N_("online")
    PHONE = N_("by telephone")
    PAPER = N_("on paper")


class LinkPurpose(Labelled):
    INVITE = N_("invitation")
    RESET = N_("new password")


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


# What may follow what. Stage: any step within one half; crossing between the halves asks a reason (services/candidates.py).
TRANSITIONS: dict[type[Enum], dict[Any, frozenset[Any]]] = {
    Stage: {stage: frozenset(Stage) - {stage} for stage in Stage},
    Status: {status: frozenset(Status) - {status} for status in Status},
    MatchState: _match_moves(),
    RegistrationState: _registration_moves(),
    FeedbackState: {state: frozenset(FeedbackState) - {state, FeedbackState.NEW} for state in FeedbackState},
}
