"""Every closed list of the product, stored by its English name, shown by a translated label; TRANSITIONS as data.

A member's value is its English label, which is also the message id in the catalogue. New members go at the end of a
list that is stored as a set (EnumSet counts bits in the order of definition).
"""

from app.enums.background import DutchLevel, Education, Function, Qualification, Route, Sector, Valuation
from app.enums.events import (
    ACCEPTED_MATCHES,
    LIVE_REGISTRATIONS,
    SEATED_REGISTRATIONS,
    ActivityForm,
    ActivityKind,
    ArticleKind,
    FeedbackKind,
    FeedbackState,
    MatchParty,
    MatchState,
    RegistrationChannel,
    RegistrationState,
    SessionKind,
)
from app.enums.journey import (
    OPEN_STATUSES,
    ORIENTATION,
    SUCCESS,
    Certainty,
    ConsentChannel,
    ConsentEvent,
    ConsentPurpose,
    Holder,
    LeaveReason,
    Source,
    Stage,
    Status,
    TaskKind,
)
from app.enums.labelled import N_, Labelled
from app.enums.parties import DESK_ROLES, NATIONAL_ROLES, ORGANISATION_ROLES, STAFF_ROLES, LinkPurpose, OrganisationKind, Role
from app.enums.transitions import TRANSITIONS

__all__ = [
    "N_",
    "ACCEPTED_MATCHES",
    "ActivityForm",
    "ActivityKind",
    "ArticleKind",
    "Certainty",
    "ConsentChannel",
    "ConsentEvent",
    "ConsentPurpose",
    "DESK_ROLES",
    "DutchLevel",
    "Education",
    "FeedbackKind",
    "FeedbackState",
    "Function",
    "Holder",
    "LIVE_REGISTRATIONS",
    "Labelled",
    "LeaveReason",
    "LinkPurpose",
    "MatchParty",
    "MatchState",
    "NATIONAL_ROLES",
    "OPEN_STATUSES",
    "ORGANISATION_ROLES",
    "ORIENTATION",
    "OrganisationKind",
    "Qualification",
    "RegistrationChannel",
    "RegistrationState",
    "Role",
    "Route",
    "SEATED_REGISTRATIONS",
    "STAFF_ROLES",
    "SUCCESS",
    "Sector",
    "SessionKind",
    "Source",
    "Stage",
    "Status",
    "TRANSITIONS",
    "TaskKind",
    "Valuation",
]
