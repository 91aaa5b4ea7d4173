"""A line of the logs as a sentence: who, in which role, did what with which part. The log keeps names of columns; people read words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from babel.lists import format_list
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.enums import Role

# What was done with somebody's file: (icon, in words).
FILE = {
    "register": ("user-plus", _l("opened the file")),
    "update": ("pencil", _l("changed %(fields)s")),
    "edit": ("pencil", _l("changed %(fields)s")),
    "move_stage": ("route", _l("moved the candidate to another stage")),
    "set_status": ("activity", _l("changed the status")),
    "assign": ("user-check", _l("chose another adviser")),
    "return_to_inbox": ("inbox", _l("sent the file back to the inbox of the region")),
    "take_over": ("switch-horizontal", _l("moved the file to another region")),
    "open_door": ("mail", _l("let the candidate sign in by mail")),
    "plan_task": ("calendar-plus", _l("planned a task")),
    "change_task": ("pencil", _l("changed of a task: %(fields)s")),
    "finish_task": ("checks", _l("finished a task")),
    "tick_task": ("checks", _l("ticked off a task")),
    "close_task": ("check", _l("closed a task that was not needed any more")),
    "hand_on_task": ("arrows-exchange", _l("gave a task to somebody else")),
    "start_plan": ("list-check", _l("started a step-by-step plan")),
    "stop_plan": ("x", _l("stopped a step-by-step plan")),
    "record_session": ("message", _l("wrote a report of a conversation")),
    "change_session": ("pencil", _l("changed of a report: %(fields)s")),
    "remove_session": ("trash", _l("removed a report")),
    "attach": ("file-text", _l("put a file with a report")),
    "show_attachment": ("eye", _l("chose whether the candidate sees a file")),
    "remove_attachment": ("trash", _l("removed a file")),
    "begin_thread": ("mail", _l("began a conversation by message")),
    "write_message": ("mail", _l("wrote a message")),
    "close_thread": ("circle-check", _l("finished a conversation by message")),
    "reopen_thread": ("arrow-back-up", _l("opened a conversation by message again")),
    "set_out": ("bookmark", _l("set something out for the candidate")),
    "withdraw_offer": ("arrow-back-up", _l("took back what was set out")),
    "propose_match": ("heart-handshake", _l("proposed a match")),
    "move_match": ("heart-handshake", _l("changed where a match stands")),
    "register_for_activity": ("calendar-event", _l("registered the candidate for an activity")),
    "note_effect": ("calendar-event", _l("noted what an activity did to the decision")),
    "set_registration": ("calendar-event", _l("changed a registration")),
    "promote_registration": ("calendar-event", _l("gave the candidate a place from the waiting list")),
    "give_consent": ("thumb-up", _l("wrote down a consent")),
    "withdraw_consent": ("x", _l("wrote down that a consent was withdrawn")),
    "draft_handover": ("notes", _l("prepared a handover")),
    "change_handover": ("pencil", _l("changed what goes along with a handover")),
    "ask_handover": ("help-circle", _l("asked the candidate to agree to a handover")),
    "withdraw_handover": ("x", _l("took a handover back")),
    "send_handover": ("send", _l("sent a handover")),
    "receive_handover": ("eye-check", _l("opened a handover")),
    "accept_handover": ("circle-check", _l("accepted a handover")),
    "return_handover": ("arrow-back-up", _l("sent a handover back")),
    "first_contact": ("phone-call", _l("had the first contact after a handover")),
    "finish_handover": ("flag", _l("completed a handover")),
}  # fmt: skip
# What is done with other things, whichever they are.
ADDED = frozenset(
    {"add", "schedule_activity", "write_article", "write_plan", "write_template", "invite", "join", "install_admin", "make_account"}
)
REMOVED = frozenset({"delete", "remove_article", "remove_template", "remove_logo", "end_membership", "leave"})
LINKS = {"make_link": _l("made a one-time link"), "use_link": _l("used a one-time link"), "set_password": _l("chose a new password")}
# Columns that are called something else in a sentence than above a field.
FIELDS = {
    "due_on": _l("the day"),
    "title": _l("the title"),
    "held_at": _l("the moment"),
    "wanted_sectors": _l("the sectors that are wanted"),
    "wanted_functions": _l("the functions that are wanted"),
    "lead_adviser_id": _l("the adviser"),
}
# How somebody looked at a file, for whose file it is.
LOOKS = {
    "list": ("list-details", _l("saw your name in a list (%(screen)s)")),
    "show": ("eye", _l("looked at your file (%(screen)s)")),
    "edit": ("forms", _l("opened a form about you (%(screen)s)")),
    "contact": ("address-book", _l("looked at your contact details")),
    "attachment": ("file-text", _l("opened an attachment")),
    "export": ("file-download", _l("made a file with your details (%(screen)s)")),
}


def change(verb: str, fields: Iterable[str], part: str, labels: dict[str, Any]) -> tuple[str, str]:
    """The icon and the words for a change. `part` is what was changed, `labels` how its columns are called."""
    words = fields_said(fields, labels)
    icon, said = FILE.get(verb, ("", ""))
    if said:
        return icon, str(said) % {"fields": words or gettext("something")}
    if verb in LINKS:
        return "key", str(LINKS[verb])
    if verb in ADDED:
        return "plus", gettext("added: %(part)s", part=part)
    if verb in REMOVED:
        return "trash", gettext("removed: %(part)s", part=part)
    return "pencil", gettext("changed: %(part)s (%(fields)s)", part=part, fields=words) if words else gettext(
        "changed: %(part)s", part=part
    )


def fields_said(names: Iterable[str], labels: dict[str, Any]) -> str:
    """Columns as their labels, in a row: “place, telephone and e-mail”. What has no label is something else, said once."""
    found = [FIELDS.get(name) or labels.get(name) or labels.get(name.removesuffix("_id")) for name in names]
    words = dict.fromkeys(lowered(str(label)) if label else "" for label in found)
    other = [gettext("other details")] if words.pop("", None) is not None else []
    return str(format_list([*words, *other], locale=get_locale())) if words or other else ""


def lowered(label: str) -> str:
    """A label inside a sentence: Place → place, but LinkedIn stays."""
    return label[:1].lower() + label[1:] if label[1:].islower() else label


def look(channel: str, screen: str, reason: str | None) -> tuple[str, str]:
    """The icon and the words for a look."""
    icon, said = LOOKS.get(channel, ("eye", _l("looked at your file (%(screen)s)")))
    words = str(said) % {"screen": screen}
    return icon, f"{words}: “{reason}”" if reason else words


def who(name: str | None, role: Role | None, place: str | None, *, is_self: bool = False) -> Markup:
    """Noor de Vries (adviser, Utrecht); who has no name here is called by the role."""
    if is_self:
        return Markup("<b>%s</b>") % gettext("You")
    if role is None and not name:
        return Markup("<b>%s</b>") % gettext("The system")
    about = ", ".join(str(word) for word in (role and role.label, place) if word)
    if not name:
        return Markup("<b>%s</b>") % (about[:1].upper() + about[1:] or gettext("Somebody"))
    return Markup("<b>%s</b> (%s)") % (name, about) if about else Markup("<b>%s</b>") % name
