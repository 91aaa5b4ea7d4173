"""Mijn Onderwijsloket on one machine: prepares the database, then runs the web server and the scheduler until stopped."""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

import psycopg
from sqlalchemy.engine import URL, make_url

from config import APP_NAME, PROJECT_ROOT, ConfigError, Settings

VERSIONS = PROJECT_ROOT / "migrations" / "versions"
SIDE_FILES = ("-wal", "-shm", "-journal")
PATIENCE = 15.0  # seconds that a child gets to finish what it is doing
FIRST_ANSWER = 60.0
REFUSED = 2
FILLING_TABLE = "loket_first_fill"  # in PostgreSQL: there while the first fill runs, left behind when it was killed
NO_MAIL = "LOKET_SMTP_URL is not set: no mail leaves, it waits in the outbox. Set it and LOKET_MAIL_FROM, and start again."
DEMO_PASSWORD = "loket-demo-2026"
DEMO_ACCOUNTS = (
    ("noor@demo.test", "adviser, Regio Utrecht"),
    ("zeki@demo.test", "adviser, Regio Rotterdam"),
    ("carla@demo.test", "coordinator, Regio Utrecht; also adviser in Regio Gooi"),
    ("nadia@demo.test", "national adviser"),
    ("beheer@demo.test", "administrator"),
    ("hr@demo.test", "school, HR of a board with three schools in Utrecht"),
    ("opleider@demo.test", "training institute"),
    ("studie@demo.test", "study adviser at the same training institute"),
    ("fatima@demo.test", "candidate, Regio Utrecht"),
)


class StartError(Exception):
    """A start that cannot go on; its text is one sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Found:
    """What a database holds, as far as a start needs to know."""

    tables: frozenset[str] = frozenset()
    revision: str | None = None
    demo: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Start everything; 0 after an orderly stop, 1 when a part died, 2 with one sentence when it could not start."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        settings = Settings.from_environment()
        settings.signing_key()
        if not options.prepare_only:
            check_port(settings)
        with one_at_a_time(settings):
            found = prepare(settings)
        if options.prepare_only:
            return 0
        return serve_dev(settings) if options.dev else serve(settings, demo=found.demo and settings.demo is not False)
    except (ConfigError, StartError) as refusal:
        return _refuse(str(refusal))
    except (OSError, sqlite3.Error, psycopg.Error) as problem:
        return _refuse(f"Cannot start: {_first_line(problem)}.")
    except KeyboardInterrupt:
        return _refuse("Stopped before it was ready; the next start begins again where that is safe.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__, epilog="example: LOKET_PORT=9000 python run.py")
    parser.add_argument("--dev", action="store_true", help="Flask's debug server, which reloads, and no scheduler")
    parser.add_argument("--prepare-only", action="store_true", help="prepare the database and stop")
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return REFUSED


def _first_line(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0].rstrip(".")


def _say(sentence: str) -> None:
    print(sentence, flush=True)


# --- before anything is touched -------------------------------------------------------------------------------------


def check_port(settings: Settings) -> None:
    """Refuse (StartError) a port that another program listens on or that this user may not open."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                sentence = f"Port {settings.port} is in use by another program; stop that one or set LOKET_PORT to a free port."
            else:
                sentence = f"Port {settings.port} of {settings.host} cannot be opened ({problem.strerror}); change LOKET_HOST or the port."
            raise StartError(sentence) from problem


