"""Every page in a language that nobody speaks: what is still readable there was not written through the catalogue.

Each text of ours becomes ⟦ťéxť⟧. What stands outside the brackets has to be data, a date, a number, or a name that every language shares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app import create_app
from app.adapters import clock, markdown
from app.demo.accounts import DEMO_ACCOUNTS
from app.extensions import db
from app.models import AdviceSession
from app.services import mailing_text
from config import PROJECT_ROOT
from tests.pages import Said, page_texts
from tests.security import world
from tests.security.plan import ACCOUNTS, ROLES, Form, routes
from tests.site import Site, post, settings

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations" / "nl" / "LC_MESSAGES" / "messages.po"
BLANK = re.compile(r"(%\(\w+\)[sd]|%%|%[sd]|<[^>]*>)")
BRACKETS = re.compile(r"⟦[^⟦⟧]*⟧")
BETWEEN = re.compile(r", |[:;()«»“”]|\s[-–—+/]\s")
JOINTS = " ·,:;()–-/+."
ACCENTS = str.maketrans("aceginorstuyACEGINORSTUY", "àçéğîñöŕšťûýÀÇÉĞÎÑÖŔŠŤÛÝ")
# Babel's own words, in the person's language: days and months.
_DUTCH = Locale("nl")
_WORDS = {
    word.strip(".")
    for names in (_DUTCH.days, _DUTCH.months)
    for width in ("wide", "abbreviated")
    for word in names["format"][width].values()
}
DATE = re.compile(rf"\b({'|'.join(sorted(_WORDS, key=len, reverse=True))})\b\.?")
MAILS = ("/sjablonen/mail/", "/berichten/groep/voorbeeld/")  # in the language of who gets them
SOON = (clock.day(clock.now()) + timedelta(days=7)).isoformat()
SAME_EVERYWHERE = {
    "Mijn Onderwijsloket": "the name of the program",
    "CSV": "a kind of file",
    "PNG": "a kind of file",
    "SVG": "a kind of file",
    "Excel": "a product",
    "K": "before the number of a candidate",
    "ICT": "a school subject",
}


def pseudo(text: str) -> str:
    """⟦ťéxť⟧, with its blanks and tags as they were."""
    pieces = BLANK.split(text)
    return "⟦" + "".join(piece if place % 2 else piece.translate(ACCENTS) for place, piece in enumerate(pieces)) + "⟧"


@pytest.fixture(scope="module")
def pseudo_site(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The program with the catalogue in which every Dutch text is its English one in brackets; Flask-AppBuilder keeps its own Dutch."""
    folder = tmp_path_factory.mktemp("pseudo")
    mailing_text.compiled.cache_clear()  # letters in the words of another app
    (folder / "words" / "nl" / "LC_MESSAGES").mkdir(parents=True)
    with open(CATALOGUE, "rb") as file:
        catalogue = read_po(file, locale="nl")
    for message in catalogue:
        if message.id:
            message.string = tuple(map(pseudo, message.id)) if isinstance(message.id, tuple) else pseudo(message.id)
    with open(folder / "words" / "nl" / "LC_MESSAGES" / "messages.mo", "wb") as file:
        write_mo(file, catalogue)

    url = world.copy_of(demo_file, folder)
    words = {"BABEL_TRANSLATION_DIRECTORIES": str(folder / "words")}
    app = create_app(settings(url, folder), TESTING=True, PROPAGATE_EXCEPTIONS=False, **words)
    site = Site(app, url)
    with site.rows() as session:
        world.seed(session)
    yield site
    mailing_text.compiled.cache_clear()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def data(pseudo_site: Site) -> set[str]:
    """Every text that somebody entered: whole, by line, and as its formatted pieces."""
    with pseudo_site.app.app_context(), db.engine.connect() as connection:
        found: set[str] = set()
        for table in sa.inspect(connection).get_table_names():
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')):
                found |= {value for value in row if isinstance(value, str)}
        bodies = connection.execute(sa.text("SELECT body FROM article")).scalars().all()
    bodies = [
        *bodies,
        *(path.read_text("utf-8") for path in (PROJECT_ROOT / "app" / "data").glob("*/*.md")),
    ]
    found |= {piece for value in found for piece in value.split(" · ")}  # such as the filters of a list, kept in words
    found |= {value[:1].upper() + value[1:] for value in found}  # a title begins with a capital
    lines = {line for value in found for line in value.splitlines()}
    formatted = {piece for body in bodies for _, piece in Said(str(markdown.html(body))).pieces}
    countries = set(_DUTCH.territories.values())
    demo = {words for account in DEMO_ACCOUNTS for words in account}
    return {
        " ".join(text.split()).strip(JOINTS) for text in found | lines | formatted | demo | countries if not re.fullmatch(r"[A-Z_]+", text)
    }


