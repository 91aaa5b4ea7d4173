"""Files with a report over HTTP: kept whole or not at all, shown to whom they are for, and never drawn in our place."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.adapters import clamav, clock
from app.jobs import housekeeping
from app.models import AdviceSession, Attachment, Candidate, ChangeLog, ReadEvent
from tests import files
from tests.reporting import ADD, SUMMARY, candidate, counts, day, fields, file, kept_text, newest, send, stored
from tests.site import BOTH, Site, hidden, post


@BOTH
def test_a_file_goes_with_its_report_and_comes_back_byte_for_byte(site: Site) -> None:
    _, number = candidate(site)
    noor, content = site.client("noor"), files.pdf(b"x" * 5000)

    answer = send(noor, ADD, fields(number, files=[file(content, "werk/brief  van school.PDF"), file(files.png(), "foto.pdf")]))

    report, attached = newest(site, AdviceSession), newest(site, Attachment)
    given = noor.get(f"/gesprekken/bijlage/{attached.id - 1}")
    assert (answer.status_code, attached.session_id, attached.name, attached.kind) == (302, report.id, "foto.pdf.png", "image/png")
    assert (given.status_code, given.data, given.headers["Content-Type"]) == (200, content, "application/pdf")
    assert given.headers["Content-Disposition"] == 'attachment; filename="brief van school.pdf"'
    assert [given.headers[name] for name in ("X-Content-Type-Options", "Cache-Control", "Content-Security-Policy")] == [
        "nosniff",
        "no-store",
        "default-src 'none'; sandbox",
    ]


REFUSED = [
    (b"", "leeg.pdf", "is leeg"),
    (b"MZ\x90\x00" + bytes(400), "brief.pdf", "is geen PDF"),
    (b"#!/bin/sh\nrm -rf /", "foto.png", "is geen PDF"),
    (files.png() + files.archive(), "foto.png", "nog iets anders"),
    (files.jpeg() + files.archive(), "foto.jpg", "nog iets anders"),
    (files.docx(word__vbaProject__bin=b"x").replace(b"word/vbaProject/bin", b"word/vbaProject.bin"), "brief.docx", "macro"),
    (b"%PDF-1.7\nhalf", "half.pdf", "beschadigd"),
    (files.archive(), "brief.docx", "is geen PDF"),
    (b"%PDF-1.7" + bytes(10_000_000), "groot.pdf", "groter dan 10 MB"),
]


@pytest.mark.parametrize(("content", "name", "sentence"), REFUSED, ids=[f"{name} {sentence}" for _, name, sentence in REFUSED])
def test_a_file_that_is_not_what_it_seems_is_refused_with_the_report_kept_in_the_form(
    content: bytes, name: str, sentence: str, site: Site
) -> None:
    _, number = candidate(site)
    noor, before = site.client("noor"), counts(site)

    answer = send(noor, ADD, fields(number, files=[file(files.pdf(), "goed.pdf"), file(content, name)]))

    text = html.unescape(answer.text)
    assert (answer.status_code, sentence in text, kept_text(answer.text), counts(site)) == (422, True, SUMMARY, before)
    assert f"Kies opnieuw, want een browser bewaart geen bestanden: goed.pdf, {name}." in text


def test_a_report_that_is_refused_leaves_no_file_behind(site: Site) -> None:
    _, number = candidate(site)
    noor, before = site.client("noor"), counts(site)

    answer = send(noor, ADD, fields(number, minutes="9999", files=[file(files.pdf(), "goed.pdf")]))

    assert (answer.status_code, counts(site)) == (400, before)


def test_a_sixth_file_is_one_too_many_also_later(site: Site) -> None:
    _, number = candidate(site)
    noor = site.client("noor")
    six = send(noor, ADD, fields(number, files=[file(files.pdf(), f"{at}.pdf") for at in range(6)]))
    send(noor, ADD, fields(number, files=[file(files.pdf(), f"{at}.pdf") for at in range(3)]))
    url = f"/gesprekken/bijlagen/{newest(site, AdviceSession).id}"

    three = send(noor, url, {"files": [file(files.pdf(), f"{at}.pdf") for at in range(3)]})
    two = send(noor, url, {"files": [file(files.pdf(), f"{at}.pdf") for at in range(2)]})

    assert [answer.status_code for answer in (six, three, two)] == [422, 422, 302]
    assert ("hoogstens 5 bestanden" in six.text, "hoogstens 5 bestanden" in three.text, len(stored(site))) == (True, True, 5)


def test_a_second_click_adds_a_file_once(site: Site) -> None:
    _, number = candidate(site)
    noor = site.client("noor")
    send(noor, ADD, fields(number))
    url = f"/gesprekken/bijlagen/{newest(site, AdviceSession).id}"
    form = hidden(noor.get(url).text)

    answers = [send(noor, url, {**form, "files": [file(files.gif(), "a.gif")]}).status_code for _ in range(2)]

    assert (answers, len(stored(site))) == ([302, 302], 1)


def test_a_file_is_for_advisers_until_it_is_ticked_and_every_look_is_logged(site: Site) -> None:
    with site.rows() as session:
        number = session.scalar(sa.select(Candidate.number).where(Candidate.id == 1))
    noor, fatima = site.client("noor"), site.client("fatima")
    send(noor, ADD, fields(number, files=[file(files.pdf(), "brief.pdf")], next_title="Bellen", next_due=day(3)))
    attached = newest(site, Attachment)
    address, page = f"/gesprekken/bijlage/{attached.id}", f"/gesprekken/show/{attached.session_id}"

    hidden_from = [fatima.get(address).status_code, "brief.pdf" in fatima.get(page).text]
    post(noor, f"/gesprekken/bijlage-tonen/{attached.id}", {"shown": "1"})
    shown_to = [fatima.get(address).status_code, "brief.pdf" in fatima.get(page).text]
    noor.get(address)

    with site.rows() as session:
        looks = session.scalar(sa.select(sa.func.count()).select_from(ReadEvent).where(ReadEvent.channel == "attachment"))
        verbs = session.scalars(sa.select(ChangeLog.verb).where(ChangeLog.table == "attachment").order_by(ChangeLog.id)).all()
    assert (hidden_from, shown_to, looks, verbs) == ([404, False], [200, True], 1, ["attach", "show_attachment"])


def test_a_file_of_another_region_answers_as_one_that_is_not_there(site: Site) -> None:
    _, number = candidate(site)
    send(site.client("noor"), ADD, fields(number, files=[file(files.pdf(), "brief.pdf")]))
    key, zeki = newest(site, Attachment).id, site.client("zeki")

    gets = [zeki.get(f"/gesprekken/bijlage/{one}").status_code for one in (key, 987654)]
    posts = [post(zeki, f"/gesprekken/{verb}/{one}").status_code for verb in ("bijlage-tonen", "bijlage-weg") for one in (key, 987654)]

    assert (gets, posts) == ([404, 404], [404] * 4)


def test_a_removed_file_is_gone_from_the_page_at_once_and_its_removal_is_logged(site: Site) -> None:
    _, number = candidate(site)
    noor = site.client("noor")
    send(noor, ADD, fields(number, files=[file(files.pdf(), "brief.pdf")]))
    attached = newest(site, Attachment)

    removed = post(noor, f"/gesprekken/bijlage-weg/{attached.id}")

    page = noor.get(f"/gesprekken/bijlagen/{attached.session_id}").text
    assert (removed.status_code, noor.get(f"/gesprekken/bijlage/{attached.id}").status_code, "brief.pdf" in page) == (302, 404, False)
    assert newest(site, ChangeLog).verb == "remove_attachment"


@pytest.mark.parametrize(("answer", "sentence"), [(False, "De virusscanner keurt brief.pdf af"), (None, "de virusscanner antwoordt niet")])
def test_what_the_scanner_refuses_or_cannot_see_is_not_kept(
    answer: bool | None, sentence: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, number = candidate(site)
    noor, before = site.client("noor"), counts(site)
    monkeypatch.setitem(site.app.config, "LOKET", replace(site.app.config["LOKET"], clamav_socket=tmp_path / "nobody"))
    if answer is not None:
        monkeypatch.setattr(clamav, "is_clean", lambda path, content: answer)

    answered = send(noor, ADD, fields(number, files=[file(files.pdf(), "brief.pdf")]))

    assert (answered.status_code, sentence in answered.text, kept_text(answered.text)) == (422, True, SUMMARY)
    assert counts(site) == before


def test_the_nightly_sweep_takes_what_nobody_kept(site: Site) -> None:
    _, number = candidate(site)
    send(site.client("noor"), ADD, fields(number, files=[file(files.pdf(), "brief.pdf")]))
    kept = stored(site)
    loose = kept[0].parent / ("0" * 32)
    loose.write_bytes(b"nobody's")

    with site.rows():
        housekeeping.sweep_attachments(clock.now())
        young = stored(site)
        housekeeping.sweep_attachments(clock.now() + timedelta(days=2))

    assert (young, stored(site)) == (sorted([*kept, loose]), kept)
