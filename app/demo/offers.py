"""What was set out for candidates in the last months, and what of it was read."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from app.demo.registrations import Pool
from app.demo.world import DAY, NATIONAL_ID, Pick, World, moment, one_of
from app.demo.writer import Writer
from app.enums import OfferKind, Role, Route
from app.models import Activity, Article, Offer, ReadEvent, ReadSubject

PER_CANDIDATE, MOST = 900 / 3_000, 5_000
READ = 0.62
KINDS = Pick(((OfferKind.ARTICLE, 45), (OfferKind.PROGRAMME, 15), (OfferKind.ROUTE, 15), (OfferKind.ACTIVITY, 15), (OfferKind.CONTACT, 10)))
ROUTES = [route for route in Route if route is not Route.UNKNOWN]
COLUMNS = ("article_id", "organisation_id", "programme_id", "activity_id", "route", "note")
NOTES = (
    "Lees dit voor ons volgende gesprek, dan praten we er verder over.",
    "Dit past bij wat je vertelde over je werk.",
    "Kijk vooral naar het stuk over de kosten.",
    "Hier had je naar gevraagd.",
    "Schrijf je vragen op, dan nemen we ze door.",
)


class Offers:
    """Draws offers for candidates of a pool."""

    def __init__(self, world: World, writer: Writer, pool: Pool) -> None:
        self.world, self.writer, self.pool = world, writer, pool
        self._rng = world.stream("offer")
        self._articles, self._activities = defaultdict(list), defaultdict(list)
        for key, region in writer.connection.execute(sa.select(Article.id, Article.region_id).order_by(Article.id)):
            self._articles[region or NATIONAL_ID].append(key)
        coming = sa.select(Activity.id, Activity.region_id, Activity.starts_at).where(Activity.cancelled_at.is_(None)).order_by(Activity.id)
        for key, region, starts in writer.connection.execute(coming):
            self._activities[region].append((key, int(starts.timestamp())))
        self._there: set[tuple[Any, ...]] = set()
        self._read: list[tuple[int, int, int]] = []  # offer, region, when

    def fill(self, known: int | None) -> None:
        """Write all of them, first two for the candidate who can sign in."""
        if known is not None:
            self._offer(known, self.world.region("Regio Utrecht").id, OfferKind.ARTICLE, 9, read=True)
            self._offer(known, self.world.region("Regio Utrecht").id, OfferKind.ROUTE, 2, read=False)
        sizes = ((region, self.pool.size(region, self.world.clock.seconds)) for region in self.world.regions)
        regions = Pick([(region, size) for region, size in sizes if size] or [(NATIONAL_ID, 1)])
        wanted = min(int(PER_CANDIDATE * self.world.candidates), MOST)
        for _ in range(wanted * 3):
            if len(self._there) >= wanted:
                break
            region = regions(self._rng)
            size = self.pool.size(region, self.world.clock.seconds)
            candidate, created, _stays = self.pool.get(region, int(size * self._rng.random()))
            age = (self.world.clock.seconds - created) / DAY
            if age > 3:
                self._offer(candidate, region, KINDS(self._rng), self._rng.random() * min(age - 1, 150), read=self._rng.random() < READ)
        self.writer.flush()
        self._write_reads()

    def _offer(self, candidate: int, region: int, kind: OfferKind, days: float, *, read: bool) -> None:
        rng, at = self._rng, self.world.clock.ago(days)
        thing = self._thing(region, kind, at)
        if thing is None or (candidate, thing) in self._there:
            return
        self._there.add((candidate, thing))
        key = self.writer.next_id("offer")
        note = one_of(rng, NOTES) if rng.random() < 0.7 else None
        row = {"id": key, "candidate_id": candidate, "region_id": region, "kind": kind, "withdrawn_at": None, "offered_at": moment(at)}
        row |= dict.fromkeys(COLUMNS) | {thing[0]: thing[1], "note": note, "offered_by": one_of(rng, self.world.regions[region].advisers)}
        self.writer.add("offer", row)
        if read:
            self._read.append((key, region, at + int(rng.random() * (self.world.clock.seconds - at) * 0.5)))

    def _thing(self, region: int, kind: OfferKind, at: int) -> tuple[str, Any] | None:
        """A column with a thing of the own region or of the whole country."""
        local = self.world.regions[region]
        things: dict[OfferKind, tuple[str, list[Any]]] = {
            OfferKind.ARTICLE: ("article_id", [*self._articles[region], *self._articles[NATIONAL_ID]]),
            OfferKind.CONTACT: ("organisation_id", [key for keys in local.schools.values() for key in keys]),
            OfferKind.PROGRAMME: ("programme_id", [one.id for one in local.programmes]),
            OfferKind.ACTIVITY: ("activity_id", [key for key, starts in self._activities[region] if at < starts < at + 60 * DAY]),
            OfferKind.ROUTE: ("route", ROUTES),
        }
        column, found = things[kind]
        return (column, one_of(self._rng, found)) if found else None

    def _write_reads(self) -> None:
        """Plain inserts: these tables are sealed row by row."""
        table = Offer.__tablename__
        for offer, region, at in sorted(self._read, key=lambda one: one[2]):
            facts = {"at": moment(at), "screen": table, "channel": "offer", "actor_role": Role.CANDIDATE, "actor_region_id": region}
            key = self.writer.connection.execute(sa.insert(ReadEvent).values(**facts).returning(ReadEvent.id)).scalar_one()
            self.writer.connection.execute(sa.insert(ReadSubject).values(token=f"{table}:{offer}", event_id=key))
        self.writer.counts["read_event"] += len(self._read)
