"""How the words of a message to many become a mail to one: checked when written, compiled once, filled in for each person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask_babel import force_locale, gettext
from markupsafe import Markup, escape

from app.adapters import mail_markdown, mail_text
from app.errors import BadInput
from app.models import Mailing, MailTemplate
from app.services import placeholders

LONGEST_SUBJECT = 120
LONGEST_BODY = 20_000
_PERSONAL = re.compile(r"\S@\S|\bK-\d{3}", re.IGNORECASE)

# While a text is compiled, a placeholder is its number between two signs that no keyboard has and no rule of Markdown knows.
_FRAME = ("sender", "url")  # what the frame around the text asks for
_NAMES = (*placeholders.PLACEHOLDERS, *_FRAME)
_SIGNS = dict.fromkeys(map(ord, "\ue000\ue001"))
_SLOT = re.compile("\ue000(\\d+)\ue001")
_IN_ADDRESS = re.compile(r"%EE%80%80\d+%EE%80%81")


@dataclass(frozen=True)
class Words:
    """A message as it was written, and its language."""

    subject: str
    body: str
    locale: str = "nl"


@dataclass(frozen=True)
class _Pattern:
    """A letter with gaps: what stands at the odd places is a name."""

    text: tuple[str, ...]
    html: tuple[str, ...]


def words_of(row: Mailing | MailTemplate, locale: str) -> Words:
    """The text for who reads this language: English where there is one, else Dutch."""
    if locale.startswith("en") and row.subject_en and row.body_en:
        return Words(row.subject_en, row.body_en, "en")
    return Words(row.subject, row.body)


def sender_of(mailing: Mailing) -> str:
    """Whose name stands above the letter: of the organisation whose participants they are, else of the region."""
    return str(mailing.organisation or mailing.region)


def letter(
    words: Words, values: Mapping[str, str], *, locale: str, region_name: str, base_url: str, preferences_path: str
) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail for one person. `values` are those of placeholders.values; what is not there stays empty.

    `locale` is the reader's: of the foot. Raises ValueError when the way to the preferences is no path of ours.
    """
    if not preferences_path.startswith("/") or preferences_path.startswith("//"):
        raise ValueError("the way to the preferences is a path")
    subject = " ".join(words.subject.split())
    pattern = compiled(subject, words.body, words.locale, locale)
    given = {**values, "sender": region_name, "url": base_url + preferences_path}
    safe = {name: str(escape(value)) for name, value in given.items()}
    text, html = _filled(pattern.text, given), _filled(pattern.html, safe)
    return subject, mail_markdown.folded(text), mail_markdown.folded_html(html)


def check(subject: str | None, body: str | None) -> None:
    """Refuse (BadInput, with what is wrong) a message that cannot be sent, or that would show personal data on a locked phone."""
    check_subject(subject or "")
    check_body(body or "")


def check_both(row: Mailing | MailTemplate) -> None:
    """`check` for the Dutch text and, where one was begun, the English one."""
    check(row.subject, row.body)
    if row.subject_en or row.body_en:
        try:
            check(row.subject_en, row.body_en)
        except BadInput as refusal:
            raise BadInput(gettext("The English text: %(what)s", what=str(refusal))) from refusal


def check_subject(subject: str) -> None:
    """`check` of a subject."""
    if not subject.strip():
        raise BadInput(gettext("Write a subject."))
    if len(subject) > LONGEST_SUBJECT:
        raise BadInput(
            gettext("A subject has at most %(most)d characters; this one has %(count)d.", most=LONGEST_SUBJECT, count=len(subject))
        )
    if not subject.isprintable():
        raise BadInput(gettext("A subject stands on one line, without special signs. Type it again."))
    if "{{" in subject or "}}" in subject:
        raise BadInput(gettext("A subject holds no placeholders: it can be read on a locked phone. Put them in the text."))
    if _PERSONAL.search(subject):
        raise BadInput(gettext("A subject holds no personal data, such as an e-mail address or a candidate's number. Put it in the text."))


def check_body(body: str) -> None:
    """`check` of a text."""
    if not body.strip():
        raise BadInput(gettext("Write the text of the message."))
    if len(body) > LONGEST_BODY:
        raise BadInput(gettext("A text has at most %(most)d characters; this one has %(count)d.", most=LONGEST_BODY, count=len(body)))
    for name in placeholders.unknown(body):
        raise _unknown(name)
    rest = placeholders.PATTERN.sub("", body)
    if "{{" in rest or "}}" in rest:
        raise BadInput(gettext("A placeholder has two braces on either side, such as {{voornaam}}. One of them is not whole."))
    for address in mail_markdown.addresses(body):
        if "%7B%7B" in address:
            raise BadInput(gettext("Put no placeholder in the address of a link: who it is about would stand in the address."))
        if not mail_markdown.is_address(address):
            raise BadInput(gettext("The link to “%(link)s” leads nowhere in a mail. Begin it with https:// or mailto:.", link=address[:60]))


def _unknown(name: str) -> BadInput:
    near, shown = placeholders.nearest(name), "{{" + name[:40] + "}}"
    if near is None:
        return BadInput(gettext("“%(name)s” is no placeholder. Choose one of the list.", name=shown))
    return BadInput(gettext("“%(name)s” is no placeholder. Do you mean “%(near)s”?", name=shown, near="{{" + near + "}}"))


def _filled(parts: tuple[str, ...], given: Mapping[str, str]) -> str:
    return "".join(given.get(part, "") if at % 2 else part for at, part in enumerate(parts))


@lru_cache(maxsize=64)
def compiled(subject: str, body: str, language: str, locale: str) -> _Pattern:
    """Once for each text and language of the reader; what is of one person comes in afterwards, escaped, and is never read as Markdown."""
    marked = placeholders.PATTERN.sub(_slot, body.translate(_SIGNS))
    frame = {name: _slot_of(name) for name in _FRAME}
    with force_locale(locale):
        text = _drawn("text", body=mail_markdown.plain(marked), **frame)
        html = _drawn("html", body=Markup(mail_markdown.html(marked)), subject=subject, language=language, locale=locale, **frame)
    return _Pattern(*(_parts(_IN_ADDRESS.sub("", drawn)) for drawn in (text, html)))


def _slot(found: re.Match[str]) -> str:
    name = placeholders.name_of(found)
    return _slot_of(name) if name in placeholders.PLACEHOLDERS else found[0]


def _slot_of(name: str) -> str:
    return f"\ue000{_NAMES.index(name)}\ue001"


def _drawn(form: str, **values: str) -> str:
    return mail_text.environment(form == "html").get_template(f"letter/{form}.html").render(values) + "\n"


def _parts(drawn: str) -> tuple[str, ...]:
    return tuple(_NAMES[int(part)] if at % 2 else part for at, part in enumerate(_SLOT.split(drawn)))
