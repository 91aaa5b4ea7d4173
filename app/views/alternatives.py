"""Where else somebody may fit, as facts on the page of a match that fell through and of the task that follows from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from app.adapters import clock
from app.enums import MatchState, TaskKind
from app.extensions import db
from app.fab.page import Fact, FactGroup
from app.models import Match, Task
from app.queries import alternatives
from app.queries.alternatives import Alternative
from app.security.identity import person

RECENT = timedelta(days=30)


def after_match(match: Match) -> tuple[FactGroup, ...]:
    """For the desk: what else there is, once a match fell through."""
    if match.state is not MatchState.FELL_THROUGH or not person().has_files or match.candidate is None:
        return ()
    facts = tuple(_fact(one, match.candidate.number) for one in alternatives.of(db.session, match))
    return (FactGroup(gettext("This may fit as well"), facts),) if facts else ()


def after_task(task: Task) -> tuple[FactGroup, ...]:
    """For the desk: the same with an open follow-up of somebody whose match fell through lately."""
    if task.kind is not TaskKind.FOLLOW_UP or task.done_at is not None or not person().has_files:
        return ()
    match = alternatives.latest_fallen(db.session, task.candidate_id, clock.now() - RECENT)
    return after_match(match) if match is not None else ()


def _fact(one: Alternative, number: str) -> Fact:
    chosen: dict[str, Any] = {"candidate": number, "organisation": one.organisation.id}
    if one.programme is not None:
        chosen["programme"] = one.programme.id
    name = str(one.programme) if one.programme is not None else str(one.organisation)
    common = [gettext("route")] * one.same_route + [gettext("sector")] * one.same_sector
    where = str(one.organisation) if one.programme is not None else one.organisation.place or ""
    why = " · ".join(filter(None, (where, gettext("fits by: %(what)s", what=", ".join(common)))))
    propose = Markup('<a href="%s">%s<span class="visually-hidden">: %s</span></a>')
    return Fact(name, Markup("%s<br>%s") % (why, propose % (url_for("MatchesView.add", **chosen), gettext("Propose match"), name)))
