"""Reading the mailbox to which mail comes back. Written down first, marked as read after that: what is read twice is noted once."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import current_app

from app.adapters import bounces as reports
from app.adapters import imap
from app.extensions import db
from app.services import bounces

logger = logging.getLogger(__name__)


def read_mailbox(now: datetime) -> None:
    """Note what came back. Without a mailbox in the settings nothing is read. No transaction is open while the mailbox is talked to."""
    url = current_app.config["LOKET"].bounce_imap_url
    if url is None:
        return
    try:
        with imap.opened(url) as mailbox:
            found = list(mailbox.unread())
            noted = sum(_note(raw, now) for _, raw in found)
            db.session.commit()
            mailbox.mark_read([key for key, _ in found])
    except OSError as problem:
        logger.error("The mailbox for mail that comes back cannot be read: %s", problem)
        return
    if noted:
        logger.info("%d mails came back.", noted)


def _note(raw: bytes, now: datetime) -> bool:
    """One mail that cannot be read does not keep the others from being read, nor comes back every time."""
    try:
        with db.session.begin_nested():
            report = reports.read(raw)
            return report is not None and bounces.note(report.message_id, report.status, report.reply, now=now)
    except Exception:
        logger.exception("A mail in the mailbox for mail that comes back cannot be read")
        return False
