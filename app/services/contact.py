"""One spelling for e-mail addresses and telephone numbers, by which duplicates are found; and a look-out for BSNs."""

from __future__ import annotations

import re

import phonenumbers

LONGEST_EMAIL = 254
_ADDRESS = re.compile(r"[^\s@<>,;\"()]+@(?:[\w-]+\.)+[\w-]{2,}")
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_NINE_DIGITS = re.compile(r"(?<![\d+])(?<!\+31 )(\d{9}|\d{4}\.\d{2}\.\d{3})(?!\d)")


def without_addresses(text: str) -> str:
    """A text of a machine, such as the answer of a mail server, with … for each e-mail address in it."""
    return _ADDRESS.sub("…", text)


def normalise_email(text: str | None) -> str | None:
    """The address as it is compared: lower case; at Gmail also without dots and +tags. None for what is no address."""
    address = (text or "").strip().lower()
    if len(address) > LONGEST_EMAIL or not _ADDRESS.fullmatch(address):
        return None
    name, domain = address.split("@")
    if domain in _GMAIL:
        name, domain = name.partition("+")[0].replace(".", ""), "gmail.com"
    return f"{name}@{domain}" if name else None


def normalise_phone(text: str | None) -> str | None:
    """The number in E.164 (+31612345678); without a country it is Dutch. None for what is no telephone number."""
    try:
        number = phonenumbers.parse(text or "", "NL")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def looks_like_bsn(text: str | None) -> bool:
    """The text holds nine digits that pass the eleven-test of a burgerservicenummer. A telephone number may, by chance."""
    return any(_passes_eleven_test(run.replace(".", "")) for run in _NINE_DIGITS.findall(text or ""))


def _passes_eleven_test(digits: str) -> bool:
    """9·a + 8·b + … + 2·h − i is a multiple of eleven (https://nl.wikipedia.org/wiki/Burgerservicenummer)."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return int(digits) > 0 and sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11 == 0
