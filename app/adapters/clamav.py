"""The virus scanner ClamAV, asked over its socket: the bytes go through the socket, so that it need not read our folders."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

PATIENCE = 10.0  # seconds for the whole of it
PIECE = 65_536
LONGEST_ANSWER = 4_096


class Silent(OSError):
    """The scanner is not there, or gave no answer that says anything."""


def is_clean(path: Path, content: bytes) -> bool:
    """Whether the scanner behind this socket finds nothing in the bytes (INSTREAM, https://docs.clamav.net/manual/Usage/Scanning.html).

    Raises Silent when it does not say so either way within PATIENCE.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(PATIENCE)
            line.connect(str(path))
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            answer = _answer(line)
    except OSError as problem:
        raise Silent(str(problem)) from problem
    if answer.endswith(b" FOUND"):
        return False
    if answer.endswith(b": OK"):
        return True
    raise Silent(answer.decode("ascii", "replace")[:200])


def _answer(line: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER and (piece := line.recv(LONGEST_ANSWER)):
        answer += piece
    return answer.rstrip(b"\0\r\n ")
