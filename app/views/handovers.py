"""Overdrachten and Doorverwijzingen: preparing a package, asking consent, sending, and what the other side does with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf

from app.adapters import clock
from app.enums import ConsentChannel, HandoverKind, HandoverState, PackageItem, ReturnReason, Role
from app.errors import BadInput, DomainError, IllegalTransition, Stale
from app.fab import editing
from app.fab.badges import mark
from app.fab.editing import seen_version
from app.fab.interface import LoketInterface
from app.fab.shown import due
from app.fab.view import LoketView
from app.models import Handover, Organisation, Programme, Region
from app.security.identity import Identity, person
from app.services import handover_mail, handovers, packages
from app.services.packages import Item
from app.views import handover_page as pages
from app.views.base import LABELS

H = HandoverState
USUAL = (Item(PackageItem.BACKGROUND), Item(PackageItem.WISHES), Item(PackageItem.MOTIVATION))
_WAITS = (H.SENT, H.RECEIVED)
# Who does a step, and while it stands how.
STEPS: dict[str, tuple[Callable[[Handover, Identity], bool], tuple[H, ...]]] = {
    "package": (handovers.is_sender, (H.DRAFT,)),
    "ask": (handovers.is_sender, (H.DRAFT,)),
    "consent": (handovers.is_sender, (H.DRAFT,)),
    "send": (handovers.is_sender, (H.DRAFT,)),
    "withdraw": (handovers.is_sender, (H.DRAFT, *_WAITS)),
    "receive": (handovers.is_receiver, (H.SENT,)),
    "accept": (handovers.is_receiver, _WAITS),
    "send_back": (handovers.is_receiver, _WAITS),
    "contact": (handovers.is_receiver, (H.ACCEPTED,)),
    "finish": (handovers.is_receiver, (H.ACCEPTED, H.FIRST_CONTACT)),
}
OF_SENDER = tuple(verb for verb, (side, _) in STEPS.items() if side is handovers.is_sender)


class HandoverScreen(LoketView):
    """What both screens share. A receiver reads the package and not the file; a former desk the number, the stage and the history."""

    datamodel = LoketInterface(Handover, eager=("candidate", "from_region", "to_region", "organisation", "programme", "sender"))
    kind: HandoverKind
    steps = tuple(STEPS)
    submit = _l("Go on: choose what goes along")
    search_label = _l("Search by number")
    base_order = ("created_at", "desc")
    relative = frozenset({"created_at", "sent_at", "accepted_at", "first_contact_at"})
    order_columns = ["created_at", "sent_at", "answer_by"]
    include_route_methods = LoketView.include_route_methods - {"edit", "delete", "export"} | set(STEPS)
    method_permission_name = {
        "options": "list",
        **{verb: "add" if verb in OF_SENDER else "answer" for verb in STEPS},
    }
    capabilities = {"add": "refer", **dict.fromkeys(OF_SENDER, "refer")}
    label_columns = {
        **LABELS,
        "direction": _l("Direction"),
        "from_region": _l("From"),
        "to_region": _l("To"),
        "organisation": _l("Training institute"),
        "question": _l("What do you ask them?"),
        "answer_by": _l("Answer before"),
        "sent_at": _l("Sent"),
        "accepted_at": _l("Accepted"),
        "first_contact_at": _l("First contact"),
        "return_reason": _l("Reason for sending back"),
        "sender": _l("Sent by"),
    }
    description_columns = {
        "question": _l("The other side reads this first. You can still change it in the next step."),
    }

    # -- what may be done ---------------------------------------------------------------------------------------------------

    def conditions(self) -> list[Any]:
        return [Handover.kind == self.kind]

    def region_of(self, row: Handover) -> int | None:
        return row.from_region_id

    def may_row(self, verb: str, row: Handover, by: Identity) -> bool:
        side, states = STEPS.get(verb, (None, ()))
        return side is None or (row.state in states and side(row, by))

    # -- the list -----------------------------------------------------------------------------------------------------------

    def cell_direction(self, row: Handover) -> Any:
        sent = handovers.is_sender(row, person())
        return mark("arrow-right", "plain", gettext("sent out")) if sent else mark("inbox", "plain", gettext("came in"))

    def cell_answer_by(self, row: Handover) -> Any:
        waits = row.first_contact_at is None and row.state in (*_WAITS, H.ACCEPTED)
        return due(row.answer_by) if waits else None

    def fixed_views(self) -> Sequence[tuple[str, str]]:
        """The usual questions: what came in, what was sent, what is late."""
        return pages.usual(self.kind)

    # -- beginning ----------------------------------------------------------------------------------------------------------

    def prefill(self, form: Any) -> None:
        form.candidate.suggest(request.args.get("candidate", ""))

    def create(self, row: Handover, form: Any) -> None:
        handovers.draft(row, USUAL, by=person(), now=clock.now())

    def after(self, row: Handover) -> str:
        return self.address("package", pk=row.id)

    # -- the page -----------------------------------------------------------------------------------------------------------

    def name_of(self, row: Handover) -> str:
        return pages.title_of(row)

    def log_read(self, channel: str, rows: Sequence[Any]) -> None:
        """Who reads a package looks at somebody, also before the file is theirs."""
        packages_shown = [row for row in rows if isinstance(row, Handover) and channel != "list"]
        if packages_shown:
            pages.log_reading(self.list_name, channel, packages_shown)
        else:
            super().log_read(channel, rows)

    def candidate_url(self, row: Handover) -> str:
        """The file, for who sees it."""
        sees = row.candidate is not None and self.appbuilder.sm.has_access("can_show", "Kandidaten")
        return url_for("KandidatenView.show", pk=row.candidate_id) if sees else ""

    def shown(self, row: Handover, **more: Any) -> Any:
        self.log_read("show", [row])
        page = pages.page_of(self, row, person(), **more)
        return self.render_template("loket/handover.html", title=page.title, page=page, csrf=generate_csrf())

    @expose("/pakket/<pk>", methods=["GET", "POST"])
    @has_access
    def package(self, pk: str) -> Any:
        """Choose item by item what goes along."""
        row = self.found(pk)
        if request.method == "GET":
            self.require("package", row)
            return self._package(row, pages.chosen(row), row.question or "", row.version)
        wanted, question = request.form.getlist("item"), request.form.get("question", "")
        answer = self._refused("package", row)
        if answer:
            return answer
        try:
            with editing.doorway():
                items = [pages.item_of(name) for name in wanted]
                handovers.choose(row, items, question, expected=seen_version(), by=person(), now=clock.now())
        except DomainError as refusal:
            seen = row.version if isinstance(refusal, Stale) else seen_version()
            return self._package(row, set(wanted), question, seen, str(refusal)), refusal.status
        return redirect(self.address("show", pk=row.id))

    def _package(self, row: Handover, wanted: set[str], question: str, version: int, warning: str = "") -> Any:
        self.log_read("edit", [row])
        return self.render_template(
            "loket/handover_package.html",
            title=gettext("What goes along?"),
            about=self.name_of(row),
            receiver=pages.receiver_of(row),
            steps=pages.way(1),
            groups=pages.groups(packages.offered(row.candidate), wanted),
            question=question,
            most=handovers.LONGEST_QUESTION,
            version=version,
            warning=warning,
            back_url=self.address("show", pk=row.id),
            csrf=generate_csrf(),
        )

    # -- the steps, each a button -------------------------------------------------------------------------------------------

    def _refused(self, verb: str, row: Handover) -> Any:
        """Whose step this is not, is told so; who comes too late sees how it stands now. None for who may."""
        side, states = STEPS[verb]
        capability = self.capabilities.get(verb)
        if not side(row, person()) or (capability and not person().can(capability, row.from_region_id)):
            abort(403)
        if row.state in states:
            return None
        flash(gettext("This is “%(state)s” already.", state=row.state.label), "info")
        return redirect(self.address("show", pk=row.id))

    def _step(self, verb: str, pk: str, act: Callable[..., Any], said: Any) -> Any:
        """Do one step on the version that was seen, and go back to the page with what became of it."""
        row = self.found(pk)
        answer = self._refused(verb, row)
        if answer:
            return answer
        try:
            with editing.doorway():
                act(row, expected=seen_version(), by=person(), now=clock.now())
        except (BadInput, IllegalTransition, Stale) as refusal:
            flash(str(refusal), "warning")
        else:
            flash(str(said), "success")
        return redirect(self.address("show", pk=pk))

    @expose("/vragen/<pk>", methods=["POST"])
    @has_access
    def ask(self, pk: str) -> Any:
        """Put the question to the candidate, online."""
        return self._step("ask", pk, handovers.ask, _l("The candidate gets a mail. You get a task when there is an answer."))

    @expose("/toestemming/<pk>", methods=["POST"])
    @has_access
    def consent(self, pk: str) -> Any:
        """Write down that the candidate agreed."""
        told = request.form.get("channel", "")
        channel = ConsentChannel[told] if told in ("PHONE", "PAPER") else None

        def act(row: Handover, **step: Any) -> None:
            if channel is None:
                raise BadInput(gettext("Choose how the candidate agreed: by telephone or on paper."))
            handovers.agree(row, channel, **step)

        return self._step("consent", pk, act, _l("The consent is written down. Now you can send it."))

    @expose("/versturen/<pk>", methods=["POST"])
    @has_access
    def send(self, pk: str) -> Any:
        """Freeze the package and send it."""
        return self._step("send", pk, handovers.send, _l("Sent. Below stands when you can expect an answer."))

    @expose("/intrekken/<pk>", methods=["POST"])
    @has_access
    def withdraw(self, pk: str) -> Any:
        """Take it back before it is accepted."""
        return self._step("withdraw", pk, handovers.withdraw, _l("Taken back. The candidate stays with you."))

    @expose("/behandelen/<pk>", methods=["POST"])
    @has_access
    def receive(self, pk: str) -> Any:
        """Tell the sender that somebody is on it."""
        return self._step("receive", pk, handovers.receive, _l("The sender sees that you are on it."))

    @expose("/aannemen/<pk>", methods=["POST"])
    @has_access
    def accept(self, pk: str) -> Any:
        """Take the candidate on: for an adviser, or into the inbox."""
        key = request.form.get("adviser", "")

        def act(row: Handover, **step: Any) -> None:
            adviser = next((one for one in pages.advisers(row) if str(one.user_id) == key), None)
            if key and adviser is None:
                raise BadInput(gettext("Choose one of the list."))
            handovers.accept(row, adviser, **step)

        return self._step("accept", pk, act, _l("Accepted. The sender has been told."))

    @expose("/terugsturen/<pk>", methods=["POST"])
    @has_access
    def send_back(self, pk: str) -> Any:
        """Do not take the candidate on, and say why."""
        told, note = request.form.get("reason", ""), request.form.get("note", "")
        row = self.found(pk)
        answer = self._refused("send_back", row)
        if answer:
            return answer
        try:
            with editing.doorway():
                if told not in ReturnReason.__members__:
                    raise BadInput(gettext("Say why you send it back: choose a reason."))
                handovers.send_back(row, ReturnReason[told], note, expected=seen_version(), by=person(), now=clock.now())
        except (BadInput, Stale) as refusal:
            return self.shown(self.found(pk), warning=str(refusal), typed={"reason": told, "note": note}), refusal.status
        flash(gettext("Sent back. The sender has been told, and decides what now."), "success")
        return redirect(self.address("show", pk=pk))

    @expose("/contact/<pk>", methods=["POST"])
    @has_access
    def contact(self, pk: str) -> Any:
        """The first contact was made: the clock stops."""
        return self._step("contact", pk, handovers.first_contact, _l("Written down. The clock has stopped."))

    @expose("/afronden/<pk>", methods=["POST"])
    @has_access
    def finish(self, pk: str) -> Any:
        """Nothing is left to do here."""
        return self._step("finish", pk, handovers.finish, _l("Completed."))


class OverdrachtenView(HandoverScreen):
    """National to a region, and from region to region."""

    kind = HandoverKind.REGION
    class_permission_name = "Overdrachten"
    route_base = "/overdrachten"
    list_name = "overdrachten"
    list_title = _l("Handovers")
    add_title = _l("Hand over")
    show_title = _l("Handover")
    empty = _l("There are no handovers here. Begin one from the page of a candidate.")
    list_columns = ["candidate", "direction", "from_region", "to_region", "state", "answer_by", "sent_at"]
    more_columns = ("sender", "created_at", "accepted_at", "first_contact_at", "return_reason")
    card_columns = ("direction", "from_region", "to_region", "state", "answer_by")
    search_columns = ["state", "to_region", "from_region", "answer_by", "return_reason", "sent_at"]
    add_groups = ((_l("To which desk?"), ("candidate", "to_region", "question")),)
    required = frozenset({"candidate", "to_region"})
    field_options = {"to_region": {"where": lambda: _other_desks(), "order": Region.name}}
    leads = {"candidate": _l("You choose next what goes along. Nothing is sent before the candidate agrees and you press “Send”.")}


class DoorverwijzingenView(HandoverScreen):
    """To a study adviser, who looks along; the file stays where it is."""

    kind = HandoverKind.REFERRAL
    class_permission_name = "Doorverwijzingen"
    route_base = "/doorverwijzingen"
    list_name = "doorverwijzingen"
    list_title = _l("Referrals")
    add_title = _l("Refer to a study adviser")
    show_title = _l("Referral")
    empty = _l("There are no referrals here.")
    list_columns = ["candidate", "organisation", "programme", "from_region", "state", "answer_by", "sent_at"]
    more_columns = ("sender", "created_at", "accepted_at", "first_contact_at", "return_reason")
    card_columns = ("organisation", "state", "answer_by", "sent_at")
    in_several_regions = frozenset({"from_region"})
    search_columns = ["state", "organisation", "answer_by", "return_reason", "sent_at"]
    add_groups = ((_l("To which training institute?"), ("candidate", "organisation", "programme", "question")),)
    required = frozenset({"candidate", "organisation"})
    field_options = {
        "organisation": {"where": lambda: [Organisation.id.in_(handover_mail.institutes(now=clock.now()))], "order": Organisation.name},
        "programme": {
            "where": lambda: [Programme.active.is_(True)],
            "order": Programme.name,
            "called": lambda row: " · ".join(filter(None, (row.name, str(row.organisation or "")))),
            "load": (Programme.organisation,),
        },
    }
    leads = OverdrachtenView.leads
    description_columns = {
        **HandoverScreen.description_columns,
        "organisation": _l("Institutes with a study adviser here."),
        "programme": _l("Only when it is about one programme of this institute."),
    }

    def spared(self, names: Sequence[str]) -> list[str]:
        """Who receives is one institute, and comes from several desks."""
        if person().role is Role.STUDY_ADVISER:
            return [name for name in names if name != "organisation"]
        return super().spared(names)


def _other_desks() -> list[Any]:
    return [Region.left_on.is_(None), Region.is_national.is_(False), Region.id.not_in(sorted(person().region_ids))]
