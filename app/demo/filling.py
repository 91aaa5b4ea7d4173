"""Fills a database with the demo, table after table, parents before children."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from app.demo.activities import Activities
from app.demo.articles import fill_articles
from app.demo.candidates import Candidates
from app.demo.feedback import fill_feedback
from app.demo.looks import fill_looks
from app.demo.mail_templates import fill_mail_templates
from app.demo.mailings import fill_mailings
from app.demo.notifications import fill_notifications
from app.demo.offers import Offers
from app.demo.organisations import fill_organisations
from app.demo.people import fill_people
from app.demo.plans import fill_templates
from app.demo.regions import fill_regions
from app.demo.registrations import Registrations
from app.demo.report_templates import fill_report_templates
from app.demo.sessions import MANY
from app.demo.stories import registered
from app.demo.threads import Threads
from app.demo.world import World
from app.demo.writer import Writer
from app.enums import Role
from app.errors import DomainError
from app.models import Region, Setting

Progress = Callable[[str, int, int], None]
FATIMA = 1  # the story candidate who can sign in


def fill_all(connection: sa.Connection, *, candidates: int, seed: int, now: datetime, progress: Progress | None) -> dict[str, int]:
    """What app.demo.fill promises."""
    if now.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    _refuse_a_filled_one(connection)
    world, writer = World(seed=seed, now=now, candidates=candidates), Writer(connection)
    fill_regions(world, writer)
    fill_organisations(world, writer)
    staff = fill_people(world, writer)
    fill_articles(world, writer)
    fill_report_templates(world, writer)
    fill_mail_templates(world, writer)
    fill_templates(world, writer)
    fill_feedback(world, writer)
    writer.flush()
    everyone = Candidates(world, writer)
    with _without_collector(), writer.indexes_afterwards() if candidates > MANY else nullcontext():
        everyone.fill(progress)
    if candidates >= FATIMA:
        staff.appoint(world.users["fatima@demo.test"], Role.CANDIDATE, world.region("Regio Utrecht").id, candidate_id=FATIMA)
        fill_looks(world, writer, FATIMA)
    fill_notifications(world, writer)
    _fill_activities(world, writer, everyone, progress)
    Offers(world, writer, everyone.pool).fill(FATIMA if candidates >= FATIMA else None)
    Threads(world, writer).fill(FATIMA if candidates >= FATIMA else None)
    fill_mailings(world, writer)
    writer.add("setting", {"key": "demo", "value": "1"})
    writer.flush()
    writer.move_sequences()
    return dict(writer.counts)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rows hold no cycles; without the search for them a large fill takes a fifth less time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _refuse_a_filled_one(connection: sa.Connection) -> None:
    for column in (Region.id, User.id, Setting.key):
        query = sa.select(column).limit(1)
        if column is Setting.key:
            query = query.where(Setting.key == "demo")
        if connection.execute(query).first() is not None:
            raise DomainError("This database is not empty; the demo fills only a new one, so give it another LOKET_DATABASE_URL.")


def _fill_activities(world: World, writer: Writer, everyone: Candidates, progress: Progress | None) -> None:
    drafts = Activities(world).draft()
    forced = {draft.mark: registered(draft.mark) for draft in drafts if draft.mark and world.candidates > 20}
    for done, (draft, rows) in enumerate(Registrations(world, everyone.pool, forced).draw(drafts), 1):
        writer.add("activity", draft.row)
        writer.give_ids("registration", rows)
        writer.extend("registration", rows)
        if done % 500 == 0:
            writer.flush()
    writer.flush()
    if progress:
        progress("activity", len(drafts), len(drafts))
