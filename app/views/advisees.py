"""Adviesvragers: an adviser's own people, who waits in the inbox of the region, and whom colleagues share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import HiddenField, SelectMultipleField, StringField, validators
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from app.adapters import clock
from app.enums import N_, OPEN_STATUSES, Labelled, Role
from app.extensions import db
from app.fab import attention, editing
from app.fab.arguments import ListArguments
from app.fab.filters import EnumIs
from app.fab.forms import RelationField, form_of
from app.fab.interface import LoketInterface, beside_of
from app.fab.selection import Bulk
from app.fab.shown import due
from app.fab.view import LoketView
from app.models import Candidate, CoAdviser, UserProfile
from app.queries import advisees
from app.queries.today import LOADING
from app.security.identity import Identity, person
from app.services import sharing
from app.views.base import advisers_of_regions
from app.views.candidates import KandidatenView

OF_THE_FILE = frozenset({"show", "edit", "add", "move"})  # pages about a candidate that this list leads to


class Part(Labelled):
    """Whose people the list shows."""

    MINE = N_("my advisees")
    INBOX = N_("inbox of the region")
    SHARED = N_("shared with me")


PARTS: dict[Part, Callable[[], Any]] = {
    Part.MINE: lambda: advisees.own(person().user_id),
    Part.INBOX: lambda: Candidate.lead_adviser_id.is_(None),
    Part.SHARED: lambda: advisees.shared(person().user_id),
}


class PartIs(EnumIs):
    """One part of the list."""

    def members(self) -> Any:
        return Part

    def column(self) -> Any:
        return None

    def condition(self, column: Any, value: str) -> Any:
        return PARTS[self.member(value)]()  # type: ignore[index]


def sees_all() -> bool:
    """A coordinator and the national desk begin with everybody who has an adviser; an adviser with the own people."""
    return person().role in (Role.COORDINATOR, Role.NATIONAL)


def _colleague(label: Any) -> RelationField:
    must = [validators.InputRequired(_l("Fill this in."))]
    return RelationField(label, must, model=UserProfile, where=advisers_of_regions, order=UserProfile.name)


def hand_form() -> Any:
    """To whom, and what they should know."""
    told = _l("Becomes a task of your colleague. The candidate can read this.")
    checks = [validators.Optional(), validators.Length(max=sharing.LONGEST_NOTE)]
    return form_of({"adviser": _colleague(_l("Colleague")), "note": StringField(_l("Note"), checks, description=told)})


def _share_all(row: Candidate, form: Any) -> None:
    if row.lead_adviser_id != form.adviser.data.user_id:
        sharing.share(row, form.adviser.data, by=person(), now=clock.now())


class ColleaguesField(SelectMultipleField):
    """Colleagues as boxes to tick; holds their ids."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def share_form(row: Candidate) -> Any:
    """Who looks along: everybody else at the desk, to tick. `were` says who did when the page was made."""
    query = sa.select(UserProfile).where(*advisers_of_regions(), UserProfile.user_id != (row.lead_adviser_id or 0))
    here = [SelectChoice(colleague.user_id, colleague.name) for colleague in db.session.scalars(query.order_by(UserProfile.name))]
    told = _l("Who is ticked finds this candidate in “Shared with me”.")
    return form_of({"colleagues": ColleaguesField(_l("Look along"), coerce=int, choices=here, description=told), "were": HiddenField()})


