"""A picture is what its bytes say; nothing else gets through."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.pictures import Picture, look


def png(width: int = 40, height: int = 20, extra: bytes = b"") -> bytes:
    """A whole PNG file of one grey."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(height * (width + 1)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 40, height: int = 20) -> bytes:
    """The marks of a JPEG file: a start, a comment, the size, an end."""
    comment = b"\xff\xfe\x00\x06note"
    return b"\xff\xd8" + comment + b"\xff\xc2\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00" + b"data\xff\xd9"


def webp(head: bytes, data: bytes) -> bytes:
    body = b"WEBP" + head + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


LOSSY = webp(b"VP8 ", b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", 40, 20) + b"rest")
LOSSLESS = webp(b"VP8L", b"\x2f" + struct.pack("<I", 39 | 19 << 14) + b"rest")
EXTENDED = webp(b"VP8X", b"\x00" * 4 + (39).to_bytes(3, "little") + (19).to_bytes(3, "little"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [(png(), "image/png"), (jpeg(), "image/jpeg"), (LOSSY, "image/webp"), (LOSSLESS, "image/webp"), (EXTENDED, "image/webp")],
    ids=["png", "jpeg", "webp lossy", "webp lossless", "webp extended"],
)
def test_kind_and_size_come_from_the_bytes(content: bytes, kind: str) -> None:
    assert look(content) == Picture(kind, 40, 20)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><script>alert(1)</script>",
        b"GIF89a(\x00\x14\x00\x80\x00\x00;",
        b"%PDF-1.7",
        png()[:30],
        png()[:-1],
        png() + b"<script>alert(1)</script>",
        png() + b"PK\x03\x04",
        jpeg() + b"<script>alert(1)</script>",
        jpeg()[:8],
        LOSSY + b"<script>alert(1)</script>",
        LOSSY[:20],
        webp(b"ANIM", b"rest"),
        png(0, 20),
        b"<!--" + png(),
    ],
)
def test_everything_else_is_no_picture(content: bytes) -> None:
    assert look(content) is None


@given(content=st.binary(max_size=200), start=st.sampled_from([b"", png()[:33], jpeg()[:13], LOSSY[:16], EXTENDED[:16]]))
def test_no_bytes_make_it_fall(content: bytes, start: bytes) -> None:
    found = look(start + content)

    assert found is None or (found.width > 0 and found.height > 0)
