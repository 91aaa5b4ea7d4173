"""What the desk and candidates, and organisations with a match, wrote to each other in the last months, and what of it was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.demo.world import DAY, HOUR, World, in_office_hours, moment, one_of
from app.demo.writer import Writer
from app.enums import ACCEPTED_MATCHES, OPEN_STATUSES, Role
from app.models import Candidate, Match, Membership, Organisation, ReadEvent, ReadSubject

PER_CANDIDATE, MOST = 300 / 3_000, 2_000
OF_MATCHES = 40
LONGEST_AGO, RECENT = 70, 6  # days
CLOSED, UNREAD = 0.4, 0.5  # how many of what is answered is finished, and of what is recent is not read
Talk = tuple[str, tuple[tuple[bool, str], ...]]  # the subject; from the candidate?, text

TALKS: tuple[Talk, ...] = (
    ("Je diploma", (
        (False, "Hoi,\n\nHeb je je diploma al kunnen vinden? Met een foto ervan kan ik nagaan welke opleiding past."),
        (True, "Ik heb het thuis liggen. Ik stuur vanavond een foto."),
        (False, "Fijn, dan kijk ik er morgen naar."),
    )),
    ("Meelopen op een school", (
        (False, "Er is plek om een ochtend mee te lopen in groep 6. Lijkt je dat wat?\n\nIk hoor graag welke dag je kunt."),
        (True, "Ja, heel graag. Dinsdag en donderdag kan ik."),
    )),
    ("Vraag over de kosten", (
        (True, "Ik las dat de opleiding soms wordt betaald. Geldt dat ook als ik nog geen baan op een school heb?"),
        (False, "Goede vraag. Meestal vraagt de school de vergoeding aan.\n\nHier staat het uitgelegd: https://onderwijsloket.com/kennisbank"),
        (True, "Dank je wel, nu snap ik het."),
    )),
    ("Onze afspraak", (
        (False, "Past het je om ons gesprek een half uur later te beginnen?"),
        (True, "Dat is goed, tot dan."),
    )),
    ("Open dag", (
        (False, "Volgende week is er een open dag van de pabo. Ik heb hem voor je klaargezet."),
    )),
    ("Nog een vraag", (
        (True, "Kan ik de opleiding ook in de avond volgen? Overdag werk ik nog."),
        (False, "Ja, bij twee opleidingen in de buurt. Ik zet ze voor je klaar."),
    )),
)  # fmt: skip
OF_MATCH: tuple[Talk, ...] = (
    ("Kennismaken", (
        (False, "Leuk dat je bij ons wilt kijken. Kun je volgende week langskomen voor een kop koffie?"),
        (True, "Graag. Woensdagmiddag komt mij het beste uit."),
    )),
    ("Meedraaien in de klas", (
        (False, "Je kunt een dag meedraaien in onze onderbouw. Neem gerust je vragen mee."),
    )),
)  # fmt: skip
# Of the two who can sign in, what neither has read yet; how many days ago.
FOR_FATIMA: tuple[tuple[Talk, float], ...] = (
    (("Je gesprek van volgende week", (
        (True, "Kan ik iets voorbereiden voor ons gesprek?"),
        (False, "Ja, schrijf op wat je in je werk het leukst vindt. Daar beginnen we mee.\n\nTot volgende week."),
    )), 1.1),
    (("Meelopen op een school", ((False, "Er is een plek om mee te lopen, dicht bij jou. Zal ik je opgeven?"),)), 0.3),
)  # fmt: skip
FOR_NOOR: tuple[tuple[Talk, float], ...] = (
    (("Ik heb mijn diploma", ((True, "Gelukt, ik heb mijn diploma terug. Wat is de volgende stap?"),)), 0.9),
    (("Twijfel", ((True, "Ik twijfel tussen de pabo en het vmbo. Heb je tijd om te bellen?"),)), 0.2),
)


class Threads:
    """Draws conversations."""

    def __init__(self, world: World, writer: Writer) -> None:
        self.world, self.writer, self._rng = world, writer, world.stream("thread")
        self._looks: list[tuple[int, dict[str, Any]]] = []  # thread, event

    def fill(self, known: int | None) -> None:
        """Write all of them; first what is unread for the candidate and the adviser who can sign in."""
        noor = self.world.users.get("noor@demo.test")
        leads = sa.select(Candidate.id, Candidate.region_id).where(Candidate.lead_adviser_id == noor, Candidate.status.in_(OPEN_STATUSES))
        if known is not None:
            utrecht, fatima = self.world.region("Regio Utrecht").id, self.world.users["fatima@demo.test"]
            for talk, days in FOR_FATIMA:
                self._talk(talk, known, utrecht, noor, days, people=(fatima, noor), is_unread=True)
        hers = self.writer.connection.execute(leads.where(Candidate.id != (known or 0)).order_by(Candidate.id).limit(len(FOR_NOOR)))
        for (candidate, region), (talk, days) in zip(hers.all(), FOR_NOOR, strict=False):
            self._talk(talk, candidate, region, noor, days, is_unread=True)
        self._of_desks(known)
        self._of_matches()
        self.writer.flush()
        self._write_looks()

    def _of_desks(self, known: int | None) -> None:
        wanted = min(int(PER_CANDIDATE * self.world.candidates), MOST)
        keys = self._rng.sample(range(1, self.world.candidates + 1), min(self.world.candidates, 3 * wanted))
        facts = (Candidate.id, Candidate.region_id, Candidate.lead_adviser_id, Candidate.created_at)
        query = sa.select(*facts).where(Candidate.id.in_(keys), Candidate.lead_adviser_id.is_not(None), Candidate.id != (known or 0))
        found = self.writer.connection.execute(query.order_by(Candidate.id)).all()
        for candidate, region, adviser, created in self._rng.sample(found, min(wanted, len(found))):
            age = min((self.world.clock.seconds - created.timestamp()) / DAY, LONGEST_AGO)
            if age > 4:
                self._talk(one_of(self._rng, TALKS), candidate, region, adviser, 1 + self._rng.random() * (age - 2))

    def _of_matches(self) -> None:
        board = sa.select(Organisation.parent_id).where(Organisation.id == Match.organisation_id).correlate(Match).scalar_subquery()
        here = sa.or_(Membership.organisation_id == Match.organisation_id, Membership.organisation_id == board)
        speaks = (here, Membership.role.in_((Role.SCHOOL, Role.PROVIDER)))
        writer = sa.select(sa.func.min(Membership.user_id)).where(*speaks).correlate(Match).scalar_subquery().label("writer")
        facts = (Match.candidate_id, Match.region_id, Match.organisation_id, writer, Match.state_at)
        found = sa.select(*facts).where(Match.state.in_(ACCEPTED_MATCHES)).subquery()
        staffed = (
            sa.select(found).where(found.c.writer.is_not(None)).order_by(found.c.candidate_id, found.c.organisation_id).limit(OF_MATCHES)
        )
        for candidate, region, organisation, author, since in self.writer.connection.execute(staffed).all():
            age = min((self.world.clock.seconds - since.timestamp()) / DAY, LONGEST_AGO)
            if age > 3:
                self._talk(one_of(self._rng, OF_MATCH), candidate, region, author, 2 + self._rng.random() * (age - 3), organisation)

    def _talk(
        self,
        talk: Talk,
        candidate: int,
        region: int,
        adviser: int | None,
        days: float,
        organisation: int | None = None,
        *,
        people: Sequence[int | None] = (None, None),
        is_unread: bool = False,
    ) -> None:
        """One conversation that began so many days ago. What is recent may still wait for an answer; the `is_unread` ones are not read."""
        subject, said = talk
        is_recent = days < RECENT
        if is_recent and not is_unread:
            said = said[: 1 + int(self._rng.random() * len(said))]
        key, now = self.writer.next_id("thread"), self.world.clock.seconds
        at = begun = min(in_office_hours(self.world.clock.ago(days), self._rng), now - 2 * HOUR)
        hours = min(30, days * 24 / (len(said) + 1))
        for place, (from_candidate, text) in enumerate(said):
            if place:
                later = at + int((0.3 + 0.7 * self._rng.random()) * hours * HOUR)
                at = min(max(at + HOUR // 2, later if from_candidate else in_office_hours(later, self._rng)), now - HOUR // 2)
            author = people[0] if from_candidate else adviser
            number = self.writer.next_id("message")
            row = {"id": number, "thread_id": key, "candidate_id": candidate, "region_id": region, "author_id": author, "text": text}
            self.writer.add("message", row | {"from_candidate": from_candidate, "at": moment(at), "idem_key": f"demo:{number}"})
            is_last = place == len(said) - 1
            if not (is_last and (is_unread or (is_recent and self._rng.random() < UNREAD))):
                self._look(
                    key, at + int(0.25 * hours * HOUR * self._rng.random()), region, Role.ADVISER if from_candidate else Role.CANDIDATE
                )
        is_closed = not is_recent and (said[-1][0] or self._rng.random() < CLOSED)
        times = {"created_at": moment(begun), "last_at": moment(at), "closed_at": moment(at) if is_closed else None}
        whose = {"candidate_id": candidate, "region_id": region, "in_region_id": region, "organisation_id": organisation}
        self.writer.add("thread", {"id": key, "subject": subject, "version": 1, **whose, **times})

    def _look(self, thread: int, at: int, region: int, role: Role) -> None:
        when = moment(min(at, self.world.clock.seconds))
        self._looks.append((thread, {"at": when, "screen": "thread", "channel": "message", "actor_role": role, "actor_region_id": region}))

    def _write_looks(self) -> None:
        """Plain inserts: these tables are sealed row by row."""
        for thread, facts in sorted(self._looks, key=lambda one: one[1]["at"]):
            key = self.writer.connection.execute(sa.insert(ReadEvent).values(**facts).returning(ReadEvent.id)).scalar_one()
            self.writer.connection.execute(sa.insert(ReadSubject).values(token=f"thread:{thread}", event_id=key))
        self.writer.counts["read_event"] += len(self._looks)
