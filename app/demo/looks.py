"""Who looked at the file of the story candidate who can sign in: enough to show what such a page looks like."""

from __future__ import annotations

import sqlalchemy as sa

from app.demo.world import World, moment
from app.demo.writer import Writer
from app.enums import Role
from app.models import PersonToken, ReadEvent, ReadSubject

# days ago, hour (UTC), who, role, screen, channel; the same line twice is somebody who looked twice
LOOKS = (
    (58, 9, "noor@demo.test", Role.ADVISER, "kandidaten", "show"),
    (58, 9, "noor@demo.test", Role.ADVISER, "kandidaten", "contact"),
    (41, 13, "carla@demo.test", Role.COORDINATOR, "kandidaten", "list"),
    (12, 8, "noor@demo.test", Role.ADVISER, "kandidaten", "show"),
    (12, 10, "noor@demo.test", Role.ADVISER, "kandidaten", "show"),
    (11, 14, "hr@demo.test", Role.SCHOOL, "kandidaten", "show"),
    (4, 9, "noor@demo.test", Role.ADVISER, "kandidaten", "edit"),
)


def fill_looks(world: World, writer: Writer, candidate: int) -> None:
    """Write the looks, the oldest first. Plain inserts: these tables are sealed row by row."""
    region = world.region("Regio Utrecht")
    token = writer.connection.scalar(sa.select(PersonToken.token).where(PersonToken.candidate_id == candidate))
    for days, hour, user, role, screen, channel in LOOKS:
        place = {"actor_region_id": region.id, "actor_organisation_id": region.boards[0] if role is Role.SCHOOL else None}
        who = {"actor_id": world.users[user], "actor_role": role, **place}
        event = sa.insert(ReadEvent).values(at=moment(world.clock.ago(days, hour)), screen=screen, channel=channel, **who)
        key = writer.connection.execute(event.returning(ReadEvent.id)).scalar_one()
        writer.connection.execute(sa.insert(ReadSubject).values(token=token, event_id=key))
    writer.counts["read_event"] += len(LOOKS)
