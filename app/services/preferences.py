"""How somebody likes the program: the theme, the columns of a list. Kept with the profile, so that reading them costs nothing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from app.errors import NotAllowed
from app.extensions import db
from app.models import UserProfile
from app.security.identity import Identity

THEMES = ("auto", "light", "dark")
DIGEST = "digest"  # False: no mail in the morning


def remember(name: str, value: Any, *, by: Identity) -> None:
    """Keep one preference of the person; None forgets it. Raises NotAllowed for somebody without a profile."""
    query = sa.select(UserProfile).where(UserProfile.user_id == by.user_id).with_for_update()
    profile = db.session.scalar(query)
    if profile is None:
        raise NotAllowed(gettext("Sign in first."))
    kept = {key: old for key, old in (profile.preferences or {}).items() if key != name}
    profile.preferences = kept if value is None else {**kept, name: value}
    db.session.flush()


def wants_digest(profile: UserProfile) -> bool:
    """Gets the mail of the morning: everybody who has not switched it off."""
    return bool((profile.preferences or {}).get(DIGEST, True))
