"""Matches: candidates and the schools or programmes that may fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField, validators

from app.adapters import clock
from app.enums import ACCEPTED_MATCHES, MatchParty, MatchState
from app.fab.forms import EnumField
from app.fab.interface import LoketInterface
from app.fab.page import FactGroup, Link
from app.fab.view import LoketView
from app.models import Match, Organisation, Programme
from app.security.identity import person
from app.services import matches
from app.views.alternatives import after_match
from app.views.base import LABELS, organisations_in_use
from app.views.history import GebeurtenissenView


class _Aside:
    """A field that the service reads, not a column of the row."""

    def populate_obj(self, obj: Any, name: str) -> None:
        """The service gets the value."""


class AsideEnum(_Aside, EnumField): ...


class AsideText(_Aside, StringField): ...


class AsideArea(_Aside, TextAreaField): ...


class MatchesView(LoketView):
    datamodel = LoketInterface(Match, eager=("candidate", "organisation", "programme"))
    class_permission_name = "Matches"
    route_base = "/matches"
    list_name = "matches"
    list_title = _l("Matches")
    add_title = _l("Propose match")
    edit_title = _l("Move match")
    show_title = _l("Match")
    add_submit = _l("Propose match")
    submit = _l("Save match")
    empty = _l("There are no matches yet.")
    base_order = ("created_at", "desc")
    list_columns = ["candidate", "organisation", "programme", "state", "state_at"]
    more_columns = ("created_at",)
    relative = frozenset({"state_at", "created_at"})
    card_columns = ("state", "organisation", "state_at")
    order_columns = ["created_at", "state_at"]
    search_columns = ["state", "organisation", "programme", "created_at", "state_at", "fell_through_by"]
    export_columns = ("candidate", "organisation", "programme", "state", "state_at", "fell_through_by", "fell_through_reason", "created_at")
    not_missed = frozenset({"programme", "fell_through_by", "fell_through_reason", "back_in_pool"})
    show_groups = (
        (_l("Match"), ("candidate", "organisation", "programme", "state", "state_at", "created_at")),
        (_l("Fell through"), ("fell_through_by", "fell_through_reason", "back_in_pool")),
    )
    add_groups = ((_l("Match"), ("candidate", "organisation", "programme")),)
    edit_groups = (
        (_l("Match"), ("state",)),
        (_l("When it falls through"), ("fell_through_by", "fell_through_reason", "back_in_pool")),
    )
    include_route_methods = LoketView.include_route_methods - {"delete"}
    leads = {
        "fell_through_by": _l("Only when this match stops: who stops, and why."),
    }
    required = frozenset({"candidate"})
    capabilities = {"add": "move_stage", "edit": "move_stage", "export": "export"}
    field_options = {
        "organisation": {"where": organisations_in_use, "order": Organisation.name},
        "programme": {
            "where": lambda: [Programme.active.is_(True)],
            "order": Programme.name,
            "called": lambda row: " · ".join(filter(None, (row.name, str(row.organisation or "")))),
            "load": (Programme.organisation,),
        },
    }
    label_columns = {
        **LABELS,
        "fell_through_by": _l("By whom"),
        "fell_through_reason": _l("Reason"),
        "back_in_pool": _l("Available again"),
    }
    related_views = [GebeurtenissenView]

    def form_field(self, name: str) -> Any:
        if name == "state":
            return AsideEnum(self.label_columns[name], [validators.InputRequired()], of=MatchState)
        if name == "fell_through_by":
            return AsideEnum(self.label_columns[name], [validators.Optional()], of=MatchParty)
        if name == "fell_through_reason":
            told = _l("The candidate can read this.")
            checks = [validators.Optional(), validators.Length(max=200)]
            return AsideArea(self.label_columns[name], checks, description=told, render_kw={"rows": 3})
        return super().form_field(name)

    def prefill(self, form: Any) -> None:
        form.candidate.suggest(request.args.get("candidate", ""))
        for name in ("organisation", "programme"):
            if name in form._fields and (key := request.args.get(name)):
                form[name].data = self.related_row(name, key)

    def fact_groups(self, row: Match) -> Iterator[FactGroup]:
        yield from super().fact_groups(row)
        yield from after_match(row)

    def links_for(self, row: Match) -> Sequence[Link]:
        """An organisation writes to a candidate once both have said yes."""
        may = row.state in ACCEPTED_MATCHES and self.appbuilder.sm.has_access("can_match", "Berichten")
        return (Link(gettext("Write a message"), url_for("BerichtenView.write_to_match", number=row.id), "mail", "first"),) if may else ()

    def name_of(self, row: Match) -> str:
        return " · ".join(filter(None, (self.number_of(row), str(row.organisation or ""))))

    def create(self, row: Match, form: Any) -> None:
        matches.propose(row, by=person(), now=clock.now())

    def change(self, row: Match, form: Any, fields: Sequence[str]) -> None:
        if form.state.data is row.state:
            return
        matches.move(
            row,
            form.state.data,
            reason=form.fell_through_reason.data,
            party=form.fell_through_by.data,
            back_in_pool=form.back_in_pool.data,
            by=person(),
            now=clock.now(),
        )

    def option_query(self, name: str) -> Any:
        query = super().option_query(name)
        if name == "organisation":
            return query.where(Organisation.id.in_(sa.select(Match.organisation_id)))
        return query
