"""Exports: exactly what is filtered, in files that open as they should, with a reason that can be read back, once."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from app.enums import Role, Status
from app.models import Candidate, Capability, ExportTicket, PersonToken, ReadEvent, ReadSubject, Region
from tests.site import BOTH, Site, post

REASON = "overleg met de wethouder"
KANDIDATEN = "/kandidaten/export"


def _prepare(browser: FlaskClient, query: str = "", **fields: str) -> TestResponse:
    return post(browser, KANDIDATEN, {"format": "csv", "reason": REASON, "query": query, **fields})


def _export(browser: FlaskClient, query: str = "", **fields: str) -> TestResponse:
    answer = _prepare(browser, query, **fields)
    assert answer.status_code == 303, answer.text
    return _fetched(browser, answer.headers["Location"])


def _fetched(browser: FlaskClient, url: str) -> TestResponse:
    """A download, read to its end."""
    answer = browser.get(url)
    answer.get_data()
    answer.close()
    return answer


def _table(answer: TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def _utrecht(session: Any, *where: Any) -> set[str]:
    region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
    return set(session.scalars(sa.select(Candidate.number).where(Candidate.region_id == region, *where)))


@BOTH
@pytest.mark.parametrize("query", ["", "_flt_0_status=ACTIVE", "_flt_0_status=ACTIVE&_oc_KandidatenView=name&_od_KandidatenView=desc&q=an"])
def test_a_file_holds_exactly_the_rows_of_its_list_in_its_order(site: Site, query: str) -> None:
    carla, listed = site.client("carla"), []
    for page in range(5):
        html = carla.get(f"/kandidaten/list/?psize_KandidatenView=100&page_KandidatenView={page}&{query}").text
        listed += re.findall(r'href="/kandidaten/show/(\d+)"', html.partition("<tbody")[2])
    with site.rows() as session:
        numbers = dict(session.execute(sa.select(Candidate.id, Candidate.number)).all())

    rows = _table(_export(carla, query))

    assert [row["Nummer"] for row in rows] == [numbers[int(key)] for key in dict.fromkeys(listed)]


def test_a_file_without_a_filter_holds_the_own_region_and_nobody_else(site: Site) -> None:
    with site.rows() as session:
        everybody, active = _utrecht(session), _utrecht(session, Candidate.status == Status.ACTIVE)
    noor = site.client("noor")

    files = [_table(_export(noor, query)) for query in ("", "_flt_0_status=ACTIVE")]

    assert [{row["Nummer"] for row in file} for file in files] == [everybody, active]
    assert [len(file) for file in files] == [len(everybody), len(active)]


def test_a_csv_opens_in_a_dutch_spreadsheet(site: Site) -> None:
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        one = session.scalar(sa.select(Candidate).where(Candidate.region_id == region).order_by(Candidate.id).limit(1))
        one.name, number = 'Zoë ; "van" Ålst', one.number
        one.created_at, one.next_action_on = datetime(2026, 11, 24, 13, 5, tzinfo=UTC), date(2026, 12, 31)

    answer = _export(site.client("carla"))

    row = next(row for row in _table(answer) if row["Nummer"] == number)
    assert (answer.data[:3], b";" in answer.data.splitlines()[0], answer.mimetype) == (b"\xef\xbb\xbf", True, "text/csv")
    assert (row["Naam"], row["Aangemaakt"], row["Volgende actie"]) == ('Zoë ; "van" Ålst', "24-11-2026 14:05", "31-12-2026")


@pytest.mark.parametrize("name", ['=HYPERLINK("http://evil.test","klik")', "+31612345678", "-1+1", "@SUM(A1)", "\t=1+1", "＝1+1"])
def test_a_name_that_is_a_formula_stays_a_name(site: Site, name: str) -> None:
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        one = session.scalar(sa.select(Candidate).where(Candidate.region_id == region).order_by(Candidate.id).limit(1))
        one.name, number = name, one.number
    carla = site.client("carla")

    rows = _table(_export(carla))
    sheet = load_workbook(io.BytesIO(_export(carla, format="xlsx").data)).worksheets[0]

    head = [cell.value for cell in sheet[1]]
    line = next(line for line in sheet.iter_rows(min_row=2) if line[head.index("Nummer")].value == number)
    cell = line[head.index("Naam")]
    in_csv = next(row["Naam"] for row in rows if row["Nummer"] == number)
    assert (in_csv, cell.data_type, cell.value.strip(), cell.hyperlink) == (f"'{name}", "s", name.strip(), None)


@BOTH
def test_an_excel_file_holds_the_same_rows_and_words_as_the_csv(site: Site) -> None:
    carla = site.client("carla")

    rows = _table(_export(carla, "_flt_0_status=ACTIVE"))
    answer = _export(carla, "_flt_0_status=ACTIVE", format="xlsx")
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]

    head, *lines = sheet.iter_rows(values_only=True)
    dates = {"Volgende actie", "Aangemaakt"}
    words = [{name: str(cell or "") for name, cell in zip(head, line, strict=True) if name not in dates} for line in lines]
    assert words == [{name: cell.removeprefix("'") for name, cell in row.items() if name not in dates} for row in rows]
    assert (answer.headers["Content-Disposition"].endswith(".xlsx"), sheet.title) == (True, "Kandidaten")


@pytest.mark.parametrize(("reason", "status"), [("", 400), ("   ", 400), ("ja", 400), ("x" * 201, 400), (REASON, 303)])
def test_a_file_needs_a_reason(site: Site, reason: str, status: int) -> None:
    answer = _prepare(site.client("noor"), reason=reason)

    assert (answer.status_code, "<h1>Dit lukte niet</h1>" in answer.text) == (status, status == 400)


@BOTH
def test_who_took_which_file_and_why_stands_in_the_log_with_every_person_in_it(site: Site) -> None:
    noor = site.client("noor")

    rows = _table(_export(noor, "_flt_0_status=ACTIVE"))

    with site.rows() as session:
        (event,) = session.scalars(sa.select(ReadEvent).where(ReadEvent.channel == "export"))
        query = sa.select(Candidate.number).join(PersonToken, PersonToken.candidate_id == Candidate.id)
        logged = list(
            session.scalars(query.join(ReadSubject, ReadSubject.token == PersonToken.token).where(ReadSubject.event_id == event.id))
        )
        said = event.purpose, event.actor_role, event.screen
    assert (said, sorted(logged)) == ((REASON, Role.ADVISER, "kandidaten"), sorted(row["Nummer"] for row in rows))


def test_the_log_stands_before_the_first_byte_leaves(site: Site) -> None:
    noor = site.client("noor")
    target = _prepare(noor).headers["Location"]

    answer = noor.get(target, buffered=False)
    streamed = answer.is_streamed
    with site.rows() as session:
        logged = session.scalar(sa.select(sa.func.count()).select_from(ReadEvent).where(ReadEvent.channel == "export"))
    answer.close()

    assert (streamed, logged) == (True, 1)


def test_a_ticket_works_once_and_keeps_no_search(site: Site) -> None:
    noor = site.client("noor")
    target = _prepare(noor, "q=jansen").headers["Location"]

    answers = [_fetched(noor, target).status_code for _ in range(3)]

    with site.rows() as session:
        kept = session.execute(sa.select(ExportTicket.query, ExportTicket.reason)).all()
    assert (answers, kept) == ([200, 404, 404], [("", REASON)])


def test_a_ticket_works_in_the_session_that_asked_and_nowhere_else(site: Site) -> None:
    noor, same_person, carla, visitor = site.client("noor"), site.client("noor"), site.client("carla"), site.client()
    target = _prepare(noor).headers["Location"]

    answers = [_fetched(browser, target).status_code for browser in (same_person, carla, visitor, noor)]

    assert answers == [404, 404, 404, 200]


def test_a_ticket_grows_old(site: Site) -> None:
    noor = site.client("noor")
    target = _prepare(noor).headers["Location"]
    with site.rows() as session:
        session.scalar(sa.select(ExportTicket)).created_at = datetime(2026, 1, 1, tzinfo=UTC)

    assert noor.get(target).status_code == 404


CONTACT = {"Naam", "E-mail", "Telefoon"}


def test_an_adviser_gets_the_file_without_contact_data_and_a_coordinator_with(site: Site) -> None:
    noor, carla = _export(site.client("noor")), _export(site.client("carla"))

    heads = [set(_table(answer)[0]) for answer in (noor, carla)]
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        secrets = [
            text
            for row in session.execute(sa.select(Candidate.email, Candidate.phone).where(Candidate.region_id == region))
            for text in row
            if text
        ]
    assert (heads[0] & CONTACT, heads[1] & CONTACT, heads[1] - heads[0]) == (set(), CONTACT, CONTACT)
    assert ([text for text in secrets if text in noor.text], len(secrets) > 20) == ([], True)


def _switch(site: Site, role: Role, name: str, enabled: bool) -> None:
    with site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        session.add(Capability(region_id=region, role=role, name=name, enabled=enabled))


def test_rights_are_asked_again_when_the_file_is_fetched(site: Site) -> None:
    noor, carla = site.client("noor"), site.client("carla")
    targets = [_prepare(browser).headers["Location"] for browser in (noor, carla)]
    _switch(site, Role.ADVISER, "export", False)
    _switch(site, Role.COORDINATOR, "export_contact", False)

    fetched = _fetched(noor, targets[0]), _fetched(carla, targets[1])

    assert (fetched[0].status_code, fetched[1].status_code, set(_table(fetched[1])[0]) & CONTACT) == (403, 200, set())


def test_a_role_without_the_capability_is_refused_and_offered_nothing(site: Site) -> None:
    noor = site.client("noor")
    before = KANDIDATEN in noor.get("/kandidaten/list/").text
    _switch(site, Role.ADVISER, "export", False)

    after = KANDIDATEN in noor.get("/kandidaten/list/").text

    assert (before, after, _prepare(noor).status_code) == (True, False, 403)


def test_a_file_larger_than_memory_would_like_is_streamed(site: Site) -> None:
    noor = site.client("noor")

    answer = noor.get(_prepare(noor).headers["Location"])

    streamed = answer.is_streamed
    answer.close()
    assert (streamed, answer.headers.get("Content-Length"), answer.headers["Cache-Control"]) == (True, None, "no-store")


@pytest.mark.parametrize(
    "query",
    [
        "_flt_0_birth_year=1980",
        "_flt_0_nothing=1",
        "_oc_KandidatenView=email_norm",
        "page_KandidatenView=x",
        "_flt_1_created_at=zz",
        "q=" + "a" * 101,
    ],
)
def test_an_export_of_a_list_that_cannot_be_asked_for_is_refused(site: Site, query: str) -> None:
    noor = site.client("noor")

    prepared = _prepare(noor, query)
    answer = prepared if prepared.status_code != 303 else _fetched(noor, prepared.headers["Location"])

    assert (answer.status_code, "<h1>Dit lukte niet</h1>" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("screen", "who"),
    [(screen, who) for who, screens in {
        "noor": ("gesprekken", "taken", "matches", "activiteiten", "aanmeldingen", "kennisbank", "opleidingen", "beheer/organisaties"),
        "nadia": ("kandidaten",),
    }.items() for screen in screens],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_list_can_be_taken_along(shared_site: Site, screen: str, who: str, kind: str) -> None:
    browser = shared_site.client(who)

    prepared = post(browser, f"/{screen}/export", {"format": kind, "reason": REASON, "query": ""})
    answer = _fetched(browser, prepared.headers["Location"])

    body = answer.data
    rows = len(body.splitlines()) if kind == "csv" else load_workbook(io.BytesIO(body)).worksheets[0].max_row
    assert (prepared.status_code, answer.status_code, rows > 1) == (303, 200, True)
