"""Activities: a full one with a waiting list, a cancelled one, an online one, a weekly one, and many ordinary ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.demo.content import load, places
from app.demo.persons import SECTOR_WORDS
from app.demo.world import DAY, NATIONAL_ID, Local, Pick, World, moment, one_of
from app.enums import ActivityForm, ActivityKind, Sector
from app.models import mask

BASE, BASE_CANDIDATES, MOST = 260, 3_000, 5_200
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TEXTS = load("activities.json")
K, F = ActivityKind, ActivityForm
# kind -> (hour of start, minutes, fewest and most registrations)
HABITS: dict[ActivityKind, tuple[int, int, int, int]] = {
    K.OPEN_DAY: (14, 180, 10, 40),
    K.WEBINAR: (19, 75, 15, 60),
    K.INFO_MEETING: (19, 120, 8, 30),
    K.TRAINING: (18, 150, 6, 14),
    K.SHADOWING: (8, 420, 2, 8),
    K.TRIAL_LESSON: (10, 90, 2, 6),
    K.JOB_FAIR: (13, 240, 20, 60),
    K.SPEED_DATE: (16, 90, 8, 20),
    K.WALK_IN: (15, 120, 2, 10),
}
KINDS = Pick(
    (
        (K.INFO_MEETING, 24),
        (K.WEBINAR, 14),
        (K.OPEN_DAY, 13),
        (K.SHADOWING, 18),
        (K.TRAINING, 9),
        (K.TRIAL_LESSON, 7),
        (K.WALK_IN, 8),
        (K.SPEED_DATE, 4),
        (K.JOB_FAIR, 3),
    )
)
SECTORS = Pick(((Sector.PO, 40), (Sector.VO, 38), (Sector.MBO, 14), (Sector.SO, 8)))
FULL, CANCELLED, ONLINE, SERIES = "full", "cancelled", "online", "inloop-utrecht"
SERIES_LENGTH, SERIES_BEHIND = 12, 8


@dataclass
class Draft:
    """An activity whose registrations are still to come."""

    row: dict[str, Any]
    starts: int
    wanted: int
    mark: str | None = None
    full: bool = False

    @property
    def cancelled(self) -> bool:
        return self.row["cancelled_at"] is not None


class Activities:
    """Draws activities."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = world.stream("activity")
        self._regions = Pick([(world.region(text.name), text.share) for text in places.REGIONS] + [(world.regions[NATIONAL_ID], 40)])

    def draft(self) -> list[Draft]:
        """All activities, the special ones first; more of them when there are more candidates, up to a limit."""
        count = min(max(BASE, BASE * self.world.candidates // BASE_CANDIDATES), MOST)
        drafts = self._special()
        while len(drafts) < count:
            drafts.append(self._ordinary())
        for key, draft in enumerate(drafts, 1):
            draft.row["id"] = key
        return drafts

    def _special(self) -> list[Draft]:
        utrecht, national = self.world.region("Regio Utrecht"), self.world.regions[NATIONAL_ID]
        full = self._draft(utrecht, K.SHADOWING, Sector.PO, 9)
        full.mark, full.full, full.wanted, full.row["capacity"] = FULL, True, 19, 12
        cancelled = self._draft(utrecht, K.INFO_MEETING, Sector.VO, 16)
        cancelled.mark, cancelled.wanted, cancelled.row["capacity"] = CANCELLED, 8, 30
        self._cancel(cancelled, self.world.clock.ago(2, hour=13), "De spreker is ziek")
        online = self._draft(national, K.WEBINAR, Sector.PO, 6)
        online.mark, online.wanted = ONLINE, 45
        weekly = [self._weekly(utrecht, number) for number in range(SERIES_LENGTH)]
        return [full, cancelled, online, *weekly]

    def _weekly(self, region: Local, number: int) -> Draft:
        weekday = (self.world.clock.today.toordinal() + 4) % 7  # Wednesday is 0
        draft = self._draft(region, K.WALK_IN, Sector.PO, 7 * (number - SERIES_BEHIND) - weekday + 7, to_working_day=False)
        draft.mark = f"{SERIES}-{number}"
        draft.row |= {"title": "Inloopspreekuur Utrecht", "series": SERIES, "place": "Utrecht", "capacity": 15}
        return draft

    def _ordinary(self) -> Draft:
        rng = self._rng
        ahead = rng.random() < 0.3
        days = 1 + int(rng.random() * 110) if ahead else -1 - int(rng.random() * 500)
        region, kind = self._regions(rng), KINDS(rng)
        draft = self._draft(region, K.WEBINAR if region.id == NATIONAL_ID else kind, SECTORS(rng), days)
        draft.full = rng.random() < 0.08 and draft.wanted > 5 and draft.row["form"] is not F.ONLINE
        if draft.row["form"] is not F.ONLINE:
            draft.row["capacity"] = draft.wanted * 3 // 4 if draft.full else 5 * (1 + int(draft.wanted * (1 + 0.8 * rng.random())) // 5)
        if rng.random() < 0.03:
            when = min(draft.starts - 3 * DAY, self.world.clock.seconds - DAY)
            self._cancel(draft, max(when, draft.starts - 40 * DAY), one_of(rng, TEXTS["cancel_reasons"]))
        return draft

    def _cancel(self, draft: Draft, at: int, reason: str) -> None:
        at = min(at, self.world.clock.seconds)
        draft.row |= {"cancelled_at": moment(at), "cancel_reason": reason}
        if draft.row["created_at"] > draft.row["cancelled_at"]:
            draft.row["created_at"] = moment(at - 30 * DAY)

    def _draft(self, region: Local, kind: ActivityKind, sector: Sector, days: int, *, to_working_day: bool = True) -> Draft:
        rng, clock = self._rng, self.world.clock
        hour, minutes, fewest, most = HABITS[kind]
        day = clock.working_day(days) if to_working_day else clock.day(days)
        minute = one_of(rng, (0, 0, 30)) if kind is not K.WALK_IN else 0
        starts = int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=AMSTERDAM).timestamp())
        organisation = self._organisation(region, kind, sector)
        location = self.world.locations.get(organisation) if organisation else None
        form = F.ONLINE if kind is K.WEBINAR else F.ON_SITE
        if form is F.ON_SITE and rng.random() < 0.1:
            form = F.HYBRID
        place = location["place"] if location else one_of(rng, region.areas).place
        name = self.world.organisations[organisation]["name"] if organisation else "het loket"
        slots = {"opleider": name, "school": name, "sector": SECTOR_WORDS[sector], "plaats": place}
        row: dict[str, Any] = {
            "id": 0,
            "version": 1,
            "region_id": region.id,
            "organisation_id": organisation,
            "location_id": location["id"] if location else None,
            "kind": kind,
            "form": form,
            "title": one_of(rng, TEXTS[kind.name]["titles"]).format_map(slots)[:160],
            "description": one_of(rng, TEXTS[kind.name]["texts"]),
            "place": None if form is F.ONLINE else place,
            "website": None,
            "sectors": mask(Sector, (sector,)),
            "starts_at": datetime.fromtimestamp(starts, UTC),
            "ends_at": moment(starts + minutes * 60),
            "closes_at": moment(starts - DAY) if kind is not K.WALK_IN else None,
            "capacity": None,
            "reg_seq": 0,
            "series": None,
            "cancelled_at": None,
            "cancel_reason": None,
            "created_at": moment(min(starts - 70 * DAY, clock.seconds - DAY)),
        }
        wanted = fewest + int(rng.random() * (most - fewest + 1))
        return Draft(row, starts, max(1, int(wanted * min(1.0, 1.1 - days / 100))))  # few sign up months ahead

    def _organisation(self, region: Local, kind: ActivityKind, sector: Sector) -> int | None:
        """Who receives the guests: a school, an institute, or (None) the desk itself."""
        rng = self._rng
        if kind is K.OPEN_DAY and region.programmes:
            return one_of(rng, region.programmes).organisation_id
        if kind in (K.SHADOWING, K.TRIAL_LESSON, K.OPEN_DAY):
            schools = region.schools.get(sector) or region.schools.get(Sector.PO)
            return one_of(rng, schools) if schools else None
        return None
