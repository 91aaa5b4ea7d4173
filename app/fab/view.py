"""LoketView: FAB's ModelView with its holes closed, and the only base of a generated screen.

A screen names its model, columns, labels and rules as class attributes (screen.py). Nothing of a request is kept on the view object.
What it does stands in three parts: many rows (view_list.py), one row (view_show.py), forms (view_edit.py).
"""

from __future__ import annotations

from app.fab.view_edit import EditPart
from app.fab.view_list import ListPart
from app.fab.view_show import ShowPart


class LoketView(ListPart, ShowPart, EditPart):
    """A generated screen over one model."""
