"""Messages to groups of the last months, in every state, with what became of each mail. None of them goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.demo.world import HOUR, Local, Pick, World, moment
from app.demo.writer import Writer
from app.enums import CHOSEN_CATEGORIES, OPEN_STATUSES, DeliveryState, MailCategory, MailingState, NotSent
from app.models import Candidate

S = MailingState
D = DeliveryState
WANTED, MOST = 40, 120  # messages; people in one of them
SECONDS = 2  # between two mails: thirty a minute
ORDER = (S.DONE, S.DONE, S.DONE, S.DRAFT, S.DONE, S.DONE, S.CANCELLED, S.DONE)
TEXTS = (
    (MailCategory.ACTIVITIES, "Kom kijken op onze open avond", "Je bent welkom op de open avond. Je spreekt er leraren en opleiders."),
    (
        MailCategory.ACTIVITIES,
        "Een dag meelopen op school",
        "Wil je zien hoe een schooldag eruitziet? Er zijn nog plaatsen.",
    ),
    (
        MailCategory.NEWSLETTER,
        "Nieuws van het onderwijsloket",
        "Dit najaar zijn er nieuwe routes. We zetten ze op een rij.",
    ),
    (MailCategory.ACTIVITIES, "Webinar over zij-instroom", "We leggen uit wat zij-instroom is, wat het kost en hoe lang het duurt."),
    (
        MailCategory.INVITATIONS,
        "Drie scholen zoeken je",
        "Scholen in je buurt willen kennismaken. Is er iets bij voor jou?",
    ),
    (MailCategory.NEWSLETTER, "Aanmelden voor de opleidingen kan weer", "De inschrijving is open. Lees wat je nodig hebt en voor wanneer."),
)
ENDS = Pick(((D.SENT, 96), (D.FAILED, 3), (D.CANCELLED, 1)))
REASONS = Pick(((NotSent.NO_CONSENT, 60), (NotSent.UNSUBSCRIBED, 20), (NotSent.TOO_OFTEN, 12), (NotSent.BOUNCED, 8)))
REPLY = "550 5.1.1 The address does not exist"


@dataclass(frozen=True)
class Person:
    """A candidate as far as mail is concerned."""

    id: int
    address: str | None
    norm: str | None
    locale: str
    closed: bool


def fill_mailings(world: World, writer: Writer) -> None:
    """Write them, region after region; in Utrecht one on hold with something to decide, and one that waits for approval."""
    utrecht = world.region("Regio Utrecht")
    regions = [region for region in world.regions.values() if region.coordinator is not None]
    for place in range(WANTED):
        region = utrecht if place in (0, 1) else regions[place % len(regions)]
        state = (S.PAUSED, S.ASKED)[place] if place < 2 else ORDER[place % len(ORDER)]
        author = world.users["noor@demo.test"] if state is S.ASKED else region.coordinator
        Drawn(world, writer, region, state, author, place).write()


class Drawn:
    """One message with its rows."""

    def __init__(self, world: World, writer: Writer, region: Local, state: MailingState, author: int | None, place: int) -> None:
        self.world, self.writer, self.region, self.state, self.author, self.place = world, writer, region, state, author, place
        self._rng = world.stream("mailing")
        self._odd = iter((D.UNKNOWN, D.SENT, D.FAILED, D.UNKNOWN, D.FAILED, D.SENT, D.FAILED))  # to decide about
        self.key = writer.next_id("mailing")
        days = 0.2 if state in (S.PAUSED, S.ASKED) else 1 + self._rng.random() * 120
        self.created = min(world.clock.ago(days, hour=9.5), world.clock.seconds - 2 * HOUR)
        self.started = self.created + HOUR if state in (S.PAUSED, S.CANCELLED, S.DONE) else None

    def write(self) -> None:
        category, subject, body = TEXTS[self.key % len(TEXTS) if self.place < 2 else int(self._rng.random() * len(TEXTS))]
        rows = list(self._deliveries(self._people()))
        last = max((row["sent_at"] for row in rows if row["sent_at"]), default=None)
        row = {
            "id": self.key,
            "version": 1,
            "region_id": self.region.id,
            "organisation_id": None,
            "state": self.state,
            "category": category if category in CHOSEN_CATEGORIES else MailCategory.NEWSLETTER,
            "template_id": None,
            "subject": subject,
            "body": f"{{{{aanhef}}}},\n\n{body}\n\nHartelijke groet,\n\n{self.region.name}",
            "subject_en": None,
            "body_en": None,
            "screen": "KandidatenView",
            "query": "_flt_0_status=ACTIVE",
            "audience": "Kandidaten · Status: actief",
            "audience_hash": None,
            "people": len(rows) or None,
            "prepared_at": moment(self.created) if rows else None,
            "send_after": moment(self.started) if self.started else moment(self.created) if self.state is S.ASKED else None,
            "started_at": moment(self.started) if self.started else None,
            "finished_at": last or moment(self.created + 2 * HOUR) if self.state in (S.CANCELLED, S.DONE) else None,
            "refused_why": None,
            "idem_key": f"demo-{self.key}",
            "created_at": moment(self.created),
            "created_by": self.author,
            "approved_by": None,
        }
        self.writer.add("mailing", row)
        self.writer.extend("delivery", rows)

    def _people(self) -> list[Person]:
        found = sa.select(Candidate.id, Candidate.email, Candidate.email_norm, Candidate.locale, Candidate.status)
        here = found.where(Candidate.region_id == self.region.id, Candidate.created_at <= moment(self.created)).order_by(Candidate.id)
        lines = self.writer.connection.execute(here.limit(MOST)).all()
        return [Person(key, address, norm, locale, status not in OPEN_STATUSES) for key, address, norm, locale, status in lines]

    def _deliveries(self, people: list[Person]) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        at = self.started or self.created
        for place, person in enumerate(people):
            why = self._why_not(person, seen)
            state = D.SUPPRESSED if why else self._state(place / len(people))
            seen.add(person.norm or "")
            at += SECONDS
            yield self._row(person, state, why, at)

    def _why_not(self, person: Person, seen: set[str]) -> NotSent | None:
        if person.closed:
            return NotSent.CLOSED
        if not person.norm:
            return NotSent.NO_ADDRESS
        if person.norm in seen:
            return NotSent.SAME_ADDRESS
        return REASONS(self._rng) if self._rng.random() < 0.08 else None

    def _state(self, part: float) -> DeliveryState:
        """What became of a mail at this place in the list: of one on hold the second half still waits."""
        if self.state in (S.DRAFT, S.ASKED) or (self.state is S.PAUSED and part > 0.5):
            return D.QUEUED
        if self.state is S.PAUSED:
            return next(self._odd, D.SENT)
        return D.CANCELLED if self.state is S.CANCELLED and part > 0.3 else ENDS(self._rng)

    def _row(self, person: Person, state: DeliveryState, why: NotSent | None, at: int) -> dict[str, Any]:
        tried = state in (D.SENT, D.FAILED, D.UNKNOWN)
        return {
            "id": self.writer.next_id("delivery"),
            "kind": "mailing",
            "mailing_id": self.key,
            "not_sent": why,
            "user_id": None,
            "candidate_id": person.id,
            "region_id": self.region.id,
            "address": person.address or "",
            "address_norm": person.norm or "",
            "locale": person.locale,
            "merge": None,
            "state": state,
            "reason": REPLY if state is D.FAILED else None,
            "attempts": int(tried),
            "not_before": moment(self.started or self.created),
            "claim": None,
            "lease_until": None,
            "message_id": f"demo-{self.key}-{person.id}",
            "reply": {D.SENT: "250 2.0.0 Ok: queued", D.FAILED: REPLY}.get(state),
            "created_at": moment(self.created),
            "sent_at": moment(at) if state is D.SENT else None,
            "dedupe_key": f"mailing:{self.key}:{person.id}",
        }
