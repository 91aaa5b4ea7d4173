"""The fields of a message: its subject with a count, its text with the placeholders beside it; what cannot be sent is said at the field.

A screen takes `field_of` for each of them and draws its form with templates/loket/message_form.html, which brings the script and the sheet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import render_template
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import StringField, TextAreaField, validators
from wtforms.widgets import TextArea, TextInput

from app.adapters import markdown
from app.enums import CHOSEN_CATEGORIES, MailCategory
from app.errors import BadInput
from app.fab.forms import EnumField
from app.services import mailing_text, placeholders

LABELS = {
    "subject": _l("Subject line"),
    "body": _l("Text"),
    "subject_en": _l("Subject in English"),
    "body_en": _l("Text in English"),
}
HELP = {
    "subject": _l("Everybody can read it on a locked phone: no names, nothing personal. At most 120 characters."),
    "body": _l("Markdown: # for a heading, - for a list, [text](address) for a link. A link on a line of its own becomes a button."),
    "body_en": _l("Leave both empty, and everybody gets the Dutch text."),
}


class SubjectInput(TextInput):
    """A line with, for who has scripts, how long it is."""

    def __call__(self, field: Any, **given: Any) -> Markup:
        most = mailing_text.LONGEST_SUBJECT
        words = gettext("%(count)s of %(most)d characters", count="#", most=most)
        counted = Markup('<p class="count" data-count-of="%s" data-most="%d" data-words="%s" hidden></p>') % (field.id, most, words)
        return Markup(super().__call__(field, autocomplete="off", **given)) + counted


class MessageArea(TextArea):
    """A text with the placeholders that can be put in it."""

    def __call__(self, field: Any, **given: Any) -> Markup:
        area = super().__call__(field, **{**given, "rows": 12})
        return Markup(render_template("loket/message_field.html", area=area, field=field, placeholders=placeholders.PLACEHOLDERS))


class SubjectField(StringField):
    """What stands in a mailbox, for everybody to see."""

    widget = SubjectInput()


class MessageTextAreaField(TextAreaField):
    """What the message says, as Markdown."""

    widget = MessageArea()


class _Categories:
    """What a message to a group can be about, as the closed list of a form."""

    def __getitem__(self, name: str) -> MailCategory:
        return {one.name: one for one in CHOSEN_CATEGORIES}[name]

    def __iter__(self) -> Iterator[MailCategory]:
        return iter(CHOSEN_CATEGORIES)


def category_field(label: Any) -> Any:
    """What the message is about, of what people choose for themselves."""
    told = _l("People choose for each of these whether they want it.")
    return EnumField(label, [validators.InputRequired(_l("Fill this in."))], of=_Categories(), description=told)  # type: ignore[arg-type]


def field_of(name: str, *, must: bool = False) -> Any:
    """`subject`, `body`, or one of them `_en`; with the rules of services/mailing_text.py."""
    check = mailing_text.check_subject if name.startswith("subject") else mailing_text.check_body
    kind = SubjectField if name.startswith("subject") else MessageTextAreaField
    needed = validators.InputRequired(_l("Fill this in.")) if must else validators.Optional()
    return kind(LABELS[name], [needed, _said_at_the_field(check)], filters=[_tidy], description=HELP.get(name, ""))


def preview(text: str) -> Markup:
    """What a text will look like, with examples for what is filled in."""
    given = placeholders.examples()
    filled = placeholders.PATTERN.sub(lambda found: given.get(placeholders.name_of(found), found[0]), text[: mailing_text.LONGEST_BODY])
    return Markup(markdown.html(filled))


def _said_at_the_field(check: Any) -> Any:
    def checked(form: Any, field: Any) -> None:
        try:
            check(field.data)
        except BadInput as refusal:
            raise validators.StopValidation(str(refusal)) from refusal

    return checked


def _tidy(text: str | None) -> str | None:
    return (text or "").replace("\x00", "").replace("\r\n", "\n").strip() or None
