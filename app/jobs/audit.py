"""The logs are tied together and checked by themselves: a head that the log stream keeps, and a look at the last days every night."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app

from app.extensions import db
from app.models import Setting
from app.services import audit

CHECKED = "audit_checked"  # the moment, how many rows, how many faults
LATELY = timedelta(days=2)


def head(now: datetime) -> None:
    """Print how far the logs have come, where nobody who can write the database can change it."""
    print(audit.close(_key(), now=now), flush=True)


def check(now: datetime) -> None:
    """Check what the last two days wrote; the system page shows how it went, the log stream what is wrong."""
    report = audit.verify(_key(), since=now - LATELY)
    for fault in report.told:
        print(f"audit fault: {fault}", flush=True)
    db.session.merge(Setting(key=CHECKED, value=f"{now.isoformat(timespec='seconds')} {report.rows} {report.faults}"))


def _key() -> str:
    return str(current_app.config["LOKET"].sealing_key())
