"""What a report can begin with: the national templates, and one of a region."""

from __future__ import annotations

from typing import Any

from app.demo.content import load
from app.demo.world import World
from app.demo.writer import Writer
from app.enums import SessionKind
from app.models import mask

OF_UTRECHT = {
    "name": "Inloopspreekuur Utrecht",
    "kinds": ["IN_PERSON", "INTRODUCTION"],
    "summary": "Je was op ons inloopspreekuur.\n\nJe vraag:\n\nWat we je hebben verteld:\n\nWat je nu kunt doen:",
    "notes": None,
}


def fill_report_templates(world: World, writer: Writer) -> None:
    """Write them in the order of the file."""
    utrecht = world.region("Regio Utrecht").id
    for region, one in [*((None, one) for one in load("report_templates.json")), (utrecht, OF_UTRECHT)]:
        kinds = mask(SessionKind, [SessionKind[name] for name in one["kinds"]])
        row: dict[str, Any] = {"id": writer.next_id("report_template"), "version": 1, "region_id": region, "active": True}
        writer.add("report_template", {**row, "name": one["name"], "kinds": kinds, "summary": one["summary"], "notes": one["notes"]})
