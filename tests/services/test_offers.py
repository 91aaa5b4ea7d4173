"""Setting things out: once each, only what is on offer, one mail a day, and whether it was read."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.enums import ArticleKind, OfferKind, Role
from app.errors import BadInput, NotAllowed, NotFound
from app.extensions import db
from app.models import Article, Candidate, Delivery, Offer, Programme, ReadSubject
from app.queries import offers as queries
from app.queries.offers import Thing
from app.security.identity import Identity, acting_as
from app.services import offers
from tests.services.cast import (
    DAY,
    HOUR,
    LANDELIJK,
    NOON,
    NOOR,
    PROGRAMME,
    ROTTERDAM,
    SAM,
    SCHOOL,
    TODAY,
    UTRECHT,
    ZEKI,
    beyond_the_wall,
    identity,
    logged,
    scheduled,
    without,
)

PDG, PABO, BRUG = Thing(OfferKind.ROUTE, "PDG"), Thing(OfferKind.PROGRAMME, f"{PROGRAMME}"), Thing(OfferKind.CONTACT, f"{SCHOOL}")


def article(region_id: int | None = None, **fields: object) -> Thing:
    with beyond_the_wall():
        row = Article(
            **{"title": "Wat is het", "body": "Tekst", "kind": ArticleKind.ARTICLE, "region_id": region_id, "published_on": TODAY} | fields
        )
        db.session.add(row)
        db.session.commit()
        return Thing(OfferKind.ARTICLE, f"{row.id}")


def herself(anna: Candidate) -> Identity:
    return replace(identity(1, Role.CANDIDATE, UTRECHT), candidate_id=anna.id)


def mails() -> list[tuple[str, str]]:
    with beyond_the_wall():
        return [(row.kind, row.dedupe_key) for row in db.session.scalars(sa.select(Delivery).order_by(Delivery.id))]


def test_several_things_are_set_out_at_once_each_with_its_note(anna: Candidate) -> None:
    activity = scheduled()
    things = {article(): " Lees dit eerst ", PDG: None, PABO: "", BRUG: None, Thing(OfferKind.ACTIVITY, f"{activity.id}"): None}

    made = offers.set_out(anna, things, by=NOOR, now=NOON)

    assert [(Thing.of(offer), offer.note) for offer in made] == [
        (thing, "Lees dit eerst" if note else None) for thing, note in things.items()
    ]
    assert [(offer.region_id, offer.offered_by, offer.offered_at) for offer in made] == [(UTRECHT, NOOR.user_id, NOON)] * 5
    assert [verb for verb, table, _ in logged() if table == "offer"] == ["set_out"] * 5


def test_the_same_live_thing_is_there_once_and_can_come_back_after_it_was_withdrawn(anna: Candidate) -> None:
    (first,) = offers.set_out(anna, {PDG: None}, by=NOOR, now=NOON)

    with pytest.raises(BadInput, match="already"):
        offers.set_out(anna, {PDG: None}, by=NOOR, now=NOON)
    (beside,) = offers.set_out(anna, {PDG: None, PABO: None}, by=NOOR, now=NOON)
    offers.withdraw(first, by=NOOR, now=NOON)
    offers.withdraw(first, by=NOOR, now=NOON + HOUR)
    (again,) = offers.set_out(anna, {PDG: None}, by=NOOR, now=NOON)

    assert (Thing.of(beside), Thing.of(again), first.withdrawn_at) == (PABO, PDG, NOON)


def test_one_mail_a_day_and_none_without_an_address(anna: Candidate) -> None:
    offers.set_out(anna, {PDG: None}, by=NOOR, now=NOON)
    offers.set_out(anna, {PABO: None}, by=NOOR, now=NOON + HOUR)
    offers.set_out(anna, {BRUG: None}, by=NOOR, now=NOON + DAY)
    db.session.commit()

    assert mails() == [("set_out", f"set_out:{anna.id}:2026-11-24"), ("set_out", f"set_out:{anna.id}:2026-11-25")]


def test_only_what_is_published_active_coming_and_near_is_on_offer(anna: Candidate) -> None:
    there, later, elsewhere = scheduled(), scheduled(starts_at=NOON - DAY), scheduled(by=ZEKI)
    yes = [article(), article(UTRECHT), article(LANDELIJK), Thing(OfferKind.ACTIVITY, f"{there.id}"), PABO, BRUG]
    no = [
        article(ROTTERDAM),
        article(published_on=None),
        *(Thing(OfferKind.ACTIVITY, f"{row.id}") for row in (later, elsewhere)),
        Thing(OfferKind.CONTACT, "3"),  # a school that closed
        Thing(OfferKind.PROGRAMME, "999"),
    ]

    assert list(queries.on_offer([*yes, *no], anna, by=NOOR, now=NOON)) == yes
    for thing in no:
        with pytest.raises(BadInput, match="not available"):
            offers.set_out(anna, {PDG: None, thing: None}, by=NOOR, now=NOON)
    assert queries.live(anna.id) == []


def test_things_of_the_own_region_come_first_and_are_searched_by_words(anna: Candidate) -> None:
    article(title="Aardige tekst")
    article(UTRECHT, title="Zin en onzin")

    def found(kind: OfferKind, search: str = "") -> list[str]:
        return [str(row) for row in queries.choices(kind, anna, search, by=NOOR, now=NOON, size=5)]

    assert found(OfferKind.ARTICLE) == ["Zin en onzin", "Aardige tekst"]
    assert (found(OfferKind.ARTICLE, "tekst aard"), found(OfferKind.ARTICLE, "%")) == (["Aardige tekst"], [])
    assert found(OfferKind.PROGRAMME, "maas") == ["Pabo deeltijd"]


@pytest.mark.parametrize("text", ["", "NIETS:1", "ARTICLE:", "ARTICLE:-1", "ARTICLE:1e3", "ROUTE:1", "ARTICLE:²", "ROUTE:pdg"])
def test_a_thing_that_no_page_wrote_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Thing.read(text)


def test_who_may_not_and_whose_it_is_not_are_refused(anna: Candidate) -> None:
    (offer,) = offers.set_out(anna, {PDG: None}, by=NOOR, now=NOON)
    db.session.commit()

    for person, refusal in ((without(NOOR, "move_stage"), NotAllowed), (ZEKI, NotFound), (SAM, NotFound)):
        with acting_as(person), pytest.raises(refusal):
            offers.set_out(anna, {PABO: None}, by=person, now=NOON)
        with acting_as(person), pytest.raises(refusal):
            offers.withdraw(offer, by=person, now=NOON)


def test_nothing_too_much_and_a_long_note_are_refused(anna: Candidate) -> None:
    for things in ({}, {Thing(OfferKind.ARTICLE, f"{n}"): None for n in range(21)}, {PDG: "x" * 401}):
        with pytest.raises(BadInput):
            offers.set_out(anna, things, by=NOOR, now=NOON)


def test_reading_counts_for_the_candidate_alone_and_is_no_look_at_the_file(anna: Candidate) -> None:
    (offer, other) = offers.set_out(anna, {PABO: None, PDG: None}, by=NOOR, now=NOON)
    db.session.commit()

    offers.read(offer, by=NOOR, now=NOON)
    with acting_as(herself(anna)) as she:
        offers.read(offer, by=she, now=NOON + HOUR)
        offers.read(offer, by=she, now=NOON + DAY)
        shown = offers.for_candidate(anna.id, now=NOON)

    db.session.expire_all()
    assert (offer.read_at, other.read_at) == (NOON + HOUR, None)
    assert [(one.title, one.read_at, one.adviser) for one in shown] == [
        ("PDG", None, "Person 1"),
        ("Pabo deeltijd", NOON + HOUR, "Person 1"),
    ]
    with beyond_the_wall():
        assert set(db.session.scalars(sa.select(ReadSubject.token))) == {f"offer:{offer.id}"}


def test_the_candidate_sees_what_was_set_out_and_not_what_was_withdrawn_or_is_gone(anna: Candidate) -> None:
    text, activity = article(), scheduled()
    things = {text: None, PABO: None, BRUG: None, PDG: None, Thing(OfferKind.ACTIVITY, f"{activity.id}"): None}
    made = offers.set_out(anna, things, by=NOOR, now=NOON)
    offers.withdraw(made[3], by=NOOR, now=NOON)
    db.session.commit()
    with beyond_the_wall():
        db.session.get(Article, int(text.key)).published_on = None
        db.session.get(Programme, PROGRAMME).active = False
        activity.cancelled_at = NOON
        db.session.commit()
    db.session.expire_all()

    with acting_as(herself(anna)):
        shown = offers.for_candidate(anna.id, now=NOON)
        others = db.session.scalars(sa.select(Offer).where(Offer.candidate_id != anna.id)).all()

    assert [one.title for one in shown] == ["", "De Brug", "", ""]
    assert others == []
