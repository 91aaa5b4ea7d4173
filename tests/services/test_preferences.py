"""What somebody likes is kept with the own profile, one thing beside the other."""

from __future__ import annotations

import pytest

from app.errors import NotAllowed
from app.extensions import db
from app.models import UserProfile
from app.security.identity import Identity, acting_as
from app.services import preferences
from tests.services.cast import NOOR, PIET


def kept(user_id: int) -> dict[str, object] | None:
    db.session.expire_all()
    return db.session.get(UserProfile, user_id).preferences


def test_one_preference_stands_beside_the_other() -> None:
    preferences.remember("theme", "dark", by=NOOR)
    preferences.remember("columns", {"KandidatenView": ["stage"]}, by=NOOR)

    assert kept(1) == {"theme": "dark", "columns": {"KandidatenView": ["stage"]}}


def test_a_forgotten_preference_is_gone_and_a_colleague_keeps_the_own() -> None:
    preferences.remember("theme", "dark", by=NOOR)
    with acting_as(PIET):
        preferences.remember("theme", "light", by=PIET)
    preferences.remember("theme", None, by=NOOR)

    assert (kept(1), kept(4)) == ({}, {"theme": "light"})


def test_a_visitor_keeps_nothing() -> None:
    with pytest.raises(NotAllowed):
        preferences.remember("theme", "dark", by=Identity())
