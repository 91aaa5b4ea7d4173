"""Compression of what we send, by the program itself: `make run` has no proxy that could do it. See docs/decisions/0019."""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Response, request

PAGES = frozenset({"text/html", "application/json", "text/css"})
SMALLEST = 500  # bytes; below this the head of the format eats the gain
MOST_PADDING = 100  # bytes


def accepts_gzip() -> bool:
    """Whether the browser that asks can unpack it."""
    return request.accept_encodings["gzip"] > 0


def pack(body: bytes, *, level: int, padding: int = 0) -> bytes:
    """The body in gzip's format, with a file name of that many bytes in its head: browsers skip it, and it costs nothing else."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="a" * padding, mode="wb", compresslevel=level, fileobj=packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()


def pack_page(response: Response) -> Response:
    """Compress a page on its way out, with padding of a random length.

    A page holds what an outsider may choose (a search term in the address) beside what nobody may learn (the token, personal data).
    Who sees the length of the compressed answer could guess the second by trying the first (BREACH); padding blurs that length.
    Left alone: what is streamed, downloads, what is packed already and what is tiny.
    """
    if response.is_streamed or response.direct_passthrough or response.mimetype not in PAGES:
        return response
    if "Content-Encoding" in response.headers or "Content-Disposition" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) >= SMALLEST and accepts_gzip():
        response.set_data(pack(body, level=6, padding=secrets.randbelow(MOST_PADDING + 1)))
        response.headers["Content-Encoding"] = "gzip"
    return response
