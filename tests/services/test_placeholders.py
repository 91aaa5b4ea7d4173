"""What a message can hold of who gets it, and for whom it cannot be filled."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.models import Candidate, Region
from app.security.identity import acting_as
from app.services import placeholders
from tests.services.cast import CARLA, NADIA, NOOR, ROTTERDAM, UTRECHT, beyond_the_wall, registered

ALL = list(placeholders.PLACEHOLDERS)


def set_right(candidate: Candidate, **fields: Any) -> Candidate:
    """Write past the services: only what stands in the row counts here."""
    with beyond_the_wall():
        for name, value in fields.items():
            setattr(candidate, name, value)
        db.session.commit()
    return candidate


def desk(region_id: int, **fields: Any) -> None:
    with beyond_the_wall():
        db.session.execute(sa.update(Region).where(Region.id == region_id).values(**fields))
        db.session.commit()


@pytest.fixture
def complete() -> Candidate:
    desk(UTRECHT, desk_phone="030 123 45 67", desk_email="loket@utrecht.example", website="www.utrecht.example")
    candidate = registered("Anna", surname="Vries", infix="de", email="anna@example.test", place="Amersfoort")
    return set_right(candidate, lead_adviser_id=NOOR.user_id, next_action_on=date(2026, 11, 24))


def test_a_text_of_nothing_but_blanks_behind_braces_is_read_in_one_go() -> None:
    """A pattern that tries each blank anew would take an hour for this."""
    assert placeholders.unknown("{{" + " " * 20_000) == []


def test_they_are_found_in_the_order_of_the_text_each_once() -> None:
    texts = ("Dag {{voornaam}}, {{ Adviseur }} wacht op {{voornaam}}", None, "{{regio}} en {{vornaam}} en {voornaam} en {{ }}")

    assert placeholders.used(*texts) == ["voornaam", "adviseur", "regio"]
    assert placeholders.unknown(*texts) == ["vornaam", ""]
    assert (placeholders.nearest("vornaam"), placeholders.nearest("telefoon"), placeholders.nearest("qqqq")) == (
        "voornaam",
        "telefoon_loket",
        None,
    )


def test_each_has_its_value_in_dutch_and_in_english(complete: Candidate) -> None:
    dutch, english = (placeholders.values(complete, [*ALL, "schoenmaat"], locale=locale) for locale in ("nl", "en"))

    assert english == {
        "aanhef": "Dear Anna",
        "voornaam": "Anna",
        "naam": "Anna de Vries",
        "woonplaats": "Amersfoort",
        "fase": "exploring",
        "volgende_stap_datum": "Tuesday 24 November",
        "adviseur": "Person 1",
        "regio": "Utrecht",
        "telefoon_loket": "030 123 45 67",
        "mail_loket": "loket@utrecht.example",
        "website_loket": "www.utrecht.example",
    }
    assert {name for name in ALL if dutch[name] != english[name]} <= {"aanhef", "fase", "volgende_stap_datum"}
    assert dutch["volgende_stap_datum"] == "dinsdag 24 november"


@pytest.mark.parametrize("name", ALL)
def test_what_the_database_says_is_lacking_is_what_would_stay_empty(name: str, complete: Candidate) -> None:
    bare = registered("Bo")
    spaces = set_right(registered("Cas"), place=" ", given_name="", name="", lead_adviser_id=None)
    left = set_right(registered("Dee"), lead_adviser_id=2)  # somebody of another desk: out of sight here
    elsewhere = registered("Eef", by=CARLA)
    people = [complete, bare, spaces, left, elsewhere]

    found = set(db.session.scalars(sa.select(Candidate.id).where(placeholders.lacking(name))))

    assert found == {one.id for one in people if not placeholders.values(one, [name], locale="nl")[name]}


def test_a_desk_without_a_telephone_lacks_it_and_another_one_does_not(complete: Candidate) -> None:
    with acting_as(NADIA), beyond_the_wall():
        other = Candidate(
            number="K-900001", region_id=ROTTERDAM, name="Zoë", sort_name="zoë", given_name="Zoë",
            stage=complete.stage, stage_entered_at=complete.created_at, created_at=complete.created_at,
        )  # fmt: skip
        db.session.add(other)
        db.session.commit()
        found = list(db.session.scalars(sa.select(Candidate.id).where(placeholders.lacking("telefoon_loket"))))

        assert found == [other.id]


def test_everybody_is_greeted(complete: Candidate) -> None:
    greeted = []
    for fields in ({"given_name": None}, {"given_name": " ", "name": " "}):
        set_right(complete, **fields)
        greeted.append(placeholders.values(complete, ["aanhef"], locale="en")["aanhef"])

    assert greeted == ["Dear Anna de Vries", "Dear reader"]


@pytest.mark.parametrize(
    ("value", "flat"),
    [
        ("Anna\r\nBcc: evil@example.test", "Anna Bcc: evil@example.test"),
        ("a\u2028b\u202ec\x00d\ue0000\ue001", "a b c d 0"),
        ("x" * 250, "x" * 200),
        ("  ", ""),
        (None, ""),
    ],
)
def test_a_value_stands_on_one_line(value: Any, flat: str) -> None:
    assert placeholders.flat(value) == flat
