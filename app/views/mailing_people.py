"""Ontvangers: who a message to a group is for, one by one: who gets it, who does not and why, what the mail server said."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.enums import DeliveryState
from app.fab.filters import EnumIs, bad_value
from app.fab.interface import LoketInterface
from app.fab.view import LoketView
from app.models import Candidate, Delivery
from app.services import placeholders
from app.views import mailing_page
from app.views.base import LABELS


class _Choice:
    """A placeholder as a choice of a filter."""

    def __init__(self, name: str) -> None:
        self.name, self.label = name, placeholders.PLACEHOLDERS[name].label


class LacksPlaceholder(EnumIs):
    """Candidates for whom a placeholder has nothing to say."""

    def members(self) -> Any:
        return [_Choice(name) for name in placeholders.PLACEHOLDERS]

    def member(self, value: str) -> Any:
        if value not in placeholders.PLACEHOLDERS:
            raise bad_value()
        return _Choice(value)

    def column(self) -> Any:
        return None

    def condition(self, column: Any, value: str) -> Any:
        return Delivery.candidate_id.in_(sa.select(Candidate.id).where(placeholders.lacking(self.member(value).name)))


class OntvangersView(LoketView):
    datamodel = LoketInterface(Delivery, eager=("candidate", "mailing"), worked_out={"lacks": (LacksPlaceholder,)})
    class_permission_name = "Groepsberichten"
    route_base = "/berichten/groep/ontvangers"
    list_name = "ontvangers"
    list_title = _l("Receivers")
    empty = _l("There is nobody with these filters.")
    list_template = "loket/mailing_people.html"
    base_order = ("id", "asc")
    list_columns = ["candidate", "state", "not_sent", "reply", "sent_at"]
    more_columns = ("attempts", "mailing")
    card_columns = ("state", "not_sent", "reply", "sent_at")
    search_columns = ["state", "not_sent", "lacks", "mailing"]
    order_columns = ["sent_at"]
    export_columns = ("candidate_number", "candidate", "state", "not_sent", "reply", "sent_at")
    export_names = {"candidate": "name"}
    show_groups = ()
    capabilities = {"export": "export"}
    include_route_methods = {"list", "options", "export"}
    label_columns = {
        **LABELS,
        "candidate": _l("Receiver"),
        "candidate_number": _l("Number"),
        "state": _l("What became of it"),
        "not_sent": _l("Why not"),
        "reply": _l("Answer of the mail server"),
        "sent_at": _l("Sent"),
        "attempts": _l("Tries"),
        "mailing": _l("Message"),
        "lacks": _l("Nothing known for"),
    }

    def conditions(self) -> list[Any]:
        """Only what belongs to a message to a group."""
        return [Delivery.mailing_id.is_not(None)]

    def related_row(self, name: str, value: str) -> Any:
        return super().related_row(name, value) or gettext("a message that is not here")

    def cell_candidate(self, row: Delivery) -> Any:
        """The candidate; the number of who is elsewhere now; of who signed up on the site the address."""
        return mailing_page.called(row) if row.candidate_id is None else super().cell_candidate(row)

    def cell_reply(self, row: Delivery) -> Any:
        """What the mail server said last; what it said to a mail that arrived is of no use."""
        return None if row.state is DeliveryState.SENT else row.reply or row.reason
