"""The history of a file, as a tab of its page draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import current_app
from markupsafe import Markup

from app.fab.page import Moment
from tests.views import samples_detail

EVIL = '<script>alert("x")</script>'
LINES = [
    Moment("pencil", Markup("<b>%s</b> (%s) %s") % ("Noor de Vries", EVIL, "wijzigde plaats en telefoon"), "di 24 nov, 14:05"),
    Moment("x", Markup("<b>%s</b> %s") % (EVIL, EVIL), "ma 23 nov, 9:00"),
]
TOLD: dict[str, Any] = {
    "title": "Geschiedenis",
    "total": "1.240",
    "months": [("november 2026", LINES)],
    "older": "/k/1?blad=1",
    "empty": "",
}


def _page(told: dict[str, Any]) -> tuple[str, Callable[[], dict[str, Any]]]:
    def related(**_more: Any) -> str:
        return current_app.jinja_env.get_template("loket/widgets/told.html").render(**told)

    return samples_detail.page(replace(samples_detail.ANNA, timeline=None, groups=()), related)


PAGES = {
    "told": _page(TOLD),
    "told-nothing": _page({**TOLD, "total": "0", "months": [], "older": "", "empty": "Hier is nog niets veranderd."}),
}
