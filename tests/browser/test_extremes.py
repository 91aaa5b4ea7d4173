"""What the demo has not: long names, odd names, nothing at all, very much, and text of twice the size. Nothing may break."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from app import models as m
from app.adapters import clock
from app.demo.accounts import DEMO_PASSWORD
from app.enums import Holder, Role
from app.fab import interface, listing, shown
from tests.browser.conftest import Open
from tests.browser.driving import Window
from tests.browser.looks import drawing
from tests.browser.serving import Served
from tests.browser.walking import MENU
from tests.security import world

LONG = "Wilhelmina-Alexandrina van Oudenhoven-Beekmans"[:45]
NAMES = {
    "K-950001": LONG,
    "K-950002": "Ö",
    "K-950003": "שרה אבו-סמרה 👩‍🏫 Z̷̧a͇l͜g̈o Ñguyễn",
    "K-950004": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk",
}
NOW = datetime.now(UTC)
WORD = "verantwoordelijkheidsbesef" * 4
SENTENCE = "We spraken over de overstap naar het onderwijs en wat daarvoor nodig is. "
REPORT = "\n\n".join(f"Alinea {place}. {SENTENCE * 16}" for place in range(10))


@pytest.fixture(scope="module", autouse=True)
def odd(served: Served) -> dict[str, int]:
    """Files with odd names, each with a task for today and a talk; the first talk has a report of two thousand words."""
    assert len(LONG) == 45
    assert len(REPORT.split()) >= 2000
    keys = {}
    with served.rows() as session:
        for number, name in NAMES.items():
            facts = {"email": f"{'zeer-lang-adres-' * 4}@{'onderwijs' * 6}.example", "employer": WORD, "place": "Wijk aan Duin " * 5}
            row = world.new_file(session, world.UTRECHT, number, name=name, holder=Holder.DESK, motivation=WORD, **facts)
            session.add(
                m.AdviceSession(
                    **world.of(row),
                    in_region_id=row.region_id,
                    held_at=datetime.now(UTC),
                    created_at=datetime.now(UTC),
                    summary=REPORT,
                    notes=WORD,
                )
            )
            due = {"due_on": clock.day(clock.now()), "holder": Holder.DESK, "created_at": NOW}
            session.add(m.Task(**world.of(row), title=f"{WORD[:60]} bellen over de afspraak", **due))
            session.flush()
            keys[number] = row.id
    return keys


@pytest.fixture
def nowhere(served: Served) -> None:
    """A region that joined today, with an adviser and a coordinator and nothing else."""
    with served.rows() as session:
        if session.scalar(sa.select(m.Region.id).where(m.Region.slug == "leeg")) is not None:
            return
        region = m.Region(name="Regio Leeg", slug="leeg", joined_on=clock.day(clock.now()))
        session.add(region)
        session.flush()
        password = session.scalar(sa.select(User.password).where(User.username == "noor@demo.test"))
        for name, role in (("lex", Role.ADVISER), ("lea", Role.COORDINATOR)):
            member = world.new_member(session, name, role, region.id)
            session.get(User, member.user_id).password = password


def enter(open_window: Open, username: str) -> Window:
    opened = open_window()
    page = opened.go("/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    return opened


def test_odd_names_and_words_without_end_break_no_page(open_window: Open, odd: dict[str, int]) -> None:
    noor = open_window("noor")
    found: list[str] = []

    for key in odd.values():
        for path in (f"/kandidaten/show/{key}", f"/kandidaten/edit/{key}", f"/kandidaten/verplaatsen/{key}"):
            noor.go(path)
            found += drawing(noor)
    for path in ("/", "/kandidaten/list/?q=K-95000", "/taken/list/", "/gesprekken/list/", "/zoeken?q=K-95"):
        noor.go(path)
        found += drawing(noor)

    assert not found, "\n".join(found)


def test_a_report_of_two_thousand_words_is_read_and_changed(open_window: Open, odd: dict[str, int], served: Served) -> None:
    with served.rows() as session:
        talk = session.scalar(sa.select(m.AdviceSession.id).where(m.AdviceSession.candidate_id == odd["K-950001"]))
    noor = open_window("noor")
    page = noor.go(f"/gesprekken/show/{talk}")
    found = list(drawing(noor))

    noor.go(f"/gesprekken/edit/{talk}")
    found += drawing(noor)
    page.fill("textarea[name=summary]", REPORT + "\n\nEn tot slot.")
    noor.save()
    page.wait_for_url("**/gesprekken/show/*")

    assert not found, "\n".join(found)
    assert "En tot slot." in page.locator("main").inner_text()


@pytest.mark.parametrize("username", [pytest.param("lex@elders.test", marks=pytest.mark.full), "lea@elders.test"])
def test_an_empty_region_says_on_each_page_what_comes_there(open_window: Open, nowhere: None, username: str) -> None:
    newcomer = enter(open_window, username)
    page, found = newcomer.page, []
    paths = ["/", *page.evaluate(MENU)]

    for path in paths:
        newcomer.go(path)
        found += drawing(newcomer, (1440, 390))
        for table in page.locator("table.list[data-total='0']").all():
            beside = table.locator("xpath=following-sibling::*[contains(@class, 'empty')]")
            if not beside.inner_text().strip().endswith((".", "?")):
                found.append(f"{path}: says nothing beside an empty list")

    assert not found, "\n".join(found)
    assert len(paths) >= 8


def test_forty_filters_at_once_can_be_read_and_removed_one_by_one(open_window: Open) -> None:
    noor = open_window("noor")
    page = noor.go("/kandidaten/list/")
    boxes = page.locator("details[data-filters] input[type=checkbox]")
    ticks = boxes.evaluate_all("all => all.slice(0, 40).map(one => [one.name, one.value])")
    assert len(ticks) == 40

    noor.go("/kandidaten/list/?" + "&".join(f"{name}={value}" for name, value in ticks))
    found = list(drawing(noor))

    assert not found, "\n".join(found)
    assert page.locator("li.chip").count() == 40
    page.locator("li.chip a").nth(20).click()
    page.wait_for_url(lambda url: url.count("_flt_") == 39)
    assert page.locator("li.chip").count() == 39


def test_a_list_that_is_too_long_to_count_says_so(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    noor = open_window("noor")
    for module in (interface, listing, shown):
        if hasattr(module, "COUNT_CAP"):
            monkeypatch.setattr(module, "COUNT_CAP", 100)

    page = noor.go("/kandidaten/list/")

    assert page.locator("table.list").get_attribute("data-total") == "100+"
    assert "100+" in page.locator("h1").inner_text()
    found = list(drawing(noor))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("", ("/", "/login/")),
        ("noor", ("/", "/kandidaten/list/?_flt_0_stage=DECIDING", "/kandidaten/show/1", "/kandidaten/edit/1", "/cijfers/", "/account/")),
        ("beheer", ("/", "/beheer/rollen/", "/beheer/leden/list/")),
        ("fatima", ("/mijn/", "/activiteiten/list/")),
    ],
)
def test_text_of_twice_the_size_breaks_no_page(open_window: Open, name: str, paths: tuple[str, ...]) -> None:
    opened = open_window(name)
    found: list[str] = []

    for path in paths:
        opened.go(path)
        found += drawing(opened, (1440, 720), "200%")
        found += drawing(opened, (390,), "200%")

    assert not found, "\n".join(found)
