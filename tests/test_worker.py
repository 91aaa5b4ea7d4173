"""`flask worker` and the job of the scheduler: every mail goes out, also when workers are shot and the mail server hangs up."""

from __future__ import annotations

import email
import email.policy
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from app.adapters import clock, mailer
from app.adapters.mailer import Answer, Letter, Verdict
from app.enums import OPEN_STATUSES, DeliveryState
from app.extensions import db
from app.jobs import mail
from app.models import Candidate, Delivery, DeliveryEvent, Setting
from app.services import delivering, outbox
from config import PROJECT_ROOT
from tests.adapters.test_mailer import free_port
from tests.site import BOTH, Site

MAILS, KILLS = 120, 4
SETTLED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.CANCELLED, DeliveryState.SUPPRESSED)


class Mailbox:
    """A mail server that takes everything, now and then only at the second try, and remembers what came."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.dice = random.Random(7)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.ids.append(str(email.message_from_bytes(envelope.content, policy=email.policy.default)["Message-ID"]))
        if self.dice.random() < 0.05:
            server.transport.close()  # it has the mail, and does not say so
        return "250 ok"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield box, f"smtp://127.0.0.1:{controller.port}?tls=none"
    finally:
        controller.stop()


def fill(site: Site, number: int, kind: str = "set_out") -> None:
    """Queue mails to so many candidates; the demo has none of its own any more."""
    with site.rows() as session:
        session.execute(sa.delete(Delivery))
        people = sa.select(Candidate).where(Candidate.email_norm.is_not(None), Candidate.status.in_(OPEN_STATUSES)).order_by(Candidate.id)
        for place, candidate in enumerate(session.scalars(people.limit(number)).all()):
            assert outbox.post(kind, candidate, key=f"test:{place}", now=clock.now()) is not None


def states(site: Site) -> Counter[str]:
    with site.rows() as session:
        return Counter(state.name for state in session.scalars(sa.select(Delivery.state)))


def worker(site: Site, url: str, folder: Path) -> subprocess.Popen[bytes]:
    settings = {
        "LOKET_DATABASE_URL": site.url,
        "LOKET_DATA_DIR": str(folder),
        "LOKET_SECRET_KEY": "a-secret-that-only-the-tests-know-0123456789",
        "LOKET_DEMO": "0",
        "LOKET_SMTP_URL": url,
        "LOKET_MAIL_FROM": "loket@example.test",
        "FLASK_SKIP_DOTENV": "1",
    }
    return subprocess.Popen([sys.executable, "-m", "flask", "--app", "app", "worker"], cwd=PROJECT_ROOT, env=os.environ | settings)


PAST = datetime.now(UTC) - timedelta(seconds=1)


def end_leases(site: Site) -> None:
    """Of the dead: call it while nobody works."""
    with site.rows() as session:
        session.execute(sa.update(Delivery).where(Delivery.lease_until.is_not(None)).values(lease_until=PAST))


def make_due(site: Site) -> None:
    """What waits for its next try."""
    with site.rows() as session:
        session.execute(sa.update(Delivery).where(Delivery.state == DeliveryState.RETRY).values(not_before=PAST))


def wait_until(done: Any, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if done():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.machine
@BOTH
def test_workers_that_are_shot_lose_no_mail_and_double_none_under_another_name(site: Site, tmp_path: Path) -> None:
    fill(site, MAILS)
    shots = 0
    with mail_server() as (box, url):
        for goal in [MAILS * number // (KILLS + 1) for number in range(1, KILLS + 1)]:
            running = worker(site, url, tmp_path)
            assert wait_until(lambda goal=goal: len(box.ids) >= goal, 60)
            running.kill()
            running.wait()
            shots += 1
            end_leases(site)
            make_due(site)
        last = [worker(site, url, tmp_path) for _ in range(2)]
        finished = wait_until(lambda: make_due(site) or set(states(site)) == {"SENT"}, 60)
        for running in last:
            running.terminate()
        ends = [running.wait(timeout=20) for running in last]

    got = Counter(box.ids)
    with site.rows() as session:
        wanted = {f"<{name}@example.test>" for name in session.scalars(sa.select(Delivery.message_id))}
        hung_up = session.scalar(sa.select(sa.func.count()).select_from(DeliveryEvent).where(DeliveryEvent.state == DeliveryState.RETRY))
    assert (finished, ends, set(got)) == (True, [0, 0], wanted)
    assert sum(got.values()) - len(got) <= shots + hung_up


@pytest.mark.machine
def test_a_worker_without_a_mail_server_says_so(site: Site, tmp_path: Path) -> None:
    result = site.app.test_cli_runner().invoke(args=["worker"]) if not_a_demo(site) else None

    assert result is not None
    assert (result.exit_code, result.output) == (1, f"Error: {mail.NOT_SET_UP}\n")


def not_a_demo(site: Site) -> bool:
    with site.rows() as session:
        session.execute(sa.delete(Setting).where(Setting.key == "demo"))
    return True


class Line:
    """A mail server with its answers ready."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.letters = list(answers), list[Letter]()

    def send(self, letter: Letter) -> Answer:
        assert not db.session().in_transaction(), "a transaction is open while the mail server is talked to"
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Answer(Verdict.SENT, "250")

    def close(self) -> None:
        """Nothing is open."""


