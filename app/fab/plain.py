"""LoketPage: the base of a screen that FAB cannot generate."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_appbuilder import BaseView

from app.fab.view import LoketView


class LoketPage(BaseView):
    """A page of our own under FAB's permissions. `class_permission_name` names the screen in security/roles.py."""

    default_view = "index"

    def screen(self, name: str) -> Any:
        """Another registered screen by its class name, or None."""
        return next((view for view in self.appbuilder.baseviews if type(view).__name__ == name and isinstance(view, LoketView)), None)


def back() -> str:
    """The page that the form stood on, on this host; else home."""
    referrer = request.referrer or ""
    return referrer if referrer.startswith(request.host_url) else url_for("HomeView.index")
