"""One spelling for addresses and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.contact import looks_like_bsn, normalise_email, normalise_phone


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        (" Anna.de.Vries@Example.test ", "anna.de.vries@example.test"),
        ("a.n.n.a+loket@googlemail.com", "anna@gmail.com"),
        ("Anna@GMAIL.com", "anna@gmail.com"),
        ("anna+loket@example.test", "anna+loket@example.test"),
        ("anna", None),
        ("anna@localhost", None),
        ("anna@@example.test", None),
        ("+tag@gmail.com", None),
        ("a" * 250 + "@example.test", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_has_one_spelling(typed: str | None, compared: str | None) -> None:
    assert normalise_email(typed) == compared


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("06-12345678", "+31612345678"),
        ("+31 (0)6 12 34 56 78", "+31612345678"),
        ("0031612345678", "+31612345678"),
        ("030 234 56 78", "+31302345678"),
        ("+32 470 12 34 56", "+32470123456"),
        ("12", None),
        ("geen", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_has_one_spelling(typed: str | None, compared: str | None) -> None:
    assert normalise_phone(typed) == compared


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Haar bsn is 111222333.", True),
        ("1112.22.333", True),
        ("123456789", False),  # fails the test of eleven
        ("000000000", False),
        ("06 111222333 4", True),
        ("+31111222333", False),
        ("+31 111222333", False),
        ("1112223334", False),
        (None, False),
    ],
)
def test_nine_digits_that_pass_the_test_of_eleven_look_like_a_bsn(text: str | None, is_one: bool) -> None:
    assert looks_like_bsn(text) is is_one


@given(st.text(max_size=80))
def test_nothing_that_is_typed_is_an_error(text: str) -> None:
    email = normalise_email(text)

    normalise_phone(text)
    looks_like_bsn(text)

    assert email is None or normalise_email(email) == email
