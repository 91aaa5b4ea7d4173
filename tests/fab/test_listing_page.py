"""The page of a list: its filters, its pages, its rows and what can be done with them, without a script."""

from __future__ import annotations

import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.enums import Stage
from app.models import Candidate, Match, Region
from tests.security.plan import Form
from tests.site import Site

LIST = "/kandidaten/list/"
HEAVIEST = 90_000  # bytes of HTML of a page with 25 candidates


def chips(browser: FlaskClient, query: str) -> list[tuple[str, str]]:
    """The filters that are on and the address without each."""
    page = browser.get(f"{LIST}?{query}").text
    found = re.findall(r'<li class="chip"><span>(.*?)</span><a href="([^"]*)">', page)
    return [(re.sub("<[^>]+>", "", words), unescape(url)) for words, url in found]


def total(browser: FlaskClient, query: str = "") -> int:
    return int(re.search(r'data-total="(\d+)"', browser.get(f"{LIST}?{query}").text)[1])  # type: ignore[index]


def test_several_values_of_one_filter_are_chosen_together_and_go_one_by_one(shared_site: Site) -> None:
    noor, query = shared_site.client("noor"), "_flt_0_stage=EXPLORING&_flt_0_stage=DECIDING"
    with shared_site.rows() as session:
        region = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        both = sa.select(sa.func.count(Candidate.id)).where(Candidate.region_id == region)
        wanted = session.scalar(both.where(Candidate.stage.in_([Stage.EXPLORING, Stage.DECIDING])))

    assert total(noor, query) == wanted
    assert chips(noor, query) == [
        ("Fase: interesseren", f"{LIST}?_flt_0_stage=DECIDING"),
        ("Fase: beslissen", f"{LIST}?_flt_0_stage=EXPLORING"),
    ]
    assert Form(noor.get(f"{LIST}?{query}").text).fields["_flt_0_stage"] == ["EXPLORING", "DECIDING"]


@pytest.mark.parametrize(
    "query",
    [
        "_flt_0_stage=EXPLORING&_flt_1_status=LEFT&_flt_1_stage=DECIDING",
        "_flt_0_lead_adviser=3&_flt_0_lead_adviser=4",
        "_flt_0_created_at=2026-11-24&_oc_KandidatenView=name&_od_KandidatenView=asc&psize_KandidatenView=50",
        "_rows=1,2,3&_flt_2_place=Utrecht&_flt_2_place=Zeist",
    ],
)
def test_using_the_search_and_the_panel_keeps_what_they_do_not_show(shared_site: Site, query: str) -> None:
    noor = shared_site.client("noor")

    form = noor.get(f"{LIST}?{query}").text.partition('<form class="finder"')[2].partition("</form>")[0]

    shown = Form("<main" + form.partition('<div class="search"')[2])
    sent = {name: values for name, values in shown.fields.items() if any(values)}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
        sent[name] = [*sent.get(name, []), value]
    asked: dict[str, list[str]] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        asked.setdefault(name, []).append(value)
    assert {name: sorted(values) for name, values in sent.items()} == {name: sorted(values) for name, values in asked.items()}


def test_a_day_in_a_chip_is_written_as_people_write_it(shared_site: Site) -> None:
    assert [words for words, _ in chips(shared_site.client("noor"), "_flt_1_created_at=2025-11-24")] == ["Aangemaakt na: ma 24 nov 2025"]


def test_the_pager_says_which_rows_these_are_and_how_many_fit_on_a_page(shared_site: Site) -> None:
    noor = shared_site.client("noor")
    rows, last = total(noor), (total(noor) - 1) // 25

    pages = [noor.get(f"{LIST}?_flt_1_status=LEFT&page_KandidatenView={page}").text for page in (0, 1)]
    end = noor.get(f"{LIST}?page_KandidatenView={last}").text

    left = total(noor, "_flt_1_status=LEFT")
    assert [re.search(r'pager-at">(.*?)<', page)[1] for page in pages] == [f"1–25 van {left}", f"26–50 van {left}"]  # type: ignore[index]
    assert (f"–{rows} van {rows}" in end, 'rel="next"' in end) == (True, False)
    sizes = re.findall(r'<a href="([^"]+)">(\d+)</a>', pages[0].partition("pager-sizes")[2].partition("</span>")[0])
    assert [(unescape(url), size) for url, size in sizes] == [
        (f"{LIST}?_flt_1_status=LEFT&psize_KandidatenView={size}", str(size)) for size in (50, 100)
    ]


