"""Our own files: addresses that follow the content, kept for good, compressed once; and pages compressed on their way out."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest
from flask import Flask, Response, stream_with_context, url_for
from flask.testing import FlaskClient

from app.fab import assets, packing
from app.fab.assets import FOREVER, SHORT

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
LONG = "The same words again and again. " * 100


@pytest.fixture
def program(tmp_path: Path) -> Flask:
    """A program with three files and a few pages."""
    (tmp_path / "css").mkdir()
    (tmp_path / "font.woff2").write_bytes(os.urandom(900))
    (tmp_path / "css" / "a.css").write_text(
        f'@font-face {{ src: url("../font.woff2") }} /* {LONG} */ a {{ mask: url("data:x") url("../no.png") }}'
    )
    (tmp_path / "a.js").write_text(LONG)
    app = Flask("app", static_folder=str(tmp_path), static_url_path="/static")
    app.add_url_rule("/page", view_func=lambda: f"<p>{LONG}", endpoint="page")
    app.add_url_rule("/short", view_func=lambda: "<p>Short", endpoint="short")
    app.add_url_rule(
        "/stream", view_func=lambda: Response(stream_with_context(iter([LONG, LONG])), mimetype="text/html"), endpoint="stream"
    )
    download = {"Content-Disposition": "attachment; filename=a.json"}
    app.add_url_rule("/download", view_func=lambda: Response(LONG, mimetype="application/json", headers=download), endpoint="download")
    app.after_request(packing.pack_page)
    assets.register(app)
    return app


@pytest.fixture
def browser(program: Flask) -> FlaskClient:
    return program.test_client()


def address(program: Flask, name: str) -> str:
    with program.test_request_context():
        return url_for("static", filename=name)


# --- files ----------------------------------------------------------------------------------------------------------


def test_an_address_holds_the_version_of_the_content(program: Flask) -> None:
    found = re.fullmatch(r"/static/a\.js\?v=([0-9a-f]{10})", address(program, "a.js"))

    assert found is not None
    assert address(program, "nothing.js") == "/static/nothing.js"


def test_the_same_content_has_the_same_version_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(LONG)

    versions = {found.version for _ in range(3) if (found := assets.Assets(tmp_path).get("a.js"))}

    assert len(versions) == 1


def test_with_its_version_a_file_is_kept_for_good_and_without_or_with_another_for_minutes(program: Flask, browser: FlaskClient) -> None:
    kept = [browser.get(url).headers["Cache-Control"] for url in (address(program, "a.js"), "/static/a.js", "/static/a.js?v=older")]

    assert kept == [FOREVER, SHORT, SHORT]


def test_a_file_is_sent_compressed_to_who_can_unpack_it_and_plain_to_others(browser: FlaskClient) -> None:
    packed, plain, refused = (browser.get("/static/a.js", headers={"Accept-Encoding": how}) for how in ("br, gzip", "br", "gzip;q=0, br"))

    assert (packed.headers["Content-Encoding"], gzip.decompress(packed.data).decode()) == ("gzip", LONG)
    assert [("Content-Encoding" in answer.headers, answer.text) for answer in (plain, refused)] == [(False, LONG)] * 2
    assert {answer.headers["Vary"] for answer in (packed, plain, refused)} == {"Accept-Encoding"}


def test_what_compression_does_not_help_goes_as_it_is(browser: FlaskClient) -> None:
    font = browser.get("/static/font.woff2", headers=GZIP)

    assert (font.mimetype, "Content-Encoding" in font.headers, "Vary" in font.headers) == ("font/woff2", False, False)


def test_who_has_it_already_gets_no_body(browser: FlaskClient) -> None:
    first = browser.get("/static/a.js", headers=GZIP)

    again = browser.get("/static/a.js", headers={**GZIP, "If-None-Match": first.headers["ETag"]})
    plain = browser.get("/static/a.js", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data, plain.status_code) == (304, b"", 200)


def test_a_style_sheet_names_its_fonts_with_their_version(program: Flask, browser: FlaskClient) -> None:
    sheet = browser.get("/static/css/a.css").text

    version = address(program, "font.woff2").partition("?v=")[2]
    assert re.findall(r'url\("([^"]*)"\)', sheet) == [f"../font.woff2?v={version}", "data:x", "../no.png"]


def test_a_style_sheet_gets_another_version_when_its_font_does(tmp_path: Path, program: Flask) -> None:
    before = assets.Assets(tmp_path).get("css/a.css")

    (tmp_path / "font.woff2").write_bytes(os.urandom(900))

    after = assets.Assets(tmp_path).get("css/a.css")
    assert before is not None
    assert after is not None
    assert before.version != after.version


@pytest.mark.parametrize("reload", [False, True])
def test_a_changed_file_is_seen_while_developing_only(tmp_path: Path, reload: bool) -> None:
    (tmp_path / "a.js").write_text("before")
    known = assets.Assets(tmp_path, reload=reload)
    known.get("a.js")

    (tmp_path / "a.js").write_text("after")
    os.utime(tmp_path / "a.js", ns=(1, 1))

    found = known.get("a.js")
    assert found is not None
    assert found.body == (b"after" if reload else b"before")


@pytest.mark.parametrize("name", ["nothing.css", "../app.py", "..%2f..%2fetc/passwd", "css", "css/", "%00", "css/../../x"])
def test_nothing_else_is_served(browser: FlaskClient, name: str) -> None:
    assert browser.get(f"/static/{name}").status_code == 404


# --- pages ----------------------------------------------------------------------------------------------------------


def test_a_page_is_compressed_for_who_can_unpack_it(browser: FlaskClient) -> None:
    packed, plain = browser.get("/page", headers=GZIP), browser.get("/page")

    assert (gzip.decompress(packed.data), len(packed.data) < len(plain.data) / 5) == (plain.data, True)
    assert (packed.headers["Content-Length"], packed.headers["Vary"]) == (str(len(packed.data)), "Accept-Encoding")


def test_the_length_of_a_compressed_page_says_little_about_what_is_in_it(browser: FlaskClient) -> None:
    lengths = {len(browser.get("/page", headers=GZIP).data) for _ in range(200)}

    assert (len(lengths) > 40, max(lengths) - min(lengths) <= packing.MOST_PADDING + 1) == (True, True)


@pytest.mark.parametrize("path", ["/short", "/stream", "/download"])
def test_what_is_small_streamed_or_a_download_goes_as_it_is(browser: FlaskClient, path: str) -> None:
    answer = browser.get(path, headers=GZIP)

    assert ("Content-Encoding" in answer.headers, answer.status_code) == (False, 200)


def test_a_head_request_says_what_a_get_would_send(browser: FlaskClient) -> None:
    answer = browser.head("/page", headers=GZIP)

    assert (answer.headers["Content-Encoding"], answer.data) == ("gzip", b"")
