"""Berichtsjablonen: messages that are sent again and again, of the own region, of the whole country, or shared by others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf

from app.adapters import clock
from app.enums import N_, Labelled, Role
from app.errors import BadInput
from app.extensions import db
from app.fab.editing import doorway
from app.fab.filters import EnumIs
from app.fab.interface import LoketInterface
from app.fab.page import Part
from app.fab.shown import timed
from app.fab.view import LoketView
from app.models import MailTemplate, Region
from app.security.identity import Identity, person
from app.services import mail_templates, mailing_text, placeholders
from app.services.mailing_text import Words
from app.views import message_form
from app.views.base import LABELS
from app.views.dev_mail import framed

LANGUAGES = {"nl": _l("Dutch"), "en": _l("English")}


class Whose(Labelled):
    """Where a template comes from, as seen by who looks."""

    OWN = N_("of my region")
    NATIONAL = N_("of the whole country")
    SHARED = N_("shared by other regions")


WHOSE: dict[Whose, Callable[[], Any]] = {
    Whose.OWN: lambda: MailTemplate.region_id.in_(sorted(person().region_ids)),
    Whose.NATIONAL: lambda: MailTemplate.region_id.is_(None),
    Whose.SHARED: lambda: MailTemplate.shared.is_(True) & MailTemplate.region_id.not_in(sorted(person().region_ids)),
}


class WhoseIs(EnumIs):
    """One part of the list."""

    def members(self) -> Any:
        return Whose

    def column(self) -> Any:
        return None

    def condition(self, column: Any, value: str) -> Any:
        return WHOSE[self.member(value)]()  # type: ignore[index]


@dataclass(frozen=True)
class Said:
    """A version in the list: which, when and by whom, where to see it, and where to bring it back."""

    number: int
    when: Any
    who: str
    url: str
    restore_url: str
    is_shown: bool


@dataclass(frozen=True)
class TemplatePage:
    """What the page of a template has besides its facts. `adopt` are (button, region); `newer` says that the original moved on."""

    subject: str
    borrowed: bool  # the text is not in the language that was asked for
    mail_url: str
    languages: tuple[Part, ...]
    versions: tuple[Said, ...]
    adopt: tuple[tuple[str, int | None], ...] = ()
    adopt_url: str = ""
    newer: str = ""
    original_url: str = ""
    follow_url: str = ""
    old: Said | None = None


class BerichtsjablonenView(LoketView):
    datamodel = LoketInterface(MailTemplate, eager=("region", "adopted_from"), worked_out={"whose": (WhoseIs,)})
    class_permission_name = "Berichtsjablonen"
    route_base = "/sjablonen"
    list_name = "berichtsjablonen"
    list_title = _l("Message templates")
    add_title = _l("Write a message template")
    edit_title = _l("Edit message template")
    show_title = _l("Message template")
    submit = _l("Save template")
    empty = _l("There are no message templates here yet. A template saves typing: a message to a group begins with it.")
    search_label = _l("Search in names and subjects")
    search_over = ("name", "subject")
    base_order = ("name", "asc")
    list_columns = ["name", "subject", "category", "region", "active", "changed_at"]
    more_columns = ("shared",)
    card_columns = ("subject", "category", "region")
    relative = frozenset({"changed_at"})
    order_columns = ["name", "changed_at"]
    search_columns = ["whose", "category", "active", "shared", "region", "name"]
    show_groups = ((_l("About this template"), ("category", "region", "shared", "active", "adopted_from", "used")),)
    add_groups = (
        (_l("Template"), ("name", "category", "region", "active")),
        (_l("Message"), ("subject", "body")),
        (_l("In English, for who reads that"), ("subject_en", "body_en")),
    )
    edit_groups = add_groups
    add_template = edit_template = "loket/message_form.html"
    previews = dict.fromkeys(("body", "body_en"), message_form.preview)
    verbs = ("share", "unshare", "adopt", "follow", "restore")
    include_route_methods = LoketView.include_route_methods - {"export"} | {*verbs, "mail"}
    method_permission_name = {
        "options": "list",
        "mail": "show",
        "adopt": "add",
        **dict.fromkeys(("share", "unshare", "follow", "restore"), "edit"),
    }
    # For which region somebody may adopt says mail_templates.targets: the row is another region's.
    capabilities = dict.fromkeys({"add", "edit", "delete", *verbs} - {"adopt"}, "write_articles")
    logs_reads = False
    field_options = {
        "region": {
            "where": lambda: [] if person().role is Role.ADMIN else [Region.id.in_(sorted(person().region_ids))],
            "order": Region.name,
        }
    }
    order_by = {"whose": "region_id", "used": "body"}
    label_columns = {
        **LABELS,
        **message_form.LABELS,
        "category": _l("About"),
        "active": _l("In use"),
        "shared": _l("Shared with other regions"),
        "whose": _l("From"),
        "changed_at": _l("Changed"),
        "adopted_from": _l("Adopted from"),
        "used": _l("Filled in for each person"),
    }
    description_columns = {
        "region": _l("Empty: for the whole country. Only the national desk and the administrator can do that."),
        "name": _l("For colleagues; who gets the message does not see it."),
    }

    def form_field(self, name: str) -> Any:
        if name in message_form.LABELS:
            return message_form.field_of(name, must=name in ("subject", "body"))
        if name == "category":
            return message_form.category_field(self.label_columns[name])
        return super().form_field(name)

    def fixed_views(self) -> Sequence[tuple[str, str]]:
        found = [one for one in Whose if one is not Whose.OWN or person().region_ids]
        return [(str(one.label).capitalize(), f"_flt_0_whose={one.name}") for one in found]

    def prefill(self, form: Any) -> None:
        form.active.data = True
        by = person()
        if "region" in form._fields and len(by.region_ids) == 1 and by.role is Role.COORDINATOR:
            form.region.data = next(iter(form.region.rows), None)

    def region_of(self, row: Any) -> int | None:
        return None if row is None or row.region_id is None else super().region_of(row)

    def may_row(self, verb: str, row: MailTemplate, by: Identity) -> bool:
        if verb == "adopt":
            return bool(mail_templates.targets(row, by))
        if verb in ("share", "unshare") and row.region_id is None:
            return False
        if verb in ("edit", "delete", *self.verbs):
            national = row.region_id is None and by.role is Role.NATIONAL
            return by.role is Role.ADMIN or national or row.region_id in by.region_ids
        return True

    # -- what a list and the facts say --

    def cell_region(self, row: MailTemplate) -> Any:
        return row.region or gettext("the whole country")

    def cell_adopted_from(self, row: MailTemplate) -> Any:
        if row.adopted_from is None:
            return None
        return gettext("%(name)s, version %(number)s", name=row.adopted_from.name, number=row.adopted_version)

    def cell_used(self, row: MailTemplate) -> Any:
        return ", ".join(str(placeholders.PLACEHOLDERS[name].label) for name in placeholders.used(row.body, row.body_en)) or None

    # -- the page --

    def shown(self, row: MailTemplate) -> Any:
        detail = self.detail(row, {}, None)
        widgets = {"show": self.show_widget(detail=detail, csrf="", appbuilder=self.appbuilder)}
        more = {"title": detail.title, "pk": "", "detail": detail, "widgets": widgets, "page": self.page_of(row)}
        return self.render_template("loket/mail_template.html", csrf=generate_csrf(), **more)

    def actions_for(self, row: MailTemplate) -> Sequence[tuple[str, str]]:
        if not self.may("share", row):
            return ()
        if row.shared:
            return ((gettext("Stop sharing with other regions"), self.address("unshare", pk=row.id)),)
        return ((gettext("Share with other regions"), self.address("share", pk=row.id)),)

    def page_of(self, row: MailTemplate) -> TemplatePage:
        locale = _language()
        versions = tuple(self._versions(row))
        old = next((one for one in versions[1:] if one.is_shown), None)
        latest = mail_templates.newer(row) if self.may("follow", row) else None
        asked = {"versie": old.number} if old else {}
        original = row.adopted_from
        words = _words(row, old.number if old else None, locale)
        return TemplatePage(
            subject=words.subject,
            borrowed=words.locale != locale,
            mail_url=self.address("mail", pk=row.id, taal=locale, **asked),
            languages=tuple(
                Part(code, str(label), self.address("show", pk=row.id, taal=code, **asked), code == locale)
                for code, label in LANGUAGES.items()
            ),
            versions=versions,
            adopt=tuple(self._adopt(row)),
            newer=gettext("The original has changed since it was adopted: it is at version %(number)s now.", number=latest)
            if latest
            else "",
            original_url=self.address("show", pk=original.id) if original is not None else "",
            adopt_url=self.address("adopt", pk=row.id),
            follow_url=self.address("follow", pk=row.id),
            old=old,
        )

    def _versions(self, row: MailTemplate) -> Iterator[Said]:
        asked, found = _version(), mail_templates.versions(row)
        for place, one in enumerate(found):
            older = place > 0
            yield Said(
                number=one.version,
                when=timed(one.at),
                who=one.by.name if one.by is not None else "",
                url=self.address("show", pk=row.id, versie=one.version) if older else self.address("show", pk=row.id),
                restore_url=self.address("restore", pk=row.id, version=one.version) if older and self.may("restore", row) else "",
                is_shown=one.version == asked or (asked is None and not older),
            )

    def _adopt(self, row: MailTemplate) -> Iterator[tuple[str, int | None]]:
        if not self.may("adopt", row):
            return
        for region_id in mail_templates.targets(row, person()):
            region = db.session.get_one(Region, region_id).name if region_id is not None else gettext("the whole country")
            yield gettext("Adopt for %(region)s", region=region), region_id

    @expose("/mail/<pk>", methods=["GET"])
    @has_access
    def mail(self, pk: str) -> Any:
        """The mail with examples filled in, for the frames on the page."""
        row, locale = self.found(pk), _language()
        words = _words(row, _version(), locale)
        with force_locale(words.locale):
            values = placeholders.examples()
        desk = row.region or db.session.get_one(Region, min(person().region_ids))
        home = url_for("HomeView.index")
        _, _, html = mailing_text.letter(
            words, values, locale=locale, region_name=desk.name, base_url=request.host_url.rstrip("/"), preferences_path=home
        )
        return framed(html)

    # -- verbs --

    @expose("/delen/<pk>", methods=["POST"])
    @has_access
    def share(self, pk: str) -> Any:
        return self._done("share", pk, lambda row: mail_templates.share(row, True, by=person(), now=clock.now()))

    @expose("/niet-delen/<pk>", methods=["POST"])
    @has_access
    def unshare(self, pk: str) -> Any:
        return self._done("unshare", pk, lambda row: mail_templates.share(row, False, by=person(), now=clock.now()))

    @expose("/overnemen/<pk>", methods=["POST"])
    @has_access
    def adopt(self, pk: str) -> Any:
        """Make a copy for the region that the form names."""
        row = self.found(pk)
        self.require("adopt", row)
        found = mail_templates.targets(row, person())
        region_id = next((one for one in found if str(one) == request.form.get("regio")), found[0])
        with doorway():
            copy = mail_templates.adopt(row, region_id, by=person(), now=clock.now())
        flash(gettext("This copy is yours: change it as you like."), "success")
        return redirect(self.address("show", pk=copy.id))

    @expose("/bijwerken/<pk>", methods=["POST"])
    @has_access
    def follow(self, pk: str) -> Any:
        return self._done("follow", pk, lambda row: mail_templates.follow(row, by=person(), now=clock.now()))

    @expose("/terugzetten/<pk>/<int:version>", methods=["POST"])
    @has_access
    def restore(self, pk: str, version: int) -> Any:
        return self._done("restore", pk, lambda row: mail_templates.restore(row, version, by=person(), now=clock.now()))

    def _done(self, verb: str, pk: str, act: Callable[[MailTemplate], None]) -> Any:
        row = self.found(pk)
        self.require(verb, row)
        with doorway():
            act(row)
        flash(gettext("Saved."), "success")
        return redirect(self.address("show", pk=row.id))

    def create(self, row: MailTemplate, form: Any) -> None:
        mail_templates.save(row, by=person(), now=clock.now())

    def change(self, row: MailTemplate, form: Any, fields: Sequence[str]) -> None:
        mail_templates.save(row, by=person(), now=clock.now())

    def remove(self, row: MailTemplate) -> None:
        mail_templates.remove(row, by=person(), now=clock.now())


def _language() -> str:
    asked = request.args.get("taal", "nl")
    return asked if asked in LANGUAGES else "nl"


def _version() -> int | None:
    """The older version that the address asks for."""
    text = request.args.get("versie", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _words(row: MailTemplate, number: int | None, locale: str) -> Words:
    """What a template says, or said; 404 for a version that there is not."""
    if number is None:
        return mailing_text.words_of(row, locale)
    try:
        said = mail_templates.content_of(mail_templates.version(row, number))
    except BadInput:
        abort(404)
    return mailing_text.words_of(MailTemplate(**said), locale)
