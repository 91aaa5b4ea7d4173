"""Consent: given and withdrawn, never overwritten, and tied to the very words."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
import sqlalchemy as sa

from app.enums import ConsentChannel, ConsentEvent, ConsentPurpose
from app.errors import BadInput, NotAllowed, NotFound
from app.extensions import db
from app.models import Candidate, Consent, Organisation
from app.security.identity import Identity, acting_as
from app.services import consents
from tests.services.cast import ADA, DAY, HOUR, NOON, NOOR, PROVIDER, SAM, SCHOOL, TODAY, ZEKI, logged, without

PHONE, FINDABLE, SHARE = ConsentChannel.PHONE, ConsentPurpose.FINDABLE, ConsentPurpose.SHARE_REPORTS
# A text never changes: somebody agreed to these words. A new text is a new file with the next number, and a line here.
AS_AGREED = {
    "findable.1.en.md": "176796de2036de7c",
    "findable.1.nl.md": "8a0c53a36648a98e",
    "handover.1.en.md": "b810fdd762a43ceb",
    "handover.1.nl.md": "adf09a21c8ac8923",
    "handover.2.en.md": "6059d9578e4c5e71",
    "handover.2.nl.md": "60ef7c40f6e627b2",
    "messages.1.en.md": "9fbecb52507443ce",
    "messages.1.nl.md": "b7e6ae9991f490e6",
    "referral.1.en.md": "6455f88c10b69cc0",
    "referral.1.nl.md": "d7d76ffd89f7894e",
    "share_reports.1.en.md": "95d2e5e337961ade",
    "share_reports.1.nl.md": "2f513980507db1c2",
    "statistics.1.en.md": "c74411d4df2495eb",
    "statistics.1.nl.md": "8e535f20241e61cb",
}


def organisation(key: int) -> Organisation:
    return db.session.scalars(sa.select(Organisation).where(Organisation.id == key)).one()


def test_no_text_that_somebody_agreed_to_has_changed() -> None:
    stored = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in consents.TEXTS.iterdir()}

    assert stored == AS_AGREED


@pytest.mark.parametrize("purpose", ConsentPurpose)
@pytest.mark.parametrize(("locale", "language"), [("nl", "nl"), ("nl_NL", "nl"), ("fr", "nl"), ("en", "en"), ("en_GB", "en")])
def test_every_purpose_has_its_newest_words_in_both_languages(purpose: ConsentPurpose, locale: str, language: str) -> None:
    text = consents.text_of(purpose, locale)

    newest = {ConsentPurpose.HANDOVER: 2}.get(purpose, 1)
    assert (text.version, text.sha256) == (f"{newest}.{language}", hashlib.sha256(text.words.encode()).hexdigest())
    assert text.words.startswith("# ")


def test_a_consent_keeps_what_was_agreed_to_and_who_wrote_it_down(anna: Candidate) -> None:
    consent = consents.record(anna, FINDABLE, channel=PHONE, by=NOOR, now=NOON)
    db.session.commit()

    text = consents.text_of(FINDABLE, "nl")
    assert (consent.event, consent.text_version, consent.text_sha256) == (ConsentEvent.GIVEN, text.version, text.sha256)
    assert (consent.recorded_by, consent.region_id, consent.channel) == (NOOR.user_id, anna.region_id, PHONE)
    assert consents.live(anna, FINDABLE, now=NOON) is True
    assert logged()[-1][:2] == ("give_consent", "consent")


def test_withdrawing_adds_an_event_and_works_at_once(anna: Candidate) -> None:
    consents.record(anna, FINDABLE, channel=PHONE, by=NOOR, now=NOON)

    consents.withdraw(anna, FINDABLE, channel=ConsentChannel.PAPER, by=NOOR, now=NOON + HOUR)

    assert consents.live(anna, FINDABLE, now=NOON + HOUR) is False
    assert [row.event for row in db.session.scalars(sa.select(Consent).order_by(Consent.id))] == [
        ConsentEvent.GIVEN,
        ConsentEvent.WITHDRAWN,
    ]


def test_the_latest_event_counts(anna: Candidate) -> None:
    consents.record(anna, FINDABLE, channel=PHONE, by=NOOR, now=NOON)
    consents.withdraw(anna, FINDABLE, channel=PHONE, by=NOOR, now=NOON)
    consents.record(anna, FINDABLE, channel=PHONE, by=NOOR, now=NOON)

    assert consents.live(anna, FINDABLE, now=NOON) is True


def test_every_purpose_and_every_organisation_stands_apart(anna: Candidate) -> None:
    consents.record(anna, SHARE, organisation=organisation(SCHOOL), channel=PHONE, by=NOOR, now=NOON)

    assert [
        consents.live(anna, SHARE, organisation(SCHOOL), now=NOON),
        consents.live(anna, SHARE, organisation(PROVIDER), now=NOON),
        consents.live(anna, SHARE, now=NOON),
        consents.live(anna, FINDABLE, now=NOON),
    ] == [True, False, False, False]


def test_a_consent_is_over_after_its_last_day(anna: Candidate) -> None:
    consents.record(anna, FINDABLE, channel=PHONE, expires_on=TODAY + DAY, by=NOOR, now=NOON)

    assert [consents.live(anna, FINDABLE, now=NOON + n * DAY) for n in (0, 1, 2)] == [True, True, False]


@pytest.mark.parametrize(
    ("purpose", "key", "channel", "until", "sentence"),
    [
        (
            SHARE,
            None,
            PHONE,
            None,
            "Sharing reports and a referral are agreed for one organisation; everything else for none in particular.",
        ),
        (
            FINDABLE,
            SCHOOL,
            PHONE,
            None,
            "Sharing reports and a referral are agreed for one organisation; everything else for none in particular.",
        ),
        (FINDABLE, None, ConsentChannel.ONLINE, None, "Online is what candidates do themselves. Choose by telephone or on paper."),
        (FINDABLE, None, PHONE, TODAY, "This consent would be over already. Choose a day after today."),
    ],
)
def test_a_consent_that_cannot_be_is_refused(
    anna: Candidate, purpose: ConsentPurpose, key: int | None, channel: ConsentChannel, until: date | None, sentence: str
) -> None:
    whom = organisation(key) if key else None

    with pytest.raises(BadInput) as refused:
        consents.record(anna, purpose, organisation=whom, channel=channel, expires_on=until, by=NOOR, now=NOON)

    assert str(refused.value) == sentence


def test_what_was_never_given_is_not_withdrawn(anna: Candidate) -> None:
    with pytest.raises(BadInput) as refused:
        consents.withdraw(anna, FINDABLE, channel=PHONE, by=NOOR, now=NOON)

    assert str(refused.value) == "There is no consent to withdraw here."


def test_an_organisation_that_is_not_there_gets_nothing(anna: Candidate) -> None:
    with pytest.raises(NotFound):
        consents.record(anna, SHARE, organisation=Organisation(id=99), channel=PHONE, by=NOOR, now=NOON)


@pytest.mark.parametrize("by", [ZEKI, SAM, ADA, without(NOOR, "see_candidates")])
def test_nobody_else_speaks_for_the_candidate(anna: Candidate, by: Identity) -> None:
    with acting_as(by):
        for verb in (consents.record, consents.withdraw):
            with pytest.raises(NotAllowed):
                verb(anna, FINDABLE, channel=PHONE, by=by, now=NOON)
