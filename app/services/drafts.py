"""Drafts of forms: kept for their writer alone, forgotten when the form is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext

from app.errors import BadInput
from app.extensions import db
from app.models import Candidate, Draft
from app.security.identity import Identity

LARGEST = 200_000  # bytes of all fields together


def find(form: str, *, by: Identity) -> Draft | None:
    """The person's draft of the form at this address; None as well while its candidate is out of their sight."""
    draft: Draft | None = db.session.scalar(sa.select(Draft).where(Draft.user_id == by.user_id, Draft.form == form))
    if draft is None or draft.candidate_id is None:
        return draft
    return draft if db.session.scalar(sa.select(Candidate.id).where(Candidate.id == draft.candidate_id)) else None


def keep(form: str, content: Mapping[str, Sequence[str]], *, candidate: Candidate | None, by: Identity, now: datetime) -> Draft:
    """Keep what was typed so far, over what was kept before. It goes with the candidate's file: moved, or erased.

    Raises BadInput for more than LARGEST bytes.
    """
    if sum(len(value.encode("utf-8", "replace")) for values in content.values() for value in values) > LARGEST:
        raise BadInput(gettext("This text is too long to keep as a draft. Save it, or make it shorter."))
    draft = db.session.scalar(sa.select(Draft).where(Draft.user_id == by.user_id, Draft.form == form).with_for_update())
    draft = draft or Draft(user_id=by.user_id, form=form)
    draft.candidate_id, draft.region_id = (candidate.id, candidate.region_id) if candidate is not None else (None, None)
    draft.content = {name: list(values) for name, values in content.items()}
    draft.saved_at = now
    db.session.add(draft)
    db.session.flush()
    return draft


def forget(form: str, *, by: Identity) -> None:
    """The form was saved, or its draft is not wanted any more."""
    this = sa.delete(Draft).where(Draft.user_id == by.user_id, Draft.form == form)
    db.session.execute(this, execution_options={"synchronize_session": False})
