"""What happened lately that the demo accounts should know: enough to fill the bell and its page."""

from __future__ import annotations

from app.demo.world import World, moment
from app.demo.writer import Writer
from app.services.notifications import WORDS

# who, days ago, at which hour (UTC), words, numbers, where it leads, read
TOLD: tuple[tuple[str, int, float, str, dict[str, int], str, bool], ...] = (
    ("noor", 8, 13, "match_fell_through", {}, "/matches/list/", True),
    ("noor", 4, 9, "handover_answered", {}, "/overdrachten/list/", True),
    ("noor", 3, 10.4, "task_planned", {}, "/taken/list/", True),
    ("noor", 1, 9.3, "advisee_given", {}, "/adviesvragers/list/", False),
    ("noor", 1, 14.2, "task_planned", {}, "/taken/list/", False),
    ("noor", 0, 7.7, "message_new", {}, "/berichten/", False),
    ("carla", 5, 15.1, "mailing_done", {"count": 212}, "/berichten/groep/list/", True),
    ("carla", 2, 8.5, "handover_received", {}, "/overdrachten/list/", True),
    ("carla", 1, 11.6, "mailing_asked", {}, "/berichten/groep/list/", False),
    ("carla", 0, 7.2, "handover_received", {}, "/overdrachten/list/", False),
    ("beheer", 6, 12.25, "mail_late", {"minutes": 15}, "/", True),
    ("beheer", 6, 12.6, "mail_well", {}, "/", True),
    ("fatima", 0, 7.9, "message_own", {}, "/mijn/berichten/", False),
)


def fill_notifications(world: World, writer: Writer) -> None:
    """Write all lines, the oldest first."""
    for number, (name, days, hour, words, numbers, path, read) in enumerate(sorted(TOLD, key=lambda line: (-line[1], line[2]))):
        user, at = world.users.get(f"{name}@demo.test"), moment(world.clock.ago(days, hour))
        if user is not None:
            row = {
                "id": writer.next_id("notification"),
                "user_id": user,
                "kind": WORDS[words].kind,
                "words": words,
                "merge": numbers,
                "path": path,
                "at": at,
                "read_at": at if read else None,
                "dedupe_key": f"demo:{number}",
            }
            writer.add("notification", row)
