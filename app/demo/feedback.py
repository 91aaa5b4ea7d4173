"""What people said about the program in the demo regions, in every state, with answers."""

from __future__ import annotations

import json
from datetime import datetime, time
from zoneinfo import ZoneInfo

from app.demo.content import FOLDER
from app.demo.world import World, moment
from app.demo.writer import Writer
from app.enums import FeedbackKind, FeedbackState, Role


def fill_feedback(world: World, writer: Writer) -> None:
    """Write all items, the oldest first: as with a real one, the day on which it was said is kept and not the minute."""
    rng, clock = world.stream("feedback"), world.clock
    items = json.loads((FOLDER / "feedback.json").read_text("utf-8"))
    for place, item in enumerate(items):
        said = 2 + 4 * (len(items) - place) + int(rng.random() * 3)
        state = FeedbackState[item["state"]]
        created = int(datetime.combine(clock.day(-said), time(), ZoneInfo("Europe/Amsterdam")).timestamp())
        looked_at = clock.ago(1 + int(rng.random() * (said - 1)), 8 + rng.random() * 6)
        row = {
            "id": writer.next_id("feedback"),
            "version": 1 if state is FeedbackState.NEW else 2,
            "region_id": world.region(item["region"]).id,
            "role": Role[item["role"]],
            "screen": item["screen"],
            "kind": FeedbackKind[item["kind"]],
            "text": item["text"],
            "state": state,
            "answer": item.get("answer"),
            "created_at": moment(created),
            "state_at": moment(created if state is FeedbackState.NEW else looked_at),
        }
        writer.add("feedback", row)
