"""A form that was not sent is not lost: its draft stands behind the form's own door, for its writer, until it is saved."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.models import AdviceSession, Candidate, Draft, Membership, Region, UserProfile
from tests.site import BOTH, Site, hidden, post

ADD = "/gesprekken/add"
NOTICE = "Dit is je concept van"
NASTY = "</textarea><script>alert(1)</script>"


def keep(browser: FlaskClient, url: str, **fields: Any) -> TestResponse:
    return post(browser, url, {"step": "autosave", **fields})


def drafts(site: Site) -> list[tuple[str, list[str], int | None]]:
    """What is kept: address, summary, candidate."""
    with site.rows() as session:
        rows = session.scalars(sa.select(Draft).order_by(Draft.form))
        return [(row.form, row.content.get("summary", []), row.candidate_id) for row in rows]


def candidate(site: Site, region: str = "utrecht") -> tuple[int, str]:
    with site.rows() as session:
        query = sa.select(Candidate.id, Candidate.number).join(Region, Region.id == Candidate.region_id).where(Region.slug == region)
        key, number = session.execute(query.order_by(Candidate.id).limit(1)).one()
        return int(key), str(number)


def report(site: Site) -> int:
    with site.rows() as session:
        query = sa.select(AdviceSession.id).join(Region, Region.id == AdviceSession.region_id).where(Region.slug == "utrecht")
        return int(session.scalar(query.order_by(AdviceSession.id).limit(1)))


def text_of(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return html.unescape(found[1]).removeprefix("\r\n").strip() if found else ""


@BOTH
def test_what_was_typed_stands_there_again_on_another_device(site: Site) -> None:
    key, number = candidate(site)
    url = f"{ADD}?candidate={number}"

    told = keep(site.client("noor"), url, candidate=number, summary="We bezoeken een school.", kinds=["PHONE", "EMAIL"], minutes="40")

    page = site.client("noor").get(url).text
    ticked = re.findall(r'name="kinds"[^>]*value="(\w+)"[^>]*checked|checked[^>]*name="kinds"[^>]*value="(\w+)"', page)
    assert (told.status_code, told.text[:15], drafts(site)) == (200, "Concept bewaard", [(url, ["We bezoeken een school."], key)])
    assert (NOTICE in page, text_of(page, "summary"), {a or b for a, b in ticked}) == (True, "We bezoeken een school.", {"PHONE", "EMAIL"})


def test_each_candidate_has_a_draft_of_their_own_and_so_has_the_form_without_one(site: Site) -> None:
    noor, (_, number) = site.client("noor"), candidate(site)

    keep(noor, f"{ADD}?candidate={number.lower()}", candidate=number, summary="about her")
    keep(noor, ADD, summary="about nobody yet")

    texts = [text_of(noor.get(url).text, "summary") for url in (ADD, f"{ADD}?candidate={number}")]
    assert (texts, [row[0] for row in drafts(site)]) == (["about nobody yet", "about her"], [ADD, f"{ADD}?candidate={number}"])


@BOTH
def test_a_saved_form_has_no_draft_any_more(site: Site) -> None:
    noor, (_, number) = site.client("noor"), candidate(site)
    url = f"{ADD}?candidate={number}"
    fields = {**hidden(noor.get(url).text), "candidate": number, "held_at": "24-11-2025 10:00", "summary": "done"}
    keep(noor, url, **fields)

    saved = post(noor, url, fields)

    assert (saved.status_code, drafts(site), NOTICE in noor.get(url).text) == (302, [], False)


def test_a_draft_that_arrives_after_the_form_was_saved_is_not_kept(site: Site) -> None:
    noor, (_, number) = site.client("noor"), candidate(site)
    fields = {**hidden(noor.get(ADD).text), "candidate": number, "held_at": "24-11-2025 10:00", "summary": "done"}
    post(noor, ADD, fields)

    late = keep(noor, ADD, **fields)

    assert (late.status_code, drafts(site)) == (302, [])


def test_a_refused_form_keeps_its_draft(site: Site) -> None:
    noor = site.client("noor")
    keep(noor, ADD, summary="half a report")

    refused = post(noor, ADD, {"summary": "half a report", "held_at": "never"})

    assert (refused.status_code, text_of(refused.text, "summary"), len(drafts(site))) == (422, "half a report", 1)


def test_without_scripts_a_button_keeps_the_draft_and_another_throws_it_away(site: Site) -> None:
    noor = site.client("noor")

    kept = post(noor, ADD, {"step": "draft", "summary": "so far"})
    page = noor.get(kept.headers["Location"]).text
    thrown = post(noor, ADD, {"step": "forget", "summary": "so far"})

    assert (kept.status_code, text_of(page, "summary"), NOTICE in page) == (302, "so far", True)
    assert (thrown.headers["Location"], drafts(site), NOTICE in noor.get(ADD).text) == (ADD, [], False)


# --- an edit ----------------------------------------------------------------------------------------------------------


@BOTH
def test_a_colleague_who_saved_in_between_leads_to_both_texts_and_nothing_is_lost(site: Site) -> None:
    url = f"/gesprekken/edit/{report(site)}"
    noor, carla = site.client("noor"), site.client("carla")
    began = hidden(noor.get(url).text)
    with site.rows() as session:
        held = session.get(AdviceSession, int(url.rpartition("/")[2])).held_at.strftime("%d-%m-%Y %H:%M")
    keep(noor, url, **began, held_at=held, summary="the draft of Noor")
    post(carla, url, {**hidden(carla.get(url).text), "held_at": held, "summary": "the text of Carla"})

    page = noor.get(url).text
    saved = post(noor, url, {**hidden(page), "held_at": held, "summary": text_of(page, "summary")})

    assert (NOTICE in page, hidden(page)["version"], text_of(page, "summary")) == (True, began["version"], "the draft of Noor")
    plain = re.sub(r"</?mark>", "", saved.text)
    assert (saved.status_code, "the draft of Noor" in plain, "the text of Carla" in plain) == (409, True, True)


def test_who_keeps_the_other_text_has_no_draft_any_more(site: Site) -> None:
    key = report(site)
    noor = site.client("noor")
    keep(noor, f"/gesprekken/edit/{key}", summary="mine", version="1", base="{}")

    left = post(noor, f"/gesprekken/edit/{key}", {"step": "leave"})

    assert (left.headers["Location"], drafts(site)) == (f"/gesprekken/show/{key}", [])


def test_a_draft_that_says_what_is_saved_already_is_no_draft(site: Site) -> None:
    url = f"/gesprekken/edit/{report(site)}"
    noor = site.client("noor")
    page = noor.get(url).text
    with site.rows() as session:
        row = session.get(AdviceSession, int(url.rpartition("/")[2]))
        same = {
            "held_at": row.held_at.isoformat(), "summary": row.summary or "", "notes": row.notes or "", "minutes": str(row.minutes or ""),
            "adviser": str(row.adviser_id or ""), "kinds": [kind.name for kind in row.kinds], **({"shared": "y"} if row.shared else {}),
        }  # fmt: skip
    local = re.search(r'name="held_at"[^>]*value="([^"]*)"', page)
    keep(noor, url, **{**same, "held_at": local[1] if local else ""}, **hidden(page))

    assert NOTICE not in noor.get(url).text


# --- attacks ----------------------------------------------------------------------------------------------------------


def test_a_colleague_sees_nothing_of_it(site: Site) -> None:
    _, number = candidate(site)
    url = f"{ADD}?candidate={number}"
    keep(site.client("noor"), url, candidate=number, summary="for my eyes only")

    page = site.client("carla").get(url).text

    assert ("for my eyes only" in page, NOTICE in page) == (False, False)


def test_a_candidate_of_another_region_is_not_tied_to_a_draft(site: Site) -> None:
    _, foreign = candidate(site, "rotterdam")
    noor = site.client("noor")

    keep(noor, f"{ADD}?candidate={foreign}", candidate=foreign, summary="who is this")

    with site.rows() as session:
        name = session.scalar(sa.select(Candidate.name).where(Candidate.number == foreign))
    assert ([row[2] for row in drafts(site)], name in noor.get(f"{ADD}?candidate={foreign}").text) == ([None], False)


def test_a_draft_about_somebody_who_moved_away_is_not_shown(site: Site) -> None:
    key, number = candidate(site)
    noor = site.client("noor")
    keep(noor, ADD, candidate=number, summary="about one who leaves")
    with site.rows() as session:
        elsewhere = session.scalar(sa.select(Region.id).where(Region.slug == "rotterdam"))
        session.execute(sa.update(Candidate).where(Candidate.id == key).values(region_id=elsewhere))

    page = noor.get(ADD).text

    assert ("about one who leaves" in page, NOTICE in page) == (False, False)


def test_who_lost_the_role_does_not_read_it_any_more(site: Site) -> None:
    noor = site.client("noor")
    keep(noor, ADD, summary="of a former adviser")
    with site.rows() as session:
        own = sa.select(UserProfile.user_id).where(UserProfile.name.startswith("Noor"))
        session.execute(
            sa.update(Membership).where(Membership.user_id.in_(own)).values(ends_on=sa.func.date("now", "-2 day")),
            execution_options={"synchronize_session": False},
        )

    answer = noor.get(ADD)

    assert (answer.status_code in (302, 403), "of a former adviser" in answer.text) == (True, False)


@pytest.mark.parametrize(
    ("who", "url", "status"),
    [
        ("hr", ADD, 403), ("fatima", ADD, 403), ("beheer", "/kandidaten/add", 403), ("noor", "/gesprekken/edit/987654", 404),
        ("noor", "/gesprekken/edit/../../beheer", 404), ("noor", "/gesprekken/edit/" + "9" * 10_000, 404), ("noor", "/concepten", 404),
    ],
)  # fmt: skip
def test_a_draft_has_the_rights_of_its_form(site: Site, who: str, url: str, status: int) -> None:
    answer = keep(site.client(who), url, summary="let me in")

    assert (answer.status_code, drafts(site)) == (status, [])


def test_a_candidate_in_the_address_that_is_none_makes_no_key(site: Site) -> None:
    noor = site.client("noor")

    for odd in ("../../etc", "K-" + "9" * 10_000, "<script>", "K-1%0aX", "%00"):
        keep(noor, f"{ADD}?candidate={odd}", summary=odd[:20])

    assert [row[0] for row in drafts(site)] == [ADD]


def test_only_the_fields_of_the_form_are_kept(site: Site) -> None:
    noor = site.client("noor")

    keep(noor, ADD, summary="text", password="secret", region_id="1", candidate_id="5", form_key="x", user_id="9")

    with site.rows() as session:
        kept = session.scalars(sa.select(Draft)).one().content
    assert kept == {"summary": ["text"]}


def test_a_script_in_a_draft_stays_text(site: Site) -> None:
    noor = site.client("noor")
    keep(noor, ADD, summary=NASTY, candidate='"><script>', minutes='" autofocus onfocus="alert(1)')

    page = noor.get(ADD).text

    assert (text_of(page, "summary"), "<script>alert(1)" in page, 'onfocus="alert' in page) == (NASTY, False, False)


def test_a_draft_that_is_too_large_is_refused_with_a_sentence_and_the_text_stays(site: Site) -> None:
    noor, long = site.client("noor"), "x" * 200_001

    told, page = keep(noor, ADD, summary=long), post(noor, ADD, {"step": "draft", "summary": long})

    assert (told.status_code, told.text[:10], page.status_code, long in page.text, drafts(site)) == (413, "Deze tekst", 422, True, [])


@pytest.mark.parametrize(
    "step", ["save", "choose:nothing", "choose:summary", "preview:summary", "preview:candidate", "autosave ", "x" * 5000]
)
def test_a_button_that_is_none_does_nothing(site: Site, step: str) -> None:
    answer = post(site.client("noor"), ADD, {"step": step, "summary": "text"})

    assert (answer.status_code, drafts(site)) == (400, [])


def test_the_preview_of_an_article_shows_it_and_saves_nothing(site: Site) -> None:
    carla = site.client("carla")

    page = post(carla, "/kennisbank/add", {"step": "preview:body", "title": "Hoe het werkt", "body": "# Kop\n<script>alert(1)</script>"})

    assert (page.status_code, "<h1>Kop</h1>" in page.text or ">Kop</h" in page.text, "<script>alert" in page.text) == (200, True, False)
    assert ('value="Hoe het werkt"' in page.text, drafts(site)) == (True, [])
