"""Files in a folder of our own, outside the web root: written whole or not at all, found by a name that we made up."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{32}")
UNFINISHED = ".unfinished-"


class Folder:
    """Files by key, spread over 256 folders: `<first two>/<key>`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        """Keep these bytes and return their key. They are on the disk when this returns: a row that names the key may be committed."""
        key = secrets.token_hex(16)
        place = self.path(key)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=place.parent, prefix=UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, place)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        _settle(place.parent)
        return key

    def get(self, key: str) -> bytes | None:
        """The bytes of a key; None when they are not there."""
        place = self.path(key)
        return place.read_bytes() if place.is_file() else None

    def path(self, key: str) -> Path:
        """Where the bytes of a key stand. Raises ValueError for what is no key of ours."""
        if not _KEY.fullmatch(key):
            raise ValueError("not a key of a stored file")
        return self.root / key[:2] / key

    def remove(self, key: str) -> None:
        """Take the bytes away; nothing happens when they are not there."""
        self.path(key).unlink(missing_ok=True)

    def older_than(self, seconds: float) -> Iterator[Path]:
        """The files that were last written before this moment (seconds since 1970), unfinished ones too."""
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            if path.is_file() and path.stat().st_mtime < seconds:
                yield path


def _settle(folder: Path) -> None:
    """Let the folder itself reach the disk: else a new name in it may be gone after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
