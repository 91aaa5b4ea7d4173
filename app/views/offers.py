"""Klaarzetten: choosing what to set out for a candidate, seeing whether it was read, and the candidate's page to read it on."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from sqlalchemy.exc import IntegrityError

from app.adapters import clock
from app.enums import OfferKind
from app.errors import DomainError
from app.extensions import db
from app.fab import choosing, editing
from app.fab.arguments import ListArguments
from app.fab.badges import mark
from app.fab.interface import LoketInterface
from app.fab.listing import RELATED_ROWS, list_page
from app.fab.plain import LoketPage
from app.fab.shown import moment, paragraphs
from app.fab.view import LoketView
from app.models import Candidate, Offer
from app.queries import offers as queries
from app.queries.offers import Thing
from app.security.identity import person
from app.services import log, offers
from app.views import offer_words as words
from app.views.base import LABELS

AT_ONCE = 20  # choices on the page of one kind
NAME = "klaargezet"
NOTE = "note:"
SHARE_OVER = timedelta(days=90)


class KlaargezetView(LoketView):
    datamodel = LoketInterface(Offer, eager=("candidate", "article", "organisation", "programme.organisation", "activity", "adviser"))
    class_permission_name = "Klaargezet"
    route_base = "/klaargezet"
    list_name = NAME
    list_title = _l("Set out")
    show_title = _l("Set out")
    empty = _l("Nothing is set out yet.")
    list_template = "loket/offers.html"
    base_order = ("offered_at", "desc")
    list_columns = ["thing", "candidate", "kind", "read_at", "adviser", "offered_at"]
    card_columns = ("candidate", "kind", "read_at")
    order_columns = ["offered_at"]
    search_columns = ["kind", "adviser", "offered_at", "withdrawn_at"]
    relative = frozenset({"offered_at"})
    include_route_methods = {"list", "show", "options", "withdraw"}
    method_permission_name = {"options": "list", "withdraw": "add"}
    capabilities = {"withdraw": "move_stage"}
    show_groups = ((_l("Set out"), ("candidate", "thing", "kind", "note", "read_at", "adviser", "offered_at", "withdrawn_at")),)
    label_columns = {
        **LABELS,
        "thing": _l("What"),
        "read_at": _l("Read"),
        "note": _l("Note"),
        "adviser": _l("Set out by"),
        "offered_at": _l("Set out on"),
        "withdrawn_at": _l("Withdrawn"),
    }

    def render_template(self, template: str, **values: Any) -> Any:
        """Above the list: how much of it was read."""
        if template == self.list_template:
            values["share"] = queries.share_read(clock.now() - SHARE_OVER)
        return super().render_template(template, **values)

    def related_widget(self, parent: Any, row: Any) -> Any:
        """The tab of a candidate, with the way to set out more."""
        arguments = ListArguments(type(self).__name__, size=RELATED_ROWS)
        found, total = self.rows(arguments, [self.belongs_to(parent, row)])
        table = list_page(self, arguments, found, total, related=True, without="candidate")
        if may_set_out(row):
            table = dataclasses.replace(table, add_url=way_to(row), add_label=gettext("Set something out"))
        return self.list_widget(table=table, csrf="", appbuilder=self.appbuilder)

    def name_of(self, row: Offer) -> str:
        return words.title_of(row)

    def may_row(self, verb: str, row: Offer, by: Any) -> bool:
        return verb != "withdraw" or row.withdrawn_at is None

    def actions_for(self, row: Offer) -> Sequence[tuple[str, str]]:
        return ((gettext("Withdraw"), self.address("withdraw", pk=row.id)),) if self.may("withdraw", row) else ()

    @expose("/terugnemen/<pk>", methods=["POST"])
    @has_access
    def withdraw(self, pk: str) -> Any:
        """Take it back; the second click changes nothing."""
        row = self.found(pk)
        with editing.doorway():
            offers.withdraw(row, by=person(), now=clock.now())
        flash(gettext("Withdrawn. The candidate does not see it any more."), "success")
        return redirect(self.address("show", pk=row.id))

    def cell_thing(self, row: Offer) -> Any:
        title, url = words.title_of(row), words.page_of(row)
        return Markup('<a href="%s">%s</a>') % (url, title) if url else title

    def cell_note(self, row: Offer) -> Any:
        return paragraphs(row.note)

    def cell_kind(self, row: Offer) -> Any:
        return words.kind_of(row)

    def cell_read_at(self, row: Offer) -> Any:
        """When the candidate opened it first."""
        if row.withdrawn_at is not None:
            return mark("archive", "plain", gettext("taken back"))
        if row.read_at is None:
            return mark("clock", "plain", gettext("not read yet"))
        return mark("eye-check", "good", gettext("read %(when)s", when=moment(row.read_at)))


def may_set_out(row: Candidate) -> bool:
    by = person()
    return by.has_files and by.can("move_stage", row.region_id)


def way_to(row: Candidate) -> str:
    """Where something is set out for this candidate."""
    return url_for("KlaarzettenView.choose", number=row.id)


class KlaarzettenView(LoketPage):
    """Choosing what to set out, and for whom."""

    route_base = "/klaarzetten"
    class_permission_name = "Klaargezet"
    method_permission_name = dict.fromkeys(("choose", "for_whom"), "add")

    @expose("/voor")
    @has_access
    def for_whom(self) -> Any:
        """From the page of a thing: ask for which candidate it is."""
        asked, problem = request.args.get("candidate", "").strip().upper(), ""
        thing = Thing.read(request.args.get("ding", ""))
        if asked:
            row = db.session.scalar(sa.select(Candidate).where(Candidate.number == asked[:20]))
            if row is not None:
                return redirect(url_for("KlaarzettenView.choose", number=row.id, ding=str(thing)))
            problem = gettext("There is no candidate with this number in your region. It looks like K-204173.")
        return self.render_template(
            "loket/offer_for.html",
            title=gettext("Set out for…"),
            thing=thing,
            asked=asked,
            problem=problem,
            options_url=url_for("TakenView.options", name="candidate", voor=choosing.FOR_FORM),
        )

    @expose("/<int:number>", methods=["GET", "POST"])
    @has_access
    def choose(self, number: int) -> Any:
        """Search, put things together, and set them out at once. Every button but the last only draws the page again."""
        row = LoketInterface(Candidate, eager=("region",)).find(str(number))
        if row is None:
            abort(404)
        if not may_set_out(row):
            abort(403)
        source = request.form if request.method == "POST" else request.args
        step, _, on = source.get("step", "").partition(":")
        kind = OfferKind.__members__.get(on if step == "tab" else source.get("kind", ""))
        chosen = dict.fromkeys(Thing.read(text) for text in source.getlist("ding")[: 2 * offers.MOST])
        if step == "add":
            chosen[Thing.read(on)] = None
        if step == "remove":
            chosen.pop(Thing.read(on), None)
        notes = {thing: source.get(f"{NOTE}{thing}", "") for thing in chosen}
        if request.method == "POST" and not step:
            return self._set_out(row, notes, kind)
        return self._page(row, notes, kind)

    def _set_out(self, row: Candidate, notes: dict[Thing, str], kind: OfferKind | None) -> Any:
        target = url_for("KandidatenView.show", pk=row.id, tab=NAME)
        before = editing.made_before()
        if before:
            return redirect(before)
        try:
            with editing.doorway():
                made = offers.set_out(row, notes, by=person(), now=clock.now())
                editing.receipt(target)
        except DomainError as refusal:
            return self._page(row, notes, kind, warning=str(refusal), status=refusal.status)
        except IntegrityError:  # two clicks at once: the other one made it
            return redirect(target)
        flash(gettext("Set out for %(who)s: %(count)s.", who=choosing.candidate_text(row), count=len(made)), "success")
        if len(made) < len(notes):
            flash(gettext("The other things were set out already; they are there once."), "info")
        return redirect(target)

    def _page(self, row: Candidate, notes: dict[Thing, str], kind: OfferKind | None, warning: str = "", status: int = 200) -> Any:
        by, now = person(), clock.now()
        log.read(NAME, "edit", [row.id], by=by, now=now)
        kind = kind or next((thing.kind for thing in notes), OfferKind.ARTICLE)
        search = request.values.get("q", "").strip()[:100]
        there = {Thing.of(offer) for offer in queries.live(row.id)}
        found = queries.choices(kind, row, search, by=by, now=now, size=AT_ONCE + 1)
        basket = queries.on_offer(notes, row, by=by, now=now)
        page = self.render_template(
            "loket/offer_choose.html",
            title=gettext("Set out for %(who)s", who=choosing.candidate_text(row)),
            tabs=[(one.name, words.TABS[one], one is kind) for one in OfferKind],
            kind=kind,
            search=search,
            choices=[words.choice(kind, one, there, notes) for one in found[:AT_ONCE]],
            more=len(found) > AT_ONCE,
            basket=[(thing, words.name_of(thing, basket.get(thing)), thing in there, note) for thing, note in notes.items()],
            longest=offers.LONGEST_NOTE,
            warning=warning,
            key=request.form.get(editing.KEY) or secrets.token_urlsafe(24),
            back_url=url_for("KandidatenView.show", pk=row.id),
            csrf=generate_csrf(),
        )
        return page, status


class MijnKlaargezetView(LoketPage):
    """What was set out, for the candidate to read."""

    route_base = "/mijn/klaargezet"
    class_permission_name = "Klaargezet"
    method_permission_name = {"read": "read"}

    @expose("/<int:number>")
    @has_access
    def read(self, number: int) -> Any:
        """One thing with the adviser's note. That it was opened is noted before it is shown."""
        query = sa.select(Offer).where(Offer.id == number, Offer.candidate_id == person().candidate_id)
        offer = db.session.scalar(query.options(*queries.with_things()))
        if offer is None:
            abort(404)
        there = queries.is_available(offer, clock.now())
        if there:
            offers.read(offer, by=person(), now=clock.now())
        return self.render_template(
            "loket/offer_read.html",
            title=words.title_of(offer) if there else gettext("Not available any more"),
            offer=offer,
            told=words.told(offer) if there else None,
        )
