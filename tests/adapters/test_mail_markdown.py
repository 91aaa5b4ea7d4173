"""Markdown as the two parts of a mail: what a mail program gets, and what can be sent."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from app.adapters import mail_markdown

LETTER = """# Kom je ook?

Dag Anna,
Tot *dinsdag*.

- een
- twee
  - binnen
- **drie**

1. eerst

2. dan

   nog iets

[Meld je aan](https://example.test/open-dag?a=1&b=2)

Lees [meer](https://example.test/) of mail <loket@example.test>.

---

| Dag | Tijd |
|---|---|
| dinsdag | 19:00 |
"""


def test_plain_text_reads_as_the_text_was_meant() -> None:
    assert mail_markdown.plain(LETTER).split("\n") == [
        "Kom je ook?",
        "",
        "Dag Anna,",
        "Tot dinsdag.",
        "",
        "- een",
        "- twee",
        "  - binnen",
        "- drie",
        "",
        "1. eerst",
        "",
        "2. dan",
        "  nog iets",
        "",
        "Meld je aan: https://example.test/open-dag?a=1&b=2",
        "",
        "Lees meer: https://example.test/ of mail loket@example.test.",
        "",
        "---",
        "",
        "Dag  Tijd",
        "dinsdag  19:00",
    ]


def test_each_tag_has_its_style_and_a_link_alone_is_a_button() -> None:
    made = mail_markdown.html(LETTER)

    bare = {tag for tag in re.findall(r"<(\w+)(?: href=\"[^\"]*\")?(?: rel=\"[^\"]*\")?>", made)}
    assert bare == {"br", "em", "strong", "thead", "tbody", "tr"}
    assert made.count('class="button"') == 1
    assert re.search(r'<a href="https://example.test/open-dag\?a=1&amp;b=2"[^>]*class="button"[^>]*>Meld je aan</a>', made)
    assert "Dag Anna,<br>\nTot <em>dinsdag</em>." in made


@pytest.mark.parametrize(
    "text",
    [
        "![een foto](https://example.test/p.png)",
        "[![een foto](https://example.test/p.png)](https://example.test/)",
        '<img src="https://example.test/p.png" onerror="x()">',
        "<style>@import url(https://example.test/x.css)</style>",
    ],
)
def test_nothing_is_fetched_from_elsewhere(text: str) -> None:
    tags = _tags(mail_markdown.html(text))

    assert not {"img", "style", "script", "link"} & {tag for tag, _ in tags}
    assert not {"src", "onerror", "background"} & {name for _, names in tags for name in names}


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "/kandidaten/", "//example.test", "data:text/html,x", "https://x.test/" + "a" * 600],
    ids=range(5),
)
def test_a_link_that_leads_nowhere_in_a_mail_is_its_words(address: str) -> None:
    made = mail_markdown.html(f"[hier]({address})")

    assert "<a" not in made
    assert "hier" in made


@pytest.mark.parametrize(
    "text",
    [
        "woord " * 3000,
        "x" * 18_000,
        "**vet** en [link](https://example.test/lang) " * 300,
        "&<>" * 3000,
        "- " + "woord " * 3000,
        "\n".join(f"[{n}](https://example.test/{'a' * 480})" for n in range(30)),
    ],
    ids=range(6),
)
def test_no_line_is_longer_than_mail_allows(text: str) -> None:
    html, plain = mail_markdown.html(text), mail_markdown.plain(text)

    assert max(len(line.encode()) for line in html.split("\n")) <= 998
    assert max(len(line.encode()) for line in plain.split("\n")) <= 998
    assert re.sub(r"\s", "", _words(html)) == re.sub(r"\s", "", _words(mail_markdown.markdown.html(text)))


def _tags(html: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attrs: found.append((tag, [name for name, _ in attrs]))  # type: ignore[method-assign]
    reader.feed(html)
    return found


def _words(html: str) -> str:
    found: list[str] = []
    reader = HTMLParser(convert_charrefs=True)
    reader.handle_data = found.append  # type: ignore[method-assign,assignment]
    reader.feed(html)
    reader.close()
    return "".join(found)