def hard_coded(html: str, data: set[str]) -> list[str]:
    """What a page says that came neither through the catalogue nor from somebody."""
    found = []
    for where, text in Said(html).pieces:
        rest = text
        while rest != (rest := BRACKETS.sub("\0", rest)):
            pass
        chunks = [chunk.strip(JOINTS) for chunk in re.split("\0| · ", rest)]
        pieces = [piece.strip(JOINTS) for chunk in chunks if not is_no_language(chunk, data) for piece in BETWEEN.split(chunk)]
        if strange := [piece for piece in pieces if not is_no_language(piece, data)]:
            found.append(f"<{where}> says {' … '.join(strange)!r} in {text[:120]!r}")
    return found


def is_no_language(piece: str, data: set[str]) -> bool:
    """Whether this piece is data, a date, a number, or the same in every language."""
    if piece in data or piece in SAME_EVERYWHERE:
        return True
    if piece.endswith("…"):  # the beginning of a longer text
        return any(text.startswith(piece.rstrip("…").rstrip(JOINTS)) for text in data)
    return re.search(r"[^\W\d_]{2,}", DATE.sub("", piece)) is None


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_no_page_has_a_text_that_is_not_in_the_catalogue(role: str, pseudo_site: Site, data: set[str]) -> None:
    found = {one: path for path, html in page_texts(pseudo_site, role) for one in hard_coded(html, data)}

    assert not found, "\n".join(f"{path}: {one}" for one, path in found.items())


@pytest.mark.parametrize("role", ROLES)
def test_a_form_that_is_refused_says_why_in_the_words_of_the_catalogue(role: str, pseudo_site: Site, data: set[str]) -> None:
    browser = pseudo_site.client(ACCOUNTS[role])
    forms = [rule for rule, route in routes().items() if rule.endswith("/add") and route.is_open("POST", role)]

    answers: dict[str, Any] = {rule: post(browser, rule, page="/account/").text for rule in forms}

    found = {one: path for path, html in answers.items() for one in hard_coded(html, data)}
    assert not found, "\n".join(f"{path}: {one}" for one, path in found.items())


def test_what_is_said_after_doing_something_comes_from_the_catalogue(pseudo_site: Site, data: set[str]) -> None:
    stranger, noor = pseudo_site.client(), pseudo_site.client("noor")
    with pseudo_site.rows() as session:
        talk = session.scalar(sa.select(AdviceSession.id).where(AdviceSession.region_id == world.UTRECHT).order_by(AdviceSession.id))

    task = {**Form(noor.get("/taken/add").text).fields, "candidate": "K-900002", "title": "Bellen", "due_on": SOON}

    answers = {
        "a wrong password": post(stranger, "/login/", {"username": "noor@demo.test", "password": "fout"}, page="/login/"),
        "an address of nobody": noor.get("/kandidaten/show/987654321"),
        "no right": noor.get("/beheer/rollen/"),
        "a task": post(noor, "/taken/add", task, follow_redirects=True),
        "a talk that is gone": post(noor, f"/gesprekken/delete/{talk}", follow_redirects=True),
        "a short password": post(noor, "/account/wachtwoord", {"current": "fout", "password": "kort", "repeat": "kort"}),
    }

    found = {one: what for what, answer in answers.items() for one in hard_coded(answer.text, data)}
    assert not found, "\n".join(f"{what}: {one}" for one, what in found.items())
    assert "flashes" in answers["a task"].text


@pytest.mark.parametrize("role", ["anonymous", "coordinator", "admin", "candidate"])
def test_no_page_in_english_has_a_dutch_text_of_the_catalogue(role: str, pseudo_site: Site, data: set[str]) -> None:
    with open(CATALOGUE, "rb") as file:
        messages = [message for message in read_po(file) if message.id]
    english = {text for message in messages for text in strings(message.id)}
    dutch = {text for message in messages for text in strings(message.string)} - english

    found = {
        piece: path
        for path, html in page_texts(pseudo_site, role, locale="en")
        if not path.startswith(MAILS)
        for _, piece in Said(html).pieces
        if piece in dutch and piece not in data
    }

    assert found == {}


def test_our_dutch_calls_people_je() -> None:
    with open(CATALOGUE, "rb") as file:
        polite = [text for message in read_po(file) for text in strings(message.string) if re.search(r"\b([Uu]w|[Uu])\b", text)]

    assert polite == []


def strings(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