@contextlib.contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Hold the right to prepare this database; StartError when another start holds it. The lock ends with the process."""
    with open(settings.data_dir / "prepare.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise StartError("Another start is preparing this database; wait until it is ready.") from taken
        yield


# --- the database ---------------------------------------------------------------------------------------------------


def prepare(settings: Settings) -> Found:
    """Bring the database to this version: fill an empty one, upgrade an older one, leave a current one alone.

    Raises StartError for a database of a newer version or of another program; nothing is touched then.
    """
    if settings.database_path is None and not settings.is_postgresql:
        raise StartError("LOKET_DATABASE_URL is a database in memory, which a web server and a scheduler cannot share; name a file.")
    known, head = revisions()
    found = look(settings)
    if found.revision == head and FILLING_TABLE not in found.tables:
        return found
    if FILLING_TABLE in found.tables or (found.revision is None and not found.tables - {"alembic_version"}):
        fill(settings)
    elif found.revision is None:
        raise StartError(f"The database {place(settings)} holds tables of another program; set LOKET_DATABASE_URL to one of our own.")
    elif found.revision not in known:
        raise StartError(
            f"The database {place(settings)} was made by a newer version of {APP_NAME} (revision {found.revision}, this one knows {head}); "
            "install that version, nothing was changed."
        )
    else:
        upgrade(settings, found.revision, head)
    return look(settings)


def revisions(folder: Path = VERSIONS) -> tuple[frozenset[str], str]:
    """All revisions that this code knows, and the newest, read from the migration files without importing the app."""
    line = re.compile(r"""^(down_revision|revision)\b[^=\n]*=\s*(?:["']([^"'\n]+)["']|None)""", re.MULTILINE)
    known: set[str] = set()
    older: set[str] = set()
    for path in sorted(folder.glob("*.py")):
        for name, value in line.findall(path.read_text("utf-8")):
            (known if name == "revision" else older).add(value)
    heads = known - older
    if len(heads) != 1:
        raise StartError(f"The folder migrations/versions has {len(heads)} newest revisions and must have one; the program is damaged.")
    return frozenset(known), heads.pop()


def place(settings: Settings) -> str:
    """Where the database is, for a sentence: the file, or name and host without the password."""
    url = make_url(settings.database_url)
    return str(settings.database_path or f"{url.database} on {url.host or 'this machine'}")


def look(settings: Settings) -> Found:
    """Read revision, table names and the demo mark straight from the database, without changing it."""
    if settings.is_postgresql:
        with contextlib.closing(_postgresql(settings)) as connection:
            return _found(connection, "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
    path = settings.database_path
    if path is None or not path.exists() or path.stat().st_size == 0:
        return Found()
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
            return _found(file, "SELECT name FROM sqlite_master WHERE type = 'table'")
    except sqlite3.Error as problem:
        raise StartError(f"The file {path} cannot be read as an SQLite database ({_first_line(problem)}).") from problem


def _found(connection: sqlite3.Connection | psycopg.Connection, table_names: str) -> Found:
    def column(select: str) -> list[str]:
        return [row[0] for row in connection.execute(select)]

    tables = frozenset(column(table_names))
    revision = column("SELECT version_num FROM alembic_version") if "alembic_version" in tables else []
    demo = column("SELECT value FROM setting WHERE key = 'demo'") if "setting" in tables else []
    return Found(tables, revision[0] if revision else None, demo == ["1"])


def _postgresql(settings: Settings) -> psycopg.Connection:
    url = make_url(settings.database_url).set(drivername="postgresql")
    try:
        return psycopg.connect(url.render_as_string(hide_password=False), connect_timeout=10, autocommit=True)
    except psycopg.OperationalError as problem:
        sentence = f"The database {place(settings)} cannot be reached ({_first_line(problem)}); check LOKET_DATABASE_URL."
        raise StartError(sentence) from problem


def wants_demo(settings: Settings) -> bool:
    """Whether a new database is filled with the demo: when asked, else where nobody but this machine can sign in."""
    return settings.is_local if settings.demo is None else settings.demo


def fill(settings: Settings) -> None:
    """Make all tables and permissions in an empty database, and the demo in it; a killed fill never counts as filled."""
    with_demo = wants_demo(settings)
    _say(f"Making the database {place(settings)}" + (" with made-up people, once; this takes a minute ..." if with_demo else " ..."))
    if settings.is_postgresql:
        with contextlib.closing(_postgresql(settings)) as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {FILLING_TABLE} (started_at timestamptz DEFAULT now())")
            _fill(settings, settings.database_url, with_demo=with_demo)
            connection.execute(f"DROP TABLE {FILLING_TABLE}")
    elif settings.database_path:
        _fill_beside(settings, settings.database_path, with_demo=with_demo)
    if not with_demo:
        _say("The database is empty: make the first administrator with `flask --app app create-admin`.")


def _fill(settings: Settings, url: str, *, with_demo: bool) -> None:
    for command in (["db", "upgrade"], ["sync-security"], *([["demo"]] if with_demo else [])):
        flask(settings, *command, url=url)


def _fill_beside(settings: Settings, target: Path, *, with_demo: bool) -> None:
    for leftover in target.parent.glob(f"{target.name}.filling-*"):
        leftover.unlink()
    # The name holds our process id: a fill that outlived a killed start cannot write into this one.
    draft = target.with_name(f"{target.name}.filling-{os.getpid()}")
    _fill(settings, URL.create("sqlite", database=str(draft)).render_as_string(), with_demo=with_demo)
    with contextlib.closing(sqlite3.connect(draft)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    draft.chmod(0o600)
    with open(draft, "rb") as file:
        os.fsync(file.fileno())
    for suffix in SIDE_FILES:  # what an earlier, removed database left would be replayed into the new one
        Path(f"{target}{suffix}").unlink(missing_ok=True)
    os.replace(draft, target)


def upgrade(settings: Settings, revision: str, head: str) -> None:
    """Upgrade an older database; a copy of an SQLite file is laid beside it first."""
    path = settings.database_path
    if path:
        copy = path.with_name(f"{path.name}.{revision}-{datetime.now():%Y%m%d-%H%M%S}.backup")
        draft = copy.with_suffix(f".part-{os.getpid()}")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM INTO ?", [str(draft)])
        draft.chmod(0o600)
        draft.rename(copy)
    _say(f"Upgrading the database from {revision} to {head}" + (f"; a copy of how it was is {copy}." if path else "."))
    flask(settings, "db", "upgrade")
    flask(settings, "sync-security")


def flask(settings: Settings, *command: str, url: str | None = None) -> None:
    """Run one command of the app on the database (or on `url`); StartError with its last words when it fails."""
    log = settings.data_dir / "prepare.log"
    with open(log, "wb") as errors:
        log.chmod(0o600)
        done = subprocess.run(_flask(*command), cwd=PROJECT_ROOT, env=_environment(settings, url), stderr=errors, check=False)
    if done.returncode:
        words = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()] or [f"exit {done.returncode}"]
        raise StartError(f"`flask --app app {' '.join(command)}` failed ({words[-1].strip()}); all it said is in {log}.")


def _flask(*command: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app", *command]


def _environment(settings: Settings, url: str | None = None) -> dict[str, str]:
    # Children read `.env` themselves, through config; the database is pinned because a first fill goes to another file.
    return os.environ | {"FLASK_SKIP_DOTENV": "1", "LOKET_DATABASE_URL": url or settings.database_url}


# --- running --------------------------------------------------------------------------------------------------------


def serve_dev(settings: Settings) -> int:
    """Become Flask's debug server."""
    address = ("--host", settings.host, "--port", str(settings.port))
    os.chdir(PROJECT_ROOT)
    os.execve(sys.executable, _flask("run", "--debug", *address), _environment(settings))


