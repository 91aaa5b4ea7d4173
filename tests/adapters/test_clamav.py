"""The virus scanner, played by a real socket: what it is told, what it says, and what happens when it says nothing."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.adapters import clamav

CONTENT = bytes(range(256)) * 1000


class Scanner:
    """Reads one stream as clamd does and gives this answer; None: none at all."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.heard = b""

    def serve(self, line: socket.socket) -> None:
        line.settimeout(5)
        caller, _ = line.accept()
        with caller, caller.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", stream.read(4))[0]:
                self.heard += stream.read(size)
            if self.answer is not None:
                caller.sendall(self.answer)


@contextmanager
def scanner(path: Path, answer: bytes | None) -> Iterator[Scanner]:
    played = Scanner(answer)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.bind(str(path))
        line.listen()
        thread = threading.Thread(target=played.serve, args=(line,))
        thread.start()
        yield played
        thread.join(5)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("av") / "s"  # the path of a socket must be short


@pytest.mark.parametrize(("answer", "clean"), [(b"stream: OK\0", True), (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", False)])
def test_the_scanner_gets_every_byte_and_is_believed(place: Path, answer: bytes, clean: bool) -> None:
    with scanner(place, answer) as played:
        said = clamav.is_clean(place, CONTENT)

    assert (said, played.heard) == (clean, CONTENT)


@pytest.mark.parametrize("answer", [None, b"\0", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK and more\0", b"x" * 9000])
def test_an_answer_that_says_nothing_is_no_answer(place: Path, answer: bytes | None) -> None:
    with scanner(place, answer), pytest.raises(clamav.Silent):
        clamav.is_clean(place, CONTENT)


def test_a_scanner_that_is_not_there_says_nothing(place: Path) -> None:
    with pytest.raises(clamav.Silent):
        clamav.is_clean(place, CONTENT)


def test_a_scanner_that_takes_too_long_is_not_waited_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clamav, "PATIENCE", 0.2)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.bind(str(place))
        line.listen()

        with pytest.raises(clamav.Silent):
            clamav.is_clean(place, b"x")
