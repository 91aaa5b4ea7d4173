"""The mail of the morning: how many people, tasks and notifications wait. It counts and names nobody; nothing waits, no mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app.adapters import clock
from app.enums import DESK_ROLES, OPEN_STATUSES, Role, Signal
from app.extensions import db, reading
from app.models import Membership, Region, Setting, UserProfile
from app.queries import digest as queries
from app.queries import live, signals
from app.services import notifications, outbox, preferences, tasks

KIND = "digest"
FROM = time(7, 30)  # on a Dutch clock
LAST = "last_digest"  # the day, in the settings
NEWS = "NEWS"
_READS_FILES = sorted(DESK_ROLES | {Role.NATIONAL}, key=lambda role: role.name)
_LEADS = frozenset({Role.COORDINATOR, Role.NATIONAL})  # these also hear what waits for the whole desk
_INBOX = [("_flt_0_holder", "DESK"), *(("_flt_0_status", status.name) for status in OPEN_STATUSES)]

Counts = dict[str, int]


@dataclass
class Desks:
    """What waits per region and person, and in which regions each person works, with or without the lead."""

    counts: Mapping[int, Mapping[int | None, Counts]]
    works: dict[int, dict[int, bool]] = field(default_factory=dict)

    def parts(self, user_id: int) -> list[dict[str, Any]]:
        """What the mail of this person holds: a part for each region in which something waits."""
        found = []
        for region_id, leads in sorted(self.works[user_id].items()):
            here = self.counts.get(region_id, {})
            mine = {**here.get(user_id, {}), **(here.get(None, {}) if leads else {})}
            if mine:
                found.append({"region": region_id, "counts": mine})
        return found


def is_due(now: datetime) -> bool:
    """It is a working day and past half past seven, on a Dutch clock."""
    here = clock.local(now)
    return here.time() >= FROM and tasks.add_working_days(here.date(), 0) == here.date()


def queue(*, now: datetime) -> int:
    """Queue the mails of today, once; says how many. What was missed by then, such as by downtime, goes as soon as it is back."""
    if not is_due(now):
        return 0
    today = clock.day(now)
    with reading() as session:  # the counting locks nobody out
        last = session.scalar(sa.select(Setting.value).where(Setting.key == LAST))
        if last == today.isoformat():
            return 0
        desks = _desks(session, now, today)
    news = notifications.news(_since(last, now))
    queued = 0
    for profile in _readers(desks):
        parts = desks.parts(profile.user_id) + _news_part(news.pop(profile.user_id, {}))
        key = f"{KIND}:{profile.user_id}:{today.isoformat()}"
        queued += bool(parts) and outbox.post(KIND, profile, key=key, now=now, merge={"regions": parts}) is not None
    notifications.mail_daily(news, now=now)
    db.session.merge(Setting(key=LAST, value=today.isoformat()))
    return queued


def _since(last: str | None, now: datetime) -> datetime:
    """The mail of the morning before this one."""
    return datetime.combine(date.fromisoformat(last), FROM, clock.AMSTERDAM) if last else now - timedelta(days=1)


def _news_part(news: Mapping[Any, int]) -> list[dict[str, Any]]:
    """Notifications belong to no region."""
    return [{"region": 0, "counts": {NEWS: sum(news.values())}}] if news else []


def in_words(parts: Sequence[Mapping[str, Any]], user_id: int, today: date) -> dict[str, Any]:
    """The counts as lines with a label and the path of a list, per region with its name, for the mail."""
    found = db.session.execute(sa.select(Region.id, Region.name).where(Region.id.in_([part["region"] for part in parts])))
    names = dict(found.all())
    return {"regions": [{"name": names.get(part["region"], ""), "lines": _lines(part["counts"], user_id, today)} for part in parts]}


def _desks(session: Any, now: datetime, today: date) -> Desks:
    """One statement for a region, and two for all of them."""
    at = signals.moment(session, now, today)
    live_ones = live.memberships(today)
    members = sa.select(Membership.user_id, Membership.region_id, Membership.role).where(Membership.role.in_(_READS_FILES), *live_ones)
    rows = session.execute(members).all()
    desks = Desks({region_id: queries.counts(session, region_id, at) for region_id in sorted({row.region_id for row in rows})})
    for user_id, region_id, role in rows:
        regions = desks.works.setdefault(user_id, {})
        regions[region_id] = regions.get(region_id, False) or role in _LEADS
    return desks


def _readers(desks: Desks) -> list[UserProfile]:
    """Who works at a desk, has an account that is alive, and has not switched this mail off."""
    query = sa.select(UserProfile).join(UserProfile.user).where(UserProfile.user_id.in_(desks.works), User.active.is_(True))
    profiles = db.session.scalars(query.options(joinedload(UserProfile.user)).order_by(UserProfile.user_id))
    return [profile for profile in profiles if preferences.wants_digest(profile)]


def _lines(counts: Mapping[str, int], user_id: int, today: date) -> list[dict[str, Any]]:
    return [
        {"label": label, "count": counts[name], "path": f"{screen}?{urlencode(query)}" if query else screen}
        for name, label, screen, query in _all_lines(user_id, today)
        if counts.get(name)
    ]


def _all_lines(user_id: int, today: date) -> list[tuple[str, Any, str, list[tuple[str, Any]]]]:
    """Every count in the order of the mail: its label, its list and what that is filtered by."""
    mine = [(signal.name, signal.label, "/adviesvragers/list/", [("_flt_0_signal", signal.name)]) for signal in Signal]
    due = [("_flt_0_owner", user_id), ("_flt_2_due_on", (today + timedelta(days=1)).isoformat())]
    late = [*_INBOX, ("_flt_2_next_action_on", today.isoformat())]
    return [
        *mine,
        (queries.TASKS, _l("tasks for today"), "/taken/list/", due),
        (queries.HANDOVERS, _l("handovers that wait for an answer"), "/overdrachten/list/", []),
        (queries.INBOX, _l("in the inbox of the region"), "/kandidaten/list/", _INBOX),
        (queries.LATE, _l("of these longer than promised"), "/kandidaten/list/", late),
        (NEWS, _l("new notifications"), "/meldingen/", []),
    ]
