"""What a candidate brings and wants. The lists that are stored as a set (EnumSet counts bits) only grow at their end."""

from __future__ import annotations

from app.enums.labelled import N_, Labelled


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
