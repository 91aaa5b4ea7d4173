"""/api/bounces: a mail server says which mail did not arrive. Its proof is a signature over the message and its moment; no session."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from flask import abort, current_app, jsonify, request
from flask_appbuilder import expose

from app.adapters import bounces as reports
from app.adapters import clock
from app.errors import BadInput
from app.fab.editing import doorway
from app.fab.plain import LoketPage
from app.services import bounces

SIGNATURE, MOMENT = "X-Loket-Signature", "X-Loket-Timestamp"  # hex of HMAC-SHA256 over "<timestamp>." and the body; seconds since 1970
MOST = 1000  # in one message
FIELDS = ("message_id", "status", "reply")


class BouncesView(LoketPage):
    route_base = "/api/bounces"
    default_view = "take"

    @expose("", methods=["POST"])
    def take(self) -> Any:
        """A JSON list of {message_id, status, reply}, or a report as the mail server sent it. Says how many were ours and new."""
        secret = current_app.config["LOKET"].bounce_secret
        if secret is None:
            abort(404)
        signature, moment = request.headers.get(SIGNATURE, ""), request.headers.get(MOMENT, "")
        body = request.get_data()
        right = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), signature.lower().encode()):
            return _refused("the signature does not fit", 403)
        try:
            now = clock.now()
            with doorway():
                bounces.once(signature, datetime.fromtimestamp(int(moment), UTC), now=now)
                noted = sum(bounces.note(*one, now=now) for one in _said(body))
        except (BadInput, ValueError, OverflowError, OSError) as problem:
            return _refused(str(problem), 400)
        return jsonify({"noted": noted})


def _said(body: bytes) -> list[tuple[str, str, str]]:
    """(message_id, status, reply) of each. Raises BadInput for what is neither."""
    if not request.is_json:
        report = reports.read(body)
        return [(report.message_id, report.status, report.reply)] if report is not None else []
    found = request.get_json(silent=True)
    if not isinstance(found, list) or len(found) > MOST or not all(map(_is_one, found)):  # a NUL is no text for PostgreSQL
        raise BadInput(f"a list of at most {MOST} times {', '.join(FIELDS)}")
    return [(one["message_id"], one["status"], one["reply"]) for one in found]


def _is_one(one: Any) -> bool:
    return isinstance(one, dict) and all(isinstance(one.get(name), str) and "\x00" not in one[name] for name in FIELDS)


def _refused(why: str, status: int) -> Any:
    return jsonify({"error": why}), status
