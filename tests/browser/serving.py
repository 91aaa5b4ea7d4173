"""The whole program on a free port of this machine, for a browser: the real answers over HTTP, on a database of its own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.extensions import db
from tests.site import Site, prepare, settings

HOST = "127.0.0.1"
CANDIDATES = 3_000  # what `make run` fills


def filled(folder: Path) -> Path:
    """A database as a newcomer's first `make run` fills it, in one file that can be copied."""
    prepare(f"sqlite:///{folder / 'loket.db'}", folder, CANDIDATES)
    with closing(sqlite3.connect(folder / "loket.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "loket.db"


class Served(Site):
    """A program that listens; `address` is where."""

    @property
    def address(self) -> str:
        """The address without a slash at the end, which is also what the program makes its links from."""
        return str(self.app.config["LOKET"].base_url)


class _Silent(WSGIRequestHandler):
    def log(self, kind: str, message: str, *args: object) -> None:
        """Nothing: the browser notes what fails."""


@contextmanager
def serving(database: Path) -> Iterator[Served]:
    """Serve the program on this SQLite file (which the program changes) until the block ends."""
    # The address stands in links, so the port has to be known before the program is made.
    server = make_server(HOST, 0, Flask("nothing-yet"), threaded=True, request_handler=_Silent)
    url = f"sqlite:///{database}"
    chosen = replace(settings(url, database.parent), base_url=f"http://{HOST}:{server.server_port}", port=server.server_port)
    app = create_app(chosen, TESTING=True, PROPAGATE_EXCEPTIONS=False)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="server", daemon=True)
    thread.start()
    try:
        yield Served(app, url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
