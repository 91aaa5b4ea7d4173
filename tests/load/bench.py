"""Times our list, filter, search, detail and export against stock Flask-AppBuilder, with the shared benchmark of its own folder.

    make bench ARGS="--bench FOLDER --candidates 100000"

Makes what is missing and keeps it: two virtual environments, the benchmark's rows in its own tables and in ours. The first run with a
million candidates takes some fifteen minutes and 8 GB. BENCH_DATA on a RAM disk gives steadier figures. The benchmark wants Python 3.12
or newer: PYTHON says which one, else one is looked for; we run on the Python of .venv.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app import create_app
from app.extensions import db
from app.fab.sync import sync_security
from app.security.identity import system_scope
from config import Settings
from tests.load.bench_load import load
from tests.pg import ALEMBIC_INI

TARGET = Path(__file__).with_name("bench_target.toml")
NEW_ENOUGH = "import sys, sqlite3, venv; sys.exit(sys.version_info < (3, 12))"


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default=os.environ.get("BENCH_DIR"), help="folder of the shared benchmark (or BENCH_DIR)")
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--only", default="fab,floor,project", help="targets (default: %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="make our database anew")
    parser.add_argument("--prepare", action="store_true", help="make everything and measure nothing")
    found, found.rest = parser.parse_known_args(given)
    if not found.bench or not (Path(found.bench) / "drive.py").is_file():
        parser.error("say where the shared benchmark is: BENCH_DIR=FOLDER make bench, or --bench FOLDER")
    found.bench = Path(found.bench).resolve()
    return found


def interpreter() -> str:
    """A Python that is new enough for the benchmark's pins."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    named = [os.environ.get("PYTHON"), sys.executable, *(f"python3.{minor}" for minor in (14, 13, 12))]
    for python in [*filter(None, named), *(str(path) for path in sorted(pyenv.glob("3.1[2-9]*/bin/python3"), reverse=True))]:
        found = shutil.which(python)
        if found and subprocess.run([found, "-c", NEW_ENOUGH], capture_output=True, check=False).returncode == 0:
            return found
    raise SystemExit("The benchmark needs Python 3.12 or newer beside ours; say where it is: make bench PYTHON=python3.13")


def environment(home: Path, bench: Path, name: str) -> Path:
    """The interpreter of one of the benchmark's virtual environments, made on first use."""
    folder = home / f"v-{name}"
    python, made = folder / "bin" / "python", folder / ".made"
    if not made.exists():
        print(f"Installing the benchmark's environment {name}, once ...", flush=True)
        subprocess.run([interpreter(), "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", bench / "requirements" / f"{name}.txt"]
        subprocess.run(pip, check=True)
        made.touch()
    return python


def peers_rows(python: Path, bench: Path, data: Path, candidates: int) -> Path:
    """The benchmark's own database."""
    file, made = data / f"cand-{candidates}.db", data / f"cand-{candidates}.made"
    if not made.exists():
        subprocess.run([python, bench / "gen.py", "--n", str(candidates), "--sqlite", file], check=True)
        made.touch()
    return file


def our_rows(python: Path, bench: Path, data: Path, candidates: int, fresh: bool) -> Path:
    """The same rows in our tables, made again when the tables changed."""
    file, folder, made = data / f"ours-{candidates}.db", data / f"csv-{candidates}", data / f"ours-{candidates}.made"
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted((ALEMBIC_INI.parent / "versions").glob("*.py")))).hexdigest()
    if fresh or not file.exists() or not made.exists() or made.read_text() != digest:
        if not (folder / "candidate_match.csv").exists():
            subprocess.run([python, bench / "gen.py", "--n", str(candidates), "--csv", folder], check=True)
        load(folder, file)
        made.write_text(digest)
    return file


def settings(home: Path, file: Path) -> dict[str, str]:
    return {"LOKET_DATABASE_URL": f"sqlite:///{file}", "LOKET_DATA_DIR": str(home / "loket")}


def permit(home: Path, file: Path) -> None:
    """The roles and permissions of the code, as the command sync-security writes them."""
    program = create_app(Settings.from_environment(settings(home, file), None))
    with program.app_context(), system_scope():
        sync_security(program.appbuilder)  # type: ignore[attr-defined]
        db.session.remove()
        db.engine.dispose()


def main() -> int:
    asked = arguments()
    home = Path(os.environ.get("BENCH_HOME") or Path(tempfile.gettempdir()) / "bench")
    data = Path(os.environ.get("BENCH_DATA") or home / "data")
    data.mkdir(parents=True, exist_ok=True)
    environment(home, asked.bench, "fab")
    python = environment(home, asked.bench, "tools")
    ours = our_rows(python, asked.bench, data, asked.candidates, asked.fresh)
    permit(home, ours)
    theirs = peers_rows(python, asked.bench, data, asked.candidates)
    if asked.prepare:
        print(f"ready: {theirs} and {ours}")
        return 0
    result = home / "results" / f"loket-{asked.candidates}.json"
    targets = ["--targets", str(asked.bench / "targets.toml"), "--targets", str(TARGET), "--only", asked.only]
    command = [python, asked.bench / "drive.py", "--db", f"sqlite:///{theirs}", *targets, "--out", result, *asked.rest]
    done = subprocess.run(command, env={**os.environ, "BENCH_HOME": str(home), **settings(home, ours)}, check=False)
    shutil.rmtree(home / "loket", ignore_errors=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
