"""What kind of picture some bytes are, by the bytes themselves: names and declared types are whatever the sender likes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the segments that hold height and width


@dataclass(frozen=True)
class Picture:
    kind: str
    width: int
    height: int


def look(content: bytes) -> Picture | None:
    """Kind and size of a PNG, JPEG or WebP picture; None for anything else, for one that is cut short, and for one with something
    behind its end (a second file in the same bytes)."""
    for kind, size in (("image/png", _png), ("image/jpeg", _jpeg), ("image/webp", _webp)):
        try:
            found = size(content)
        except (struct.error, IndexError):
            found = None
        if found is not None and min(found) > 0:
            return Picture(kind, *found)
    return None


def _png(content: bytes) -> tuple[int, int] | None:
    """Chunks (length, name, data, checksum) from IHDR to IEND, which must be the end."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"):
        return None
    place, name = 8, b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", content, place)
        place += length + 12
    width, height = struct.unpack_from(">II", content, 16)
    return (width, height) if place == len(content) else None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    """Segments (mark, length, data) up to the one that holds the size; the last two bytes are the mark of the end."""
    if not (content.startswith(b"\xff\xd8\xff") and content.endswith(b"\xff\xd9")):
        return None
    place = 2
    while content[place] == 0xFF:
        mark, length = struct.unpack_from(">xBH", content, place)
        if mark in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        place += length + 2
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    """A RIFF file whose length is that of the bytes, with one of WebP's three heads."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or struct.unpack_from("<I", content, 4)[0] != len(content) - 8:
        return None
    head = content[12:16]
    if head == b"VP8X":
        return _int24(content, 24) + 1, _int24(content, 27) + 1
    if head == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if head == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _int24(content: bytes, place: int) -> int:
    return int.from_bytes(content[place : place + 3], "little")
