"""Passwords at rest: scrypt, and the list of those that everybody tries first (app/data/common_passwords.txt)."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from werkzeug.security import check_password_hash, generate_password_hash

UNUSABLE = "!"  # no password has this hash
METHOD = "scrypt"
LONGEST_TRY = 1024  # characters; what is longer is no password of ours
_COMMON = Path(__file__).resolve().parent.parent / "data" / "common_passwords.txt"
# Nobody's password, with the cost of a real one: an unknown account takes as long as a known one.
_NOBODY = (
    "scrypt:32768:8:1$W5mOPGTJN4r3b6bL$c68d7fc98a5c70f6e0ddc3a4b8e2a5c1a41f0bc53be6e1b7da6a44f28e1d7a90"
    "5b1fbd22a5b7ce6c1f1f0df65ba3f0a8f2f4bcb1c9e7ad4d0b5fa6a0cfcf2c11"
)


def hash(password: str) -> str:
    """What is kept of a password: salted, slow to guess."""
    return generate_password_hash(_plain(password), method=METHOD)


def is_usable(kept: str | None) -> bool:
    """There is a password behind this hash."""
    return "$" in (kept or "")


def matches(kept: str | None, password: str) -> bool:
    """This is the password behind the hash. Without a usable hash (None, "!") it does the same work and says no."""
    fits = len(password) <= LONGEST_TRY
    known = kept if kept and is_usable(kept) else None
    found = check_password_hash(known or _NOBODY, _plain(password) if fits else "")
    return found and fits and known is not None


@cache
def common() -> frozenset[str]:
    """Well-known passwords of twelve characters and more, in lower case."""
    lines = _COMMON.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _plain(password: str) -> str:
    """The same letters typed on another keyboard give the same password (RFC 8265 uses this form too)."""
    return unicodedata.normalize("NFC", password)
