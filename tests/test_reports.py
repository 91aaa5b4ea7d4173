"""Reports over HTTP: two texts, what follows, templates, doubts; whatever is refused is said, kept, and not half saved."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters import clock
from app.enums import Holder, SessionKind
from app.models import AdviceSession, Candidate, Draft, Membership, Region, ReportTemplate, Task
from tests.reporting import ADD, SUMMARY, candidate, counts, day, fields, kept_text, newest, send
from tests.site import BOTH, Site, hidden, post, token

HEALTHY = "Zij vertelde over haar burn-out van vorig jaar."


# --- what follows ---------------------------------------------------------------------------------------------------


@BOTH
def test_a_report_ticks_off_what_is_done_and_plans_what_is_next_in_one_go(site: Site) -> None:
    key, number = candidate(site)
    noor, url = site.client("noor"), f"{ADD}?candidate={number}"
    offered = re.findall(r'name="done"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="done"', noor.get(url).text)
    done = [one or other for one, other in offered]

    answer = send(noor, url, fields(number, done=done, next_title="Samen de pabo bellen", next_holder="CANDIDATE", next_due=day(9)))

    with site.rows() as session:
        left = session.execute(sa.select(Task.title, Task.holder).where(Task.candidate_id == key, Task.done_at.is_(None))).all()
        file_ = session.get(Candidate, key)
        standing = (file_.holder, file_.next_action_on)
    assert (answer.status_code, len(done) > 0, [tuple(one) for one in left]) == (302, True, [("Samen de pabo bellen", Holder.CANDIDATE)])
    assert standing == (Holder.CANDIDATE, clock.day(clock.now()) + timedelta(days=9))


def test_the_last_open_task_is_not_ticked_off_without_a_next_one_and_the_report_is_not_saved_either(site: Site) -> None:
    _, number = candidate(site)
    noor, url = site.client("noor"), f"{ADD}?candidate={number}"
    done = re.findall(r'value="(\d+)"', " ".join(re.findall(r'<input[^>]*name="done"[^>]*>', noor.get(url).text)))
    before = counts(site)

    answer = send(noor, url, fields(number, done=done))

    assert (answer.status_code, counts(site), kept_text(answer.text)) == (400, before, SUMMARY)
    assert f"Dit is de laatste open taak van {number}" in answer.text


def test_a_file_without_a_next_step_gets_one_with_the_report_or_the_report_waits(site: Site) -> None:
    key, number = candidate(site)
    with site.rows() as session:
        session.execute(sa.update(Task).where(Task.candidate_id == key).values(done_at=clock.now()))
        session.execute(sa.update(Candidate).where(Candidate.id == key).values(next_action_on=None))
    noor, before = site.client("noor"), counts(site)

    bare = send(noor, ADD, fields(number))
    full = send(noor, ADD, fields(number, next_title="Bellen", next_due=day(2)))

    assert (bare.status_code, f"{number} heeft nog geen volgende actie" in bare.text, full.status_code) == (400, True, 302)
    assert [now - then for now, then in zip(counts(site)[:2], before[:2], strict=True)] == [1, 1]


def test_a_report_without_an_adviser_is_the_writers(site: Site) -> None:
    _, number = candidate(site)
    noor = site.client("noor")
    page = noor.get(f"{ADD}?candidate={number}").text
    chosen = re.search(r'<select[^>]*name="adviser".*?<option[^>]*selected[^>]*value="(\d+)"', page, re.DOTALL)

    send(noor, ADD, fields(number, adviser=""))

    report = newest(site, AdviceSession)
    assert chosen is not None
    assert (str(report.adviser_id), report.adviser_id is None) == (chosen[1], False)


# --- bad input ------------------------------------------------------------------------------------------------------

BAD = [
    ({"held_at": "31-02-2026 10:00"}, 422, "Dit is geen datum en tijd"),
    ({"next_title": "Bellen", "next_due": "31 februari"}, 422, "Dit is geen datum"),
    ({"next_title": "Bellen", "next_due": "24-11-1926"}, 400, "24-11-1926 is al voorbij"),
    ({"next_title": "Bellen", "next_due": "24-11-1826"}, 422, "te ver weg"),
    ({"next_title": "Bellen"}, 400, "Een volgende actie"),
    ({"next_due": "24-11-2099"}, 400, "Een volgende actie"),
    ({"next_title": "x" * 201, "next_due": "24-11-2099"}, 422, "200"),
    ({"kinds": ["SEANCE"]}, 422, "Kies uit de lijst"),
    ({"next_holder": "PRESIDENT", "next_title": "Bellen"}, 422, "Kies"),
    ({"template": "999999"}, 422, "Kies"),
    ({"minutes": "veel"}, 422, "Schrijf een heel getal"),
]


@pytest.mark.parametrize(("given", "status", "sentence"), BAD)
def test_what_cannot_be_saved_is_said_in_a_sentence_and_stays_in_the_form(given: Any, status: int, sentence: str, site: Site) -> None:
    _, number = candidate(site)
    noor, before = site.client("noor"), counts(site)

    answer = send(noor, ADD, fields(number, **given))

    assert (answer.status_code, sentence in html.unescape(answer.text), kept_text(answer.text)) == (status, True, SUMMARY)
    assert counts(site) == before


@pytest.mark.parametrize("name", ["summary", "notes"])
def test_a_report_of_a_megabyte_is_refused_with_its_text_still_there(name: str, site: Site) -> None:
    _, number = candidate(site)
    noor, before, long = site.client("noor"), counts(site), "é " * 500_000

    answer = send(noor, ADD, fields(number, **{name: long}))

    assert (answer.status_code, kept_text(answer.text, name), counts(site)) == (422, long.strip(), before)
    assert "Een tekst heeft hoogstens 20000 tekens" in answer.text


def test_a_hundred_megabytes_are_refused_before_they_are_read(site: Site) -> None:
    _, number = candidate(site)
    noor, before = site.client("noor"), counts(site)

    stream = io.BytesIO(b"--x\r\n")

    kind = "multipart/form-data; boundary=x"
    answer = noor.post(ADD, input_stream=stream, content_type=kind, environ_overrides={"CONTENT_LENGTH": "100000000"})

    assert (answer.status_code, stream.tell(), counts(site)) == (413, 0, before)
    assert ("Een bestand mag 10 MB zijn" in answer.text, number in answer.text) == (True, False)


def test_who_lost_the_right_a_second_ago_is_told_so_and_keeps_the_draft(site: Site) -> None:
    _, number = candidate(site)
    noor, url = site.client("noor"), f"{ADD}?candidate={number}"
    given = fields(number)
    post(noor, url, {**given, "step": "autosave"})
    proof = {"csrf_token": token(noor)}
    with site.rows() as session:
        writer = session.scalar(sa.select(Draft.user_id))
        session.execute(
            sa.update(Membership).where(Membership.user_id == writer).values(ends_on=clock.day(clock.now()) - timedelta(days=1))
        )
    before = counts(site)

    answer = noor.post(url, data={**given, **proof})

    with site.rows() as session:
        draft = session.scalars(sa.select(Draft.content)).one()
    assert (answer.status_code, draft["summary"], counts(site)) == (403, [SUMMARY], before)
    assert "Dit hoort niet bij jouw rol" in answer.text or '<p class="lead">' in answer.text


# --- doubts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["summary", "notes"])
@pytest.mark.parametrize(
    ("text", "sentence"), [(HEALTHY, "gaat misschien over gezondheid: burn-out."), ("Nummer 111222333.", "burgerservicenummer")]
)
def test_a_doubt_is_shown_once_and_can_be_passed(site: Site, name: str, text: str, sentence: str) -> None:
    _, number = candidate(site)
    noor, before = site.client("noor"), counts(site)

    asked = send(noor, ADD, fields(number, **{name: text}))
    between = counts(site)
    saved = send(noor, ADD, {**hidden(asked.text), **fields(number, **{name: text})})

    assert (asked.status_code, sentence in asked.text, "Toch opslaan" in asked.text, kept_text(asked.text, name)) == (422, True, True, text)
    assert (between, saved.status_code, counts(site)[0]) == (before, 302, before[0] + 1)


def test_who_changes_the_text_after_a_doubt_is_asked_again(site: Site) -> None:
    _, number = candidate(site)
    noor = site.client("noor")
    asked = send(noor, ADD, fields(number, notes=HEALTHY))

    again = send(noor, ADD, {**hidden(asked.text), **fields(number, notes=f"{HEALTHY} En over medicijnen.")})

    assert (again.status_code, "burn-out, medicijnen" in again.text) == (422, True)


def test_an_edit_that_leaves_the_texts_alone_asks_nothing(site: Site) -> None:
    _, number = candidate(site)
    noor = site.client("noor")
    asked = send(noor, ADD, fields(number, notes=HEALTHY))
    send(noor, ADD, {**hidden(asked.text), **fields(number, notes=HEALTHY)})
    url = f"/gesprekken/edit/{newest(site, AdviceSession).id}"
    given = {name: value for name, value in fields(number, notes=HEALTHY, minutes="35").items() if name != "candidate"}

    minutes = post(noor, url, {**hidden(noor.get(url).text), **given})
    text = post(noor, url, {**hidden(noor.get(url).text), **given, "summary": "Ze is ziekgemeld."})

    assert (minutes.status_code, text.status_code, newest(site, AdviceSession).minutes) == (302, 422, 35)


# --- templates ------------------------------------------------------------------------------------------------------


def _template(site: Site, name: str = "Kennismaking") -> ReportTemplate:
    with site.rows() as session:
        row = session.scalars(sa.select(ReportTemplate).where(ReportTemplate.name == name)).one()
        session.expunge(row)
        return row


def test_a_template_in_the_address_begins_the_report(site: Site) -> None:
    _, number = candidate(site)
    template = _template(site)

    page = site.client("noor").get(f"{ADD}?candidate={number}&sjabloon={template.id}").text

    ticked = set(re.findall(r'value="(\w+)"', " ".join(re.findall(r'<input(?=[^>]*checked)[^>]*name="kinds"[^>]*>', page))))
    assert (kept_text(page), kept_text(page, "notes")) == (template.summary, template.notes)
    assert ticked == {kind.name for kind in template.kinds} == {SessionKind.INTRODUCTION.name, SessionKind.PHONE.name}


def test_a_template_goes_behind_what_was_typed_and_stands_there_once(site: Site) -> None:
    _, number = candidate(site)
    template, noor, before = _template(site), site.client("noor"), counts(site)

    once = send(noor, ADD, {**fields(number), "template": str(template.id), "step": "fill:template"})
    typed = fields(number, summary=kept_text(once.text), notes=kept_text(once.text, "notes"))
    twice = send(noor, ADD, {**typed, "template": str(template.id), "step": "fill:template"})

    assert (once.status_code, kept_text(once.text)) == (200, f"{SUMMARY}\n\n{template.summary}")
    assert (kept_text(twice.text), kept_text(twice.text, "notes"), counts(site)) == (kept_text(once.text), template.notes, before)


def test_the_button_without_a_template_says_what_to_do(site: Site) -> None:
    _, number = candidate(site)

    answer = send(site.client("noor"), ADD, {**fields(number), "step": "fill:template"})

    assert (answer.status_code, "Kies eerst een sjabloon." in answer.text, kept_text(answer.text)) == (400, True, SUMMARY)


def test_a_template_of_another_region_is_nobodys_here(site: Site) -> None:
    _, number = candidate(site)
    with site.rows() as session:
        other = session.scalar(sa.select(Region.id).where(Region.slug != "utrecht", Region.is_national.is_(False)).limit(1))
        session.add(ReportTemplate(region_id=other, name="Van elders", summary="Geheim"))
    template, noor = _template(site, "Van elders"), site.client("noor")

    shown = noor.get(f"/gesprekken/sjablonen/show/{template.id}")
    begun = noor.get(f"{ADD}?candidate={number}&sjabloon={template.id}")

    assert (shown.status_code, begun.status_code, "Geheim" in begun.text, "Van elders" in begun.text) == (404, 200, False, False)


# --- reading --------------------------------------------------------------------------------------------------------


def test_the_sheet_of_paper_has_the_notes_for_the_desk_and_not_for_the_candidate(site: Site) -> None:
    with site.rows() as session:
        number = session.scalar(sa.select(Candidate.number).where(Candidate.id == 1))
    noor = site.client("noor")
    send(noor, ADD, fields(number, notes="Twijfelt over geld.", summary="<script>alert(1)</script>", next_title="Bellen", next_due=day(3)))
    address = f"/gesprekken/print/{newest(site, AdviceSession).id}"

    desk, own = noor.get(address).text, site.client("fatima").get(address).text

    assert ("Twijfelt over geld." in desk, "Twijfelt over geld." in own) == (True, False)
    assert [html.escape("<script>alert(1)</script>") in page and "<script>alert(1)" not in page for page in (desk, own)] == [True, True]
