"""Sending what waits in the outbox, and queueing the daily digest. The scheduler runs both; `flask worker` only sends, as many as wanted.

One commit per mail: it writes down what became of the one before and that the next one goes out now. No transaction is open meanwhile.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.adapters import clock, mail_text
from app.adapters.mailer import Answer, FolderMailer, Letter, Mailer, SmtpMailer, Verdict
from app.enums import MailingState
from app.extensions import db, reading
from app.models import Delivery, Mailing, Setting
from app.services import bulk, delivering, digest, mailing_text
from config import APP_NAME, Settings

BATCH = 20
KEEP, KEEP_NOBODYS = timedelta(days=365), timedelta(days=1)
BUSY = 20.0  # seconds that one run of the scheduler sends on
NOT_SET_UP = "LOKET_SMTP_URL is not set: no mail leaves, it waits in the outbox. Set it and LOKET_MAIL_FROM, and start again."
DEMO_SENDER = "loket@demo.test"
logger = logging.getLogger(__name__)


def deliver(now: datetime) -> None:
    """Send what is due, for as long as a job of the scheduler may take. Without a mail server nothing leaves."""
    mailer, until = mailer_of(current_app.config["LOKET"]), time.monotonic() + BUSY
    if mailer is not None:
        with closing(mailer):
            work(mailer, lambda: time.monotonic() > until)


def queue_digests(now: datetime) -> None:
    """On a working day from 07:30 on, once."""
    digest.queue(now=now)


def forget(now: datetime) -> None:
    """Mails of more than a year ago that nobody waits for, and at once what was never for anybody."""
    going = sa.select(Mailing.id).where(Mailing.state.in_((MailingState.SENDING, MailingState.PAUSED)))
    stopped = sa.and_(Delivery.mailing_id.is_not(None), Delivery.mailing_id.not_in(going))
    over = sa.or_(Delivery.state.not_in((*delivering.WAITING, *delivering.HELD)), stopped)
    ended = sa.and_(over, Delivery.created_at < now - KEEP)
    nobodys = sa.and_(Delivery.mailing_id.is_(None), Delivery.address == "", Delivery.created_at < now - KEEP_NOBODYS)
    db.session.execute(sa.delete(Delivery).where(sa.or_(ended, nobodys)), execution_options={"synchronize_session": False})


def mailer_of(settings: Settings) -> Mailer | None:
    """Where mail goes: in a demo to a folder and never further; else to the mail server; None when there is none."""
    if is_demo(settings):
        return FolderMailer(settings.mail_folder, settings.mail_from or DEMO_SENDER, APP_NAME)
    if settings.smtp_url and settings.mail_from:
        return SmtpMailer(settings.smtp_url, settings.mail_from, APP_NAME, timeout=settings.mail_timeout)
    return None


def is_demo(settings: Settings) -> bool:
    """Made-up people: by the setting, or by the mark in the database unless the setting says otherwise."""
    if settings.demo is not None:
        return settings.demo
    with reading() as session:
        return bool(session.scalar(sa.select(Setting.value).where(Setting.key == "demo")) == "1")


def work(mailer: Mailer, stopped: Callable[[], bool]) -> int:
    """Send until nothing is due, we are stopped, or the mail server is away; says how many mails went."""
    total, well = 0, True
    while well and not stopped() and _something_due():
        with _committed() as now:
            delivering.free_expired(now=now)
            token, keys = delivering.claim(BATCH, now=now, lease=_lease())
        sent, well = _batch(mailer, token, keys, stopped)
        total += sent
    _finish()
    return total


def _lease() -> timedelta:
    """Four times as long as one mail may take."""
    return timedelta(seconds=4 * current_app.config["LOKET"].mail_timeout)


def _something_due() -> bool:
    """Looks without a lock: most looks find nothing."""
    now = clock.now()
    with reading() as session:
        return not delivering.is_paused(session, now) and delivering.something_due(session, now)


def _finish() -> None:
    """Messages to a group of which nobody waits any more are done."""
    with reading() as session:
        ended = bulk.ended(session)
    for key in ended:
        with _committed() as now:
            bulk.finish(key, now=now)


def _batch(mailer: Mailer, token: str, keys: list[int], stopped: Callable[[], bool]) -> tuple[int, bool]:
    """The claimed mails one by one: how many went, and whether to go on."""
    sent, key, answer = 0, None, None
    while True:
        with _committed() as now:
            well = answer is None or key is None or _settle(key, token, answer, now, first=sent <= 1)
            if stopped() or not well:
                delivering.release(token)
                keys = []
            key, letter = _next(keys, token, now)
        if letter is None:
            return sent, well
        answer = mailer.send(letter)
        sent += answer.verdict is Verdict.SENT


def _settle(key: int, token: str, answer: Answer, now: datetime, *, first: bool) -> bool:
    """Write down what became of a mail; False when the mail server is away. That it is there is noted with the first of a batch."""
    well = answer.verdict is not Verdict.AWAY
    errors = delivering.note_connection(well, now=now) if first or not well else 0
    if not delivering.settle(key, token, answer, now=now):
        logger.warning("Mail %d took longer than its lease; another worker has it now.", key)
    if errors >= delivering.MOST_ERRORS:
        rest = int(delivering.PAUSE.total_seconds()) // 60
        logger.error("The mail server was away %d times in a row (%s). Sending rests for %d minutes.", errors, answer.reply, rest)
    return well


def _next(keys: list[int], token: str, now: datetime) -> tuple[int | None, Letter | None]:
    """The next of these mails that is still wanted, marked as going out; takes what it looked at from the list."""
    while keys:
        key = keys.pop(0)
        letter = delivering.hand_over(key, token, _in_words, now=now, lease=_lease())
        if letter is not None:
            return key, letter
    return None, None


def _in_words(row: Delivery, address: str, values: dict[str, Any]) -> Letter:
    if "words" in values:
        return _of_group(row, address, values)
    subject, text, html = mail_text.render(row.kind, values, locale=row.locale, base_url=current_app.config["LOKET"].base_url)
    return Letter(row.message_id, address, subject, text, html, row.locale, clock.now())


def _of_group(row: Delivery, address: str, values: dict[str, Any]) -> Letter:
    """A mail of a message to a group: the sender's words, and the button of the mail program that unsubscribes."""
    base_url = current_app.config["LOKET"].base_url
    subject, text, html = mailing_text.letter(values["words"], values["values"], base_url=base_url, **values["about"])
    headers = {"List-Unsubscribe": f"<{base_url}{values['unsubscribe']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    if values["answer_to"]:
        headers["Reply-To"] = values["answer_to"]
    return Letter(row.message_id, address, subject, text, html, values["about"]["locale"], clock.now(), headers)


@contextmanager
def _committed() -> Iterator[datetime]:
    """One short transaction, and its moment."""
    try:
        yield clock.now()
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
