"""A message to many and a mail server that refuses one of them, or that is away for three days: a real server on this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from app.adapters import clock
from app.adapters.mailer import SmtpMailer
from app.enums import DeliveryState, MailingState
from app.extensions import db
from app.jobs import mail
from app.models import Delivery, Mailing, Setting, Suppression
from app.security.identity import system_scope
from app.services import mail_alarm
from config import Settings
from tests.adapters.test_mailer import free_port
from tests.load.crash_drill import SENDER, Drill, on_its_way, people
from tests.pg import engine_of, migrate
from tests.services.cast import fill, small_app


class Sink:
    """Takes every mail but those to one address."""

    def __init__(self, refused: str = "") -> None:
        self.refused, self.got = refused, Counter[str]()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.update(envelope.rcpt_tos)
        return "250 ok"


@pytest.fixture(autouse=True, params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.pg, pytest.mark.xdist_group("pg")])])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """The cast in a database of its own, on either."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'loket.db'}"
        with engine_of(url) as engine:
            migrate(engine)
    else:
        url = request.getfixturevalue("migrated_postgres_url")
    with small_app(url) as app:
        app.config["LOKET"] = Settings.from_environment({"LOKET_DATABASE_URL": url, "LOKET_DATA_DIR": str(tmp_path)}, None)
        with system_scope():
            fill()
            db.session.commit()
        yield


def to_many(number: int, service: int = 0) -> int:
    """A message on its way to so many, and so many mails of the service beside it; its key."""
    with system_scope():
        people(number + service)
    return on_its_way(Drill(number, service=service))


def work(port: int) -> None:
    """What a worker does until nothing is due."""
    line = SmtpMailer(f"smtp://127.0.0.1:{port}?tls=none", SENDER, "Mijn Onderwijsloket", timeout=5)
    try:
        with system_scope():
            mail.work(line, lambda: False)
    finally:
        line.close()


def became(key: int) -> tuple[MailingState, Counter[str]]:
    with system_scope():
        states = Counter(state.name for state in db.session.scalars(sa.select(Delivery.state)))
        return db.session.get_one(Mailing, key).state, states


def test_of_500_with_one_bad_address_499_get_it_and_the_one_is_shown_with_its_reason() -> None:
    key = to_many(500)
    sink = Sink(refused="p250@example.test")
    server = Controller(sink, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        work(server.port)
    finally:
        server.stop()

    assert became(key) == (MailingState.DONE, Counter(SENT=499, FAILED=1))
    assert (len(sink.got), set(sink.got.values())) == (499, {1})
    with system_scope():
        failed = db.session.execute(sa.select(Delivery.address, Delivery.reason).where(Delivery.state == DeliveryState.FAILED)).all()
        assert [tuple(one) for one in failed] == [("p250@example.test", "550 5.1.1 no such mailbox")]
        assert list(db.session.scalars(sa.select(Suppression.address_norm))) == ["p250@example.test"]


def test_a_mail_server_that_is_away_for_72_hours_loses_and_doubles_nothing_and_somebody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    key, port = to_many(60, service=20), free_port()
    start, told_after = datetime.now(UTC), None
    for minutes in (*range(1, 60), *range(60, 72 * 60, 60)):
        now = start + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        work(port)
        with system_scope():
            mail_alarm.watch(now=now)
            db.session.commit()
            if told_after is None and db.session.get(Setting, mail_alarm.SINCE) is not None:
                told_after = minutes
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=73))
    sink = Sink()
    server = Controller(sink, hostname="127.0.0.1", port=port)
    server.start()
    try:
        work(port)
    finally:
        server.stop()

    assert told_after == 15
    assert became(key) == (MailingState.DONE, Counter(SENT=80, CANCELLED=1))  # three days later the mail about the alarm is of no use
    assert (len(sink.got), set(sink.got.values())) == (80, {1})