@pytest.mark.parametrize(
    ("query", "sentence", "way_out"),
    [
        ("q=zzzzqqq", "Niets in deze lijst past bij al deze filters.", "Wis filters"),
        ("page_KandidatenView=999", "De lijst houdt op vóór deze pagina.", "Eerste pagina"),
    ],
)
def test_an_empty_list_says_why_and_what_to_do(shared_site: Site, query: str, sentence: str, way_out: str) -> None:
    empty = shared_site.client("noor").get(f"{LIST}?{query}").text.partition('<div class="empty">')[2].partition("</div>")[0]

    assert (sentence in empty, way_out in empty) == (True, True)


def test_a_list_without_rows_and_without_filters_speaks_of_no_filters(shared_site: Site) -> None:
    with shared_site.rows() as session:
        busy = sa.select(Match.candidate_id)
        key = session.scalar(sa.select(Candidate.id).join(Region).where(Region.slug == "utrecht", Candidate.id.not_in(busy)).limit(1))
    page = shared_site.client("noor").get(f"/kandidaten/show/{key}?tab=matches").text

    assert [words for words in ("met deze filters", "al deze filters") if words in page] == []
    assert "Er zijn nog geen matches." in page


def test_a_row_leads_to_its_page_and_its_menu_to_what_can_be_done(shared_site: Site) -> None:
    page = shared_site.client("noor").get(LIST).text
    row = page.partition("<tbody>")[2].partition("</tr>")[0]
    key = re.search(r'data-id="(\d+)"', row)[1]  # type: ignore[index]

    assert re.findall(r'href="(/[^"]+)"', re.sub(r"<svg.*?</svg>", "", row)) == [
        f"/kandidaten/show/{key}",
        f"/kandidaten/edit/{key}",
        f"/kandidaten/edit/{key}",
        f"/kandidaten/verplaatsen/{key}",
        f"/kandidaten/toewijzen/{key}",
    ]
    assert re.search(r"</a> <span class=\"number\">K-\d{6}</span></th>", row)


def test_who_may_only_look_gets_no_menu_and_nothing_to_choose(shared_site: Site) -> None:
    page = shared_site.client("hr").get(LIST).text

    assert [word for word in ('class="does"', "row-pick", "/keuze", "/kandidaten/edit/") if word in page] == []


@pytest.mark.parametrize(("name", "url"), [("noor", "/matches/list/"), ("noor", "/taken/list/"), ("carla", "/beheer/leden/list/")])
def test_no_link_stands_in_a_link(shared_site: Site, name: str, url: str) -> None:
    body = shared_site.client(name).get(url).text.partition("<tbody>")[2].partition("</tbody>")[0]

    assert re.findall(r"<a [^>]*>(?:(?!</a>).)*<a ", body, re.S) == []


def test_the_page_of_a_list_stays_light(shared_site: Site) -> None:
    assert len(shared_site.client("noor").get(LIST).data) < HEAVIEST


def test_a_machine_reads_every_moment_and_nobody_else_has_to(shared_site: Site) -> None:
    body = shared_site.client("noor").get("/gesprekken/list/").text.partition("<tbody>")[2].partition("</tbody>")[0]
    words = re.sub(r"<[^>]+>", " ", body)

    assert (len(re.findall(r'<time datetime="\d{4}-\d\d-\d\dT', body)), re.findall(r"\d{4}-\d\d-\d\d", words)) == (25, [])
