"""Meldingen: what happened that somebody should know, newest first; how many are unread; and what they want to hear of, and when."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, session, url_for
from flask_appbuilder import expose, has_access
from flask_babel import format_date, format_datetime, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf

from app.adapters import clock
from app.enums import NotificationKind, NotifyWhen, Role
from app.extensions import db
from app.fab.choosing import candidate_text
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.fab.sessions import RowSession
from app.models import Candidate, Notification, UserProfile
from app.security.identity import person
from app.services import log, notifications

PAGE = 30
WHEN = {NotifyWhen.AT_ONCE: _l("At once"), NotifyWhen.DAILY: _l("Once a day"), NotifyWhen.NEVER: _l("Never")}
ICONS = {
    NotificationKind.MESSAGE: "message",
    NotificationKind.MAILING: "send",
    NotificationKind.HANDOVER: "switch-horizontal",
    NotificationKind.TASK: "checklist",
    NotificationKind.MATCH: "heart-handshake",
    NotificationKind.SYSTEM: "server",
}


class MeldingenView(LoketPage):
    route_base = ""
    class_permission_name = "Meldingen"
    method_permission_name = {
        **dict.fromkeys(("index", "number", "settings"), "list"),
        **dict.fromkeys(("open", "read", "choose"), "edit"),
    }

    @expose("/meldingen/")
    @has_access
    def index(self) -> Any:
        """A page of them, day by day; logs whose files they name."""
        rows = self._rows()
        shown = rows[:PAGE]
        files = sorted({candidate.id for _, candidate in shown if candidate is not None})
        lines = [(clock.day(row.at), _line(row, candidate)) for row, candidate in shown]
        log.read("meldingen", "list", files, by=person(), now=clock.now())
        return self.render_template(
            "loket/notifications.html",
            title=gettext("Notifications"),
            crumbs=_crumbs(gettext("Notifications")),
            days=[(_day(day), [line for _, line in found]) for day, found in groupby(lines, key=lambda pair: pair[0])],
            has_advisees=person().has_files,
            any_unread=any(line["unread"] for _, line in lines) or bool(unread()),
            newest_url=url_for("MeldingenView.index") if _before() else "",
            older_url=url_for("MeldingenView.index", voor=shown[-1][0].id) if len(rows) > PAGE else "",
            csrf=generate_csrf(),
        )

    def _rows(self) -> list[Any]:
        """One more than a page, each with the candidate it is about when this person sees that file."""
        query = sa.select(Notification, Candidate).outerjoin(Candidate, Candidate.id == Notification.candidate_id)
        before = _before()
        mine = query.where(Notification.id < before) if before else query
        return list(db.session.execute(mine.order_by(Notification.id.desc()).limit(PAGE + 1)).all())

    @expose("/meldingen/aantal")
    @has_access
    def number(self) -> Any:
        """How many are unread, for a page that stays open. A question that a page asks by itself keeps no session alive."""
        g.is_poll = True
        return {"number": capped(unread()), "words": in_words(unread())}

    @expose("/meldingen/<int:number>/open", methods=["POST"])
    @has_access
    def open(self, number: int) -> Any:
        """Mark one as read and go where it leads; 404 for anybody else's."""
        path = db.session.scalar(sa.select(Notification.path).where(Notification.id == number))
        if path is None:
            abort(404)
        with doorway():
            notifications.mark_read([number], by=person(), now=clock.now())
        return redirect(path)

    @expose("/meldingen/gelezen", methods=["POST"])
    @has_access
    def read(self) -> Any:
        """Mark all as read."""
        with doorway():
            notifications.mark_read(by=person(), now=clock.now())
        return redirect(url_for("MeldingenView.index"))

    # -- what somebody wants to hear of -----------------------------------------------------------------------------------

    @expose("/account/meldingen")
    @has_access
    def settings(self) -> Any:
        """Per kind: at once, once a day, never."""
        mine, own = _profile(), person().role is Role.CANDIDATE
        return self._settings({kind: notifications.chosen(mine, kind, own=own) for kind in _kinds()})

    def _settings(self, chosen: dict[NotificationKind, NotifyWhen | None], warning: str = "", status: int = 200) -> Any:
        page = self.render_template(
            "loket/notification_settings.html",
            title=gettext("What you hear of, and when"),
            crumbs=_crumbs(gettext("Account"), url_for("AccountView.index"), gettext("What you hear of, and when")),
            kinds=[(kind.name, ICONS[kind], _label(kind), when.name if when else "") for kind, when in chosen.items()],
            choices=[(when.name, words) for when, words in WHEN.items()],
            warning=warning,
            csrf=generate_csrf(),
        )
        return page, status

    @expose("/account/meldingen", methods=["POST"])
    @has_access
    def choose(self) -> Any:
        """Keep the choices; a form that lacks one changes nothing."""
        said = {kind: NotifyWhen.__members__.get(request.form.get(kind.name, "")) for kind in _kinds()}
        choices = {kind: when for kind, when in said.items() if when is not None}
        if len(choices) < len(said):
            return self._settings(said, gettext("Choose one of the three for each kind."), 422)
        with doorway():
            notifications.choose(choices, by=person())
        flash(gettext("Saved."), "success")
        return redirect(url_for("MeldingenView.settings"))


def unread() -> int:
    """How many the person of this session did not read; the session brought the number along."""
    current = session._get_current_object()  # type: ignore[attr-defined]
    return current.unread if isinstance(current, RowSession) else 0


def capped(number: int) -> str:
    """As it stands in the bell; nothing for none."""
    return "99+" if number > 99 else str(number or "")


def in_words(number: int) -> str:
    """What the bell is called: “Notifications, 3 new”."""
    return gettext("Notifications, %(number)s new", number=capped(number)) if number else gettext("Notifications")


def _crumbs(*words: str) -> list[tuple[str, str]]:
    """From the start to here; the candidate's own place has none."""
    if person().role is Role.CANDIDATE:
        return []
    return [(gettext("Start"), "/"), *zip(words[::2], [*words[1::2], ""], strict=False)]


def _before() -> int:
    """Where the page before this one ended."""
    text = request.args.get("voor", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _line(row: Notification, candidate: Candidate | None) -> dict[str, Any]:
    by = person()
    return {
        "id": row.id,
        "icon": ICONS[row.kind],
        "kind": _label(row.kind),
        "words": notifications.sentence(row),
        "about": candidate_text(candidate) if candidate is not None and by.role is not Role.CANDIDATE else "",
        "time": format_datetime(row.at, "HH:mm"),
        "path": row.path,
        "unread": row.read_at is None,
    }


def _day(day: date) -> str:
    return format_date(day, "EEEE d MMMM yyyy" if day.year != clock.day(clock.now()).year else "EEEE d MMMM")


def _label(member: Any) -> str:
    words = str(member.label)
    return words[:1].upper() + words[1:]


def _kinds() -> tuple[NotificationKind, ...]:
    role = person().role
    return notifications.KINDS[role] if role is not None else abort(403)


def _profile() -> UserProfile:
    current = session._get_current_object()  # type: ignore[attr-defined]
    return current.profile if isinstance(current, RowSession) and current.profile is not None else abort(403)
