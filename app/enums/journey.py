"""The journey of a candidate: where they stand, who has the ball, what they agreed to."""

from __future__ import annotations

from app.enums.labelled import N_, Labelled


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


class ConsentPurpose(Labelled):
    FINDABLE = N_("being found by schools and training institutes")
    SHARE_REPORTS = N_("sharing reports with an organisation")
    MESSAGES = N_("receiving messages")
    HANDOVER = N_("handover to another region")
    STATISTICS = N_("national statistics")
    REFERRAL = N_("referral to a study adviser")


class ConsentEvent(Labelled):
    GIVEN = N_("given")
    WITHDRAWN = N_("withdrawn")
    EXPIRED = N_("expired")


class ConsentChannel(Labelled):
    ONLINE = N_("online")
    PHONE = N_("by telephone")
    PAPER = N_("on paper")