def run(site: Site, line: Line, **more: Any) -> int:
    with site.rows():
        return mail.work(line, more.get("stopped", lambda: False))


def test_a_demo_sends_nothing_however_it_is_set_up(site: Site, tmp_path: Path) -> None:
    settings = site.app.config["LOKET"]
    object.__setattr__(settings, "smtp_url", "smtp://127.0.0.1:1?tls=none")
    object.__setattr__(settings, "mail_from", "a@example.test")
    fill(site, 2)

    with site.rows():
        mail.deliver(clock.now())

    assert (states(site), len(mailer.stored(settings.mail_folder))) == (Counter(SENT=2), 2)


def test_a_mail_server_that_is_away_stops_the_run_and_after_ten_times_all_sending(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    fill(site, 30)
    line = Line(*[Answer(Verdict.AWAY, "ConnectionRefusedError")] * 20)

    for _ in range(12):
        run(site, line)

    assert (len(line.letters), states(site)) == (10, Counter(QUEUED=30))
    with site.rows() as session:
        assert set(session.scalars(sa.select(Delivery.attempts))) == {0}
    alarms = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert alarms == ["The mail server was away 10 times in a row (ConnectionRefusedError). Sending rests for 5 minutes."]


def test_a_mail_that_cannot_be_made_does_not_keep_the_others_from_going(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(site, 3)
    render, broken = mail.mail_text.render, [True]

    def sometimes(*args: Any, **more: Any) -> Any:
        if broken:
            raise KeyError(broken.pop())
        return render(*args, **more)

    monkeypatch.setattr(mail.mail_text, "render", sometimes)

    assert (run(site, Line()), states(site)) == (2, Counter(SENT=2, FAILED=1))


def test_a_worker_that_is_stopped_gives_back_what_it_has_not_begun(site: Site) -> None:
    fill(site, 5)
    line = Line()

    run(site, line, stopped=lambda: len(line.letters) >= 2)

    assert states(site) == Counter(SENT=2, QUEUED=3)


def test_every_link_of_a_mail_leads_to_us_and_nothing_of_it_names_the_candidate(site: Site) -> None:
    for kind in ("set_out", "step_due", "handover_asked", "sign_in"):
        fill(site, 4, kind)
        line = Line()
        run(site, line)

        for letter in line.letters:
            said = f"{letter.subject} {letter.text} {letter.html}"
            assert [url for url in said.split() if "http" in url and "http://localhost:8080/" not in url] == []
            assert letter.to not in said


def test_health_says_since_when_the_oldest_mail_waits(site: Site) -> None:
    fill(site, 2)
    with site.rows() as session:
        session.merge(Setting(key="last_tick", value=clock.now().isoformat()))
        fresh = site.client().get("/health").json
        session.execute(sa.update(Delivery).values(not_before=clock.now() - timedelta(seconds=delivering.LATE + 60)))
        session.commit()

    late = site.client().get("/health").json

    assert fresh["oldest_due_mail_seconds"] < 60
    assert (late["status"], late["oldest_due_mail_seconds"] // 60) == ("degraded", 16)
