"""What every answer tells the browser about safety: each address of the program, each refusal, each kind of file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.extensions import db
from app.views.dev_mail import POLICY
from tests.security.plan import matrix, routes
from tests.site import Site, post, settings

CSP = (
    "default-src 'self'; img-src 'self' data:; script-src {scripts}; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
ALWAYS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FRAMES = ("GET /sjablonen/mail/<pk>", "GET /berichten/groep/voorbeeld/<pk>")
SCRIPT = re.compile(r"<script\b[^>]*>")


def faults(answer: TestResponse) -> list[str]:
    """What is missing in the headers of an answer, and scripts in it that the policy would block or that come from elsewhere."""
    found = [f"{name}: {answer.headers.get(name)}" for name, value in ALWAYS.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    nonce = re.search(r"'nonce-([\w-]{22})'", policy)
    scripts = f"'nonce-{nonce[1]}'" if nonce else "'none'"
    if policy not in (CSP.format(scripts=scripts), "default-src 'none'; sandbox"):
        found.append(policy)
    if answer.mimetype == "text/html":
        tags = SCRIPT.findall(answer.text)
        found += [tag for tag in tags if not (nonce and f'nonce="{nonce[1]}"' in tag and 'src="/static/' in tag)]
    if "Strict-Transport-Security" in answer.headers:
        found.append("HSTS over http")
    if not answer.headers.get("Cache-Control"):
        found.append("nothing about keeping it")
    return found


def _asked(browser: FlaskClient) -> dict[str, list[str]]:
    found = {}
    for rule, route in routes().items():
        for method in route.answers:
            with browser.open(route.url(1), method=method) as answer:
                found[f"{method} {rule}"] = faults(answer)
    return found


@pytest.mark.parametrize("name", ["", "noor", "carla", "beheer", "fatima"])
def test_every_answer_of_every_address_carries_the_headers(shared_site: Site, name: str) -> None:
    found = _asked(shared_site.client(name))

    # A link to sign in says to nobody where one came from, not even to us.
    assert found.pop("GET /aanmelden/link/<token>") == ["Referrer-Policy: no-referrer"]
    # A mail is shown in a closed frame of a page of ours: styles of its own, no scripts, nothing from elsewhere.
    framed = ["X-Frame-Options: SAMEORIGIN", POLICY]
    assert [found.pop(address) in ([], framed) for address in FRAMES] == [True, True]
    assert len(found) > 80
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    assert len(found) + 3 >= len(matrix()["routes"])


REFUSALS = {
    "400 no token": (400, "POST", "/thema", {}),
    "400 not a form": (400, "POST", "/login/", {"data": b"\x00\xff", "content_type": "multipart/form-data"}),
    "403": (403, "GET", "/beheer/regios/list/", {}),
    "404 page": (404, "GET", "/geen-pagina", {}),
    "404 file": (404, "GET", "/static/geen.css", {}),
    "405": (405, "DELETE", "/account/", {}),
    "413": (413, "POST", "/login/", {"data": b"x" * (13 * 1024 * 1024), "content_type": "application/x-www-form-urlencoded"}),
    "308 to the slash": (308, "GET", "/account", {}),
    "a file": (200, "GET", "/static/css/base.css", {}),
    "a picture": (200, "GET", "/static/icon.svg", {}),
    "a redirect": (302, "GET", "/favicon.ico", {}),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_refusals_files_and_redirects_carry_them_too(shared_site: Site, what: str) -> None:
    status, method, url, options = REFUSALS[what]

    with shared_site.client("noor").open(url, method=method, **options) as answer:
        assert (answer.status_code, faults(answer)) == (status, [])


def test_a_download_and_its_stream_carry_them(shared_site: Site) -> None:
    carla = shared_site.client("carla")
    prepared = post(carla, "/kandidaten/export", {"format": "csv", "reason": "looking at headers"})

    with carla.get(prepared.headers["Location"], headers={"Accept-Encoding": "gzip"}) as answer:
        assert (answer.status_code, faults(answer), "Content-Encoding" in answer.headers, answer.is_streamed) == (200, [], False, True)


def test_an_error_of_ours_carries_them(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    noor = site.client("noor")
    monkeypatch.setitem(site.app.view_functions, "AccountView.index", lambda: 1 / 0)

    answer = noor.get("/account/")

    assert (answer.status_code, faults(answer), "ZeroDivisionError" in answer.text) == (500, [], False)


@pytest.mark.parametrize(("name", "path", "status"), [("", "/login/", 200), ("noor", "/kandidaten/list/", 503)])
@pytest.mark.parametrize("knows_who_asks", [False, True])
def test_a_database_that_is_away_is_said_in_a_page_with_them_and_signs_nobody_out(
    site: Site, name: str, path: str, status: int, knows_who_asks: bool
) -> None:
    browser = site.client(name)
    cookie = browser.get_cookie("loket")

    def away(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not (knows_who_asks and "FROM login_session" in statement):
            raise sa.exc.OperationalError(statement, {}, Exception("away"))

    with site.app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", away)
        answer = browser.get(path)
        sa.event.remove(db.engine, "before_cursor_execute", away)

    assert (answer.status_code, faults(answer), "SELECT" in answer.text) == (status, [], False)
    assert not name or browser.get_cookie("loket") == cookie


def test_behind_https_browsers_are_told_to_stay_there_and_cookies_too(site: Site, tmp_path: Path) -> None:
    chosen = settings(site.url, tmp_path)
    app = create_app(type(chosen)(**{**chosen.__dict__, "base_url": "https://loket.example.nl"}), TESTING=True)

    answer = app.test_client().get("/login/", base_url="https://loket.example.nl")
    with app.app_context():
        db.engine.dispose()

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert _flags(answer) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(shared_site: Site) -> None:
    visitor = shared_site.client()
    before = visitor.get("/login/")
    data = {"username": "noor@demo.test", "password": shared_site.app.config["DEMO_PASSWORD"]}

    after = post(visitor, "/login/", data, page="/login/")

    assert [_flags(answer) - {"Max-Age=43200"} for answer in (before, after)] == [{"HttpOnly", "Path=/", "SameSite=Lax"}] * 2


def _flags(answer: TestResponse) -> set[str]:
    """What the one cookie of an answer says besides its value and its moment."""
    (cookie,) = answer.headers.getlist("Set-Cookie")
    return {flag for flag in cookie.split("; ")[1:] if not flag.startswith("Expires=")}


def test_every_answer_has_a_word_of_its_own(shared_site: Site) -> None:
    visitor = shared_site.client()

    policies = {visitor.get("/login/").headers["Content-Security-Policy"] for _ in range(5)}

    assert len(policies) == 5
