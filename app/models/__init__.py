"""Fields, relations and constraints; nothing here decides anything."""

from app.models.candidate import (
    Candidate,
    CandidateLocation,
    CandidateSubject,
    Consent,
    PersonToken,
    StageSpan,
    Task,
    full_name,
    sort_name_of,
)
from app.models.log import ChangeLog, ReadEvent, ReadSubject
from app.models.own import Draft, Feedback, RegionLogo, SavedView
from app.models.people import (
    Capability,
    ExportTicket,
    FormReceipt,
    LoginAttempt,
    LoginSession,
    Membership,
    OneTimeLink,
    Setting,
    UserProfile,
)
from app.models.region import Location, Organisation, Programme, Region, RegionNeighbour, Subject, WorkingArea
from app.models.types import EnumSet, UtcDateTime, has_any, mask
from app.models.work import Activity, AdviceSession, Article, Match, MatchEvent, Registration

__all__ = [
    "SavedView",
    "RegionLogo",
    "Feedback",
    "Draft",
    "Activity",
    "AdviceSession",
    "Article",
    "Candidate",
    "CandidateLocation",
    "CandidateSubject",
    "Capability",
    "ChangeLog",
    "Consent",
    "EnumSet",
    "ExportTicket",
    "FormReceipt",
    "Location",
    "LoginAttempt",
    "LoginSession",
    "Match",
    "MatchEvent",
    "Membership",
    "OneTimeLink",
    "Organisation",
    "PersonToken",
    "Programme",
    "ReadEvent",
    "ReadSubject",
    "Region",
    "RegionNeighbour",
    "Registration",
    "Setting",
    "StageSpan",
    "Subject",
    "Task",
    "UserProfile",
    "UtcDateTime",
    "WorkingArea",
    "full_name",
    "has_any",
    "mask",
    "sort_name_of",
]
