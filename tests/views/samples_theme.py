"""The page of a region's logo, and a page of somebody who chose a theme in a region with a look of its own."""

from __future__ import annotations

from typing import Any

from app.fab.page import Me

EVIL = '<script>alert("x")</script>'
NOOR = Me(
    "Noor de Wit", "adviseur", "Regio Utrecht", region="Regio Utrecht", theme="dark", style="/region/2.css?v=1", logo="/region/2/logo?v=1"
)
LOGO: dict[str, Any] = {
    "me": NOOR,
    "title": f"Logo van {EVIL}",
    "name": EVIL,
    "address": "/region/2/logo?v=1",
    "error": "Dit is geen afbeelding.",
    "back_url": "/beheer/regios/show/2",
}

PAGES: dict[str, tuple[str, Any]] = {
    "logo": ("loket/region_logo.html", lambda: LOGO),
    "logo-none": ("loket/region_logo.html", lambda: {**LOGO, "address": "", "error": ""}),
}
