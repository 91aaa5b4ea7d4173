"""The words of the demo: names, reasons, reports, activities and articles. All people, schools and institutes are made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def load(name: str) -> Any:
    """The content of one JSON file of this folder."""
    return json.loads((FOLDER / name).read_text("utf-8"))


def words(lines: list[str]) -> tuple[str, ...]:
    """The words or names in lines that divide them by a comma and a space."""
    return tuple(word for line in lines for word in line.split(", "))
