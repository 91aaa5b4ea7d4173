"""The words of a message become a mail: nothing of a person is read as Markdown, and what cannot be sent is refused when written."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from time import perf_counter
from typing import Any

import pytest

from app.adapters.mailer import Letter, compose
from app.enums import MailCategory
from app.errors import BadInput
from app.models import MailTemplate
from app.services import mailing_text
from app.services.mailing_text import Words
from tests.services.cast import NOON

BODY = "{{aanhef}},\n\nKom **{{voornaam}}**, naar de open dag.\n\n[Meld je aan](https://example.test/open-dag)"
VALUES = {"aanhef": "Beste Anna", "voornaam": "Anna"}
WAY = "/voorkeuren/abc123"


def written(body: str = BODY, values: dict[str, str] | None = None, **more: Any) -> tuple[str, str, str]:
    words = Words(more.pop("subject", "Kom je ook?"), body, more.pop("language", "nl"))
    given = {"locale": "nl", "region_name": "Regio Utrecht", "base_url": "https://loket.test", "preferences_path": WAY} | more
    return mailing_text.letter(words, VALUES if values is None else values, **given)


def sent(letter: tuple[str, str, str]) -> tuple[bytes, EmailMessage]:
    """The mail as it travels, and as a standard parser opens it."""
    subject, text, html = letter
    mail = compose(Letter("id-1", "anna@example.test", subject, text, html, "nl", NOON), "loket@example.test", "Mijn Onderwijsloket")
    raw = mail.as_bytes()
    return raw, message_from_bytes(raw, policy=policy.default)


def seen(html: str) -> tuple[str, list[tuple[str, dict[str, str | None]]]]:
    """What a mail program would show, and the tags that it finds."""
    words: list[str] = []
    tags: list[tuple[str, dict[str, str | None]]] = []
    reader = HTMLParser(convert_charrefs=True)
    reader.handle_data = words.append  # type: ignore[method-assign,assignment]
    reader.handle_starttag = lambda tag, attrs: tags.append((tag, dict(attrs)))  # type: ignore[method-assign]
    reader.feed(html)
    return "".join(words), tags


def test_a_standard_parser_opens_it_with_both_parts() -> None:
    _, mail = sent(written())

    text, html = (mail.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert mail["Subject"] == "Kom je ook?"
    assert text.startswith("Beste Anna,\n\nKom Anna, naar de open dag.\n\nMeld je aan: https://example.test/open-dag\n\n-- \n")
    assert f"https://loket.test{WAY}" in text
    assert "Kom <strong>Anna</strong>, naar de open dag." in html
    links = {attrs["href"] for tag, attrs in seen(html)[1] if tag == "a"}
    assert links == {"https://example.test/open-dag", f"https://loket.test{WAY}"}
    assert "Regio Utrecht" in seen(html)[0]


@pytest.mark.parametrize(
    "name",
    [
        "<b>Jan</b>",
        "[x](javascript:alert(1))",
        "[klik](https://evil.example/)",
        "<script>alert(1)</script>",
        '"><img src=x onerror=y>',
        "**Jan** {{adviseur}} _x_",
        "&lt;b&gt;",
        "# Jan",
        "\\0 \\g<0> %s {0}",
    ],
)
def test_a_name_stays_a_name(name: str) -> None:
    plain = written(values={"aanhef": "Beste Anna", "voornaam": "Anna"})
    subject, text, html = written(values={"aanhef": f"Beste {name}", "voornaam": name})

    assert f"Beste {name},\n\nKom {name}, naar" in text
    assert f"Beste {name}," in seen(html)[0]
    assert seen(html)[1] == seen(plain[2])[1]
    assert subject == plain[0]


@pytest.mark.parametrize("subject", ["Kom\r\nBcc: evil@example.test", "Kom\nook", "Kom\x00ook", "Kom\u2028ook", "Kom\x85ook"])
def test_a_subject_puts_nothing_into_the_head_of_a_mail(subject: str) -> None:
    raw, mail = sent(written(subject=subject.replace("\x00", "")))

    assert mail["Bcc"] is None
    assert b"\nBcc:" not in raw
    with pytest.raises(BadInput) as refused:
        mailing_text.check(subject, BODY)
    assert str(refused.value) == "A subject stands on one line, without special signs. Type it again."


@pytest.mark.parametrize("body", ["woord " * 3000, "é" * 19_000, "{{voornaam}} " * 1500, "x" * 890 + "{{voornaam}}" * 5], ids=range(4))
def test_no_line_of_a_mail_is_longer_than_998_signs(body: str) -> None:
    letter = written(body, {"voornaam": "&" * 200})
    raw, mail = sent(letter)

    assert max(len(line) for part in letter for line in part.split("\n")) <= 998
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert mail.get_body(("html",)) is not None


def test_a_reader_of_english_gets_the_english_text_when_there_is_one() -> None:
    row = MailTemplate(name="x", category=MailCategory.ACTIVITIES, subject="Kom je?", body="Dag", subject_en="Will you come?", body_en="Hi")
    half = MailTemplate(name="x", category=MailCategory.ACTIVITIES, subject="Kom je?", body="Dag", subject_en="Will you come?")

    assert [mailing_text.words_of(row, locale) for locale in ("nl", "en", "en_GB")] == [
        Words("Kom je?", "Dag", "nl"),
        Words("Will you come?", "Hi", "en"),
        Words("Will you come?", "Hi", "en"),
    ]
    assert mailing_text.words_of(half, "en") == Words("Kom je?", "Dag", "nl")


def test_the_mail_says_in_which_language_its_text_is() -> None:
    _, _, html = written(locale="en", language="nl")

    languages = [attrs["lang"] for _, attrs in seen(html)[1] if "lang" in attrs]
    assert languages == ["en", "nl"]
    assert "Preferences or unsubscribe" in html


def test_the_way_to_the_preferences_is_a_path_of_ours() -> None:
    for way in ("//evil.example/", "https://evil.example/", "voorkeuren"):
        with pytest.raises(ValueError, match="path"):
            written(preferences_path=way)


def test_what_is_unknown_stays_as_it_was_typed_and_what_is_not_given_is_empty() -> None:
    _, text, _ = written("Dag {{voornaam}}. {{schoenmaat}} \ue0001\ue001 [x](https://a.test/{{voornaam}})", {})

    assert text.startswith("Dag . {{schoenmaat}} 1 x: https://a.test/\n")


@pytest.mark.parametrize(
    ("subject", "body", "sentence"),
    [
        (" ", "Dag", "Write a subject."),
        ("x" * 121, "Dag", "A subject has at most 120 characters; this one has 121."),
        ("Dag {{voornaam}}", "Dag", "A subject holds no placeholders: it can be read on a locked phone. Put them in the text."),
        ("Mail naar anna@example.test", "Dag", None),
        ("Over K-204173", "Dag", None),
        ("Dag", " \n", "Write the text of the message."),
        ("Dag", "x" * 20_001, "A text has at most 20000 characters; this one has 20001."),
        ("Dag", "Dag {{ vornaam }}", "“{{vornaam}}” is no placeholder. Do you mean “{{voornaam}}”?"),
        ("Dag", "Dag {{qqqq}}", "“{{qqqq}}” is no placeholder. Choose one of the list."),
        ("Dag", "Dag {{voornaam}", "A placeholder has two braces on either side, such as {{voornaam}}. One of them is not whole."),
        ("Dag", "[x](/mijn/)", "The link to “/mijn/” leads nowhere in a mail. Begin it with https:// or mailto:."),
        (
            "Dag",
            "[x](https://a.test/{{voornaam}})",
            "Put no placeholder in the address of a link: who it is about would stand in the address.",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_in_a_sentence(subject: str, body: str, sentence: str | None) -> None:
    with pytest.raises(BadInput) as refused:
        mailing_text.check(subject, body)

    assert str(refused.value) == (
        sentence or "A subject holds no personal data, such as an e-mail address or a candidate's number. Put it in the text."
    )


def test_an_english_text_is_checked_when_it_was_begun() -> None:
    row = MailTemplate(subject="Kom je?", body="Dag", subject_en="Will you come?")

    with pytest.raises(BadInput) as refused:
        mailing_text.check_both(row)

    assert str(refused.value) == "The English text: Write the text of the message."


def test_a_second_letter_costs_next_to_nothing() -> None:
    written()
    began = perf_counter()
    for number in range(1000):
        written(values={"aanhef": f"Beste {number}", "voornaam": f"{number}"})

    assert perf_counter() - began < 0.5
