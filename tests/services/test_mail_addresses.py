"""What an address wants to get: an opt-out of one kind, by whoever has the link, and never more than that."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.adapters import signing
from app.enums import MailCategory
from app.errors import BadInput, NotAllowed
from app.extensions import db
from app.models import Candidate, Delivery, MailAddress, Suppression
from app.security.identity import ANONYMOUS, acting_as
from app.services import mail_addresses, mail_links, newsletter, outbox, regions
from tests.services.cast import CARLA, DAY, HOUR, NOON, NOOR, UTRECHT, ZEKI, beyond_the_wall, logged

ACTIVITIES, NEWSLETTER, INVITATIONS = MailCategory.ACTIVITIES, MailCategory.NEWSLETTER, MailCategory.INVITATIONS
LINK = mail_addresses.BY_LINK


def address(mail: str = "anna@example.test", locale: str = "nl") -> MailAddress:
    return mail_addresses.known(mail, mail.lower(), locale, now=NOON)


def suppressions() -> list[tuple[str, str, str, str]]:
    with beyond_the_wall():
        rows = db.session.scalars(sa.select(Suppression).order_by(Suppression.category))
        return [(row.address_norm, row.category, row.reason, row.source) for row in rows]


def leave(row: MailAddress, category: MailCategory = NEWSLETTER) -> bool:
    return mail_addresses.opt_out(row, category, source=LINK, by=ANONYMOUS, now=NOON)


# -- addresses and links ---------------------------------------------------------------------------------------------------


def test_an_address_has_one_row_however_it_is_written_and_keeps_its_language() -> None:
    first, again = address("Anna@example.test"), mail_addresses.known("anna@EXAMPLE.test", "anna@example.test", "en", now=NOON + HOUR)

    assert (first.id, first.address, first.locale, first.created_at) == (again.id, "Anna@example.test", "nl", NOON)


def test_a_visitor_has_a_row_made_as_well() -> None:
    with acting_as(ANONYMOUS):
        row = address()

        assert mail_addresses.find(row.id) is row


def test_a_link_holds_a_number_and_a_signature_and_nothing_else() -> None:
    token = mail_links.token(7)

    assert (mail_links.read(token), token.count("."), "@" in token) == (7, 1, False)
    assert mail_links.preferences_path(7) == f"/voorkeuren/{token}"
    assert mail_links.unsubscribe_path(7, NEWSLETTER) == f"/afmelden/{token}/nieuwsbrief"


@pytest.mark.parametrize("wrong", ["", "7", "7.x", "Nw.bm90aGluZw", "é", "a" * 5000])
def test_what_we_did_not_sign_is_nobodys_link(wrong: str) -> None:
    assert (mail_links.read(wrong), mail_links.read_newsletter(wrong, now=NOON)) == (None, None)


def test_a_link_for_one_thing_is_worth_nothing_for_another() -> None:
    confirm = mail_links.newsletter_path(7, None, now=NOON).removeprefix("/nieuwsbrief/")

    assert (mail_links.read(confirm), mail_links.read_newsletter(mail_links.token(7), now=NOON)) == (None, None)
    assert mail_links.read(signing.sign("7", "mail-address")) is None


@pytest.mark.parametrize(("after", "read"), [(timedelta(0), (7, 2)), (timedelta(hours=48), (7, 2)), (timedelta(hours=48, seconds=1), None)])
def test_the_newsletter_can_be_confirmed_for_two_days(after: timedelta, read: tuple[int, int] | None) -> None:
    token = mail_links.newsletter_path(7, UTRECHT, now=NOON).removeprefix("/nieuwsbrief/")

    assert mail_links.read_newsletter(token, now=NOON + after) == read


def test_who_is_only_served_cannot_unsubscribe() -> None:
    with pytest.raises(KeyError):
        mail_links.unsubscribe_path(7, MailCategory.SERVICE)


def test_an_address_is_shown_to_who_has_it_and_to_nobody_else() -> None:
    assert [mail_addresses.masked(one) for one in ("fatima@gmail.nl", "a@x.co.uk")] == ["f•••@g•••.nl", "a•••@x•••.uk"]


# -- opting out and in -----------------------------------------------------------------------------------------------------


def test_everything_comes_until_somebody_says_otherwise() -> None:
    assert mail_addresses.categories(address()) == {ACTIVITIES: True, NEWSLETTER: True, INVITATIONS: True}


def test_an_opt_out_is_of_one_kind_once_and_stands_in_the_log_without_the_address() -> None:
    row = address()

    done = [leave(row), leave(row)]

    assert (done, mail_addresses.categories(row)) == ([True, False], {ACTIVITIES: True, NEWSLETTER: False, INVITATIONS: True})
    assert suppressions() == [("anna@example.test", "NEWSLETTER", "unsubscribed", LINK)]
    assert logged() == [("unsubscribe", "suppression", ["newsletter"])]


def test_an_opt_out_is_of_one_address() -> None:
    leave(address())

    assert mail_addresses.categories(address("bram@example.test"))[NEWSLETTER] is True


def test_an_opt_in_takes_the_opt_out_away_and_nothing_else() -> None:
    row = address()
    leave(row)
    mail_addresses.suppress(row.address_norm, reason="550 5.1.1 unknown", source="bounce", now=NOON)

    done = [mail_addresses.opt_in(row, NEWSLETTER, by=ANONYMOUS, now=NOON) for _ in range(2)]

    assert (done, suppressions()) == ([True, False], [("anna@example.test", "", "550 5.1.1 unknown", "bounce")])
    assert [verb for verb, *_ in logged()] == ["unsubscribe", "subscribe"]


def test_an_opt_in_leaves_what_somebody_else_decided() -> None:
    row = address()
    with beyond_the_wall():
        db.session.add(Suppression(address_norm=row.address_norm, category="NEWSLETTER", reason="complaint", source="desk", at=NOON))
        db.session.commit()

    assert (mail_addresses.opt_in(row, NEWSLETTER, by=ANONYMOUS, now=NOON), len(suppressions())) == (False, 1)


def test_choosing_says_what_ended_and_what_came_back() -> None:
    row = address()
    leave(row)

    first = mail_addresses.choose(row, {NEWSLETTER}, source=LINK, by=ANONYMOUS, now=NOON)
    again = mail_addresses.choose(row, {NEWSLETTER}, source=LINK, by=ANONYMOUS, now=NOON)

    assert (first, again) == (([ACTIVITIES, INVITATIONS], [NEWSLETTER]), ([], []))


def test_an_opt_out_does_not_stop_what_the_own_path_needs(anna: Candidate) -> None:
    for category in (ACTIVITIES, NEWSLETTER, INVITATIONS):
        leave(address(), category)

    row = outbox.post("set_out", anna, key="a", now=NOON)

    assert row is not None
    assert (row.state.name, row.reason) == ("QUEUED", None)


# -- an address that mail came back from -----------------------------------------------------------------------------------


def test_the_desk_of_the_candidate_lets_mail_go_to_a_bounced_address_again(anna: Candidate) -> None:
    mail_addresses.suppress("anna@example.test", reason="5.1.1", source="bounce", now=NOON)
    leave(address())

    done = [mail_addresses.try_again(anna, by=NOOR, now=NOON) for _ in range(2)]

    assert (done, [category for _, category, *_ in suppressions()]) == ([True, False], ["NEWSLETTER"])
    assert ("mail_again", "candidate", ["email"]) in logged()


def test_another_desk_does_not(anna: Candidate) -> None:
    mail_addresses.suppress("anna@example.test", reason="5.1.1", source="bounce", now=NOON)

    with acting_as(ZEKI), pytest.raises(NotAllowed):
        mail_addresses.try_again(anna, by=ZEKI, now=NOON)

    assert len(suppressions()) == 1


# -- the newsletter --------------------------------------------------------------------------------------------------------


def mails() -> list[tuple[str, str, str | None]]:
    with beyond_the_wall():
        rows = db.session.scalars(sa.select(Delivery).order_by(Delivery.id))
        return [(row.address, row.state.name, (row.merge or {}).get("confirm")) for row in rows]


def ask(mail: str = "anna@example.test", **more: object) -> None:
    with acting_as(ANONYMOUS):
        newsletter.ask(mail, mail, region_id=UTRECHT, locale="nl", now=more.get("now", NOON))  # type: ignore[arg-type]


def test_asking_mails_a_link_that_confirms_for_the_region_that_was_chosen() -> None:
    ask()

    (address_, state, path) = mails()[0]
    assert (address_, state, path) == ("anna@example.test", "QUEUED", mail_links.newsletter_path(1, UTRECHT, now=NOON))


@pytest.mark.parametrize(("later", "count"), [(timedelta(minutes=1), 1), (timedelta(minutes=59, seconds=59), 1), (HOUR, 2)])
def test_one_address_gets_one_mail_an_hour(later: timedelta, count: int) -> None:
    ask()
    ask(now=NOON + later)

    assert len(mails()) == count


def test_nothing_comes_before_it_is_confirmed_and_confirming_twice_changes_nothing() -> None:
    ask()
    row = mail_addresses.find(1)
    assert row is not None
    before = row.newsletter_at
    with acting_as(ANONYMOUS):
        leave(row)
        for moment in (NOON, NOON + DAY):
            newsletter.confirm(row, UTRECHT, by=ANONYMOUS, now=moment)
    db.session.expire_all()

    with beyond_the_wall():
        kept = db.session.get(MailAddress, 1)
        assert kept is not None
        assert (before, kept.newsletter_at, kept.region_id) == (None, NOON, UTRECHT)
    assert suppressions() == []


@pytest.mark.parametrize(("days", "confirmed", "kept"), [(6, False, True), (8, False, False), (800, True, True)])
def test_an_address_that_nobody_confirmed_is_forgotten_after_a_week(days: int, confirmed: bool, kept: bool) -> None:
    ask()
    row = mail_addresses.find(1)
    assert row is not None
    if confirmed:
        newsletter.confirm(row, None, by=ANONYMOUS, now=NOON)

    newsletter.forget(now=NOON + timedelta(days=days))

    db.session.expunge_all()
    assert (mail_addresses.find(1) is not None) is kept


# -- how messages leave a region -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("mails_a_minute", -1), ("mails_a_minute", 601), ("mailings_a_week", 0), ("mailings_a_week", 8), ("approve_above", 0),
     ("approve_above", 100_001), ("quiet_from", 24), ("quiet_from", 8), ("quiet_until", None)],
)  # fmt: skip
def test_a_region_cannot_send_in_a_way_that_makes_no_sense(field: str, value: int | None) -> None:
    with acting_as(CARLA):
        region = db.session.get(regions.Region, UTRECHT)
        assert region is not None
        setattr(region, field, value)

        with db.session.no_autoflush, pytest.raises(BadInput):
            regions.update(region, by=CARLA, now=NOON)


@pytest.mark.parametrize("hours", [(21, 8), (0, 6), (12, 13), (None, None)])
def test_a_coordinator_sets_how_messages_leave_the_own_region(hours: tuple[int | None, int | None]) -> None:
    with acting_as(CARLA):
        region = db.session.get(regions.Region, UTRECHT)
        assert region is not None
        region.mails_a_minute, region.mailings_a_week, region.approve_above = 0, 7, 1
        region.quiet_from, region.quiet_until = hours

        regions.update(region, by=CARLA, now=NOON)

    assert logged()[-1][1] == "region"
