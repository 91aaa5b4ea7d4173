"""The knowledge base: one Markdown file per article, with a head of `key: value` lines."""

from __future__ import annotations

from typing import Any

from app.demo.content import FOLDER
from app.demo.world import World
from app.demo.writer import Writer
from app.enums import ArticleKind, Sector
from app.models import mask


def read_article(text: str) -> tuple[dict[str, str], str]:
    """The head and the body of one file."""
    head, _, body = text.partition("\n---\n")
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in head.splitlines())}, body.strip()


def fill_articles(world: World, writer: Writer) -> None:
    """Write all articles, in the order of their file names."""
    rng, clock = world.stream("article"), world.clock
    for file in sorted((FOLDER / "articles").glob("*.md")):
        head, body = read_article(file.read_text("utf-8"))
        region = world.region(head["region"]) if "region" in head else None
        author = (region.coordinator if region else None) or world.users["nadia@demo.test"]
        published = 20 + int(rng.random() * 480)
        row: dict[str, Any] = {
            "id": writer.next_id("article"),
            "version": 1,
            "region_id": region.id if region else None,
            "kind": ArticleKind[head.get("kind", "ARTICLE")],
            "title": head["title"],
            "summary": head["summary"],
            "body": body,
            "sectors": mask(Sector, [Sector[name] for name in head.get("sectors", "").split()]),
            "locale": "nl",
            "source": head.get("source"),
            "published_on": clock.working_day(-published),
            "checked_on": clock.working_day(-int(rng.random() * min(published, 150))),
            "author_id": author,
        }
        writer.add("article", row)
