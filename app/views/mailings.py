"""Groepsberichten: writing to a list of candidates, looking who gets it, sending it, and watching it go."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, flash, g, redirect, request
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf

from app.adapters import clock
from app.enums import DeliveryState, MailCategory, MailingState
from app.errors import BadInput, IllegalTransition, NotFound, Stale
from app.extensions import db
from app.fab import drafting, editing
from app.fab.editing import seen_version
from app.fab.interface import LoketInterface, beside_of
from app.fab.shown import number
from app.fab.view import LoketView
from app.models import Candidate, Delivery, Mailing
from app.security.fields import may_see
from app.security.identity import Identity, person
from app.services import drafts, mailings
from app.views import mailing_audience, mailing_form, mailing_page, message_form
from app.views.base import LABELS
from app.views.dev_mail import framed
from app.views.mailing_people import OntvangersView

S = MailingState
NUMBERS = 6  # digits of a place in a list of receivers
_RUNNING = (S.SENDING, S.PAUSED)
_SETTLED = (*_RUNNING, S.DONE)
# When a step fits. Only the author goes on with a draft: a list such as "my advisees" is another one for a colleague.
FITS: Mapping[str, tuple[S, ...]] = {
    "edit": (S.DRAFT,),
    "delete": (S.DRAFT,),
    "prepare": (S.DRAFT,),
    "test": (S.DRAFT,),
    "start": (S.DRAFT,),
    "approve": (S.ASKED,),
    "refuse": (S.ASKED,),
    "pause": (S.SENDING,),
    "resume": (S.PAUSED,),
    "cancel": (S.ASKED, *_RUNNING),
    "retry": _SETTLED,
    "resolve": _SETTLED,
    "copy": tuple(S),
}
OF_AUTHOR = frozenset({"edit", "delete", "prepare", "test", "start"})
OF_ANOTHER = frozenset({"approve", "refuse"})


class GroepsberichtenView(LoketView):
    datamodel = LoketInterface(Mailing, eager=("region", "organisation", "author", "approver"))
    class_permission_name = "Groepsberichten"
    route_base = "/berichten/groep"
    list_name = "groepsberichten"
    list_title = _l("Group messages")
    add_title = _l("Message to a group")
    edit_title = _l("Edit message")
    show_title = _l("Message to a group")
    submit = _l("Look who gets it")
    empty = _l("There are no messages to groups yet. Begin one in a list of candidates: choose who, then “Message these people”.")
    search_label = _l("Search by subject")
    search_over = ("subject",)
    base_order = ("created_at", "desc")
    list_columns = ["subject", "state", "category", "audience", "counts", "author", "send_after", "region"]
    more_columns = ("created_at", "started_at", "finished_at")
    card_columns = ("state", "counts", "author", "send_after")
    in_several_regions = frozenset({"region"})
    relative = frozenset({"created_at", "started_at", "finished_at"})
    order_columns = ["created_at", "send_after", "subject"]
    search_columns = ["state", "category", "author", "send_after", "region", "subject"]
    add_groups = (
        (_l("What it is about"), ("screen", "query", "template", "category")),
        (_l("Message"), ("subject", "body")),
        (_l("In English, for who reads that"), ("subject_en", "body_en")),
    )
    edit_groups = ((_l("What it is about"), ("template", "category")), *add_groups[1:])
    add_template = edit_template = "loket/mailing_form.html"
    previews = dict.fromkeys(("body", "body_en"), message_form.preview)
    capabilities = dict.fromkeys(("add", "preview", *FITS), "send_mailing")
    include_route_methods = LoketView.include_route_methods - {"export"} | set(FITS) | {"short", "preview", "progress"}
    method_permission_name = {"options": "list", "short": "show", "preview": "show", "progress": "show", **dict.fromkeys(FITS, "add")}
    verbs = tuple(FITS)
    logs_reads = False  # names nobody; who it is for stands in the list of receivers, which is logged
    label_columns = {
        **LABELS,
        **message_form.LABELS,
        "template": _l("Begin with a template"),
        "category": _l("About"),
        "audience": _l("For whom"),
        "counts": _l("How far"),
        "author": _l("Written by"),
        "send_after": _l("Not before"),
        "started_at": _l("Started"),
        "finished_at": _l("Ended"),
        "screen": _l("List"),
        "query": _l("For whom"),
    }

    def form_field(self, name: str) -> Any:
        return mailing_form.field_of(name, self.label_columns[name]) or super().form_field(name)

    # -- what may be done --

    def may_row(self, verb: str, row: Mailing, by: Identity) -> bool:
        if verb in ("edit", "delete") and row.state is not S.DRAFT:
            return False
        mine = row.created_by == by.user_id
        return mine if verb in OF_AUTHOR else not (mine and verb in OF_ANOTHER)

    def fits(self, verb: str, row: Mailing) -> bool:
        """The step can be done in this state."""
        return row.state in FITS[verb]

    # -- the list --

    def beside(self) -> Mapping[str, Any]:
        ended = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.CANCELLED)
        mailed = sa.select(sa.func.count()).where(Delivery.mailing_id == Mailing.id, Delivery.state != DeliveryState.SUPPRESSED)
        return {"mailed": mailed.scalar_subquery(), "handled": mailed.where(Delivery.state.in_(ended)).scalar_subquery()}

    def cell_counts(self, row: Mailing) -> Any:
        """So many of so many; of a draft how many it would be."""
        mailed, handled = (number(beside_of(row, name) or 0) for name in ("mailed", "handled"))
        if row.state in (S.DRAFT, S.ASKED):
            return gettext("for %(total)s", total=mailed)
        return gettext("%(done)s of %(total)s", done=handled, total=mailed)

    def fixed_views(self) -> Sequence[tuple[str, str]]:
        states = (S.DRAFT, S.ASKED, S.SENDING)
        return [(str(state.label).capitalize(), f"_flt_0_state={state.name}") for state in states]

    # -- writing --

    @expose("/nieuw", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        self.require("add")
        mailing_audience.one_region()
        begun = "screen" in request.args or drafts.find(drafting.address(), by=person()) is not None
        if request.method == "GET" and not begun:
            lists = [(str(view.list_title), view.address("list")) for view in self._lists()]
            newsletter = self.address("add", screen=mailing_audience.SUBSCRIBERS, query="")
            return self.render_template("loket/mailing_whom.html", title=gettext("Message to a group"), lists=lists, newsletter=newsletter)
        return editing.add(self)

    def _lists(self) -> Iterator[Any]:
        for name in mailing_audience.LISTS:
            try:
                yield mailing_audience.screen_of(name)
            except BadInput:
                continue

    @expose("/kopie/<pk>", methods=["GET", "POST"])
    @has_access
    def copy(self, pk: str) -> Any:
        """Write a new one that begins as this one was, for the same list as it is now."""
        self.require("copy", self.found(pk))
        mailing_audience.one_region()
        return editing.add(self)

    def prefill(self, form: Any) -> None:
        if request.view_args:
            row = self.found(request.view_args["pk"])
            for field in form:
                if field.name in row.__mapper__.column_attrs:
                    field.data = getattr(row, field.name)
        elif form.screen.data == mailing_audience.SUBSCRIBERS:
            form.category.data = MailCategory.NEWSLETTER
        mailing_audience.of(form.screen.data or "", form.query.data or "")  # refuses a list that is none

    def fill(self, form: Any, name: str) -> None:
        mailing_form.fill(form, name)

    def create(self, row: Mailing, form: Any) -> None:
        by, now, audience = person(), clock.now(), mailing_audience.of(form.screen.data or "", form.query.data or "")
        row.region_id, row.organisation_id = mailing_audience.one_region(), min(by.organisation_ids, default=None)
        row.screen, row.query, row.audience = audience.screen, audience.query, audience.words
        row.template_id = form.template.data.id if form.template.data is not None else None
        row.idem_key = request.form.get(editing.KEY, "")[:64] or secrets.token_urlsafe(24)
        mailings.write(row, by=by, now=now)
        mailings.prepare(row, audience.select, by=by, now=now)

    def change(self, row: Mailing, form: Any, fields: Sequence[str]) -> None:
        by, now = person(), clock.now()
        mailings.write(row, by=by, now=now)
        mailings.prepare(row, mailing_audience.of(row.screen, row.query).select, by=by, now=now)

    def remove(self, row: Mailing) -> None:
        mailings.remove(row, by=person(), now=clock.now())

    # -- the page --

    @expose("/<int:number>")
    @has_access
    def short(self, number: int) -> Any:
        """The short address of a page, for what leads to it from elsewhere."""
        return redirect(self.address("show", pk=self.found(str(number)).id))

    def shown(self, row: Mailing, **more: Any) -> Any:
        unsure = mailing_page.unsure_of(row) if self.may("resolve", row) else []
        self._people().log_read("show", unsure)
        page = mailing_page.page_of(self, row, person(), at=_place(), unsure=unsure, **more)
        return self.render_template("loket/mailing_show.html", title=page.title, page=page, csrf=generate_csrf())

    @expose("/voorbeeld/<pk>")
    @has_access
    def preview(self, pk: str) -> Any:
        """The mail as one receiver gets it, for the frame on the page."""
        row = self.found(pk)
        self.require("preview", row)
        to = mailing_page.receiver(row, _place())
        if to is None:
            abort(404)
        self._people().log_read("show", [to])
        return framed(str(mailing_page.as_mail(row, to)))

    def _people(self) -> Any:
        return next(view for view in self.appbuilder.baseviews if isinstance(view, OntvangersView))

    @expose("/voortgang/<pk>")
    @has_access
    def progress(self, pk: str) -> Any:
        """How far it is, for a page that asks by itself: that keeps no session alive. Once it stands still the page is loaded anew."""
        g.is_poll = True
        row = self.found(pk)
        how = mailings.standing(row)
        page = mailing_page.progress_of(self, row, how, clock.now())
        answer = Response(self.render_template("loket/mailing_progress.html", progress=page))
        if not page.poll_url:
            answer.headers["HX-Refresh"] = "true"
        return answer

    # -- the steps, each a button --

    def _step(self, verb: str, pk: str, act: Callable[[Mailing], Any], said: Callable[[Any], str]) -> Any:
        """Do one step, and go back to the page with what became of it."""
        row = self.found(pk)
        self.require(verb, row)
        try:
            with editing.doorway():
                done = act(row)
        except (BadInput, IllegalTransition, NotFound, Stale) as refusal:
            flash(str(refusal), "warning")
        else:
            flash(said(done), "success")
        return redirect(self.address("show", pk=pk))

    def _move(self, verb: str, pk: str, service: Callable[..., Any], said: Any) -> Any:
        def act(row: Mailing) -> Any:
            return service(row, expected=seen_version(), by=person(), now=clock.now())

        return self._step(verb, pk, act, lambda _: str(said))

    @expose("/opnieuw-kijken/<pk>", methods=["POST"])
    @has_access
    def prepare(self, pk: str) -> Any:
        """Ask the list again who gets it."""

        def act(row: Mailing) -> Any:
            audience = mailing_audience.of(row.screen, row.query)
            return mailings.prepare(row, audience.select, by=person(), now=clock.now())

        return self._step("prepare", pk, act, _difference)

    @expose("/proef/<pk>", methods=["POST"])
    @has_access
    def test(self, pk: str) -> Any:
        """Mail it to oneself, as the receiver whose mail is shown would get it."""

        def act(row: Mailing) -> bool:
            to = mailing_page.receiver(row, _place()) if may_see(person(), Candidate, "name") else None
            self._people().log_read("show", [to] if to else [])
            return mailings.test_to_me(row, to.candidate_id if to else None, by=person(), now=clock.now())

        one_went = _l("A test mail went to you a moment ago. Look in your mailbox, or wait a few seconds.")
        return self._step("test", pk, act, lambda done: gettext("The test mail is on its way to you.") if done else str(one_went))

    @expose("/versturen/<pk>", methods=["POST"])
    @has_access
    def start(self, pk: str) -> Any:
        """Send it, or ask a second person. When the audience changed since it was looked at, say how and ask again."""
        row, form = self.found(pk), mailing_page.when_form()
        self.require("start", row)
        if not form.validate():
            return self.shown(row, form=form), editing.REFUSED
        by, now = person(), clock.now()
        try:
            with editing.doorway():
                audience = mailing_audience.of(row.screen, row.query)
                change = mailings.start(row, audience.select, send_after=form.at.data, expected=seen_version(), by=by, now=now)
        except BadInput as refusal:
            return self.shown(self.found(pk), form=form, warning=str(refusal)), refusal.status
        except (IllegalTransition, Stale) as refusal:
            flash(str(refusal), "warning")
            return redirect(self.address("show", pk=pk))
        if change:
            return self.shown(self.found(pk), form=form, change=_difference(change)), 409
        asked = gettext("Somebody else has to approve it now. You hear of it.")
        flash(asked if row.state is S.ASKED else gettext("It goes. Below you see how far it is."), "success")
        return redirect(self.address("show", pk=pk))

    @expose("/goedkeuren/<pk>", methods=["POST"])
    @has_access
    def approve(self, pk: str) -> Any:
        """Let somebody else's message go."""
        return self._move("approve", pk, mailings.approve, _l("Approved. It goes."))

    @expose("/afkeuren/<pk>", methods=["POST"])
    @has_access
    def refuse(self, pk: str) -> Any:
        """Give somebody else's message back, with what should change."""

        def act(row: Mailing) -> None:
            mailings.refuse(row, request.form.get("why", ""), expected=seen_version(), by=person(), now=clock.now())

        return self._step("refuse", pk, act, lambda _: gettext("Given back to its author."))

    @expose("/pauzeren/<pk>", methods=["POST"])
    @has_access
    def pause(self, pk: str) -> Any:
        """No further mail leaves for now."""
        return self._move("pause", pk, mailings.pause, _l("On hold. Nothing leaves until you go on."))

    @expose("/hervatten/<pk>", methods=["POST"])
    @has_access
    def resume(self, pk: str) -> Any:
        """Go on where it stopped."""
        return self._move("resume", pk, mailings.resume, _l("It goes on."))

    @expose("/stoppen/<pk>", methods=["POST"])
    @has_access
    def cancel(self, pk: str) -> Any:
        """Stop it for good."""
        return self._move("cancel", pk, mailings.cancel, _l("Stopped. Who did not have it yet does not get it any more."))

    @expose("/mislukte/<pk>", methods=["POST"])
    @has_access
    def retry(self, pk: str) -> Any:
        """Try the failed ones again."""

        def act(row: Mailing) -> int:
            return mailings.retry_failed(row, by=person(), now=clock.now())

        return self._step("retry", pk, act, lambda many: gettext("Tried again: %(count)s.", count=number(many)))

    @expose("/onzekere/<pk>", methods=["POST"])
    @has_access
    def resolve(self, pk: str) -> Any:
        """Send again, or leave, what may have arrived: one, or all of them."""
        resend, one = request.form.get("resend") == "1", request.form.get("delivery", "")

        def act(row: Mailing) -> int:
            unsure = sa.select(Delivery.id).where(Delivery.mailing_id == row.id, Delivery.state == DeliveryState.UNKNOWN)
            if one:
                unsure = unsure.where(Delivery.id == (int(one) if one.isascii() and one.isdigit() and len(one) < 18 else 0))
            return mailings.resolve(row, list(db.session.scalars(unsure)), resend, by=person(), now=clock.now())

        def said(many: int) -> str:
            if resend:
                return gettext("Sent again: %(count)s.", count=number(many))
            return gettext("Left as it is: %(count)s.", count=number(many))

        return self._step("resolve", pk, act, said)


def _difference(change: mailings.Change) -> str:
    if not change:
        return gettext("Nothing has changed: the same people get it.")
    more, fewer = number(change.more), number(change.fewer)
    return gettext("Who gets it has changed since you looked: +%(more)s / −%(fewer)s. Look again, then send it.", more=more, fewer=fewer)


def _place() -> int:
    """Whose mail is shown: the how manieth of the receivers; the first for what is no number."""
    text = request.values.get("nr", "")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) <= NUMBERS else 1
