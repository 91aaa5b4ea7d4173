"""What every answer tells the browser about safety: pages, files, redirects, downloads and refusals alike."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g

HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"
POLICY = (
    "default-src 'self'; img-src 'self' data:; script-src {scripts}; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


def nonce() -> str:
    """The word of this answer that its script tags carry: no script runs without it, ours from our own host included."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def register(app: Flask, *, https: bool) -> None:
    """Hang the headers on the application, and `csp_nonce()` for its templates."""
    app.jinja_env.globals["csp_nonce"] = nonce

    @app.after_request
    def tell(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", POLICY.format(scripts=f"'nonce-{g.nonce}'" if "nonce" in g else "'none'"))
        if https:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        # Pages hold personal data: no cache keeps them. Who knows better (files of our own) has said so.
        response.headers.setdefault("Cache-Control", "no-store")
        return response
