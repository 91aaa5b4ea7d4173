"""A stand-in for the app, with the real start around it: quick to fill, and it can be made to hang, fail and die."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

APP = '''
import os
import sys
import time

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import create_engine, text

from config import Settings


def execute(*statements):
    with open(os.environ["STUB_LOG"], "a") as log:
        print(" ".join(sys.argv[3:]), file=log)
    engine = create_engine(Settings.from_environment().database_url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def create_app():
    app = Flask("stub")
    app.get("/health")(lambda: "ok")
    db = AppGroup("db")

    @db.command()
    def upgrade():
        execute(
            "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))",
            "DELETE FROM alembic_version",
            "INSERT INTO alembic_version VALUES ('0002')",
            "CREATE TABLE IF NOT EXISTS setting (key VARCHAR(40) PRIMARY KEY, value VARCHAR(200))",
        )

    @app.cli.command("sync-security")
    def sync_security():
        if os.environ.get("STUB_FAILS"):
            sys.exit("Traceback (most recent call last):\\\\n  somewhere\\\\nNo space left")
        execute()

    @app.cli.command()
    def demo():
        if os.environ.get("STUB_HANGS"):
            open(os.environ["STUB_HANGS"], "w").close()
            time.sleep(60)
        execute("DELETE FROM setting WHERE key = 'demo'", "INSERT INTO setting VALUES ('demo', '1')")

    @app.cli.command()
    def scheduler():
        while not os.path.exists(os.environ["STUB_LOG"] + ".die"):
            time.sleep(0.1)
        sys.exit(3)

    app.cli.add_command(db)
    return app
'''.replace("\\\\n", "\\n")


class House:
    """A copy of the start around the stand-in, with settings of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.database, self.log = root, root / "data" / "loket.db", root / "commands.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith(("LOKET_", "FLASK_"))} | {
            "LOKET_DATABASE_URL": f"sqlite:///{self.database}",
            "LOKET_DATA_DIR": str(root / "data"),
            "LOKET_PORT": str(self.port),
            "LOKET_WEB_WORKERS": "1",
            "STUB_LOG": str(self.log),
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.root / "run.py"), *arguments]

    def prepare(self, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.start_refused("--prepare-only", **environ)

    def start_refused(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """A start that is expected to end by itself."""
        line = self.command(*arguments)
        return subprocess.run(line, env=self.environ | environ, capture_output=True, text=True, timeout=60, check=False)

    @contextlib.contextmanager
    def started(self, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
        line = self.command(*arguments)
        with subprocess.Popen(
            line, env=self.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ran(self) -> list[str]:
        return self.log.read_text().split("\n")[:-1] if self.log.exists() else []

    def holds(self, select: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(select).fetchall()

    def write(self, *statements: str) -> None:
        self.database.parent.mkdir(exist_ok=True)
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def hang_in_the_first_fill(self, **environ: str) -> None:
        """Start, wait until the demo is being written, and kill everything at once."""
        sign = self.root / "hanging"
        with self.started("--prepare-only", STUB_HANGS=str(sign), **environ):
            wait_for(sign.exists)


def wait_for(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    lines: list[str] = []
    assert process.stdout is not None
    while words not in "".join(lines):
        line = process.stdout.readline()
        assert line, "".join(lines)
        lines.append(line)
    return "".join(lines)


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What a refused start said, after checking that it was refused in the one way there is."""
    assert (done.returncode, done.stderr.count("\n"), "Traceback" in done.stdout + done.stderr) == (2, 1, False), done
    return done.stderr.strip()
