"""Our own files: an address that changes with the content, so that a browser keeps them for good, and one compressed copy in memory."""

from __future__ import annotations

import hashlib
import mimetypes
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request
from werkzeug.security import safe_join

from app.fab.packing import accepts_gzip, pack

SHORT, FOREVER = "public, max-age=300", "public, max-age=31536000, immutable"
PACKED = frozenset({"text/css", "text/javascript", "image/svg+xml", "text/plain"})
_KINDS = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}  # the same on every machine
_REFERENCE = re.compile(r'url\("([^":?#]+)"\)')  # a file of ours in a style sheet; data: holds a colon


@dataclass(frozen=True)
class Asset:
    """A file as it is sent. `version` stands for its content; `packed` is empty for what compression does not make smaller."""

    body: bytes
    kind: str
    version: str
    packed: bytes


class Assets:
    """The files of a folder, read once per process; with `reload` again when they changed on disk."""

    def __init__(self, folder: Path, *, reload: bool = False) -> None:
        self.folder, self.reload = folder, reload
        self._known: dict[str, tuple[int, Asset]] = {}

    def get(self, name: str) -> Asset | None:
        """The file under this name, or None."""
        path = safe_join(str(self.folder), name)
        if path is None:
            return None
        if name in self._known and not self.reload:
            return self._known[name][1]
        file = Path(path)
        if not file.is_file():
            return None
        changed = file.stat().st_mtime_ns
        if name not in self._known or self._known[name][0] != changed:
            self._known[name] = (changed, self._read(name, file))
        return self._known[name][1]

    def _read(self, name: str, file: Path) -> Asset:
        body = file.read_bytes()
        kind = _KINDS.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "text/plain"
        if kind == "text/css":
            body = _REFERENCE.sub(lambda found: self._versioned(name, found[1]), body.decode()).encode()
        packed = pack(body, level=9) if kind in PACKED else b""
        return Asset(body, kind, hashlib.sha256(body).hexdigest()[:10], packed if len(packed) < len(body) else b"")

    def _versioned(self, sheet: str, reference: str) -> str:
        """A reference in a style sheet, with the version of the file that it names."""
        named = self.get(posixpath.normpath(posixpath.join(posixpath.dirname(sheet), reference)))
        return f'url("{reference}?v={named.version}")' if named else f'url("{reference}")'


def register(app: Flask) -> None:
    """Serve the static folder this way, and put the version in every address that `url_for("static")` makes."""
    assets = Assets(Path(app.static_folder or ""), reload=app.debug)

    def static(filename: str) -> Response:
        asset = assets.get(filename)
        if asset is None:
            abort(404)
        packed = asset.packed if accepts_gzip() else b""
        response = Response(packed or asset.body, mimetype=asset.kind)
        response.headers["Cache-Control"] = FOREVER if request.args.get("v") == asset.version else SHORT
        response.set_etag(asset.version + ("-gzip" if packed else ""))
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        if asset.packed:
            response.vary.add("Accept-Encoding")
        response.make_conditional(request)
        return response

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        asset = assets.get(values.get("filename", "")) if endpoint == "static" else None
        if asset is not None:
            values.setdefault("v", asset.version)

    app.view_functions["static"] = static
