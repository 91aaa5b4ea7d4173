"""The links in a mail that work without signing in. They hold the number of an address and a signature, and name nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.adapters import signing
from app.enums import CHOSEN_CATEGORIES, MailCategory

CONFIRM_WITHIN = timedelta(hours=48)
NAMES: Mapping[MailCategory, str] = dict(zip(CHOSEN_CATEGORIES, ("activiteiten", "nieuwsbrief", "uitnodigingen"), strict=True))
_MAIL, _NEWSLETTER = "mail-address", "newsletter"


def token(address_id: int) -> str:
    """What stands for a MailAddress in the address of a page. It does not expire: an old mail must be able to unsubscribe."""
    return signing.sign(address_id, _MAIL)


def read(token: str) -> int | None:
    """The number behind `token`; None for what is not ours."""
    found = signing.read(token, _MAIL)
    return found if isinstance(found, int) else None


def preferences_path(address_id: int) -> str:
    """Where somebody chooses what to get by mail."""
    return f"/voorkeuren/{token(address_id)}"


def unsubscribe_path(address_id: int, category: MailCategory) -> str:
    """Where one kind of message ends: for the foot of a mail, and for the button of a mail program (RFC 8058).

    Raises KeyError for a category that nobody can leave.
    """
    return f"/afmelden/{token(address_id)}/{NAMES[category]}"


def category_of(name: str) -> MailCategory | None:
    """The category by its name in an address."""
    return next((category for category, known in NAMES.items() if known == name), None)


def newsletter_path(address_id: int, region_id: int | None, *, now: datetime) -> str:
    """Where somebody confirms the newsletter of this region, or of the whole country, for CONFIRM_WITHIN from now."""
    return f"/nieuwsbrief/{signing.sign([address_id, region_id, int(now.timestamp())], _NEWSLETTER)}"


def read_newsletter(token: str, *, now: datetime) -> tuple[int, int | None] | None:
    """The numbers of the address and the region behind a link that confirms the newsletter; None when it is not ours or too old."""
    match signing.read(token, _NEWSLETTER):
        case [int(address_id), (int() | None) as region_id, int(made)] if now.timestamp() <= made + CONFIRM_WITHIN.total_seconds():
            return address_id, region_id
    return None
