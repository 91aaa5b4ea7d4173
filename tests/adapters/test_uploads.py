"""Kinds of files by their bytes: each kind whole, and everything that is not what it seems."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.adapters import uploads
from app.adapters.uploads import DOCX, GIF, JPEG, PDF, PNG, WEBP, Fault, Unfit, judge
from tests import files

WHOLE = {PDF: files.pdf(), DOCX: files.docx(), JPEG: files.jpeg(), PNG: files.png(), GIF: files.gif(), WEBP: files.webp()}
PROGRAM = b"MZ\x90\x00" + bytes(200)


def fault(content: bytes) -> Fault:
    with pytest.raises(Unfit) as refused:
        judge(content)
    return refused.value.fault


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_file_of_each_kind_is_known_by_its_bytes(kind: str) -> None:
    assert judge(WHOLE[kind]) == kind


NONE_OF_THESE = {
    "exe": PROGRAM,
    "elf": b"\x7fELF" + bytes(60),
    "script": b"#!/bin/sh\n",
    "html": b"<html></html>",
    "svg": b"<svg/>",
    "doc": b"\xd0\xcf\x11\xe0" + bytes(600),
    "pdf after a space": b" %PDF-1.7\n%%EOF",
    "x": b"x",
}
BEHIND = {"zip": files.archive(), "exe": PROGRAM, "script": b"<script>alert(1)</script>", "pdf": files.pdf()}


@pytest.mark.parametrize("content", NONE_OF_THESE.values(), ids=NONE_OF_THESE)
def test_what_is_none_of_these_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert fault(content) is Fault.UNKNOWN


def test_nothing_is_no_file() -> None:
    assert fault(b"") is Fault.EMPTY


@pytest.mark.parametrize("kind", [JPEG, PNG, GIF, WEBP, PDF])
@pytest.mark.parametrize(
    "behind", [files.archive(), PROGRAM, b"<script>alert(1)</script>", files.pdf()], ids=["zip", "exe", "script", "pdf"]
)
def test_a_second_file_behind_the_end_is_refused(kind: str, behind: bytes) -> None:
    assert fault(WHOLE[kind] + behind) is Fault.DOUBLE


@pytest.mark.parametrize("kind", [JPEG, PNG, GIF, WEBP, PDF, DOCX])
def test_a_file_that_is_cut_short_anywhere_is_refused(kind: str) -> None:
    whole = WHOLE[kind].rstrip(b"\n") if kind == PDF else WHOLE[kind]

    refused = [fault(whole[:size]) for size in range(1, len(whole))]

    assert {one for one in refused if one not in (Fault.BROKEN, Fault.UNKNOWN)} == set()


@pytest.mark.parametrize("note", [b"<script>alert(1)</script>", b"<?php system('id'); ?>", b"%PDF-1.4 "], ids=["script", "php", "pdf"])
def test_a_picture_with_another_language_in_its_comment_is_refused(note: bytes) -> None:
    assert fault(files.jpeg(comment=note)) is Fault.DOUBLE


def test_an_archive_whose_last_record_stands_in_a_picture_is_refused() -> None:
    hidden = files.archive()
    end = hidden.rfind(b"PK\x05\x06")
    tail = b"\xff\xd9"
    record = hidden[end : end + 20] + len(tail).to_bytes(2, "little")
    content = files.jpeg(comment=b"x")[:-2] + record + tail

    assert fault(content) is Fault.DOUBLE


def test_a_telephone_may_put_a_second_picture_behind_the_first() -> None:
    assert judge(files.jpeg() + files.jpeg(comment=b"depth") + bytes(16)) == JPEG


def test_a_pdf_that_was_added_to_ends_as_a_pdf() -> None:
    assert judge(files.pdf(files.pdf()[8:]) + b"\r\n") == PDF


@pytest.mark.parametrize("name", ["word/vbaProject.bin", "word/VBAPROJECT.BIN", "xl/vbaProject.bin", "word/vbaData.xml"])
def test_a_document_with_macros_is_refused(name: str) -> None:
    assert fault(_zip({**files.PARTS, name: "x"})) is Fault.MACROS


def test_a_document_that_says_it_may_have_macros_is_refused() -> None:
    types = '<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'

    assert fault(_zip({**files.PARTS, "[Content_Types].xml": types})) is Fault.MACROS


@pytest.mark.parametrize("missing", list(files.PARTS))
def test_an_archive_without_the_parts_of_a_document_is_none(missing: str) -> None:
    assert fault(_zip({name: text for name, text in files.PARTS.items() if name != missing})) is Fault.UNKNOWN


def test_a_document_that_unpacks_to_a_mountain_is_refused_whatever_it_says_of_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_UNPACKED", 1_000_000)
    honest = _zip({**files.PARTS, "word/media.bin": "0" * 1_000_001})
    liar = honest.replace((1_000_001).to_bytes(4, "little"), (5).to_bytes(4, "little"))

    assert (fault(honest), fault(liar)) == (Fault.BOMB, Fault.BROKEN)


def test_a_document_of_very_many_parts_is_refused() -> None:
    assert fault(_zip({**files.PARTS, **{f"word/{at}": "" for at in range(uploads.MOST_PARTS)}})) is Fault.BOMB


def test_a_document_with_something_before_behind_or_twice_in_it_is_refused() -> None:
    whole = files.docx()
    commented = io.BytesIO(whole)
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = b"something else"

    assert (fault(whole + b"%PDF-"), fault(commented.getvalue())) == (Fault.DOUBLE, Fault.DOUBLE)
    assert fault(whole + whole) is Fault.DOUBLE


def test_a_document_with_a_password_is_refused() -> None:
    whole = bytearray(files.docx())
    for sign in (b"PK\x03\x04", b"PK\x01\x02"):
        place = whole.find(sign)
        whole[place + (6 if sign == b"PK\x03\x04" else 8)] |= 1

    assert fault(bytes(whole)) is Fault.BROKEN


def _zip(parts: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()
