"""Preparing, sending and answering a handover through its pages."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.enums import ConsentEvent, HandoverState, Holder, Role
from app.models import (
    AdviceSession,
    Consent,
    Handover,
    Membership,
    Task,
)
from tests.security import world
from tests.site import Site, hidden, post

SCRIPT = "<script>alert('x')</script>"
UTRECHT, ROTTERDAM, NATIONAL = world.UTRECHT, world.ROTTERDAM, world.NATIONAL


def new_file(site: Site, region: int = UTRECHT, number: str = "K-990001", **values: Any) -> int:
    """A candidate with a name that stands nowhere else."""
    facts = {"name": "Zwaantje Verhulst", "motivation": f"Ik wil lesgeven {SCRIPT}", "email": "zwaantje@voorbeeld.test"}
    with site.rows() as session:
        row = world.new_file(session, region, number, **{**facts, **values})
        task = {"title": "Bellen", "holder": Holder.DESK, "due_on": world.clock.day(world.NOW), "created_at": world.NOW}
        session.add(m_task := Task(**world.of(row), **task))
        talk = {"held_at": world.NOW, "created_at": world.NOW, "summary": "Wat we afspraken", "notes": "Alleen voor ons bureau"}
        session.add(AdviceSession(**world.of(row), in_region_id=region, **talk))
        session.flush()
        assert m_task.id
        return int(row.id)


def begin(browser: FlaskClient, number: str = "K-990001", *, to: int = ROTTERDAM, question: str = "Kun jij verder helpen?") -> int:
    """Prepare a handover; its key."""
    page = browser.get(f"/overdrachten/add?candidate={number}").text
    made = post(browser, "/overdrachten/add", {**hidden(page), "candidate": number, "to_region": str(to), "question": question})
    assert made.status_code == 302, made.text
    return int(made.headers["Location"].rpartition("/")[2])


def refer(site: Site, browser: FlaskClient, number: str = "K-990001") -> int:
    """Prepare a referral to the institute of the demo's study adviser."""
    page = browser.get(f"/doorverwijzingen/add?candidate={number}").text
    with site.rows() as session:
        to = session.scalar(sa.select(Membership.organisation_id).where(Membership.role == Role.STUDY_ADVISER).order_by(Membership.id))
    made = post(browser, "/doorverwijzingen/add", {**hidden(page), "candidate": number, "organisation": str(to)})
    assert made.status_code == 302, made.text
    return int(made.headers["Location"].rpartition("/")[2])


def seen(site: Site, key: int) -> Any:
    """The handover as it is stored."""
    with site.rows() as session:
        row = session.get(Handover, key)
        session.expunge(row)
        return row


def press(site: Site, browser: FlaskClient, verb: str, key: int, screen: str = "overdrachten", **data: Any) -> TestResponse:
    """One step on the version that stands there now."""
    return post(browser, f"/{screen}/{verb}/{key}", {"version": str(seen(site, key).version), **data})


def sent(site: Site, browser: FlaskClient, key: int, screen: str = "overdrachten") -> int:
    press(site, browser, "toestemming", key, screen, channel="PHONE")
    press(site, browser, "versturen", key, screen)
    assert seen(site, key).state is HandoverState.SENT
    return key


def states(site: Site, key: int) -> HandoverState:
    return seen(site, key).state  # type: ignore[no-any-return]


def withdraw(site: Site, key: int) -> None:
    """What the candidate does in the own place."""
    with site.rows() as session:
        given = session.get(Consent, session.get(Handover, key).consent_id)
        facts = {name: getattr(given, name) for name in ("candidate_id", "region_id", "purpose", "organisation_id", "channel")}
        session.add(Consent(**facts, event=ConsentEvent.WITHDRAWN, at=world.NOW, text_version="1.nl", text_sha256="0" * 64))
