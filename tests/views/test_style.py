"""The theme of a person, the colours and the logo of a region: who may set them, who gets them, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.adapters import colour
from app.models import ChangeLog, Region, RegionLogo
from tests.adapters.test_pictures import jpeg, png
from tests.site import BOTH, Site, hidden, post, token

UTRECHT, ROTTERDAM, GOOI, TWENTE = 2, 3, 4, 10
LOGO = f"/beheer/regios/logo/{UTRECHT}"


def send(browser: FlaskClient, content: bytes, name: str = "logo.png", url: str = LOGO, page: str = "/account/") -> TestResponse:
    """The form with a file. Its body is made here: the test client leaves a file open for a large one."""
    head = b'--edge\r\nContent-Disposition: form-data; name="'
    proof = head + b'csrf_token"\r\n\r\n' + token(browser, page).encode()
    body = proof + b"\r\n" + head + f'logo"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'.encode() + content + b"\r\n--edge--\r\n"
    return browser.post(url, data=body, content_type="multipart/form-data; boundary=edge")


def html_tag(browser: FlaskClient) -> str:
    found = re.search(r"<html[^>]*>", browser.get("/account/").text)
    assert found is not None
    return found[0]


# --- the theme ------------------------------------------------------------------------------------------------------


@BOTH
def test_a_theme_is_remembered_for_the_person_in_every_browser(site: Site) -> None:
    noor = site.client("noor")

    answer = post(noor, "/thema", {"theme": "dark"}, headers={"Referer": "http://localhost/kandidaten/list/"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost/kandidaten/list/")
    assert [html_tag(browser) for browser in (noor, site.client("noor"), site.client("zeki"))] == [
        '<html lang="nl" data-bs-theme="dark">',
        '<html lang="nl" data-bs-theme="dark">',
        '<html lang="nl">',
    ]


def test_automatic_leaves_the_theme_to_the_machine_again(site: Site) -> None:
    fatima = site.client("fatima")
    post(fatima, "/thema", {"theme": "light"})
    chosen = html_tag(fatima)

    post(fatima, "/thema", {"theme": "auto"})

    assert (chosen, html_tag(fatima)) == ('<html lang="nl" data-bs-theme="light">', '<html lang="nl">')


@pytest.mark.parametrize("wanted", ["", "Dark", "blue", '"><script>'])
def test_a_theme_that_does_not_exist_is_not_found(shared_site: Site, wanted: str) -> None:
    assert post(shared_site.client("noor"), "/thema", {"theme": wanted}).status_code == 404


def test_choosing_a_theme_leads_to_no_other_host(shared_site: Site) -> None:
    answer = post(shared_site.client("zeki"), "/thema", {"theme": "auto"}, headers={"Referer": "https://elders.test/"})

    assert answer.headers["Location"] == "/"


# --- the colours ----------------------------------------------------------------------------------------------------


def paint(site: Site, chosen: str, region: int = UTRECHT) -> None:
    with site.rows() as session:
        session.get(Region, region).colour = chosen


def linked(browser: FlaskClient) -> list[str]:
    return re.findall(r'<link rel="stylesheet" href="(/region/[^"]+)"', browser.get("/account/").text)


def test_a_page_links_the_colours_of_the_region_that_one_works_for(site: Site) -> None:
    paint(site, "#6a1b9a")
    noor = site.client("noor")

    (address,) = linked(noor)
    answer = noor.get(address)

    assert (answer.mimetype, answer.text) == ("text/css", colour.sheet("#6a1b9a"))
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_another_colour_has_another_address_and_the_old_one_is_not_kept_for_long(site: Site) -> None:
    paint(site, "#6a1b9a")
    noor = site.client("noor")
    (before,) = linked(noor)

    paint(site, "#1565c0")

    assert (linked(noor) != [before], noor.get(before).headers["Cache-Control"]) == (True, "private, max-age=300")


def test_a_region_with_our_own_colour_costs_no_request(site: Site) -> None:
    paint(site, colour.OWN)

    assert linked(site.client("noor")) == []


def test_a_new_region_has_our_own_colour(site: Site) -> None:
    with site.rows() as session:
        made = Region(name="Regio Zeeland", slug="zeeland")
        session.add(made)
        session.flush()
        chosen = made.colour

    assert chosen == colour.OWN


def test_every_colleague_gets_the_colours_of_any_region_and_a_visitor_as_if_there_were_none(shared_site: Site) -> None:
    noor, hr, visitor = (shared_site.client(name) for name in ("noor", "hr", ""))

    seen = [browser.get(f"/region/{key}.css").status_code for browser in (noor, hr, visitor) for key in (UTRECHT, TWENTE, 99)]

    assert seen == [200, 200, 404, 200, 200, 404, 404, 404, 404]


def save_colour(browser: FlaskClient, chosen: str) -> TestResponse:
    page = f"/beheer/regios/edit/{UTRECHT}"
    kept = {name: value for name, value in hidden(browser.get(page).text).items() if name in ("version", "base")}
    sending = {"mails_a_minute": "30", "mailings_a_week": "2", "approve_above": "200"}
    return post(browser, page, {**kept, **sending, "promised_days": "3", "colour": chosen, "sectors": "PO"}, page=page)


@BOTH
def test_a_coordinator_saves_a_colour(site: Site) -> None:
    answer = save_colour(site.client("carla"), " #15508A ")

    with site.rows() as session:
        assert (answer.status_code, session.get(Region, UTRECHT).colour) == (302, "#15508a")


def test_a_colour_that_cannot_carry_white_letters_is_refused_with_one_that_can(site: Site) -> None:
    carla = site.client("carla")

    answer = save_colour(carla, "#ef6c00")

    assert (answer.status_code, "#c15700" in answer.text, 'value="#ef6c00"' in answer.text) == (400, True, True)
    assert save_colour(carla, "#c15700").status_code == 302


@pytest.mark.parametrize("chosen", ["red", "#fff", "", "#15508a;background:url(//elders.test)"])
def test_what_is_no_colour_is_refused(shared_site: Site, chosen: str) -> None:
    assert save_colour(shared_site.client("carla"), chosen).status_code in (400, 422)


# --- the logo -------------------------------------------------------------------------------------------------------


def logos(site: Site) -> list[tuple[int, str, bytes]]:
    with site.rows() as session:
        return [(row.region_id, row.kind, row.content) for row in session.scalars(sa.select(RegionLogo).order_by(RegionLogo.region_id))]


@BOTH
def test_a_coordinator_sets_a_logo_and_everybody_of_the_region_sees_it(site: Site) -> None:
    answer = send(site.client("carla"), png())

    noor = site.client("noor")
    shown = re.findall(r'<img class="brand-logo" src="([^"]+)" alt="([^"]+)"', noor.get("/account/").text)
    served = noor.get(shown[0][0])
    assert (answer.status_code, logos(site)) == (302, [(UTRECHT, "image/png", png())])
    assert [alt for _, alt in shown] == ["Regio Utrecht", "Regio Utrecht"]
    assert (served.status_code, served.mimetype, served.data) == (200, "image/png", png())
    assert {name: served.headers[name] for name in ("Content-Security-Policy", "X-Content-Type-Options", "Cache-Control")} == {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=31536000, immutable",
    }


def test_a_second_logo_takes_the_place_of_the_first_under_a_new_address(site: Site) -> None:
    carla = site.client("carla")
    addresses = []

    for content in (png(), jpeg()):
        send(carla, content)
        addresses += re.findall(r'class="logo-now" src="([^"]+)"', carla.get(LOGO).text)

    assert (len(set(addresses)), logos(site)) == (2, [(UTRECHT, "image/jpeg", jpeg())])


def test_a_logo_can_be_taken_away_and_twice_does_no_harm(site: Site) -> None:
    carla = site.client("carla")
    send(carla, png())

    answers = [post(carla, LOGO, {"remove": "1"}).status_code for _ in range(2)]

    with site.rows() as session:
        lines = session.scalars(sa.select(ChangeLog.verb).where(ChangeLog.subject == f"region:{UTRECHT}").order_by(ChangeLog.id)).all()
    assert (answers, logos(site), list(lines)) == ([302, 302], [], ["set_logo", "remove_logo"])
    assert (carla.get(f"/region/{UTRECHT}/logo").status_code, "brand-logo" in carla.get("/account/").text) == (404, False)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED: dict[str, tuple[bytes, str]] = {
    "an SVG": (SVG, "logo.svg"),
    "an SVG that says it is a PNG": (SVG, "logo.png"),
    "a page behind a picture": (png() + b"<script>alert(1)</script>", "logo.png"),
    "half a picture": (png()[:40], "logo.png"),
    "5 MB": (png(extra=bytes(5_000_000)), "logo.png"),
    "one byte too many": (png(extra=b"\x00\x01\x86\x28tEXt" + bytes(100_012)), "logo.png"),
    "too wide": (png(1001, 20), "logo.png"),
    "too high": (png(20, 401), "logo.png"),
    "an empty file": (b"", "logo.png"),
    "no file": (b"", ""),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_a_logo_is_refused_in_a_sentence(shared_site: Site, what: str) -> None:
    answer = send(shared_site.client("carla"), *REFUSED[what])

    assert (answer.status_code, 'id="logo-error"' in answer.text, logos(shared_site)) == (422, True, [])


def test_the_largest_logo_that_is_allowed_is_taken(site: Site) -> None:
    spare = 100_000 - len(png(1000, 400)) - 12
    text = spare.to_bytes(4, "big") + b"tEXt" + bytes(spare + 4)

    answer = send(site.client("carla"), png(1000, 400, extra=text))

    assert (answer.status_code, [len(content) for _, _, content in logos(site)]) == (302, [100_000])


@pytest.mark.parametrize(
    ("name", "region", "status"),
    [
        ("carla", ROTTERDAM, 404),
        ("carla", 99, 404),
        ("noor", UTRECHT, 403),
        ("hr", UTRECHT, 403),
        ("fatima", UTRECHT, 403),
        ("", UTRECHT, 302),
    ],
)
def test_who_does_not_keep_the_region_sets_no_logo(shared_site: Site, name: str, region: int, status: int) -> None:
    browser = shared_site.client(name)
    url = f"/beheer/regios/logo/{region}"

    looked = browser.get(url).status_code
    sent = send(browser, png(), url=url, page="/account/" if name else "/login/")

    assert (looked, sent.status_code, logos(shared_site)) == (status, status, [])


def test_the_administrator_sets_the_logo_of_any_region(site: Site) -> None:
    answer: Any = send(site.client("beheer"), png(), url=f"/beheer/regios/logo/{TWENTE}")

    assert (answer.status_code, [key for key, _, _ in logos(site)]) == (302, [TWENTE])
