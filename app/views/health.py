"""/health: whether the program works, for machines that watch it."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app, jsonify, request
from flask_appbuilder import expose

from app.adapters import clock
from app.enums import Role
from app.extensions import db
from app.fab import checks
from app.fab.plain import LoketPage
from app.models import Setting
from app.security.identity import person
from app.security.scope import SYSTEM_READ
from app.services import delivering

TICK_LATE = timedelta(minutes=5)


class HealthView(LoketPage):
    route_base = ""
    default_view = "health"

    @expose("/health")
    def health(self) -> Any:
        """{"status": ok | degraded | down}, 503 when down; from this machine or for an administrator also why."""
        findings = checks.examine(current_app._get_current_object(), quick=True)  # type: ignore[attr-defined]
        broken = {finding.name for finding in findings if not finding.is_well}
        tick = _last_tick() if "database" not in broken else None
        waits = _oldest_mail() if "database" not in broken else 0
        late = tick is None or clock.now() - tick > TICK_LATE or waits > delivering.LATE
        status = "down" if broken & {"database", "migrations"} else "degraded" if broken or late else "ok"
        said: dict[str, Any] = {"status": status}
        if _from_here() or person().role is Role.ADMIN:
            said |= {finding.name.replace(" ", "_"): finding.words for finding in findings}
            said |= {"last_tick": tick.isoformat() if tick else None, "oldest_due_mail_seconds": waits}
            said |= {"checks": {one.name: one.is_well for one in findings}}
        return jsonify(said), 503 if status == "down" else 200


def _last_tick() -> datetime | None:
    try:
        text = db.session.scalar(sa.select(Setting.value).where(Setting.key == "last_tick"), execution_options=SYSTEM_READ)
        return datetime.fromisoformat(text) if text else None
    except (sa.exc.SQLAlchemyError, ValueError):
        db.session.rollback()
        return None


def _oldest_mail() -> int:
    try:
        return delivering.queue(clock.now())[1] or 0
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return 0


def _from_here() -> bool:
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback and "X-Forwarded-For" not in request.headers
    except ValueError:
        return False
