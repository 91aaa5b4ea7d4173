"""A mail is a row in the transaction of what it reports: once, to an address that may be mailed, and without names."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters.mail_text import TEMPLATES
from app.enums import DeliveryState
from app.extensions import db
from app.models import Candidate, Delivery, Suppression
from app.security.identity import ANONYMOUS, acting_as
from app.services import mails, outbox
from tests.services.cast import DAY, NOON, NOOR, beyond_the_wall, profile


def rows() -> list[Delivery]:
    with beyond_the_wall():
        return list(db.session.scalars(sa.select(Delivery).order_by(Delivery.id)))


def suppress(address: str, category: str = "") -> None:
    with beyond_the_wall():
        db.session.add(Suppression(address_norm=address, category=category, reason="no such mailbox", source="test", at=NOON))
        db.session.commit()


def test_a_mail_to_a_candidate_belongs_to_the_file(anna: Candidate) -> None:
    anna.locale = "en"

    row = outbox.post("set_out", anna, key="a", now=NOON, not_before=NOON + DAY)

    assert row is not None
    assert (row.candidate_id, row.region_id, row.user_id) == (anna.id, anna.region_id, None)
    assert (row.address, row.address_norm, row.locale, row.kind) == ("anna@example.test", "anna@example.test", "en", "set_out")
    assert (row.state, row.attempts, row.created_at, row.not_before) == (DeliveryState.QUEUED, 0, NOON, NOON + DAY)


def test_a_mail_to_a_colleague_goes_to_the_address_of_the_account() -> None:
    row = outbox.post("handover_received", profile(NOOR), key="a", now=NOON)

    assert row is not None
    assert (row.user_id, row.candidate_id, row.address, row.not_before) == (NOOR.user_id, None, "u1@example.test", NOON)


def test_the_same_key_makes_one_mail(anna: Candidate) -> None:
    first, again = (outbox.post("set_out", anna, key="a", now=NOON) for _ in range(2))

    assert (first is None, again, len(rows())) == (False, None, 1)


def test_the_same_key_gives_the_same_message_id_whenever_it_is_written(anna: Candidate) -> None:
    made = []
    for key in ("a", "a", "b"):
        row = outbox.post("set_out", anna, key=key, now=NOON)
        assert row is not None
        made.append(row.message_id)
        db.session.rollback()

    assert (made[0] == made[1], made[0] == made[2]) == (True, False)


def test_what_is_taken_back_is_not_mailed(anna: Candidate) -> None:
    outbox.post("set_out", anna, key="a", now=NOON)
    db.session.rollback()

    assert rows() == []


@pytest.mark.parametrize("address", [None, "", "  ", "anna", "anna@", "a@b.nl\nBcc: c@d.nl"])
def test_who_has_no_address_gets_no_mail(anna: Candidate, address: str | None) -> None:
    anna.email = address

    assert (outbox.post("set_out", anna, key="a", now=NOON), rows()) == (None, [])


@pytest.mark.parametrize(("category", "state"), [("", "SUPPRESSED"), ("set_out", "SUPPRESSED"), ("digest", "QUEUED")])
def test_an_address_that_gets_no_mail_has_a_row_that_says_why(anna: Candidate, category: str, state: str) -> None:
    suppress("anna@example.test", category)

    row = outbox.post("set_out", anna, key="a", now=NOON)

    assert row is not None
    assert (row.state.name, row.reason) == (state, "no such mailbox" if state == "SUPPRESSED" else None)


def test_a_visitor_may_ask_for_a_link(anna: Candidate) -> None:
    with acting_as(ANONYMOUS):
        row = outbox.post("sign_in", anna, key="a", now=NOON)

    assert row is not None


def test_for_nobody_the_same_is_written_and_nothing_is_ever_sent() -> None:
    with acting_as(ANONYMOUS):
        outbox.post_to_nobody("sign_in", key="a", now=NOON)

    (row,) = rows()
    assert (row.state, row.address, row.candidate_id, row.user_id) == (DeliveryState.CANCELLED, "", None, None)


@pytest.mark.parametrize(
    "merge",
    [
        {},
        {"regions": "Anna de Vries"},
        {"regions": [{"name": "Anna"}]},
        {"regions": "//evil.example"},
        {"regions": [], "name": 1},
        {"other": 1},
    ],
)
def test_nothing_but_numbers_and_paths_is_kept(merge: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a mail 'digest'"):
        outbox.post("digest", profile(NOOR), key="a", now=NOON, merge=merge)

    assert rows() == []


@pytest.mark.parametrize(
    "merge", [{"regions": []}, {"regions": [{"region": 2, "counts": {"OVERDUE": 3}}]}, {"regions": "/taken/list/?a=1"}]
)
def test_numbers_and_paths_are_kept(merge: dict[str, Any]) -> None:
    row = outbox.post("digest", profile(NOOR), key="a", now=NOON, merge=merge)

    assert row is not None
    assert row.merge == merge


def test_what_is_not_known_or_does_not_fit_is_refused(anna: Candidate) -> None:
    with pytest.raises(ValueError, match="not known"):
        outbox.post("newsletter", anna, key="a", now=NOON)
    with pytest.raises(ValueError, match="too long"):
        outbox.post("set_out", anna, key="a" * 121, now=NOON)


def test_every_kind_has_words() -> None:
    frames = {f"{form}_{part}" for form in ("html", "text") for part in ("frame", "kit")}
    of_the_sender = {"mailing", "mailing_test"}
    assert {path.stem for path in (TEMPLATES / "messages").glob("*.html")} - frames == set(mails.KINDS) - of_the_sender
