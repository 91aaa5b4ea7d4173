"""For the benchmark only: the program behind a door that turns one GET into the two steps of an export.

The benchmark times a GET. An export is a POST with a reason, and a GET of what it prepared; the door makes both, inside the process, so
their time counts. It names the column by which the benchmark knows a row, and calls stages and sectors by the benchmark's words, which
are looked for on every page. What the pages of the others show, ours show too: the sector in the list, the reports on the detail page.
Everything else passes untouched.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask_babel import force_locale, get_domain
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from app.views.candidates import KandidatenView
from app.views.sessions import GesprekkenView
from tests.load.bench_load import SECTORS, STAGES

PATH = "/bench-export"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
REASON = "benchmark"
SHOWN: dict[Any, str] = {KandidatenView: "wanted_sectors", GesprekkenView: "summary"}
WORDS = {"stage": STAGES, "wanted_sectors": SECTORS}


class Door:
    """WSGI around WSGI."""

    def __init__(self, program: Any) -> None:
        self.program = program
        self.tokens: dict[str, str] = {}  # a browser's cookie → its CSRF token, which stays good

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            return self.program(environ, start_response)
        cookie = environ.get("HTTP_COOKIE", "")
        form = {"format": "csv", "reason": REASON, "query": self.query(environ["QUERY_STRING"]), "csrf_token": self.token(cookie)}
        status, headers, body = self.ask("/kandidaten/export", cookie, form)
        if status.startswith("303"):
            body.close()
            status, headers, body = self.ask(headers["Location"], cookie)
        start_response(status, list(headers))
        return with_email_column(body)

    def query(self, text: str) -> str:
        """The benchmark's filter, whose values are labels, as one of ours."""
        return urlencode({f"_flt_0_{name}": WORDS[name][value].name if name in WORDS else value for name, value in parse_qsl(text)})

    def token(self, cookie: str) -> str:
        if cookie not in self.tokens:
            _, _, body = self.ask("/account/", cookie)
            found = TOKEN.search(b"".join(body).decode())
            body.close()
            assert found is not None, "the page has no token"
            self.tokens[cookie] = found[1]
        return self.tokens[cookie]

    def ask(self, path: str, cookie: str, form: dict[str, str] | None = None) -> tuple[str, Any, Any]:
        method = "GET" if form is None else "POST"
        builder = EnvironBuilder(path, method=method, data=form, headers={"Cookie": cookie})
        body, status, headers = run_wsgi_app(self.program, builder.get_environ(), buffered=False)
        return status, headers, body


def with_email_column(body: Any) -> Iterator[bytes]:
    """The file with the head of its e-mail column named `email`."""
    try:
        parts = iter(body)
        first = next(parts, b"")
        head, end, rest = first.partition(b"\r\n")
        cells = [b"email" if cell.lower().startswith(b"e-mail") else cell for cell in head.split(b";")]
        yield from itertools.chain([b";".join(cells) + end + rest], parts)
    finally:
        body.close()


def speak(program: Any) -> None:
    """Put the benchmark's words into the Dutch catalogue, in memory."""
    with program.test_request_context(), force_locale("nl"):
        catalogue = getattr(get_domain().get_translations(), "_catalog", None)
    if catalogue is None:
        raise SystemExit("The Dutch texts are not there: make translations first.")
    catalogue.update({member.value: word for words in WORDS.values() for word, member in words.items()})


def app() -> Door:
    """What the server starts."""
    for view, column in SHOWN.items():
        if column not in view.list_columns:
            view.list_columns = [*view.list_columns, column]
    program = create_app()
    speak(program)
    return Door(program)
