"""Words that only this service can have written: signed with the application's key, safe in an address, and to be read by everybody."""

from __future__ import annotations

from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer


def sign(value: Any, purpose: str) -> str:
    """This value in letters that can stand in an address. What was signed for one purpose is worth nothing for another."""
    return str(_signer(purpose).dumps(value))


def read(text: str, purpose: str) -> Any:
    """What `sign` was given; None for anything that it did not write."""
    try:
        return _signer(purpose).loads(text)
    except BadSignature:
        return None


def _signer(purpose: str) -> URLSafeSerializer:
    key = current_app.secret_key
    if not key:
        raise RuntimeError("the application has no key to sign with")
    return URLSafeSerializer(key, salt=f"loket-{purpose}")
