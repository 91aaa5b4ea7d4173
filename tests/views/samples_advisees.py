"""What the page of a region's limits looks like."""

from __future__ import annotations

from typing import Any

EVIL = '<script>alert("x")</script>'


def _limits(warning: str = "", regions: int = 1) -> dict[str, Any]:
    return {
        "title": "Termijnen per fase",
        "region": EVIL,
        "regions": [(number, EVIL, number == 1) for number in range(1, regions + 1)],
        "rows": [("EXPLORING", "interesseren", "30", 30, False), ("DECIDING", EVIL, "twaalf", 30, True)],
        "keep": (("region", "1"), ("seen_DECIDING", "12")),
        "changed": bool(warning),
        "warning": warning,
        "bounds": (1, 730),
    }


PAGES = {
    "limits": ("loket/limits.html", _limits),
    "limits-wrong": ("loket/limits.html", lambda: _limits("Schrijf de dagen als een heel getal.", 3)),
}
