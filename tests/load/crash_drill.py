"""Shooting the workers while a message to a group is on its way: nobody gets it twice, nobody is lost without a word.

    python -m tests.load.crash_drill --people 10000 --workers 2 --kills 20
    python -m tests.load.crash_drill --no-leases          # must fail
    python -m tests.load.crash_drill --kills 0 --workers 4 --people 100000   # how fast, and how much memory

On a database, a mail server and workers of its own, on this machine only. SQLite and PostgreSQL, one after the other.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller

from app.enums import ConsentChannel, ConsentEvent, ConsentPurpose, DeliveryState, MailCategory, MailingState
from app.extensions import db, reading
from app.models import Candidate, Consent, Delivery, Mailing, PersonToken, Region
from app.security.identity import acting_as, system_scope
from app.services import mailings, outbox
from config import PROJECT_ROOT
from tests import pg
from tests.adapters.test_mailer import free_port
from tests.services.cast import CARLA, NOON, UTRECHT, fill, small_app

SENDER = "loket@example.test"
TIMEOUT = 2  # seconds for one mail; a lease is four times as long
A_TIME = 5000  # candidates written at once
AFTER = 60.0  # seconds in which all has to be done after the last shot


@dataclass(frozen=True)
class Drill:
    """How many get it, by how many workers, how often one is shot; `service` more mails of the service go along."""

    people: int
    workers: int = 2
    kills: int = 0
    service: int = 0
    leases: bool = True


@dataclass(frozen=True)
class Outcome:
    """What came of it. `lost`: neither arrived nor shown as in doubt."""

    frozen_in: float
    seconds: float
    after_last_shot: float
    bulk_twice: int
    bulk_lost: int
    bulk_unknown: int
    service_twice: int
    service_lost: int
    memory_mib: float
    state: MailingState
    kills: int

    @property
    def faults(self) -> list[str]:
        """What the protocol promises and was not kept."""
        broken = {
            "a message arrived twice": self.bulk_twice > 0,
            "somebody was lost without a word": self.bulk_lost > 0,
            "more than one mail in doubt for each shot": self.bulk_unknown > self.kills,
            "a mail of the service was lost": self.service_lost > 0,
            "more mails of the service twice than shots": self.service_twice > self.kills,
            "not done in time after the last shot": self.after_last_shot > AFTER,
            "the message is not done": self.state is not MailingState.DONE,
        }
        return [words for words, is_so in broken.items() if is_so]


class Sink:
    """A mail server that takes everything and remembers under which Message-ID."""

    def __init__(self) -> None:
        self.ids: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        head = envelope.content.split(b"\r\n\r\n", 1)[0].lower()
        self.ids.append(head.split(b"message-id: <", 1)[1].split(b"@", 1)[0])
        return "250 ok"


def run(url: str, folder: Path, drill: Drill, say: Any = lambda *_: None) -> Outcome:
    """Do it on this empty, migrated database."""
    with small_app(url):
        with system_scope():
            fill()
            db.session.commit()
            people(drill.people + drill.service)
        begun = time.monotonic()
        mailing_id = on_its_way(drill)
        frozen_in = time.monotonic() - begun
        say(f"frozen in {frozen_in:.1f} s")
        with _sink() as (sink, port), _workers(url, folder, port, drill) as running:
            begun = time.monotonic()
            _shoot(sink, running, drill)
            last_shot = time.monotonic()
            memory = _wait(mailing_id, running, drill)
            ended = time.monotonic()
        return _outcome(mailing_id, sink, drill, frozen_in, ended - begun, ended - last_shot, memory)


def people(number: int) -> None:
    """Candidates of Utrecht who agreed to messages."""
    start = {"name": "P", "sort_name": "p", "surname": "P", "given_name": "P", "stage_entered_at": NOON, "created_at": NOON}
    given = {"purpose": ConsentPurpose.MESSAGES, "event": ConsentEvent.GIVEN, "at": NOON, "channel": ConsentChannel.PHONE}
    for first in range(1, number + 1, A_TIME):
        keys = range(first, min(first + A_TIME, number + 1))
        mail = {key: f"p{key}@example.test" for key in keys}
        rows = [
            {"id": key, "number": f"K-{key}", "region_id": UTRECHT, "email": mail[key], "email_norm": mail[key], **start} for key in keys
        ]
        agreed = [{"candidate_id": key, "region_id": UTRECHT, "text_version": "1.nl", "text_sha256": "0", **given} for key in keys]
        db.session.execute(sa.insert(Candidate), rows)
        db.session.execute(sa.insert(PersonToken), [{"candidate_id": key, "token": f"{key:032x}"} for key in keys])
        db.session.execute(sa.insert(Consent), agreed)
        db.session.commit()


def on_its_way(drill: Drill) -> int:
    """The message, on its way; and mails of the service beside it. Without a rate and without quiet hours."""
    now = datetime.now(UTC)
    with system_scope():
        db.session.execute(sa.update(Region).values(mails_a_minute=0, quiet_from=None, quiet_until=None, approve_above=10**6))
        for candidate in db.session.scalars(sa.select(Candidate).where(Candidate.id > drill.people).order_by(Candidate.id)).all():
            outbox.post("set_out", candidate, key=f"drill:{candidate.id}", now=now)
        db.session.commit()
    with acting_as(CARLA):
        words = {
            "subject": "Open dag",
            "body": "Beste {{voornaam}},\n\nKom langs op onze **open dag**.",
            "category": MailCategory.ACTIVITIES,
        }
        about = {"region_id": UTRECHT, "screen": "KandidatenView", "query": "", "audience": "alle kandidaten", "idem_key": "drill"}
        mailing = mailings.write(Mailing(**words, **about), by=CARLA, now=now)
        everybody = sa.select(Candidate.id).where(Candidate.id <= drill.people)
        mailings.prepare(mailing, everybody, by=CARLA, now=now)
        assert not mailings.start(mailing, everybody, send_after=None, expected=mailing.version, by=CARLA, now=now)
        key = mailing.id
        db.session.commit()
        return key


@contextmanager
def _sink() -> Iterator[tuple[Sink, int]]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop()


@contextmanager
def _workers(url: str, folder: Path, port: int, drill: Drill) -> Iterator[Any]:
    """As many as wanted; ended at the end."""
    settings = {
        "LOKET_DATABASE_URL": url,
        "LOKET_DATA_DIR": str(folder),
        "LOKET_SECRET_KEY": "a-secret-that-only-the-tests-know-0123456789",
        "LOKET_DEMO": "0",
        "LOKET_SMTP_URL": f"smtp://127.0.0.1:{port}?tls=none",
        "LOKET_MAIL_FROM": SENDER,
        "LOKET_MAIL_TIMEOUT": str(TIMEOUT),
        "FLASK_SKIP_DOTENV": "1",
    }
    command = ["-m", "flask", "--app", "app", "worker"] if drill.leases else ["-c", _WITHOUT_LEASES]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, *command], cwd=PROJECT_ROOT, env=os.environ | settings)

    running = [start() for _ in range(drill.workers)]
    try:
        yield running, start
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(timeout=30)


_WITHOUT_LEASES = """
from datetime import timedelta
from app import create_app
from app.jobs import mail
mail._lease = lambda: timedelta(0)
create_app().test_cli_runner().invoke(args=["worker"])
"""


def _shoot(sink: Sink, workers: Any, drill: Drill) -> None:
    """Shoot a worker each time that as many mails more have arrived, and start another one."""
    running, start = workers
    dice = random.Random(7)
    total = drill.people + drill.service
    for number in range(1, drill.kills + 1):
        goal, until = total * number // (drill.kills + 1), time.monotonic() + 120
        while len(sink.ids) < goal and time.monotonic() < until:
            time.sleep(0.01)
        at = dice.randrange(len(running))
        running[at].kill()
        running[at].wait()
        running[at] = start()


def _wait(mailing_id: int, workers: Any, drill: Drill) -> float:
    """Until the message is done and no mail of the service waits; says how many MiB a worker took at most."""
    running, _ = workers
    memory, until = 0.0, time.monotonic() + max(AFTER, 60 + (drill.people + drill.service) / 20)
    waits = sa.select(Delivery.id).where(Delivery.mailing_id.is_(None), Delivery.state != DeliveryState.SENT).limit(1)
    with system_scope():
        while time.monotonic() < until:
            with reading() as session:
                state = session.scalar(sa.select(Mailing.state).where(Mailing.id == mailing_id))
                left = session.scalar(waits)
            memory = max(memory, *(_resident(one.pid) for one in running))
            if state is MailingState.DONE and left is None:
                break
            time.sleep(0.1)
    return memory


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _outcome(mailing_id: int, sink: Sink, drill: Drill, frozen: float, seconds: float, after: float, memory: float) -> Outcome:
    with system_scope():
        rows = db.session.execute(sa.select(Delivery.message_id, Delivery.mailing_id, Delivery.state)).all()
        state = db.session.scalars(sa.select(Mailing.state).where(Mailing.id == mailing_id)).one()
    got = Counter(one.decode() for one in sink.ids)
    bulk = {name: state for name, mailing, state in rows if mailing is not None}
    service = {name: state for name, mailing, state in rows if mailing is None}
    unknown = {name for name, state in bulk.items() if state is DeliveryState.UNKNOWN}
    return Outcome(
        frozen_in=frozen,
        seconds=seconds,
        after_last_shot=after if drill.kills else 0.0,
        bulk_twice=sum(got[name] - 1 for name in bulk if got[name] > 1),
        bulk_lost=sum(1 for name in bulk if not got[name] and name not in unknown),
        bulk_unknown=len(unknown),
        service_twice=sum(got[name] - 1 for name in service if got[name] > 1),
        service_lost=sum(1 for name in service if not got[name]),
        memory_mib=memory,
        state=state,
        kills=drill.kills,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--service", type=int, default=500)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--no-leases", action="store_true")
    asked = parser.parse_args()
    drill = Drill(asked.people, asked.workers, asked.kills, asked.service, leases=not asked.no_leases)
    faults: list[str] = []
    for dialect in (asked.only,) if asked.only else ("sqlite", "postgresql"):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loket-drill-")))
            url = f"sqlite:///{folder / 'drill.db'}" if dialect == "sqlite" else stack.enter_context(_postgresql())
            with pg.engine_of(url) as engine:
                pg.migrate(engine)
            outcome = run(url, folder, drill, print)
        total = drill.people + drill.service
        print(f"{dialect}: {outcome}\n  {total / outcome.seconds * 60:,.0f} mails a minute; {outcome.faults or 'as promised'}")
        faults += outcome.faults
    return 1 if faults else 0


@contextmanager
def _postgresql() -> Iterator[str]:
    with pg.server() as admin, pg.database(admin) as url:
        yield url


if __name__ == "__main__":
    sys.exit(main())
