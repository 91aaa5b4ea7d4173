"""«Iets mis of een idee?» from the link at the foot of a page to the answer: by the program as it runs."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.enums import FeedbackKind, FeedbackState, Role
from app.models import ChangeLog, Feedback, FormReceipt, Region
from app.views.feedback import MOST_A_DAY
from tests.site import BOTH, Site, hidden, post

NEW = "/ideeen/nieuw"
TEXT = "De knop om te bewaren is op mijn telefoon te klein."
EVERYBODY = ("noor", "carla", "nadia", "beheer", "hr", "opleider", "studie", "fatima")
_LINK = re.compile(r'href="(/ideeen/nieuw\?scherm=[^"]*)"')


def _link(page: TestResponse) -> str:
    found = _LINK.search(page.text)
    assert found is not None, "the page has no link"
    return unescape(found[1])


def _send(browser: FlaskClient, text: str = TEXT, page: str = NEW, **fields: Any) -> TestResponse:
    """Fill the form in that stands at an address, and send it."""
    return post(browser, NEW, {**hidden(browser.get(page).text), "kind": "IDEA", "text": text, **fields}, page=page)


def _all(site: Site) -> list[Any]:
    with site.rows() as session:
        rows = session.scalars(sa.select(Feedback).order_by(Feedback.id.desc())).all()
        session.expunge_all()
    return list(rows)


def _one(site: Site, text: str) -> Any:
    return next(row for row in _all(site) if row.text == text)


# -- the link and the form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", EVERYBODY)
def test_everybody_who_is_signed_in_finds_the_link_on_the_first_page(username: str, shared_site: Site) -> None:
    first = shared_site.client(username).get("/", follow_redirects=True)

    assert shared_site.client(username).get(_link(first)).status_code == 200


def test_a_visitor_has_no_link_and_no_form(shared_site: Site) -> None:
    visitor = shared_site.client()

    assert (_LINK.search(visitor.get("/").text), visitor.get(NEW).status_code, visitor.get("/ideeen/").status_code) == (None, 302, 302)


def test_the_link_names_the_screen_and_neither_the_row_nor_the_search(shared_site: Site) -> None:
    noor = shared_site.client("noor")
    row = re.search(r'href="(/kandidaten/show/\d+)"', noor.get("/kandidaten/list/").text)
    assert row is not None

    links = [_link(noor.get(url)) for url in (row[1], "/kandidaten/list/?q=Anna", "/cijfers/matches/?maanden=3")]
    shown = [hidden(noor.get(link).text)["screen"] for link in links]

    assert links == [f"{NEW}?scherm={name}" for name in ("KandidatenView.show", "KandidatenView.list", "CijfersView.chart")]
    assert shown == ["/kandidaten/show/…", "/kandidaten/list/", "/cijfers/…/"]


@BOTH
@pytest.mark.parametrize("username", ["noor", "hr", "fatima"])
def test_what_is_sent_is_kept_without_its_sender(username: str, site: Site) -> None:
    browser = site.client(username)
    before = len(_all(site))

    answer = _send(browser, page=f"{NEW}?scherm=KandidatenView.show")

    kept = _all(site)
    with site.rows() as session:
        utrecht = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        lines = session.scalar(sa.select(sa.func.count()).select_from(ChangeLog).where(ChangeLog.table == "feedback"))
    role = {"noor": Role.ADVISER, "hr": Role.SCHOOL, "fatima": Role.CANDIDATE}[username]
    assert (answer.status_code, answer.headers["Location"], len(kept), lines) == (302, "/ideeen/", before + 1, 0)
    assert (kept[0].text, kept[0].kind, kept[0].screen) == (TEXT, FeedbackKind.IDEA, "/kandidaten/show/…")
    assert (kept[0].role, kept[0].region_id, kept[0].state, kept[0].answer) == (role, utrecht, FeedbackState.NEW, None)


def test_a_screen_that_does_not_exist_is_not_kept(site: Site) -> None:
    noor = site.client("noor")

    _send(noor, page=f"{NEW}?scherm=Anna.de.Vries")
    _send(noor, "Een tweede keer, met een ander scherm.", screen="/kandidaten/show/204173?q=anna")

    assert [row.screen for row in _all(site)[:2]] == ["", ""]


def test_two_clicks_make_one(site: Site) -> None:
    noor = site.client("noor")
    fields = {**hidden(noor.get(NEW).text), "kind": "WRONG", "text": TEXT}

    answers = [post(noor, NEW, fields).headers["Location"] for _ in range(2)]

    with site.rows() as session:
        receipts = session.scalars(sa.select(FormReceipt.target)).all()
    assert (answers, [row.text for row in _all(site)].count(TEXT), receipts) == (["/ideeen/", "/ideeen/"], 1, ["/ideeen/"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kort", "Schrijf tussen de 10 en 2000 tekens."),
        ("", "Vul dit in."),
        ("Mail aan anna@voorbeeld.nl komt niet aan.", "Er staat een e-mailadres in je tekst."),
        ("Bij K-204173 klopt de fase niet.", "Er staat een kandidaatnummer in je tekst."),
        ("Bel haar op 06 12 34 56 78, zei ze.", "Er staat een telefoonnummer in je tekst."),
        ("Haar nummer is 111222333, staat er.", "Er staat een nummer in je tekst dat op een burgerservicenummer (BSN) lijkt."),
    ],
)
def test_a_refusal_says_what_to_leave_out_and_keeps_what_was_typed(text: str, sentence: str, shared_site: Site) -> None:
    noor = shared_site.client("noor")

    answer = _send(noor, text, page=f"{NEW}?scherm=TakenView.list")

    page = unescape(answer.text)
    assert (answer.status_code, sentence in page, f">\r\n{text}</textarea>" in page) == (422, True, True)
    assert (hidden(answer.text)["screen"], '<option selected value="IDEA">' in answer.text) == ("/taken/list/", True)


def test_a_session_sends_no_more_than_so_many_a_day(site: Site) -> None:
    noor = site.client("noor")

    answers = [_send(noor, f"{TEXT} Dit is bericht {number}.") for number in range(MOST_A_DAY + 1)]

    assert [answer.status_code for answer in answers] == [302] * MOST_A_DAY + [400]
    assert f"bericht {MOST_A_DAY}." in answers[-1].text


def test_without_the_token_of_a_page_nothing_is_sent(site: Site) -> None:
    before = len(_all(site))

    answer = site.client("noor").post(NEW, data={"kind": "IDEA", "text": TEXT})

    assert (answer.status_code, len(_all(site))) == (400, before)


# -- the answers --------------------------------------------------------------------------------------------------------------


def _answer(browser: FlaskClient, pk: int, **fields: str) -> TestResponse:
    url = f"/beheer/ideeen/edit/{pk}"
    return post(browser, url, {**hidden(browser.get(url).text), **fields})


@BOTH
def test_an_answer_comes_back_to_the_region_and_to_nobody_else(site: Site) -> None:
    carla, readers = site.client("carla"), {name: site.client(name) for name in ("noor", "fatima", "hr", "zeki", "nadia")}
    _send(readers["noor"])
    unseen = {name: TEXT in browser.get("/ideeen/").text for name, browser in readers.items()}

    answer = _answer(carla, _one(site, TEXT).id, state="PLANNED", answer="Staat op de lijst voor mei.")

    seen = {name: "Staat op de lijst voor mei." in browser.get("/ideeen/").text for name, browser in readers.items()}
    assert (answer.status_code, unseen) == (302, dict.fromkeys(readers, False))
    assert seen == {"noor": True, "fatima": True, "hr": True, "zeki": False, "nadia": False}


def test_the_page_for_everybody_shows_the_own_region_also_to_who_sees_more(shared_site: Site) -> None:
    rows = _all(shared_site)
    with shared_site.rows() as session:
        utrecht = session.scalar(sa.select(Region.id).where(Region.slug == "utrecht"))
        national = session.scalar(sa.select(Region.id).where(Region.is_national.is_(True)))

    def shown(username: str) -> set[str]:
        page = unescape(shared_site.client(username).get("/ideeen/").text)
        return {row.text for row in rows if row.text in page}

    looked_at = {
        region: {row.text for row in rows if row.region_id == region and row.state is not FeedbackState.NEW}
        for region in (utrecht, national)
    }
    assert (shown("carla"), shown("noor"), shown("beheer")) == (looked_at[utrecht], looked_at[utrecht], looked_at[national])


def test_evil_text_stays_text_everywhere(site: Site) -> None:
    evil, carla = '<script>alert("ideeen")</script><b onclick=x>', site.client("carla")
    _send(site.client("noor"), evil)
    pk = _one(site, evil).id

    _answer(carla, pk, state="DONE", answer=evil)

    pages = [carla.get(url) for url in ("/ideeen/", "/beheer/ideeen/list/", f"/beheer/ideeen/show/{pk}", f"/beheer/ideeen/edit/{pk}", "/")]
    assert [page.status_code for page in pages] == [200] * 5
    assert ['alert("ideeen")' in page.text or "<b onclick" in page.text for page in pages] == [False] * 5
    assert ["&lt;script&gt;" in page.text for page in pages[:4]] == [True] * 4


def test_who_answers_on_top_of_another_answer_sees_both(site: Site) -> None:
    noor, carla = site.client("noor"), site.client("carla")
    _send(noor)
    pk = _one(site, TEXT).id
    url = f"/beheer/ideeen/edit/{pk}"
    stale = hidden(carla.get(url).text)
    _answer(site.client("beheer"), pk, state="DONE", answer="Is al gemaakt.")

    answer = post(carla, url, {**stale, "state": "PLANNED", "answer": "Komt in mei."})

    assert (answer.status_code, "Is al gemaakt." in answer.text, "Komt in mei." in answer.text) == (409, True, True)
    assert _one(site, TEXT).answer == "Is al gemaakt."


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": "DECLINED", "answer": ""}, "Schrijf in het antwoord waarom nu niet"),
        ({"state": "NEW", "answer": "We kijken ernaar."}, "Kies een status bij je antwoord"),
        ({"state": "DONE", "answer": "Bel Anna op 06 12345678."}, "Er staat een telefoonnummer in je tekst."),
    ],
)
def test_a_refused_answer_is_explained_and_kept(fields: dict[str, str], sentence: str, site: Site) -> None:
    carla = site.client("carla")
    _send(site.client("noor"))
    pk = _one(site, TEXT).id

    answer = _answer(carla, pk, **fields)

    kept = _one(site, TEXT)
    assert (answer.status_code, sentence in answer.text, fields["answer"] in answer.text) == (400, True, True)
    assert (kept.state, kept.answer, kept.version) == (FeedbackState.NEW, None, 1)


def test_the_list_is_filtered_searched_and_exported_by_the_coordinator_alone(site: Site) -> None:
    _send(site.client("noor"))
    carla = site.client("carla")

    found = [
        carla.get(f"/beheer/ideeen/list/?{query}")
        for query in ("_flt_0_state=NEW&_flt_0_kind=IDEA&q=telefoon", "_flt_0_state=DONE&q=telefoon")
    ]
    made = post(carla, "/beheer/ideeen/export", {"reason": "overleg van het team", "format": "csv"})
    file = carla.get(made.headers["Location"]).get_data(as_text=True)

    assert [re.findall(r'data-total="(\d+)"', page.text) for page in found] == [["1"], ["0"]]
    assert (TEXT in file, "noor" in file.casefold()) == (True, False)
    assert [site.client(name).get("/beheer/ideeen/list/").status_code for name in ("noor", "hr", "fatima", "nadia")] == [403] * 4


def test_the_demo_has_every_state_and_an_answer_to_all_that_was_looked_at(shared_site: Site) -> None:
    rows = _all(shared_site)

    assert {row.state for row in rows} == set(FeedbackState)
    assert [row.text for row in rows if (row.answer is None) != (row.state is FeedbackState.NEW)] == []
    assert [row.text for row in rows if row.state_at < row.created_at] == []
