"""Message templates: those of the whole country, and of regions what they adopted or share."""

from __future__ import annotations

from typing import Any

from app.demo.content import load
from app.demo.world import World, moment
from app.demo.writer import Writer
from app.enums import MailCategory
from app.services.mail_templates import CONTENT


def fill_mail_templates(world: World, writer: Writer) -> None:
    """Write them in the order of the file; an adopted one comes after its original. `before` is what the first version said."""
    rng, ids = world.stream("mail_template"), {}
    for one in load("mail_templates.json"):
        region = world.region(one["region"]) if "region" in one else None
        author = (region.coordinator if region else None) or world.users["nadia@demo.test"]
        said = {name: one[name] for name in CONTENT}
        versions = [{**said, "body": one["before"]}, said] if "before" in one else [said]
        first = 200 + int(rng.random() * 150)
        ids[one["name"]] = key = writer.next_id("mail_template")
        days = [first - 120 * place for place in range(len(versions))]
        row: dict[str, Any] = {
            "id": key,
            "version": len(versions),
            "region_id": region.id if region else None,
            "shared": one.get("shared", False),
            "active": True,
            "adopted_from_id": ids[one["adopted"]] if "adopted" in one else None,
            "adopted_version": 1 if "adopted" in one else None,
            "changed_at": moment(world.clock.ago(days[-1], 10)),
        }
        writer.add("mail_template", {**row, **said, "category": MailCategory[one["category"]]})
        for number, (content, ago) in enumerate(zip(versions, days, strict=True), 1):
            what = {"id": writer.next_id("mail_template_version"), "template_id": key, "version": number, "content": content}
            writer.add("mail_template_version", {**what, "at": moment(world.clock.ago(ago, 10)), "by_id": author})
