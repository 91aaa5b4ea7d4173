"""What goes wrong, said in a sentence: one page for every refusal, and never a trace or a database text."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from app.errors import DomainError, ScopeError
from app.extensions import db

logger = logging.getLogger(__name__)

TITLES = {
    400: lazy_gettext("This did not work"),
    401: lazy_gettext("Sign in first"),
    403: lazy_gettext("You may not do this"),
    404: lazy_gettext("This page does not exist"),
    405: lazy_gettext("This page does not work like that"),
    409: lazy_gettext("Something changed in the meantime"),
    413: lazy_gettext("This is too large"),
    429: lazy_gettext("Too many tries"),
    500: lazy_gettext("Something went wrong"),
    503: lazy_gettext("The system is busy"),
}
SENTENCES = {
    400: lazy_gettext("What was sent cannot be used. Go back, check what you filled in and try again."),
    401: lazy_gettext("You are not signed in, or no longer."),
    403: lazy_gettext("This is not part of your role in this region. Ask your coordinator or the administrator."),
    404: lazy_gettext("Check the address, or start from the menu."),
    405: lazy_gettext("Go back and use the buttons on the page."),
    409: lazy_gettext("Go back, load the page again and look before you save."),
    413: lazy_gettext("A file may be 10 MB, and all together 50 MB. Go back: what you typed is still there. Choose smaller files."),
    429: lazy_gettext("Wait a moment and try again."),
    500: lazy_gettext("It is our fault, and it has been noted. Try again in a moment."),
    503: lazy_gettext("Wait a moment and try again. What you filled in is still on the page before this one."),
}


def register(app: Flask) -> None:
    """Hang the pages on the application."""
    handlers: tuple[tuple[type[Exception], Any], ...] = (
        (HTTPException, _http),
        (CSRFError, _forged),
        (DomainError, _refused),
        (ScopeError, _walled),
        (OperationalError, _busy),
        (Exception, _broken),
    )
    for kind, handler in handlers:
        app.register_error_handler(kind, handler)


def _http(problem: HTTPException) -> Any:
    code = problem.code or 500
    return page(code) if code >= 400 else problem


def _forged(problem: CSRFError) -> Any:
    return page(400, gettext("This page was open too long, or came from somewhere else. Go back, load it again and send it once more."))


def _refused(problem: DomainError) -> Any:
    db.session.rollback()
    return page(problem.status, "" if problem.status == 404 else str(problem))


def _walled(problem: ScopeError) -> Any:
    db.session.rollback()
    logger.warning("the wall refused %s %s: %s", request.method, request.endpoint, problem)
    return page(403)


def _busy(problem: OperationalError) -> Any:
    db.session.rollback()
    logger.error("database: %s", type(problem.orig).__name__)
    return page(503)


def _broken(problem: Exception) -> Any:
    db.session.rollback()
    logger.exception("%s %s failed", request.method, request.endpoint)
    return page(500)


def page(code: int, sentence: str = "") -> Any:
    """The error page; the same bytes for every 404, whatever it hides."""
    known = code if code in TITLES else 400 if code < 500 else 500
    return render_template("loket/error.html", code=code, title=TITLES[known], sentence=sentence or SENTENCES[known], hint=""), code
