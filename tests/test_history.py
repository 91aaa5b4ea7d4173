"""The history of a file reads as sentences: who, in which role, did what, when; never the name of a column or a verb of the code."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.enums import Role
from app.models import Candidate, ChangeLog, Membership, PersonToken, UserProfile
from app.views import told
from tests.site import Site, hidden, post

APP = Path(__file__).resolve().parent.parent / "app"
LATELY = datetime.now(UTC) - timedelta(hours=2)
_LINE = re.compile(r'<p class="moment-head"><span>(.*?)</span><span class="moment-when"><time[^>]*>(.*?)</time>', re.S)
_MARKUP = re.compile(r"<[^>]+>")


def fatima(site: Site) -> int:
    with site.rows() as session:
        return int(session.scalar(sa.select(Membership.candidate_id).where(Membership.role == Role.CANDIDATE)))


def write(site: Site, *lines: dict[str, Any]) -> None:
    """Put lines about Fatima into the log, by Noor at her desk unless a line says otherwise."""
    key = fatima(site)
    with site.rows() as session:
        noor = session.scalar(
            sa.select(Membership).join(UserProfile, UserProfile.user_id == Membership.user_id).where(UserProfile.name.startswith("Noor "))
        )
        token = session.scalar(sa.select(PersonToken.token).where(PersonToken.candidate_id == key))
        for line in lines:
            by = {"actor_id": noor.user_id, "actor_role": Role.ADVISER, "actor_region_id": noor.region_id}
            facts = {"at": LATELY, "table": "candidate", "fields": [], "subject": token, "region_id": noor.region_id}
            session.add(ChangeLog(**{**facts, **by, **line}))


def sentences(browser: FlaskClient, url: str) -> list[str]:
    page = browser.get(url)
    assert page.status_code == 200
    return [html.unescape(_MARKUP.sub("", line)) for line, _ in _LINE.findall(page.text)]


def verbs() -> Iterator[str]:
    """Every verb that the code writes into the log as it stands."""
    for path in (APP / "services").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                told_by = [one.value for one in node.keywords if one.arg == "verb"]
                first = node.args[:1] if name in ("changed", "note", "_note") else []
                yield from (
                    leaf.value for one in (*told_by, *first) for leaf in ast.walk(one) if isinstance(leaf, ast.Constant) and leaf.value
                )


def test_a_change_is_told_by_whom_of_what_and_when(site: Site) -> None:
    write(site, {"verb": "update", "fields": ["phone", "place"]})

    line = sentences(site.client("noor"), f"/kandidaten/show/{fatima(site)}?tab=geschiedenis")[0]

    assert re.fullmatch(r"Noor [\w ]+ \(regio-adviseur, Regio Utrecht\) wijzigde telefoon en plaats", line)


def test_what_is_really_done_is_told(site: Site) -> None:
    key, noor = fatima(site), site.client("noor")
    page = noor.get(f"/kandidaten/edit/{key}")
    with site.rows() as session:
        surname = session.get(Candidate, key).surname
    given = {**hidden(page.text), "given_name": "Fatima", "surname": surname, "email": "fatima@demo.test", "place": "Zeist"}

    saved = post(noor, f"/kandidaten/edit/{key}", given)
    lines = sentences(noor, f"/kandidaten/show/{key}?tab=geschiedenis")

    assert (saved.status_code, len(lines), "plaats" in lines[0]) == (302, 1, True)
    assert lines[0].startswith("Noor ")


def test_a_candidate_reads_the_own_doing_as_the_own(site: Site) -> None:
    key = fatima(site)
    with site.rows() as session:
        user = session.scalar(sa.select(Membership.user_id).where(Membership.candidate_id == key))
    write(site, {"verb": "tick_task", "table": "task", "actor_id": user, "actor_role": Role.CANDIDATE})

    page = site.client("fatima").get("/geschiedenis/list/").text

    assert ("<b>Jij</b>" in page, "vinkte een taak af" in page) == (True, True)


def test_what_nobody_did_was_done_by_the_system(site: Site) -> None:
    write(site, {"verb": "promote_registration", "table": "registration", "actor_id": None, "actor_role": None, "actor_region_id": None})

    lines = sentences(site.client("noor"), f"/kandidaten/show/{fatima(site)}?tab=geschiedenis")

    assert lines == ["Het systeem gaf de kandidaat een plek van de wachtlijst"]


def test_a_long_history_goes_on_on_the_next_page_and_nothing_is_left_out(site: Site) -> None:
    noor, address = site.client("noor"), f"/kandidaten/show/{fatima(site)}?tab=geschiedenis"
    write(site, *({"verb": "plan_task", "table": "task", "at": LATELY - timedelta(days=number)} for number in range(65)))

    pages = [sentences(noor, f"{address}&blad={number}") for number in range(4)]

    assert [len(page) for page in pages] == [30, 30, 5, 0]
    assert ("blad=1" in noor.get(address).text, "blad=3" in noor.get(f"{address}&blad=2").text) == (True, False)


def test_every_verb_of_the_code_is_told_in_words(site: Site) -> None:
    written = sorted(set(verbs()))
    write(site, *({"verb": verb, "fields": ["place", "a_column_without_a_label"]} for verb in written))

    with site.app.test_request_context("/"):
        said = {verb: told.change(verb, ["place"], "kandidaat", {"place": "Plaats"}) for verb in written}
    lines = [
        line
        for number in range(4)
        for line in sentences(site.client("noor"), f"/kandidaten/show/{fatima(site)}?tab=geschiedenis&blad={number}")
    ]

    assert (len(lines), [line for line in lines if "_" in line]) == (len(written), [])
    assert [verb for verb, (icon, words) in said.items() if not icon or not words or "_" in words] == []


def test_verbs_that_the_code_does_not_write_have_no_words() -> None:
    written = set(verbs()) | {"add", "edit", "delete"}

    assert (set(told.FILE) - written, set(told.LINKS) - written) == (set(), set())


def test_the_administrators_log_names_no_candidate(site: Site) -> None:
    write(site, {"verb": "update", "fields": ["place"]}, {"verb": "set_password", "table": "ab_user", "subject": "ab_user:7"})

    page, key = site.client("beheer").get("/beheer/logboek/list/").text, fatima(site)

    with site.rows() as session:
        token = session.scalar(sa.select(PersonToken.token).where(PersonToken.candidate_id == key))
    assert (f"kandidaat ({token[:8]})" in page, token in page, "account 7" in page) == (True, False, True)
    assert "koos een nieuw wachtwoord" in page


@pytest.mark.parametrize(
    ("label", "word"), [("Plaats", "plaats"), ("LinkedIn", "LinkedIn"), ("E-mail", "e-mail"), ("PC4", "PC4"), ("", "")]
)
def test_a_label_inside_a_sentence_begins_small_unless_it_is_a_name(label: str, word: str) -> None:
    assert told.lowered(label) == word
