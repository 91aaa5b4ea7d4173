"""Small files of each kind that a report may have, and some that only look like it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

PARTS = {"[Content_Types].xml": "<Types/>", "_rels/.rels": "<Relationships/>", "word/document.xml": "<document/>"}


def png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00\x00")) + chunk(b"IEND", b"")


def jpeg(comment: bytes = b"") -> bytes:
    """Marks in their order, with data of a scan in which a stuffed zero and a restart stand."""
    note = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    size = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 1, 1, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\x00\x00\x3f\x00" + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + b"\xff\xe0" + struct.pack(">H", 7) + b"JFIF\x00" + note + size + scan + b"\xff\xd9"


def gif() -> bytes:
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02" + b"\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + b"\x21\xf9\x04\x00\x00\x00\x00\x00" + picture + b"\x3b"


def webp() -> bytes:
    body = b"WEBPVP8L" + struct.pack("<I", 5) + b"\x2f" + struct.pack("<I", 0) + b"\x00"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf(more: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n" + more + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def docx(**more: bytes) -> bytes:
    """A Word document with the parts that it must have; further ones by name (`word__x` is word/x)."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**PARTS, **{name.replace("__", "/"): text for name, text in more.items()}}.items():
            archive.writestr(name, text)
    return content.getvalue()


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr("program.exe", b"MZ")
    return content.getvalue()
