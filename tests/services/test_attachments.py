"""Files with a report, as rules: who may, how many, what stays behind, what is swept away."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters import clamav
from app.adapters.storage import UNFINISHED, Folder
from app.adapters.uploads import PDF
from app.enums import SessionKind
from app.errors import BadInput, NotAllowed, NotFound
from app.extensions import db
from app.models import AdviceSession, Attachment, Candidate
from app.security.identity import acting_as
from app.services import advice, attachments
from app.services.attachments import MOST_BYTES, Examined, Sent
from tests import files
from tests.services.cast import HOUR, NADIA, NOON, NOOR, SAM, ZEKI, beyond_the_wall, logged, without


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "attachments")


@pytest.fixture
def report(anna: Candidate) -> AdviceSession:
    return advice.record(AdviceSession(candidate_id=anna.id, held_at=NOON - HOUR, kinds=frozenset({SessionKind.PHONE})), by=NOOR, now=NOON)


def sent(content: bytes = files.pdf(), name: str = "brief.pdf") -> Sent:
    return Sent(name, io.BytesIO(content))


def attach(report: AdviceSession, folder: Folder, *some: Sent, **more: Any) -> list[Attachment]:
    examined = attachments.examine(some or [sent()], scanner=None)
    attachments.attach(report, examined, folder=folder, **{"for_candidate": False, "by": NOOR, "now": NOON, **more})
    return attachments.of(report)


def on_disk(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.root.rglob("*") if path.is_file())


def test_a_row_says_what_its_bytes_are(report: AdviceSession, folder: Folder) -> None:
    row = attach(report, folder)[0]

    kept = folder.get(row.key)
    assert (kept, row.size, row.sha256) == (files.pdf(), len(files.pdf()), hashlib.sha256(files.pdf()).hexdigest())
    assert (row.kind, row.name, row.for_candidate, row.candidate_id, row.region_id) == (
        PDF,
        "brief.pdf",
        False,
        report.candidate_id,
        report.region_id,
    )
    assert (row.created_at, row.created_by, logged()[-1][:2]) == (NOON, NOOR.user_id, ("attach", "attachment"))


@pytest.mark.parametrize(
    ("sent_as", "kept_as"),
    [
        ("brief.pdf", "brief.pdf"),
        ("BRIEF.PDF", "BRIEF.pdf"),
        ("C:\\werk\\brief.pdf", "brief.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("brief.pdf.exe", "brief.pdf.exe.pdf"),
        ("rekening\u202efdp.exe", "rekening fdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie: x.pdf"),
        ("..", "file.pdf"),
        ("é" * 300 + ".pdf", "é" * 116 + ".pdf"),
    ],
)
def test_a_name_keeps_what_a_reader_needs(report: AdviceSession, folder: Folder, sent_as: str, kept_as: str) -> None:
    assert attach(report, folder, sent(name=sent_as))[0].name == kept_as


def test_a_file_of_just_the_size_goes_and_one_more_byte_does_not() -> None:
    fits = files.pdf(bytes(MOST_BYTES - len(files.pdf())))

    assert [one.kind for one in attachments.examine([sent(fits)], scanner=None)] == [PDF]
    with pytest.raises(BadInput, match="larger than 10 MB"):
        attachments.examine([sent(files.pdf(bytes(MOST_BYTES + 1 - len(files.pdf()))))], scanner=None)


def test_who_may_not_write_reports_adds_takes_and_shows_nothing(report: AdviceSession, folder: Folder) -> None:
    row, examined = attach(report, folder)[0], [Examined("a.pdf", PDF, io.BytesIO(files.pdf()))]
    verbs = (
        lambda by: attachments.attach(report, examined, for_candidate=False, folder=folder, by=by, now=NOON),
        lambda by: attachments.remove(row, by=by, now=NOON),
        lambda by: attachments.show_to_candidate(row, True, by=by, now=NOON),
    )

    for by, refusal in ((without(NOOR, "write_reports"), NotAllowed), (ZEKI, NotFound), (NADIA, NotFound), (SAM, NotFound)):
        for verb in verbs:
            with acting_as(by), pytest.raises(refusal):
                verb(by)

    assert (len(on_disk(folder)), row.for_candidate) == (1, False)


def test_what_was_written_goes_when_a_later_file_cannot_be(report: AdviceSession, folder: Folder) -> None:
    class Broken(io.BytesIO):
        def read(self, *size: Any) -> bytes:
            raise OSError("the disk is full")

    two = [Examined("a.pdf", PDF, io.BytesIO(files.pdf())), Examined("b.pdf", PDF, Broken())]

    with pytest.raises(OSError, match="full"):
        attachments.attach(report, two, for_candidate=False, folder=folder, by=NOOR, now=NOON)

    assert on_disk(folder) == []


def test_a_tick_is_logged_once(report: AdviceSession, folder: Folder) -> None:
    row, before = attach(report, folder)[0], len(logged())

    for _ in range(2):
        attachments.show_to_candidate(row, True, by=NOOR, now=NOON)

    assert (row.for_candidate, logged()[before:]) == (True, [("show_attachment", "attachment", ["for_candidate"])])


def test_names_of_several_reports_come_in_one_go(report: AdviceSession, folder: Folder) -> None:
    attach(report, folder, sent(name="een.pdf"), sent(name="twee.pdf"))

    assert (attachments.names_of([report.id, 999]), attachments.names_of([])) == ({report.id: ["een.pdf", "twee.pdf"]}, {})


# --- the scanner ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "sentence"), [(False, "virus scanner refuses brief.pdf"), (clamav.Silent(), "cannot be checked for viruses")]
)
def test_what_the_scanner_refuses_or_does_not_see_is_not_kept(answer: Any, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(path: Path, content: bytes) -> bool:
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    monkeypatch.setattr(clamav, "is_clean", ask)

    with pytest.raises(BadInput, match=sentence):
        attachments.examine([sent()], scanner=Path("/run/scanner"))


def test_the_scanner_sees_the_bytes_that_are_kept(report: AdviceSession, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    monkeypatch.setattr(clamav, "is_clean", lambda path, content: seen.append(content) or True)

    examined = attachments.examine([sent()], scanner=Path("/run/scanner"))
    attachments.attach(report, examined, for_candidate=False, folder=folder, by=NOOR, now=NOON)

    assert seen == [folder.get(attachments.of(report)[0].key)]


# --- sweeping -------------------------------------------------------------------------------------------------------


def _age(folder: Folder, name: str, hours: int) -> None:
    path = next(folder.root.rglob(name))
    moment = (NOON - timedelta(hours=hours)).timestamp()
    os.utime(path, (moment, moment))


def test_the_sweep_takes_what_no_row_names_once_it_is_old(report: AdviceSession, folder: Folder) -> None:
    kept, removed = attach(report, folder, sent(), sent())
    old, young = folder.put(b"nobody's"), folder.put(b"being saved")
    half = folder.path(old).parent / f"{UNFINISHED}x"
    half.write_bytes(b"half")
    attachments.remove(removed, by=NOOR, now=NOON)
    for name in (kept.key, removed.key, old, half.name):
        _age(folder, name, 30)
    _age(folder, young, 2)
    db.session.flush()

    with beyond_the_wall():
        swept = attachments.sweep(folder, NOON - timedelta(days=1))

    assert (swept, on_disk(folder)) == (3, sorted([kept.key, young]))


def test_the_files_of_a_removed_report_are_swept_too(report: AdviceSession, folder: Folder) -> None:
    key = attach(report, folder)[0].key
    advice.remove(report, by=NOOR, now=NOON)
    db.session.flush()
    _age(folder, key, 30)

    with beyond_the_wall():
        attachments.sweep(folder, NOON - timedelta(days=1))
        rows = db.session.scalar(sa.select(sa.func.count()).select_from(Attachment))

    assert (rows, on_disk(folder)) == (0, [])


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a" * 31, "A" * 32, "a" * 32 + "/x"])
def test_what_is_no_key_of_ours_leads_nowhere(folder: Folder, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        folder.get(key)