def serve(settings: Settings, *, demo: bool) -> int:
    """Run web server and scheduler until one dies (1) or somebody stops us (0); never leave one without the other."""
    # A Ctrl-C in a terminal reaches the children too; they start deaf to it, so that we can stop them in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    children = {name: subprocess.Popen(line, cwd=PROJECT_ROOT, env=_environment(settings)) for name, line in _programs(settings).items()}
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        if _wait_for_answer(settings, children):
            _say(_welcome(settings, demo=demo))
        while not (dead := _dead(children)):
            time.sleep(0.2)
        print(f"The {dead} stopped (exit {children[dead].returncode}); stopping the rest.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        _stop(list(children.values()))


def _programs(settings: Settings) -> dict[str, list[str]]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    size = ["-w", str(settings.web_workers), "-k", "gthread", "--threads", str(settings.web_threads)]
    manners = ["--no-control-socket", "--log-level", "warning", "--graceful-timeout", "10", "-b", f"{host}:{settings.port}"]
    return {
        "web server": [sys.executable, "-m", "gunicorn", *size, *manners, "app:create_app()"],
        "scheduler": _flask("scheduler"),
    }


def _dead(children: dict[str, subprocess.Popen[bytes]]) -> str | None:
    return next((name for name, child in children.items() if child.poll() is not None), None)


def _wait_for_answer(settings: Settings, children: dict[str, subprocess.Popen[bytes]]) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    deadline = time.monotonic() + FIRST_ANSWER
    while time.monotonic() < deadline and not _dead(children):
        web = http.client.HTTPConnection(host, settings.port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(web):
            web.request("GET", "/health")
            web.getresponse()
            return True
        time.sleep(0.1)
    return False


def _welcome(settings: Settings, *, demo: bool) -> str:
    lines = ["", f"{APP_NAME} is ready: {settings.base_url}"]
    if demo:
        width = max(len(name) for name, _ in DEMO_ACCOUNTS)
        lines += ["", f"Demo accounts, password {DEMO_PASSWORD}:", *(f"  {name:<{width}}  {who}" for name, who in DEMO_ACCOUNTS)]
    elif not settings.smtp_url:
        lines += ["", NO_MAIL]
    return "\n".join([*lines, "", "Stop with Ctrl-C."])


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + PATIENCE
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
