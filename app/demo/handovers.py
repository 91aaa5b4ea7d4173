"""Handovers between desks and referrals to study advisers, in every state, with their package, consent and history."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.demo.journey import Journey, State
from app.demo.wishes import consent_row
from app.demo.world import DAY, HOUR, NATIONAL_ID, Local, Pick, World, moment, one_of
from app.enums import (
    ConsentChannel,
    ConsentEvent,
    ConsentPurpose,
    HandoverKind,
    HandoverState,
    PackageItem,
    ReturnReason,
    Stage,
    Status,
)
from app.services.tasks import add_working_days

H = HandoverState
Rows = list[dict[str, Any]]
KEES, AYLIN, FATIMA = 5, 6, 1  # stories: waits for a region, moved with the whole file, is asked whether a study adviser may look along
OF_MOVES, OF_NATIONAL, OF_REGION, OF_REFERRAL = 0.42, 0.16, 0.008, 0.038  # how many get one: 240 for 3,000 candidates
PATHS = {
    H.DRAFT: (H.DRAFT,),
    H.SENT: (H.DRAFT, H.SENT),
    H.RECEIVED: (H.DRAFT, H.SENT, H.RECEIVED),
    H.ACCEPTED: (H.DRAFT, H.SENT, H.RECEIVED, H.ACCEPTED),
    H.FIRST_CONTACT: (H.DRAFT, H.SENT, H.ACCEPTED, H.FIRST_CONTACT),
    H.DONE: (H.DRAFT, H.SENT, H.RECEIVED, H.ACCEPTED, H.FIRST_CONTACT, H.DONE),
    H.RETURNED: (H.DRAFT, H.SENT, H.RECEIVED, H.RETURNED),
    H.WITHDRAWN: (H.DRAFT, H.SENT, H.WITHDRAWN),
}
ON_THE_WAY = Pick(((H.DRAFT, 18), (H.SENT, 34), (H.RECEIVED, 16), (H.RETURNED, 24), (H.WITHDRAWN, 8)))
REFERRED = Pick(((H.DRAFT, 10), (H.SENT, 18), (H.RECEIVED, 10), (H.ACCEPTED, 22), (H.FIRST_CONTACT, 16), (H.DONE, 16), (H.RETURNED, 8)))
REASONS = Pick(
    (
        (ReturnReason.OUTSIDE_REGION, 40),
        (ReturnReason.DUPLICATE, 25),
        (ReturnReason.OTHER_SECTOR, 20),
        (ReturnReason.CANDIDATE_REFUSES, 15),
    )
)
QUESTIONS = {
    HandoverKind.REGION: (
        "Kun je verder helpen bij het vinden van een school in de buurt?",
        "Wil graag meelopen op een school. Kun je dat regelen?",
        "Heeft vragen over de routes in jullie regio. Neem je contact op?",
        "Is verhuisd en wil graag verder met een adviseur dichterbij.",
    ),
    HandoverKind.REFERRAL: (
        "Wil weten of de vooropleiding genoeg is om in te stromen.",
        "Kun je vertellen hoe zwaar de deeltijdopleiding is naast een baan?",
        "Twijfelt tussen twee opleidingen. Kun je helpen kiezen?",
    ),
}
NOTES = {
    ReturnReason.OUTSIDE_REGION: "Woont en zoekt net buiten onze regio.",
    ReturnReason.DUPLICATE: "Had zich vorige maand ook bij ons gemeld.",
    ReturnReason.OTHER_SECTOR: "Voor deze sector werkt het loket hiernaast.",
    ReturnReason.CANDIDATE_REFUSES: "Blijft liever bij de eigen adviseur.",
}
CHANNELS = Pick(((ConsentChannel.PHONE, 60), (ConsentChannel.ONLINE, 30), (ConsentChannel.PAPER, 10)))


@dataclass
class Made:
    """One handover; keys are given by who writes it."""

    handover: dict[str, Any]
    consent: dict[str, Any] | None
    items: Rows
    events: Rows


@dataclass
class _Plan:
    """What is drawn of one: between whom, how far it came, and when it began and last changed."""

    kind: HandoverKind
    state: HandoverState
    sender: int
    by: int | None
    began: int
    latest: int
    region: int | None = None
    receiver: int | None = None
    organisation: int | None = None
    programme: int | None = None
    asked: bool = False


class Handovers:
    """Draws the handovers of one candidate after the other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = world.stream("handover")

    def draw(self, candidate: int, journey: Journey, columns: dict[str, Any], talks: Rows) -> list[Made]:
        """What this candidate has; `talks` are the conversations with their keys."""
        return [self._made(candidate, journey, columns, talks, plan) for plan in self._plans(candidate, journey)]

    def _plans(self, candidate: int, journey: Journey) -> Iterator[_Plan]:
        rng, last, now = self._rng, journey.last, self.world.clock.seconds
        states = journey.states
        for before, after in zip(states, states[1:], strict=False):
            if before.region != after.region and (candidate == AYLIN or rng.random() < OF_MOVES):
                yield self._moved(before, after)
        if last.status is not Status.ACTIVE or last.lead is None or now - last.entered < 3 * DAY:
            return
        if candidate == KEES or rng.random() < (OF_NATIONAL if last.region == NATIONAL_ID else OF_REGION):
            yield self._on_the_way(candidate, last)
        chance = rng.random()
        fits = last.region != NATIONAL_ID and last.stage in (Stage.ORIENTING, Stage.DECIDING, Stage.MATCHING)
        if candidate == FATIMA or (fits and chance < OF_REFERRAL):
            yield from self._referred(candidate, last, self.world.regions[last.region])

    def _moved(self, before: State, after: State) -> _Plan:
        """Accepted when the file moved; by now most have been spoken to."""
        rng, now = self._rng, self.world.clock.seconds
        began = max(before.entered, after.entered - int((1 + 6 * rng.random()) * DAY))
        contact = after.entered + int((0.2 + 5 * rng.random()) * DAY)
        state = H.ACCEPTED if contact > now - DAY else H.DONE if now - contact > 60 * DAY else H.FIRST_CONTACT
        latest = after.entered if state is H.ACCEPTED else contact
        return _Plan(HandoverKind.REGION, state, before.region, before.lead, began, latest, receiver=after.lead, region=after.region)

    def _on_the_way(self, candidate: int, last: State) -> _Plan:
        rng, clock = self._rng, self.world.clock
        near = self.world.regions[last.region].neighbours or [key for key in self.world.regions if key != NATIONAL_ID]
        to = self.world.region("Regio Utrecht").id if candidate == KEES else one_of(rng, near)
        state = H.SENT if candidate == KEES else ON_THE_WAY(rng)
        began = max(last.entered, clock.ago(2 if candidate == KEES else 1 + 8 * rng.random(), hour=9))
        latest = min(began + int(DAY * (0.3 + rng.random())), clock.seconds - HOUR)
        receiver = one_of(rng, self.world.regions[to].advisers)
        return _Plan(
            HandoverKind.REGION, state, last.region, last.lead, began, latest, receiver=receiver, region=to, asked=rng.random() < 0.5
        )

    def _referred(self, candidate: int, last: State, region: Local) -> Iterator[_Plan]:
        rng, clock = self._rng, self.world.clock
        if not region.programmes:
            return
        programme = one_of(rng, region.programmes)
        state = H.DRAFT if candidate == FATIMA else REFERRED(rng)
        days = 2 if state in (H.DRAFT, H.SENT, H.RECEIVED) else 20
        began = max(last.entered, clock.ago(1 + days * 2 * rng.random(), hour=9))
        latest = min(began + int(DAY * (0.3 + days / 2 * rng.random())), clock.seconds - HOUR)
        named = programme.id if rng.random() < 0.6 else None
        asked = candidate == FATIMA or rng.random() < 0.5
        at: dict[str, Any] = {"organisation": programme.organisation_id, "programme": named, "asked": asked}
        yield _Plan(HandoverKind.REFERRAL, state, last.region, last.lead, began, latest, **at)

    def _made(self, candidate: int, journey: Journey, columns: dict[str, Any], talks: Rows, plan: _Plan) -> Made:
        rng = self._rng
        path = PATHS[plan.state]
        span = max(plan.latest - plan.began, len(path))
        at = {state: plan.began + span * place // max(len(path) - 1, 1) for place, state in enumerate(path)}
        key = {"candidate_id": candidate, "region_id": journey.last.region}
        agreed = plan.state is not H.DRAFT
        channel = CHANNELS(rng)
        consent = self._consent(candidate, journey, plan, at, channel, columns["locale"]) if agreed else None
        reason = REASONS(rng) if plan.state is H.RETURNED else None
        handover = self._row(key, plan, at, reason, asked=plan.asked if not agreed else channel is ConsentChannel.ONLINE)
        items = _items(key, columns, talks, at.get(H.SENT), rng) if agreed else _items(key, columns, [], None, rng)
        events = [self._event(key, plan, state, when, reason) for state, when in at.items()]
        return Made(handover, consent, items, events)

    def _consent(
        self, candidate: int, journey: Journey, plan: _Plan, at: dict[H, int], channel: ConsentChannel, locale: str
    ) -> dict[str, Any]:
        purpose = ConsentPurpose.HANDOVER if plan.kind is HandoverKind.REGION else ConsentPurpose.REFERRAL
        event = (purpose, ConsentEvent.GIVEN, (at[H.DRAFT] + at[H.SENT]) // 2, plan.organisation)
        return consent_row(candidate, journey.last.region, event, channel, None if channel is ConsentChannel.ONLINE else plan.by, locale)

    def _row(self, key: dict[str, int], plan: _Plan, at: dict[H, int], reason: ReturnReason | None, *, asked: bool) -> dict[str, Any]:
        sent = moment(at[H.SENT]) if H.SENT in at else None
        return {
            **key,
            "version": len(at),
            "kind": plan.kind,
            "state": plan.state,
            "from_region_id": plan.sender,
            "to_region_id": plan.region,
            "organisation_id": plan.organisation,
            "programme_id": plan.programme,
            "question": one_of(self._rng, QUESTIONS[plan.kind]),
            "asked_at": moment(at[H.DRAFT]) if asked else None,
            "created_at": moment(at[H.DRAFT]),
            "created_by": plan.by,
            "sent_at": sent,
            "answer_by": add_working_days(sent.date(), 3) if sent else None,
            "accepted_at": moment(at[H.ACCEPTED]) if H.ACCEPTED in at else None,
            "accepted_by": plan.receiver if H.ACCEPTED in at else None,
            "first_contact_at": moment(at[H.FIRST_CONTACT]) if H.FIRST_CONTACT in at else None,
            "return_reason": reason,
            "return_note": NOTES[reason] if reason else None,
        }

    def _event(self, key: dict[str, int], plan: _Plan, state: H, when: int, reason: ReturnReason | None) -> dict[str, Any]:
        by = plan.by if state in (H.DRAFT, H.SENT, H.WITHDRAWN) else plan.receiver
        note = NOTES[reason] if reason and state is H.RETURNED else None
        return {**key, "state": state, "at": moment(when), "by_id": by, "note": note}


def _items(key: dict[str, int], columns: dict[str, Any], talks: Rows, sent: int | None, rng: random.Random) -> Rows:
    """Background and motivation, and often the last conversations before it was sent; of a draft the texts are still in the file."""
    work = " in ".join(filter(None, (columns["current_function"], columns["current_sector"])))
    background = "\n".join(f"{label}: {words}" for label, words in (("Studierichting", columns["field_of_study"]), ("Nu", work)) if words)
    motivation = columns["motivation"]
    chosen = [(PackageItem.BACKGROUND, None, "achtergrond", background), (PackageItem.MOTIVATION, None, "motivatie", motivation)]
    if sent is not None and rng.random() < 0.7:
        before = [row for row in talks if row["summary"] and row["held_at"] < moment(sent)]
        chosen += [(PackageItem.SESSION, row["id"], _title(row), row["summary"]) for row in before[-2:]]
    return [
        {**key, "kind": kind, "session_id": session, "title": title, "text": text if sent is not None else None}
        for kind, session, title, text in chosen
        if text
    ]


_MONTHS = ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"]


def _title(row: dict[str, Any]) -> str:
    day = row["held_at"]
    return f"Gesprek van {day.day} {_MONTHS[day.month - 1]} {day.year}"
