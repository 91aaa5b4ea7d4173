"""What kind of file some bytes are, by the bytes themselves, and that they are that and nothing besides.

Names and declared types are whatever the sender likes. A picture with a second file behind its end, or a document that is also an
archive, is read as one thing here and as another elsewhere: such a file is refused. docs/decisions/0023-attachments.md says why this
is our own work.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from enum import Enum

from app.adapters import pictures

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"
EXTENSIONS = {PDF: (".pdf",), DOCX: (".docx",), JPEG: (".jpg", ".jpeg"), PNG: (".png",), GIF: (".gif",), WEBP: (".webp",)}

MOST_PARTS = 2_000  # files in a DOCX
MOST_UNPACKED = 100_000_000  # bytes of them together
_PARTS = frozenset({"[Content_Types].xml", "_rels/.rels", "word/document.xml"})
_MACROS = ("vbaproject.bin", "vbadata.xml")
_TAIL = 65_557  # within this many bytes of the end a ZIP archive says that it is one
_SCRIPT = re.compile(rb"<script|<\?php|<html|<!doctype html", re.IGNORECASE)


class Fault(Enum):
    """Why bytes are not kept."""

    EMPTY = "empty"
    UNKNOWN = "no kind that is kept"
    BROKEN = "begins as one kind, and does not go on or end as it"
    DOUBLE = "holds a second file"
    MACROS = "a document with a program in it"
    BOMB = "unpacks to far too much"


class Unfit(ValueError):
    """These bytes are not kept; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def judge(content: bytes) -> str:
    """The media type of a whole PDF, DOCX, JPEG, PNG, GIF or WebP file. Raises Unfit for anything else."""
    if not content:
        raise Unfit(Fault.EMPTY)
    for head, kind, check in _KINDS:
        if content.startswith(head):
            check(content)
            if kind != DOCX:
                _alone(content, kind)
            return kind
    raise Unfit(Fault.UNKNOWN)


def _alone(content: bytes, kind: str) -> None:
    """No second type's head or tail where a reader of that type would look for it."""
    inner = content[1:1024]
    if b"%PDF-" in inner or _is_archive(content) or (kind != PDF and _SCRIPT.search(content)):
        raise Unfit(Fault.DOUBLE)


def _is_archive(content: bytes) -> bool:
    """The bytes end as a ZIP archive does: its last record, whose comment goes on to the end."""
    place = content.rfind(b"PK\x05\x06", max(0, len(content) - _TAIL))
    while place >= 0:
        if len(content) >= place + 22 and struct.unpack_from("<H", content, place + 20)[0] == len(content) - place - 22:
            return True
        place = content.rfind(b"PK\x05\x06", max(0, len(content) - _TAIL), place)
    return False


def _check_pdf(content: bytes) -> None:
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise Unfit(Fault.BROKEN)
    if content[end + 5 :].strip(b"\r\n \t\x00"):
        raise Unfit(Fault.DOUBLE)


def _check_picture(content: bytes) -> None:
    """PNG and WebP: the same look as at a logo, which walks to the end."""
    if pictures.look(content) is None:
        raise Unfit(Fault.BROKEN if _has_end(content) is None else Fault.DOUBLE)


def _has_end(content: bytes) -> bool | None:
    """There is something behind the end of a picture that by itself is whole."""
    if content.startswith(b"RIFF"):
        end = struct.unpack_from("<I", content, 4)[0] + 8 if len(content) > 8 else 0
    else:
        end = content.find(b"IEND\xaeB`\x82") + 8
    return True if 8 < end < len(content) and pictures.look(content[:end]) else None


def _check_jpeg(content: bytes) -> None:
    """From mark to mark up to the end. A telephone may put a second, smaller picture behind it, in the same manner."""
    place = 0
    while content.startswith(b"\xff\xd8\xff", place):
        place = _jpeg_end(content, place + 2)
    if content[place:].strip(b"\x00"):
        raise Unfit(Fault.DOUBLE)


def _jpeg_end(content: bytes, place: int) -> int:
    """Just behind the mark of the end of the picture that goes on here."""
    while len(content) >= place + 4 and content[place] == 0xFF:
        mark = content[place + 1]
        if mark == 0xFF:
            place += 1
        elif mark == 0xD9:
            return place + 2
        else:
            place += 2 + int(struct.unpack_from(">H", content, place + 2)[0])
            if mark == 0xDA:
                place = _after_scan(content, place)
    if content[place : place + 2] == b"\xff\xd9":
        return place + 2
    raise Unfit(Fault.BROKEN)


_MARK = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # in the data of a scan: no stuffed zero, no restart


def _after_scan(content: bytes, place: int) -> int:
    found = _MARK.search(content, place)
    if found is None:
        raise Unfit(Fault.BROKEN)
    return found.end() - 2


def _check_gif(content: bytes) -> None:
    """Blocks up to the trailer, which must be the end."""
    try:
        place = 13 + _colours(content[10])
        while content[place] != 0x3B:
            place = _after_block(content, place)
    except IndexError:
        raise Unfit(Fault.BROKEN) from None
    if content[place + 1 :].strip(b"\x00"):
        raise Unfit(Fault.DOUBLE)


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_block(content: bytes, place: int) -> int:
    if content[place] == 0x21:  # an extension
        place += 2
    elif content[place] == 0x2C:  # a picture: its place, its colours, the size of its codes
        place += 11 + _colours(content[place + 9])
    else:
        raise Unfit(Fault.BROKEN)
    while content[place]:
        place += content[place] + 1
    return place + 1


def _check_docx(content: bytes) -> None:
    """A ZIP archive and nothing around it, with the parts of a Word document, without programs, that does not unpack to a mountain."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive, content)
            _unpack(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, struct.error, OSError, ValueError) as problem:
        if isinstance(problem, Unfit):
            raise
        raise Unfit(Fault.BROKEN) from None


def _check_parts(archive: zipfile.ZipFile, content: bytes) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if not names >= _PARTS:
        raise Unfit(Fault.UNKNOWN)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unfit(Fault.BOMB)
    if any(name.lower().endswith(_MACROS) for name in names):
        raise Unfit(Fault.MACROS)
    if len(names) != len(parts) or min(part.header_offset for part in parts) or not _is_archive(content) or archive.comment:
        raise Unfit(Fault.DOUBLE)


def _unpack(archive: zipfile.ZipFile) -> None:
    """Read every part: what an archive says of its sizes may be a lie. The list of types must be that of a plain document."""
    total = 0
    for part in archive.infolist():
        with archive.open(part) as stream:
            while piece := stream.read(65_536):
                total += len(piece)
                if total > MOST_UNPACKED:
                    raise Unfit(Fault.BOMB)
                if part.filename == "[Content_Types].xml" and b"macroEnabled" in piece:
                    raise Unfit(Fault.MACROS)


_KINDS = (
    (b"%PDF-", PDF, _check_pdf),
    (b"PK\x03\x04", DOCX, _check_docx),
    (b"\xff\xd8\xff", JPEG, _check_jpeg),
    (b"\x89PNG\r\n\x1a\n", PNG, _check_picture),
    (b"GIF87a", GIF, _check_gif),
    (b"GIF89a", GIF, _check_gif),
    (b"RIFF", WEBP, _check_picture),
)