class AdviesvragersView(KandidatenView):
    """The list of Kandidaten from an adviser's own desk; pages about one candidate are those of Kandidaten."""

    datamodel = LoketInterface(Candidate, eager=("lead_adviser", "region"), worked_out={"signal": (attention.SignalIs,), "part": (PartIs,)})
    class_permission_name = "Adviesvragers"
    route_base = "/adviesvragers"
    list_name = "adviesvragers"
    list_title = _l("Advisees")
    empty = _l("Nobody is here. Take somebody from the inbox of the region.")
    base_order = ("next_action_on", "asc")
    list_columns = ["name", "number", "signal", "next_action_on", "stage", "status", "last_contact_at", "lead_adviser", "region"]
    more_columns = ("holder", "place", "wanted_sectors", "routes", "certainty", "source", "created_at", "stage_entered_at", "status_until")
    card_columns = ("signal", "next_action_on", "stage", "last_contact_at")
    due: frozenset[str] = frozenset()  # the cell says it, with what has to happen
    search_columns = [*KandidatenView.search_columns, "part"]
    label_columns = {**KandidatenView.label_columns, "part": _l("List")}
    order_by = {**KandidatenView.order_by, "part": "lead_adviser", "next_action_on": "next_action_on"}
    row_verbs: Sequence[tuple[str, Any]] = (
        ("claim", _l("Take on")),
        ("hand", _l("Hand to a colleague")),
        ("share", _l("Share with a colleague")),
        ("move", _l("Move stage or status")),
    )
    bulk = {
        "claim": Bulk(
            label=_l("Take on"),
            submit=_l("Take on"),
            done=_l("You are the adviser now of: %(count)s."),
            icon="user-plus",
            form=lambda: form_of({}),
            act=lambda row, form: sharing.claim(row, by=person(), now=clock.now()),
            able=lambda: [Candidate.lead_adviser_id.is_(None)],
        ),
        "hand": Bulk(
            label=_l("Hand to a colleague"),
            submit=_l("Hand over to colleague"),
            done=_l("Handed to your colleague: %(count)s."),
            icon="switch-horizontal",
            form=hand_form,
            act=lambda row, form: sharing.hand(row, form.adviser.data, form.note.data, by=person(), now=clock.now()),
        ),
        "share": Bulk(
            label=_l("Share with a colleague"),
            submit=_l("Share"),
            done=_l("Shared with your colleague: %(count)s."),
            icon="users",
            form=lambda: form_of({"adviser": _colleague(_l("Colleague"))}),
            act=_share_all,
        ),
    }
    include_route_methods = {"list", "options", "claim", "hand", "share"}
    method_permission_name = {"options": "list", "claim": "edit", "hand": "edit", "share": "edit"}
    capabilities = dict.fromkeys(("claim", "hand", "share", "move"), "move_stage")
    related_views: list[Any] = []

    # -- the list --

    def all_label(self) -> str:
        return gettext("All advisees") if sees_all() else gettext("My advisees")

    def fixed_views(self) -> Sequence[tuple[str, str]]:
        """(name, query) of the parts that stand beside the whole list."""
        parts = Part if sees_all() else (Part.INBOX, Part.SHARED)
        return [(str(TABS[part]), f"_flt_0_part={part.name}") for part in parts]

    def usual_columns(self) -> list[str]:
        """An adviser knows who leads the own people."""
        usual = super().usual_columns()
        return usual if sees_all() else [name for name in usual if name != "lead_adviser"]

    def where(self, arguments: ListArguments) -> list[Any]:
        """The own people (or all who have an adviser) unless a part is asked for; those who are with us unless a status is; rows that were
        chosen one by one are whose they are."""
        found, asked = super().where(arguments), {name for _, name, _ in arguments.filters}
        if arguments.rows:
            return found
        if "part" not in asked:
            found.append(Candidate.lead_adviser_id.is_not(None) if sees_all() else PARTS[Part.MINE]())
        if "status" not in asked:
            found.append(Candidate.status.in_(OPEN_STATUSES))
        return found

    def beside(self) -> Mapping[str, Any]:
        return {**super().beside(), "next": LOADING[Candidate].extra}

    def cell_next_action_on(self, row: Candidate) -> Any:
        """When, and what."""
        when, what = due(row.next_action_on), beside_of(row, "next")
        return Markup('%s <span class="next-what">%s</span>') % (when, what) if when is not None and what else when

    # -- pages about one candidate --

    def _files(self) -> LoketView:
        return next(view for view in self.appbuilder.baseviews if type(view) is KandidatenView)

    def address(self, method: str, **values: Any) -> str:
        return self._files().address(method, **values) if method in OF_THE_FILE else super().address(method, **values)

    def may(self, verb: str, row: Any = None) -> bool:
        return self._files().may(verb, row) if verb in OF_THE_FILE else super().may(verb, row)

    def may_row(self, verb: str, row: Candidate, by: Identity) -> bool:
        return verb != "claim" or row.lead_adviser_id is None

    @expose("/oppakken/<pk>", methods=["GET", "POST"])
    @has_access
    def claim(self, pk: str) -> Any:
        """Take somebody from the inbox of the region. Who comes second is told who was first."""
        row = self.found(pk)
        self.require("claim")
        title = gettext("Take on %(name)s", name=self.name_of(row))

        def act(posted: Any) -> None:
            sharing.claim(row, expected=editing.seen_version(), by=person(), now=clock.now())

        return editing.verb(self, row, form_of({})(), (), title, gettext("Take on"), act)

    @expose("/overdragen/<pk>", methods=["GET", "POST"])
    @has_access
    def hand(self, pk: str) -> Any:
        """Give somebody to a colleague, with a note that becomes their task."""
        row = self.found(pk)
        self.require("hand", row)

        def act(posted: Any) -> None:
            made: dict[str, Any] = {"expected": editing.seen_version(), "by": person(), "now": clock.now()}
            sharing.hand(row, posted.adviser.data, posted.note.data, **made)

        title = gettext("Hand %(name)s to a colleague", name=self.name_of(row))
        return editing.verb(
            self, row, hand_form()(), ((_l("To whom"), ("adviser", "note")),), title, gettext("Hand over to colleague"), act
        )

    @expose("/delen/<pk>", methods=["GET", "POST"])
    @has_access
    def share(self, pk: str) -> Any:
        """Who looks along, and who does no more."""
        row = self.found(pk)
        self.require("share", row)
        beside = sa.select(CoAdviser.user_id).where(CoAdviser.candidate_id == row.id)
        were = sorted(db.session.scalars(beside))
        form = share_form(row)(data={"colleagues": were, "were": ",".join(map(str, were))})

        def act(posted: Any) -> None:
            before = {int(key) for key in posted.were.data.split(",") if key.isascii() and key.isdigit() and len(key) < 10}
            now, ticked = clock.now(), set(posted.colleagues.data or ())
            for colleague in db.session.scalars(sa.select(UserProfile).where(UserProfile.user_id.in_(sorted(ticked ^ before)))):
                verb = sharing.share if colleague.user_id in ticked else sharing.stop
                verb(row, colleague, by=person(), now=now)

        title = gettext("Share %(name)s with colleagues", name=self.name_of(row))
        return editing.verb(self, row, form, ((_l("Colleagues"), ("colleagues", "were")),), title, gettext("Save"), act)


TABS = {Part.MINE: _l("My advisees"), Part.INBOX: _l("Inbox of the region"), Part.SHARED: _l("Shared with me")}
